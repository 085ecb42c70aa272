/*
 * cli/events/events.c - `events`: lists what the daemon has received.
 */
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/events/export.h"
#include "cli/member.h"
#include "cli/print.h"

#define USUAL_COUNT 50

struct event_listing {
	struct table *table;
	cJSON *items; /* with --format json */
};

static bool add_row(const cJSON *event, void *context)
{
	struct event_listing *listing = context;
	char number[MEMBER_TEXT_SIZE];
	const cJSON *fields = cJSON_GetObjectItemCaseSensitive(event, "fields"), *rule;
	OWNED_TEXT struct text rules = TEXT(TEXT_UNBOUNDED);
	if (listing->items) {
		cJSON_AddItemToArray(listing->items, cJSON_Duplicate(event, true));
		return true;
	}
	table_cell(listing->table, cli_member_text(event, "id", number));
	table_cell(listing->table, cli_member_time(event, "received_at", number));
	table_cell(listing->table, cli_member_text(event, "outcome", number));
	table_cell(listing->table, cli_member_text(event, "source", number));
	table_cell(listing->table, cli_member_text(fields, "job_id", number));
	table_cell(listing->table, cli_member_text(fields, "job_name", number));
	table_cell(listing->table, cli_member_text(fields, "status", number));
	cJSON_ArrayForEach(rule, cJSON_GetObjectItemCaseSensitive(event, "matched"))
	{
		text_printf(&rules, "%s%s", rules.length ? ", " : "",
			cJSON_IsString(rule) ? rule->valuestring : "");
	}
	table_cell(
		listing->table, rules.length ? rules.at : cli_member_text(event, "reason", number));
	return true;
}

/* The list's path with its filters in `path`; false after a message. */
static bool list_path(const struct command_line *line, struct text *path)
{
	static const char *const filters[] = { "source", "outcome", "job-id", "run-id", "rule",
		NULL };
	char time[WALL_TEXT_SIZE];
	struct wall since;
	text_add(path, "/api/v1/events");
	admin_client_add_filters(line, filters, path);
	if (!admin_client_since(line, &since))
		return false;
	if (wall_is_set(since))
		text_printf(path, "%ssince=%s", strchr(path->at, '?') ? "&" : "?",
			wall_format(since, time));
	return true;
}

/* Does an option stand without the one that it belongs to? Says so. */
static bool is_half_redacted(const struct command_line *line)
{
	bool is_redacted = command_line_flag(line, "redact");
	if (is_redacted && !command_line_flag(line, "export"))
		command_usage(line, "--redact is about an export: give --export too");
	else if (!is_redacted &&
		 (command_line_value(line, "redact-key") || command_line_nth(line, "keep", 0)))
		command_usage(line, "--redact-key and --keep are about --redact: give it too");
	else
		return false;
	return true;
}

static int list(const struct command_line *line, const char *path, int64_t count)
{
	static const char *const headings[] = { "ID", "RECEIVED", "OUTCOME", "SOURCE", "JOB",
		"NAME", "STATUS", "RULES", NULL };
	int status = EXIT_YES;
	OWNED(table) table = table_new(headings);
	OWNED_JSON items = line->json ? cJSON_CreateArray() : NULL;
	struct event_listing listing = { table, items };
	if (!admin_client_each(line, path, count, add_row, &listing, &status))
		return status;
	if (line->json)
		print_json(items, stdout);
	else
		table_print(table, stdout);
	return status;
}

static int run(const struct command_line *line)
{
	bool is_export = command_line_flag(line, "export");
	int64_t count = is_export ? INT64_MAX : USUAL_COUNT;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	if (!admin_client_limit(line, &count))
		return command_usage(line, "--limit is a number from 1");
	if (is_half_redacted(line) || !list_path(line, &path))
		return EXIT_USAGE;
	return is_export ? export_run(line, path.at, count) : list(line, path.at, count);
}

static const struct option_spec options[] = {
	{ "source", OPTION_VALUE, "SOURCE", "only events of this source" },
	{ "outcome", OPTION_VALUE, "routed|unmatched|ignored|test|replay",
		"only events with this outcome" },
	{ "job-id", OPTION_VALUE, "ID", "only events of this dbt job" },
	{ "run-id", OPTION_VALUE, "ID", "only events of this run of a dbt job" },
	{ "rule", OPTION_VALUE, "RULE", "only events that this rule matched" },
	{ "since", OPTION_VALUE, "TIME",
		"only events received since then: a time like 2026-11-26T06:00:00Z, a date (its "
		"beginning in UTC), or a duration before now like 7d" },
	{ "limit", OPTION_VALUE, "N",
		"the most events to list; by default 50, or all of them with --export" },
	{ "export", OPTION_FLAG, NULL,
		"print events as JSON Lines, newest first, with the received bodies" },
	{ "redact", OPTION_FLAG, NULL,
		"export without bodies, and with names and free text replaced; ids, statuses and "
		"times stay" },
	{ "redact-key", OPTION_VALUE, "FILE",
		"replace equal texts equally in every export with the secret in this file; by "
		"default each export has a random one" },
	{ "keep", OPTION_VALUES, "FIELD",
		"leave this field as it is, such as a name that rules match; may be repeated" },
	ADMIN_OPTIONS,
	{ 0 },
};

const struct command command_events = {
	.name = "events",
	.summary = "list the events that the daemon has received, newest first",
	.options = options,
	.formats = "text|json",
	.run = run,
};
