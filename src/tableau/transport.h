/*
 * tableau/transport.h - HTTP requests on one curl multi handle, and the timers of those who wait.
 * Knows nothing of Tableau but that replies are bounded. Private to tableau/.
 *
 * A callback runs inside transport_step(), exactly once for each request and each timer.
 */
#pragma once
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"

/* Whoever asks us to wait longer is asked again then: the window of Tableau's own limits is an hour
 * (README.md, Limits), and no mistake over there should cost a day. */
#define MOST_RETRY_AFTER (3600 * US_PER_SECOND)

struct transport;

struct transport *transport_new(
	void); /* every function takes a NULL transport for one without requests */
/* So many connections stay open between two requests, within bounds. */
void transport_keep(struct transport *transport, int64_t connections);
void transport_free(struct transport *transport); /* requests in flight are answered as failed */

enum method { METHOD_GET, METHOD_POST, METHOD_PUT };

struct request {
	enum method method;
	const char *url;
	struct secret *token; /* X-Tableau-Auth; borrowed for the call; NULL: none */
	struct secret
		*body; /* taken: wiped when sent, because a sign-in holds a secret; NULL: none */
	bool at_most_once; /* never sent a second time by the library itself */
	int64_t timeout_ms;
	const char *ca_file,
		*proxy; /* borrowed until the reply; NULL: the system's authorities, no proxy */
};

/* Valid during the callback. */
struct reply {
	bool is_answered;    /* a whole HTTP answer is here; never a proxy's to CONNECT */
	bool may_be_sent;    /* not answered, but bytes have left */
	const char *failure; /* not answered: why, and what a person can do */
	int http_status;
	struct str body;
	bool is_too_large;
	int64_t retry_after_us; /* Retry-After: seconds or a date, at most MOST_RETRY_AFTER; 0:
				   none */
	struct told_time told;  /* Date, between asking and reading it; also when the body broke */
	const char *location;   /* of a redirect, which is never followed; "" when none */
	struct wall asked_at;
};

typedef void reply_done(const struct reply *reply, void *context);

void transport_send(
	struct transport *transport, struct request request, reply_done *callback, void *context);
/* Waits for the network, `wake_fd` or the time-out, then runs callbacks. */
void transport_step(struct transport *transport, int timeout_ms, int wake_fd);
size_t transport_in_flight(const struct transport *transport);
