/*
 * cli/schema.c - prints the JSON Schema of what is read and of what is printed.
 */
#include "cli/command.h"
#include "cli/output_schema.h"
#include "cli/print.h"
#include "config/config.h"
#include "rules/ruleset.h"

static const struct {
	const char *name;
	cJSON *(*make)(void);
} schemas[] = {
	{ "rules", rules_schema },
	{ "config", config_schema },
	{ "decision", decision_schema },
	{ "event", event_schema },
	{ "refresh", refresh_schema },
	{ "selection", selection_schema },
	{ "site", site_schema },
	{ "problems", problems_schema },
};

static int run(const struct command_line *line)
{
	for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
		if (strcmp(schemas[i].name, line->arguments[0]))
			continue;
		OWNED_JSON json = schemas[i].make();
		print_json(json, stdout);
		return EXIT_YES;
	}
	return command_usage(line,
		"there is no schema '%s': rules, config, decision, event, refresh, selection, "
		"site or problems",
		line->arguments[0]);
}

const struct command command_schema = {
	.name = "schema",
	.synopsis = "NAME",
	.summary = "print the JSON Schema of rules, config, or an output",
	.description = "NAME is rules or config (what is read), or decision, event, refresh, "
		       "selection, site or problems (what is printed).",
	.least_arguments = 1,
	.most_arguments = 1,
	.run = run,
};
