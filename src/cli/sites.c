/*
 * cli/sites.c - `sites`: shows the state of every site; pauses and resumes one.
 */
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/member.h"
#include "cli/print.h"
#include "dispatch/status.h"
#include <assert.h>
#include <curl/curl.h>

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* What is wrong with a site that is to be served; NULL: nothing. */
static const char *trouble_of(const cJSON *site)
{
	char text[MEMBER_TEXT_SIZE];
	const char *failed = cli_member_text(site, "sign_in_failed", text);
	if (*failed)
		return text_is(failed, "refused") ? "sign-in refused" : "cannot sign in";
	return member(site, "left_alone_until") ? "failing" : NULL;
}

static void state_cell(struct table *table, const cJSON *site)
{
	char text[MEMBER_TEXT_SIZE], time[MEMBER_TEXT_SIZE];
	const char *trouble = trouble_of(site);
	const char *next = cli_member_time(site, "left_alone_until", time);
	OWNED_TEXT struct text cell = TEXT(TEXT_UNBOUNDED);
	if (cJSON_IsFalse(member(site, "configured")))
		text_add(&cell, "not configured");
	else if (member(site, "paused_by"))
		text_printf(&cell, "paused by %s", cli_member_text(site, "paused_by", text));
	else if (trouble)
		text_printf(&cell, "%s%s%s", trouble, *next ? ", next try " : "", next);
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
	const char *name = cli_member_text(site, "name", text);
	const char *backlog = cli_member_text(site, "backlog", text);
	const char *last = cli_member_text(site, "last_error", text);
	OWNED_TEXT struct text told = TEXT(TEXT_UNBOUNDED);
	if (*backlog)
		print_line(stdout, "%s: %s", name, backlog);
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
		const cJSON *wait = member(site, waits[i]);
		const char *why = cli_member_text(wait, "reason", text);
		const char *end = cli_member_time(wait, "until", until);
		if (!*why || strstr(told.at, why))
			continue;
		text_add(&told, why);
		print_line(stdout, "%s waits since %s%s%s: %s", name,
			cli_member_time(wait, "since", since), *end ? ", until " : "", end, why);
	}
	if (*last && !strstr(told.at, last))
		print_line(stdout, "%s: last error: %s", name, last);
}

/* The columns: members of a site that have a heading, and its state behind its name. */
#define MOST_COLUMNS 24

struct columns {
	const struct member *members[MOST_COLUMNS];
	const char *within[MOST_COLUMNS]; /* key of the object that holds the member, or NULL */
	size_t count;
};

static void add_column(struct columns *columns, const struct member *member, const char *within)
{
	size_t index = columns->count++;

	assert(index < MOST_COLUMNS);
	for (; index && columns->members[index - 1]->heading_rank > member->heading_rank; index--) {
		columns->members[index] = columns->members[index - 1];
		columns->within[index] = columns->within[index - 1];
	}
	columns->members[index] = member;
	columns->within[index] = within;
}

static void add_columns(struct columns *columns, const struct member *members, const char *within)
{
	for (const struct member *member = members; member->type; member++) {
		if (member->heading)
			add_column(columns, member, within);
		else if (member->type == MEMBER_IS_OBJECT)
			add_columns(columns, member->members, member->key);
	}
}

/* A time without its fraction; of a budget "12 of 60", or nothing without one. */
static void member_cell(struct table *table, const struct member *shown, const cJSON *object)
{
	char text[MEMBER_TEXT_SIZE], limit[MEMBER_TEXT_SIZE];
	OWNED_TEXT struct text cell = TEXT(TEXT_UNBOUNDED);
	const cJSON *inside = member(object, shown->key);
	if (shown->type == MEMBER_IS_TIME)
		text_add(&cell, cli_member_time(object, shown->key, text));
	else if (shown->type != MEMBER_IS_OBJECT)
		text_add(&cell, cli_member_text(object, shown->key, text));
	else if (inside)
		text_printf(&cell, "%s of %s", cli_member_text(inside, "spent", text),
			cli_member_text(inside, "limit", limit));
	table_cell(table, cell.at);
}

static struct table *new_table(const struct columns *columns)
{
	const char *headings[MOST_COLUMNS + 2] = { columns->members[0]->heading, "STATE" };
	for (size_t i = 1; i < columns->count; i++)
		headings[i + 1] = columns->members[i]->heading;
	return table_new(headings);
}

static void print_sites(const cJSON *json)
{
	struct columns columns = { .count = 0 };
	add_columns(&columns, site_members, NULL);
	OWNED(table) table = new_table(&columns);
	const cJSON *site;
	cJSON_ArrayForEach(site, member(json, "items"))
	{
		for (size_t i = 0; i < columns.count; i++) {
			const char *within = columns.within[i];
			member_cell(
				table, columns.members[i], within ? member(site, within) : site);
			if (!i)
				state_cell(table, site);
		}
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
	OWNED_JSON json = admin_client_get(line, "/api/v1/sites", &status);
	if (!json)
		return status;
	if (!cJSON_IsArray(member(json, "items")) || !cJSON_IsNull(member(json, "next"))) {
		admin_client_is_strange(line, "/api/v1/sites", "is not the whole list", &status);
		return status;
	}
	if (line->json)
		print_json(member(json, "items"), stdout);
	else
		print_sites(json);
	return EXIT_YES;
}

static int change(
	const struct command_line *line, const char *verb, const char *name, const char *node)
{
	char text[MEMBER_TEXT_SIZE];
	int status = EXIT_YES;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	char *encoded = curl_easy_escape(NULL, name, 0);
	text_printf(&path, "/api/v1/sites/%s/%s", encoded, verb);
	curl_free(encoded);
	if (node) {
		encoded = curl_easy_escape(NULL, node, 0);
		text_printf(&path, "?node=%s", encoded);
		curl_free(encoded);
	}
	OWNED_JSON json = admin_client_post(line, path.at, &status);
	if (!json)
		return status;
	const char *message = cli_member_text(json, "message", text);
	if (!*message)
		admin_client_is_strange(line, path.at, "does not say what was done", &status);
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
	bool moves = !strcmp(verb, "move");
	if (strcmp(verb, "pause") && strcmp(verb, "resume") && !moves)
		return command_word_unknown(line, "action");
	if (line->argument_count < 2)
		return command_usage(line, "%s which site?", verb);
	if (moves && line->argument_count < 3)
		return command_usage(line, "move it to which node?");
	if (!moves && line->argument_count > 2)
		return command_usage(line, "%s has one argument, the site", verb);
	return change(line, verb, line->arguments[1], moves ? line->arguments[2] : NULL);
}

static const struct command_word actions[] = {
	{ "pause", "send no refreshes to SITE, also after a restart, until it is resumed; its "
		   "jobs are followed, and give_up_after stands still" },
	{ "resume", "end the pause; a site that is left alone after failures, or that asked us to "
		    "wait, is asked again at once; a sign-in that failed is tried again" },
	{ "move", "let NODE own SITE, where several share the store, for as long as that node "
		  "lives" },
	{ 0 },
};

const struct command command_sites = {
	.name = "sites",
	.arguments = "[ACTION SITE [NODE]]",
	.summary = "show the state of every site; pause, resume or move one",
	.description = "Shows what is ready, sent and running, how much of the budgets is spent, "
		       "and why a site waits.",
	.words = actions,
	.options = admin_client_options,
	.formats = "text|json",
	.most_arguments = 3,
	.run = run,
};
