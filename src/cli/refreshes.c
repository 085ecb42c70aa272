/*
 * cli/refreshes.c - what the daemon has done, and why.
 */
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/list.h"
#include "cli/print.h"

#define USUAL_COUNT 50

struct listing {
	struct table *table;
	cJSON *items; /* with --format json */
};

/* Since when it waits, and until when. */
static void add_span(const cJSON *refresh, struct text *reason)
{
	char text[MEMBER_TEXT_SIZE];
	const char *since = member_time(refresh, "waiting_since", text);
	if (*since)
		text_printf(reason, "since %s", since);
	const char *until = member_time(refresh, "not_before", text);
	if (*until)
		text_printf(reason, "%suntil %s", reason->length ? ", " : "", until);
	if (reason->length)
		text_add(reason, ": ");
}

static void add_row(const cJSON *refresh, void *context)
{
	struct listing *listing = context;
	char number[MEMBER_TEXT_SIZE];
	const cJSON *content = cJSON_GetObjectItemCaseSensitive(refresh, "content");
	OWNED_TEXT struct text name, reason;
	text_init(&name, TEXT_UNBOUNDED);
	text_init(&reason, TEXT_UNBOUNDED);
	if (listing->items) {
		cJSON_AddItemToArray(listing->items, cJSON_Duplicate(refresh, true));
		return;
	}
	add_span(refresh, &reason);
	text_add(&reason, member_text(refresh, "reason", number));
	const char *project = member_text(content, "project", number);
	text_printf(&name, "%s%s%s", project, *project ? "/" : "",
		member_text(content, "name", number));
	table_cell(listing->table, member_text(refresh, "id", number));
	table_cell(listing->table, member_time(refresh, "created_at", number));
	table_cell(listing->table, member_text(refresh, "state", number));
	table_cell(listing->table, member_text(refresh, "site", number));
	table_cell(listing->table, member_text(refresh, "kind", number));
	table_cell(listing->table, name.at);
	table_cell(listing->table, reason.at);
}

static int run(const struct command_line *line)
{
	static const char *const filters[] = { "site", "state", "kind", "content", "event", NULL };
	static const char *const headings[] = { "ID", "CREATED", "STATE", "SITE", "KIND", "CONTENT",
		"REASON", NULL };
	OWNED(table) table = table_new(headings);
	OWNED_JSON items = line->json ? cJSON_CreateArray() : NULL;
	struct listing listing = { table, items };
	int64_t count = USUAL_COUNT;
	int status = EXIT_YES;
	if (!admin_limit(line, &count))
		return command_usage(line, "--limit is a number from 1");
	OWNED_TEXT struct text path;
	text_init(&path, TEXT_UNBOUNDED);
	text_add(&path, "/api/v1/refreshes");
	admin_add_filters(line, filters, &path);
	if (!admin_each(line, path.at, count, add_row, &listing, &status))
		return status;
	if (line->json)
		print_json(items, stdout);
	else
		table_print(table, stdout);
	return EXIT_YES;
}

static const struct option_spec options[] = {
	{ "url", OPTION_VALUE, "URL",
		"the daemon's admin listener; default from the configuration" },
	{ "config", OPTION_VALUE, "FILE", "the configuration that names the admin listener" },
	{ "site", OPTION_VALUE, "NAME", "only of this site" },
	{ "state", OPTION_VALUE, "WORD",
		"waiting, sending, unknown, queued, running, succeeded, failed, cancelled, "
		"expired, or open" },
	{ "kind", OPTION_VALUE, "WORD", "workbook, datasource, flow or task" },
	{ "content", OPTION_VALUE, "NAME", "only of this content: its name or LUID" },
	{ "event", OPTION_VALUE, "ID", "only those that this event caused" },
	{ "limit", OPTION_VALUE, "N", "how many; default 50" },
	{ 0 },
};

const struct command command_refreshes = {
	.name = "refreshes",
	.synopsis = "[--site NAME] [--state WORD] [--content NAME] [--event ID] [--limit N]",
	.summary = "list what the daemon has done, newest first",
	.options = options,
	.has_format = true,
	.run = run,
};
