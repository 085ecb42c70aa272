/* clang warns about uthash's default hash, whose cases fall through. */
#define HASH_FUNCTION HASH_FNV
#include "base/web/connections.h"
#include "base/metric.h"
#include "base/thread.h"
#include "base/web/peer.h"
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#define ANSWER_FACTOR 6 /* an answer may take this many times as long as a request */

/* The waiting connections stand in three lines, each oldest first. When room is needed, the first
 * line that is not empty, in this order, loses its oldest. */
enum line { LINE_STRANGER, LINE_TRUSTED, LINE_ANSWERED, LINE_COUNT, LINE_NONE = LINE_COUNT };

struct peer {
	struct peer_address address;
	unsigned strangers;
	struct connection *waiting; /* its connections in LINE_STRANGER, oldest first */
	UT_hash_handle hh;
};

struct connection {
	int fd;
	struct peer *peer;
	enum line line;
	bool is_trusted, is_dropped;
	bool was_answered; /* at least once: from then on it may be silent without fault */
	int64_t since;     /* microseconds of struct mono: when it joined its line */
	size_t body_bytes;
	struct connection *prev, *next;           /* in its line */
	struct connection *peer_prev, *peer_next; /* in peer->waiting */
	struct connection *body_prev, *body_next; /* in connections->bodies */
};

struct connections {
	struct connections_limits limits;
	struct refusals *refusals;
	pthread_cond_t changed;
	pthread_mutex_t lock; /* guards everything below */
	struct connection *lines[LINE_COUNT];
	struct connection *bodies; /* connections that wait and hold part of a body; oldest first */
	struct peer *peers;        /* uthash by address */
	struct connection **by_fd;
	size_t fd_capacity;
	unsigned alive, strangers; /* not dropped */
	unsigned idle;             /* of the alive ones, answered and without another request */
	unsigned all;              /* not gone */
	size_t body_bytes;
};

static const char *listener_of(const struct connections *connections)
{
	return refusals_listener(connections->refusals);
}

struct connections *connections_new(
	const struct connections_limits *limits, struct refusals *refusals)
{
	struct connections *connections = mem_new(struct connections);
	connections->limits = *limits;
	connections->refusals = refusals;
	metric_set(METRIC_connections_limit, limits->most, listener_of(connections));
	pthread_mutex_init(&connections->lock, NULL);
	thread_condition_init(&connections->changed);
	return connections;
}

void connections_free(struct connections *connections)
{
	if (!connections)
		return;
	pthread_cond_destroy(&connections->changed);
	pthread_mutex_destroy(&connections->lock);
	free(connections->by_fd);
	free(connections);
}

unsigned connections_descriptors(unsigned most)
{
	return most + most / 4 + 16;
}

static unsigned share_of_address(const struct connections *connections)
{
	return (connections->limits.most + 1) / 2;
}

static unsigned share_of_strangers(const struct connections *connections)
{
	return connections->limits.most - connections->limits.most / 4;
}

/* ---- lines ---- */

static bool is_idle(const struct connection *connection)
{
	return connection->was_answered &&
	       (connection->line == LINE_STRANGER || connection->line == LINE_TRUSTED);
}

static void leave_line(struct connections *connections, struct connection *connection)
{
	if (connection->line == LINE_NONE)
		return;
	connections->idle -= is_idle(connection);
	DL_DELETE(connections->lines[connection->line], connection);
	if (connection->line == LINE_STRANGER)
		DL_DELETE2(connection->peer->waiting, connection, peer_prev, peer_next);
	if (connection->line != LINE_ANSWERED && connection->body_bytes)
		DL_DELETE2(connections->bodies, connection, body_prev, body_next);
	connection->line = LINE_NONE;
}

/* Appends to a line. The connection holds no body at this point. */
static void join_line(
	struct connections *connections, struct connection *connection, enum line line)
{
	connection->line = line;
	connection->since = clock_mono().us;
	connections->idle += is_idle(connection);
	DL_APPEND(connections->lines[line], connection);
	if (line == LINE_STRANGER)
		DL_APPEND2(connection->peer->waiting, connection, peer_prev, peer_next);
}

static void release_body(struct connections *connections, struct connection *connection)
{
	connections->body_bytes -= connection->body_bytes;
	metric_add(METRIC_request_body_bytes, -(int64_t)connection->body_bytes,
		listener_of(connections));
	connection->body_bytes = 0;
}

static void leave_strangers(struct connections *connections, struct connection *connection)
{
	struct peer *peer = connection->peer;
	connection->peer = NULL;
	if (!peer)
		return;
	connections->strangers--;
	if (--peer->strangers)
		return;
	HASH_DEL(connections->peers, peer);
	free(peer);
}

/* Takes it out of every count and line. */
static void forget(struct connections *connections, struct connection *connection)
{
	leave_line(connections, connection);
	release_body(connections, connection);
	leave_strangers(connections, connection);
	connection->is_dropped = true;
	connections->alive--;
}

static void drop(struct connections *connections, struct connection *connection)
{
	forget(connections, connection);
	shutdown(connection->fd, SHUT_RDWR);
}

/* ---- new connections ---- */

static struct peer *peer_of(struct connections *connections, struct peer_address address)
{
	struct peer *peer;
	HASH_FIND(hh, connections->peers, &address, sizeof address, peer);
	if (peer)
		return peer;
	peer = mem_new(struct peer);
	peer->address = address;
	HASH_ADD(hh, connections->peers, address, sizeof peer->address, peer);
	return peer;
}

static bool drop_for_room(struct connections *connections, struct connection *oldest)
{
	if (!oldest)
		return false;
	refusals_add(connections->refusals, REFUSAL_ROOM);
	drop(connections, oldest);
	return true;
}

static bool drop_oldest(struct connections *connections)
{
	for (size_t i = 0; i < LINE_COUNT; i++)
		if (connections->lines[i])
			return drop_for_room(connections, connections->lines[i]);
	return false;
}

static bool has_room(struct connections *connections, struct peer_address address)
{
	struct peer *peer;
	HASH_FIND(hh, connections->peers, &address, sizeof address, peer);
	if (peer && peer->strangers >= share_of_address(connections) &&
		!drop_for_room(connections, peer->waiting))
		return false;
	if (connections->strangers >= share_of_strangers(connections) &&
		!drop_for_room(connections, connections->lines[LINE_STRANGER]))
		return false;
	return connections->alive < connections->limits.most || drop_oldest(connections);
}

static void keep(struct connections *connections, struct connection *connection)
{
	size_t at = (size_t)connection->fd, before = connections->fd_capacity;
	while (at >= connections->fd_capacity)
		mem_grow(&connections->by_fd, &connections->fd_capacity, connections->fd_capacity);
	if (connections->fd_capacity > before)
		memset(&connections->by_fd[before], 0,
			(connections->fd_capacity - before) * sizeof *connections->by_fd);
	connections->by_fd[at] = connection;
}

static void remove_from_all(struct connections *connections, struct connection *connection)
{
	if (!connection->is_dropped)
		forget(connections, connection);
	connections->by_fd[connection->fd] = NULL;
	connections->all--;
	metric_add(METRIC_connections, -1, listener_of(connections));
	free(connection);
}

struct connection *connections_admit(
	struct connections *connections, int fd, const struct sockaddr *from)
{
	struct connection *connection = NULL;
	struct peer_address address = peer_address_of(fd, from);
	pthread_mutex_lock(&connections->lock);
	/* An old connection of this descriptor: libmicrohttpd ran out of memory and closed it
	 * without notice. */
	if ((size_t)fd < connections->fd_capacity && connections->by_fd[fd])
		remove_from_all(connections, connections->by_fd[fd]);
	if (has_room(connections, address)) {
		connection = mem_new(struct connection);
		connection->fd = fd;
		connection->peer = peer_of(connections, address);
		connection->peer->strangers++;
		connections->strangers++;
		connections->alive++;
		connections->all++;
		metric_add(METRIC_connections, 1, listener_of(connections));
		metric_add(METRIC_connections_accepted_total, 1, listener_of(connections));
		join_line(connections, connection, LINE_STRANGER);
		keep(connections, connection);
	} else {
		refusals_add(connections->refusals, REFUSAL_FULL);
	}
	pthread_mutex_unlock(&connections->lock);
	return connection;
}

struct connection *connections_find(struct connections *connections, int fd)
{
	pthread_mutex_lock(&connections->lock);
	struct connection *found =
		(size_t)fd < connections->fd_capacity ? connections->by_fd[fd] : NULL;
	pthread_mutex_unlock(&connections->lock);
	return found;
}

bool connections_make_room(struct connections *connections)
{
	pthread_mutex_lock(&connections->lock);
	bool is_made = drop_oldest(connections);
	pthread_mutex_unlock(&connections->lock);
	return is_made;
}

bool connections_are_crowded(struct connections *connections)
{
	pthread_mutex_lock(&connections->lock);
	bool are_crowded = connections->all >= connections_descriptors(connections->limits.most);
	pthread_mutex_unlock(&connections->lock);
	return are_crowded;
}

/* ---- the end ---- */

static void tell_if_idle(struct connections *connections)
{
	if (connections->idle == connections->alive)
		pthread_cond_broadcast(&connections->changed);
}

void connections_wait_idle(struct connections *connections, int64_t us)
{
	struct timespec at = clock_deadline(us);
	pthread_mutex_lock(&connections->lock);
	while (connections->idle < connections->alive &&
		pthread_cond_timedwait(&connections->changed, &connections->lock, &at) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&connections->lock);
}

/* ---- connections that take too long ---- */

static int64_t patience(const struct connections *connections, enum line line)
{
	return connections->limits.request_us * (line == LINE_ANSWERED ? ANSWER_FACTOR : 1);
}

/* An idle connection, answered and without another request, is dropped without counting a
 * refusal. */
static void expire(struct connections *connections, struct connection *connection)
{
	if (!is_idle(connection) || connection->body_bytes)
		refusals_add(connections->refusals,
			REFUSAL_SLOW); /* counted before its client can see the end */
	drop(connections, connection);
}

int64_t connections_expire(struct connections *connections)
{
	int64_t now = clock_mono().us, next;
	pthread_mutex_lock(&connections->lock);
	/* A connection that is busy now may begin to wait at once. */
	next = connections->alive ? connections->limits.request_us : -1;
	for (size_t i = 0; i < LINE_COUNT; i++) {
		struct connection *oldest;
		int64_t since = now - patience(connections, (enum line)i);
		while ((oldest = connections->lines[i]) && oldest->since <= since)
			expire(connections, oldest);
		if (oldest && oldest->since - since < next)
			next = oldest->since - since;
	}
	tell_if_idle(connections);
	pthread_mutex_unlock(&connections->lock);
	return next;
}

/* ---- what happens to a connection ---- */

/* A dropped connection stays out of all lines. */
static void move(struct connections *connections, struct connection *connection, enum line line,
	bool has_body)
{
	pthread_mutex_lock(&connections->lock);
	if (!connection->is_dropped) {
		leave_line(connections, connection);
		if (!has_body)
			release_body(connections, connection);
		if (line != LINE_NONE)
			join_line(connections, connection, line);
	}
	connection->was_answered |= line == LINE_ANSWERED;
	tell_if_idle(connections);
	pthread_mutex_unlock(&connections->lock);
}

void connection_is_busy(struct connections *connections, struct connection *connection)
{
	move(connections, connection, LINE_NONE, true);
}

void connection_is_answered(struct connections *connections, struct connection *connection)
{
	move(connections, connection, LINE_ANSWERED, false);
}

void connection_is_idle(struct connections *connections, struct connection *connection)
{
	move(connections, connection, connection->is_trusted ? LINE_TRUSTED : LINE_STRANGER, false);
}

void connection_is_trusted(struct connections *connections, struct connection *connection)
{
	pthread_mutex_lock(&connections->lock);
	if (!connection->is_dropped && connection->line == LINE_NONE) {
		connection->is_trusted = true;
		leave_strangers(connections, connection);
	}
	pthread_mutex_unlock(&connections->lock);
}

bool connection_holds(
	struct connections *connections, struct connection *connection, size_t body_bytes)
{
	bool has_room = true;
	pthread_mutex_lock(&connections->lock);
	if (!connection->is_dropped && body_bytes > connection->body_bytes) {
		if (!connection->body_bytes)
			DL_APPEND2(connections->bodies, connection, body_prev, body_next);
		metric_add(METRIC_request_body_bytes,
			(int64_t)(body_bytes - connection->body_bytes), listener_of(connections));
		connections->body_bytes += body_bytes - connection->body_bytes;
		connection->body_bytes = body_bytes;
		while (has_room && connections->body_bytes > connections->limits.body_bytes) {
			refusals_add(connections->refusals, REFUSAL_BODIES);
			has_room = connections->bodies != connection;
			if (has_room) {
				drop(connections, connections->bodies);
			} else {
				DL_DELETE2(connections->bodies, connection, body_prev, body_next);
				release_body(connections, connection);
			}
		}
	}
	pthread_mutex_unlock(&connections->lock);
	return has_room;
}

void connection_gone(struct connections *connections, struct connection *connection)
{
	pthread_mutex_lock(&connections->lock);
	remove_from_all(connections, connection);
	tell_if_idle(connections);
	pthread_mutex_unlock(&connections->lock);
}
