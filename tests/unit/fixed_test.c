/* tests/unit/fixed_test.c - the selections that need no event. */
#include "rules/fixed.h"
#include "tests/unit/rules_fixture.h"

/* `verify` looks up what a rule names whatever the event is, and counts the rest. */
static void what_names_no_placeholder_is_fixed(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	OWNED(ruleset)
	rules = fixture_rules("version: 1\nrules:\n"
			      "- name: a\n  when: {job_id: 1}\n  refresh:\n"
			      "  - {site: s, workbooks: [One, '${job_id}', '$${x}'], project: P}\n"
			      "  - {site: s, workbooks: Two, tag: 'dbt-${job_id}'}\n"
			      "  - {site: '${source}', workbooks: Three}\n"
			      "- name: b\n  when: {job_id: 1}\n  mode: shadow\n  refresh:\n"
			      "  - {site: s, datasources: /x/, allow: [none, many]}\n"
			      "- name: c\n  when: {job_id: 1}\n  enabled: false\n  refresh:\n"
			      "  - {site: s, workbooks: Four}\n");
	struct fixed_selections fixed = ruleset_fixed(rules, NULL, 0, arena);
	assert_int_equal(fixed.count, 3);
	assert_int_equal(fixed.need_event, 3);
	assert_int_equal(fixed.disabled, 1);
	assert_string_equal(fixed.items[0].selection.selector, "One");
	assert_string_equal(fixed.items[0].selection.project, "P");
	assert_string_equal(fixed.items[0].rule, "a");
	assert_int_equal(fixed.items[0].line, 6);
	assert_string_equal(fixed.items[1].selection.selector, "${x}");
	assert_string_equal(fixed.items[2].rule, "b");
	assert_int_equal(fixed.items[2].selection.by, SELECT_PATTERN);
	assert_true(fixed.items[2].selection.allow_none && fixed.items[2].selection.shadow);
	const char *only[] = { "b", "c" };
	fixed = ruleset_fixed(rules, only, 2, arena);
	assert_true(fixed.count == 1 && !fixed.need_event && fixed.disabled == 1);
}

static void no_rules_have_no_selections(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	OWNED(ruleset) rules = fixture_rules("version: 1\nrules: []\n");
	assert_int_equal(ruleset_fixed(rules, NULL, 0, arena).count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_names_no_placeholder_is_fixed),
		cmocka_unit_test(no_rules_have_no_selections),
	};
	return cmocka_run_group_tests_name("fixed", tests, fixture_open, fixture_close);
}
