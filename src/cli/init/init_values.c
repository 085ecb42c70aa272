/*
 * cli/init/init_values.c - one row for each value: how it is asked for, its placeholder, where it
 * goes.
 */
#include "cli/init/init_values.h"
#include "base/visible.h"
#include "cli/print.h"
#include <assert.h>
#include <ctype.h>
#include <stddef.h>
#include <string.h>

const struct option_spec init_values_options[] = {
	{ "source", OPTION_VALUE, "NAME", "what dbt's webhook is called; by default dbt" },
	{ "source-secret", OPTION_VALUE, "VARIABLE",
		"the environment variable with the webhook's secret; by default "
		"DBT_WEBHOOK_SECRET" },
	{ "server", OPTION_VALUE, "URL",
		"the address of Tableau, or a whole address from the browser, which names the "
		"site too" },
	{ "content-url", OPTION_VALUE, "NAME",
		"the part after /site/ in that address; by default empty, the Default site" },
	{ "site", OPTION_VALUE, "NAME", "what rules call the Tableau site; by default tableau" },
	{ "pat-name", OPTION_VALUE, "NAME",
		"the personal access token; by default refresh-router" },
	{ "pat-secret", OPTION_VALUE, "VARIABLE",
		"the environment variable with its secret; by default TABLEAU_PAT_SECRET" },
	{ "job", OPTION_VALUE, "JOB", "the id or the name of a dbt job" },
	{ "workbook", OPTION_VALUE, "NAME", "the workbook to refresh after that job" },
	{ "project", OPTION_VALUE, "PROJECT", "the project of the workbook: Finance/Daily" },
	{ 0 },
};

#define VALUE(member) offsetof(struct first_values, member)

static const struct {
	size_t value; /* its member in the values */
	const char *asks, *fallback;
} rows[] = {
	/* in the order of the options */
	{ VALUE(source), "A name for dbt's webhook", "dbt" },
	{ VALUE(source_secret),
		"The environment variable with the webhook's secret (its name, not the secret)",
		"DBT_WEBHOOK_SECRET" },
	{ VALUE(server), "The address of Tableau, as the browser shows it",
		"https://tableau.example.com" },
	{ VALUE(content_url), "The part after /site/ in that address; empty is the Default site",
		"" },
	{ VALUE(site), "A name for this Tableau site, for rules", "tableau" },
	{ VALUE(pat_name), "The name of the personal access token", "refresh-router" },
	{ VALUE(pat_secret),
		"The environment variable with the token's secret (its name, not the secret)",
		"TABLEAU_PAT_SECRET" },
	{ VALUE(job), "A dbt job: its id (the number in its address) or its name", "1001" },
	{ VALUE(workbook), "The workbook to refresh after it", "Revenue" },
	{ VALUE(project), "The project of the workbook; empty is any", "" },
};
#define ROW_COUNT (sizeof rows / sizeof *rows)
static_assert(ROW_COUNT + 1 == sizeof init_values_options / sizeof *init_values_options,
	"an option for each value");

static const char **value_at(struct first_values *values, size_t row)
{
	return (void *)((char *)values + rows[row].value);
}

void init_values_default(struct first_values *values)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		*value_at(values, i) = rows[i].fallback;
}

/* ---- is it good? ---- */

/*
 * Takes an address apart that was copied from the browser: https://HOST/#/site/NAME/..., and
 * https://HOST/t/NAME/... of a shared view; https://HOST/#/... is of the Default site.
 */
static void read_address(struct first_values *values, struct arena *arena)
{
	static const char *const marks[] = { "/#/site/", "/t/", "/#/" };
	const char *server = values->server, *host = strstr(server, "://"), *found = NULL;
	size_t i;
	for (i = 0; host && !found && i < sizeof marks / sizeof *marks; i++)
		found = strstr(host + strlen("://"), marks[i]);
	if (!found)
		return;
	const char *name = found + strlen(marks[i - 1]);
	bool has_site = strcmp(marks[i - 1], "/#/") != 0;
	values->server = arena_str(arena, (struct str){ server, (size_t)(found - server) });
	values->content_url =
		arena_str(arena, (struct str){ name, has_site ? strcspn(name, "/?") : 0 });
}

static bool is_variable(const char *name)
{
	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	for (const char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '_')
			return false;
	return true;
}

/* Names of variables are words, of one case or with '_' between them; secrets are long and mixed.
 */
static bool is_like_secret(const char *name)
{
	bool has_upper = false, has_lower = false, has_digit = false;
	size_t length = strlen(name);
	for (const char *at = name; *at; at++) {
		has_upper |= isupper((unsigned char)*at) != 0;
		has_lower |= islower((unsigned char)*at) != 0;
		has_digit |= isdigit((unsigned char)*at) != 0;
	}
	bool is_one_word = !strchr(name, '_');
	bool is_mixed = has_digit && has_lower && (has_upper || is_one_word);
	return length > 64 || (length >= 32 && has_digit && is_one_word) ||
	       (length >= 16 && is_mixed);
}

/* NULL, or what is wrong with one value on its own. A secret is never quoted. */
static const char *fault_of(size_t row, const char *value)
{
	bool is_secret =
		rows[row].value == VALUE(source_secret) || rows[row].value == VALUE(pat_secret);
	bool is_job = rows[row].value == VALUE(job);
	if (!str_is_utf8(str_of(value)))
		return "this is not UTF-8";
	if (is_secret && (!is_variable(value) || is_like_secret(value)))
		return "this is not the name of an environment variable; a secret itself is "
		       "written nowhere";
	if (is_job && *value == '/')
		return "rules take a text that begins with '/' for a pattern; give the name of one "
		       "job, and put the pattern into the rule afterwards";
	if (is_job && !*value)
		return "a dbt job has an id or a name";
	return NULL;
}

/* Prints what the loaders say about these values, warnings only if they are wanted; false when it
 * is an error. */
static bool are_good(const struct first_values *values, bool wants_warnings)
{
	OWNED(arena) arena = arena_new();
	OWNED(problems) problems = problems_new();
	struct new_file files[FIRST_FILE_COUNT];
	first_files_make(values, arena, files);
	first_files_check(files, problems);
	for (size_t i = 0; i < problems_count(problems); i++) {
		const struct problem *problem = problems_at(problems, i);
		if (problem->severity == SEVERITY_ERROR)
			print_line(stderr, "refresh-router init: %s", problem->message);
		else if (wants_warnings)
			print_line(stderr, "`check` will say: %s", problem->message);
	}
	return !problems_error_count(problems);
}

/* ---- from options ---- */

bool init_values_take(
	const struct command_line *line, struct first_values *values, struct arena *arena)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		const char *option = init_values_options[i].name,
			   *given = command_line_value(line, option);
		const char *fault = given ? fault_of(i, given) : NULL;
		if (fault) {
			IGNORE(command_usage(line, "--%s: %s", option, fault));
			return false;
		}
		if (given)
			*value_at(values, i) = given;
	}
	read_address(values, arena);
	const char *content_url = command_line_value(line, "content-url");
	if (content_url) /* said expressly */
		values->content_url = content_url;
	return are_good(values, true);
}

/* ---- from questions ---- */

/* The answer, "" for an empty line; NULL at the end of input. */
static const char *read_answer(struct arena *arena)
{
	OWNED_MEMORY char *line = NULL;
	size_t size = 0;
	if (getline(&line, &size, stdin) < 0)
		return NULL;
	line[strcspn(line, "\r\n")] = 0;
	return arena_text(arena, line);
}

static void print_question(size_t row, const char *value)
{
	OWNED_TEXT struct text shown = TEXT(TEXT_UNBOUNDED);
	visible_add(&shown, str_of(value));
	fprintf(stderr, "%s [%s]: ", rows[row].asks, shown.at);
}

/* Asks until the answer is good. False at the end of input. */
static bool ask(size_t row, struct first_values *values, struct arena *arena)
{
	const struct first_values before = *values;
	for (;;) {
		*values = before;
		print_question(row, *value_at(values, row));
		const char *answer = read_answer(arena);
		if (!answer)
			return false;
		if (!*answer)
			return true;
		const char *fault = fault_of(row, answer);
		*value_at(values, row) = answer;
		if (rows[row].value == VALUE(server))
			read_address(values, arena);
		if (fault)
			fprintf(stderr, "%s\n", fault);
		else if (are_good(values, false))
			return true;
	}
}

bool init_values_ask(struct first_values *values, struct arena *arena)
{
	fprintf(stderr,
		"An empty answer takes what stands in brackets; all of it can be edited later.\n");
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (!ask(i, values, arena)) {
			fprintf(stderr, "\nrefresh-router init: nothing was written\n");
			return false;
		}
	return are_good(values, true);
}
