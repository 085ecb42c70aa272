/* tests/unit/decide_test.c - which rules match, which selections result, and how it is
 * explained. */
#include "base/clock.h"
#include "rules/match.h"
#include "tests/unit/rules_fixture.h"

#define RULE(when)                                                                                 \
	"version: 1\nrules: [{name: r, when: " when ", refresh: [{site: s, workbooks: W}]}]\n"

static const struct {
	const char *says, *when, *event;
	bool matches;
} cases[] = {
	{ "an exact value is the whole value", "{job_id: 1001}", "{\"job_id\":\"11001\"}", false },
	{ "a number and a text are equal", "{job_id: '1001'}", "{\"job_id\":1001}", true },
	{ "digit for digit", "{job_id: 01001}", "{\"job_id\":1001}", false },
	{ "a list is any of", "{job_id: [1, 1001]}", "{\"job_id\":1001}", true },
	{ "all fields must hold", "{job_id: 1, job_name: b}", "{\"job_id\":1,\"job_name\":\"a\"}",
		false },
	{ "exact values mind their case", "{job_name: a}", "{\"job_name\":\"A\"}", false },
	{ "YAML's booleans are texts", "{job_name: on}", "{\"job_name\":\"on\"}", true },
	{ "a pattern finds a part", "{job_name: /tract/}", "{\"job_name\":\"extracts_emea_v2\"}",
		true },
	{ "a pattern's flag counts", "{job_name: /TRACT/i}", "{\"job_name\":\"extracts\"}", true },
	{ "a pattern that does not find", "{job_name: /^tract/}", "{\"job_name\":\"extracts\"}",
		false },
	{ "an exact value beside a pattern", "{job_name: [/^tract/, extracts]}",
		"{\"job_name\":\"extracts\"}", true },
	{ "an absent field is the empty text", "{job_name: ''}", "{\"job_id\":1}", true },
	{ "a condition that wants text", "{job_name: /./}", "{\"job_id\":1}", false },
	{ "a pattern that accepts the empty text", "{job_name: /^$/}", "{\"job_id\":1}", true },
	{ "success is the default", "{}", "{\"status\":\"success\"}", true },
	{ "and nothing else", "{}", "{\"status\":\"error\"}", false },
	{ "completed is the default", "{}", "{\"event\":\"job.run.started\"}", false },
	{ "a mentioned status replaces the default", "{status: Errored}", "{\"status\":\"error\"}",
		true },
	{ "a pattern on the status", "{status: /^(success|error)$/}", "{\"status\":\"error\"}",
		true },
	{ "not excludes", "{not: {job_name: /^x/}}", "{\"job_name\":\"xy\"}", false },
	{ "not of another", "{not: {job_name: /^x/}}", "{\"job_name\":\"y\"}", true },
	{ "not of a map wants all of it", "{not: {job_name: x, job_id: 1}}",
		"{\"job_name\":\"x\",\"job_id\":2}", true },
	{ "a list of nots: none may hold", "{not: [{job_name: x}, {job_id: 2}]}",
		"{\"job_name\":\"y\",\"job_id\":2}", false },
	{ "a status in not leaves the default", "{not: {status: cancelled}}",
		"{\"status\":\"error\"}", false },
	{ "one of the branches", "[{job_id: 1}, {job_id: 2, status: error}]",
		"{\"job_id\":2,\"status\":\"error\"}", true },
	{ "defaults are a branch's own", "[{job_id: 1}, {job_id: 2, status: error}]",
		"{\"job_id\":1,\"status\":\"error\"}", false },
	{ "spellings of one name are one", "{job_name: 'caf\u00e9'}",
		"{\"job_name\":\"cafe\u0301\"}", true },
	{ "also the other way round", "{job_name: 'cafe\u0301'}", "{\"job_name\":\"caf\u00e9\"}",
		true },
	{ "and for patterns", "{job_name: '/^[cC]afe\u0301s?$/'}", "{\"job_name\":\"caf\u00e9\"}",
		true },
	{ "an anchor is merged", "{<<: {job_id: 1}, job_name: a}",
		"{\"job_id\":2,\"job_name\":\"a\"}", false },
};

static void a_rule_matches_as_it_is_written(void **state)
{
	(void)state;
	OWNED(decide_scratch) scratch = decide_scratch_new();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[600];
		snprintf(text, sizeof text,
			"version: 1\nrules: [{name: r, when: %s, refresh: [{site: s, workbooks: "
			"W}]}]\n",
			cases[i].when);
		OWNED(ruleset) rules = fixture_rules(text);
		OWNED(arena) arena = arena_new();
		const struct decision *decision =
			ruleset_decide(rules, fixture_event(cases[i].event, arena), scratch, arena);
		if ((decision->match_count == 1) != cases[i].matches)
			fail_msg("%s: %s with %s", cases[i].says, cases[i].when, cases[i].event);
		const struct decision *explained = ruleset_explain(
			rules, fixture_event(cases[i].event, arena), NULL, scratch, arena);
		assert_int_equal(explained->match_count, decision->match_count);
		assert_int_equal(explained->unmatched_count, 1 - decision->match_count);
	}
}

static const struct {
	const char *says, *rules, *event, *selections, *warnings;
} expansions[] = {
	{ "names and tags from captures and fields",
		"- name: regional\n  when: {job_name: '/^extracts_(?<region>emea|apac)_v\\d+$/'}\n "
		" refresh:\n"
		"  - {site: regional, datasources: 'sales_${region}'}\n"
		"  - {site: regional, workbooks: /./, tag: 'dbt-${job_id}', incremental: true}\n",
		"{\"job_name\":\"extracts_emea_v2\",\"job_id\":7}",
		"[{\"site\":\"regional\",\"kind\":\"workbook\",\"pattern\":\"/./"
		"\",\"tag\":\"dbt-7\",\"incremental\":true,\"rules\":[\"regional\"]},"
		"{\"site\":\"regional\",\"kind\":\"datasource\",\"name\":\"sales_emea\","
		"\"incremental\":false,\"rules\":[\"regional\"]}]",
		"[]" },
	{ "the same content by two rules is one selection",
		"- {name: b, refresh: [{site: s, workbooks: [W, V]}], priority: 60}\n"
		"- {name: a, refresh: [{site: s, workbooks: W}]}\n",
		"{}",
		"[{\"site\":\"s\",\"kind\":\"workbook\",\"name\":\"V\",\"incremental\":false,"
		"\"rules\":[\"b\"],\"priority\":60},"
		"{\"site\":\"s\",\"kind\":\"workbook\",\"name\":\"W\",\"incremental\":false,"
		"\"rules\":[\"a\",\"b\"],\"priority\":60}]",
		"[]" },
	{ "a name twice in one rule is one selection",
		"- {name: a, refresh: [{site: s, workbooks: [W, W]}]}\n", "{}",
		"[{\"site\":\"s\",\"kind\":\"workbook\",\"name\":\"W\",\"incremental\":false,"
		"\"rules\":[\"a\"]}]",
		"[]" },
	{ "full and incremental are two selections",
		"- {name: a, refresh: [{site: s, workbooks: W, incremental: true}, {site: s, "
		"workbooks: W}]}\n",
		"{}",
		"[{\"site\":\"s\",\"kind\":\"workbook\",\"name\":\"W\",\"incremental\":false,"
		"\"rules\":[\"a\"]},"
		"{\"site\":\"s\",\"kind\":\"workbook\",\"name\":\"W\",\"incremental\":true,"
		"\"rules\":[\"a\"]}]",
		"[]" },
	{ "a group that took no part makes the selection void, and only it",
		"- {name: a, when: {job_name: '/^x(?<y>y)?/'}, refresh: [{site: s, workbooks: "
		"['W${y}', W]}]}\n",
		"{\"job_name\":\"x\"}",
		"[{\"site\":\"s\",\"kind\":\"workbook\",\"name\":\"W\",\"incremental\":false,"
		"\"rules\":[\"a\"]}]",
		"[{\"rule\":\"a\",\"text\":\"selection 1: workbooks 'W${y}' needs the capture 'y', "
		"which took no part in the match;"
		" nothing is refreshed for it\"}]" },
	{ "an absent field makes the selection void",
		"- {name: a, refresh: [{site: s, workbooks: 'W${job_name}'}]}\n", "{}", "[]",
		"[{\"rule\":\"a\",\"text\":\"selection 1: workbooks 'W${job_name}' expanded to "
		"nothing: the event has no 'job_name';"
		" nothing is refreshed for it\"}]" },
	{ "a value inside a pattern stands for itself",
		"- {name: a, refresh: [{site: s, workbooks: '/^${job_name}$/'}]}\n",
		"{\"job_name\":\"a.b\"}",
		"[{\"site\":\"s\",\"kind\":\"workbook\",\"pattern\":\"/^a\\\\.b$/"
		"\",\"incremental\":false,\"rules\":[\"a\"]}]",
		"[]" },
	{ "a slash in a value belongs to the project's name",
		"- {name: a, refresh: [{site: s, workbooks: W, project: 'X/${job_name}'}]}\n",
		"{\"job_name\":\"P/L\"}",
		"[{\"site\":\"s\",\"kind\":\"workbook\",\"name\":\"W\",\"project\":\"X/P\\\\/"
		"L\",\"incremental\":false,\"rules\":[\"a\"]}]",
		"[]" },
	{ "an exact name that an event made look like a pattern stays a name",
		"- {name: a, refresh: [{site: s, workbooks: '${job_name}'}]}\n",
		"{\"job_name\":\"/./\"}",
		"[{\"site\":\"s\",\"kind\":\"workbook\",\"name\":\"/./"
		"\",\"incremental\":false,\"rules\":[\"a\"]}]",
		"[]" },
	{ "a LUID is lower case",
		"- {name: a, refresh: [{site: s, tasks: 9B0E5F4C-3F4A-4D5E-8A6B-0F1D2C3B4A59}]}\n",
		"{}",
		"[{\"site\":\"s\",\"kind\":\"task\",\"luid\":\"9b0e5f4c-3f4a-4d5e-8a6b-"
		"0f1d2c3b4a59\",\"incremental\":false,\"rules\":[\"a\"]}]",
		"[]" },
	{ "a project by its LUID, in lower case too",
		"- {name: a, refresh: [{site: s, workbooks: {}, project: "
		"{id: 9B0E5F4C-3F4A-4D5E-8A6B-0F1D2C3B4A59}}]}\n",
		"{}",
		"[{\"site\":\"s\",\"kind\":\"workbook\",\"all\":true,\"project_luid\":"
		"\"9b0e5f4c-3f4a-4d5e-8a6b-0f1d2c3b4a59\",\"incremental\":false,"
		"\"rules\":[\"a\"]}]",
		"[]" },
	{ "a project's LUID that an event made none is void",
		"- {name: a, refresh: [{site: s, workbooks: W, project: {id: '${job_name}'}}]}\n",
		"{\"job_name\":\"Daily\"}", "[]",
		"[{\"rule\":\"a\",\"text\":\"selection 1: project '${job_name}' became 'Daily', "
		"which is no LUID; nothing is refreshed for it\"}]" },
};

static void drop_priority(cJSON *selections)
{
	cJSON *item;
	cJSON_ArrayForEach(item, selections)
		cJSON_DeleteItemFromObjectCaseSensitive(item, "priority");
}

static void selections_are_expanded_and_merged(void **state)
{
	(void)state;
	OWNED(decide_scratch) scratch = decide_scratch_new();
	for (size_t i = 0; i < sizeof expansions / sizeof *expansions; i++) {
		char text[1200];
		snprintf(text, sizeof text, "version: 1\nrules:\n%s", expansions[i].rules);
		OWNED(ruleset) rules = fixture_rules(text);
		OWNED(arena) arena = arena_new();
		const struct decision *decision = ruleset_decide(
			rules, fixture_event(expansions[i].event, arena), scratch, arena);
		OWNED_JSON json = decision_json(decision);
		OWNED_JSON expected = cJSON_Parse(expansions[i].selections);
		cJSON *selections = cJSON_GetObjectItemCaseSensitive(json, "selections");
		drop_priority(selections); /* not part of the contract; tested below */
		drop_priority(expected);
		OWNED_MEMORY char *warnings = fixture_part(decision, "warnings");
		OWNED_MEMORY char *got = json_print(selections), *want = json_print(expected);
		if (!cJSON_Compare(selections, expected, true) ||
			strcmp(warnings, expansions[i].warnings))
			fail_msg("%s:\n%s\n%s\nwanted\n%s\n%s", expansions[i].says, got, warnings,
				want, expansions[i].warnings);
	}
}

static const struct decision *decide_text(const char *rules_text, const char *event,
	struct ruleset **rules, struct decide_scratch *scratch, struct arena *arena)
{
	*rules = fixture_rules(rules_text);
	return ruleset_explain(*rules, fixture_event(event, arena), NULL, scratch, arena);
}

static void a_shadow_rule_has_no_say_where_another_sends(void **state)
{
	(void)state;
	OWNED(decide_scratch) scratch = decide_scratch_new();
	OWNED(arena) arena = arena_new();
	OWNED(ruleset) rules = NULL;
	const struct decision *decision = decide_text(
		"version: 1\nrules:\n"
		"- {name: a, mode: shadow, priority: 90, refresh: [{site: s, workbooks: [W, V]}]}\n"
		"- {name: b, priority: 10, refresh: [{site: s, workbooks: W, allow: many}]}\n"
		"- {name: c, priority: 20, refresh: [{site: s, workbooks: W, allow: [many, "
		"none]}]}\n",
		"{}", &rules, scratch, arena);
	assert_int_equal(decision->match_count, 3);
	assert_int_equal(decision->selection_count, 2);
	assert_string_equal(decision->selections[0].selector, "V");
	assert_true(decision->selections[0].shadow);
	const struct selection *both = &decision->selections[1];
	assert_false(both->shadow);
	assert_int_equal(both->priority, 20);
	assert_true(both->allow_many);
	assert_false(both->allow_none);
	assert_int_equal(both->rule_count, 3);
}

static void the_nearest_miss_comes_first(void **state)
{
	(void)state;
	OWNED(decide_scratch) scratch = decide_scratch_new();
	OWNED(arena) arena = arena_new();
	OWNED(ruleset) rules = NULL;
	const struct decision *decision = decide_text(
		"version: 1\nrules:\n"
		"- {name: a, when: {project_id: 1}, refresh: [{site: s, workbooks: W}]}\n"
		"- {name: b, when: [{job_id: 4}, {job_id: [5, 6], status: error}], refresh: "
		"[{site: s, workbooks: W}]}\n"
		"- {name: c, enabled: false, refresh: [{site: s, workbooks: W}]}\n"
		"- {name: d, when: {not: {run_reason: /^Kick/}}, refresh: [{site: s, workbooks: "
		"W}]}\n",
		"{\"job_id\": 5, \"run_reason\": \"Kicked off\"}", &rules, scratch, arena);
	OWNED_MEMORY char *unmatched = fixture_part(decision, "unmatched");
	OWNED_TEXT struct text want = TEXT(TEXT_UNBOUNDED);
	const char *path = fixture_path("rules.yaml");
	text_printf(&want,
		"[{\"rule\":\"b\",\"file\":\"%s\",\"line\":4,\"because\":"
		"{\"field\":\"status\",\"expected\":\"error\",\"actual\":\"success\"}},",
		path);
	text_printf(&want,
		"{\"rule\":\"d\",\"file\":\"%s\",\"line\":6,\"because\":"
		"{\"field\":\"not.run_reason\",\"expected\":\"not /^Kick/\",\"actual\":\"Kicked "
		"off\"}},",
		path);
	text_printf(&want,
		"{\"rule\":\"a\",\"file\":\"%s\",\"line\":3,\"because\":"
		"{\"field\":\"project_id\",\"expected\":\"1\",\"actual\":\"\"}},",
		path);
	text_printf(&want,
		"{\"rule\":\"c\",\"file\":\"%s\",\"line\":5,\"because\":"
		"{\"field\":\"enabled\",\"expected\":\"true\",\"actual\":\"false\"}}]",
		path);
	assert_string_equal(unmatched, want.at);
}

/*
 * Many patterns that explode: their total is bounded, cheap ones still match, and a search of every
 * rule decides the same as the index.
 */
static void one_decision_is_bounded_whatever_its_rules(void **state)
{
	(void)state;
	OWNED_TEXT struct text rules_text = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text event = TEXT(TEXT_UNBOUNDED);
	text_add(&rules_text, "version: 1\nrules:\n");
	for (int i = 0; i < 200; i++)
		text_printf(&rules_text,
			"- {name: bad%03d, when: {run_reason: '/(a|b|ab)*[cd](?:%d)?/'}, refresh: "
			"[{site: s, workbooks: W}]}\n"
			"- {name: good%03d, when: {run_reason: '/^a[^%d]{3}/'}, refresh: [{site: "
			"s, workbooks: W}]}\n"
			"- {name: never%03d, when: {run_reason: '/never%d.*/'}, refresh: [{site: "
			"s, workbooks: W}]}\n",
			i, i, i, i, i, i);
	text_add(&event, "{\"run_reason\": \"");
	for (int i = 0; i < 10000; i++)
		text_add(&event, "ab");
	text_add(&event, "!\"}");
	OWNED(ruleset) rules = fixture_rules(rules_text.at);
	OWNED(decide_scratch) indexed = decide_scratch_new();
	OWNED(decide_scratch) linear = decide_scratch_new();
	OWNED(arena) arena = arena_new();
	const struct event *flat = fixture_event(event.at, arena);
	linear->is_linear = true;
	struct mono start = clock_mono();
	const struct decision *decision = ruleset_decide(rules, flat, indexed, arena);
	int64_t us = clock_mono().us - start.us;
	assert_int_equal(decision->match_count, 200);
	assert_int_equal(decision->warning_count, 200);
	/* about 30 ms on an idle machine; minutes without the bound */
	assert_true(us < 5 * US_PER_SECOND);
	OWNED_JSON one = decision_json(decision);
	OWNED_JSON other = decision_json(ruleset_decide(rules, flat, linear, arena));
	OWNED_MEMORY char *by_index = json_print(one);
	OWNED_MEMORY char *by_search = json_print(other);
	assert_string_equal(by_index, by_search);
}

static void a_pattern_that_hits_its_limit_does_not_match_and_is_told(void **state)
{
	(void)state;
	OWNED(decide_scratch) scratch = decide_scratch_new();
	OWNED(arena) arena = arena_new();
	OWNED(ruleset) rules = NULL;
	OWNED_TEXT struct text event = TEXT(TEXT_UNBOUNDED);
	text_add(&event, "{\"job_id\": 1, \"job_name\": \"");
	for (int i = 0; i < 4000; i++)
		text_add_char(&event, 'a');
	text_add(&event, "!\"}");
	const struct decision *decision = decide_text(
		"version: 1\nrules:\n"
		"- {name: in, when: {job_name: /^(a+)+$/}, refresh: [{site: s, workbooks: W}]}\n"
		"- {name: not, when: {not: {job_name: /^(a+)+$/}}, refresh: [{site: s, workbooks: "
		"W}]}\n"
		"- {name: other, when: {job_id: 1}, refresh: [{site: s, workbooks: W}]}\n",
		event.at, &rules, scratch, arena);
	OWNED_TEXT struct text matched = TEXT(TEXT_UNBOUNDED);
	fixture_matched(decision, &matched);
	assert_string_equal(matched.at, "other");
	assert_int_equal(decision->warning_count, 2);
	assert_true(decision->warnings[0].is_pattern_limit);
	assert_non_null(strstr(decision->warnings[0].text, "/^(a+)+$/"));
}

static void the_first_pattern_of_a_field_that_matches_captures(void **state)
{
	(void)state;
	OWNED(decide_scratch) scratch = decide_scratch_new();
	OWNED(arena) arena = arena_new();
	OWNED(ruleset) rules = NULL;
	const struct decision *decision =
		decide_text("version: 1\nrules:\n"
			    "- {name: a, when: {job_name: [xy, /^z(?<c>.)/, /^(?<c>.)/, "
			    "/(?<c>y)/]}, refresh: [{site: s, workbooks: '${c}'}]}\n",
			"{\"job_name\": \"xy\"}", &rules, scratch, arena);
	assert_int_equal(decision->match_count, 1);
	assert_int_equal(decision->matches[0].capture_count, 1);
	assert_string_equal(decision->matches[0].capture_names[0], "c");
	assert_string_equal(decision->matches[0].capture_values[0], "x");
	assert_string_equal(decision->selections[0].selector, "x");
}

static void a_test_delivery_is_never_routed(void **state)
{
	(void)state;
	OWNED(decide_scratch) scratch = decide_scratch_new();
	OWNED(arena) arena = arena_new();
	OWNED(ruleset) rules = fixture_rules(RULE("{}"));
	struct event event = *fixture_event("{}", arena);
	event.standing = EVENT_TEST;
	event.why = "it came from the test button";
	const struct decision *decision = ruleset_explain(rules, &event, NULL, scratch, arena);
	assert_int_equal(decision->match_count, 0);
	assert_int_equal(decision->unmatched_count, 1);
	assert_string_equal(decision->unmatched[0].actual, event.why);
}

static void one_scratch_serves_many_rulesets_and_events(void **state)
{
	(void)state;
	OWNED(decide_scratch) scratch = decide_scratch_new();
	for (int i = 0; i < 50; i++) {
		OWNED(arena) arena = arena_new();
		char text[300], event[100];
		snprintf(text, sizeof text, RULE("{job_name: '/^(?<n>n)%d$/'}"), i % 7);
		snprintf(event, sizeof event, "{\"job_name\": \"n%d\"}", i % 5);
		OWNED(ruleset) rules = fixture_rules(text);
		const struct decision *decision =
			ruleset_decide(rules, fixture_event(event, arena), scratch, arena);
		assert_int_equal(decision->match_count, i % 7 == i % 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_matches_as_it_is_written),
		cmocka_unit_test(selections_are_expanded_and_merged),
		cmocka_unit_test(a_shadow_rule_has_no_say_where_another_sends),
		cmocka_unit_test(the_nearest_miss_comes_first),
		cmocka_unit_test(one_decision_is_bounded_whatever_its_rules),
		cmocka_unit_test(a_pattern_that_hits_its_limit_does_not_match_and_is_told),
		cmocka_unit_test(the_first_pattern_of_a_field_that_matches_captures),
		cmocka_unit_test(a_test_delivery_is_never_routed),
		cmocka_unit_test(one_scratch_serves_many_rulesets_and_events),
	};
	return cmocka_run_group_tests_name("decide", tests, fixture_open, fixture_close);
}
