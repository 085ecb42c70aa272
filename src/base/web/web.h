/*
 * base/web/web.h - an HTTP/1.1 server: the one place that knows libmicrohttpd. Intake, admin and
 * the sandbox are handlers on top of it.
 *
 * A pool of threads with poll(2), never epoll: libmicrohttpd 0.9.75 and 1.0.1 can stop serving for
 * good when one epoll_wait returns exactly 128 events. The body is collected within a bound before
 * the handler runs. Requests that take too long, are too many or too large (base/web/connections.h)
 * or violate HTTP (base/web/http.h) are refused before the handler, counted and logged
 * (base/web/refusals.h). Handlers run on pool threads, several at once.
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
#include "base/web/peer.h"

struct web;
struct web_request;

struct web_options {
	/* "127.0.0.1:8081", "[::1]:0", ":8080" (all addresses), "localhost:0"; port 0: any free
	 * one. Or "unix:PATH", which web_quiesce() removes. */
	const char *listen;
	/* A listening socket that is there already, which web_start() takes; 0: it opens one. */
	int socket;
	unsigned unix_mode;     /* permission bits of PATH */
	const char *unix_group; /* name or number of PATH's group; NULL: the process's */
	const char *name;       /* the listener's in log and metrics; NULL: it is in neither */
	unsigned threads;       /* pool size; 0: one for each processor, at most 8 */
	size_t body_limit;      /* a larger body gets a 413 */
	size_t bodies_limit;    /* memory of all bodies together; at least one body has room */
	unsigned connection_limit;
	/* A connection is closed when a request's head and body are not complete after this time,
	 * or when it is idle for this time. Taking an answer may last six times as long. */
	int64_t request_us;
	/*
	 * A connection ends with the first request that was not web_trust()ed. libmicrohttpd can
	 * misread where a request ends (base/web/http.h) and take its rest for the next one; behind
	 * a gateway, the answer to that would go to another client.
	 */
	bool only_trusted_stay;
	/* PEM texts, or both NULL: no TLS. They are not kept. */
	const char *tls_certificate, *tls_private_key;
};

typedef void web_handler(struct web_request *request, void *context);

/*
 * ERROR_INPUT when the address, the certificate or the key is wrong; ERROR_TRANSIENT or
 * ERROR_SYSTEM when it may work later (the port is taken). The handler may run before this returns.
 */
struct web *web_start(const struct web_options *options, web_handler *handler, void *context,
	struct error *err) MUST_USE;
/* "127.0.0.1:40123": the address that it is bound to. Lives as long as `web`. */
const char *web_address(const struct web *web);
/* New connections get this certificate; without TLS nothing changes. False: they are no pair, and
 * everything stays as it is. Called by one thread at a time. */
bool web_renew(struct web *web, const char *tls_certificate, const char *tls_private_key,
	struct error *err) MUST_USE;
/* Accepts no new connections from now on; existing ones may finish. */
void web_quiesce(struct web *web);
/*
 * Ends all connections and threads. Kept requests that are not answered within some seconds get a
 * 503. Their keepers must still call web_reply() before web_free(), and may do nothing else with
 * them.
 */
void web_stop(struct web *web);
void web_free(struct web *web); /* stops if still running */
OWNED_DEFINE(web)
/* The descriptors that a listener with this many connections needs, its own included; and the most
 * connections (at least one) that this many descriptors allow. */
unsigned web_descriptors(unsigned connection_limit);
unsigned web_connections(unsigned descriptors);

/* false: enough */
typedef bool web_query_visit(const char *name, const char *value, void *context);

const char *web_method(const struct web_request *request); /* "GET", "POST", as sent */
const char *web_path(const struct web_request *request);   /* decoded, without host and query */
/* "router.example.com:8081": the host and port that the sender wrote; "" when an HTTP/1.0 request
 * names none. */
const char *web_host(const struct web_request *request);
/* decoded; NULL when absent */
const char *web_query(const struct web_request *request, const char *name);
/* Each argument of the query in its order, decoded; `value` is "" when it has none. */
void web_each_query(const struct web_request *request, web_query_visit *visit, void *context);
/* "a=b&c=%2C", as sent, without '?'; "" when none */
const char *web_query_text(const struct web_request *request);
const char *web_header(const struct web_request *request,
	const char *name); /* name without case; NULL when absent; no blanks at its ends */
struct str web_body(const struct web_request *request);
/* Who sent it; a proxy, if there is one. */
void web_peer(const struct web_request *request, struct peer_about *peer);

/* The sender is verified: its connection is not counted as unverified any more, and stays open
 * under `only_trusted_stay`. Call it in the handler, before web_keep(). */
void web_trust(struct web_request *request);
/* Keeping a request twice changes nothing. */
void web_keep(struct web_request *request);
/* Sets a header of the answer; call it before web_reply(). */
void web_reply_header(struct web_request *request, const char *name, const char *value);
/* Sends; the body is copied. content_type NULL: application/json. */
void web_reply(
	struct web_request *request, unsigned status, const char *content_type, struct str body);
/* As web_reply() to a kept request, but the answer goes when web_wake() is called next: who answers
 * many at a time wakes each thread of the pool once, and not once for each answer. */
void web_reply_unwoken(
	struct web_request *request, unsigned status, const char *content_type, struct str body);
void web_wake(struct web *web);
struct web *web_of(const struct web_request *request);
/* Its name, or NULL. */
const char *web_listener(const struct web_request *request);
/* Closes the connection without a byte of answer, for the sandbox's dropped connections. */
void web_drop(struct web_request *request);
