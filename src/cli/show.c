/*
 * cli/show.c - `show`: prints everything about one event or refresh. Ids of events are odd, ids of
 * refreshes even.
 */
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/member.h"
#include "cli/print.h"

#define LABEL_COLUMNS 18   /* "  environment_name" */
#define MOST_ASKED_FOR 100 /* events or refreshes, each of which takes a request */

static void print_member(const char *label, const char *value)
{
	if (*value)
		print_line(stdout, "%-*s %s", LABEL_COLUMNS, label, value);
}

static void print_members(const cJSON *object, const char *const (*members)[2], size_t count)
{
	char number[MEMBER_TEXT_SIZE];
	for (size_t i = 0; i < count; i++)
		print_member(members[i][0], cli_member_text(object, members[i][1], number));
}

static void print_commands(const cJSON *object)
{
	const cJSON *command;
	cJSON_ArrayForEach(command, cJSON_GetObjectItemCaseSensitive(object, "commands"))
	{
		char text[MEMBER_TEXT_SIZE];
		OWNED_TEXT struct text words = TEXT(TEXT_UNBOUNDED);
		text_printf(&words, "%s ", cli_member_time(command, "at", text));
		text_printf(&words, "%s by ", cli_member_text(command, "command", text));
		text_add(&words, cli_member_text(command, "by", text));
		const char *result = cli_member_text(command, "result", text);
		if (*result)
			text_printf(&words, ": %s", result);
		print_member("asked", words.at);
	}
}

/* Prints the items whose ids a member holds, each by a request of its own, and only the first
 * few. */
static void print_each(const struct command_line *line, const cJSON *object, const char *key,
	bool (*print)(const struct command_line *line, const cJSON *item))
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, key), *item;
	int count = 0;
	cJSON_ArrayForEach(item, list)
	{
		if (count++ == MOST_ASKED_FOR) {
			print_line(stdout, "%-*s %d more %s", LABEL_COLUMNS, "and",
				cJSON_GetArraySize(list) - MOST_ASKED_FOR, key);
			return;
		}
		if (!print(line, item))
			return;
	}
}

/* ---- a refresh ---- */

/* False after a message: the daemon cannot be asked further. */
static bool print_cause(const struct command_line *line, const cJSON *cause)
{
	char number[MEMBER_TEXT_SIZE], event_number[MEMBER_TEXT_SIZE];
	int status;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_printf(&path, "/api/v1/events/%lld", (long long)cli_member_count(cause, "event"));
	OWNED_JSON event = admin_client_get(line, path.at, &status);
	const cJSON *fields = cJSON_GetObjectItemCaseSensitive(event, "fields");
	text_printf(&text, "event %s, ", cli_member_text(cause, "event", event_number));
	text_printf(&text, "rule %s", cli_member_text(cause, "rule", number));
	if (event) {
		text_printf(&text, ": dbt job %s ", cli_member_text(fields, "job_id", number));
		text_printf(&text, "'%s', ", cli_member_text(fields, "job_name", number));
		text_printf(&text, "run %s, ", cli_member_text(fields, "run_id", number));
		text_printf(&text, "%s, received ", cli_member_text(fields, "status", number));
		text_add(&text, cli_member_time(event, "received_at", number));
	}
	print_member("because of", text.at);
	return event || status != EXIT_UNREACHABLE;
}

static void print_refresh(const struct command_line *line, const cJSON *refresh)
{
	static const char *const members[][2] = {
		{ "refresh", "id" },
		{ "state", "state" },
		{ "reason", "reason" },
		{ "site", "site" },
		{ "kind", "kind" },
	};
	static const char *const content_members[][2] = { { "content", "name" },
		{ "in project", "project" }, { "LUID", "id" } };
	static const char *const times[][2] = {
		{ "created", "created_at" },
		{ "waits since", "waiting_since" },
		{ "tried next", "not_before" },
		{ "sent", "sent_at" },
		{ "ended", "ended_at" },
		{ "attempts", "attempts" },
	};
	static const char *const job_members[][2] = {
		{ "Tableau job", "id" },
		{ "job created", "created_at" },
		{ "job started", "started_at" },
		{ "job completed", "completed_at" },
	};
	print_members(refresh, members, sizeof members / sizeof *members);
	print_members(cJSON_GetObjectItemCaseSensitive(refresh, "content"), content_members,
		sizeof content_members / sizeof *content_members);
	print_members(refresh, times, sizeof times / sizeof *times);
	print_members(cJSON_GetObjectItemCaseSensitive(refresh, "job"), job_members,
		sizeof job_members / sizeof *job_members);
	print_each(line, refresh, "causes", print_cause);
	print_commands(refresh);
}

/* ---- an event ---- */

static void print_fields(const cJSON *fields)
{
	const cJSON *field;
	cJSON_ArrayForEach(field, fields)
	{
		OWNED_TEXT struct text label = TEXT(200);
		text_printf(&label, "  %s", field->string ? field->string : "");
		if (cJSON_IsString(field))
			print_member(label.at, field->valuestring);
	}
}

static bool print_selection(const cJSON *selection, void *context)
{
	char text[MEMBER_TEXT_SIZE];
	OWNED_TEXT struct text words = TEXT(TEXT_UNBOUNDED);
	(void)context;
	text_printf(&words, "%s ", cli_member_text(selection, "kind", text));
	text_printf(&words, "'%s' on ", cli_member_text(selection, "selector", text));
	text_printf(&words, "site %s since ", cli_member_text(selection, "site", text));
	text_add(&words, cli_member_time(selection, "waiting_since", text));
	const char *until = cli_member_time(selection, "not_before", text);
	if (*until)
		text_printf(&words, ", until %s", until);
	const char *reason = cli_member_text(selection, "reason", text);
	if (*reason)
		text_printf(&words, ": %s", reason);
	print_member("waiting", words.at);
	return true;
}

/* Prints the event's selections that are not resolved yet. */
static void print_selections(const struct command_line *line, const cJSON *event)
{
	int status;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	text_printf(
		&path, "/api/v1/selections?event=%lld", (long long)cli_member_count(event, "id"));
	IGNORE(admin_client_each(line, path.at, MOST_ASKED_FOR, print_selection, NULL,
		&status)); /* a message was printed; the rest can still be shown */
}

static bool print_event_refresh(const struct command_line *line, const cJSON *id)
{
	char number[MEMBER_TEXT_SIZE];
	int status;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_printf(&path, "/api/v1/refreshes/%lld", (long long)id->valuedouble);
	OWNED_JSON refresh = admin_client_get(line, path.at, &status);
	if (!refresh)
		return status != EXIT_UNREACHABLE;
	const cJSON *content = cJSON_GetObjectItemCaseSensitive(refresh, "content");
	text_printf(&text, "%lld %s: ", (long long)id->valuedouble,
		cli_member_text(refresh, "state", number));
	text_printf(&text, "%s ", cli_member_text(refresh, "kind", number));
	text_printf(&text, "'%s' on ", cli_member_text(content, "name", number));
	text_printf(&text, "site %s", cli_member_text(refresh, "site", number));
	const char *reason = cli_member_text(refresh, "reason", number);
	if (*reason)
		text_printf(&text, ": %s", reason);
	print_member("refresh", text.at);
	return true;
}

/* Why no rule matched is not recorded; the rules are asked again. */
static void print_why(const cJSON *event)
{
	OWNED_TEXT struct text text = TEXT(200);
	if (!text_is(json_text(event, "outcome"), "unmatched"))
		return;
	text_printf(&text, "see `refresh-router route --event %lld --explain`",
		(long long)cli_member_count(event, "id"));
	print_member("why", text.at);
}

static void print_event(const struct command_line *line, const cJSON *event)
{
	static const char *const members[][2] = {
		{ "event", "id" },
		{ "outcome", "outcome" },
		{ "reason", "reason" },
		{ "source", "source" },
		{ "received", "received_at" },
		{ "finished", "finished_at" },
		{ "ruleset", "ruleset" },
	};
	const cJSON *item;
	print_members(event, members, sizeof members / sizeof *members);
	printf("fields\n");
	print_fields(cJSON_GetObjectItemCaseSensitive(event, "fields"));
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(event, "matched"))
	{
		print_member("matched", cJSON_IsString(item) ? item->valuestring : "");
	}
	if (cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(event, "open_selections")))
		print_selections(line, event);
	print_each(line, event, "refreshes", print_event_refresh);
	print_why(event);
	print_commands(event);
}

static int run(const struct command_line *line)
{
	int64_t id;
	int status = EXIT_YES;
	if (!str_to_count(str_of(line->arguments[0]), &id) || id < 1)
		return command_usage(line, "'%s' is not an id", line->arguments[0]);
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	text_printf(&path, "/api/v1/%s/%lld", id % 2 ? "events" : "refreshes", (long long)id);
	OWNED_JSON json = admin_client_get(line, path.at, &status);
	if (!json)
		return status;
	if (cli_member_count(json, "id") != id) {
		admin_client_is_strange(line, path.at, "is about something else", &status);
		return status;
	}
	if (line->json)
		print_json(json, stdout);
	else if (id % 2)
		print_event(line, json);
	else
		print_refresh(line, json);
	return EXIT_YES;
}

const struct command command_show = {
	.name = "show",
	.arguments = "ID",
	.summary = "show one event or refresh in full, and the reasons",
	.description = "ID is a number that `events` or `refreshes` prints: those of events are "
		       "odd, those of refreshes even.",
	.options = admin_client_options,
	.formats = "text|json",
	.least_arguments = 1,
	.most_arguments = 1,
	.run = run,
};
