/*
 * base/acceptor.h - the thread of a listener that takes new connections, makes room for them, and
 * ends those that take too long. Private to base/web.c.
 *
 * libmicrohttpd's own accepting stops at its limit: then whoever connects waits in the kernel's
 * queue behind all that came before, until one of the others ends. So it gets its connections from
 * here (MHD_add_connection), and this thread always accepts.
 */
#pragma once
#include "base/connections.h"
#include "base/error.h"

struct acceptor;

struct acceptor_options {
	int fd; /* the listening socket; the acceptor's from now on, also when it fails to start */
	bool is_tls; /* whom there is no room for gets no answer then */
	struct connections *connections;
	struct refusals *refusals;
	/* Takes the descriptor, whatever happens. */
	void (*accepted)(void *context, struct connection *connection, int fd,
		const struct sockaddr *from, socklen_t length);
	void *context;
};

struct acceptor *acceptor_start(const struct acceptor_options *options, struct error *err) MUST_USE;
/* No new connections any more when this returns; those that there are still expire. */
void acceptor_quiesce(struct acceptor *acceptor);
/* Ends the thread. NULL is fine. */
void acceptor_free(struct acceptor *acceptor);
