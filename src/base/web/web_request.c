/*
 * base/web/web_request.c - reads a request (its line, its head, its body within bounds), calls the
 * handler once, and gives the handler its parts.
 */
#include "base/metric.h"
#include "base/web/http.h"
#include "base/web/web_inside.h"

/* A body that is too large is read up to this many times its limit, so that its sender sees the
 * 413. */
#define DRAIN_FACTOR 16

void *web_request_new(void *context, const char *uri, struct MHD_Connection *mhd)
{
	struct web_request *request = mem_new(struct web_request);
	request->web = context;
	request->mhd = mhd;
	request->owners = 1;
	request->target = mem_copy_text(uri);
	return request;
}

static void request_free(struct web_request *request)
{
	for (size_t i = 0; i < request->header_count; i++) {
		free(request->headers[i].name);
		free(request->headers[i].value);
	}
	if (request->response)
		MHD_destroy_response(request->response);
	if (request->body.at)
		text_clear(&request->body);
	arena_free(request->arena);
	free(request->target);
	free(request);
}

void web_request_unref(struct web_request *request)
{
	if (atomic_fetch_sub(&request->owners, 1) == 1)
		request_free(request);
}

void web_request_completed(void *context, struct MHD_Connection *mhd, void **request_context,
	enum MHD_RequestTerminationCode code)
{
	struct web *web = context;
	struct web_request *request = *request_context;
	struct connection *connection = web_connection_of(mhd);
	(void)code;
	if (!request)
		return;
	*request_context = NULL;
	if (request->is_handled && atomic_fetch_sub(&web->active, 1) == 1 &&
		atomic_load(&web->is_stopping)) {
		pthread_mutex_lock(&web->lock);
		pthread_cond_broadcast(&web->changed);
		pthread_mutex_unlock(&web->lock);
	}
	if (connection)
		connection_is_idle(web->connections, connection);
	web_request_unref(request);
}

/* ---- the head and the body ---- */

static enum MHD_Result refuse_size(struct web_request *request)
{
	return web_answer_refuse(request, REFUSAL_TOO_LARGE, MHD_HTTP_CONTENT_TOO_LARGE,
		"the body is larger than this server takes");
}

static enum MHD_Result add_field(
	void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	http_head_field(context, str_of(name), str_of(value));
	return MHD_YES;
}

static bool check_head(struct web_request *request, const char *version, struct http_head *head)
{
	http_head_line(head, str_of(request->method), str_of(request->target), str_of(version));
	MHD_get_connection_values(request->mhd, MHD_HEADER_KIND, add_field, head);
	request->authority = head->authority;
	return http_head_is_good(head);
}

/* Is it refused before its body is read: the client waits for "100 Continue", or announces a
 * flood? */
static bool is_refused_unread(struct web_request *request)
{
	int64_t length = 0, limit = (int64_t)request->web->options.body_limit;
	const char *told = web_header(request, "Content-Length");
	if (told && !str_to_count(str_of(told), &length))
		length = INT64_MAX;
	request->is_too_large = length > limit;
	return request->is_too_large &&
	       (web_header(request, "Expect") || length / DRAIN_FACTOR > limit);
}

static enum MHD_Result begin(
	struct web_request *request, const char *method, const char *path, const char *version)
{
	struct http_head head = { 0 };
	request->has_begun = true;
	request->method = method;
	request->path = http_path(path);
	if (!check_head(request, version, &head))
		return web_answer_refuse(request,
			head.status == 413 ? REFUSAL_TOO_LARGE : REFUSAL_MALFORMED, head.status,
			head.reason);
	if (is_refused_unread(request))
		return refuse_size(request);
	request->body = TEXT(request->web->options.body_limit);
	return MHD_YES;
}

/* Drops the body. The rest of it is read all the same, so that its sender sees the answer. */
static void let_go(struct web_request *request)
{
	text_clear(&request->body);
	request->body = TEXT(1);
}

static enum MHD_Result collect(struct web_request *request, const char *bytes, size_t *count)
{
	struct web *web = request->web;
	struct connection *connection = web_connection_of(request->mhd);
	bool is_kept = !request->is_too_large && !request->is_shed;
	if (is_kept && !text_add_bytes(&request->body, bytes, *count))
		request->is_too_large = true;
	else if (is_kept && connection)
		request->is_shed =
			!connection_holds(web->connections, connection, request->body.capacity);
	if (request->is_too_large || request->is_shed)
		let_go(request);
	request->drained += *count;
	*count = 0;
	if (request->drained / DRAIN_FACTOR <= web->options.body_limit)
		return MHD_YES;
	/* A client that sends this much does not do so by mistake. */
	refusals_add(web->refusals, REFUSAL_TOO_LARGE);
	return MHD_NO;
}

static enum MHD_Result handle(struct web_request *request)
{
	struct web *web = request->web;
	struct connection *connection = web_connection_of(request->mhd);
	request->is_handled = true;
	atomic_fetch_add(&web->active, 1);
	metric_add(METRIC_requests_total, 1, web->options.name);
	if (connection)
		connection_is_busy(web->connections, connection);
	if (request->is_too_large)
		return refuse_size(request);
	if (request->is_shed)
		return web_answer_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"too many requests at once; send it again");
	if (atomic_load_explicit(&web->is_stopping, memory_order_relaxed))
		return web_answer_error(
			request, MHD_HTTP_SERVICE_UNAVAILABLE, "the server is stopping; try again");
	web->handler(request, web->context);
	/* A kept request may have its answer already, but its connection stays suspended until
	 * libmicrohttpd calls again. */
	return request->is_kept ? MHD_YES : web_answer_finish(request);
}

enum MHD_Result web_request_access(void *context, struct MHD_Connection *mhd, const char *path,
	const char *method, const char *version, const char *bytes, size_t *count,
	void **request_context)
{
	struct web_request *request = *request_context;
	(void)context;
	(void)mhd;
	if (!request->has_begun)
		return begin(request, method, path, version);
	if (*count)
		return collect(request, bytes, count);
	if (request->is_handled || atomic_load(&request->state) != ANSWER_NONE)
		return web_answer_finish(request);
	return handle(request);
}

/* ---- for handlers ---- */

/* A copy that ends in NUL and lives as long as the request. */
static const char *text_of(const struct web_request *request, struct str view)
{
	struct web_request *owner = (struct web_request *)(uintptr_t)request;
	if (!view.length)
		return "";
	if (!owner->arena)
		owner->arena = arena_new();
	return arena_str(owner->arena, view);
}

const char *web_method(const struct web_request *request)
{
	return request->method;
}

const char *web_path(const struct web_request *request)
{
	return request->path;
}

const char *web_query(const struct web_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->mhd, MHD_GET_ARGUMENT_KIND, name);
}

struct query_visit {
	web_query_visit *visit;
	void *context;
};

static enum MHD_Result visit_query(
	void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	const struct query_visit *query = context;
	(void)kind;
	return query->visit(name, value ? value : "", query->context) ? MHD_YES : MHD_NO;
}

void web_each_query(const struct web_request *request, web_query_visit *visit, void *context)
{
	struct query_visit query = { visit, context };
	/* the result is their number */
	IGNORE(MHD_get_connection_values(request->mhd, MHD_GET_ARGUMENT_KIND, visit_query, &query));
}

const char *web_query_text(const struct web_request *request)
{
	const char *question = strchr(request->target, '?');
	return question ? question + 1 : "";
}

const char *web_host(const struct web_request *request)
{
	return text_of(request, request->authority);
}

const char *web_header(const struct web_request *request, const char *name)
{
	const char *value = MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, name);
	size_t length = value ? strlen(value) : 0, kept = length;
	while (kept && strchr(" \t", value[kept - 1]))
		kept--;
	if (kept == length)
		return value;
	/* RFC 9112, 5.1: blanks around a value do not belong to it; libmicrohttpd removes only
	 * those before it. */
	return text_of(request, (struct str){ value, kept });
}

struct str web_body(const struct web_request *request)
{
	return text_str(&request->body);
}

void web_peer(const struct web_request *request, struct peer_about *peer)
{
	peer_look(MHD_get_connection_info(request->mhd, MHD_CONNECTION_INFO_CONNECTION_FD)
			  ->connect_fd,
		peer);
}

struct web *web_of(const struct web_request *request)
{
	return request->web;
}

const char *web_listener(const struct web_request *request)
{
	return request->web->options.name;
}

void web_trust(struct web_request *request)
{
	struct connection *connection = web_connection_of(request->mhd);
	request->is_trusted = true;
	if (connection)
		connection_is_trusted(request->web->connections, connection);
}
