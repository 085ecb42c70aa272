#include "admin/handler.h"
#include "rules/decide.h"

/* intake/answer.h has a function of the same purpose for dbt; these answers are for us. */
void answer_json(struct web_request *request, unsigned status, const cJSON *json)
{
	OWNED_MEMORY char *text = json_print(json);
	web_reply(request, status, NULL, str_of(text));
}

void answer_error_text(struct web_request *request, unsigned status, const char *message)
{
	OWNED_JSON json = cJSON_CreateObject();
	json_add_text(json, "error", message);
	answer_json(request, status, json);
}

/* A path that ends in '/' takes a number behind it. A '*' is one part of the path: a number, or in
 * /sites/ a name. */
static const struct route {
	const char *method, *path;
	admin_handler *handle;
} routes[] = {
	{ "GET", "/", handle_page },
	{ "GET", "/healthz", handle_healthz },
	{ "GET", "/readyz", handle_readyz },
	{ "GET", "/metrics", handle_metrics },
	{ "GET", "/api/v1/events", handle_events },
	{ "GET", "/api/v1/events/", handle_event },
	{ "GET", "/api/v1/refreshes", handle_refreshes },
	{ "GET", "/api/v1/refreshes/", handle_refresh },
	{ "GET", "/api/v1/sites", handle_sites },
	{ "GET", "/api/v1/rules", handle_rules },
	{ "POST", "/api/v1/refreshes/*/retry", handle_retry },
	{ "POST", "/api/v1/refreshes/*/cancel", handle_cancel },
	{ "POST", "/api/v1/events/*/replay", handle_replay },
	{ "POST", "/api/v1/sites/*/pause", handle_pause },
	{ "POST", "/api/v1/sites/*/resume", handle_resume },
	{ "POST", "/api/v1/route", handle_route },
	{ "POST", "/-/reload", handle_reload },
};

/* What stands for the '*' of a route; empty when the path is not of that route. */
static struct str starred(const char *route, const char *path)
{
	size_t before = strcspn(route, "*"), length = strlen(path);
	const char *after = route + before + 1;
	if (strncmp(path, route, before) || length < before + strlen(after) ||
		strcmp(path + length - strlen(after), after))
		return STR("");
	struct str part = { path + before, length - before - strlen(after) };
	return memchr(part.at, '/', part.length) ? STR("") : part;
}

const char *path_name(const struct web_request *request, struct arena *arena)
{
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
		struct str part = strchr(routes[i].path, '*')
					  ? starred(routes[i].path, web_path(request))
					  : STR("");
		if (part.length)
			return arena_str(arena, part);
	}
	return "";
}

static bool route_takes(const struct route *route, const char *path, int64_t *id)
{
	size_t length = strlen(route->path);
	*id = 0;
	if (strchr(route->path, '*')) {
		struct str part = starred(route->path, path);
		bool is_named = !strncmp(route->path, "/api/v1/sites/", 14);
		return part.length && (is_named || str_to_count(part, id));
	}
	if (length > 1 && route->path[length - 1] == '/')
		return !strncmp(path, route->path, length) &&
		       str_to_count(str_of(path + length), id);
	return !strcmp(path, route->path);
}

/*
 * A page of another origin that the operator's browser shows must not change anything here: a
 * browser names the origin of every POST, and this listener's own is the Host that it was asked by.
 */
static bool is_foreign(const struct web_request *request)
{
	const char *origin = web_header(request, "Origin"), *host = web_header(request, "Host");
	const char *origin_host = origin ? strstr(origin, "://") : NULL;
	return origin && (!origin_host || !host || strcmp(origin_host + 3, host));
}

static void handle(struct web_request *request, void *context)
{
	struct admin *admin = context;
	const char *method = web_method(request), *path = web_path(request), *allowed = NULL;
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
		int64_t id;
		if (!route_takes(&routes[i], path, &id))
			continue;
		bool is_head = !strcmp(method, "HEAD") && !strcmp(routes[i].method, "GET");
		if (strcmp(method, routes[i].method) && !is_head) {
			allowed = routes[i].method;
			continue;
		}
		if (!strcmp(method, "POST") && is_foreign(request))
			answer_error_text(request, 403, "a page of another origin may not do this");
		else
			routes[i].handle(admin, request, id);
		return;
	}
	if (allowed)
		web_reply_header(request, "Allow", allowed);
	answer_error_text(request, allowed ? 405 : 404,
		allowed ? "this path takes another method"
			: "there is nothing here; see / and /api/v1/refreshes");
}

struct admin *admin_start(const struct admin_options *options, struct error *err)
{
	struct admin *admin = mem_new(struct admin);
	struct web_options web = {
		.listen = options->listen,
		.name = "admin",
		.threads = 1, /* one reader of the store */
		.body_limit = (size_t)1 << 20,
		.connection_limit = ADMIN_CONNECTIONS,
		.request_us = 10 * US_PER_SECOND,
	};
	admin->options = *options;
	admin->started_at = clock_mono();
	admin->scratch = decide_scratch_new();
	admin->reader = store_open(options->store, STORE_READ, err);
	admin->web = admin->reader ? web_start(&web, handle, admin, err) : NULL;
	if (!admin->web) {
		error_context(err, "listen.admin");
		admin_free(admin);
		return NULL;
	}
	return admin;
}

const char *admin_address(const struct admin *admin)
{
	return web_address(admin->web);
}

void admin_stop(struct admin *admin)
{
	if (admin->web)
		web_stop(admin->web);
}

void admin_free(struct admin *admin)
{
	if (!admin)
		return;
	web_free(admin->web);
	store_close(admin->reader);
	decide_scratch_free(admin->scratch);
	free(admin);
}
