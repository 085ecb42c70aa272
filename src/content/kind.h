/*
 * content/kind.h - the kinds of content that can be refreshed, and the words for them: one table.
 */
#pragma once

enum content_kind {
	CONTENT_WORKBOOK,
	CONTENT_DATASOURCE,
	CONTENT_FLOW,
	CONTENT_TASK,
	CONTENT_KIND_COUNT
};

const char *kind_name(enum content_kind kind); /* "workbook": in JSON, logs, messages */
const char *kind_plural(
	enum content_kind kind); /* "workbooks": the field of a selection in a rule file */
/* The kind of a name or plural, or CONTENT_KIND_COUNT. */
enum content_kind kind_of(const char *name);
