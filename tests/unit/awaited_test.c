/* tests/unit/awaited_test.c - which events rules wait for, as far as exact values say. */
#include "rules/awaited.h"
#include "tests/unit/rules_fixture.h"

/* `verify` compares dbt's webhooks with exactly these. */
static void exact_values_say_what_a_rule_waits_for(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	OWNED(ruleset)
	rules = fixture_rules("version: 1\nrules:\n"
			      "- name: a\n"
			      "  when:\n"
			      "  - {job_id: [1, 2], source: d}\n"
			      "  - {job_name: x, event: [job.run.errored, job.run.completed]}\n"
			      "  refresh: [{site: s, workbooks: W}]\n"
			      "- name: b\n  when: {job_id: ['3', /^4/], source: /d/}\n"
			      "  refresh: [{site: s, workbooks: W}]\n"
			      "- name: c\n  enabled: false\n  when: {job_id: 5}\n"
			      "  refresh: [{site: s, workbooks: W}]\n");
	struct awaited_list list = ruleset_awaited(rules, NULL, 0, arena);
	assert_int_equal(list.count, 3);
	assert_int_equal(list.items[0].jobs.count, 2);
	assert_string_equal(list.items[0].jobs.items[1], "2");
	assert_int_equal(list.items[0].events.count, 1);
	assert_string_equal(list.items[0].events.items[0], "job.run.completed");
	assert_true(awaited_is_from(&list.items[0], "d") && !awaited_is_from(&list.items[0], "e"));
	assert_int_equal(list.items[1].jobs.count, 0);
	assert_int_equal(list.items[1].events.count, 2);
	assert_true(awaited_is_from(&list.items[1], "anything"));
	assert_string_equal(list.items[2].rule, "b");
	assert_int_equal(list.items[2].jobs.count, 1);
	assert_true(awaited_is_from(&list.items[2], "e"));
	const char *only[] = { "b" };
	assert_int_equal(ruleset_awaited(rules, only, 1, arena).count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_values_say_what_a_rule_waits_for),
	};
	return cmocka_run_group_tests_name("awaited", tests, fixture_open, fixture_close);
}
