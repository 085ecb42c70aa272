/*
 * cli/events.c - `events`: lists what the daemon has received.
 */
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/member.h"
#include "cli/print.h"

#define USUAL_COUNT 50

struct event_listing {
	struct table *table;
	cJSON *items; /* with --format json */
	const struct command_line *line;
	int status;
};

static void add_row(const cJSON *event, void *context)
{
	struct event_listing *listing = context;
	char number[MEMBER_TEXT_SIZE];
	const cJSON *fields = cJSON_GetObjectItemCaseSensitive(event, "fields"), *rule;
	OWNED_TEXT struct text rules = TEXT(TEXT_UNBOUNDED);
	if (listing->items) {
		cJSON_AddItemToArray(listing->items, cJSON_Duplicate(event, true));
		return;
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
}

/* Prints one event with its body on one line, for `diff`, rule tests and replays. */
static void export_one(const cJSON *event, void *context)
{
	struct event_listing *listing = context;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	text_printf(&path, "/api/v1/events/%lld", (long long)cli_member_count(event, "id"));
	if (listing->status == EXIT_UNREACHABLE)
		return; /* a message was printed */
	OWNED_JSON whole = admin_client_get(listing->line, path.at, &listing->status);
	if (!whole)
		return;
	print_json_line(whole, stdout);
}

static int run(const struct command_line *line)
{
	static const char *const filters[] = { "source", "outcome", "job-id", "run-id", "rule",
		NULL };
	static const char *const headings[] = { "ID", "RECEIVED", "OUTCOME", "SOURCE", "JOB",
		"NAME", "STATUS", "RULES", NULL };
	bool is_export = command_line_flag(line, "export");
	OWNED(table) table = table_new(headings);
	OWNED_JSON items = line->json ? cJSON_CreateArray() : NULL;
	struct event_listing listing = { .table = table, .items = items, .line = line };
	int64_t count = is_export ? INT64_MAX : USUAL_COUNT;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	if (!admin_client_limit(line, &count))
		return command_usage(line, "--limit is a number from 1");
	text_add(&path, "/api/v1/events");
	admin_client_add_filters(line, filters, &path);
	if (!admin_client_each(line, path.at, count, is_export ? export_one : add_row, &listing,
		    &listing.status))
		return listing.status;
	if (line->json && !is_export)
		print_json(items, stdout);
	else if (!is_export)
		table_print(table, stdout);
	return listing.status;
}

static const struct option_spec options[] = {
	{ "source", OPTION_VALUE, "NAME", "only events of this source" },
	{ "outcome", OPTION_VALUE, "WORD",
		"only events with this outcome: routed, unmatched, ignored or test" },
	{ "job-id", OPTION_VALUE, "ID", "only events of this dbt job" },
	{ "run-id", OPTION_VALUE, "ID", "only events of this run of a dbt job" },
	{ "rule", OPTION_VALUE, "NAME", "only events that this rule matched" },
	{ "limit", OPTION_VALUE, "N", "the most events to list; by default 50" },
	{ "export", OPTION_FLAG, NULL,
		"print all of them as JSON Lines, with the received bodies" },
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
