/*
 * cli/test/test.c - `test`: runs the tests of rules.
 */
#include "base/pattern/pattern.h"
#include "cli/print.h"
#include "cli/test/test_paths.h"
#include "cli/test/test_report.h"
#include <unistd.h>

struct testing {
	const struct ruleset *ruleset;
	const struct suite *suite;
	size_t *ran;
	const struct suite_result **results;
	struct test_report report;
};

/* ---- running ---- */

/* False, after a message, when --run is not a pattern. */
static bool choose(const struct command_line *line, struct testing *testing)
{
	struct error err;
	size_t offset;
	const char *run = command_line_value(line, "run");
	OWNED(pattern) pattern = NULL;
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	if (run) {
		OWNED_TEXT struct text written = TEXT(TEXT_UNBOUNDED);
		text_printf(&written, "/%s/", run);
		pattern = pattern_compile(text_str(&written), &offset, &err);
		if (!pattern) {
			IGNORE(command_usage(line, "--run '%s': %s", run, err.message));
			return false;
		}
	}
	for (size_t i = 0; i < suite_test_count(testing->suite); i++) {
		pattern_allowance_renew(scratch);
		if (!pattern ||
			pattern_search(pattern, str_of(suite_test_at(testing->suite, i).name),
				scratch) == SEARCH_YES)
			testing->ran[testing->report.count++] = i;
	}
	return true;
}

static void run_tests(struct testing *testing, struct coverage *coverage, struct arena *arena)
{
	OWNED(decide_scratch) scratch = decide_scratch_new();
	struct test_report *report = &testing->report;
	for (size_t i = 0; i < report->count; i++) {
		testing->results[i] = suite_run(testing->suite, testing->ran[i], testing->ruleset,
			scratch, coverage, arena);
		report->failed += !testing->results[i]->ok;
	}
	report->suite = testing->suite;
	report->ran = testing->ran;
	report->results = testing->results;
	report->coverage = coverage;
}

static void print_report(const struct command_line *line, const struct test_report *report)
{
	if (line->json)
		test_report_json(report, stdout);
	else if (!strcmp(line->format, "junit"))
		test_report_junit(report, stdout);
	else if (!strcmp(line->format, "tap"))
		test_report_tap(report, stdout);
	else
		test_report_text(report, stdout);
}

/* Is as much covered as --min-coverage demands? Prints a message if not. */
static bool is_covered(const struct coverage *coverage, int64_t least)
{
	int percent = coverage ? coverage_percent(coverage) : 0;
	if (percent >= least)
		return true;
	fprintf(stderr, "refresh-router test: %d %% of the rules are covered, less than %d %%\n",
		percent, (int)least);
	return false;
}

/* Says where none was found. */
static int no_tests(const struct test_paths *paths)
{
	OWNED_TEXT struct text where = TEXT(1000);
	for (size_t i = 0; i < paths->test_count; i++)
		text_printf(&where, "%s%s", i ? ", " : " in ", paths->tests[i]);
	print_line(stderr, "refresh-router test: no tests were found (*.test.yaml)%s", where.at);
	return EXIT_NO;
}

static int test(const struct command_line *line, const struct test_paths *paths,
	const struct ruleset *ruleset, const struct suite *suite, int64_t least)
{
	OWNED(arena) arena = arena_new();
	OWNED(coverage) coverage = NULL;
	size_t count = suite_test_count(suite);
	struct testing testing = {
		.ruleset = ruleset,
		.suite = suite,
		.ran = arena_array(arena, size_t, count + 1),
		.results = arena_array(arena, const struct suite_result *, count + 1),
	};
	if (command_line_flag(line, "coverage") || least)
		coverage = coverage_new(ruleset);
	if (!choose(line, &testing))
		return EXIT_USAGE;
	run_tests(&testing, coverage, arena);
	print_report(line, &testing.report);
	if (!count)
		return no_tests(paths);
	if (!testing.report.count) {
		fputs("refresh-router test: no test has a name that --run finds\n", stderr);
		return EXIT_NO;
	}
	return testing.report.failed || !is_covered(coverage, least) ? EXIT_NO : EXIT_YES;
}

/* Reads --min-coverage, 0 without it. False, after a message, when it is not a percentage. */
static bool read_least(const struct command_line *line, int64_t *least)
{
	const char *written = command_line_value(line, "min-coverage");
	*least = 0;
	if (!written || (str_to_count(str_of(written), least) && *least <= 100))
		return true;
	IGNORE(command_usage(line, "--min-coverage is a whole number from 0 to 100"));
	return false;
}

/* Prints the problems and returns the exit status for them. */
static int report_problems(struct problems *problems)
{
	int status = EXIT_NO;
	problems_sort(problems);
	problems_print(problems, stderr, isatty(STDERR_FILENO));
	for (size_t i = 0; i < problems_count(problems); i++)
		if (problems_at(problems, i)->code == PROBLEM_UNREADABLE)
			status = EXIT_USAGE;
	return status;
}

static int run(const struct command_line *line)
{
	OWNED(problems) problems = problems_new();
	OWNED(arena) arena = arena_new();
	OWNED(config) config = NULL;
	OWNED(ruleset) ruleset = NULL;
	OWNED(suite) suite = NULL;
	struct ruleset_known known = { 0 };
	struct test_paths paths;
	int64_t least;
	if (!read_least(line, &least))
		return EXIT_USAGE;
	if (!test_paths_find(line, &config, problems, arena, &paths)) {
		IGNORE(report_problems(problems));
		return EXIT_USAGE;
	}
	ruleset = ruleset_load(paths.rules, paths.rule_count, &known, problems);
	if (ruleset)
		suite = suite_load(paths.tests, paths.test_count, ruleset, problems);
	int status = report_problems(problems);
	return suite ? test(line, &paths, ruleset, suite, least) : status;
}

static const struct option_spec options[] = {
	{ "config", OPTION_VALUE, "FILE", "the configuration, for its rules" },
	{ "rules", OPTION_VALUES, "PATH",
		"a rule file or folder, instead of the configuration's; may be repeated" },
	{ "run", OPTION_VALUE, "PATTERN", "only the tests in whose names this is found" },
	{ "coverage", OPTION_FLAG, NULL, "also show which parts of the rules no test tries" },
	{ "min-coverage", OPTION_VALUE, "PERCENT", "exit 1 when less of the rules is covered" },
	{ 0 },
};

const struct command command_test = {
	.name = "test",
	.arguments = "[PATH]...",
	.summary = "run the tests of the rules",
	.description =
		"PATH is a test file, or a folder with *.test.yaml beside the rules they test. "
		"Without PATH the folders of the configuration's rules are searched, or ./rules.\n"
		"Exit status: 0 all passed, 1 a test failed, there is none, or a file is not "
		"valid, 2 a file cannot be read.",
	.options = options,
	.formats = "text|json|junit|tap",
	.most_arguments = -1,
	.run = run,
};
