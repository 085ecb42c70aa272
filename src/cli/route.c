/*
 * cli/route.c - `route`: prints what one event would refresh, and why, by the same decision
 * function that `serve` calls.
 */
#include "base/file.h"
#include "base/units.h"
#include "cli/given_rules.h"
#include "cli/print.h"
#include "cli/route_online.h"
#include "config/config.h"
#include "rules/decide.h"
#include <unistd.h>

#define EVENT_BYTES ((size_t)16 << 20)

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
		selection_describe(selection, &cell);
		text_add(&cell, selection->incremental ? ", incremental" : "");
		text_add(&cell, selection->shadow ? ", shadow: not sent" : "");
		char time[UNIT_TEXT_SIZE];
		if (selection->delay)
			text_printf(&cell, ", after a delay of %s",
				units_format_duration(selection->delay, time));
		if (selection->quiet)
			text_printf(&cell, ", after %s without an event of the rule",
				units_format_duration(selection->quiet, time));
		table_cell(table, cell.at);
		text_reset(&cell);
		for (size_t j = 0; j < selection->rule_count; j++)
			text_printf(&cell, "%s%s", j ? ", " : "", selection->rules[j]);
		table_cell(table, cell.at);
	}
	table_print(table, stdout);
}

static void print_unmatched(const struct unmatched *unmatched)
{
	if (unmatched->disabled)
		print_line(stdout, "  %s  (%s:%d)  is not enabled", unmatched->rule,
			unmatched->file, unmatched->line);
	else
		print_line(stdout, "  %s  (%s:%d)  %s is '%s', wanted %s", unmatched->rule,
			unmatched->file, unmatched->line, unmatched->field, unmatched->actual,
			unmatched->expected);
}

/* Made visible, because it may quote an expanded placeholder. */
static void print_warning(const struct warning *warning)
{
	print_line(stderr, "warning: rule '%s': %s", warning->rule, warning->text);
}

static void print_decision(const struct decision *decision)
{
	const struct event *event = decision->event;
	if (event->standing != EVENT_REAL)
		print_line(stdout, "The daemon would record this event and not route it: %s",
			event->why);
	printf("%s\n", decision->match_count ? "Matched:" : "No rule matched.");
	for (size_t i = 0; i < decision->match_count; i++)
		print_match(&decision->matches[i]);
	if (decision->selection_count) {
		printf("Refreshes:\n");
		print_selections(decision);
	}
	for (size_t i = 0; i < decision->warning_count; i++)
		print_warning(&decision->warnings[i]);
	if (decision->unmatched_count)
		printf("Not matched, the nearest first:\n");
	for (size_t i = 0; i < decision->unmatched_count; i++)
		print_unmatched(&decision->unmatched[i]);
}

/* ---- the command ---- */

static int decide(
	const struct command_line *line, struct config *config, const struct ruleset *ruleset)
{
	struct error err;
	struct route_online online = { 0 };
	int status = EXIT_YES;
	OWNED(arena) arena = arena_new();
	OWNED(decide_scratch) scratch = decide_scratch_new();
	OWNED_TEXT struct text bytes = TEXT(EVENT_BYTES);
	if (!file_read_argument(line->arguments[0], &bytes, &err))
		return command_usage(line, "%s", err.message);
	const struct event *event = event_read(text_str(&bytes), arena, &err);
	if (!event)
		return command_usage(line, "%s: %s", line->arguments[0], err.message);
	bool explain = command_line_flag(line, "explain");
	const struct decision *decision = explain ? ruleset_explain(ruleset, event, scratch, arena)
						  : ruleset_decide(ruleset, event, scratch, arena);
	if (command_line_flag(line, "online") &&
		!route_online_ask(&online, line, config, decision, &status))
		return status;
	if (line->json) {
		OWNED_JSON json = decision_json(decision);
		if (online.list)
			cJSON_AddItemToObject(json, "online", cJSON_Duplicate(online.list, true));
		print_json(json, stdout);
	} else {
		print_decision(decision);
		if (online.list)
			route_online_print(&online, stdout);
	}
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
	OWNED(problems) problems = problems_new();
	OWNED(config) config = NULL;
	int status = EXIT_USAGE;
	if (!command_line_value(line, "rules") || command_line_flag(line, "online")) {
		const char *path = config_find(command_line_value(line, "config"));
		if (!path)
			return command_usage(
				line, "no configuration file: give --rules PATH or --config FILE");
		config = config_load(path, problems);
		problems_print(problems, stderr, isatty(STDERR_FILENO));
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
	{ "explain", OPTION_FLAG, NULL,
		"also show the first condition that failed in each other rule, the nearest miss "
		"first" },
	{ "online", OPTION_FLAG, NULL, "also find the content on Tableau, read-only" },
	ONLINE_OPTIONS,
	{ "exit-code", OPTION_FLAG, NULL, "exit 1 when nothing would be refreshed" },
	{ 0 },
};

const struct command command_route = {
	.name = "route",
	.arguments = "EVENT",
	.summary = "show what one event would refresh, and why",
	.description = "EVENT is a file with the body of a dbt webhook, or with a flat JSON object "
		       "of event fields, like {\"job_id\": 1001}; - is standard input. The "
		       "decision is made by the function that `serve` uses.",
	.options = options,
	.formats = "text|json",
	.least_arguments = 1,
	.most_arguments = 1,
	.run = run,
};
