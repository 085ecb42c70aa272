/* base/web/acceptor.c - the accepting thread: which new connections get in, and which heads of
 * requests are refused before libmicrohttpd sees them. */
#include "base/web/acceptor.h"
#include "base/thread.h"
#include "base/web/http.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utlist.h>

#define MOST_QUEUED 4096 /* somaxconn, listen(2) */
#define PAUSE_MS 20 /* after a failed accept, and while dropped connections are not closed yet */

struct guest { /* a connection whose head is not complete, or was refused */
	int fd;
	struct connection *connection;
	bool is_refused;
	size_t read; /* so many bytes of its head were read, and more must come */
	struct sockaddr_storage from;
	socklen_t from_length;
	struct guest *prev, *next;
};

struct acceptor {
	struct acceptor_options options;
	int wake; /* eventfd */
	int epoll;
	char *head;           /* options.head_bytes */
	struct guest *guests; /* used by the thread only */
	pthread_t thread;
	pthread_mutex_t lock; /* guards what is below; held while a connection is accepted */
	bool is_quiet, is_ending;
	bool is_closed; /* the listening socket; `closed` tells */
	pthread_cond_t closed;
};

/* ---- answers without a request ---- */

static const char *phrase(unsigned status)
{
	switch (status) {
	case 413:
		return "Content Too Large";
	case 431:
		return "Request Header Fields Too Large";
	case 501:
		return "Not Implemented";
	case 503:
		return "Service Unavailable";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Bad Request";
	}
}

/* A socket that nothing was sent to yet takes this at once. */
static void answer(int fd, unsigned status, const char *reason)
{
	char text[1000]; /* reasons are sentences of ours */
	int length = snprintf(text, sizeof text,
		"HTTP/1.1 %u %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s"
		"Connection: close\r\n\r\n{\"error\":\"%s\"}",
		status, phrase(status), strlen(reason) + strlen("{\"error\":\"\"}"),
		status == 503 ? "Retry-After: 5\r\n" : "", reason);
	IGNORE(send(fd, text, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0);
	shutdown(fd, SHUT_WR);
}

/* Reads what has arrived: closing a socket with unread bytes sends a reset, which would overtake
 * the answer. False: the client has closed its side, or sends more than it may. */
static bool discard(int fd)
{
	char unread[16384];
	ssize_t length = 0;
	for (int i = 0; i < 64 && (length = recv(fd, unread, sizeof unread, MSG_DONTWAIT)) > 0; i++)
		;
	return length < 0 && (errno == EAGAIN || errno == EINTR);
}

/* ---- connections whose head is not complete ---- */

static void guest_leaves(struct acceptor *acceptor, struct guest *guest)
{
	DL_DELETE(acceptor->guests, guest);
	free(guest);
}

static void guest_ends(struct acceptor *acceptor, struct guest *guest)
{
	connection_gone(acceptor->options.connections, guest->connection);
	close(guest->fd); /* which also takes it out of the epoll set */
	guest_leaves(acceptor, guest);
}

static void guest_goes_on(struct acceptor *acceptor, struct guest *guest)
{
	const struct acceptor_options *options = &acceptor->options;
	/* the descriptor is in the set */
	IGNORE(epoll_ctl(acceptor->epoll, EPOLL_CTL_DEL, guest->fd, NULL) < 0);
	options->accepted(options->context, guest->connection, guest->fd,
		(const struct sockaddr *)(const void *)&guest->from, guest->from_length);
	guest_leaves(acceptor, guest);
}

/* Answers and half-closes. The connection ends when the client closes its side too, or takes too
 * long. */
static void guest_is_refused(
	struct acceptor *acceptor, struct guest *guest, unsigned status, const char *reason)
{
	bool is_large = status == 413 || status == 431;
	refusals_add(acceptor->options.refusals, is_large ? REFUSAL_TOO_LARGE : REFUSAL_MALFORMED);
	connection_is_answered(acceptor->options.connections, guest->connection);
	guest->is_refused = true;
	IGNORE(!discard(guest->fd)); /* if the client has closed, epoll reports it again */
	answer(guest->fd, status, reason);
}

static void look_at_head(
	struct acceptor *acceptor, struct guest *guest, struct str bytes, bool is_last)
{
	struct http_head head = { 0 };
	bool is_over = bytes.length > guest->read && http_head_has_news(bytes, guest->read) &&
		       http_head_read(&head, bytes);
	guest->read = bytes.length;
	if (head.status)
		guest_is_refused(acceptor, guest, head.status, head.reason);
	else if (is_over)
		guest_goes_on(acceptor, guest);
	else if (bytes.length >= acceptor->options.head_bytes)
		guest_is_refused(acceptor, guest, 431,
			"the head of the request is larger than this server takes");
	else if (is_last)
		guest_ends(acceptor, guest);
}

/* A socket that was shut down, by connections.c or by its client, still holds its unread bytes. */
static void guest_speaks(struct acceptor *acceptor, struct guest *guest, uint32_t events)
{
	ssize_t length = recv(
		guest->fd, acceptor->head, acceptor->options.head_bytes, MSG_PEEK | MSG_DONTWAIT);
	bool has_ended = (events & (EPOLLHUP | EPOLLERR)) || !length;
	if (!has_ended && length < 0)
		has_ended = errno != EAGAIN && errno != EINTR;
	else if (!has_ended && guest->is_refused)
		has_ended = !discard(guest->fd);
	else if (!has_ended)
		look_at_head(acceptor, guest, (struct str){ acceptor->head, (size_t)length },
			events & EPOLLRDHUP);
	if (has_ended)
		guest_ends(acceptor, guest);
}

static void hear_guests(struct acceptor *acceptor)
{
	struct epoll_event events[256];
	int count = epoll_wait(acceptor->epoll, events, 256, 0);
	for (int i = 0; i < count; i++)
		guest_speaks(acceptor, events[i].data.ptr, events[i].events);
}

/* Edge-triggered, because bytes that are only peeked at leave the socket readable for ever. */
static void let_in(struct acceptor *acceptor, struct connection *connection, int fd,
	const struct sockaddr *from, socklen_t length)
{
	const struct acceptor_options *options = &acceptor->options;
	struct guest *guest = mem_new(struct guest);
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = guest };
	guest->connection = connection;
	guest->fd = fd;
	guest->from_length = length;
	memcpy(&guest->from, from, length);
	DL_APPEND(acceptor->guests, guest);
	if (options->is_tls || epoll_ctl(acceptor->epoll, EPOLL_CTL_ADD, fd, &event))
		guest_goes_on(acceptor, guest);
}

/* ---- accepting ---- */

static void take(struct acceptor *acceptor, int fd, const struct sockaddr *from, socklen_t length)
{
	const struct acceptor_options *options = &acceptor->options;
	struct connection *connection = connections_admit(options->connections, fd, from);
	if (connection) {
		let_in(acceptor, connection, fd, from, length);
		return;
	}
	IGNORE(!discard(fd)); /* it is closed in any case */
	if (!options->is_tls)
		answer(fd, 503, "too many connections; try again in some seconds");
	close(fd);
}

/* Errors of the one connection that was about to be accepted, accept(2): the next one may be
 * fine. */
static bool is_of_client(int number)
{
	return number == ECONNABORTED || number == EPROTO || number == ENETDOWN ||
	       number == ENOPROTOOPT || number == EHOSTDOWN || number == ENONET ||
	       number == EHOSTUNREACH || number == EOPNOTSUPP || number == ENETUNREACH ||
	       number == EPERM;
}

/* True: accept again at once. */
static bool accept_one(struct acceptor *acceptor)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof from;
	struct sockaddr *address = (struct sockaddr *)(void *)&from;
	if (connections_are_crowded(acceptor->options.connections))
		return false;
	int fd = accept4(acceptor->options.fd, address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		take(acceptor, fd, address, length);
	if (fd >= 0 || errno == EINTR || is_of_client(errno))
		return true;
	if (errno != EAGAIN) {
		/* No descriptor or no memory: the next try succeeds when another connection has
		 * ended. */
		refusals_add(acceptor->options.refusals, REFUSAL_ACCEPT);
		IGNORE(connections_make_room(acceptor->options.connections));
	}
	return false;
}

static bool is_drained(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	return poll(&poll_fd, 1, 0) == 0;
}

/* False: connections are left in the kernel's queue; pause before trying again. */
static bool accept_all(struct acceptor *acceptor)
{
	for (;;) {
		pthread_mutex_lock(&acceptor->lock);
		bool is_quiet = acceptor->is_quiet;
		bool goes_on = !is_quiet && accept_one(acceptor);
		pthread_mutex_unlock(&acceptor->lock);
		if (!goes_on)
			return is_quiet || is_drained(acceptor->options.fd);
	}
}

static int wait_ms(const struct acceptor *acceptor)
{
	int64_t us = connections_expire(acceptor->options.connections);
	bool has_unlogged = refusals_report(acceptor->options.refusals);
	if (has_unlogged && (us < 0 || us > US_PER_SECOND))
		us = US_PER_SECOND;
	return us < 0 ? -1 : (int)(us / US_PER_MS) + 1;
}

/*
 * Closing the socket resets what waits in the kernel's queue, perhaps with a request that was sent
 * already, so that is let in first. A shorter queue for that time (listen(2) again) would be worse:
 * who finds it full believes to be connected.
 */
static void let_in_queue(struct acceptor *acceptor)
{
	for (int i = 0; i < MOST_QUEUED && accept_one(acceptor); i++)
		;
}

/* Closes the listening socket when quiet, so that clients do not wait in a queue that nobody reads.
 * False: the thread is to end. */
static bool heed_orders(struct acceptor *acceptor)
{
	uint64_t told;
	IGNORE(read(acceptor->wake, &told, sizeof told) < 0);
	pthread_mutex_lock(&acceptor->lock);
	bool is_ending = acceptor->is_ending;
	if (acceptor->is_quiet && !acceptor->is_closed) {
		if (!acceptor->options.is_inherited)
			let_in_queue(acceptor);
		close(acceptor->options.fd);
		acceptor->options.fd = -1;
		acceptor->is_closed = true;
		pthread_cond_broadcast(&acceptor->closed);
	}
	pthread_mutex_unlock(&acceptor->lock);
	return !is_ending;
}

static void *run(void *context)
{
	struct acceptor *acceptor = context;
	bool has_all = true;
	while (heed_orders(acceptor)) {
		struct pollfd fds[] = {
			{ .fd = acceptor->wake, .events = POLLIN },
			{ .fd = acceptor->epoll, .events = POLLIN },
			{ .fd = has_all ? acceptor->options.fd : -1, .events = POLLIN },
		};
		int timeout = wait_ms(acceptor);
		if (!has_all && (timeout < 0 || timeout > PAUSE_MS))
			timeout = PAUSE_MS;
		IGNORE(poll(fds, 3, timeout) < 0);
		hear_guests(acceptor);
		has_all = accept_all(acceptor);
	}
	return NULL;
}

static void clear(struct acceptor *acceptor)
{
	if (acceptor->options.fd >= 0)
		close(acceptor->options.fd);
	while (acceptor->guests)
		guest_ends(acceptor, acceptor->guests);
	if (acceptor->wake >= 0)
		close(acceptor->wake);
	if (acceptor->epoll >= 0)
		close(acceptor->epoll);
	free(acceptor->head);
	pthread_cond_destroy(&acceptor->closed);
	pthread_mutex_destroy(&acceptor->lock);
	free(acceptor);
}

struct acceptor *acceptor_start(const struct acceptor_options *options, struct error *err)
{
	struct acceptor *acceptor = mem_new(struct acceptor);
	acceptor->options = *options;
	pthread_mutex_init(&acceptor->lock, NULL);
	pthread_cond_init(&acceptor->closed, NULL);
	acceptor->head = mem_alloc(options->head_bytes);
	acceptor->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	acceptor->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (acceptor->wake < 0 || acceptor->epoll < 0)
		IGNORE(error_fail(err, ERROR_SYSTEM, "eventfd or epoll: %s", strerror(errno)));
	else if (thread_start(&acceptor->thread, THREAD_ANY, "web-acceptor", run, acceptor, err))
		return acceptor;
	clear(acceptor);
	return NULL;
}

static void order(struct acceptor *acceptor, bool is_ending)
{
	uint64_t one = 1;
	pthread_mutex_lock(&acceptor->lock);
	acceptor->is_quiet = true;
	acceptor->is_ending |= is_ending;
	pthread_mutex_unlock(&acceptor->lock);
	IGNORE(write(acceptor->wake, &one, sizeof one) < 0);
}

void acceptor_quiesce(struct acceptor *acceptor)
{
	order(acceptor, false);
	pthread_mutex_lock(&acceptor->lock);
	while (!acceptor->is_closed)
		pthread_cond_wait(&acceptor->closed, &acceptor->lock);
	pthread_mutex_unlock(&acceptor->lock);
}

void acceptor_free(struct acceptor *acceptor)
{
	if (!acceptor)
		return;
	order(acceptor, true);
	thread_join(acceptor->thread);
	clear(acceptor);
}
