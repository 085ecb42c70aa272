/*
 * admin/resolve.c - what selections of one site name at the moment. The dispatcher asks with the
 * session that it has, because another sign-in with the same PAT would end it.
 */
#include "admin/handler.h"
#include "config/config.h"
#include "tableau/inquiry.h"

#define USUAL_TIME (60 * US_PER_SECOND)
#define MOST_SECONDS 600

static void answer(struct dispatch_question *question, const cJSON *answer)
{
	struct web_request *request = question->context;
	if (answer) {
		admin_answer_json(request, 200, answer);
	} else {
		web_reply_header(request, "Retry-After", "1");
		admin_answer_error(request, 503,
			"another question is being answered, or the daemon is stopping");
	}
	arena_free(question->arena);
}

/* Reads the selections of the body. NULL, with the reason in `err`, if one is not of the site. */
static const struct selection *read_selections(
	const cJSON *list, const char *site, size_t count, struct arena *arena, struct error *err)
{
	struct selection *selections = arena_array(arena, struct selection, count + 1);
	size_t i = 0;
	const cJSON *json;
	cJSON_ArrayForEach(json, list)
	{
		if (!selection_parse(json, &selections[i], arena, err))
			return NULL;
		if (!text_is(selections[i++].site, site)) {
			error_fail(err, ERROR_INPUT, "all selections are of one `site`");
			return NULL;
		}
	}
	return selections;
}

/* Fills the question from a body {"site", "selections", "seconds"}. */
static bool read_question(struct str body, struct dispatch_question *question, struct error *err)
{
	struct arena *arena = question->arena;
	const cJSON *json = json_parse_in(body, arena, err);
	const cJSON *list = json_get(json, "selections");
	int64_t seconds = USUAL_TIME / US_PER_SECOND;
	if (!json)
		return false;
	question->site = json_text(json, "site");
	question->count = (size_t)cJSON_GetArraySize(list);
	if (!*question->site || !cJSON_IsArray(list) || question->count > INQUIRY_SELECTIONS)
		return error_fail(err, ERROR_INPUT,
			"the body is {\"site\": NAME, \"selections\": [...]}, with at most %d "
			"selections",
			INQUIRY_SELECTIONS);
	if (json_get(json, "seconds") &&
		(!json_count(json, "seconds", &seconds) || seconds < 1 || seconds > MOST_SECONDS))
		return error_fail(err, ERROR_INPUT, "`seconds` is 1 to %d", MOST_SECONDS);
	question->us = seconds * US_PER_SECOND;
	question->selections = read_selections(list, question->site, question->count, arena, err);
	return question->selections;
}

void handle_resolve(struct admin *admin, struct web_request *request, int64_t id)
{
	struct error err;
	OWNED(arena) arena = arena_new();
	struct dispatch_question *question = arena_new_of(arena, struct dispatch_question);
	(void)id;
	question->arena = arena;
	question->done = answer;
	question->context = request;
	if (!read_question(web_body(request), question, &err)) {
		admin_answer_error(request, 400, err.message);
		return;
	}
	OWNED(config) config = config_slot_get(admin->options.configs);
	if (!config_site_named(config, question->site)) {
		admin_answer_error(request, 404,
			arena_printf(arena, "the daemon's configuration has no site '%s'",
				question->site));
		return;
	}
	web_keep(request);
	(void)TAKE(arena); /* answer() frees it */
	dispatch_take_question(admin->options.dispatch, question);
}
