/*
 * base/connections.h - who may stay: the connections of one listener, and which of them goes when
 * there are too many or when one takes too long. Private to base/web_inside.h and base/acceptor.c.
 *
 * A connection is waited for (for a request, or until its answer has been taken) or busy (a request
 * of it is being handled). Only those that are waited for are ever dropped, and always the one that
 * has been waited for longest:
 *
 *  - one address may have at most half of the connections, while nothing that it said was verified;
 *  - all that are not verified may have at most three quarters;
 *  - beyond that, and beyond `most`, a new connection takes the place of the oldest one that waits:
 *    one that is not verified, else a verified one, else one that does not take its answer;
 *  - the bodies of all requests together hold at most `body_bytes`: beyond that the oldest
 *    unfinished one goes;
 *  - who is waited for longer than `request_us` goes.
 *
 * So a client that says at once what it has to say is served however many there are that do not. To
 * drop is to shut the socket down: libmicrohttpd finds that out and closes it. Until then its
 * descriptor is still in use (connections_are_crowded()).
 *
 * Threads: any; the descriptor must not be closed before connection_gone() was called.
 */
#pragma once
#include "base/refusals.h"
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

/* The descriptors that `most` connections need, those included that were just dropped. */
unsigned connections_descriptors(unsigned most);

/* A place for a new connection, which is waited for from now on; NULL: all others are busy. */
struct connection *connections_admit(
	struct connections *connections, int fd, const struct sockaddr *peer);
/* The one that was admitted with this descriptor and has not gone; NULL: none. */
struct connection *connections_find(struct connections *connections, int fd);
/* Drops the oldest that waits; false when none does. */
bool connections_make_room(struct connections *connections);
/* Too many dropped ones are not closed yet: accept nothing for a moment. */
bool connections_are_crowded(struct connections *connections);
/* Drops who took too long. Returns how long until somebody may, -1 when there is nobody. */
int64_t connections_expire(struct connections *connections);

void connection_is_busy(struct connections *connections, struct connection *connection);
/* Its answer is being sent, and no body held any more. */
void connection_is_answered(struct connections *connections, struct connection *connection);
/* Waited for again, for its next request. */
void connection_is_idle(struct connections *connections, struct connection *connection);
/* Somebody whom we know sent this request: it does not count among the strangers any more. */
void connection_is_trusted(struct connections *connections, struct connection *connection);
/* It holds this much of a body now. False: there is no room, and it is to let go of it. */
bool connection_holds(
	struct connections *connections, struct connection *connection, size_t body_bytes);
void connection_gone(struct connections *connections, struct connection *connection);
