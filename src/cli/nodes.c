/*
 * cli/nodes.c - `nodes`: shows the nodes that share the store.
 */
#include "admin/node_status.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/member.h"
#include "cli/print.h"
#include <curl/curl.h>

#define REVISION_SHOWN 19

static const char *text_of(const cJSON *node, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, key));
}

/* "sha256:" and twelve digits tell revisions apart. */
static void rules_cell(struct table *table, const cJSON *node)
{
	const char *revision = text_of(node, "ruleset");
	OWNED_TEXT struct text cell = TEXT(REVISION_SHOWN + 1);
	text_add_str(&cell, str_cut(str_of(revision ? revision : ""), REVISION_SHOWN));
	table_cell(table, cell.at);
}

static void sites_cell(struct table *table, const cJSON *node)
{
	const cJSON *site, *sites = cJSON_GetObjectItemCaseSensitive(node, "sites");
	OWNED_TEXT struct text cell = TEXT(TEXT_UNBOUNDED);
	cJSON_ArrayForEach(site, sites)
	{
		text_printf(&cell, "%s%s", *cell.at ? " " : "", cJSON_GetStringValue(site));
	}
	table_cell(table, cell.at);
}

static void print_nodes(const cJSON *items)
{
	static const char *const headings[] = { "NODE", "STATE", "RULES", "VERSION", "SITES",
		NULL };
	OWNED(table) table = table_new(headings);
	const cJSON *node, *first = items->child;
	bool differ = false;
	cJSON_ArrayForEach(node, items)
	{
		char name[MEMBER_TEXT_SIZE], version[MEMBER_TEXT_SIZE];
		bool drains = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(node, "draining"));
		table_cell(table, cli_member_text(node, "name", name));
		table_cell(table, drains ? "draining" : "alive");
		rules_cell(table, node);
		table_cell(table, cli_member_text(node, "version", version));
		sites_cell(table, node);
		differ |= !text_is(text_of(node, "ruleset"), text_of(first, "ruleset"));
	}
	table_print(table, stdout);
	if (differ)
		print_line(stdout,
			"The nodes decide with different rules: reload those that have old ones.");
}

static int change(const struct command_line *line, const char *verb, const char *name)
{
	char text[MEMBER_TEXT_SIZE];
	int status = EXIT_YES;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	char *encoded = curl_easy_escape(NULL, name, 0);
	text_printf(&path, "/api/v1/nodes/%s/%s", encoded, verb);
	curl_free(encoded);
	OWNED_JSON json = admin_client_post(line, path.at, &status);
	if (!json)
		return status;
	if (line->json)
		print_json(json, stdout);
	else
		print_line(stdout, "node %s: %s", name, cli_member_text(json, "message", text));
	return status;
}

static int list(const struct command_line *line)
{
	int status = EXIT_YES;
	OWNED_JSON json = admin_client_get(line, "/api/v1/nodes", &status);
	const cJSON *items = cJSON_GetObjectItemCaseSensitive(json, "items");
	if (!json)
		return status;
	if (!cJSON_IsArray(items))
		admin_client_is_strange(line, "/api/v1/nodes", "has no list", &status);
	else if (line->json)
		print_json(items, stdout);
	else if (!cJSON_GetArraySize(items))
		print_line(stdout, "One process has this store, so there are no nodes.");
	else
		print_nodes(items);
	return status;
}

static int run(const struct command_line *line)
{
	const char *verb = line->argument_count ? line->arguments[0] : NULL;
	if (!verb)
		return list(line);
	if (strcmp(verb, "drain") && strcmp(verb, "undrain"))
		return command_word_unknown(line, "action");
	if (line->argument_count < 2)
		return command_usage(line, "%s which node?", verb);
	return change(line, verb, line->arguments[1]);
}

static const struct command_word actions[] = {
	{ "drain",
		"let NODE give its sites to the others, one after another, and take none: before "
		"maintenance; until it is started again" },
	{ "undrain", "let it take sites again" },
	{ 0 },
};

const struct command command_nodes = {
	.name = "nodes",
	.arguments = "[ACTION NODE]",
	.summary = "show the nodes that share the store; drain one",
	.description =
		"Shows which of them live, the sites that each owns, and the rules that it decides "
		"with. (notify): that node notifies people.",
	.words = actions,
	.options = admin_client_options,
	.formats = "text|json",
	.most_arguments = 2,
	.run = run,
};
