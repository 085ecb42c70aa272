/*
 * base/web.c - the one place that knows libmicrohttpd.
 *
 * A connection is accepted by base/acceptor.c, and has its place in base/connections.c:
 *   waited for --request complete--> busy --answered--> waited for ... gone
 *
 * A request: made when its line was read, collects its body, runs the handler once, is answered,
 * freed when libmicrohttpd has completed it. A kept one is a suspended connection with two owners,
 * who keeps it and libmicrohttpd; its answer resumes it, and the access handler queues what was
 * stored:
 *   kept --web_reply--> ready --> queued        (libmicrohttpd wants every connection resumed
 * before kept --web_stop---> abandoned --> queued     it stops, or it aborts the process)
 */
#include "base/web.h"
#include "base/acceptor.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/http.h"
#include "base/listen.h"
#include "base/metric.h"
#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

/* libmicrohttpd's memory for one connection: head and buffers; it wipes all of it after each. */
#define HEAD_BYTES ((size_t)16 << 10)
/* Of that, what it needs beside a head of ours: its lists of fields, and the head of an answer. */
#define HEAD_REST ((size_t)4 << 10)
#define MOST_THREADS 8
#define MOST_HEADERS 8
/* This many times the limit of a body that is too large is read, so that its sender sees the 413.
 */
#define DRAIN_FACTOR 16
#define STOP_WAIT (5 * US_PER_SECOND) /* for answers that are on their way */
#define RETRY_AFTER "5"
#define TLS_VERSIONS "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" /* gnutls, "Priority Strings" */

enum answer_state {
	ANSWER_NONE,
	ANSWER_KEPT,
	ANSWER_READY,
	ANSWER_QUEUED,
	ANSWER_DROPPED,
	ANSWER_ABANDONED, /* by web_stop(): who keeps it has nobody to answer any more */
};

struct web_request {
	struct web *web;
	struct MHD_Connection *mhd;
	const char *method, *path;
	char *target; /* as sent; libmicrohttpd decodes its own copy in place */
	const char *host;
	struct arena *arena; /* or NULL */
	struct text body;
	size_t drained;
	bool has_begun, is_handled, is_kept, is_too_large, is_shed, is_trusted;
	atomic_int state;                /* enum answer_state */
	atomic_int owners;               /* libmicrohttpd, and who keeps it */
	struct web_request *prev, *next; /* in web->kept */
	struct {
		char *name, *value;
	} headers[MOST_HEADERS];
	size_t header_count;
	unsigned status;
	struct MHD_Response *response;
};

struct web {
	struct MHD_Daemon *daemon;
	struct web_options options;
	web_handler *handler;
	void *context;
	char address[LISTEN_TEXT_SIZE];
	struct refusals *refusals;
	struct connections *connections;
	struct acceptor *acceptor;
	atomic_bool is_stopping;
	atomic_llong active;
	pthread_mutex_t lock; /* of what follows, and of the state of kept requests */
	pthread_cond_t changed;
	struct web_request *kept;
	bool has_abandoned;
};

/* ---- connections ---- */

static struct connection *connection_of(struct MHD_Connection *mhd)
{
	return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* The end comes before libmicrohttpd closes the descriptor. */
static void connection_changed(void *context, struct MHD_Connection *mhd, void **socket_context,
	enum MHD_ConnectionNotificationCode code)
{
	struct web *web = context;
	int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*socket_context = connections_find(web->connections, fd);
	else if (*socket_context)
		connection_gone(web->connections, *socket_context);
}

static void accepted(void *context, struct connection *connection, int fd,
	const struct sockaddr *from, socklen_t length)
{
	struct web *web = context;
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	/* It closes the descriptor when it fails, and tells nobody else. */
	if (MHD_add_connection(web->daemon, fd, from, length) == MHD_YES)
		return;
	refusals_add(web->refusals, REFUSAL_ACCEPT);
	connection_gone(web->connections, connection);
}

/* ---- requests ---- */

static void *request_line_read(void *context, const char *uri, struct MHD_Connection *mhd)
{
	struct web_request *request = mem_new(struct web_request);
	request->web = context;
	request->mhd = mhd;
	request->owners = 1;
	request->host = "";
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

static void request_unref(struct web_request *request)
{
	if (atomic_fetch_sub(&request->owners, 1) == 1)
		request_free(request);
}

static void request_completed(void *context, struct MHD_Connection *mhd, void **request_context,
	enum MHD_RequestTerminationCode code)
{
	struct web *web = context;
	struct web_request *request = *request_context;
	struct connection *connection = connection_of(mhd);
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
	request_unref(request);
}

/* ---- answers ---- */

/* NULL: there is no memory for it. */
static struct MHD_Response *response_of(struct web *web, const char *content_type, struct str body)
{
	/* libmicrohttpd declares the buffer without const, and copies it. */
	struct MHD_Response *response = MHD_create_response_from_buffer(
		body.length, (void *)(uintptr_t)body.at, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return NULL;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
		content_type ? content_type : "application/json");
	if (atomic_load_explicit(&web->is_stopping, memory_order_relaxed))
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	return response;
}

static struct MHD_Response *error_response(struct web *web, const char *reason)
{
	OWNED_TEXT struct text body;
	text_init(&body, 1000);
	text_printf(&body, "{\"error\":\"%s\"}", reason);
	return response_of(web, NULL, text_str(&body));
}

static enum MHD_Result queue(struct web_request *request)
{
	struct connection *connection = connection_of(request->mhd);
	if (request->web->options.only_trusted_stay && !request->is_trusted)
		MHD_add_response_header(request->response, MHD_HTTP_HEADER_CONNECTION, "close");
	atomic_store(&request->state, ANSWER_QUEUED);
	enum MHD_Result result =
		MHD_queue_response(request->mhd, request->status, request->response);
	MHD_destroy_response(request->response);
	request->response = NULL;
	if (request->body.at)
		text_clear(&request->body);
	if (connection)
		connection_is_answered(request->web->connections, connection);
	return result;
}

static enum MHD_Result queue_error(struct web_request *request, unsigned status, const char *reason)
{
	request->response = error_response(request->web, reason);
	if (!request->response)
		return MHD_NO;
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
		MHD_add_response_header(
			request->response, MHD_HTTP_HEADER_RETRY_AFTER, RETRY_AFTER);
	/* What follows the head of a bad request is not a request. */
	if (status != MHD_HTTP_CONTENT_TOO_LARGE)
		MHD_add_response_header(request->response, MHD_HTTP_HEADER_CONNECTION, "close");
	request->status = status;
	return queue(request);
}

static enum MHD_Result refuse(
	struct web_request *request, enum refusal what, unsigned status, const char *reason)
{
	refusals_add(request->web->refusals, what);
	return queue_error(request, status, reason);
}

static enum MHD_Result refuse_size(struct web_request *request)
{
	return refuse(request, REFUSAL_TOO_LARGE, MHD_HTTP_CONTENT_TOO_LARGE,
		"the body is larger than this server takes");
}

/* What the handler, or whoever answered a kept request, has decided by now. */
static enum MHD_Result finish(struct web_request *request)
{
	switch ((enum answer_state)atomic_load(&request->state)) {
	case ANSWER_READY:
		return queue(request);
	case ANSWER_DROPPED:
		return MHD_NO;
	case ANSWER_ABANDONED:
		return queue_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"the server is stopping, and it is not known whether this was done; send "
			"it again");
	case ANSWER_NONE:
	case ANSWER_KEPT:
	case ANSWER_QUEUED:
		break;
	}
	return MHD_YES;
}

/* ---- the head and the body ---- */

static enum MHD_Result add_field(
	void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	http_head_field(context, str_of(name), str_of(value));
	return MHD_YES;
}

static struct arena *arena_of(struct web_request *request)
{
	if (!request->arena)
		request->arena = arena_new();
	return request->arena;
}

static bool check_head(struct web_request *request, const char *version, struct http_head *head)
{
	http_head_line(head, str_of(request->method), str_of(request->target), str_of(version));
	MHD_get_connection_values(request->mhd, MHD_HEADER_KIND, add_field, head);
	if (!http_head_is_good(head))
		return false;
	if (head->authority.length)
		request->host = arena_str(arena_of(request), head->authority);
	return true;
}

/* A client that waits for "100 Continue" has sent nothing, and one that announces a flood is not
 * read. */
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
		return refuse(request, head.status == 413 ? REFUSAL_TOO_LARGE : REFUSAL_MALFORMED,
			head.status, head.reason);
	if (is_refused_unread(request))
		return refuse_size(request);
	text_init(&request->body, request->web->options.body_limit);
	return MHD_YES;
}

/* What is not kept is read all the same, so that its sender hears the answer. */
static void let_go(struct web_request *request)
{
	text_clear(&request->body);
	text_init(&request->body, 1);
}

static enum MHD_Result collect(struct web_request *request, const char *bytes, size_t *count)
{
	struct web *web = request->web;
	struct connection *connection = connection_of(request->mhd);
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
	/* Nobody sends that much by mistake. */
	refusals_add(web->refusals, REFUSAL_TOO_LARGE);
	return MHD_NO;
}

static enum MHD_Result handle(struct web_request *request)
{
	struct web *web = request->web;
	struct connection *connection = connection_of(request->mhd);
	request->is_handled = true;
	atomic_fetch_add(&web->active, 1);
	metric_add(METRIC_requests_total, 1);
	if (connection)
		connection_is_busy(web->connections, connection);
	if (request->is_too_large)
		return refuse_size(request);
	if (request->is_shed)
		return queue_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"too many requests at once; send it again");
	if (atomic_load_explicit(&web->is_stopping, memory_order_relaxed))
		return queue_error(
			request, MHD_HTTP_SERVICE_UNAVAILABLE, "the server is stopping; try again");
	web->handler(request, web->context);
	/* A kept request may have been answered meanwhile, but its connection is suspended until
	 * libmicrohttpd calls again. */
	return request->is_kept ? MHD_YES : finish(request);
}

static enum MHD_Result access_handler(void *context, struct MHD_Connection *mhd, const char *path,
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
		return finish(request);
	return handle(request);
}

/* ---- what handlers see ---- */

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
	IGNORE(MHD_get_connection_values(
		request->mhd, MHD_GET_ARGUMENT_KIND, visit_query, &query)); /* how many */
}

const char *web_query_text(const struct web_request *request)
{
	const char *question = strchr(request->target, '?');
	return question ? question + 1 : "";
}

const char *web_host(const struct web_request *request)
{
	return request->host;
}

const char *web_header(const struct web_request *request, const char *name)
{
	const char *value = MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, name);
	size_t length = value ? strlen(value) : 0, kept = length;
	while (kept && strchr(" \t", value[kept - 1]))
		kept--;
	if (kept == length)
		return value;
	/* RFC 9112, 5.1: they are no part of the value; libmicrohttpd removes those before it. */
	struct web_request *owner = (struct web_request *)(uintptr_t)request;
	return arena_str(arena_of(owner), (struct str){ value, kept });
}

struct str web_body(const struct web_request *request)
{
	return text_str(&request->body);
}

void web_trust(struct web_request *request)
{
	struct connection *connection = connection_of(request->mhd);
	request->is_trusted = true;
	if (connection)
		connection_is_trusted(request->web->connections, connection);
}

/* Under the lock: it is nobody's but libmicrohttpd's from now on. */
static void resume(struct web_request *request, enum answer_state state)
{
	DL_DELETE(request->web->kept, request);
	atomic_store(&request->state, (int)state);
	MHD_resume_connection(request->mhd);
}

void web_keep(struct web_request *request)
{
	struct web *web = request->web;
	if (request->is_kept)
		return;
	request->is_kept = true;
	atomic_fetch_add(&request->owners, 1);
	MHD_suspend_connection(request->mhd);
	pthread_mutex_lock(&web->lock);
	atomic_store(&request->state, ANSWER_KEPT);
	DL_APPEND(web->kept, request);
	if (web->has_abandoned)
		resume(request, ANSWER_ABANDONED);
	pthread_mutex_unlock(&web->lock);
}

void web_reply_header(struct web_request *request, const char *name, const char *value)
{
	if (request->header_count == MOST_HEADERS)
		return;
	request->headers[request->header_count].name = mem_copy_text(name);
	request->headers[request->header_count++].value = mem_copy_text(value);
}

/* The answer of one that was kept: its pool thread may have it at once. */
static void decide_kept(struct web_request *request, enum answer_state state, unsigned status,
	struct MHD_Response *response)
{
	struct web *web = request->web;
	pthread_mutex_lock(&web->lock);
	bool is_heard = atomic_load(&request->state) == ANSWER_KEPT;
	if (is_heard) {
		request->status = status;
		request->response = response;
		resume(request, state);
	}
	pthread_mutex_unlock(&web->lock);
	if (!is_heard && response)
		MHD_destroy_response(response);
	request_unref(request);
}

static void decide(struct web_request *request, enum answer_state state, unsigned status,
	struct MHD_Response *response)
{
	if (request->is_kept) {
		decide_kept(request, state, status, response);
		return;
	}
	request->status = status;
	request->response = response;
	atomic_store(&request->state, (int)state);
}

void web_reply(
	struct web_request *request, unsigned status, const char *content_type, struct str body)
{
	struct MHD_Response *response = response_of(request->web, content_type, body);
	for (size_t i = 0; response && i < request->header_count; i++)
		MHD_add_response_header(
			response, request->headers[i].name, request->headers[i].value);
	decide(request, response ? ANSWER_READY : ANSWER_DROPPED, status, response);
}

void web_drop(struct web_request *request)
{
	decide(request, ANSWER_DROPPED, 0, NULL);
}

/* ---- life ---- */

static unsigned thread_count(const struct web_options *options)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (options->threads)
		return options->threads;
	return processors < 1 ? 1 : processors > MOST_THREADS ? MOST_THREADS : (unsigned)processors;
}

/*
 * libmicrohttpd's log, which is where it tells of a request that it answers by itself, with a page
 * of its own, before any handler knows of it. What else it says is of clients that went away.
 */
static void hear_library(void *context, const char *format, va_list args)
{
	const struct web *web = context;
	const char *number = strchr(format, '%');
	if (!str_starts(str_of(format), "Error processing request") || !number || number[1] != 'u')
		return;
	unsigned status = va_arg(args, unsigned);
	bool is_large = status == MHD_HTTP_CONTENT_TOO_LARGE || status == MHD_HTTP_URI_TOO_LONG ||
			status == MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
	refusals_add(web->refusals, is_large ? REFUSAL_TOO_LARGE : REFUSAL_MALFORMED);
}

/* Its limit is above ours: what we have dropped it has not closed yet. */
static bool start_daemon(struct web *web)
{
	const struct web_options *options = &web->options;
	unsigned threads = thread_count(options),
		 limit = 2 * connections_descriptors(options->connection_limit) + threads;
	struct MHD_OptionItem items[5] = { 0 };
	size_t count = 0;
	if (threads > 1)
		items[count++] = (struct MHD_OptionItem){ MHD_OPTION_THREAD_POOL_SIZE,
			(intptr_t)threads, NULL };
	if (options->tls_certificate) {
		items[count++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0,
			(void *)(uintptr_t)options->tls_certificate };
		items[count++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0,
			(void *)(uintptr_t)options->tls_private_key };
		items[count++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0,
			(void *)(uintptr_t)TLS_VERSIONS };
	}
	items[count] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	unsigned flags = MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_NO_LISTEN_SOCKET |
			 MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
			 (options->tls_certificate ? MHD_USE_TLS : 0);
	web->daemon = MHD_start_daemon(flags, 0, NULL, NULL, access_handler, web,
		MHD_OPTION_EXTERNAL_LOGGER, hear_library, web, MHD_OPTION_CONNECTION_LIMIT, limit,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)(options->request_us / US_PER_SECOND + 1), MHD_OPTION_URI_LOG_CALLBACK,
		request_line_read, web, MHD_OPTION_NOTIFY_COMPLETED, request_completed, web,
		MHD_OPTION_NOTIFY_CONNECTION, connection_changed, web, MHD_OPTION_ARRAY, items,
		MHD_OPTION_END);
	return web->daemon;
}

unsigned web_descriptors(unsigned connection_limit)
{
	/* The listening socket, two eventfds of ours, and a pipe for each thread. */
	return connections_descriptors(connection_limit) + 3 + 2 * MOST_THREADS;
}

unsigned web_connections(unsigned descriptors)
{
	unsigned least = web_descriptors(0);
	unsigned most = descriptors > least ? (descriptors - least) / 5 * 4 : 0;
	return most ? most : 1;
}

static struct web *web_new(const struct web_options *options, web_handler *handler, void *context)
{
	struct web *web = mem_new(struct web);
	web->options = *options;
	web->handler = handler;
	web->context = context;
	pthread_mutex_init(&web->lock, NULL);
	pthread_condattr_t steady;
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&web->changed, &steady);
	pthread_condattr_destroy(&steady);
	/* A text that grows to the limit may have twice the capacity. */
	size_t one_body = 2 * options->body_limit + 64;
	struct connections_limits limits = {
		.most = options->connection_limit,
		.body_bytes = options->bodies_limit > one_body ? options->bodies_limit : one_body,
		.request_us = options->request_us,
	};
	web->refusals = refusals_new(options->name);
	web->connections = connections_new(&limits, web->refusals);
	return web;
}

static bool start_acceptor(struct web *web, int fd, struct error *err)
{
	struct acceptor_options options = {
		.fd = fd,
		.is_tls = web->options.tls_certificate,
		.connections = web->connections,
		.refusals = web->refusals,
		.head_bytes = HEAD_BYTES - HEAD_REST,
		.accepted = accepted,
		.context = web,
	};
	web->acceptor = acceptor_start(&options, err);
	return web->acceptor;
}

struct web *web_start(
	const struct web_options *options, web_handler *handler, void *context, struct error *err)
{
	int fd = listen_open(options->listen, err);
	if (fd < 0)
		return NULL;
	OWNED(web) web = web_new(options, handler, context);
	listen_describe(fd, web->address);
	if (!start_daemon(web)) {
		bool is_tls = options->tls_certificate;
		error_fail(err, is_tls ? ERROR_INPUT : ERROR_SYSTEM, "cannot serve on %s%s",
			options->listen,
			is_tls ? ": are certificate and private key PEM, and a pair?" : "");
		close(fd);
		return NULL;
	}
	if (!start_acceptor(web, fd, err))
		return NULL;
	/* The caller's, who wipes the key. */
	web->options.listen = web->options.tls_certificate = web->options.tls_private_key = NULL;
	return TAKE(web);
}

const char *web_address(const struct web *web)
{
	return web->address;
}

void web_quiesce(struct web *web)
{
	if (web->acceptor)
		acceptor_quiesce(web->acceptor);
}

static void wait_for_answers(struct web *web)
{
	struct timespec at = clock_deadline(STOP_WAIT);
	pthread_mutex_lock(&web->lock);
	while (atomic_load(&web->active) > 0 &&
		pthread_cond_timedwait(&web->changed, &web->lock, &at) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&web->lock);
}

/* Of all that are kept, and of those that a handler is just going to keep. */
static void abandon(struct web *web)
{
	pthread_mutex_lock(&web->lock);
	web->has_abandoned = true;
	while (web->kept)
		resume(web->kept, ANSWER_ABANDONED);
	bool has_more = atomic_load(&web->active) > 0;
	pthread_mutex_unlock(&web->lock);
	if (has_more)
		wait_for_answers(web);
}

void web_stop(struct web *web)
{
	if (!web->daemon)
		return;
	web_quiesce(web);
	atomic_store(&web->is_stopping, true);
	wait_for_answers(web);
	abandon(web);
	/* First: it gives connections to the other one. */
	acceptor_free(TAKE(web->acceptor));
	MHD_stop_daemon(TAKE(web->daemon));
}

void web_free(struct web *web)
{
	if (!web)
		return;
	web_stop(web);
	connections_free(web->connections);
	refusals_free(web->refusals);
	pthread_cond_destroy(&web->changed);
	pthread_mutex_destroy(&web->lock);
	free(web);
}
