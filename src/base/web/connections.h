/*
 * base/web/connections.h - the connections of one listener, and which of them are dropped when
 * there are too many or when one takes too long. Private to base/web/web_inside.h and
 * base/web/acceptor.c.
 *
 * A connection either waits (for its client to send a request or to take an answer) or is busy (its
 * request is being handled). Only waiting connections are dropped, always the one that has waited
 * longest:
 *
 *  - an address from which no request was verified may have at most half of the connections;
 *  - all unverified connections together may have at most three quarters;
 *  - beyond that, and beyond `most`, a new connection replaces the oldest waiting one: an
 *    unverified one if there is any, else a verified one, else one that does not take its answer;
 *  - the bodies of all requests together hold at most `body_bytes`: beyond that the connection with
 *    the oldest unfinished body is dropped;
 *  - a connection that waits longer than `request_us` is dropped.
 *
 * So a client that sends its request at once is served, however many others do not. To drop a
 * connection is to shut its socket down; libmicrohttpd notices and closes it. Until then its
 * descriptor is still in use (connections_are_crowded()).
 *
 * Threads: any; the descriptor must not be closed before connection_gone() was called.
 */
#pragma once
#include "base/web/refusals.h"
#include <stdbool.h>
#include <sys/socket.h>

struct connections;
struct connection;

struct connections_limits {
	unsigned most;
	size_t body_bytes;
	int64_t request_us;
};

struct connections *connections_new(
	const struct connections_limits *limits, struct refusals *refusals);
void connections_free(struct connections *connections);

/* How many descriptors `most` connections need, including those just dropped. */
unsigned connections_descriptors(unsigned most);

/* Makes a place for a new connection, which waits from now on. NULL: all others are busy. */
struct connection *connections_admit(
	struct connections *connections, int fd, const struct sockaddr *peer);
/* The connection that was admitted with this descriptor and is not gone; NULL: none. */
struct connection *connections_find(struct connections *connections, int fd);
/* Drops the oldest waiting connection; false when none waits. */
bool connections_make_room(struct connections *connections);
/* Too many dropped ones are not closed yet: accept nothing for a moment. */
bool connections_are_crowded(struct connections *connections);
/* Drops the connections that took too long. Returns the time until the next may have, in
 * microseconds; -1 when there are no connections. */
int64_t connections_expire(struct connections *connections);
/* Waits, at most `us` microseconds, until every connection was answered and is idle. */
void connections_wait_idle(struct connections *connections, int64_t us);

void connection_is_busy(struct connections *connections, struct connection *connection);
/* Its answer is being sent, and it holds no body any more. */
void connection_is_answered(struct connections *connections, struct connection *connection);
/* It waits again, for its next request. */
void connection_is_idle(struct connections *connections, struct connection *connection);
/* A verified sender sent its request: it is not counted as unverified any more. */
void connection_is_trusted(struct connections *connections, struct connection *connection);
/* It holds this much of a body now. False: there is no room, and the caller drops the body. */
bool connection_holds(
	struct connections *connections, struct connection *connection, size_t body_bytes);
void connection_gone(struct connections *connections, struct connection *connection);
