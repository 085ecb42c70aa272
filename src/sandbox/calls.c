/* sandbox/calls.c - a growing list of calls. */
#include "sandbox/calls.h"
#include <fnmatch.h>

struct logged {
	int64_t n;
	struct wall at;
	char *method, *path, *query, *site, *pat, *content, *fault;
	unsigned status; /* 0: the connection was closed */
};

struct calls {
	struct logged *items;
	size_t count, capacity;
	int64_t counter;
};

struct calls *calls_new(void)
{
	return mem_new(struct calls);
}

void calls_add(struct calls *calls, const struct api_call *call, const char *path,
	const struct reply *reply)
{
	mem_grow(&calls->items, &calls->capacity, calls->count);
	calls->items[calls->count++] = (struct logged){
		.n = ++calls->counter,
		.at = call->now,
		.method = mem_copy_text(call->method),
		.path = mem_copy_text(path),
		.query = mem_copy_text(call->query),
		.site = mem_copy_text(reply->site),
		.pat = mem_copy_text(reply->pat),
		.content = mem_copy_text(reply->content),
		.fault = mem_copy_text(reply->fault),
		.status = reply->is_dropped ? 0 : reply->status,
	};
}

static cJSON *logged_json(const struct logged *logged)
{
	cJSON *json = cJSON_CreateObject();
	json_add_count(json, "n", logged->n);
	json_add_time(json, "at", logged->at);
	json_add_text(json, "method", logged->method);
	json_add_text(json, "path", logged->path);
	json_add_text(json, "query", logged->query);
	json_add_count(json, "status", logged->status);
	json_add_text(json, "site", logged->site);
	json_add_text(json, "pat", logged->pat);
	json_add_text(json, "content", logged->content);
	json_add_text(json, "fault", logged->fault);
	return json;
}

cJSON *calls_list(const struct calls *calls, const char *method, const char *path, const char *site)
{
	cJSON *json = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(json, "calls");
	for (size_t i = 0; i < calls->count; i++) {
		const struct logged *logged = &calls->items[i];
		if ((!method || !strcmp(method, logged->method)) &&
			(!path || !fnmatch(path, logged->path, 0)) &&
			(!site || text_is(site, logged->site)))
			cJSON_AddItemToArray(list, logged_json(logged));
	}
	return json;
}

void calls_forget(struct calls *calls)
{
	for (size_t i = 0; i < calls->count; i++) {
		struct logged *logged = &calls->items[i];
		free(logged->method);
		free(logged->path);
		free(logged->query);
		free(logged->site);
		free(logged->pat);
		free(logged->content);
		free(logged->fault);
	}
	calls->count = 0;
}

void calls_free(struct calls *calls)
{
	if (!calls)
		return;
	calls_forget(calls);
	free(calls->items);
	free(calls);
}
