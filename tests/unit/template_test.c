/* tests/unit/template_test.c - expansion of ${name}. */
#include "rules/template.h"
#include "tests/unit/rules_fixture.h"

/* A template of literal "a", the event field job_id, and the first capture. */
static const struct template_part parts[] = {
	{ .source = TEMPLATE_LITERAL, .literal = STR("a/") },
	{ .source = EVENT_JOB_ID, .literal = STR("job_id") },
	{ .source = TEMPLATE_CAPTURE, .literal = STR("c") },
};
static const struct template mixed = {
	.text = STR("a/${job_id}${c}"), .parts = parts, .part_count = 3
};

static const struct {
	const char *says, *job_id, *capture; /* NULL: took no part */
	enum template_use use;
	enum expansion expansion;
	const char *text; /* or the name that failed */
} cases[] = {
	{ "plain values stand as they are", "1", "x/y", TEMPLATE_PLAIN, EXPANSION_DONE, "a/1x/y" },
	{ "a project's values keep their slashes", "1", "x/y", TEMPLATE_PROJECT, EXPANSION_DONE,
		"a/1x\\/y" },
	{ "a pattern's values are quoted", "1", "x.y", TEMPLATE_PATTERN, EXPANSION_DONE,
		"a/1x\\.y" },
	{ "a capture that took no part", "1", NULL, TEMPLATE_PLAIN, EXPANSION_ABSENT, "c" },
	{ "a capture of the empty text", "1", "", TEMPLATE_PLAIN, EXPANSION_DONE, "a/1" },
	{ "an absent event field", "", "x", TEMPLATE_PLAIN, EXPANSION_EMPTY, "job_id" },
};

static void a_template_takes_values_for_its_use(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct event event = { 0 };
		event.fields[EVENT_JOB_ID] = str_of(cases[i].job_id);
		struct str capture = str_of(cases[i].capture);
		const struct template_values values = { .event = &event, .captures = &capture };
		OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
		const char *name = NULL;
		enum expansion expansion =
			template_expand(&mixed, cases[i].use, &values, &out, &name);
		if (expansion != cases[i].expansion ||
			strcmp(expansion == EXPANSION_DONE ? out.at : name, cases[i].text))
			fail_msg("%s: %d '%s'", cases[i].says, (int)expansion, out.at);
	}
}

static void a_dummy_stands_for_every_name(void **state)
{
	(void)state;
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	template_dummy(&mixed, "x", &out);
	assert_string_equal(out.at, "a/xx");
}

static void a_doubled_dollar_is_a_literal_one(void **state)
{
	(void)state;
	OWNED(decide_scratch) scratch = decide_scratch_new();
	OWNED(arena) arena = arena_new();
	OWNED(ruleset)
	rules = fixture_rules(
		"version: 1\nrules:\n- name: r\n  refresh:\n"
		"  - {site: s, workbooks: ['$${job_id}', '$${x}${job_id}', 'cost $5', '$']}\n");
	const struct decision *decision =
		ruleset_decide(rules, fixture_event("{\"job_id\": 7}", arena), scratch, arena);
	assert_int_equal(decision->selection_count, 4);
	assert_string_equal(decision->selections[0].selector, "$");
	assert_string_equal(decision->selections[1].selector, "${job_id}");
	assert_string_equal(decision->selections[2].selector, "${x}7");
	assert_string_equal(decision->selections[3].selector, "cost $5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_template_takes_values_for_its_use),
		cmocka_unit_test(a_dummy_stands_for_every_name),
		cmocka_unit_test(a_doubled_dollar_is_a_literal_one),
	};
	return cmocka_run_group_tests_name("template", tests, fixture_open, fixture_close);
}
