/*
 * cli/ask.c - asks the daemon to act on one event or refresh: `cancel`, `replay`, and the part of
 * `retry` that acts on one.
 */
#include "cli/ask.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/member.h"
#include "cli/print.h"

/* The event or refresh of the first argument; 0 after a message. */
static int64_t read_id(const struct command_line *line, bool wants_event)
{
	const char *argument = line->arguments[0];
	int64_t id;
	if (!str_to_count(str_of(argument), &id) || id < 1) {
		command_usage(line, "'%s' is not an id", argument);
		return 0;
	}
	if ((id % 2 == 1) != wants_event) {
		command_usage(line, "%s is the id of %s; this command wants that of %s", argument,
			wants_event ? "a refresh" : "an event",
			wants_event ? "an event (odd, see `events`)"
				    : "a refresh (even, see `refreshes`)");
		return 0;
	}
	return id;
}

/* `names`: the member of the answer that holds the id it is about. */
static int ask(const struct command_line *line, const char *path, const char *names,
	const cJSON **answer, cJSON **json)
{
	int status = EXIT_YES;
	*json = admin_client_post(line, path, &status);
	if (*json && cli_member_count(*json, names) < 1) {
		admin_client_is_strange(line, path, "does not say what was done", &status);
		cJSON_Delete(*json);
		*json = NULL;
	}
	*answer = *json;
	if (*json && line->json)
		print_json(*json, stdout);
	return status;
}

int ask_about_refresh(const struct command_line *line, const char *verb)
{
	int64_t id = read_id(line, false);
	char number[MEMBER_TEXT_SIZE];
	const cJSON *answer;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	OWNED_JSON json = NULL;
	if (!id)
		return EXIT_USAGE;
	text_printf(&path, "/api/v1/refreshes/%lld/%s", (long long)id, verb);
	int status = ask(line, path.at, "id", &answer, &json);
	if (!answer || line->json)
		return status;
	const char *told = cli_member_text(answer, "id", number);
	print_line(stdout, "refresh %s: %s; see `refresh-router show %s`", told,
		json_text(answer, "message"), told);
	return EXIT_YES;
}

static int run_cancel(const struct command_line *line)
{
	return ask_about_refresh(line, "cancel");
}

static int run_replay(const struct command_line *line)
{
	int64_t id = read_id(line, true);
	char number[MEMBER_TEXT_SIZE];
	const cJSON *answer;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	OWNED_JSON json = NULL;
	if (!id)
		return EXIT_USAGE;
	text_printf(&path, "/api/v1/events/%lld/replay", (long long)id);
	int status = ask(line, path.at, "event", &answer, &json);
	if (!answer || line->json)
		return status;
	int matched = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(answer, "matched"));
	print_line(stdout, "event %s: decided again, %d %s; see `refresh-router show %s`",
		cli_member_text(answer, "event", number), matched,
		matched == 1 ? "rule matches" : "rules match",
		cli_member_text(answer, "event", number));
	return EXIT_YES;
}

const struct command command_cancel = {
	.name = "cancel",
	.arguments = "ID",
	.summary = "end a refresh, and its Tableau job",
	.description = "ID is the even number of a refresh. If Tableau has a job for it, that job "
		       "is cancelled first, which only administrators may do; if Tableau refuses, "
		       "the refresh goes on, and its reason says so.",
	.options = admin_client_options,
	.formats = "text|json",
	.least_arguments = 1,
	.most_arguments = 1,
	.run = run_cancel,
};

const struct command command_replay = {
	.name = "replay",
	.arguments = "ID",
	.summary = "decide an event again, by the present rules and configuration",
	.description = "ID is the odd number of an event. It is decided as a new event; only jobs "
		       "that start from now on are good for its refreshes.",
	.options = admin_client_options,
	.formats = "text|json",
	.least_arguments = 1,
	.most_arguments = 1,
	.run = run_replay,
};
