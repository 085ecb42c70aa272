/* tests/unit/compare_test.c - what differs between two rulesets. */
#include "rules/compare/compare.h"
#include "tests/unit/rules_fixture.h"

#define RULE(name, rest) "  - name: " name "\n" rest
#define A "    when: {job_id: 1}\n    refresh: [{site: s, workbooks: [A, B]}]\n"

static struct ruleset *rules_of(const char *items)
{
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_printf(&text, "version: 1\nrules:\n%s", items);
	return fixture_rules(text.at);
}

static char mark(enum change change)
{
	return change == CHANGE_LOST ? '-' : change == CHANGE_GAINED ? '+' : '~';
}

/* Decides the events by both, each named by its number from 0: "-A 1 0 a;" is content, events,
 * example, rules. */
static void assert_decided(const char *before, const char *after, const char *const *events,
	int changed, const char *expected)
{
	OWNED(ruleset) old = rules_of(before);
	OWNED(ruleset) new = rules_of(after);
	OWNED(comparison) comparison = comparison_new(old, new);
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	int64_t event_count = 0;
	for (; events[event_count]; event_count++) {
		OWNED(arena) arena = arena_new();
		comparison_add(comparison, fixture_event(events[event_count], arena),
			arena_printf(arena, "%d", (int)event_count));
	}
	size_t count;
	const struct changed_content *contents = comparison_contents(comparison, &count);
	for (size_t i = 0; i < count; i++) {
		const struct changed_content *content = &contents[i];
		text_printf(&out, "%c%s%s%s %d %s", mark(content->change),
			content->selection->selector, *content->what ? ": " : "", content->what,
			(int)content->event_count, content->example);
		for (size_t j = 0; j < content->rule_count; j++)
			text_printf(&out, " %s", content->rules[j]);
		text_add_char(&out, ';');
	}
	assert_string_equal(out.at, expected);
	assert_int_equal(comparison_event_count(comparison), event_count);
	assert_int_equal(comparison_changed_count(comparison), changed);
}

#define EVENTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void the_same_rules_decide_alike(void **state)
{
	(void)state;
	assert_decided(
		RULE("a", A), RULE("b", A), EVENTS("{\"job_id\": 1}", "{\"job_id\": 2}"), 0, "");
}

static void what_is_lost_and_gained_is_counted_over_events(void **state)
{
	(void)state;
	assert_decided(RULE("a", A),
		RULE("a", "    when: {job_id: 1}\n"
			  "    refresh: [{site: s, workbooks: [A, C]}]\n")
			RULE("b", "    when: {job_id: [1, 2]}\n"
				  "    refresh: [{site: s, workbooks: C}]\n"),
		EVENTS("{\"job_id\": 3}", "{\"job_id\": 1}", "{\"job_id\": 2}"), 2,
		"-B 1 1 a;+C 2 1 a b;");
}

static void the_same_content_done_otherwise_is_altered(void **state)
{
	(void)state;
	assert_decided(RULE("a", A),
		RULE("a", "    when: {job_id: 1}\n    priority: 80\n    delay: 10m\n"
			  "    refresh:\n"
			  "      - {site: s, workbooks: A, incremental: true}\n"
			  "      - {site: s, workbooks: B, allow: many}\n"),
		EVENTS("{\"job_id\": 1}"), 1,
		"~A: full -> incremental, priority 50 -> 80, delay 0 -> 10m 1 0 a;"
		"~B: one alone -> many allowed, priority 50 -> 80, delay 0 -> 10m 1 0 a;");
	assert_decided(RULE("a", A), RULE("a", "    mode: shadow\n" A), EVENTS("{\"job_id\": 1}"),
		1, "~A: sent -> shadow 1 0 a;~B: sent -> shadow 1 0 a;");
}

static void another_project_is_other_content(void **state)
{
	(void)state;
	assert_decided(RULE("a", "    refresh: [{site: s, workbooks: A}]\n"),
		RULE("a", "    refresh: [{site: s, workbooks: A, project: P}]\n"), EVENTS("{}"), 1,
		"-A 1 0 a;+A 1 0 a;");
}

static void one_of_two_times_may_go(void **state)
{
	(void)state;
	/* The same content at two times: at once by one rule, later by another. */
	assert_decided(RULE("a", "    refresh: [{site: s, workbooks: A}]\n")
			       RULE("b", "    delay: 5m\n"
					 "    refresh: [{site: s, workbooks: A}]\n"),
		RULE("a", "    refresh: [{site: s, workbooks: A}]\n"), EVENTS("{}"), 1,
		"-A 1 0 b;");
}

static void assert_rules(const char *before, const char *after, const char *expected)
{
	OWNED(ruleset) old = rules_of(before);
	OWNED(ruleset) new = rules_of(after);
	OWNED(arena) arena = arena_new();
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	size_t count;
	const struct changed_rule *rules = rules_compare(old, new, arena, &count);
	for (size_t i = 0; i < count; i++)
		text_printf(&out, "%c%s %d %s;", mark(rules[i].change), rules[i].rule,
			rules[i].line, rules[i].what);
	assert_string_equal(out.at, expected);
}

static void rules_are_compared_by_their_parts(void **state)
{
	(void)state;
	assert_rules(RULE("a", A) RULE("b", A), RULE("b", A) RULE("c", A), "-a 3 ;+c 6 ;");
	assert_rules(RULE("a", A), RULE("a", "    description: x\n    owner: y\n" A), "");
	assert_rules(RULE("a", A), RULE("a", "    priority: 51\n" A), "~a 3 priority;");
	assert_rules(
		RULE("a", A), RULE("a", "    delay: 1m\n    quiet: 2m\n" A), "~a 3 delay, quiet;");
	assert_rules(RULE("a", A), RULE("a", "    mode: shadow\n    enabled: false\n" A),
		"~a 3 mode, enabled;");
#define WITH(when, refresh) RULE("a", "    when: " when "\n    refresh: [" refresh "]\n")
	static const char base[] = WITH("{job_id: 1}", "{site: s, workbooks: A}");
	assert_rules(base, WITH("{job_id: 2}", "{site: s, workbooks: A}"), "~a 3 when;");
	assert_rules(base, WITH("{job_id: [1, 2]}", "{site: s, workbooks: A}"), "~a 3 when;");
	assert_rules(base, WITH("{run_id: 1}", "{site: s, workbooks: A}"), "~a 3 when;");
	assert_rules(base, WITH("{job_id: 1, not: {run_id: 1}}", "{site: s, workbooks: A}"),
		"~a 3 when;");
	assert_rules(base, WITH("{job_id: 1}", "{site: t, workbooks: A}"), "~a 3 refresh;");
	assert_rules(base, WITH("{job_id: 1}", "{site: s, flows: A}"), "~a 3 refresh;");
	assert_rules(
		base, WITH("{job_id: 1}", "{site: s, workbooks: '${job_id}'}"), "~a 3 refresh;");
	assert_rules(base, WITH("{job_id: 1}", "{site: s, workbooks: A, tag: t}"), "~a 3 refresh;");
	assert_rules(
		base, WITH("{job_id: 1}", "{site: s, workbooks: A, owner: t}"), "~a 3 refresh;");
	assert_rules(
		base, WITH("{job_id: 1}", "{site: s, workbooks: A, allow: none}"), "~a 3 refresh;");
	assert_rules(WITH("{job_id: 1}", "{site: s, workbooks: '${job_id}'}"),
		WITH("{job_id: 1}", "{site: s, workbooks: '${run_id}'}"), "~a 3 refresh;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_rules_decide_alike),
		cmocka_unit_test(what_is_lost_and_gained_is_counted_over_events),
		cmocka_unit_test(the_same_content_done_otherwise_is_altered),
		cmocka_unit_test(another_project_is_other_content),
		cmocka_unit_test(one_of_two_times_may_go),
		cmocka_unit_test(rules_are_compared_by_their_parts),
	};
	return cmocka_run_group_tests_name("compare", tests, fixture_open, fixture_close);
}
