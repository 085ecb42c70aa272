/*
 * cli/check/check_report_sarif.c - SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0; the numbers
 * are its sections).
 *
 * Columns count characters (columnKind, 3.14.17). A finding is known again by partialFingerprints
 * (3.27.17), which do not have its line. What comments allow is there too, as suppressed (3.27.23).
 */
#include "build.h"
#include "cli/check/check_report.h"
#include "cli/check/finding.h"
#include "cli/check/finding_key.h"
#include "cli/print.h"

static void add_message(cJSON *json, const char *name, const char *text)
{
	json_add_text(cJSON_AddObjectToObject(json, name), "text", text);
}

/* ---- the tool ---- */

static cJSON *rule_json(enum problem_code code)
{
	OWNED_TEXT struct text help = TEXT(TEXT_UNBOUNDED);
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "id", problem_code_name(code));
	add_message(json, "shortDescription", problem_code_help(code));
	finding_text(code, &help);
	add_message(json, "help", help.at);
	json_add_text(cJSON_AddObjectToObject(json, "defaultConfiguration"), "level",
		problem_severity_name(problem_code_severity(code)));
	return json;
}

static void add_tool(cJSON *run)
{
	cJSON *tool = cJSON_AddObjectToObject(run, "tool");
	cJSON *driver = cJSON_AddObjectToObject(tool, "driver");
	json_add_text(driver, "name", "refresh-router");
	json_add_text(driver, "version", PACKAGE_VERSION);
	cJSON *rules = cJSON_AddArrayToObject(driver, "rules");
	for (int code = 0; code < PROBLEM_CODE_COUNT; code++)
		cJSON_AddItemToArray(rules, rule_json((enum problem_code)code));
}

/* ---- places ---- */

/* RFC 3986: what is not unreserved is %XX, but the '/' of a path stays. */
static void add_encoded(struct text *out, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/";
	for (const char *at = path; *at; at++)
		if (strchr(plain, *at))
			text_add_char(out, *at);
		else
			text_printf(out, "%%%02X", (unsigned char)*at);
}

static void add_region(cJSON *json, const char *name, struct place place)
{
	if (place.line < 1)
		return;
	cJSON *region = cJSON_AddObjectToObject(json, name);
	json_add_count(region, "startLine", place.line);
	if (place.column < 1)
		return;
	json_add_count(region, "startColumn", place.column);
	json_add_count(region, "endLine", place.end_line);
	json_add_count(region, "endColumn", place.end_column);
}

static void add_artifact(cJSON *json, const char *file)
{
	OWNED(arena) arena = arena_new();
	OWNED_TEXT struct text uri = TEXT(TEXT_UNBOUNDED);
	const char *path = finding_key_path(file, arena);
	text_add(&uri, path[0] == '/' ? "file://" : "");
	add_encoded(&uri, path);
	json_add_text(cJSON_AddObjectToObject(json, "artifactLocation"), "uri", uri.at);
}

/* NULL: there is no place. */
static cJSON *location_json(struct place place)
{
	if (!place.file)
		return NULL;
	cJSON *json = cJSON_CreateObject();
	cJSON *physical = cJSON_AddObjectToObject(json, "physicalLocation");
	add_artifact(physical, place.file);
	add_region(physical, "region", place);
	return json;
}

static void add_location(cJSON *list, cJSON *location, const char *message)
{
	if (!location)
		location = cJSON_CreateObject();
	if (message)
		add_message(location, "message", message);
	cJSON_AddItemToArray(list, location);
}

/* ---- results ---- */

static void add_related(cJSON *json, const struct problem *problem)
{
	if (!problem->related)
		return;
	cJSON *list = cJSON_AddArrayToObject(json, "relatedLocations");
	for (const struct problem_related *related = problem->related; related;
		related = related->next)
		add_location(list, location_json(related->place), related->message);
}

/* What --fix does (3.55). */
static void add_fix(cJSON *json, const struct problem *problem)
{
	if (!problem->fix)
		return;
	cJSON *fix = cJSON_CreateObject(), *change = cJSON_CreateObject(),
	      *replacement = cJSON_CreateObject();
	cJSON_AddItemToArray(cJSON_AddArrayToObject(json, "fixes"), fix);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(fix, "artifactChanges"), change);
	add_artifact(change, problem->fix->place.file);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(change, "replacements"), replacement);
	add_region(replacement, "deletedRegion", problem->fix->place);
	add_message(replacement, "insertedContent", problem->fix->after);
}

static void add_suppression(cJSON *json, const struct problem *problem)
{
	if (!problem->suppression)
		return;
	cJSON *list = cJSON_AddArrayToObject(json, "suppressions"), *item = cJSON_CreateObject();
	json_add_text(item, "kind", "inSource");
	json_add_text(item, "justification", problem->suppression->reason);
	cJSON_AddItemToArray(list, item);
}

static void add_result(
	cJSON *results, const struct problems *problems, finding_at *at, size_t index)
{
	const struct problem *problem = at(problems, index);
	char key[FINGERPRINT_TEXT_SIZE];
	cJSON *json = cJSON_CreateObject(), *location = location_json(problem->place);
	finding_key(problems, at, index, key);
	json_add_text(json, "ruleId", problem_code_name(problem->code));
	json_add_count(json, "ruleIndex", problem->code);
	json_add_text(json, "level", problem_severity_name(problem->severity));
	add_message(json, "message", problem->message);
	if (location)
		add_location(cJSON_AddArrayToObject(json, "locations"), location, NULL);
	add_related(json, problem);
	json_add_text(
		cJSON_AddObjectToObject(json, "partialFingerprints"), "refreshRouter/v1", key);
	add_fix(json, problem);
	add_suppression(json, problem);
	cJSON_AddItemToArray(results, json);
}

void check_report_sarif(const struct check_report *report, FILE *out)
{
	OWNED_JSON root = cJSON_CreateObject();
	json_add_text(root, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	json_add_text(root, "version", "2.1.0");
	cJSON *run = cJSON_CreateObject();
	cJSON_AddItemToArray(cJSON_AddArrayToObject(root, "runs"), run);
	add_tool(run);
	json_add_text(run, "columnKind", "unicodeCodePoints");
	cJSON *results = cJSON_AddArrayToObject(run, "results");
	for (size_t i = 0; i < problems_count(report->problems); i++)
		add_result(results, report->problems, problems_at, i);
	for (size_t i = 0; i < problems_suppressed_count(report->problems); i++)
		add_result(results, report->problems, problems_suppressed_at, i);
	print_json(root, out);
}
