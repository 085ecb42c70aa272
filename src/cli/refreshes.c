/*
 * cli/refreshes.c - `refreshes`: lists what the daemon has done, and why.
 */
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/member.h"
#include "cli/print.h"

#define USUAL_COUNT 50
#define UNRESOLVED "unresolved"

struct refresh_listing {
	struct table *table;
	cJSON *items; /* with --format json */
};

/* The reason first, then since when and until when it waits, because a narrow table cuts the
 * end. */
static void reason_cell(struct table *table, const cJSON *item)
{
	char text[MEMBER_TEXT_SIZE];
	OWNED_TEXT struct text cell = TEXT(TEXT_UNBOUNDED);
	text_add(&cell, cli_member_text(item, "reason", text));
	const char *since = cli_member_time(item, "waiting_since", text);
	if (*since)
		text_printf(&cell, "%ssince %s", cell.length ? "; " : "", since);
	const char *until = cli_member_time(item, "not_before", text);
	if (*until)
		text_printf(&cell, "%suntil %s", !cell.length ? "" : *since ? ", " : "; ", until);
	table_cell(table, cell.at);
}

static bool add_row(const cJSON *refresh, void *context)
{
	struct refresh_listing *listing = context;
	char number[MEMBER_TEXT_SIZE];
	const cJSON *content = cJSON_GetObjectItemCaseSensitive(refresh, "content");
	OWNED_TEXT struct text name = TEXT(TEXT_UNBOUNDED);
	if (listing->items) {
		cJSON_AddItemToArray(listing->items, cJSON_Duplicate(refresh, true));
		return true;
	}
	const char *project = cli_member_text(content, "project", number);
	text_printf(&name, "%s%s%s", project, *project ? "/" : "",
		cli_member_text(content, "name", number));
	table_cell(listing->table, cli_member_text(refresh, "id", number));
	table_cell(listing->table, cli_member_time(refresh, "created_at", number));
	table_cell(listing->table, cli_member_text(refresh, "state", number));
	table_cell(listing->table, cli_member_text(refresh, "site", number));
	table_cell(listing->table, cli_member_text(refresh, "kind", number));
	table_cell(listing->table, name.at);
	reason_cell(listing->table, refresh);
	return true;
}

/* A selection that is not resolved yet: it has no id. */
static bool add_selection(const cJSON *selection, void *context)
{
	struct refresh_listing *listing = context;
	char text[MEMBER_TEXT_SIZE];
	if (listing->items) {
		cJSON_AddItemToArray(listing->items, cJSON_Duplicate(selection, true));
		return true;
	}
	table_cell(listing->table, "");
	table_cell(listing->table, cli_member_time(selection, "waiting_since", text));
	table_cell(listing->table, UNRESOLVED);
	table_cell(listing->table, cli_member_text(selection, "site", text));
	table_cell(listing->table, cli_member_text(selection, "kind", text));
	table_cell(listing->table, cli_member_text(selection, "selector", text));
	reason_cell(listing->table, selection);
	return true;
}

/* Are unresolved selections listed first? With JSON, whose items are refreshes, only when asked
 * for. */
static bool wants_selections(const struct command_line *line)
{
	const char *state = command_line_value(line, "state");
	bool is_asked = state && !strcmp(state, UNRESOLVED);
	bool is_among = !state || !strcmp(state, "open") || !strcmp(state, "waiting");
	return is_asked || (is_among && !line->json && !command_line_value(line, "content"));
}

static bool list_selections(
	const struct command_line *line, struct refresh_listing *listing, int *status)
{
	static const char *const filters[] = { "site", "kind", "event", NULL };
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	text_add(&path, "/api/v1/selections");
	admin_client_add_filters(line, filters, &path);
	return admin_client_each(line, path.at, INT64_MAX, add_selection, listing, status);
}

static bool list_refreshes(const struct command_line *line, int64_t count,
	struct refresh_listing *listing, int *status)
{
	static const char *const filters[] = { "site", "state", "kind", "content", "event", NULL };
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	text_add(&path, "/api/v1/refreshes");
	admin_client_add_filters(line, filters, &path);
	return admin_client_each(line, path.at, count, add_row, listing, status);
}

static int run(const struct command_line *line)
{
	static const char *const headings[] = { "ID", "CREATED", "STATE", "SITE", "KIND", "CONTENT",
		"REASON", NULL };
	OWNED(table) table = table_new(headings);
	OWNED_JSON items = line->json ? cJSON_CreateArray() : NULL;
	struct refresh_listing listing = { table, items };
	int64_t count = USUAL_COUNT;
	int status = EXIT_YES;
	if (!admin_client_limit(line, &count))
		return command_usage(line, "--limit is a number from 1");
	const char *state = command_line_value(line, "state");
	if (wants_selections(line) && !list_selections(line, &listing, &status))
		return status;
	if ((!state || strcmp(state, UNRESOLVED)) &&
		!list_refreshes(line, count, &listing, &status))
		return status;
	if (line->json)
		print_json(items, stdout);
	else
		table_print(table, stdout);
	return EXIT_YES;
}

static const struct option_spec options[] = {
	{ "site", OPTION_VALUE, "SITE", "only refreshes on this site" },
	{ "state", OPTION_VALUE, "STATE|open|unresolved",
		"only refreshes in this state: waiting, sending, unknown, queued, running, "
		"succeeded, failed, cancelled, expired, open (not ended) or unresolved" },
	{ "kind", OPTION_VALUE, "workbook|datasource|flow|task", "only refreshes of this kind" },
	{ "content", OPTION_VALUE, "NAME", "only refreshes of this content: its name or LUID" },
	{ "event", OPTION_VALUE, "ID", "only refreshes that this event caused" },
	{ "limit", OPTION_VALUE, "N", "the most refreshes to list; by default 50" },
	ADMIN_OPTIONS,
	{ 0 },
};

const struct command command_refreshes = {
	.name = "refreshes",
	.summary = "list the refreshes and their states, newest first",
	.description = "Selections whose content is not known yet come before them, in the state "
		       "`unresolved`, with the reason and since when.",
	.options = options,
	.formats = "text|json",
	.run = run,
};
