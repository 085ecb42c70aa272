/*
 * Which connection is dropped when there are too many. A connection here is one end of a socket
 * pair; when it was dropped, the other end reads the end of the stream.
 */
#include "base/metric.h"
#include "base/web/connections.h"
#include "base/web/peer.h"
#include "tests/unit/test.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#define MOST 8
#define BODY_BYTES 1000
#define CLIENTS 40

struct client {
	int here, there;
	struct connection *connection;
};

static int64_t refused(const char *reason)
{
	return metric_get(METRIC_refusals_total, "webhooks", reason);
}

struct fixture {
	struct refusals *refusals;
	struct connections *connections;
	struct client clients[CLIENTS];
	int count;
};

static int set_up_with(void **state, int64_t request_us)
{
	struct fixture *fixture = mem_new(struct fixture);
	struct connections_limits limits = { MOST, BODY_BYTES, request_us };
	fixture->refusals = refusals_new("webhooks");
	fixture->connections = connections_new(&limits, fixture->refusals);
	*state = fixture;
	return 0;
}

static int set_up(void **state)
{
	return set_up_with(state, 3600 * US_PER_SECOND);
}

#define HASTY_US 1

static int set_up_hasty(void **state)
{
	return set_up_with(state, HASTY_US);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	for (int i = 0; i < fixture->count; i++) {
		if (fixture->clients[i].connection)
			connection_gone(fixture->connections, fixture->clients[i].connection);
		close(fixture->clients[i].here);
		close(fixture->clients[i].there);
	}
	assert_int_equal(metric_get(METRIC_connections, NULL), 0);
	assert_int_equal(metric_get(METRIC_request_body_bytes, NULL), 0);
	connections_free(fixture->connections);
	refusals_free(fixture->refusals);
	free(fixture);
	return 0;
}

/* Connects a client of this address and returns its number. */
static int come(struct fixture *fixture, const char *address)
{
	struct sockaddr_in short_one = { .sin_family = AF_INET };
	struct sockaddr_in6 long_one = { .sin6_family = AF_INET6 };
	bool is_long = strchr(address, ':') != NULL;
	int fds[2];
	assert_int_equal(inet_pton(is_long ? AF_INET6 : AF_INET, address,
				 is_long ? (void *)&long_one.sin6_addr : &short_one.sin_addr),
		1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	struct client *client = &fixture->clients[fixture->count];
	client->here = fds[0];
	client->there = fds[1];
	client->connection = connections_admit(fixture->connections, fds[0],
		is_long ? (const struct sockaddr *)(const void *)&long_one
			: (const struct sockaddr *)(const void *)&short_one);
	return fixture->count++;
}

static bool is_dropped(struct fixture *fixture, int client)
{
	struct pollfd fd = { .fd = fixture->clients[client].there, .events = POLLIN };
	return !fixture->clients[client].connection || poll(&fd, 1, 0) == 1;
}

/* "..x." : a character for each client so far, 'x' for one that was dropped or refused. */
static void assert_dropped(struct fixture *fixture, const char *expected)
{
	char found[CLIENTS + 1] = "";
	for (int i = 0; i < fixture->count; i++)
		found[i] = is_dropped(fixture, i) ? 'x' : '.';
	assert_string_equal(found, expected);
}

static void come_from(struct fixture *fixture, const char *address, int times)
{
	while (times--)
		come(fixture, address);
}

static void busy(struct fixture *fixture, int client)
{
	connection_is_busy(fixture->connections, fixture->clients[client].connection);
}

static void idle(struct fixture *fixture, int client)
{
	connection_is_answered(fixture->connections, fixture->clients[client].connection);
	connection_is_idle(fixture->connections, fixture->clients[client].connection);
}

static void trusted(struct fixture *fixture, int client)
{
	busy(fixture, client);
	connection_is_trusted(fixture->connections, fixture->clients[client].connection);
	idle(fixture, client);
}

static void one_address_gets_half_and_its_own_oldest_goes(void **state)
{
	struct fixture *fixture = *state;
	come(fixture, "192.0.2.9");
	come_from(fixture, "192.0.2.1", 4);
	assert_dropped(fixture, ".....");
	come_from(fixture, "192.0.2.1", 2);
	assert_dropped(fixture, ".xx....");
}

static void one_network_of_ipv6_is_one_address(void **state)
{
	struct fixture *fixture = *state;
	come(fixture, "2001:db8::1");
	come(fixture, "2001:db8::2");
	come(fixture, "2001:db8::3:4");
	come(fixture, "2001:db8::ffff:ffff:ffff:ffff");
	come(fixture, "2001:db8:0:1::1"); /* another one */
	come(fixture, "2001:db8::1");
	assert_dropped(fixture, "x.....");
}

static void an_ipv4_address_is_the_same_through_an_ipv6_socket(void **state)
{
	struct fixture *fixture = *state;
	come_from(fixture, "192.0.2.1", 3);
	come_from(fixture, "::ffff:192.0.2.1", 2);
	come(fixture, "::ffff:192.0.2.2");
	assert_dropped(fixture, "x.....");
}

static void strangers_leave_a_quarter_to_those_who_are_known(void **state)
{
	struct fixture *fixture = *state;
	int64_t before = refused("made_room");
	come_from(fixture, "192.0.2.1", 3);
	come_from(fixture, "192.0.2.2", 3);
	assert_dropped(fixture, "......");
	come(fixture, "192.0.2.3");
	assert_dropped(fixture, "x......");
	trusted(fixture, 1);
	come_from(fixture, "192.0.2.4", 3);
	assert_dropped(fixture, "x.xx......"); /* not the first, which is verified now */
	assert_int_equal(refused("made_room") - before, 3);
}

static void the_oldest_is_who_has_been_waited_for_longest(void **state)
{
	struct fixture *fixture = *state;
	come_from(fixture, "192.0.2.1", 4);
	busy(fixture, 0);
	idle(fixture, 0); /* it was answered just now */
	come(fixture, "192.0.2.1");
	assert_dropped(fixture, ".x...");
}

static void who_is_busy_is_never_dropped_and_a_new_one_is_refused(void **state)
{
	struct fixture *fixture = *state;
	int64_t before = refused("no_room");
	come_from(fixture, "192.0.2.1", 4);
	for (int i = 0; i < 4; i++)
		busy(fixture, i);
	come(fixture, "192.0.2.1");
	assert_dropped(fixture, "....x");
	assert_int_equal(refused("no_room") - before, 1);
	come(fixture, "192.0.2.2");
	assert_dropped(fixture, "....x.");
	assert_true(connections_make_room(fixture->connections));
	assert_false(connections_make_room(fixture->connections));
	assert_dropped(fixture, "....xx");
}

static void known_ones_fill_the_rest_and_go_last(void **state)
{
	struct fixture *fixture = *state;
	for (int i = 0; i < MOST; i++) {
		come(fixture, "192.0.2.1");
		trusted(fixture, i);
	}
	assert_dropped(fixture, "........");
	come(fixture, "192.0.2.2");
	assert_dropped(fixture, "x........");
	come(fixture, "192.0.2.3");
	assert_dropped(fixture, "x.......x.");
}

static void who_does_not_take_its_answer_goes_too(void **state)
{
	struct fixture *fixture = *state;
	come_from(fixture, "192.0.2.1", 4);
	for (int i = 0; i < 4; i++) {
		busy(fixture, i);
		connection_is_answered(fixture->connections, fixture->clients[i].connection);
	}
	assert_true(connections_make_room(fixture->connections));
	assert_dropped(fixture, "x...");
}

static bool holds(struct fixture *fixture, int client, size_t bytes)
{
	return connection_holds(fixture->connections, fixture->clients[client].connection, bytes);
}

static void all_bodies_together_are_bounded_and_the_oldest_unfinished_goes(void **state)
{
	struct fixture *fixture = *state;
	int64_t before = refused("bodies");
	come_from(fixture, "192.0.2.1", 4);
	assert_true(holds(fixture, 1, 400));
	assert_true(holds(fixture, 0, 500));
	assert_true(holds(fixture, 2, 100));
	assert_dropped(fixture, "....");
	assert_true(holds(fixture, 2, 200)); /* 1100 */
	assert_dropped(fixture, ".x..");
	assert_int_equal(refused("bodies") - before, 1);
	assert_int_equal(metric_get(METRIC_request_body_bytes, NULL), 700);
	/* The complete body is kept, and the connection that needs more room gets none. */
	busy(fixture, 0);
	assert_false(holds(fixture, 2, 600));
	assert_dropped(fixture, ".x..");
	assert_int_equal(metric_get(METRIC_request_body_bytes, NULL), 500);
	idle(fixture, 0);
	assert_int_equal(metric_get(METRIC_request_body_bytes, NULL), 0);
}

/* Until every connection of a hasty listener has taken too long. */
static void wait_for_haste(void)
{
	struct mono since = clock_mono();
	while (clock_mono().us - since.us <= HASTY_US)
		;
}

static void who_takes_too_long_is_dropped_and_idleness_is_no_fault(void **state)
{
	struct fixture *fixture = *state;
	int64_t before = refused("too_slow");
	assert_int_equal(connections_expire(fixture->connections), -1);
	come_from(fixture, "192.0.2.1", 4);
	busy(fixture, 1);
	busy(fixture, 2);
	idle(fixture, 2);
	trusted(fixture, 3);
	wait_for_haste();
	assert_int_equal(connections_expire(fixture->connections), 1); /* one is busy */
	assert_dropped(fixture, "x.xx");
	assert_int_equal(refused("too_slow") - before, 1);
}

static void what_was_dropped_and_not_closed_is_counted_as_a_crowd(void **state)
{
	struct fixture *fixture = *state;
	int most = (int)connections_descriptors(MOST);
	while (fixture->count < most - 1)
		come(fixture, "192.0.2.1");
	assert_false(connections_are_crowded(fixture->connections));
	come(fixture, "192.0.2.1");
	assert_true(connections_are_crowded(fixture->connections));
	connection_gone(fixture->connections, TAKE(fixture->clients[0].connection));
	assert_false(connections_are_crowded(fixture->connections));
}

static void a_descriptor_that_comes_again_is_a_new_connection(void **state)
{
	struct fixture *fixture = *state;
	struct sockaddr_in from = { .sin_family = AF_INET };
	int first = come(fixture, "192.0.2.1");
	struct client *client = &fixture->clients[first];
	assert_ptr_equal(connections_find(fixture->connections, client->here), client->connection);
	client->connection = connections_admit(
		fixture->connections, client->here, (const struct sockaddr *)(const void *)&from);
	assert_ptr_equal(connections_find(fixture->connections, client->here), client->connection);
	assert_int_equal(metric_get(METRIC_connections, NULL), 1);
	assert_null(connections_find(fixture->connections, client->here + 100000));
}

/* Of the other end of a Unix socket that `user` made, who is somebody else only if we are root. */
static struct peer_address address_of_user(uid_t user)
{
	const struct sockaddr from = { .sa_family = AF_UNIX };
	uid_t own = geteuid();
	int fds[2];
	IGNORE(seteuid(user));
	int made = socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
	IGNORE(seteuid(own));
	assert_int_equal(made, 0);
	struct peer_address address = peer_address_of(fds[0], &from);
	close(fds[0]);
	close(fds[1]);
	return address;
}

static void each_user_of_a_unix_socket_is_bounded_alone(void **state)
{
	(void)state;
	bool is_root = !geteuid();
	struct peer_address one = address_of_user(is_root ? 1 : geteuid()),
			    again = address_of_user(is_root ? 1 : geteuid()),
			    other = is_root ? address_of_user(2) : (struct peer_address){ { 0 } };
	assert_memory_equal(&one, &again, sizeof one);
	assert_memory_not_equal(&one, &other, sizeof one);
}

#define connections_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		connections_test(one_address_gets_half_and_its_own_oldest_goes),
		connections_test(one_network_of_ipv6_is_one_address),
		cmocka_unit_test(each_user_of_a_unix_socket_is_bounded_alone),
		connections_test(an_ipv4_address_is_the_same_through_an_ipv6_socket),
		connections_test(strangers_leave_a_quarter_to_those_who_are_known),
		connections_test(the_oldest_is_who_has_been_waited_for_longest),
		connections_test(who_is_busy_is_never_dropped_and_a_new_one_is_refused),
		connections_test(known_ones_fill_the_rest_and_go_last),
		connections_test(who_does_not_take_its_answer_goes_too),
		connections_test(all_bodies_together_are_bounded_and_the_oldest_unfinished_goes),
		cmocka_unit_test_setup_teardown(
			who_takes_too_long_is_dropped_and_idleness_is_no_fault, set_up_hasty,
			tear_down),
		connections_test(what_was_dropped_and_not_closed_is_counted_as_a_crowd),
		connections_test(a_descriptor_that_comes_again_is_a_new_connection),
	};
	return cmocka_run_group_tests_name("connections", tests, NULL, NULL);
}
