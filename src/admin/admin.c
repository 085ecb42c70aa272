/* admin/admin.c - the table of routes, the listener, and the thread that answers what may take
 * time. */
#include "admin/handler.h"
#include "base/metric.h"
#include "base/thread.h"
#include "base/web/listen_unix.h"
#include "rules/decide.h"

/* A path that ends in '/' is followed by a number. A '*' stands for one part of the path: a number,
 * or under /sites/ and /nodes/ a name. */
static const struct admin_route {
	const char *method, *path;
	admin_handler *handle;
	enum { IN_TURN, AT_ONCE } pace; /* AT_ONCE: needs neither the store nor another thread */
	enum access_need need;
} routes[] = {
	{ "GET", "/", handle_page, IN_TURN, ACCESS_SHELL },
	{ "GET", "/assets/page.css", handle_page_file, AT_ONCE, ACCESS_PROBE },
	{ "GET", "/assets/page.js", handle_page_file, AT_ONCE, ACCESS_PROBE },
	{ "GET", "/assets/icon.svg", handle_page_file, AT_ONCE, ACCESS_PROBE },
	{ "GET", "/refreshes", handle_page_refreshes, IN_TURN, ACCESS_SHELL },
	{ "GET", "/refreshes/", handle_page_refresh, IN_TURN, ACCESS_SHELL },
	{ "GET", "/contents", handle_page_content, IN_TURN, ACCESS_SHELL },
	{ "GET", "/events", handle_page_events, IN_TURN, ACCESS_SHELL },
	{ "GET", "/events/", handle_page_event, IN_TURN, ACCESS_SHELL },
	{ "GET", "/rules", handle_page_rules, IN_TURN, ACCESS_SHELL },
	{ "GET", "/search", handle_page_search, IN_TURN, ACCESS_SHELL },
	{ "GET", "/explain", handle_page_explain, IN_TURN, ACCESS_SHELL },
	{ "POST", "/explain", handle_page_explain, IN_TURN, ACCESS_READ },
	{ "GET", "/refreshes/*/retry", handle_page_confirm, IN_TURN, ACCESS_SHELL },
	{ "POST", "/refreshes/*/retry", handle_retry, IN_TURN, ACCESS_CHANGE },
	{ "GET", "/refreshes/*/cancel", handle_page_confirm, IN_TURN, ACCESS_SHELL },
	{ "POST", "/refreshes/*/cancel", handle_cancel, IN_TURN, ACCESS_CHANGE },
	{ "GET", "/events/*/replay", handle_page_confirm, IN_TURN, ACCESS_SHELL },
	{ "POST", "/events/*/replay", handle_replay, IN_TURN, ACCESS_CHANGE },
	{ "GET", "/sites/*/pause", handle_page_confirm, IN_TURN, ACCESS_SHELL },
	{ "POST", "/sites/*/pause", handle_pause, IN_TURN, ACCESS_CHANGE },
	{ "GET", "/sites/*/resume", handle_page_confirm, IN_TURN, ACCESS_SHELL },
	{ "POST", "/sites/*/resume", handle_resume, IN_TURN, ACCESS_CHANGE },
	{ "GET", "/healthz", handle_healthz, AT_ONCE, ACCESS_PROBE },
	{ "GET", "/readyz", handle_readyz, AT_ONCE, ACCESS_PROBE },
	{ "GET", "/metrics", handle_metrics, AT_ONCE, ACCESS_READ },
	{ "GET", "/api/v1/search", handle_search, IN_TURN, ACCESS_READ },
	{ "GET", "/api/v1/events", handle_events, IN_TURN, ACCESS_READ },
	{ "GET", "/api/v1/events/", handle_event, IN_TURN, ACCESS_READ },
	{ "GET", "/api/v1/refreshes", handle_refreshes, IN_TURN, ACCESS_READ },
	{ "GET", "/api/v1/refreshes/", handle_refresh, IN_TURN, ACCESS_READ },
	{ "GET", "/api/v1/selections", handle_selections, AT_ONCE, ACCESS_READ },
	{ "GET", "/api/v1/sites", handle_sites, IN_TURN, ACCESS_READ },
	{ "GET", "/api/v1/nodes", handle_nodes, IN_TURN, ACCESS_READ },
	{ "GET", "/api/v1/rules", handle_rules, IN_TURN, ACCESS_READ },
	{ "GET", "/api/v1/notifications", handle_notifications, AT_ONCE, ACCESS_READ },
	{ "POST", "/api/v1/refreshes/*/retry", handle_retry, IN_TURN, ACCESS_CHANGE },
	{ "POST", "/api/v1/refreshes/*/cancel", handle_cancel, IN_TURN, ACCESS_CHANGE },
	{ "POST", "/api/v1/events/*/replay", handle_replay, IN_TURN, ACCESS_CHANGE },
	{ "POST", "/api/v1/sites/*/pause", handle_pause, IN_TURN, ACCESS_CHANGE },
	{ "POST", "/api/v1/sites/*/resume", handle_resume, IN_TURN, ACCESS_CHANGE },
	{ "POST", "/api/v1/sites/*/move", handle_move, IN_TURN, ACCESS_CHANGE },
	{ "POST", "/api/v1/nodes/*/drain", handle_drain, IN_TURN, ACCESS_CHANGE },
	{ "POST", "/api/v1/nodes/*/undrain", handle_undrain, IN_TURN, ACCESS_CHANGE },
	{ "POST", "/api/v1/route", handle_route, IN_TURN, ACCESS_READ },
	{ "POST", "/api/v1/resolve", handle_resolve, IN_TURN, ACCESS_READ },
	{ "POST", "/-/reload", handle_reload, IN_TURN, ACCESS_CHANGE },
};

/* The part of the path in place of the '*'; empty when the path does not fit the route. */
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

const char *admin_path_name(const struct web_request *request, struct arena *arena)
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

static bool route_takes(const struct admin_route *route, const char *path, int64_t *id)
{
	size_t length = strlen(route->path);
	*id = 0;
	if (strchr(route->path, '*')) {
		struct str part = starred(route->path, path);
		bool is_named = strstr(route->path, "/sites/") || strstr(route->path, "/nodes/");
		return part.length && (is_named || str_to_count(part, id));
	}
	if (length > 1 && route->path[length - 1] == '/')
		return !strncmp(path, route->path, length) &&
		       str_to_count(str_of(path + length), id);
	return !strcmp(path, route->path);
}

/* ---- the thread that may wait ---- */

/* The most queries that wait, besides as many that were taken from the mailbox with the current
 * one. Fewer than the connections that one address may have, so that one is left for /healthz. */
#define MOST_QUERIES (ADMIN_CONNECTIONS / 5)

struct admin_query {
	struct message message; /* first member */
	struct web_request *request;
	admin_handler *handle;
	int64_t id;
	struct access_asker asker;
};

static void refuse_query(struct web_request *request, const char *why)
{
	web_reply_header(request, "Retry-After", "5");
	admin_answer_error(request, 503, why);
}

static void *run_queries(void *context)
{
	struct admin *admin = context;
	struct message *message, *next;
	while ((message = mailbox_wait(admin->queries)))
		for (; message; message = next) {
			struct admin_query *query = (struct admin_query *)(void *)message;
			next = message->next;
			if (atomic_load(&admin->is_stopping))
				refuse_query(query->request, "the daemon is stopping");
			else {
				admin->asker = query->asker;
				query->handle(admin, query->request, query->id);
			}
			free(query);
		}
	return NULL;
}

static void pass_on(struct admin *admin, struct web_request *request,
	const struct admin_route *route, int64_t id, const struct access_asker *asker)
{
	struct admin_query *query = mem_new(struct admin_query);
	*query = (struct admin_query){
		.request = request, .handle = route->handle, .id = id, .asker = *asker
	};
	web_keep(request);
	if (mailbox_send(admin->queries, &query->message))
		return;
	free(query);
	refuse_query(request, "too many queries wait, or the daemon is stopping");
}

/* ---- the listener's thread ---- */

static void handle_route_of(struct admin *admin, struct web_request *request,
	const struct admin_route *route, int64_t id)
{
	struct access_asker asker;
	if (!admin_lets_in(admin, request, route->need, &asker) ||
		!admin_filters_are_known(request))
		return;
	admin->is_stranger = asker.role == ACCESS_NOBODY;
	if (route->pace == AT_ONCE)
		route->handle(admin, request, id);
	else
		pass_on(admin, request, route, id, &asker);
}

/* Whether something is there is told to those who may read. */
static void refuse_path(struct admin *admin, struct web_request *request, const char *allowed)
{
	struct access_asker asker;
	if (!admin_lets_in(admin, request, ACCESS_READ, &asker))
		return;
	if (allowed)
		web_reply_header(request, "Allow", allowed);
	admin_answer_error(request, allowed ? 405 : 404,
		allowed ? "this path takes another method"
			: "there is nothing here; see / and /api/v1/refreshes");
}

static void handle(struct web_request *request, void *context)
{
	struct admin *admin = context;
	const char *method = web_method(request), *path = web_path(request), *allowed = NULL;
	const char *refusal = admin_refusal_of(admin, request);
	if (refusal) {
		metric_add(METRIC_refusals_total, 1, "admin", "forbidden");
		admin_answer_error(request, 403, refusal);
		return;
	}
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
		int64_t id;
		if (!route_takes(&routes[i], path, &id))
			continue;
		bool is_head = !strcmp(method, "HEAD") && !strcmp(routes[i].method, "GET");
		if (strcmp(method, routes[i].method) && !is_head) {
			allowed = routes[i].method;
			continue;
		}
		handle_route_of(admin, request, &routes[i], id);
		return;
	}
	refuse_path(admin, request, allowed);
}

/* ---- life ---- */

static bool listen_on(struct admin *admin, struct error *err)
{
	const struct config_listen *listen = admin->options.listen;
	struct config_pems pems;
	bool has_tls = admin->has_tls = listen->admin_tls.certificate;
	if (config_read_pems(&listen->admin_tls, "listen.admin_tls", &pems, err)) {
		struct web_options web = {
			.listen = admin->listen,
			.socket = admin->options.socket,
			.unix_group = listen->admin_group,
			.name = "admin",
			.threads = 1,
			.body_limit = (size_t)1 << 20,
			.connection_limit = ADMIN_CONNECTIONS,
			.request_us = 10 * US_PER_SECOND,
			.tls_certificate = has_tls ? pems.certificate.at : NULL,
			.tls_private_key = has_tls ? pems.private_key.at : NULL,
		};
		/* config_check() has refused anything else */
		IGNORE(!listen_unix_mode(listen->admin_mode, &web.unix_mode));
		admin->web = web_start(&web, handle, admin, err);
	}
	config_clear_pems(&pems);
	return admin->web;
}

static bool start(struct admin *admin, struct error *err)
{
	admin->reader = store_open(admin->options.store, STORE_READ, err);
	admin->queries = admin->reader ? mailbox_new(MOST_QUERIES, NULL, err) : NULL;
	if (!admin->queries ||
		!thread_start(&admin->thread, THREAD_ANY, "admin", run_queries, admin, err))
		return false;
	admin->has_thread = true;
	bool is_listening = listen_on(admin, err);
	admin->options.listen = NULL;
	admin->options.store = NULL;
	return is_listening;
}

struct admin *admin_start(const struct admin_options *options, struct error *err)
{
	OWNED(admin) admin = mem_new(struct admin);
	admin->options = *options;
	admin->listen = mem_copy_text(options->listen->admin);
	admin->started_at = clock_mono();
	admin->scratch = decide_scratch_new();
	admin->access = access_slot_new();
	OWNED(config) config = config_slot_get(options->configs);
	struct access *access = access_new(config, err);
	if (access)
		admin_configure(admin, access);
	if (access && start(admin, err))
		return TAKE(admin);
	error_context(err, "listen.admin");
	return NULL;
}

struct web *admin_web(struct admin *admin)
{
	return admin->web;
}

void admin_configure(struct admin *admin, struct access *access)
{
	access_slot_put(admin->access, access);
}

const char *admin_address(const struct admin *admin)
{
	return web_address(admin->web);
}

void admin_stop(struct admin *admin)
{
	atomic_store(&admin->is_stopping, true);
	if (admin->web)
		web_quiesce(admin->web);
	/* Joined before web_stop(), which may end the requests that it reads. */
	if (admin->has_thread) {
		admin->has_thread = false;
		mailbox_close(admin->queries);
		thread_join(admin->thread);
	}
	if (admin->web)
		web_stop(admin->web);
}

void admin_free(struct admin *admin)
{
	if (!admin)
		return;
	admin_stop(admin);
	web_free(admin->web);
	mailbox_free(admin->queries);
	store_close(admin->reader);
	decide_scratch_free(admin->scratch);
	access_slot_free(admin->access);
	free(admin->listen);
	free(admin);
}
