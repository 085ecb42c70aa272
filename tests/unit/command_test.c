/* How a command line is read: options and arguments reach the command, and a misspelt one is
 * reported with the nearest name. */
#include "cli/command.h"
#include "tests/unit/test.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- a command that remembers what it was given ---- */

static struct {
	bool has_run, json, loud;
	int argument_count;
	char rules[64], name[16], arguments[64];
} seen;

static void join(char *out, size_t size, const char *more)
{
	size_t length = strlen(out);
	snprintf(out + length, size - length, "%s%s", length ? " " : "", more);
}

static int remember(const struct command_line *line)
{
	const char *name = command_line_value(line, "name"), *rule;
	seen.has_run = true;
	seen.json = line->json;
	seen.loud = command_line_flag(line, "loud");
	seen.argument_count = line->argument_count;
	if (name)
		join(seen.name, sizeof seen.name, name);
	for (size_t n = 0; (rule = command_line_nth(line, "rules", n)); n++)
		join(seen.rules, sizeof seen.rules, rule);
	for (int i = 0; i < line->argument_count; i++)
		join(seen.arguments, sizeof seen.arguments, line->arguments[i]);
	return EXIT_NO;
}

static const struct option_spec options[] = {
	{ "loud", OPTION_FLAG, NULL, "be loud" },
	{ "name", OPTION_VALUE, "NAME", "a name" },
	{ "rules", OPTION_VALUES, "PATH", "a path" },
	{ 0 },
};

static const struct command command_walk = {
	.name = "walk",
	.arguments = "WHERE [WHITHER]",
	.summary = "walk somewhere",
	.options = options,
	.formats = "text|json",
	.least_arguments = 1,
	.most_arguments = 2,
	.run = remember,
};
static const struct command command_stand = {
	.name = "stand",
	.summary = "stand still",
	.run = remember,
};
static const struct option_spec ride_options[] = {
	{ "to", OPTION_NEEDED, "TOWN", "where to" },
	{ 0 },
};
static int remember_a_pace(const struct command_line *line)
{
	return line->argument_count && strcmp(line->arguments[0], "slowly")
		       ? command_word_unknown(line, "pace")
		       : remember(line);
}
static const struct command_word paces[] = {
	{ "slowly", "as a walk" },
	{ "fast", "as a very long text that has to go on in another line of the terminal, for "
		  "there is no room for all of it in the first" },
	{ 0 },
};
static const struct command command_ride = {
	.name = "ride",
	.arguments = "[PACE]",
	.summary = "ride somewhere",
	.description = "The first paragraph.\nThe second one.",
	.words = paces,
	.options = ride_options,
	.most_arguments = 1,
	.run = remember_a_pace,
};
static const struct command command_think = {
	.name = "think",
	.summary = "think of it",
	.is_hidden = true,
	.run = remember,
};
/* More commands than a command may have options: the two have separate bounds. */
const struct command *const commands[] = { &command_walk, &command_ride, &command_think,
	[3 ... 40] = &command_stand, NULL };

/* ---- running it with its output caught ---- */

static char said[4096]; /* stdout and stderr of the last run; longer than all outputs here */

static int run(const char *line)
{
	char words[256], *argv[16] = { (char *)(uintptr_t) "refresh-router" }, *rest = words, *word;
	int argc = 1, kept[2], status;
	FILE *caught = tmpfile();
	assert_non_null(caught);
	snprintf(words, sizeof words, "%s", line);
	while ((word = strsep(&rest, " ")))
		if (*word)
			argv[argc++] = word;
	argv[argc] = NULL;
	memset(&seen, 0, sizeof seen);
	fflush(stdout);
	for (int fd = 0; fd < 2; fd++) {
		kept[fd] = dup(fd + 1);
		assert_true(kept[fd] >= 0 && dup2(fileno(caught), fd + 1) >= 0);
	}
	status = command_main(argc, argv);
	fflush(stdout);
	for (int fd = 0; fd < 2; fd++) {
		assert_true(dup2(kept[fd], fd + 1) >= 0);
		close(kept[fd]);
	}
	rewind(caught);
	said[fread(said, 1, sizeof said - 1, caught)] = '\0';
	fclose(caught);
	return status;
}

static void assert_said(const char *part)
{
	if (!strstr(said, part))
		fail_msg("'%s' is not in: %s", part, said);
}

/* ---- the tests ---- */

static void what_was_given_reaches_the_command(void **state)
{
	(void)state;
	static const struct {
		const char *line, *name, *rules, *arguments;
		bool loud, json;
	} cases[] = {
		{ "walk here", "", "", "here", false, false },
		{ "walk --loud here", "", "", "here", true, false },
		{ "walk here --loud there", "", "", "here there", true, false },
		{ "walk --rules a --rules=b here --rules c", "", "a b c", "here", false, false },
		{ "walk --name one --name two here", "two", "", "here", false, false },
		{ "walk --format json here", "", "", "here", false, true },
		{ "walk --format text here", "", "", "here", false, false },
		{ "walk --form json --lou here", "", "", "here", true, true },
		{ "walk -- --loud", "", "", "--loud", false, false },
		{ "walk here -- --loud", "", "", "here --loud", false, false },
		{ "walk -", "", "", "-", false, false },
		{ "walk --name --loud here", "--loud", "", "here", false, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(run(cases[i].line), EXIT_NO); /* remember()'s own */
		assert_true(seen.has_run);
		assert_string_equal(seen.name, cases[i].name);
		assert_string_equal(seen.rules, cases[i].rules);
		assert_string_equal(seen.arguments, cases[i].arguments);
		assert_int_equal(seen.loud, cases[i].loud);
		assert_int_equal(seen.json, cases[i].json);
	}
}

static void a_slip_is_told_with_what_was_meant_and_runs_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *line, *says;
	} cases[] = {
		{ "", "Usage: refresh-router COMMAND" },
		{ "wakl", "there is no command 'wakl'; did you mean 'walk'?" },
		{ "zebra", "there is no command 'zebra'\n" },
		{ "help wakl", "did you mean 'walk'?" },
		{ "walk", "an argument is missing: refresh-router walk [OPTIONS] WHERE" },
		{ "walk a b c", "'c' is one argument too many" },
		{ "stand a", "'a' is one argument too many" },
		{ "walk --luod a", "'--luod' cannot be used; did you mean '--loud'?" },
		{ "walk --nmae=x a", "'--nmae=x' cannot be used; did you mean '--name'?" },
		{ "walk --loud=yes a", "'--loud=yes' cannot be used" },
		{ "walk --zebra a", "'--zebra' cannot be used\n" },
		{ "walk a --name", "'--name' lacks its value" },
		{ "walk -l a", "there is no option '-l'" },
		{ "walk --loud -xy a", "there is no option '-x'" },
		{ "walk --format xml a", "--format is one of text|json, not 'xml'" },
		{ "stand --format json", "'--format' cannot be used" },
		{ "ride", "--to TOWN is needed" },
		{ "ride --to York slwoly",
			"there is no pace 'slwoly'; did you mean 'slowly'? There "
			"are: slowly, fast\n" },
		{ "ride --to York zebra", "there is no pace 'zebra'. There are: slowly, fast\n" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(run(cases[i].line), EXIT_USAGE);
		assert_false(seen.has_run);
		assert_said(cases[i].says);
	}
}

static void help_tells_every_option_and_runs_nothing(void **state)
{
	(void)state;
	static const char *const lines[] = { "walk --help", "help walk", "walk here --help",
		"--help walk", "walk --loud --help" };
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		assert_int_equal(run(lines[i]), EXIT_YES);
		assert_false(seen.has_run);
		assert_said("Usage: refresh-router walk [OPTIONS] WHERE [WHITHER]");
		assert_said("--name NAME");
		assert_said("--rules PATH");
		assert_said("--format text|json");
		assert_said("--help");
	}
	assert_int_equal(run("stand --help"), EXIT_YES);
	assert_null(strstr(said, "--format"));
	assert_int_equal(run("--help"), EXIT_YES);
	assert_said("walk somewhere");
	assert_said("stand still");
	assert_null(strstr(said, "think"));
	assert_int_equal(run("think"), EXIT_NO);
}

static void help_is_laid_out(void **state)
{
	(void)state;
	assert_int_equal(run("ride --help"), EXIT_YES);
	assert_string_equal(said,
		"Usage: refresh-router ride --to TOWN [OPTIONS] [PACE]\n"
		"\n"
		"Ride somewhere.\n"
		"\n"
		"The first paragraph.\n"
		"The second one.\n"
		"\n"
		"PACE:\n"
		"  slowly                   as a walk\n"
		"  fast                     as a very long text that has to go "
		"on in another line of the terminal,\n"
		"                           for there is no room for all of it in the "
		"first\n"
		"\n"
		"Options:\n"
		"  --to TOWN                where to\n"
		"  --help                   print this help\n");
}

static void a_version_names_what_it_runs_with(void **state)
{
	(void)state;
	assert_int_equal(run("--version"), EXIT_YES);
	assert_said("refresh-router ");
	assert_said("libmicrohttpd ");
	assert_said("SQLite ");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_given_reaches_the_command),
		cmocka_unit_test(a_slip_is_told_with_what_was_meant_and_runs_nothing),
		cmocka_unit_test(help_tells_every_option_and_runs_nothing),
		cmocka_unit_test(help_is_laid_out),
		cmocka_unit_test(a_version_names_what_it_runs_with),
	};
	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
