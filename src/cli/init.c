/*
 * cli/init.c - `init`: a first configuration, with a rule and its tests, in a folder that has none.
 *
 * Its values come from options; on a terminal without options, from questions; else they are
 * placeholders. Each value is judged by the loaders of configuration and rules, so what is written
 * is what `check` accepts.
 */
#include "cli/command.h"
#include "cli/first_files.h"
#include "cli/print.h"
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum value {
	VALUE_SOURCE,
	VALUE_SOURCE_SECRET,
	VALUE_SERVER,
	VALUE_CONTENT_URL,
	VALUE_SITE,
	VALUE_PAT_NAME,
	VALUE_PAT_SECRET,
	VALUE_JOB,
	VALUE_WORKBOOK,
	VALUE_PROJECT,
	VALUE_COUNT
};

static const struct {
	const char *option, *asks, *fallback;
	bool is_secret; /* the name of the variable that holds one */
} questions[VALUE_COUNT] = {
	[VALUE_SOURCE] = { "source", "A name for dbt's webhook", "dbt", false },
	[VALUE_SOURCE_SECRET] = { "source-secret",
		"The environment variable with the webhook's secret (its name, not the secret)",
		"DBT_WEBHOOK_SECRET", true },
	[VALUE_SERVER] = { "server", "The address of Tableau, as the browser shows it",
		"https://tableau.example.com", false },
	[VALUE_CONTENT_URL] = { "content-url",
		"The part after /site/ in that address; empty is the Default site", "", false },
	[VALUE_SITE] = { "site", "A name for this Tableau site, for rules", "tableau", false },
	[VALUE_PAT_NAME] = { "pat-name", "The name of the personal access token", "refresh-router",
		false },
	[VALUE_PAT_SECRET] = { "pat-secret",
		"The environment variable with the token's secret (its name, not the secret)",
		"TABLEAU_PAT_SECRET", true },
	[VALUE_JOB] = { "job", "A dbt job: its id (the number in its address) or its name", "1001",
		false },
	[VALUE_WORKBOOK] = { "workbook", "The workbook to refresh after it", "Revenue", false },
	[VALUE_PROJECT] = { "project", "The project of the workbook; empty is any", "", false },
};

/* ---- values ---- */

/*
 * Takes an address apart that was copied from the browser: https://HOST/#/site/NAME/..., and
 * https://HOST/t/NAME/... of a shared view; https://HOST/#/... is of the Default site.
 */
static void read_address(const char **values, struct arena *arena)
{
	static const char *const marks[] = { "/#/site/", "/t/", "/#/" };
	const char *server = values[VALUE_SERVER], *host = strstr(server, "://"), *found = NULL;
	size_t i;
	for (i = 0; host && !found && i < sizeof marks / sizeof *marks; i++)
		found = strstr(host + strlen("://"), marks[i]);
	if (!found)
		return;
	const char *name = found + strlen(marks[i - 1]);
	bool has_site = strcmp(marks[i - 1], "/#/") != 0;
	values[VALUE_SERVER] = arena_str(arena, (struct str){ server, (size_t)(found - server) });
	values[VALUE_CONTENT_URL] =
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
static const char *fault_of(enum value which, const char *value)
{
	if (!str_is_utf8(str_of(value)))
		return "this is not UTF-8";
	if (questions[which].is_secret && (!is_variable(value) || is_like_secret(value)))
		return "this is not the name of an environment variable; a secret itself is "
		       "written nowhere";
	if (which == VALUE_JOB && *value == '/')
		return "rules take a text that begins with '/' for a pattern; give the name of one "
		       "job, and put the pattern into the rule afterwards";
	if (which == VALUE_JOB && !*value)
		return "a dbt job has an id or a name";
	return NULL;
}

static void make_files(
	const char *const *values, struct arena *arena, struct new_file files[FIRST_FILE_COUNT])
{
	const struct first_values first = {
		.source = values[VALUE_SOURCE],
		.source_secret = values[VALUE_SOURCE_SECRET],
		.server = values[VALUE_SERVER],
		.content_url = values[VALUE_CONTENT_URL],
		.site = values[VALUE_SITE],
		.pat_name = values[VALUE_PAT_NAME],
		.pat_secret = values[VALUE_PAT_SECRET],
		.job = values[VALUE_JOB],
		.workbook = values[VALUE_WORKBOOK],
		.project = values[VALUE_PROJECT],
	};
	first_files_make(&first, arena, files);
}

/* Prints what the loaders say about these values, warnings only if they are wanted; false when it
 * is an error. */
static bool are_good(const char *const *values, bool wants_warnings)
{
	OWNED(arena) arena = arena_new();
	OWNED(problems) problems = problems_new();
	struct new_file files[FIRST_FILE_COUNT];
	make_files(values, arena, files);
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

static bool take_options(
	const struct command_line *line, const char **values, struct arena *arena, int *status)
{
	for (int i = 0; i < VALUE_COUNT; i++) {
		const char *given = command_line_value(line, questions[i].option);
		const char *fault = given ? fault_of((enum value)i, given) : NULL;
		if (fault) {
			*status = command_usage(line, "--%s: %s", questions[i].option, fault);
			return false;
		}
		if (given)
			values[i] = given;
	}
	const char *content_url = command_line_value(line, "content-url");
	read_address(values, arena);
	if (content_url)
		values[VALUE_CONTENT_URL] = content_url;
	if (are_good(values, true))
		return true;
	*status = EXIT_USAGE;
	return false;
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

/* Asks until the answer is good. False at the end of input. */
static bool ask(enum value which, const char **values, struct arena *arena)
{
	const char *before[VALUE_COUNT];
	memcpy(before, values, sizeof before);
	for (;;) {
		memcpy(values, before, sizeof before);
		fprintf(stderr, "%s [%s]: ", questions[which].asks, values[which]);
		const char *answer = read_answer(arena);
		if (!answer)
			return false;
		if (!*answer)
			return true;
		const char *fault = fault_of(which, answer);
		values[which] = answer;
		if (which == VALUE_SERVER)
			read_address(values, arena);
		if (fault)
			fprintf(stderr, "%s\n", fault);
		else if (are_good(values, false))
			return true;
	}
}

static bool ask_all(const char **values, struct arena *arena)
{
	fprintf(stderr,
		"An empty answer takes what stands in brackets; all of it can be edited later.\n");
	for (int i = 0; i < VALUE_COUNT; i++)
		if (!ask((enum value)i, values, arena)) {
			fprintf(stderr, "\nrefresh-router init: nothing was written\n");
			return false;
		}
	return are_good(values, true);
}

/* ---- what to do next ---- */

/* As a word for a shell. */
static void add_quoted(struct text *out, const char *word)
{
	text_add_char(out, '\'');
	for (const char *at = word; *at; at++)
		text_add(out, *at == '\'' ? "'\\''" : (char[]){ *at, 0 });
	text_add_char(out, '\'');
}

static void print_next(const char *folder, const char *const *values)
{
	const char *dbt = values[VALUE_SOURCE_SECRET], *pat = values[VALUE_PAT_SECRET];
	OWNED_TEXT struct text go = TEXT(TEXT_UNBOUNDED);
	const char *other = getenv("REFRESH_ROUTER_CONFIG");
	if (strcmp(folder, ".")) {
		text_add(&go, *folder == '-' ? "cd -- " : "cd ");
		add_quoted(&go, folder);
		text_add(&go, " && ");
	}
	if (other && *other) /* it would come before the file in the folder (config_find()) */
		text_add(&go, "unset REFRESH_ROUTER_CONFIG && ");
	printf("\n1. Are they valid, and what would an event refresh?\n\n");
	print_line(stdout,
		"   %srefresh-router check && refresh-router test && refresh-router route "
		"--explain event.json",
		go.at);
	printf("\n");
	print_line(stdout,
		"2. In dbt, make a webhook for completed runs to http://HOST:8080/webhooks/%s; in "
		"Tableau, the personal access",
		values[VALUE_SOURCE]);
	print_line(stdout,
		"   token '%s'. Start the daemon with both secrets (--dry-run: it refreshes "
		"nothing yet):",
		values[VALUE_PAT_NAME]);
	printf("\n");
	print_line(stdout, "   read -rs %s && read -rs %s && export %s %s", dbt, pat, dbt, pat);
	print_line(stdout, "   refresh-router serve --dry-run");
	printf("\n3. In another terminal, see what it has received and would refresh; then edit "
	       "rules/first.yaml:\n\n"
	       "   refresh-router events && refresh-router refreshes\n");
}

/* ---- the command ---- */

/* Leaves .gitignore out of the files if there is one. */
static size_t count_files(const char *folder, const struct new_file *files)
{
	OWNED_TEXT struct text there = TEXT(TEXT_UNBOUNDED);
	static_assert(FIRST_FILE_IGNORE == FIRST_FILE_COUNT - 1, "it can be left out");
	new_files_find(folder, &files[FIRST_FILE_IGNORE], 1, &there);
	return there.length ? FIRST_FILE_IGNORE : FIRST_FILE_COUNT;
}

static int write_files(const char *folder, const struct new_file *files, size_t count)
{
	struct error err;
	if (!new_files_write(folder, files, count, &err)) {
		print_line(stderr, "refresh-router init: %s; nothing was written", err.message);
		return EXIT_USAGE;
	}
	print_line(stdout, "Written in %s:", folder);
	for (size_t i = 0; i < count; i++)
		printf("  %s\n", files[i].path);
	if (count < FIRST_FILE_COUNT)
		printf("  (.gitignore was there; it should name state.db* and .env)\n");
	return EXIT_YES;
}

/* Prints what stands in the way. */
static bool is_free(const char *folder, const struct new_file *files, size_t count)
{
	OWNED_TEXT struct text there = TEXT(TEXT_UNBOUNDED);
	new_files_find(folder, files, count, &there);
	if (there.length)
		print_line(stderr,
			"refresh-router init: nothing was written, because there are "
			"files already, in %s:",
			folder);
	fputs(there.at, stderr);
	return !there.length;
}

static int run(const struct command_line *line)
{
	OWNED(arena) arena = arena_new();
	const char *folder = line->argument_count ? line->arguments[0] : ".";
	const char *values[VALUE_COUNT];
	struct new_file files[FIRST_FILE_COUNT];
	int status = EXIT_USAGE;
	for (int i = 0; i < VALUE_COUNT; i++)
		values[i] = questions[i].fallback;
	make_files(values, arena, files);
	size_t count = count_files(folder, files);
	if (!is_free(folder, files, count))
		return EXIT_NO; /* before anybody answers questions */
	bool asks = !line->value_count && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	if (asks ? !ask_all(values, arena) : !take_options(line, values, arena, &status))
		return status;
	make_files(values, arena, files);
	status = write_files(folder, files, count);
	if (status == EXIT_YES)
		print_next(folder, values);
	return status;
}

static const struct option_spec options[] = {
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

const struct command command_init = {
	.name = "init",
	.arguments = "[DIR]",
	.summary = "write a first configuration, with a rule and its tests",
	.description =
		"DIR is made if it is not there; without it the working folder is meant. Nothing "
		"is "
		"overwritten: if one of the files is there, none is written.\n"
		"On a terminal without options it asks; elsewhere placeholders stand for what no "
		"option says. Secrets are never asked for, only the names of the variables that "
		"hold them.\n"
		"Exit status: 0 written, 1 files are there already, 2 a value is not valid or the "
		"folder cannot be written.",
	.options = options,
	.most_arguments = 1,
	.run = run,
};
