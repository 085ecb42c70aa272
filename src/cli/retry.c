/*
 * cli/retry.c - `retry`: does refreshes again, or at once if they wait: one by its id, or all that
 * a filter selects.
 */
#include "cli/admin_client.h"
#include "cli/ask.h"
#include "cli/member.h"
#include "cli/print.h"

#define USUAL_STATE "failed"

struct found_ids {
	struct wall since; /* {0}: any */
	int64_t *ids;
	size_t count, capacity;
};

/* Keeps the refresh if it is young enough, counted from its end, or from its beginning while it is
 * open. */
static bool find(const cJSON *refresh, void *context)
{
	struct found_ids *found = context;
	char text[MEMBER_TEXT_SIZE];
	struct wall at = { 0 };
	const char *ended = cli_member_text(refresh, "ended_at", text);
	const cJSON *id = cJSON_GetObjectItemCaseSensitive(refresh, "id");
	if (!wall_parse(
		    str_of(*ended ? ended : cli_member_text(refresh, "created_at", text)), &at) ||
		at.us < found->since.us || !cJSON_IsNumber(id))
		return true;
	mem_grow(&found->ids, &found->capacity, found->count);
	found->ids[found->count++] = (int64_t)id->valuedouble;
	return true;
}

/* False after a message. */
static bool retry_one(const struct command_line *line, int64_t id, cJSON *items, int *status)
{
	char number[MEMBER_TEXT_SIZE];
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	text_printf(&path, "/api/v1/refreshes/%lld/retry", (long long)id);
	OWNED_JSON json = admin_client_post(line, path.at, status);
	if (!json)
		return false;
	if (items)
		cJSON_AddItemToArray(items, cJSON_Duplicate(json, true));
	else
		print_line(stdout, "refresh %lld: %s; see `refresh-router show %s`", (long long)id,
			cli_member_text(json, "message", number),
			cli_member_text(json, "id", number));
	return true;
}

static int retry_found(const struct command_line *line, const struct found_ids *found)
{
	OWNED_JSON items = line->json ? cJSON_CreateArray() : NULL;
	size_t done = 0;
	int worst = EXIT_YES;
	for (size_t i = 0; i < found->count && worst != EXIT_UNREACHABLE; i++) {
		int status = EXIT_YES;
		done += retry_one(line, found->ids[i], items, &status);
		worst = status > worst ? status : worst;
	}
	if (items)
		print_json(items, stdout);
	else
		printf("%zu of %zu refreshes retried\n", done, found->count);
	return worst;
}

static const char *const filters[] = { "site", "kind", "content", "event", NULL };

static int retry_all(const struct command_line *line)
{
	const char *state = command_line_value(line, "state");
	struct found_ids found = { 0 };
	int status = EXIT_YES;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	if (!admin_client_since(line, &found.since))
		return EXIT_USAGE;
	text_printf(&path, "/api/v1/refreshes%s", state ? "" : "?state=" USUAL_STATE);
	if (state)
		admin_client_add_filters(line, (const char *const[]){ "state", NULL }, &path);
	admin_client_add_filters(line, filters, &path);
	if (admin_client_each(line, path.at, INT64_MAX, find, &found, &status))
		status = retry_found(line, &found);
	free(found.ids);
	return status;
}

static bool has_filter(const struct command_line *line)
{
	bool has = command_line_value(line, "since") || command_line_value(line, "state");
	for (size_t i = 0; filters[i]; i++)
		has |= command_line_value(line, filters[i]) != NULL;
	return has;
}

static int run(const struct command_line *line)
{
	if (line->argument_count && has_filter(line))
		return command_usage(line, "give an id, or say which by --site, --state, ...");
	if (line->argument_count)
		return ask_about_refresh(line, "retry");
	if (!has_filter(line))
		return command_usage(line, "which? Give an id, or --site, --state, --since, ...");
	return retry_all(line);
}

static const struct option_spec options[] = {
	{ "site", OPTION_VALUE, "SITE", "all refreshes on this site" },
	{ "state", OPTION_VALUE, "STATE|open", "all in this state; by default " USUAL_STATE },
	{ "since", OPTION_VALUE, "TIME",
		"all that ended, or if still open began, since then: within the last 1h, or since "
		"a "
		"date or time" },
	{ "kind", OPTION_VALUE, "workbook|datasource|flow|task", "all of this kind" },
	{ "content", OPTION_VALUE, "NAME", "all of this content: its name or LUID" },
	{ "event", OPTION_VALUE, "ID", "all that this event caused" },
	ADMIN_OPTIONS,
	{ 0 },
};

const struct command command_retry = {
	.name = "retry",
	.arguments = "[ID]",
	.summary = "do refreshes again, or send waiting ones at once",
	.description = "ID is the even number of a refresh; instead of it, options name several. A "
		       "refresh that has ended is done again, as a new refresh; one that waits is "
		       "sent without waiting for its delay, its backoff, or what Tableau asked its "
		       "site to wait. Budgets and pauses still hold.\n"
		       "Several refreshes of one content are done again by one.",
	.options = options,
	.formats = "text|json",
	.most_arguments = 1,
	.run = run,
};
