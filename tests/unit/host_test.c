/* Kinds of hosts, which decide what the admin listener accepts and what `check` warns about. */
#include "base/web/host.h"
#include "tests/unit/test.h"

static void a_host_is_known_for_what_it_is(void **state)
{
	static const struct {
		const char *authority;
		enum host_kind kind;
	} cases[] = {
		{ "localhost", HOST_LOOPBACK },
		{ "LocalHost.:80", HOST_LOOPBACK },
		{ "127.0.0.1", HOST_LOOPBACK },
		{ "127.255.255.255:1", HOST_LOOPBACK },
		{ "[::1]:8081", HOST_LOOPBACK },
		{ "::1", HOST_LOOPBACK },
		{ "[::ffff:127.0.0.1]", HOST_LOOPBACK },
		{ "", HOST_ANY },
		{ ":8081", HOST_ANY },
		{ "0.0.0.0:8081", HOST_ANY },
		{ "[::]:8081", HOST_ANY },
		{ "[::ffff:0.0.0.0]", HOST_ANY },
		{ "*:8081", HOST_ANY },
		{ "192.0.2.1", HOST_ADDRESS },
		{ "[2001:db8::1]:8081", HOST_ADDRESS },
		{ "[fe80::1%eth0]:8081", HOST_ADDRESS },
		{ "127.evil.example", HOST_NAME },
		{ "localhost.evil.example", HOST_NAME },
		{ "127.0.0.1.evil.example", HOST_NAME },
		{ "localhost%.evil.example", HOST_NAME },
		{ "127.0.0.1%.evil.example:8081", HOST_NAME },
		{ "[::1].evil.example", HOST_NAME },
		{ "[127.0.0.1]evil.example:8081", HOST_NAME },
		{ "[localhost]", HOST_NAME },
		{ "127.1", HOST_NAME }, /* some programs take it for an address */
		{ "0x7f000001", HOST_NAME },
		{ "2130706433", HOST_NAME },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (host_kind_of(host_of(str_of(cases[i].authority))) != cases[i].kind)
			fail_msg("%s: %d", cases[i].authority,
				host_kind_of(host_of(str_of(cases[i].authority))));
}

static void names_and_addresses_are_compared_as_such(void **state)
{
	(void)state;
	assert_true(host_equal(STR("Router.Example.com."), STR("router.example.com")));
	assert_true(host_equal(STR("2001:db8:0::1"), STR("2001:DB8::0:1")));
	assert_true(host_equal(STR("::ffff:192.0.2.1"), STR("192.0.2.1")));
	assert_false(host_equal(STR("router.example.com"), STR("router.example")));
	assert_false(host_equal(STR("192.0.2.1"), STR("192.0.2.10")));
	assert_false(host_equal(STR(""), STR("x")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_is_known_for_what_it_is),
		cmocka_unit_test(names_and_addresses_are_compared_as_such),
	};
	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
