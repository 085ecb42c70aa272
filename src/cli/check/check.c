/*
 * cli/check/check.c - `check`: validates rules, their tests and the configuration: every problem,
 * with its place.
 */
#include "base/clock.h"
#include "base/file.h"
#include "cli/admin_client.h"
#include "cli/check/check_fix.h"
#include "cli/check/check_report.h"
#include "cli/command.h"
#include "cli/member.h"
#include "cli/print.h"
#include "cli/rule_paths.h"
#include "daemon/dropped.h"
#include <unistd.h>

/* of --fix: a list of problems has the first thousand, and a fix may bring another to light */
#define PASSES_MOST 20

/* ---- what is checked ---- */

/* "2026-11-27" in UTC, for suppressions. */
struct today {
	char date[sizeof "2026-11-27"];
};

static struct today today(void)
{
	struct today today;
	char now[WALL_TEXT_SIZE];
	str_print(today.date, sizeof today.date, "%s", wall_format(clock_wall(), now));
	return today;
}

static bool is_stdin(const char *path)
{
	return path && !strcmp(path, "-");
}

/* How many of the paths are standard input? */
static int stdin_count(const struct command_line *line)
{
	int count = is_stdin(command_line_value(line, "config"));
	for (int i = 0; i < line->argument_count; i++)
		count += is_stdin(line->arguments[i]);
	return count;
}

/* EXIT_YES, or the status to end with, after a message. */
static int check_usage(const struct command_line *line, const struct check_files *files)
{
	int from_stdin = stdin_count(line);
	if (!files->config && !files->path_count)
		return command_usage(line, "nothing to check: give rule files or folders, or "
					   "--config FILE; there is no ./rules either");
	if (!files->config &&
		(command_line_value(line, "url") || command_line_flag(line, "secrets") ||
			command_line_flag(line, "no-files")))
		return command_usage(line,
			"--url, --secrets and --no-files are about a configuration: give --config "
			"FILE too");
	if (from_stdin > 1 || (from_stdin && line->argument_count > 1))
		return command_usage(line, "standard input is one file: give '-' alone");
	if (is_stdin(files->config) && command_line_value(line, "url"))
		return command_usage(line, "--url needs the configuration in a file, not in '-'");
	if (!from_stdin && command_line_value(line, "stdin-filename"))
		return command_usage(line, "--stdin-filename names what '-' is: give '-' too");
	if (from_stdin && command_line_flag(line, "fix") && strcmp(line->format, "text") != 0)
		return command_usage(
			line, "--fix prints the fixed file, so it takes no other --format");
	return EXIT_YES;
}

/* What the command line names, else what `serve` would find, else ./rules. */
static void find_files(const struct command_line *line, struct check_files *files)
{
	static const char *const usual[] = { "rules" };
	const char *name = command_line_value(line, "stdin-filename");
	files->config = command_line_value(line, "config");
	files->paths = (const char *const *)line->arguments;
	files->path_count = (size_t)line->argument_count;
	files->with_files = !command_line_flag(line, "no-files");
	files->with_secrets = command_line_flag(line, "secrets");
	if (!files->config && !files->path_count)
		files->config = config_find(NULL);
	if (!files->config && !files->path_count && rule_paths_is_folder(usual[0])) {
		files->paths = usual;
		files->path_count = 1;
	}
	if (stdin_count(line))
		files->stdin_name = name ? name : "stdin";
}

static bool read_stdin(
	const struct command_line *line, struct check_files *files, struct text *bytes)
{
	struct error err;
	if (!stdin_count(line))
		return true;
	if (!file_read_argument("-", bytes, &err)) {
		print_line(stderr, "refresh-router check: %s", err.message);
		return false;
	}
	files->stdin_bytes = text_str(bytes);
	return true;
}

/* ---- what came out ---- */

static void print_report(const struct command_line *line, const struct check_report *report)
{
	static const struct {
		const char *format;
		void (*print)(const struct check_report *report, FILE *out);
	} formats[] = {
		{ "json", check_report_json },
		{ "github", check_report_github },
		{ "gitlab", check_report_gitlab },
		{ "sarif", check_report_sarif },
		{ "checkstyle", check_report_checkstyle },
	};
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		if (strcmp(line->format, formats[i].format))
			continue;
		formats[i].print(report, stdout);
		problems_print_dropped(report->problems, stderr);
		return;
	}
	check_report_text(report, stderr, stdout);
}

static bool is_unreadable(const struct problems *problems)
{
	for (size_t i = 0; i < problems_count(problems); i++)
		if (problems_at(problems, i)->code == PROBLEM_UNREADABLE)
			return true;
	return false;
}

/*
 * Asks the daemon of --url, and adds a problem for each site with open work that the configuration
 * lacks. False after a message when it cannot be asked; *status is the exit status.
 */
static bool check_open_work(const struct command_line *line, const struct config *config,
	const char *path, struct problems *problems, int *status)
{
	OWNED_JSON json = admin_client_get(line, "/api/v1/sites", status);
	const cJSON *site;
	if (!json)
		return false;
	cJSON_ArrayForEach(site, json_get(json, "items"))
	{
		const char *name = json_text(site, "name");
		int64_t refreshes = cli_member_count(json_get(site, "refreshes"), "open"),
			selections = cli_member_count(site, "selections");
		OWNED_TEXT struct text words = TEXT(1000);
		if (config_site_named(config, name) || !(refreshes || selections))
			continue;
		dropped_tell(name, refreshes, selections, &words);
		problem_add(problems, PROBLEM_OPEN_WORK, (struct place){ .file = path }, STR(""),
			"%s", words.at);
	}
	return true;
}

/* ---- the command ---- */

/* Checks everything, sorted. `*status` is the exit status unless a problem says another. */
static void check_all(const struct command_line *line, const struct check_files *files,
	struct check_run *checked, int *status)
{
	check_run_all(files, checked);
	if (command_line_value(line, "url") && checked->config)
		IGNORE(check_open_work(line, checked->config, files->config, checked->problems,
			status)); /* the message is printed */
	problems_finish(checked->problems, check_run_has_all(files));
	problems_sort(checked->problems);
}

/* Fixes, and checks again what is fixed. False, after a message, when a file cannot be written. */
static bool fix_all(const struct command_line *line, struct check_files *files,
	struct check_run *checked, struct check_fixes *fixes, int *status)
{
	struct error err;
	for (int pass = 0; pass < PASSES_MOST; pass++) {
		int made = check_fixes_make(files, checked, fixes, &err);
		if (made < 0)
			print_line(stderr, "refresh-router check: %s", err.message);
		if (made <= 0)
			return !made;
		if (files->stdin_name)
			files->stdin_bytes = text_str(&fixes->stdin_text);
		check_run_clear(checked);
		check_all(line, files, checked, status);
	}
	return true;
}

static int status_of(const struct command_line *line, const struct problems *problems)
{
	bool is_bad = problems_error_count(problems) ||
		      (command_line_flag(line, "strict") && problems_warning_count(problems));
	return is_unreadable(problems) ? EXIT_USAGE : is_bad ? EXIT_NO : EXIT_YES;
}

/* Fixed standard input is the result; then everything else is a message. */
static void print_fixed(const struct command_line *line, const struct check_files *files,
	const struct check_run *checked, const struct check_fixes *fixes)
{
	const struct check_report report = { checked->problems, checked->ruleset };
	bool is_text = !strcmp(line->format, "text");
	check_fixes_print(fixes, is_text && !files->stdin_name ? stdout : stderr);
	if (!files->stdin_name) {
		print_report(line, &report);
		return;
	}
	IGNORE(fwrite(files->stdin_bytes.at, 1, files->stdin_bytes.length, stdout) !=
		files->stdin_bytes.length); /* command_main() asks ferror() */
	check_report_text(&report, stderr, stderr);
}

static int run(const struct command_line *line)
{
	struct check_files files = { 0 };
	struct check_run checked = { 0 };
	struct check_fixes fixes = { .stdin_text = TEXT(TEXT_UNBOUNDED) };
	OWNED_TEXT struct text bytes = TEXT(YAML_FILE_BYTES);
	const struct today date = today();
	int status = EXIT_YES;
	files.today = date.date;
	find_files(line, &files);
	if (check_usage(line, &files) != EXIT_YES || !read_stdin(line, &files, &bytes))
		return EXIT_USAGE;
	check_all(line, &files, &checked, &status);
	if (!command_line_flag(line, "fix")) {
		print_report(line, &(struct check_report){ checked.problems, checked.ruleset });
	} else {
		if (!fix_all(line, &files, &checked, &fixes, &status))
			status = EXIT_USAGE;
		print_fixed(line, &files, &checked, &fixes);
	}
	if (status == EXIT_YES)
		status = status_of(line, checked.problems);
	check_fixes_clear(&fixes);
	check_run_clear(&checked);
	return status;
}

static const struct option_spec options[] = {
	{ "config", OPTION_VALUE, "FILE",
		"check this configuration as well, and the rules against its sites and sources" },
	{ "secrets", OPTION_FLAG, NULL,
		"also read secrets that may be missing on this machine: unset variables and "
		"credentials" },
	{ "no-files", OPTION_FLAG, NULL,
		"do not open certificates, keys and files of secrets, which this machine may "
		"lack" },
	{ "url", OPTION_VALUE, "URL",
		"also ask the daemon at URL for open work on sites that the configuration lacks" },
	TOKEN_OPTIONS,
	{ "strict", OPTION_FLAG, NULL, "count warnings as errors" },
	{ "fix", OPTION_FLAG, NULL, "correct in the files what can only be meant in one way" },
	{ "stdin-filename", OPTION_VALUE, "NAME",
		"the file that standard input (-) stands for, in messages" },
	{ 0 },
};

const struct command command_check = {
	.name = "check",
	.arguments = "[PATH]...",
	.summary = "report every problem of rules, and of a configuration",
	.description =
		"Each problem is reported with its file, line and column, and a code that "
		"`explain` explains. PATH is a rule file, a test file (`*.test.yaml`), or a "
		"folder with both; - is standard input, by itself, and a test if "
		"--stdin-filename is the name of one. Without PATH the rules of the configuration "
		"are checked, or, "
		"when none is found, ./rules.\n"
		"With --fix a misspelt key, status or choice becomes the only name that is "
		"near, a key that was renamed gets its new name, and a suppression that "
		"allows nothing is removed. Layout and comments stay. Whatever else a "
		"finding says needs a decision and is left. A file in which a fix does not "
		"help is not written. Standard input is printed as fixed.\n"
		"The files that the configuration names are opened, as `serve` does: "
		"`ca_file`, certificate and private key (and whether they belong together), "
		"and secrets in files and in variables that are set. Of a secret it reports "
		"only whether it is there, equals another one, or holds stray bytes.\n"
		"The format `github` is for GitHub Actions, `gitlab` for GitLab's code quality "
		"report, `sarif` for code scanning, `checkstyle` for other programs.\n"
		"Exit status: 0 valid, 1 not valid, 2 a file cannot be read, 69 the daemon "
		"of --url cannot be reached.",
	.options = options,
	.formats = "text|json|github|gitlab|sarif|checkstyle",
	.most_arguments = -1,
	.run = run,
};
