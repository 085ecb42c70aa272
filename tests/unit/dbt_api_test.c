/* tests/unit/dbt_api_test.c - dbt's answer about webhooks. */
#include "base/json.h"
#include "cli/verify/dbt_api.h"
#include "tests/unit/test.h"

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	json_setup();
	arena = arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static bool parse(const char *text, struct dbt_subscriptions *list, int64_t *total)
{
	struct error err;
	return dbt_subscriptions_parse(str_of(text), arena, list, total, &err);
}

/* Ids may be numbers or texts, and what is absent is empty. */
static void a_page_is_read_in_all_its_forms(void **state)
{
	(void)state;
	struct dbt_subscriptions list = { NULL, 0 };
	int64_t total = 0;
	assert_true(parse("{\"data\":[{\"id\":\"wsu_1\",\"job_ids\":[701331,\"2\"],\"active\":true,"
			  "\"client_url\":\"https://h/webhooks/d\",\"http_status_code\":504,"
			  "\"event_types\":[\"job.run.completed\"]},{}],"
			  "\"extra\":{\"pagination\":{\"total_count\":7}}}",
		&list, &total));
	assert_int_equal(list.count, 2);
	assert_int_equal(total, 7);
	assert_true(list.items[0].is_active);
	assert_string_equal(list.items[0].last_status, "504");
	assert_true(dbt_subscription_covers(&list.items[0], "701331"));
	assert_true(dbt_subscription_covers(&list.items[0], "2"));
	assert_false(dbt_subscription_covers(&list.items[0], "3"));
	assert_true(dbt_subscription_covers(&list.items[1], "3"));
	assert_string_equal(list.items[1].client_url, "");
	assert_false(list.items[1].is_active);
	assert_true(parse("{\"data\":[{}]}", &list, &total));
	assert_int_equal(list.count, 3);
	assert_string_equal(list.items[0].id, "wsu_1");
}

static void what_is_no_page_is_an_error(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "[]", "{}", "{\"data\":null}", "{\"data\":{}}",
		"<html>", "{\"data\":[" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct dbt_subscriptions list = { NULL, 0 };
		int64_t total = 0;
		assert_false(parse(bad[i], &list, &total));
	}
}

static const struct {
	const char *says, *url, *source;
	bool is_for;
} urls[] = {
	{ "the usual one", "https://h.example.com/webhooks/dbt-prod", "dbt-prod", true },
	{ "a gateway's prefix", "https://h/x/webhooks/dbt-prod/", "dbt-prod", true },
	{ "a query is none of it", "https://h/webhooks/dbt-prod?x=/webhooks/other", "dbt-prod",
		true },
	{ "another source", "https://h/webhooks/dbt-prod2", "dbt-prod", false },
	{ "its end only", "https://h/webhooks/my-dbt-prod", "dbt-prod", false },
	{ "only in the query", "https://h/?x=/webhooks/dbt-prod", "dbt-prod", false },
	{ "nothing", "", "dbt-prod", false },
};

static void a_webhook_is_of_the_source_at_the_end_of_its_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		const struct dbt_subscription one = { .client_url = urls[i].url };
		if (dbt_subscription_is_for(&one, urls[i].source) != urls[i].is_for)
			fail_msg("%s", urls[i].says);
	}
}

static void a_webhook_sends_one_of_the_types(void **state)
{
	(void)state;
	const char *const sent[] = { "job.run.completed" };
	const char *const wanted[] = { "job.run.errored", "job.run.completed" };
	const struct dbt_subscription one = { .events = sent, .event_count = 1 };
	assert_true(dbt_subscription_sends(&one, wanted, 2));
	assert_false(dbt_subscription_sends(&one, wanted, 1));
	assert_true(dbt_subscription_sends(&one, NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_read_in_all_its_forms),
		cmocka_unit_test(what_is_no_page_is_an_error),
		cmocka_unit_test(a_webhook_is_of_the_source_at_the_end_of_its_path),
		cmocka_unit_test(a_webhook_sends_one_of_the_types),
	};
	return cmocka_run_group_tests_name("dbt_api", tests, setup, teardown);
}
