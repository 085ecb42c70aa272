/*
 * cli/doctor/checkup_files.c - is the configuration valid, are the rules, and can the secrets be
 * read? As `check` with --secrets sees it.
 */
#include "cli/check/check_run.h"
#include "cli/doctor/checkup.h"

static bool is_of_secret(enum problem_code code)
{
	return code == PROBLEM_SECRET_MISSING || code == PROBLEM_SECRET_STRAY ||
	       code == PROBLEM_SHARED_PAT;
}

/* Adds the first problem, and how many there are, of the secrets or of everything else. */
static size_t add_problems(
	struct checkup *checkup, const struct problems *problems, bool of_secrets)
{
	const struct problem *first = NULL;
	size_t count = 0;
	for (size_t i = 0; i < problems_count(problems); i++) {
		const struct problem *problem = problems_at(problems, i);
		if (is_of_secret(problem->code) != of_secrets || problem->severity == SEVERITY_NOTE)
			continue;
		count++;
		if (!first || problem->severity < first->severity)
			first = problem;
	}
	if (!first)
		return 0;
	enum checkup_verdict verdict =
		first->severity == SEVERITY_ERROR ? CHECKUP_PROBLEM : CHECKUP_WARNING;
	const char *more =
		count == 1 ? "" : arena_printf(checkup->arena, "%zu findings; first: ", count);
	OWNED_TEXT struct text place = TEXT(TEXT_UNBOUNDED);
	if (first->place.file && first->place.line)
		text_printf(&place, "%s:%d: ", first->place.file, first->place.line);
	else if (first->place.file)
		text_printf(&place, "%s: ", first->place.file);
	const char *remedy = arena_printf(checkup->arena,
		"`refresh-router check --secrets --config %s` shows %s", checkup->config_path,
		count == 1 ? "the line" : "all of them");
	checkup_add(checkup, of_secrets ? "secrets" : "configuration", NULL, verdict, remedy,
		"%s%s%s", more, place.at, first->message);
	return count;
}

/* "config.yaml: 2 sources, 1 site, 30 rules" */
static void add_sizes(struct checkup *checkup, const struct check_run *run)
{
	OWNED_TEXT struct text sizes = TEXT(TEXT_UNBOUNDED);
	text_add_count(&sizes, config_source_count(run->config), "source");
	text_add(&sizes, ", ");
	text_add_count(&sizes, config_site_count(run->config), "site");
	text_add(&sizes, ", ");
	text_add_count(&sizes, run->ruleset ? ruleset_rule_count(run->ruleset) : 0, "rule");
	checkup_add(checkup, "configuration", NULL, CHECKUP_OK, NULL, "%s: %s",
		checkup->config_path, sizes.at);
}

bool checkup_files(struct checkup *checkup, struct check_run *run)
{
	const struct check_files files = {
		.config = checkup->config_path,
		.with_files = true,
		.with_secrets = true,
		.today = "",
	};
	check_run_all(&files, run);
	problems_sort(run->problems);
	size_t wrong = add_problems(checkup, run->problems, false);
	if (!run->config)
		return false;
	checkup->config = run->config;
	checkup->ruleset = run->ruleset;
	if (!wrong)
		add_sizes(checkup, run);
	if (!add_problems(checkup, run->problems, true))
		checkup_add(checkup, "secrets", NULL, CHECKUP_OK, NULL, "all can be read");
	return true;
}
