/*
 * cli/verify/verify.c - `verify`: asks Tableau whether the rules name what is there.
 */
#include "base/suggest.h"
#include "cli/given_config.h"
#include "cli/given_rules.h"
#include "cli/print.h"
#include "cli/verify/verify_report.h"

/* The values of an option that may be repeated. */
static struct texts names_given(
	const struct command_line *line, const char *option, struct arena *arena)
{
	const char **names = arena_array(arena, const char *, line->value_count + 1);
	size_t count = 0;
	for (const char *name; (name = command_line_nth(line, option, count)); count++)
		names[count] = name;
	return (struct texts){ .count = count, .items = names };
}

/* False after a message when one of the names is none of the known ones. */
static bool are_known(const struct command_line *line, const char *option, struct texts given,
	struct texts known, struct arena *arena)
{
	for (size_t i = 0; i < given.count; i++) {
		if (text_is_among(given.items[i], known.items, known.count))
			continue;
		/* the caller returns the status */
		IGNORE(command_usage(line, "--%s: there is no %s '%s'%s", option, option,
			given.items[i],
			suggest_hint(given.items[i], known.items, known.count, arena)));
		return false;
	}
	return true;
}

static struct texts names_of_rules(const struct ruleset *ruleset, struct arena *arena)
{
	size_t count = ruleset_rule_count(ruleset);
	const char **names = arena_array(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		names[i] = ruleset_rule(ruleset, i).name;
	return (struct texts){ .count = count, .items = names };
}

static void print_report(const struct command_line *line, const struct verification *found)
{
	if (line->json)
		verify_report_json(found, stdout);
	else if (!strcmp(line->format, "junit"))
		verify_report_junit(found, stdout);
	else
		verify_report_text(found, stdout);
}

static int verify(
	const struct command_line *line, struct config *config, const struct ruleset *ruleset)
{
	int status = EXIT_YES;
	OWNED(arena) arena = arena_new();
	struct verification found = { .arena = arena };
	struct texts sites = names_given(line, "site", arena),
		     rules = names_given(line, "rule", arena);
	if (!are_known(line, "site", sites, config_site_names(config, arena), arena) ||
		!are_known(line, "rule", rules, names_of_rules(ruleset, arena), arena))
		return EXIT_USAGE;
	struct fixed_selections fixed = ruleset_fixed(ruleset, rules.items, rules.count, arena);
	verification_plan(&found, config, &fixed, sites.items, sites.count);
	if (!found.site_count || (rules.count && !found.case_count)) {
		print_line(stderr, "refresh-router verify: there is nothing to look up: %s",
			found.site_count ? "the rules of --rule have no selection that needs no "
					   "event"
					 : "the configuration has no sites");
		return EXIT_NO;
	}
	OWNED(online) online = online_new(line, config, &status);
	if (!online)
		return status;
	verification_run(&found, online);
	int64_t us = online_us(online);
	online_free(TAKE(online)); /* an interrupted run ends here, and prints nothing */
	if (!sites.count) {
		struct awaited_list awaited =
			ruleset_awaited(ruleset, rules.items, rules.count, arena);
		verification_run_sources(&found, config, &awaited, us);
	}
	print_report(line, &found);
	return found.findings ? EXIT_NO : EXIT_YES;
}

static int run(const struct command_line *line)
{
	int status = EXIT_USAGE;
	OWNED(config) config = given_config_load(line);
	if (!config)
		return EXIT_USAGE;
	OWNED(ruleset) ruleset = given_rules_load(line, config, config, &status);
	return ruleset ? verify(line, config, ruleset) : status;
}

static const struct option_spec options[] = {
	{ "config", OPTION_VALUE, "FILE", "the configuration, for its sites and rules" },
	{ "rules", OPTION_VALUES, "PATH",
		"a rule file or folder, instead of the configuration's; may be repeated" },
	{ "site", OPTION_VALUES, "SITE", "only this site; may be repeated" },
	{ "rule", OPTION_VALUES, "RULE", "only the selections of this rule; may be repeated" },
	ONLINE_OPTIONS,
	{ 0 },
};

const struct command command_verify = {
	.name = "verify",
	.summary = "ask Tableau whether the rules name what is there",
	.description =
		"Signs in to every site, or asks the daemon if it runs, because a second sign-in "
		"with a PAT ends its first session. Makes queries only, and refreshes nothing.\n"
		"Looks up every selection that is the same for all events (without `${...}`), and "
		"reports what is missing, ambiguous, without an extract (a live connection), "
		"forbidden or unreadable; a site that cannot be asked; and a PAT that ends within "
		"14 days. Whether a refresh would be refused can be known for administrators and "
		"owners only; where it may be, a note says so, which is no finding.\n"
		"For a source with `dbt_api`, unless --site is given, it asks dbt which webhooks "
		"post to it: that there is none, that it is inactive, that its last delivery "
		"failed, or that it leaves out a dbt job or a type of event for which a rule "
		"waits.\n"
		"Exit status: 0 all well, 1 there is a finding (also a site that cannot be asked), "
		"2 the configuration or rules cannot be read, 69 --url leads to no daemon.",
	.options = options,
	.formats = "text|json|junit",
	.most_arguments = 0,
	.run = run,
};
