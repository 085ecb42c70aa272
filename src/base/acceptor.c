#include "base/acceptor.h"
#include "base/thread.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PAUSE_MS                                                                                   \
	20 /* after an accept that failed, and while dropped connections are not closed yet */

struct acceptor {
	struct acceptor_options options;
	int wake; /* eventfd */
	pthread_t thread;
	pthread_mutex_t lock; /* held while a connection is accepted; of what follows */
	bool is_quiet, is_ending;
};

/* What it sent is read, or the reset that follows unread bytes would overtake the answer. */
static void answer_full(int fd)
{
	static const char answer[] =
		"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
		"Content-Length: 58\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"
		"{\"error\":\"too many connections; try again in some seconds\"}";
	char unread[4096];
	IGNORE(recv(fd, unread, sizeof unread, MSG_DONTWAIT) < 0);
	IGNORE(send(fd, answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0);
	shutdown(fd, SHUT_WR);
	IGNORE(recv(fd, unread, sizeof unread, MSG_DONTWAIT) < 0);
}

static void take(struct acceptor *acceptor, int fd, const struct sockaddr *from, socklen_t length)
{
	const struct acceptor_options *options = &acceptor->options;
	struct connection *connection = connections_admit(options->connections, fd, from);
	if (connection) {
		options->accepted(options->context, connection, fd, from, length);
		return;
	}
	if (!options->is_tls)
		answer_full(fd);
	close(fd);
}

/* Errors of the connection that was to be accepted, accept(2): the next one may be well. */
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
		/* No descriptor or no memory: the next try has one when somebody else goes. */
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

/* False: it could not take all that wait, so there is to be a pause. */
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

/* Nobody waits in the queue of a socket that nobody accepts from. */
static bool heed_orders(struct acceptor *acceptor)
{
	uint64_t told;
	IGNORE(read(acceptor->wake, &told, sizeof told) < 0);
	pthread_mutex_lock(&acceptor->lock);
	bool is_ending = acceptor->is_ending;
	if (acceptor->is_quiet && acceptor->options.fd >= 0) {
		close(acceptor->options.fd);
		acceptor->options.fd = -1;
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
			{ .fd = has_all ? acceptor->options.fd : -1, .events = POLLIN },
		};
		int timeout = wait_ms(acceptor);
		if (!has_all && (timeout < 0 || timeout > PAUSE_MS))
			timeout = PAUSE_MS;
		IGNORE(poll(fds, 2, timeout) < 0);
		has_all = accept_all(acceptor);
	}
	return NULL;
}

static void clear(struct acceptor *acceptor)
{
	if (acceptor->options.fd >= 0)
		close(acceptor->options.fd);
	if (acceptor->wake >= 0)
		close(acceptor->wake);
	pthread_mutex_destroy(&acceptor->lock);
	free(acceptor);
}

struct acceptor *acceptor_start(const struct acceptor_options *options, struct error *err)
{
	struct acceptor *acceptor = mem_new(struct acceptor);
	acceptor->options = *options;
	pthread_mutex_init(&acceptor->lock, NULL);
	acceptor->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (acceptor->wake < 0)
		IGNORE(error_fail(err, ERROR_SYSTEM, "eventfd: %s", strerror(errno)));
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
}

void acceptor_free(struct acceptor *acceptor)
{
	if (!acceptor)
		return;
	order(acceptor, true);
	IGNORE(pthread_join(
		acceptor->thread, NULL)); /* joining a thread that exists does not fail */
	clear(acceptor);
}
