/* tests/unit/access_test.c - who may do what at the admin listener, and how those who try tokens
 * are slowed. */
#include "admin/access.h"
#include "admin/attempts.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/test.h"

#define BOOK                                                                                       \
	"version: 1\nrules: []\n"                                                                  \
	"sources: [{name: dbt, secrets: [{env: ACCESS_TEST_OPERATOR}]}]\n"                         \
	"sites: [{name: one, server: 'https://tableau.example.com', pat: {name: p, secret: "       \
	"{env: ACCESS_TEST_OPERATOR}}}]\n"
#define TOKENS                                                                                     \
	"admin_tokens: [{name: reader, role: viewer, secret: {env: ACCESS_TEST_VIEWER}},\n"        \
	"  {name: oncall, role: operator, secret: {env: ACCESS_TEST_OPERATOR}}]\n"
#define VIEWER "viewer-0123456789"
#define OPERATOR "operator-0123456789"

static struct access *access_of(const char *text)
{
	struct error err;
	setenv("ACCESS_TEST_VIEWER", VIEWER, 1);
	setenv("ACCESS_TEST_OPERATOR", OPERATOR, 1);
	OWNED(problems) problems = problems_new();
	OWNED(config) config = config_parse("/config.yaml", str_of(text), problems);
	assert_non_null(config);
	struct access *access = access_new(config, &err);
	assert_non_null(access);
	return access;
}

static const struct {
	const char *says;
	bool has_tokens;
	enum peer_kind kind;
	enum access_need need;
	const char *authorization;
	enum access_verdict want;
	const char *token; /* of the asker */
	enum access_role role;
} cases[] = {
	{ "loopback reads without tokens", false, PEER_LOOPBACK, ACCESS_READ, NULL, ACCESS_GRANTED,
		"", ACCESS_OPERATOR },
	{ "loopback changes without tokens", false, PEER_LOOPBACK, ACCESS_CHANGE, NULL,
		ACCESS_GRANTED, "", ACCESS_OPERATOR },
	{ "without tokens none is looked at", false, PEER_LOOPBACK, ACCESS_CHANGE,
		"Bearer nonsense", ACCESS_GRANTED, "", ACCESS_OPERATOR },
	{ "the network has nothing without tokens", false, PEER_NETWORK, ACCESS_READ,
		"Bearer " OPERATOR, ACCESS_NO_TOKEN, "", ACCESS_NOBODY },
	{ "the network is probed without tokens", false, PEER_NETWORK, ACCESS_PROBE, NULL,
		ACCESS_GRANTED, "", ACCESS_NOBODY },
	{ "with tokens loopback needs one", true, PEER_LOOPBACK, ACCESS_READ, NULL, ACCESS_NO_TOKEN,
		"", ACCESS_NOBODY },
	{ "a viewer reads", true, PEER_NETWORK, ACCESS_READ, "Bearer " VIEWER, ACCESS_GRANTED,
		"reader", ACCESS_VIEWER },
	{ "a viewer changes nothing", true, PEER_LOOPBACK, ACCESS_CHANGE, "Bearer " VIEWER,
		ACCESS_TOO_LOW, "reader", ACCESS_VIEWER },
	{ "an operator changes", true, PEER_NETWORK, ACCESS_CHANGE, "Bearer " OPERATOR,
		ACCESS_GRANTED, "oncall", ACCESS_OPERATOR },
	{ "the scheme has any case, and blanks behind it", true, PEER_NETWORK, ACCESS_CHANGE,
		"bEARER  " OPERATOR, ACCESS_GRANTED, "oncall", ACCESS_OPERATOR },
	{ "a wrong token", true, PEER_LOOPBACK, ACCESS_READ, "Bearer operator-0123456788",
		ACCESS_WRONG_TOKEN, "", ACCESS_NOBODY },
	{ "the beginning of a token", true, PEER_LOOPBACK, ACCESS_READ, "Bearer operator",
		ACCESS_WRONG_TOKEN, "", ACCESS_NOBODY },
	{ "a token and more", true, PEER_LOOPBACK, ACCESS_READ, "Bearer " OPERATOR "x",
		ACCESS_WRONG_TOKEN, "", ACCESS_NOBODY },
	{ "an empty token", true, PEER_LOOPBACK, ACCESS_READ, "Bearer ", ACCESS_WRONG_TOKEN, "",
		ACCESS_NOBODY },
	{ "a token without its scheme", true, PEER_LOOPBACK, ACCESS_READ, OPERATOR,
		ACCESS_WRONG_TOKEN, "", ACCESS_NOBODY },
	{ "another scheme", true, PEER_LOOPBACK, ACCESS_READ, "Basic " OPERATOR, ACCESS_WRONG_TOKEN,
		"", ACCESS_NOBODY },
	{ "a wrong token is nothing to a probe", true, PEER_NETWORK, ACCESS_PROBE, "Bearer x",
		ACCESS_GRANTED, "", ACCESS_NOBODY },
	{ "nor can a probe tell a right one", true, PEER_NETWORK, ACCESS_PROBE, "Bearer " OPERATOR,
		ACCESS_GRANTED, "", ACCESS_NOBODY },
	{ "the page is there for strangers", true, PEER_NETWORK, ACCESS_SHELL, NULL, ACCESS_GRANTED,
		"", ACCESS_NOBODY },
	{ "and refuses a wrong token", true, PEER_NETWORK, ACCESS_SHELL, "Bearer x",
		ACCESS_WRONG_TOKEN, "", ACCESS_NOBODY },
	{ "the socket needs none", true, PEER_SOCKET, ACCESS_CHANGE, NULL, ACCESS_GRANTED, "",
		ACCESS_OPERATOR },
	{ "a viewer's token at the socket is a viewer's", true, PEER_SOCKET, ACCESS_CHANGE,
		"Bearer " VIEWER, ACCESS_TOO_LOW, "reader", ACCESS_VIEWER },
	{ "a wrong token at the socket is wrong", true, PEER_SOCKET, ACCESS_READ, "Bearer x",
		ACCESS_WRONG_TOKEN, "", ACCESS_NOBODY },
};

static void who_asks_what_and_from_where_decides(void **state)
{
	(void)state;
	OWNED(access) none = access_of(BOOK);
	OWNED(access) two = access_of(BOOK TOKENS);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct peer_about peer = { .kind = cases[i].kind, .user = 7 };
		struct access_request request = { cases[i].need, &peer, cases[i].authorization };
		struct access_asker asker;
		enum access_verdict verdict =
			access_decide(cases[i].has_tokens ? two : none, &request, &asker);
		if (verdict != cases[i].want || asker.role != cases[i].role ||
			strcmp(asker.token, cases[i].token) != 0 || asker.user != 7)
			fail_msg("%s: verdict %d, role %d, token '%s'", cases[i].says, verdict,
				asker.role, asker.token);
	}
}

static struct mono at(int64_t ms)
{
	return (struct mono){ ms * US_PER_MS };
}

static struct peer_address address(uint32_t number)
{
	struct peer_address address = { { 0 } };
	memcpy(address.bytes, &number, sizeof number);
	return address;
}

static void ten_wrong_tokens_and_then_one_a_second(void **state)
{
	struct attempts attempts = { 0 };
	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(attempts_wait(&attempts, address(1), at(1000)), 0);
		attempts_add_wrong(&attempts, address(1), at(1000));
	}
	assert_int_equal(attempts_wait(&attempts, address(1), at(1000)), 1);
	assert_int_equal(attempts_wait(&attempts, address(1), at(1999)), 1);
	assert_int_equal(attempts_wait(&attempts, address(2), at(1000)), 0);
	assert_int_equal(attempts_wait(&attempts, address(1), at(2000)), 0);
	attempts_add_wrong(&attempts, address(1), at(2000));
	assert_int_equal(attempts_wait(&attempts, address(1), at(2000)), 1);
	assert_int_equal(attempts_wait(&attempts, address(1), at(3600000)), 0);
}

static void a_new_address_takes_the_place_of_the_oldest(void **state)
{
	struct attempts attempts = { 0 };
	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		attempts_add_wrong(&attempts, address(1), at(0));
	for (uint32_t i = 2; i < 10000; i++)
		attempts_add_wrong(&attempts, address(i), at(1));
	assert_int_equal(attempts.count, ATTEMPTS_ADDRESSES);
	assert_int_equal(attempts_wait(&attempts, address(1), at(2)), 1);
}

static void addresses_are_loopback_or_not_also_when_mapped(void **state)
{
	static const struct {
		const char *listen;
		bool is_ipv6;
		enum peer_kind want;
		const char *text;
	} rows[] = {
		{ "127.0.0.9", false, PEER_LOOPBACK, "127.0.0.9" },
		{ "::1", true, PEER_LOOPBACK, "::1" },
		{ "::ffff:127.0.0.1", true, PEER_LOOPBACK, "::ffff:127.0.0.1" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sockaddr_in6 long_one = { .sin6_family = AF_INET6 };
		struct sockaddr_in short_one = { .sin_family = AF_INET };
		struct sockaddr *name = rows[i].is_ipv6 ? (struct sockaddr *)&long_one
							: (struct sockaddr *)&short_one;
		socklen_t length = rows[i].is_ipv6 ? sizeof long_one : sizeof short_one;
		struct peer_about peer;
		inet_pton(name->sa_family, rows[i].listen,
			rows[i].is_ipv6 ? (void *)&long_one.sin6_addr : &short_one.sin_addr);
		int fd = socket(name->sa_family, SOCK_STREAM, 0);
		if (fd < 0 || bind(fd, name, length)) {
			print_message("skipped: this machine has no %s\n", rows[i].listen);
			close(fd);
			continue;
		}
		assert_int_equal(listen(fd, 1), 0);
		assert_int_equal(getsockname(fd, name, &length), 0);
		int client = socket(name->sa_family, SOCK_STREAM, 0);
		assert_int_equal(connect(client, name, length), 0);
		peer_look(client, &peer);
		assert_int_equal(peer.kind, rows[i].want);
		assert_string_equal(peer.text, rows[i].text);
		close(client);
		close(fd);
	}
}

static void the_user_at_a_socket_is_known_and_a_closed_one_is_a_stranger(void **state)
{
	int pair[2];
	struct peer_about peer;
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	peer_look(pair[0], &peer);
	assert_int_equal(peer.kind, PEER_SOCKET);
	assert_int_equal(peer.user, getuid());
	close(pair[0]);
	close(pair[1]);
	peer_look(pair[0], &peer);
	assert_int_equal(peer.kind, PEER_NETWORK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_asks_what_and_from_where_decides),
		cmocka_unit_test(ten_wrong_tokens_and_then_one_a_second),
		cmocka_unit_test(a_new_address_takes_the_place_of_the_oldest),
		cmocka_unit_test(addresses_are_loopback_or_not_also_when_mapped),
		cmocka_unit_test(the_user_at_a_socket_is_known_and_a_closed_one_is_a_stranger),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
