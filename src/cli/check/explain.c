/*
 * cli/check/explain.c - `explain`: the documentation of one finding of `check`, or the list of all.
 */
#include "base/suggest.h"
#include "cli/check/finding.h"
#include "cli/command.h"
#include "cli/print.h"

#define SEVERITY_COLUMN 24 /* behind the longest code */
#define HELP_COLUMN 34
#define INDENT 4

/* ---- text ---- */

static void print_part(const struct finding_part *part, void *context)
{
	enum finding_section *section = context;
	if (part->section != *section)
		printf("\n%s:\n", part->section == FINDING_EXAMPLE ? "For example" : "Corrected");
	*section = part->section;
	if (!part->file) {
		printf("\n");
		print_wrapped(stdout, 0, 0, part->text);
		return;
	}
	printf("\n%*s# %s\n", INDENT, "", part->file);
	for (const char *at = part->text; *at; at += strcspn(at, "\n") + 1)
		print_line(stdout, "%*s%.*s", INDENT, "", (int)strcspn(at, "\n"), at);
}

static void print_finding(enum problem_code code)
{
	enum finding_section section = FINDING_TEXT;
	printf("%s: %s\n\n", problem_code_name(code),
		problem_severity_name(problem_code_severity(code)));
	OWNED_TEXT struct text help = TEXT(TEXT_UNBOUNDED);
	text_printf(&help, "%s.", problem_code_help(code));
	print_wrapped(stdout, 0, 0, help.at);
	finding_read(code, print_part, &section);
}

static void print_list(void)
{
	for (int code = 0; code < PROBLEM_CODE_COUNT; code++) {
		int column = printf("%-*s%-*s", SEVERITY_COLUMN,
			problem_code_name((enum problem_code)code), HELP_COLUMN - SEVERITY_COLUMN,
			problem_severity_name(problem_code_severity((enum problem_code)code)));
		print_wrapped(
			stdout, HELP_COLUMN, column, problem_code_help((enum problem_code)code));
	}
}

/* ---- JSON ---- */

static void add_file(const struct finding_part *part, void *context)
{
	static const char *const names[] = {
		[FINDING_EXAMPLE] = "example", [FINDING_CORRECTED] = "corrected"
	};
	cJSON *json = context, *files;
	if (!part->file)
		return;
	files = cJSON_GetObjectItemCaseSensitive(json, names[part->section]);
	if (!files)
		files = cJSON_AddArrayToObject(json, names[part->section]);
	cJSON *file = cJSON_CreateObject();
	json_add_text(file, "file", part->file);
	json_add_text(file, "text", part->text);
	cJSON_AddItemToArray(files, file);
}

static cJSON *finding_json(enum problem_code code)
{
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "code", problem_code_name(code));
	json_add_text(json, "severity", problem_severity_name(problem_code_severity(code)));
	json_add_text(json, "help", problem_code_help(code));
	finding_text(code, &text);
	json_add_text(json, "text", text.at);
	finding_read(code, add_file, json);
	return json;
}

static void print_list_as_json(void)
{
	OWNED_JSON root = cJSON_CreateObject();
	cJSON *list = cJSON_AddArrayToObject(root, "items");
	for (int code = 0; code < PROBLEM_CODE_COUNT; code++)
		cJSON_AddItemToArray(list, finding_json((enum problem_code)code));
	print_json(root, stdout);
}

/* ---- the command ---- */

static int unknown(const struct command_line *line, const char *given)
{
	const char *names[PROBLEM_CODE_COUNT];
	OWNED(arena) arena = arena_new();
	for (int code = 0; code < PROBLEM_CODE_COUNT; code++)
		names[code] = problem_code_name((enum problem_code)code);
	const char *hint = suggest_hint(given, names, PROBLEM_CODE_COUNT, arena);
	return command_usage(line, "there is no finding '%s'%s", given,
		*hint ? hint : "; without CODE all are listed");
}

static int run(const struct command_line *line)
{
	enum problem_code code;
	if (!line->argument_count) {
		if (line->json)
			print_list_as_json();
		else
			print_list();
		return EXIT_YES;
	}
	if (!problem_code_find(str_of(line->arguments[0]), &code))
		return unknown(line, line->arguments[0]);
	if (line->json) {
		OWNED_JSON json = finding_json(code);
		print_json(json, stdout);
	} else {
		print_finding(code);
	}
	return EXIT_YES;
}

const struct command command_explain = {
	.name = "explain",
	.arguments = "[CODE]",
	.summary = "explain a finding of check, with an example",
	.description = "CODE is what `check` prints in brackets, as `unknown-field`. Without CODE "
		       "all findings are listed.\n"
		       "Exit status: 0 explained, 2 there is no such finding.",
	.formats = "text|json",
	.most_arguments = 1,
	.run = run,
};
