/* sandbox/upset.c - reads faults from JSON, finds the one that a call meets, and carries it out. */
#include "sandbox/upset.h"
#include <fnmatch.h>
#include <stdio.h>

enum deed {
	DO_LATENCY,
	DO_STATUS,
	DO_ERROR,
	DO_ERROR_AFTER,
	DO_DROP,
	DO_DROP_AFTER,
	DO_HTML,
	DO_EMPTY,
	DO_TRUNCATE,
	DO_GARBAGE,
	DO_EXPIRE_SESSION,
	DO_409093,
	DO_429,
	DO_SLOW_BODY,
	DEED_COUNT,
};
static const struct {
	const char *name;
	bool has_effect; /* the call takes effect, only its answer is disturbed */
} deeds[DEED_COUNT] = {
	[DO_LATENCY] = { "latency", true },
	[DO_STATUS] = { "status", false },
	[DO_ERROR] = { "error", false },
	[DO_ERROR_AFTER] = { "error_after", true },
	[DO_DROP] = { "drop", false },
	[DO_DROP_AFTER] = { "drop_after", true },
	[DO_HTML] = { "html", false },
	[DO_EMPTY] = { "empty", false },
	[DO_TRUNCATE] = { "truncate", true },
	[DO_GARBAGE] = { "garbage", false },
	[DO_EXPIRE_SESSION] = { "expire_session", false },
	[DO_409093] = { "409093", false },
	[DO_429] = { "429", false },
	[DO_SLOW_BODY] = { "slow_body", true },
};

#define GATEWAY_503                                                                                \
	"<html><body><h1>503 Service Unavailable</h1>\nNo server is available to "                 \
	"handle this "                                                                             \
	"request.\n</body></html>\n"
#define GATEWAY_504                                                                                \
	"<html>\n<head><title>504 Gateway "                                                        \
	"Time-out</title></head>\n<body>\n<center><h1>504 "                                        \
	"Gateway "                                                                                 \
	"Time-out</h1></center>\n<hr><center>nginx</center>\n</body>\n</html>\n"

struct upset {
	int64_t id, left, skip;
	bool is_endless;
	char *method, *path, *site; /* NULL: any; path is a glob */
	enum deed deed;
	int64_t us, status, code;
	char *summary, *detail, *retry_after, *body; /* NULL: the usual */
	struct upset *next;
};

struct upsets {
	struct upset *first, **last;
	int64_t counter;
};

struct upsets *upsets_new(void)
{
	struct upsets *upsets = mem_new(struct upsets);
	upsets->last = &upsets->first;
	return upsets;
}

static void upset_free(struct upset *upset)
{
	free(upset->method);
	free(upset->path);
	free(upset->site);
	free(upset->summary);
	free(upset->detail);
	free(upset->retry_after);
	free(upset->body);
	free(upset);
}

void upsets_forget(struct upsets *upsets)
{
	while (upsets->first) {
		struct upset *upset = upsets->first;
		upsets->first = upset->next;
		upset_free(upset);
	}
	upsets->last = &upsets->first;
}

void upsets_free(struct upsets *upsets)
{
	if (!upsets)
		return;
	upsets_forget(upsets);
	free(upsets);
}

/* ---- from JSON ---- */

static char *optional(const cJSON *json, const char *key)
{
	return json_get(json, key) ? mem_copy_text(json_text(json, key)) : NULL;
}

/* False when it is present and not a whole number within bounds. */
static bool read_number(const cJSON *json, const char *key, int64_t most, int64_t *value)
{
	return !json_get(json, key) ||
	       (json_count(json, key, value) && *value >= 0 && *value <= most);
}

/* The first unknown member, or NULL. Checked, so that a typing error in a test does not pass. */
static const char *unknown_member(const cJSON *json, const char *const *known)
{
	const cJSON *member;
	cJSON_ArrayForEach(member, json)
	{
		size_t i = 0;
		while (known[i] && strcmp(known[i], member->string) != 0)
			i++;
		if (!known[i])
			return member->string;
	}
	return NULL;
}

static const char *read_numbers(const cJSON *body, struct upset *upset)
{
	const int64_t an_hour = 3600 * 1000, much = 1000000000;
	upset->left = 1;
	if (!read_number(body, "times", much, &upset->left) ||
		!read_number(body, "after", much, &upset->skip))
		return "\"times\" and \"after\" are whole numbers";
	upset->is_endless = !upset->left;
	if (!read_number(body, "ms", an_hour, &upset->us))
		return "\"ms\" is from 0 to 3600000";
	upset->us *= US_PER_MS;
	if (!read_number(body, "status", 599, &upset->status) ||
		(upset->status && upset->status < 200))
		return "\"status\" is from 200 to 599";
	if (!read_number(body, "code", 599999, &upset->code) ||
		(upset->code && upset->code < 200000))
		return "\"code\" has six digits, the first three an HTTP status";
	if (upset->deed == DO_STATUS && !upset->status)
		return "\"do\": \"status\" needs \"status\"";
	return NULL;
}

/* Returns what is wrong, or NULL. */
static const char *read_upset(const cJSON *body, struct upset *upset)
{
	static const char *const members[] = { "on", "times", "after", "do", "ms", "status", "code",
		"summary", "detail", "retry_after", "body", NULL };
	static const char *const on_members[] = { "method", "path", "site", NULL };
	const cJSON *on = json_get(body, "on");
	int deed = 0;
	if (unknown_member(body, members))
		return "a member is unknown; see tableau-sandbox(1)";
	if ((on && !cJSON_IsObject(on)) || unknown_member(on, on_members))
		return "\"on\" has method, path and site";
	while (deed < DEED_COUNT && strcmp(deeds[deed].name, json_text(body, "do")) != 0)
		deed++;
	if (deed == DEED_COUNT)
		return "\"do\" is none of the faults that there are; see "
		       "tableau-sandbox(1)";
	upset->deed = (enum deed)deed;
	upset->method = optional(on, "method");
	upset->path = optional(on, "path");
	upset->site = optional(on, "site");
	upset->summary = optional(body, "summary");
	upset->detail = optional(body, "detail");
	upset->retry_after = optional(body, "retry_after");
	upset->body = optional(body, "body");
	return read_numbers(body, upset);
}

void upsets_add(struct upsets *upsets, const cJSON *body, struct reply *reply)
{
	struct upset *upset = mem_new(struct upset);
	const char *wrong = read_upset(body, upset);
	if (wrong) {
		upset_free(upset);
		reply_error(reply, 400000, "Bad Request", wrong);
		return;
	}
	upset->id = ++upsets->counter;
	*upsets->last = upset;
	upsets->last = &upset->next;
	reply->json = cJSON_CreateObject();
	json_add_count(reply->json, "fault", upset->id);
}

cJSON *upsets_list(const struct upsets *upsets)
{
	cJSON *json = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(json, "faults");
	for (const struct upset *upset = upsets->first; upset; upset = upset->next) {
		cJSON *item = cJSON_CreateObject(), *on = cJSON_AddObjectToObject(item, "on");
		cJSON_AddItemToArray(list, item);
		json_add_text(on, "method", upset->method);
		json_add_text(on, "path", upset->path);
		json_add_text(on, "site", upset->site);
		json_add_count(item, "fault", upset->id);
		json_add_text(item, "do", deeds[upset->deed].name);
		json_add_count(item, "after", upset->skip);
		if (upset->is_endless)
			cJSON_AddBoolToObject(item, "for_ever", true);
		else
			json_add_count(item, "left", upset->left);
	}
	return json;
}

/* ---- on a call ---- */

static bool fits(const struct upset *upset, const struct api_call *call, const char *path)
{
	return (upset->is_endless || upset->left > 0) &&
	       (!upset->method || !strcmp(upset->method, call->method)) &&
	       (!upset->path || !fnmatch(upset->path, path, 0)) &&
	       (!upset->site || (call->site && !strcmp(upset->site, call->site->content_url)));
}

const struct upset *upsets_meet(
	struct upsets *upsets, const struct api_call *call, const char *path)
{
	for (struct upset *upset = upsets->first; upset; upset = upset->next) {
		if (!fits(upset, call, path))
			continue;
		if (upset->skip > 0) {
			upset->skip--;
			continue;
		}
		if (!upset->is_endless)
			upset->left--;
		return upset;
	}
	return NULL;
}

static void answer_raw(
	const struct upset *upset, struct reply *reply, unsigned status, const char *usual)
{
	cJSON_Delete(reply->json);
	reply->json = NULL;
	reply->status = upset->status ? (unsigned)upset->status : status;
	reply->raw = upset->body ? upset->body : usual;
}

static void answer_error(const struct upset *upset, struct reply *reply, int code,
	const char *summary, const char *detail)
{
	reply_error(reply, upset->code ? (int)upset->code : code,
		upset->summary ? upset->summary : summary, upset->detail ? upset->detail : detail);
	if (upset->status)
		reply->status = (unsigned)upset->status;
}

static void spoil(const struct upset *upset, struct api_call *call, struct reply *reply)
{
	switch (upset->deed) {
	case DO_LATENCY:
	case DO_SLOW_BODY:
	case DEED_COUNT:
		break;
	case DO_STATUS:
		answer_raw(upset, reply, 500, "");
		break;
	case DO_ERROR:
	case DO_ERROR_AFTER:
		if (upset->code)
			answer_error(upset, reply, 500000, "Injected", "An injected fault");
		else
			answer_raw(upset, reply, 504,
				upset->status == 503 ? GATEWAY_503 : GATEWAY_504);
		break;
	case DO_DROP:
	case DO_DROP_AFTER:
		reply->is_dropped = true;
		break;
	case DO_HTML:
		answer_raw(upset, reply, 200, "<html><body>Please sign in</body></html>");
		break;
	case DO_EMPTY:
		answer_raw(upset, reply, 200, "");
		break;
	case DO_TRUNCATE:
		reply->is_truncated = true;
		break;
	case DO_GARBAGE:
		answer_raw(upset, reply, 200, "{\"workbooks\":{\"workbook\":[{\"id\":");
		break;
	case DO_EXPIRE_SESSION:
		if (call->login)
			*call->login->token = '\0';
		reply_signed_out(reply);
		break;
	/* in German, because clients must read the code, not the text (src/tableau/README.md,
	 * Refused refreshes) */
	case DO_409093:
		answer_error(upset, reply, 409093, "Ressourcenkonflikt",
			"Der Job ist bereits in der Warteschlange.");
		break;
	case DO_429:
		answer_error(upset, reply, 429000, "Too Many Requests",
			"Too many requests for 'api.rest.refresh_extracts'. Please "
			"retry after 1 "
			"minutes.");
		break;
	}
}

void upset_answer(const struct upset *upset, struct api_call *call, struct reply *reply)
{
	reply->status = 200;
	reply->site = call->site ? call->site->content_url : NULL;
	reply->pat = call->login ? call->login->name : NULL;
	if (deeds[upset->deed].has_effect)
		api_answer(call, reply);
	reply->fault = deeds[upset->deed].name;
	reply->retry_after = upset->retry_after;
	reply->delay = upset->us;
	spoil(upset, call, reply);
}
