/*
 * cli/check.c - validates rules and configuration: every problem, with its place.
 */
#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/check_report.h"
#include "cli/command.h"
#include "cli/member.h"
#include "cli/rule_paths.h"
#include "config/config.h"
#include "daemon/dropped.h"
#include "rules/suite.h"

struct check {
	struct problems *problems;
	struct config *config; /* NULL: none was given, or it cannot be used */
	struct ruleset *ruleset;
};

/* Loads rules as `serve` would, with the names that the configuration knows. */
static void load_rules(struct check *check, const char *const *paths, size_t count)
{
	struct ruleset_known known = { 0 };
	size_t site_count = check->config ? config_site_count(check->config) : 0,
	       source_count = check->config ? config_source_count(check->config) : 0;
	OWNED_MEMORY const char **sites = mem_alloc(sizeof *sites * (site_count + 1));
	OWNED_MEMORY const char **sources = mem_alloc(sizeof *sources * (source_count + 1));
	for (size_t i = 0; i < site_count; i++)
		sites[i] = config_site_at(check->config, i)->name;
	for (size_t i = 0; i < source_count; i++)
		sources[i] = config_source_at(check->config, i)->name;
	if (check->config)
		known = (struct ruleset_known){ .sites = sites,
			.site_count = site_count,
			.sources = sources,
			.source_count = source_count };
	known.is_check = true;
	check->ruleset = ruleset_load(paths, count, &known, check->problems);
}

/*
 * Checks rules and the tests among `paths`. Tests alone are checked against the rules of the
 * configuration, or those beside them.
 */
static void check_paths(struct check *check, const char *const *paths, size_t count)
{
	OWNED(arena) arena = arena_new();
	struct rule_paths sorted = rule_paths_sort(paths, count, arena);
	const char *const *rules = sorted.rules;
	size_t rule_count = sorted.rule_count;
	if (!rule_count && sorted.test_count && check->config) {
		rules = check->config->rules.items;
		rule_count = check->config->rules.count;
	} else if (!rule_count) {
		for (size_t i = 0; i < sorted.test_count; i++)
			sorted.rules[rule_count++] = rule_paths_beside(sorted.tests[i], arena);
	}
	load_rules(check, rules, rule_count);
	if (check->ruleset && sorted.test_count)
		suite_free(suite_load(
			sorted.tests, sorted.test_count, check->ruleset, check->problems));
}

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

/* Checks the files that `serve` would open; a machine that only checks may lack them. */
static void check_files(
	const struct command_line *line, const struct config *config, struct problems *problems)
{
	bool has_files = !command_line_flag(line, "no-files");
	if (command_line_flag(line, "secrets"))
		IGNORE(config_check_secrets(
			config, SECRETS_EVERYWHERE, problems)); /* the problems are counted */
	else if (has_files)
		IGNORE(config_check_secrets(
			config, SECRETS_AT_HAND, problems)); /* the problems are counted */
	if (has_files)
		IGNORE(config_check_files(config, problems)); /* the problems are counted */
}

/* For suppressions; a day ends when it ends in UTC. */
static void set_today(struct problems *problems)
{
	char now[WALL_TEXT_SIZE], date[sizeof "2026-11-27"];
	str_print(date, sizeof date, "%s", wall_format(clock_wall(), now));
	problems_set_today(problems, date);
}

/* Notes sites and sources that no rule uses. All rules of the configuration have been read, and
 * there are some: before the first is written, nothing is used. */
static void check_use(const struct check *check)
{
	const struct config *config = check->config;
	const struct ruleset *ruleset = check->ruleset;
	if (!ruleset || !ruleset_rule_count(ruleset))
		return;
	for (size_t i = 0; i < config_site_count(config); i++) {
		const struct config_site *site = config_site_at(config, i);
		if (!ruleset_uses_site(ruleset, site->name))
			problem_add(check->problems, PROBLEM_UNUSED_SITE, site->place, STR(""),
				"no rule selects anything on the site '%s'", site->name);
	}
	for (size_t i = 0; i < config_source_count(config); i++) {
		const struct config_source *source = config_source_at(config, i);
		if (!ruleset_uses_source(ruleset, source->name))
			problem_add(check->problems, PROBLEM_UNUSED_SOURCE, source->place, STR(""),
				"each rule wants another source than '%s'", source->name);
	}
}

static int run(const struct command_line *line)
{
	OWNED(problems) problems = problems_new();
	struct check check = { .problems = problems };
	set_today(problems);
	const char *path = command_line_value(line, "config");
	if (!path && !line->argument_count)
		path = config_find(NULL);
	if (!path && !line->argument_count)
		return command_usage(
			line, "nothing to check: give rule files or folders, or --config FILE");
	if (!path && (command_line_value(line, "url") || command_line_flag(line, "secrets") ||
			     command_line_flag(line, "no-files")))
		return command_usage(line,
			"--url, --secrets and --no-files are about a configuration: give --config "
			"FILE too");
	if (path)
		check.config = config_load(path, problems);
	if (check.config)
		check_files(line, check.config, problems);
	if (line->argument_count)
		check_paths(
			&check, (const char *const *)line->arguments, (size_t)line->argument_count);
	else if (check.config) {
		check_paths(&check, check.config->rules.items, check.config->rules.count);
		check_use(&check);
	}
	int status = EXIT_YES;
	if (command_line_value(line, "url") && check.config)
		IGNORE(check_open_work(
			line, check.config, path, problems, &status)); /* the message is printed */
	problems_finish(problems);
	problems_sort(problems);
	print_report(line, &(struct check_report){ problems, check.ruleset });
	bool is_bad = problems_error_count(problems) ||
		      (command_line_flag(line, "strict") && problems_warning_count(problems));
	if (status == EXIT_YES)
		status = is_unreadable(problems) ? EXIT_USAGE : is_bad ? EXIT_NO : EXIT_YES;
	ruleset_free(check.ruleset);
	config_free(check.config);
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
	{ "strict", OPTION_FLAG, NULL, "count warnings as errors" },
	{ 0 },
};

const struct command command_check = {
	.name = "check",
	.arguments = "[PATH]...",
	.summary = "report every problem of rules, and of a configuration",
	.description =
		"Each problem is reported with its file, line and column, and a code that "
		"`explain` explains. PATH is a rule file, a test file (`*.test.yaml`), or a "
		"folder with both. Without PATH the rules of the configuration are "
		"checked.\n"
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
