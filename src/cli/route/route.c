/*
 * cli/route/route.c - `route`: prints what one event would refresh, and why, by the same decision
 * function that `serve` calls.
 */
#include "base/file.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/diff/event_source.h"
#include "cli/given_config.h"
#include "cli/given_rules.h"
#include "cli/print.h"
#include "cli/route/route_online.h"
#include "cli/route/route_report.h"
#include "config/config.h"
#include "rules/decide.h"

#define EVENT_BYTES ((size_t)16 << 20)
#define RULES_FOR_PEOPLE 10 /* that did not match and are explained */

/* ---- for people ---- */

static void print_match(const struct match *match)
{
	OWNED_TEXT struct text line = TEXT(TEXT_UNBOUNDED);
	for (size_t i = 0; i < match->capture_count; i++) {
		text_printf(&line, "%s%s=%s", i ? ", " : "  ", match->capture_names[i],
			match->capture_values[i]);
	}
	print_line(stdout, "  %s  (%s:%d)%s", match->rule, match->file, match->line, line.at);
}

static void print_selections(const struct decision *decision)
{
	static const char *const headings[] = { "  SITE", "CONTENT", "RULES", NULL };
	OWNED(table) table = table_new(headings);
	for (size_t i = 0; i < decision->selection_count; i++) {
		const struct selection *selection = &decision->selections[i];
		OWNED_TEXT struct text cell = TEXT(TEXT_UNBOUNDED);
		text_printf(&cell, "  %s", selection->site);
		table_cell(table, cell.at);
		text_reset(&cell);
		route_report_selection(selection, &cell);
		table_cell(table, cell.at);
		text_reset(&cell);
		for (size_t j = 0; j < selection->rule_count; j++)
			text_printf(&cell, "%s%s", j ? ", " : "", selection->rules[j]);
		table_cell(table, cell.at);
	}
	table_print(table, stdout);
}

/* Made visible, because it may quote an expanded placeholder. */
static void print_warning(const struct warning *warning)
{
	print_line(stderr, "warning: rule '%s': %s", warning->rule, warning->text);
}

static void print_decided(const struct decision *decision)
{
	puts(decision->match_count ? "Matched:" : "No rule matched; --explain shows why.");
	for (size_t i = 0; i < decision->match_count; i++)
		print_match(&decision->matches[i]);
	if (decision->selection_count) {
		printf("Refreshes:\n");
		print_selections(decision);
	}
}

static void print_decision(const struct command_line *line, const struct decision *decision)
{
	const struct event *event = decision->event;
	if (event->standing != EVENT_REAL)
		print_line(stdout, "The daemon would record this event and not route it: %s",
			event->why);
	if (decision->unmatched)
		route_report_explained(decision, command_line_value(line, "rule"), stdout);
	else
		print_decided(decision);
	for (size_t i = 0; i < decision->warning_count; i++)
		print_warning(&decision->warnings[i]);
}

/* ---- the command ---- */

/* False after a message. */
static bool read_scope(const struct command_line *line, const struct ruleset *ruleset,
	struct arena *arena, struct explain_scope *scope)
{
	struct error err;
	int64_t limit = line->json ? EXPLAINED_RULES : RULES_FOR_PEOPLE;
	const char *rule = command_line_value(line, "rule");
	if (!admin_client_limit(line, &limit)) {
		IGNORE(command_usage(line, "--limit is a whole number from 1"));
		return false;
	}
	*scope = (struct explain_scope){ .most = (size_t)limit };
	if (!rule || explain_scope_choose(scope, ruleset, rule, arena, &err))
		return true;
	IGNORE(command_usage(line, "%s", err.message));
	return false;
}

static const struct event *read_file(
	const struct command_line *line, const char *path, struct arena *arena)
{
	struct error err;
	OWNED_TEXT struct text bytes = TEXT(EVENT_BYTES);
	const struct event *event = NULL;
	if (!file_read_argument(path, &bytes, &err))
		IGNORE(command_usage(line, "%s", err.message));
	else if (!(event = event_read(text_str(&bytes), arena, &err)))
		IGNORE(command_usage(line, "%s: %s", path, err.message));
	return event;
}

/* What the daemon did may not be what these rules say. */
static const struct event *read_recorded(const struct command_line *line, const char *id,
	const struct ruleset *ruleset, struct arena *arena, int *status)
{
	struct recorded_event recorded;
	if (!event_source_recorded(line, id, arena, &recorded, status))
		return NULL;
	if (*recorded.ruleset && !text_is(recorded.ruleset, ruleset_revision(ruleset)))
		print_line(stderr,
			"note: event %s was recorded as '%s' by other rules than these (%s)", id,
			recorded.outcome, recorded.ruleset);
	return recorded.event;
}

/* NULL after a message; *status says why. */
static const struct event *read_event(const struct command_line *line,
	const struct ruleset *ruleset, struct arena *arena, int *status)
{
	const char *id = command_line_value(line, "event");
	if (id && line->argument_count)
		IGNORE(command_usage(line, "give the argument EVENT or --event ID, not both"));
	else if (id)
		return read_recorded(line, id, ruleset, arena, status);
	else if (!line->argument_count)
		IGNORE(command_usage(line, "the argument EVENT is missing; or give --event ID"));
	else
		return read_file(line, line->arguments[0], arena);
	return NULL;
}

static void print_decided_as(const struct command_line *line, const struct decision *decision,
	const struct route_online *online)
{
	if (line->json) {
		OWNED_JSON json = decision_json(decision);
		if (online->list)
			cJSON_AddItemToObject(json, "online", cJSON_Duplicate(online->list, true));
		print_json(json, stdout);
		return;
	}
	print_decision(line, decision);
	if (online->list)
		route_online_print(online, stdout);
}

static int decide(
	const struct command_line *line, struct config *config, const struct ruleset *ruleset)
{
	struct route_online online = { 0 };
	struct explain_scope scope;
	int status = EXIT_USAGE;
	OWNED(arena) arena = arena_new();
	OWNED(decide_scratch) scratch = decide_scratch_new();
	bool is_explained = command_line_flag(line, "explain") || command_line_value(line, "rule");
	if (!read_scope(line, ruleset, arena, &scope))
		return EXIT_USAGE;
	const struct event *event = read_event(line, ruleset, arena, &status);
	if (!event)
		return status;
	status = EXIT_YES;
	const struct decision *decision =
		is_explained ? ruleset_explain(ruleset, event, &scope, scratch, arena)
			     : ruleset_decide(ruleset, event, scratch, arena);
	if (command_line_flag(line, "online") &&
		!route_online_ask(&online, line, config, decision, &status))
		return status;
	print_decided_as(line, decision, &online);
	cJSON_Delete(online.list);
	if (online.is_unreachable)
		return EXIT_UNREACHABLE;
	if (online.has_failed)
		return EXIT_NO;
	return command_line_flag(line, "exit-code") && !decision->selection_count ? EXIT_NO
										  : EXIT_YES;
}

static int run(const struct command_line *line)
{
	OWNED(config) config = NULL;
	int status = EXIT_USAGE;
	const char *path = config_find(command_line_value(line, "config"));
	if (command_line_flag(line, "online") && !path)
		return command_usage(line, "--online needs the configuration: give --config FILE");
	if (path && (!command_line_value(line, "rules") || command_line_flag(line, "online"))) {
		config = given_config_load(line);
		if (!config)
			return EXIT_USAGE;
	}
	OWNED(ruleset) ruleset = given_rules_load(line, config, NULL, &status);
	return ruleset ? decide(line, config, ruleset) : status;
}

static const struct option_spec options[] = {
	{ "config", OPTION_VALUE, "FILE", "the configuration, for its rules and for --online" },
	{ "rules", OPTION_VALUES, "PATH",
		"a rule file or folder, instead of the configuration's; may be repeated" },
	{ "event", OPTION_VALUE, "ID",
		"instead of EVENT: the event that the daemon has recorded under this number" },
	{ "explain", OPTION_FLAG, NULL,
		"also show each condition of the rules, and what would make the others match, "
		"the nearest first" },
	{ "rule", OPTION_VALUE, "RULE",
		"explain this rule only, or those in whose names /PATTERN/ is found" },
	{ "limit", OPTION_VALUE, "N",
		"how many rules that matched, and how many that did not, are explained; by "
		"default 10, in JSON 100" },
	{ "online", OPTION_FLAG, NULL, "also find the content on Tableau, read-only" },
	ONLINE_OPTIONS,
	{ "exit-code", OPTION_FLAG, NULL, "exit 1 when nothing would be refreshed" },
	{ 0 },
};

const struct command command_route = {
	.name = "route",
	.arguments = "[EVENT]",
	.summary = "show what one event would refresh, and why",
	.description = "EVENT is a file with the body of a dbt webhook, or with a flat JSON object "
		       "of event fields, like {\"job_id\": 1001}; - is standard input. The "
		       "decision is made by the function that `serve` uses. Rules are those of "
		       "--rules, else of the configuration, else ./rules.",
	.options = options,
	.formats = "text|json",
	.most_arguments = 1,
	.run = run,
};
