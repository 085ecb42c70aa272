/*
 * base/web/transport.h - HTTP requests of ours, on one curl multi handle: to Tableau, and to those
 * who want to be notified. Redirects are not followed, certificates are verified, and the
 * environment's proxies are not used.
 *
 * A callback runs inside transport_step(), exactly once for each request.
 */
#pragma once
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"

/* A longer Retry-After is cut to this: Tableau's limits have a window of an hour
 * (src/tableau/README.md, Limits), and a wrong header should not cost a day. */
#define MOST_RETRY_AFTER (3600 * US_PER_SECOND)

struct transport;

/* all functions accept NULL, which behaves as a transport without requests */
struct transport *transport_new(void);
/* Keeps up to this many connections open between requests, within bounds. */
void transport_keep(struct transport *transport, int64_t connections);
void transport_free(struct transport *transport); /* open requests fail */

enum method { METHOD_GET, METHOD_POST, METHOD_PUT };

struct transport_header {
	const char *name; /* NULL: none */
	struct str value; /* may be a secret: its copies are wiped */
};
#define TRANSPORT_HEADERS 2

struct transport_request {
	enum method method;
	const char *url;
	/* beside Accept, Content-Type and User-Agent; borrowed for the call */
	struct transport_header headers[TRANSPORT_HEADERS];
	struct secret *
		body; /* taken, and wiped when sent, because a sign-in holds a secret; NULL: none */
	bool at_most_once; /* libcurl must not send it again by itself */
	const void *owner; /* for transport_drop(); NULL: none */
	int64_t timeout_ms;
	/* of the reply's body so much is kept, and the rest dropped; 0: a body of more than 16 MiB
	 * fails */
	size_t reply_bytes;
	const char *ca_file,
		*proxy; /* borrowed until the reply; NULL: the system's authorities, no proxy */
};

/* Valid during the callback. */
struct transport_reply {
	bool is_answered;    /* there is a complete HTTP answer; never a proxy's to CONNECT */
	bool may_be_sent;    /* not answered, but bytes may have been sent */
	const char *failure; /* not answered: why, and what a person can do */
	/* the same in libcurl's fixed words, which name no host, for an address that is a secret */
	const char *failure_kind;
	int http_status;
	struct str body;
	bool is_too_large;
	/* Retry-After: seconds or a date, at most MOST_RETRY_AFTER; 0: none */
	int64_t retry_after_us;
	struct told_time told; /* the Date header, even if the body was cut off */
	const char *location;  /* of a redirect, which is never followed; "" when none */
	struct wall asked_at;
};

typedef void reply_done(const struct transport_reply *reply, void *context);

/* Does nobody between here and there read what is sent to `url`: is it https, or on loopback? By
 * libcurl's own reading, so false for what it would not send to. */
bool transport_is_private(const char *url);
void transport_send(struct transport *transport, struct transport_request request,
	reply_done *callback, void *context);
/* Waits for the network, `wake_fd` or the time-out, then runs callbacks. */
void transport_step(struct transport *transport, int timeout_ms, int wake_fd);
size_t transport_in_flight(const struct transport *transport);
/* Nothing more is sent of the owner's requests in flight: they fail, with callbacks inside this
 * call. Not inside a callback. */
void transport_drop(struct transport *transport, const void *owner);
bool transport_is_asking(const struct transport *transport, const void *owner);
