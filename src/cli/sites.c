/*
 * cli/sites.c - `sites`: shows the state of every site; pauses and resumes one.
 */
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/list.h"
#include "cli/print.h"
#include <curl/curl.h>

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* "12 of 60", or nothing without a budget. */
static void budget_cell(struct table *table, const cJSON *site, const char *name)
{
	char spent[MEMBER_TEXT_SIZE], limit[MEMBER_TEXT_SIZE];
	const cJSON *budget = member(site, name);
	OWNED_TEXT struct text cell;
	text_init(&cell, TEXT_UNBOUNDED);
	if (budget)
		text_printf(&cell, "%s of %s", member_text(budget, "spent", spent),
			member_text(budget, "limit", limit));
	table_cell(table, cell.at);
}

static void state_cell(struct table *table, const cJSON *site)
{
	char text[MEMBER_TEXT_SIZE];
	OWNED_TEXT struct text cell;
	text_init(&cell, TEXT_UNBOUNDED);
	if (cJSON_IsFalse(member(site, "configured")))
		text_add(&cell, "not configured");
	else if (member(site, "paused_by"))
		text_printf(&cell, "paused by %s", member_text(site, "paused_by", text));
	else if (member(site, "left_alone_until"))
		text_printf(
			&cell, "failing, next try %s", member_time(site, "left_alone_until", text));
	else
		text_add(&cell, cJSON_IsTrue(member(site, "signed_in")) ? "signed in" : "idle");
	table_cell(table, cell.at);
}

/* Prints why work of the site waits, and its last error if that is not the reason: sentences, too
 * long for a column. */
static void print_troubles(const cJSON *site)
{
	static const char *const waits[] = { "lookups_wait", "refreshes_wait", "jobs_wait" };
	char text[MEMBER_TEXT_SIZE], since[MEMBER_TEXT_SIZE], until[MEMBER_TEXT_SIZE];
	const char *name = member_text(site, "name", text);
	const char *backlog = member_text(site, "backlog", text);
	const char *last = member_text(site, "last_error", text);
	OWNED_TEXT struct text told;
	text_init(&told, TEXT_UNBOUNDED);
	if (*backlog)
		print_line(stdout, "%s: %s", name, backlog);
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		const cJSON *wait = member(site, waits[i]);
		const char *why = member_text(wait, "reason", text);
		const char *end = member_time(wait, "until", until);
		if (!*why || strstr(told.at, why))
			continue;
		text_add(&told, why);
		print_line(stdout, "%s waits since %s%s%s: %s", name,
			member_time(wait, "since", since), *end ? ", until " : "", end, why);
	}
	if (*last && !strstr(told.at, last))
		print_line(stdout, "%s: last error: %s", name, last);
}

static void print_sites(const cJSON *json)
{
	static const char *const headings[] = { "SITE", "STATE", "UNRESOLVED", "READY", "SENDING",
		"RUNNING", "STARTS/HOUR", "QUERIES/DAY", NULL };
	OWNED(table) table = table_new(headings);
	char number[MEMBER_TEXT_SIZE];
	const cJSON *site;
	cJSON_ArrayForEach(site, member(json, "items"))
	{
		const cJSON *refreshes = member(site, "refreshes");
		table_cell(table, member_text(site, "name", number));
		state_cell(table, site);
		table_cell(table, member_text(site, "selections", number));
		table_cell(table, member_text(refreshes, "ready", number));
		table_cell(table, member_text(refreshes, "sending", number));
		table_cell(table, member_text(refreshes, "in_flight", number));
		budget_cell(table, site, "refreshes_per_hour");
		budget_cell(table, site, "job_queries_per_day");
	}
	table_print(table, stdout);
	cJSON_ArrayForEach(site, member(json, "items"))
	{
		print_troubles(site);
	}
}

static int list(const struct command_line *line)
{
	int status = EXIT_YES;
	OWNED_JSON json = admin_get(line, "/api/v1/sites", &status);
	if (!json)
		return status;
	if (!cJSON_IsArray(member(json, "items")) || !cJSON_IsNull(member(json, "next"))) {
		admin_is_strange(line, "/api/v1/sites", "is not the whole list", &status);
		return status;
	}
	if (line->json)
		print_json(member(json, "items"), stdout);
	else
		print_sites(json);
	return EXIT_YES;
}

static int change(const struct command_line *line, const char *verb, const char *name)
{
	char text[MEMBER_TEXT_SIZE];
	int status = EXIT_YES;
	OWNED_TEXT struct text path;
	text_init(&path, TEXT_UNBOUNDED);
	char *encoded = curl_easy_escape(NULL, name, 0);
	text_printf(&path, "/api/v1/sites/%s/%s", encoded, verb);
	curl_free(encoded);
	OWNED_JSON json = admin_post(line, path.at, &status);
	if (!json)
		return status;
	const char *message = member_text(json, "message", text);
	if (!*message)
		admin_is_strange(line, path.at, "does not say what was done", &status);
	else if (line->json)
		print_json(json, stdout);
	else
		print_line(stdout, "site %s: %s", name, message);
	return status;
}

static int run(const struct command_line *line)
{
	const char *verb = line->argument_count ? line->arguments[0] : NULL;
	if (!verb)
		return list(line);
	if (strcmp(verb, "pause") && strcmp(verb, "resume"))
		return command_word_unknown(line, "action");
	if (line->argument_count < 2)
		return command_usage(line, "%s which site?", verb);
	return change(line, verb, line->arguments[1]);
}

static const struct command_word actions[] = {
	{ "pause", "send no refreshes to the site NAME, also after a restart, until it is resumed; "
		   "its "
		   "jobs are followed, and give_up_after stands still" },
	{ "resume", "end the pause; a site that is left alone after failures, or that asked us to "
		    "wait, is asked again at once" },
	{ 0 },
};

const struct command command_sites = {
	.name = "sites",
	.arguments = "[ACTION NAME]",
	.summary = "show the state of every site; pause or resume one",
	.description = "Shows what is ready, sent and running, how much of the budgets is spent, "
		       "and why a site waits.",
	.words = actions,
	.options = admin_options,
	.formats = "text|json",
	.most_arguments = 2,
	.run = run,
};
