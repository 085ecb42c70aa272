/* cli/check/check_run.c - loads everything as `serve` and `test` do, for its problems. */
#include "cli/check/check_run.h"
#include "cli/rule_paths.h"
#include "rules/suite/suite.h"

static bool is_stdin(const char *path)
{
	return path && !strcmp(path, "-");
}

static struct problems *new_problems(const struct check_files *files)
{
	struct problems *problems = problems_new();
	problems_set_today(problems, files->today);
	return problems;
}

/* ---- configuration ---- */

/* Checks the files that `serve` would open; a machine that only checks may lack them. */
static void check_files_of(const struct check_files *files, const struct check_run *run)
{
	struct problems *problems = run->problems;
	if (files->with_secrets)
		IGNORE(config_check_secrets(
			run->config, SECRETS_EVERYWHERE, problems)); /* the problems are counted */
	else if (files->with_files)
		IGNORE(config_check_secrets(
			run->config, SECRETS_AT_HAND, problems)); /* the problems are counted */
	if (files->with_files)
		IGNORE(config_check_files(run->config, problems)); /* the problems are counted */
}

static void load_config(const struct check_files *files, struct check_run *run)
{
	if (is_stdin(files->config))
		run->config = config_parse(files->stdin_name, files->stdin_bytes, run->problems);
	else if (files->config)
		run->config = config_load(files->config, run->problems);
	if (run->config)
		check_files_of(files, run);
}

/* The names that rules may use; without a configuration any. In `arena`. */
static struct ruleset_known known_names(const struct config *config, struct arena *arena)
{
	struct ruleset_known known = { .is_check = true };
	if (config) {
		known.sites = config_site_names(config, arena);
		known.sources = config_source_names(config, arena);
	}
	return known;
}

/* ---- rules and tests ---- */

/*
 * Checks rules and the tests among `paths`. Tests alone are checked against the rules of the
 * configuration, or those beside them.
 */
static void check_paths(const char *const *paths, size_t count, const struct ruleset_known *known,
	struct check_run *run, struct arena *arena)
{
	struct rule_paths sorted = rule_paths_sort(paths, count, arena);
	const char *const *rules = sorted.rules;
	size_t rule_count = sorted.rule_count;
	if (!rule_count && sorted.test_count && run->config) {
		rules = run->config->rules.items;
		rule_count = run->config->rules.count;
	} else if (!rule_count) {
		for (size_t i = 0; i < sorted.test_count; i++)
			sorted.rules[rule_count++] = rule_paths_beside(sorted.tests[i], arena);
	}
	run->ruleset = ruleset_load(rules, rule_count, known, run->problems);
	if (run->ruleset && sorted.test_count)
		suite_free(
			suite_load(sorted.tests, sorted.test_count, run->ruleset, run->problems));
}

static struct ruleset *parse_rules(const char *path, struct str bytes,
	const struct ruleset_known *known, struct problems *problems)
{
	struct rule_source source = { .path = path, .name = path, .bytes = bytes };
	return ruleset_load_sources(&source, 1, known, problems);
}

static void check_stdin(const struct check_files *files, const struct ruleset_known *known,
	struct check_run *run, struct arena *arena)
{
	if (!rule_paths_is_test(files->stdin_name)) {
		run->ruleset =
			parse_rules(files->stdin_name, files->stdin_bytes, known, run->problems);
		return;
	}
	const char *beside = rule_paths_beside(files->stdin_name, arena);
	run->ruleset = run->config ? ruleset_load(run->config->rules.items,
					     run->config->rules.count, known, run->problems)
				   : ruleset_load(&beside, 1, known, run->problems);
	if (run->ruleset)
		suite_free(suite_load_bytes(
			files->stdin_name, files->stdin_bytes, run->ruleset, run->problems));
}

/* Notes sites and sources that no rule uses. All rules of the configuration have been read, and
 * there are some: before the first is written, nothing is used. */
static void check_use(const struct check_run *run)
{
	const struct config *config = run->config;
	const struct ruleset *ruleset = run->ruleset;
	if (!ruleset || !ruleset_rule_count(ruleset))
		return;
	for (size_t i = 0; i < config_site_count(config); i++) {
		const struct config_site *site = config_site_at(config, i);
		if (!ruleset_uses_site(ruleset, site->name))
			problem_add(run->problems, PROBLEM_UNUSED_SITE, site->place, STR(""),
				"no rule selects anything on the site '%s'", site->name);
	}
	for (size_t i = 0; i < config_source_count(config); i++) {
		const struct config_source *source = config_source_at(config, i);
		if (!ruleset_uses_source(ruleset, source->name))
			problem_add(run->problems, PROBLEM_UNUSED_SOURCE, source->place, STR(""),
				"each rule wants another source than '%s'", source->name);
	}
}

/* ---- all of it ---- */

void check_run_all(const struct check_files *files, struct check_run *run)
{
	OWNED(arena) arena = arena_new();
	*run = (struct check_run){ .problems = new_problems(files) };
	load_config(files, run);
	struct ruleset_known known = known_names(run->config, arena);
	if (files->path_count == 1 && is_stdin(files->paths[0]))
		check_stdin(files, &known, run, arena);
	else if (files->path_count)
		check_paths(files->paths, files->path_count, &known, run, arena);
	else if (run->config) {
		check_paths(run->config->rules.items, run->config->rules.count, &known, run, arena);
		check_use(run);
	}
}

bool check_run_has_all(const struct check_files *files)
{
	bool has_all = files->path_count == 0;
	for (size_t i = 0; !files->config && i < files->path_count; i++)
		has_all |= rule_paths_is_folder(files->paths[i]);
	return has_all;
}

void check_run_clear(struct check_run *run)
{
	problems_free(run->problems);
	ruleset_free(run->ruleset);
	config_free(run->config);
	*run = (struct check_run){ 0 };
}

struct problems *check_run_file(const struct check_files *files, const struct check_run *run,
	const char *path, struct str bytes)
{
	OWNED(arena) arena = arena_new();
	struct problems *problems = new_problems(files);
	struct ruleset_known known = known_names(run->config, arena);
	const char *config = is_stdin(files->config) ? files->stdin_name : files->config;
	if (config && !strcmp(path, config))
		config_free(config_parse(path, bytes, problems));
	else if (!rule_paths_is_test(path))
		ruleset_free(parse_rules(path, bytes, &known, problems));
	else if (run->ruleset)
		suite_free(suite_load_bytes(path, bytes, run->ruleset, problems));
	problems_finish(problems, false);
	return problems;
}
