/*
 * base/web.h - an HTTP/1.1 server: the one place that knows libmicrohttpd. Intake, admin and the
 * sandbox are handlers on top of it.
 *
 * A pool of threads with poll(2), never epoll: libmicrohttpd 0.9.75 and 1.0.1 can stop serving for
 * good when one epoll_wait returns exactly 128 events. The body is collected within a bound before
 * the handler runs; a head or body that takes too long, or one connection too many, is refused
 * without reaching it. Handlers run on pool threads, several at once.
 *
 * A handler answers at once with web_reply(), or keeps the request: it calls web_keep(), returns,
 * and web_reply() from any thread finishes it later. Every request is answered exactly once; after
 * web_reply() it is gone.
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"

struct web;
struct web_request;

struct web_options {
	const char *listen; /* "127.0.0.1:8081", "[::1]:0", ":8080" (all addresses), "localhost:0";
			       port 0: any free one */
	unsigned threads;   /* pool size; 0: one a processor, at most 8 */
	size_t body_limit;  /* a larger body gets a 413 */
	unsigned connection_limit; /* over all threads */
	int64_t request_us; /* a request whose head and body are not complete by then loses its
			       connection; also the idle limit */
	const char *tls_certificate; /* PEM text, NULL: no TLS */
	const char
		*tls_private_key; /* PEM text; kept by nobody after web_start() but libmicrohttpd */
	/* Answers for what never reaches the handler (413, 400 from us); NULL: a JSON {"error":
	 * reason}. */
};

typedef void web_handler(struct web_request *request, void *context);

/* ERROR_INPUT when the address is wrong or taken. The handler may run before this returns. */
struct web *web_start(const struct web_options *options, web_handler *handler, void *context,
	struct error *err) MUST_USE;
/* "127.0.0.1:40123": the address that it really has. Lives as long as `web`. */
const char *web_address(const struct web *web);
/* No new connections from now on; those that there are may finish. */
void web_quiesce(struct web *web);
/* Ends all connections and threads; every kept request must have been answered. */
void web_stop(struct web *web);
void web_free(struct web *web); /* stops if still running */
OWNED_DEFINE(web)
/* Counts since start, for metrics: requests handled, refused for size or time or number of
 * connections. */
struct web_counts {
	int64_t requests, refused;
	unsigned connections;
};
struct web_counts web_counts(const struct web *web);

const char *web_method(const struct web_request *request); /* "GET", "POST", as sent */
const char *web_path(const struct web_request *request);   /* decoded, without the query */
const char *web_query(
	const struct web_request *request, const char *name); /* decoded; NULL when absent */
const char *web_query_text(
	const struct web_request *request); /* "a=b&c=%2C", as sent, without '?'; "" when none */
const char *web_header(const struct web_request *request,
	const char *name); /* case-insensitive name; NULL when absent */
struct str web_body(const struct web_request *request);

void web_keep(struct web_request *request);
/* A header of the answer; before web_reply(). */
void web_reply_header(struct web_request *request, const char *name, const char *value);
/* Sends; the body is copied. content_type NULL: application/json. */
void web_reply(
	struct web_request *request, unsigned status, const char *content_type, struct str body);
/* Closes the connection without a byte of answer: the sandbox's dropped connections. */
void web_drop(struct web_request *request);
