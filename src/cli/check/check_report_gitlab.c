/*
 * cli/check/check_report_gitlab.c - GitLab's code quality report: a list, each entry with the
 * members that GitLab demands (docs.gitlab.com, "Code Quality report format").
 */
#include "cli/check/check_report.h"
#include "cli/check/finding_key.h"
#include "cli/print.h"

/* Of info, minor, major, critical and blocker. */
static const char *severity_of(const struct problem *problem)
{
	static const char *const names[] = {
		[SEVERITY_ERROR] = "critical",
		[SEVERITY_WARNING] = "minor",
		[SEVERITY_NOTE] = "info",
	};
	return names[problem->severity];
}

/* A whole file is shown at its first line. */
static void add_location(cJSON *json, const struct problem *problem, struct arena *arena)
{
	const char *path = finding_key_path(problem->place.file, arena);
	bool has_line = problem->place.line > 0;
	cJSON *location = cJSON_AddObjectToObject(json, "location");
	json_add_text(location, "path", path ? path : "");
	cJSON *lines = cJSON_AddObjectToObject(location, "lines");
	json_add_count(lines, "begin", has_line ? problem->place.line : 1);
	json_add_count(lines, "end", has_line ? problem->place.end_line : 1);
}

void check_report_gitlab(const struct check_report *report, FILE *out)
{
	OWNED(arena) arena = arena_new();
	OWNED_JSON list = cJSON_CreateArray();
	for (size_t i = 0; i < problems_count(report->problems); i++) {
		const struct problem *problem = problems_at(report->problems, i);
		char key[FINGERPRINT_TEXT_SIZE];
		cJSON *json = cJSON_CreateObject();
		finding_key(report->problems, problems_at, i, key);
		json_add_text(json, "description", problem->message);
		json_add_text(json, "check_name", problem_code_name(problem->code));
		json_add_text(json, "fingerprint", key);
		json_add_text(json, "severity", severity_of(problem));
		add_location(json, problem, arena);
		cJSON_AddItemToArray(list, json);
	}
	print_json(list, out);
}
