/*
 * base/web/web.c - a listener's life: it starts libmicrohttpd and the acceptor that gives it
 * connections, and stops both when the answers that are on their way have left.
 */
#include "base/clock.h"
#include "base/thread.h"
#include "base/web/tls.h"
#include "base/web/web_inside.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* libmicrohttpd's memory for one connection: head and buffers. It is wiped after each request. */
#define HEAD_BYTES ((size_t)16 << 10)
/* The part of HEAD_BYTES that is not for the request's head: lists of fields, and the answer's
 * head. */
#define HEAD_REST ((size_t)4 << 10)
#define MOST_THREADS 8
#define LAST_REQUESTS (1 * US_PER_SECOND) /* of connections that were accepted before a stop */
#define STOP_WAIT (5 * US_PER_SECOND)     /* for answers that are being sent */
#define TLS_VERSIONS "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" /* gnutls, "Priority Strings" */

/* ---- connections ---- */

struct connection *web_connection_of(struct MHD_Connection *mhd)
{
	return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* libmicrohttpd reports the end before it closes the descriptor. */
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
	/* On failure it closes the descriptor, without a notification. */
	if (MHD_add_connection(web->daemon, fd, from, length) == MHD_YES)
		return;
	refusals_add(web->refusals, REFUSAL_ACCEPT);
	connection_gone(web->connections, connection);
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
 * Reads libmicrohttpd's log: only there does it report a request that it refuses itself, before any
 * handler is called. Its other lines are about clients that went away.
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

/* libmicrohttpd's limit is above ours, because it may not yet have closed what we have dropped. */
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
	if (web->tls) {
		items[count++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_CERT_CALLBACK, 0,
			(void *)tls_function(web->tls) };
		items[count++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0,
			(void *)(uintptr_t)TLS_VERSIONS };
	}
	items[count] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	unsigned flags = MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_NO_LISTEN_SOCKET |
			 MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
			 (web->tls ? MHD_USE_TLS : 0);
	web->daemon = MHD_start_daemon(flags, 0, NULL, NULL, web_request_access, web,
		MHD_OPTION_EXTERNAL_LOGGER, hear_library, web, MHD_OPTION_CONNECTION_LIMIT, limit,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)(options->request_us / US_PER_SECOND + 1), MHD_OPTION_URI_LOG_CALLBACK,
		web_request_new, web, MHD_OPTION_NOTIFY_COMPLETED, web_request_completed, web,
		MHD_OPTION_NOTIFY_CONNECTION, connection_changed, web, MHD_OPTION_ARRAY, items,
		MHD_OPTION_END);
	return web->daemon;
}

unsigned web_descriptors(unsigned connection_limit)
{
	/* Plus the listening socket, two eventfds of ours, and a pipe for each thread. */
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
	thread_condition_init(&web->changed);
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
		.is_inherited = web->options.socket,
		.is_tls = web->tls,
		.connections = web->connections,
		.refusals = web->refusals,
		.head_bytes = HEAD_BYTES - HEAD_REST,
		.accepted = accepted,
		.context = web,
	};
	web->acceptor = acceptor_start(&options, err);
	return web->acceptor;
}

static int open_socket(struct web *web, struct error *err)
{
	const struct web_options *options = &web->options;
	const char *path = listen_unix_path(options->listen);
	if (options->socket)
		return listen_adopt(options->socket, err);
	if (!path)
		return listen_open(options->listen, err);
	struct listen_unix file = { path, options->unix_mode, options->unix_group };
	int fd = listen_unix_open(&file, &web->unix_mark, err);
	if (fd >= 0)
		web->unix_path = mem_copy_text(path);
	return fd;
}

/* While the socket is open, or another process could take the file for a dead one's. */
static void remove_file(struct web *web)
{
	if (web->unix_path)
		listen_unix_remove(web->unix_path, &web->unix_mark);
	free(TAKE(web->unix_path));
}

struct web *web_start(
	const struct web_options *options, web_handler *handler, void *context, struct error *err)
{
	OWNED(web) web = web_new(options, handler, context);
	if (options->tls_certificate) {
		web->tls = tls_new(options->tls_certificate, options->tls_private_key, err);
		if (!web->tls)
			return NULL;
	}
	int fd = open_socket(web, err);
	if (fd < 0)
		return NULL;
	listen_describe(fd, web->address);
	if (!start_daemon(web)) {
		error_fail(err, ERROR_SYSTEM, "cannot serve on %s", options->listen);
		remove_file(web);
		close(fd);
		return NULL;
	}
	if (!start_acceptor(web, fd, err))
		return NULL;
	/* They are the caller's, who wipes the key. */
	web->options.listen = web->options.tls_certificate = web->options.tls_private_key = NULL;
	web->options.unix_group = NULL;
	return TAKE(web);
}

bool web_renew(struct web *web, const char *tls_certificate, const char *tls_private_key,
	struct error *err)
{
	return !web->tls || tls_renew(web->tls, tls_certificate, tls_private_key, err);
}

const char *web_address(const struct web *web)
{
	return web->address;
}

void web_quiesce(struct web *web)
{
	remove_file(web);
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

void web_stop(struct web *web)
{
	if (!web->daemon)
		return;
	web_quiesce(web);
	atomic_store(&web->is_closing, true);
	/* Who was let in is answered if the request comes soon: a restart is no reason to fail. */
	connections_wait_idle(web->connections, LAST_REQUESTS);
	atomic_store(&web->is_stopping, true);
	wait_for_answers(web);
	web_answer_abandon(web);
	if (atomic_load(&web->active) > 0)
		wait_for_answers(web);
	/* First, because it gives connections to libmicrohttpd. */
	acceptor_free(TAKE(web->acceptor));
	MHD_stop_daemon(TAKE(web->daemon));
}

void web_free(struct web *web)
{
	if (!web)
		return;
	web_stop(web);
	remove_file(web);
	tls_free(web->tls);
	connections_free(web->connections);
	refusals_free(web->refusals);
	pthread_cond_destroy(&web->changed);
	pthread_mutex_destroy(&web->lock);
	free(web);
}
