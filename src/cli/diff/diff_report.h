/*
 * cli/diff/diff_report.h - what `diff` prints: for people, as JSON, as Markdown for a comment on a
 * pull request.
 */
#pragma once
#include "rules/compare/compare.h"
#include <stdio.h>

struct diff_report {
	bool has_events; /* else the rules alone were compared */
	int64_t event_count, changed_count;
	/* Fields that rules read and whose values were replaced in the events: what depends on them
	 * was not compared. */
	const char *const *blind;
	size_t blind_count;
	size_t content_count, rule_count;
	const struct changed_content *contents;
	const struct changed_rule *rules;
};

void diff_report_text(const struct diff_report *report, FILE *out);
/* Matches schemas/diff.schema.json. */
void diff_report_json(const struct diff_report *report, FILE *out);
/* The verdict above the fold, the rest below it, and a first line by which a program finds the
 * comment again. */
void diff_report_markdown(const struct diff_report *report, FILE *out);
