/*
 * cli/init/init.c - `init`: a first configuration, with a rule and its tests, in a folder that has
 * none.
 *
 * Its values come from options; on a terminal without options, from questions; else they are
 * placeholders (init_values.h). new_files.h writes all of the files or none.
 */
#include "cli/command.h"
#include "cli/init/init_values.h"
#include "cli/print.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what to do next ---- */

/* As a word for a shell. */
static void add_quoted(struct text *out, const char *word)
{
	text_add_char(out, '\'');
	for (const char *at = word; *at; at++)
		text_add(out, *at == '\'' ? "'\\''" : (char[]){ *at, 0 });
	text_add_char(out, '\'');
}

static void print_next(const char *folder, const struct first_values *values)
{
	const char *dbt = values->source_secret, *pat = values->pat_secret;
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
		values->source);
	print_line(stdout,
		"   token '%s'. Start the daemon with both secrets (--dry-run: it refreshes "
		"nothing yet):",
		values->pat_name);
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
	struct first_values values;
	struct new_file files[FIRST_FILE_COUNT];
	init_values_default(&values);
	first_files_make(&values, arena, files);
	size_t count = count_files(folder, files);
	if (!is_free(folder, files, count))
		return EXIT_NO; /* before anybody answers questions */
	bool asks = !line->value_count && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	if (asks ? !init_values_ask(&values, arena) : !init_values_take(line, &values, arena))
		return EXIT_USAGE;
	first_files_make(&values, arena, files);
	int status = write_files(folder, files, count);
	if (status == EXIT_YES)
		print_next(folder, &values);
	return status;
}

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
	.options = init_values_options,
	.most_arguments = 1,
	.run = run,
};
