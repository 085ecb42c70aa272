/*
 * cli/schema.c - `schema`: prints the JSON Schema of files that are read and of results.
 */
#include "cli/command.h"
#include "cli/output_schema.h"
#include "cli/print.h"
#include "config/config.h"
#include "rules/suite/suite.h"
#include <assert.h>

static const struct command_word names[] = {
	{ "rules", "rule files, for editors" },
	{ "config", "the configuration file, for editors" },
	{ "tests", "test files of rules, for editors" },
	{ "decision", "what `route` prints, and POST /api/v1/route answers" },
	{ "event", "an item of `events` and /api/v1/events" },
	{ "refresh", "an item of `refreshes` and /api/v1/refreshes" },
	{ "selection", "an item of `refreshes --state unresolved` and /api/v1/selections" },
	{ "site", "an item of `sites` and /api/v1/sites" },
	{ "node", "an item of `nodes` and /api/v1/nodes" },
	{ "receiver", "an item of /api/v1/notifications" },
	{ "notification", "what a receiver of format json is sent" },
	{ "problems", "what `check` prints" },
	{ "finding", "what `explain CODE` prints, and an item of `explain`" },
	{ "resolve", "what POST /api/v1/resolve answers" },
	{ "test", "what `test` prints" },
	{ "diff", "what `diff` prints" },
	{ "verify", "what `verify` prints" },
	{ "backup", "what `backup` prints" },
	{ "store", "what `store copy` prints" },
	{ "doctor", "what `doctor` prints" },
	{ "reload", "what `reload` prints" },
	{ "health", "what `health` prints" },
	{ 0 },
};
static cJSON *(*const schemas[])(void) = { ruleset_schema, config_schema, suite_schema,
	decision_output_schema, event_output_schema, refresh_output_schema, selection_output_schema,
	site_output_schema, node_output_schema, receiver_output_schema, notification_output_schema,
	problems_output_schema, finding_output_schema, resolve_output_schema, test_output_schema,
	diff_output_schema, verify_output_schema, backup_output_schema, store_output_schema,
	doctor_output_schema, reload_output_schema, health_output_schema };

static int run(const struct command_line *line)
{
	static_assert(sizeof names / sizeof *names == sizeof schemas / sizeof *schemas + 1,
		"one schema for each name");
	for (size_t i = 0; names[i].name; i++) {
		if (strcmp(names[i].name, line->arguments[0]))
			continue;
		OWNED_JSON json = schemas[i]();
		print_json(json, stdout);
		return EXIT_YES;
	}
	return command_word_unknown(line, "schema");
}

const struct command command_schema = {
	.name = "schema",
	.arguments = "NAME",
	.summary = "print the JSON Schema of a file that is read, or of a result",
	.words = names,
	.least_arguments = 1,
	.most_arguments = 1,
	.run = run,
};
