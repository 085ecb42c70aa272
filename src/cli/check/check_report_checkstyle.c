/*
 * cli/check/check_report_checkstyle.c - the XML of Checkstyle, which many programs read: a <file>
 * for each file, an <error> for each finding (checkstyle.org, XMLLogger).
 */
#include "base/text.h"
#include "cli/check/check_report.h"
#include "cli/check/finding_key.h"
#include "cli/print.h"

static void print_finding(const struct problem *problem, FILE *out)
{
	bool is_note = problem->severity == SEVERITY_NOTE;
	fputs("    <error", out);
	if (problem->place.line > 0)
		fprintf(out, " line=\"%d\" column=\"%d\"", problem->place.line,
			problem->place.column);
	fprintf(out, " severity=\"%s\" message=\"",
		is_note ? "info" : problem_severity_name(problem->severity));
	print_xml(problem->message, out);
	fprintf(out, "\" source=\"refresh-router.%s\"/>\n", problem_code_name(problem->code));
}

void check_report_checkstyle(const struct check_report *report, FILE *out)
{
	OWNED(arena) arena = arena_new();
	const struct problems *problems = report->problems;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n", out);
	for (size_t i = 0; i < problems_count(problems);) {
		const char *file = problems_at(problems, i)->place.file;
		const char *path = finding_key_path(file, arena);
		fputs("  <file name=\"", out);
		print_xml(path ? path : "", out);
		fputs("\">\n", out);
		for (; i < problems_count(problems) &&
			text_is(problems_at(problems, i)->place.file, file);
			i++)
			print_finding(problems_at(problems, i), out);
		fputs("  </file>\n", out);
	}
	fputs("</checkstyle>\n", out);
}
