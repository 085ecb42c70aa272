/* cli/route/route_online.c - a question for each site, and the answers beside the selections. */
#include "cli/route/route_online.h"
#include "cli/print.h"
#include "tableau/inquiry.h"

static cJSON *named_json(const cJSON *content)
{
	cJSON *json = cJSON_CreateObject();
	json_add_text(json, "id", json_text(content, "id"));
	json_add_text(json, "name", json_text(content, "name"));
	json_add_text(json, "project", json_text(content, "project"));
	return json;
}

static void add_named(cJSON *entry, const char *key, const cJSON *list)
{
	const cJSON *content;
	cJSON *copy = cJSON_AddArrayToObject(entry, key);
	cJSON_ArrayForEach(content, list)
	{
		cJSON_AddItemToArray(copy, named_json(content));
	}
}

/* `site_error`: why the site did not answer; "" when it did. */
static void add_entry(struct route_online *online, const struct selection *selection,
	const cJSON *item, const char *site_error)
{
	cJSON *entry = cJSON_CreateObject();
	const char *problem = inquiry_problem(item), *error = json_text(item, "error");
	cJSON_AddItemToObject(entry, "selection", selection_json(selection));
	add_named(entry, "contents", json_get(item, "contents"));
	cJSON_AddItemToArray(online->list, entry);
	if (!problem)
		return;
	online->has_failed = true;
	online->is_unreachable |= text_is(problem, "unreachable");
	json_add_text(entry, "problem", problem);
	json_add_text(entry, "error", *error ? error : site_error);
	if (json_get(item, "candidates"))
		add_named(entry, "candidates", json_get(item, "candidates"));
}

/* Takes the answer. */
static void add_answer(struct route_online *online, const struct online_question *question)
{
	OWNED_JSON answer = question->answer;
	const cJSON *item = json_get(answer, "items")->child;
	for (size_t i = 0; i < question->count; i++, item = item->next)
		add_entry(online, &question->selections[i], item, json_text(answer, "error"));
}

static size_t same_site(const struct decision *decision, size_t begin)
{
	size_t end = begin;
	while (end < decision->selection_count &&
		text_is(decision->selections[end].site, decision->selections[begin].site))
		end++;
	return end;
}

bool route_online_ask(struct route_online *online, const struct command_line *line,
	struct config *config, const struct decision *decision, int *status)
{
	OWNED(online) asked = online_new(line, config, status);
	if (!asked)
		return false;
	OWNED(arena) arena = arena_new();
	struct online_question *questions =
		arena_array(arena, struct online_question, decision->selection_count + 1);
	size_t count = 0;
	for (size_t i = 0; i < decision->selection_count; i += questions[count++].count)
		questions[count] = (struct online_question){ .site = decision->selections[i].site,
			.selections = &decision->selections[i],
			.count = same_site(decision, i) - i };
	online_ask(asked, questions, count);
	online->list = cJSON_CreateArray();
	for (size_t i = 0; i < count; i++)
		add_answer(online, &questions[i]);
	return true;
}

void route_online_print(const struct route_online *online, FILE *out)
{
	const cJSON *entry, *content;
	fputs("On Tableau:\n", out);
	cJSON_ArrayForEach(entry, online->list)
	{
		const cJSON *selection = json_get(entry, "selection");
		cJSON_ArrayForEach(content, json_get(entry, "contents"))
		{
			print_line(out, "  %s: %s %s/%s  %s", json_text(selection, "site"),
				json_text(selection, "kind"), json_text(content, "project"),
				json_text(content, "name"), json_text(content, "id"));
		}
		if (json_get(entry, "error"))
			print_line(out, "  %s", json_text(entry, "error"));
	}
}
