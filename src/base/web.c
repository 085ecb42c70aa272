/*
 * base/web.c - the one place that knows libmicrohttpd.
 *
 * A connection:  idle --request complete--> busy --answered--> idle ... closed
 * It carries a deadline while idle: what is not a complete request by then (a client that says
 * nothing, or drips) is shut down by the sweeper. libmicrohttpd's own timeout is one of inactivity,
 * which a byte a second satisfies.
 *
 * A request: made when its line was read, collects its body, runs the handler once, is answered,
 * freed when libmicrohttpd has completed it. A kept one is a suspended connection; its answer
 * resumes it, and the access handler queues what was stored.
 */
#include "base/web.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/listen.h"
#include "base/thread.h"
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_BYTES                                                                                 \
	((size_t)16 << 10) /* MHD's memory for one connection: head, and its buffers; it wipes all \
			      of it after each request */
#define MOST_THREADS 8
#define MOST_HEADERS 8
#define DRAIN_FACTOR                                                                               \
	16 /* so much of a body that is too large is read, so that its sender sees the 413 */
#define STOP_WAIT (5 * US_PER_SECOND) /* for answers that are on their way */
#define NEVER INT64_MAX

struct connection {
	struct connection *next, *previous;
	int fd;
	atomic_llong
		deadline; /* microseconds of struct mono; NEVER while a request is being handled */
};

enum answer_state { ANSWER_NONE, ANSWER_KEPT, ANSWER_READY, ANSWER_QUEUED, ANSWER_DROPPED };

struct web_request {
	struct web *web;
	struct MHD_Connection *mhd;
	const char *method, *path;
	char *query; /* as sent, or NULL */
	struct text body;
	size_t drained;
	bool has_begun, is_handled, is_kept, is_too_large;
	atomic_int state; /* enum answer_state */
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
	int quiesced_fd; /* ours to close; -1: still libmicrohttpd's */
	pthread_t sweeper;
	pthread_mutex_t lock; /* of the list, and of what follows it */
	pthread_cond_t changed;
	struct connection *connections;
	bool is_ending;
	atomic_bool is_stopping;
	atomic_llong active, requests, refused;
	atomic_uint connection_count;
};

/* ---- connections and their deadlines ---- */

static void arm(struct connection *connection, const struct web *web)
{
	atomic_store_explicit(&connection->deadline,
		mono_plus(clock_mono(), web->options.request_us).us, memory_order_relaxed);
}

static void disarm(struct connection *connection)
{
	atomic_store_explicit(&connection->deadline, NEVER, memory_order_relaxed);
}

static void connection_begun(struct web *web, struct MHD_Connection *mhd, void **socket_context)
{
	struct connection *connection = mem_new(struct connection);
	int on = 1;
	connection->fd =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	arm(connection, web);
	*socket_context = connection;
	atomic_fetch_add(&web->connection_count, 1);
	pthread_mutex_lock(&web->lock);
	connection->next = web->connections;
	if (connection->next)
		connection->next->previous = connection;
	else
		pthread_cond_signal(&web->changed);
	web->connections = connection;
	pthread_mutex_unlock(&web->lock);
}

/* Runs before libmicrohttpd closes the descriptor, so that the sweeper never shuts down somebody
 * else's. */
static void connection_ended(struct web *web, struct connection *connection)
{
	pthread_mutex_lock(&web->lock);
	if (connection->previous)
		connection->previous->next = connection->next;
	else
		web->connections = connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	pthread_mutex_unlock(&web->lock);
	atomic_fetch_sub(&web->connection_count, 1);
	free(connection);
}

static void connection_changed(void *context, struct MHD_Connection *mhd, void **socket_context,
	enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		connection_begun(context, mhd, socket_context);
	else if (*socket_context)
		connection_ended(context, *socket_context);
}

static struct connection *connection_of(struct MHD_Connection *mhd)
{
	return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static void sweep_once(struct web *web)
{
	int64_t now = clock_mono().us;
	for (struct connection *connection = web->connections; connection;
		connection = connection->next) {
		if (atomic_load_explicit(&connection->deadline, memory_order_relaxed) > now)
			continue;
		disarm(connection);
		atomic_fetch_add(&web->refused, 1); /* before the client can notice */
		shutdown(connection->fd, SHUT_RDWR);
	}
}

static void *sweep(void *context)
{
	struct web *web = context;
	pthread_mutex_lock(&web->lock);
	while (!web->is_ending) {
		if (!web->connections) {
			pthread_cond_wait(&web->changed, &web->lock);
			continue;
		}
		sweep_once(web);
		struct timespec at = clock_deadline(web->options.request_us / 4 + US_PER_MS);
		pthread_cond_timedwait(&web->changed, &web->lock, &at);
	}
	pthread_mutex_unlock(&web->lock);
	return NULL;
}

/* ---- requests ---- */

static void *request_line_read(void *context, const char *uri, struct MHD_Connection *mhd)
{
	struct web_request *request = mem_new(struct web_request);
	const char *question = strchr(uri, '?');
	request->web = context;
	request->mhd = mhd;
	/* libmicrohttpd decodes its own copy in place: what was sent is kept here. */
	request->query = question ? mem_copy_text(question + 1) : NULL;
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
	free(request->query);
	free(request);
}

static void request_completed(void *context, struct MHD_Connection *mhd, void **request_context,
	enum MHD_RequestTerminationCode code)
{
	struct web *web = context;
	struct web_request *request = *request_context;
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
	struct connection *connection = connection_of(mhd);
	if (connection)
		arm(connection, web);
	request_free(request);
}

static void reply_error(struct web_request *request, unsigned status, const char *reason)
{
	OWNED_TEXT struct text body;
	text_init(&body, 1000);
	text_printf(&body, "{\"error\":\"%s\"}", reason);
	atomic_fetch_add(&request->web->refused, 1);
	web_reply(request, status, NULL, text_str(&body));
}

static enum MHD_Result queue(struct web_request *request)
{
	atomic_store(&request->state, ANSWER_QUEUED);
	enum MHD_Result result =
		MHD_queue_response(request->mhd, request->status, request->response);
	MHD_destroy_response(request->response);
	request->response = NULL;
	return result;
}

/* What the handler, or whoever answered a kept request, has decided by now. */
static enum MHD_Result finish(struct web_request *request)
{
	switch ((enum answer_state)atomic_load(&request->state)) {
	case ANSWER_READY:
		return queue(request);
	case ANSWER_DROPPED:
		return MHD_NO;
	case ANSWER_NONE:
	case ANSWER_KEPT:
	case ANSWER_QUEUED:
		break;
	}
	return MHD_YES;
}

static enum MHD_Result begin(struct web_request *request, const char *method, const char *path)
{
	int64_t length = 0;
	const char *told = web_header(request, "Content-Length");
	request->has_begun = true;
	request->method = method;
	request->path = path;
	if (told && !str_to_count(str_of(told), &length))
		length = INT64_MAX;
	request->is_too_large = length > (int64_t)request->web->options.body_limit;
	/* A client that waits for "100 Continue" has sent nothing, and one that announces a flood
	 * is not read. */
	bool is_refused =
		request->is_too_large &&
		(web_header(request, "Expect") ||
			length / DRAIN_FACTOR > (int64_t)request->web->options.body_limit);
	if (is_refused) {
		reply_error(request, MHD_HTTP_CONTENT_TOO_LARGE,
			"the body is larger than this server takes");
		return finish(request);
	}
	text_init(&request->body, request->web->options.body_limit);
	return MHD_YES;
}

static enum MHD_Result collect(struct web_request *request, const char *bytes, size_t *count)
{
	if (!request->is_too_large && !text_add_bytes(&request->body, bytes, *count))
		request->is_too_large = true;
	request->drained += *count;
	*count = 0;
	/* Nobody sends that much by mistake. */
	return request->drained / DRAIN_FACTOR > request->web->options.body_limit ? MHD_NO
										  : MHD_YES;
}

static void handle(struct web_request *request)
{
	struct web *web = request->web;
	struct connection *connection = connection_of(request->mhd);
	request->is_handled = true;
	atomic_fetch_add(&web->active, 1);
	atomic_fetch_add_explicit(&web->requests, 1, memory_order_relaxed);
	if (connection)
		disarm(connection);
	if (request->is_too_large)
		reply_error(request, MHD_HTTP_CONTENT_TOO_LARGE,
			"the body is larger than this server takes");
	else if (atomic_load_explicit(&web->is_stopping, memory_order_relaxed))
		reply_error(
			request, MHD_HTTP_SERVICE_UNAVAILABLE, "the server is stopping; try again");
	else
		web->handler(request, web->context);
}

static enum MHD_Result access_handler(void *context, struct MHD_Connection *mhd, const char *path,
	const char *method, const char *version, const char *bytes, size_t *count,
	void **request_context)
{
	struct web_request *request = *request_context;
	(void)context;
	(void)mhd;
	(void)version;
	if (!request->has_begun)
		return begin(request, method, path);
	if (*count)
		return collect(request, bytes, count);
	if (request->is_handled || atomic_load(&request->state) != ANSWER_NONE)
		return finish(request);
	handle(request);
	/* A kept request may have been answered meanwhile, but its connection is suspended until
	 * libmicrohttpd calls again. */
	return request->is_kept ? MHD_YES : finish(request);
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

const char *web_query_text(const struct web_request *request)
{
	return request->query ? request->query : "";
}

const char *web_header(const struct web_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, name);
}

struct str web_body(const struct web_request *request)
{
	return text_str(&request->body);
}

void web_keep(struct web_request *request)
{
	request->is_kept = true;
	atomic_store(&request->state, ANSWER_KEPT);
	MHD_suspend_connection(request->mhd);
}

void web_reply_header(struct web_request *request, const char *name, const char *value)
{
	if (request->header_count == MOST_HEADERS)
		return;
	request->headers[request->header_count].name = mem_copy_text(name);
	request->headers[request->header_count++].value = mem_copy_text(value);
}

/* After this a kept request belongs to its pool thread again, which may free it at once. */
static void decide(struct web_request *request, enum answer_state state)
{
	struct MHD_Connection *mhd = request->mhd;
	bool was_kept = atomic_exchange(&request->state, (int)state) == ANSWER_KEPT;
	if (was_kept)
		MHD_resume_connection(mhd);
}

void web_reply(
	struct web_request *request, unsigned status, const char *content_type, struct str body)
{
	/* libmicrohttpd declares the buffer without const, and copies it. */
	request->response = MHD_create_response_from_buffer(
		body.length, (void *)(uintptr_t)body.at, MHD_RESPMEM_MUST_COPY);
	if (!request->response)
		abort();
	MHD_add_response_header(request->response, MHD_HTTP_HEADER_CONTENT_TYPE,
		content_type ? content_type : "application/json");
	for (size_t i = 0; i < request->header_count; i++)
		MHD_add_response_header(
			request->response, request->headers[i].name, request->headers[i].value);
	if (atomic_load_explicit(&request->web->is_stopping, memory_order_relaxed))
		MHD_add_response_header(request->response, MHD_HTTP_HEADER_CONNECTION, "close");
	request->status = status;
	decide(request, ANSWER_READY);
}

void web_drop(struct web_request *request)
{
	decide(request, ANSWER_DROPPED);
}

/* ---- life ---- */

static unsigned thread_count(const struct web_options *options)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (options->threads)
		return options->threads;
	return processors < 1 ? 1 : processors > MOST_THREADS ? MOST_THREADS : (unsigned)processors;
}

static void silent(void *context, const char *format, va_list args)
{
	(void)context;
	(void)format;
	(void)args;
}

static bool start_daemon(struct web *web, int fd)
{
	const struct web_options *options = &web->options;
	unsigned threads = thread_count(options), connections = options->connection_limit;
	if (connections < threads)
		connections = threads;
	struct MHD_OptionItem items[4] = { 0 };
	size_t count = 0;
	if (threads > 1)
		items[count++] = (struct MHD_OptionItem){ MHD_OPTION_THREAD_POOL_SIZE,
			(intptr_t)threads, NULL };
	if (options->tls_certificate) {
		items[count++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0,
			(void *)(uintptr_t)options->tls_certificate };
		items[count++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0,
			(void *)(uintptr_t)options->tls_private_key };
	}
	items[count] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	unsigned flags = MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_ERROR_LOG | (options->tls_certificate ? MHD_USE_TLS : 0);
	web->daemon = MHD_start_daemon(flags, 0, NULL, NULL, access_handler, web,
		MHD_OPTION_EXTERNAL_LOGGER, silent, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		HEAD_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)(options->request_us / US_PER_SECOND + 1), MHD_OPTION_URI_LOG_CALLBACK,
		request_line_read, web, MHD_OPTION_NOTIFY_COMPLETED, request_completed, web,
		MHD_OPTION_NOTIFY_CONNECTION, connection_changed, web, MHD_OPTION_ARRAY, items,
		MHD_OPTION_END);
	return web->daemon;
}

struct web *web_start(
	const struct web_options *options, web_handler *handler, void *context, struct error *err)
{
	int fd = listen_open(options->listen, err);
	if (fd < 0)
		return NULL;
	struct web *web = mem_new(struct web);
	web->options = *options;
	web->handler = handler;
	web->context = context;
	web->quiesced_fd = -1;
	pthread_mutex_init(&web->lock, NULL);
	pthread_condattr_t steady;
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&web->changed, &steady);
	pthread_condattr_destroy(&steady);
	listen_describe(fd, web->address);
	if (!thread_start(&web->sweeper, THREAD_ANY, "web-sweeper", sweep, web, err)) {
		close(fd);
		free(web);
		return NULL;
	}
	if (!start_daemon(web, fd)) {
		error_fail(err, ERROR_INPUT, "cannot serve on %s%s", options->listen,
			options->tls_certificate
				? ": are certificate and private key PEM, and a pair?"
				: "");
		close(fd);
		web_free(web);
		return NULL;
	}
	web->options.tls_certificate = web->options.tls_private_key =
		NULL; /* the caller wipes them */
	return web;
}

const char *web_address(const struct web *web)
{
	return web->address;
}

void web_quiesce(struct web *web)
{
	if (web->quiesced_fd < 0)
		web->quiesced_fd = MHD_quiesce_daemon(web->daemon);
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

void web_stop(struct web *web)
{
	if (web->daemon) {
		web_quiesce(web);
		atomic_store(&web->is_stopping, true);
		wait_for_answers(web);
		MHD_stop_daemon(web->daemon);
		web->daemon = NULL;
		if (web->quiesced_fd >= 0)
			close(web->quiesced_fd);
	}
	pthread_mutex_lock(&web->lock);
	bool was_ending = web->is_ending;
	web->is_ending = true;
	pthread_cond_broadcast(&web->changed);
	pthread_mutex_unlock(&web->lock);
	if (!was_ending)
		pthread_join(web->sweeper, NULL);
}

void web_free(struct web *web)
{
	if (!web)
		return;
	web_stop(web);
	pthread_cond_destroy(&web->changed);
	pthread_mutex_destroy(&web->lock);
	free(web);
}

struct web_counts web_counts(const struct web *web)
{
	/* The counters are written by other threads; reading them changes nothing. */
	struct web *live = (struct web *)(uintptr_t)web;
	return (struct web_counts){ atomic_load(&live->requests), atomic_load(&live->refused),
		atomic_load(&live->connection_count) };
}
