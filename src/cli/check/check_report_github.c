/*
 * cli/check/check_report_github.c - annotations of GitHub Actions.
 *
 * `::error file=F,line=1,col=2,title=T::message`: a value has %, CR and LF as %25, %0D and %0A, and
 * one before the message also ':' and ',' (github.com/actions/toolkit,
 * packages/core/src/command.ts). GitHub shows ten annotations of each kind and step, and drops the
 * others silently (docs.github.com, "Usage limits" of annotations); so the first ten of each
 * are printed.
 */
#include "base/text.h"
#include "base/visible.h"
#include "cli/check/check_report.h"
#include "cli/check/finding_key.h"

#define SHOWN_MOST 10 /* of each severity */

static void add_value(struct text *out, const char *value, const char *escaped)
{
	OWNED_TEXT struct text visible = TEXT(TEXT_UNBOUNDED);
	visible_add(&visible, str_of(value));
	for (const char *at = visible.at; *at; at++)
		if (strchr(escaped, *at))
			text_printf(out, "%%%02X", (unsigned char)*at);
		else
			text_add_char(out, *at);
}

/* Columns only on one line: GitHub takes them for that line's. */
static void add_place(struct text *out, struct place place, const char *path)
{
	if (!path)
		return;
	text_add(out, "file=");
	add_value(out, path, "%\r\n:,");
	if (place.line > 0)
		text_printf(out, ",line=%d,endLine=%d", place.line, place.end_line);
	if (place.line > 0 && place.line == place.end_line)
		text_printf(out, ",col=%d,endColumn=%d", place.column, place.end_column);
	text_add(out, ",");
}

static void add_annotation(struct text *out, const struct problem *problem)
{
	static const char *const commands[] = {
		[SEVERITY_ERROR] = "error",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_NOTE] = "notice",
	};
	OWNED(arena) arena = arena_new();
	text_printf(out, "::%s ", commands[problem->severity]);
	add_place(out, problem->place, finding_key_path(problem->place.file, arena));
	text_printf(out, "title=%s::", problem_code_name(problem->code));
	add_value(out, problem->message, "%\r\n");
	text_add_char(out, '\n');
}

/* The first ones of this severity. Returns how many were printed. */
static size_t add_kind(struct text *out, const struct problems *problems, enum severity severity)
{
	size_t shown = 0;
	for (size_t i = 0; i < problems_count(problems) && shown < SHOWN_MOST; i++) {
		if (problems_at(problems, i)->severity != severity)
			continue;
		add_annotation(out, problems_at(problems, i));
		shown++;
	}
	return shown;
}

void check_report_github(const struct check_report *report, FILE *out)
{
	OWNED_TEXT struct text lines = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text more = TEXT(TEXT_UNBOUNDED);
	const size_t counts[] = {
		[SEVERITY_ERROR] = problems_error_count(report->problems),
		[SEVERITY_WARNING] = problems_warning_count(report->problems),
		[SEVERITY_NOTE] = problems_note_count(report->problems),
	};
	for (enum severity severity = SEVERITY_ERROR; severity <= SEVERITY_NOTE; severity++) {
		size_t left = counts[severity] - add_kind(&lines, report->problems, severity);
		if (left)
			text_printf(&more, "%s%zu more %s%s", more.length ? ", " : "", left,
				problem_severity_name(severity), left == 1 ? "" : "s");
	}
	if (more.length)
		text_printf(&lines, "%s; refresh-router check prints them all\n", more.at);
	fputs(lines.at, out);
}
