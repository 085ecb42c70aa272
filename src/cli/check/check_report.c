/* cli/check/check_report.c - what `check` found, for people and as JSON. */
#include "cli/check/check_report.h"

#include <unistd.h>

#include "cli/print.h"

/* `end_line` and `end_column` only where there is a line. */
static void add_place(cJSON *json, struct place place)
{
	json_add_text(json, "file", place.file);
	json_add_count(json, "line", place.line);
	json_add_count(json, "column", place.column);
	if (place.line > 0) {
		json_add_count(json, "end_line", place.end_line);
		json_add_count(json, "end_column", place.end_column);
	}
}

static void add_related(cJSON *json, const struct problem *problem)
{
	if (!problem->related)
		return;
	cJSON *list = cJSON_AddArrayToObject(json, "related");
	for (const struct problem_related *related = problem->related; related;
		related = related->next) {
		cJSON *item = cJSON_CreateObject();
		add_place(item, related->place);
		json_add_text(item, "message", related->message);
		cJSON_AddItemToArray(list, item);
	}
}

static cJSON *problem_json(const struct problem *problem)
{
	cJSON *json = cJSON_CreateObject();
	add_place(json, problem->place);
	json_add_text(json, "severity", problem_severity_name(problem->severity));
	json_add_text(json, "code", problem_code_name(problem->code));
	json_add_text(json, "message", problem->message);
	json_add_text(json, "help", problem_code_help(problem->code));
	add_related(json, problem);
	if (problem->fix) {
		cJSON *fix = cJSON_AddObjectToObject(json, "fix");
		add_place(fix, problem->fix->place);
		json_add_text(fix, "text", problem->fix->after);
	}
	if (problem->suppression) {
		json_add_text(json, "because", problem->suppression->reason);
		json_add_text(json, "until", problem->suppression->until);
	}
	return json;
}

void check_report_json(const struct check_report *report, FILE *out)
{
	OWNED_JSON root = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(root, "problems");
	for (size_t i = 0; i < problems_count(report->problems); i++)
		cJSON_AddItemToArray(list, problem_json(problems_at(report->problems, i)));
	list = cJSON_AddArrayToObject(root, "suppressed");
	for (size_t i = 0; i < problems_suppressed_count(report->problems); i++)
		cJSON_AddItemToArray(
			list, problem_json(problems_suppressed_at(report->problems, i)));
	json_add_count(root, "errors", (int64_t)problems_error_count(report->problems));
	json_add_count(root, "warnings", (int64_t)problems_warning_count(report->problems));
	json_add_count(root, "notes", (int64_t)problems_note_count(report->problems));
	if (report->ruleset) {
		json_add_count(root, "rules", (int64_t)ruleset_rule_count(report->ruleset));
		json_add_text(root, "revision", ruleset_revision(report->ruleset));
	}
	print_json(root, out);
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

void check_report_text(const struct check_report *report, FILE *messages, FILE *out)
{
	size_t errors = problems_error_count(report->problems),
	       warnings = problems_warning_count(report->problems),
	       notes = problems_note_count(report->problems),
	       suppressed = problems_suppressed_total(report->problems);
	problems_print(report->problems, messages, isatty(fileno(messages)));
	if (errors || warnings || notes || suppressed)
		fprintf(messages, "%zu error%s, %zu warning%s", errors, plural(errors), warnings,
			plural(warnings));
	if (notes)
		fprintf(messages, ", %zu note%s", notes, plural(notes));
	if (suppressed)
		fprintf(messages, ", %zu suppressed", suppressed);
	if (errors || warnings || notes || suppressed)
		fputc('\n', messages);
	if (report->ruleset)
		fprintf(out, "ok: %zu rule%s, %s\n", ruleset_rule_count(report->ruleset),
			plural(ruleset_rule_count(report->ruleset)),
			ruleset_revision(report->ruleset));
	else if (!errors)
		fprintf(out, "ok\n");
}
