/*
 * base/web/acceptor.h - the thread of a listener that takes new connections, makes room for them,
 * and ends those that take too long. Private to base/web/web_inside.h.
 *
 * libmicrohttpd stops accepting at its limit: new clients then wait in the kernel's queue until an
 * older connection ends. So this thread always accepts, and hands connections to libmicrohttpd
 * (MHD_add_connection).
 *
 * A new connection without TLS waits here until the head of its first request is whole: who does
 * not get that far costs no more than a descriptor, and what libmicrohttpd would misread (a line
 * that begins with a colon ends the head for it) or refuse with a page of its own is refused in
 * JSON. The head is looked at and left in the socket (MSG_PEEK). With TLS, and from the second
 * request on, only what web_request.c checks is checked: see its `only_trusted_stay`.
 */
#pragma once
#include "base/error.h"
#include "base/web/connections.h"

struct acceptor;

struct acceptor_options {
	int fd; /* the listening socket; the acceptor's from now on, also when it fails to start */
	bool is_inherited; /* passed in, and kept open there, with what waits in its queue */
	bool is_tls;
	struct connections *connections;
	struct refusals *refusals;
	size_t head_bytes; /* a longer head is refused */
	/* Takes the descriptor, whatever happens. */
	void (*accepted)(void *context, struct connection *connection, int fd,
		const struct sockaddr *from, socklen_t length);
	void *context;
};

struct acceptor *acceptor_start(const struct acceptor_options *options, struct error *err) MUST_USE;
/* When this returns, the socket is closed: what waited in its queue was let in, and no new
 * connections are. The existing ones still expire. */
void acceptor_quiesce(struct acceptor *acceptor);
/* Ends the thread, and closes the connections whose head is not complete. NULL is fine. */
void acceptor_free(struct acceptor *acceptor);
