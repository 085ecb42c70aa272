/*
 * content/kind.h - the kinds of content that can be refreshed, and their names.
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
/* "workbooks": the field of a selection in a rule file */
const char *kind_plural(enum content_kind kind);
/* the name, for tables of records, and back, as kind_of() */
const char *kind_word(int kind);
int kind_value(const char *name);
/* The kind of a name or plural, or CONTENT_KIND_COUNT. */
enum content_kind kind_of(const char *name);
