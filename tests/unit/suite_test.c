/* tests/unit/suite_test.c - tests of rules: how they are read, when they pass, what is covered. */
#include "rules/suite/suite.h"
#include "tests/unit/rules_fixture.h"

static const char rules_text[] =
	"version: 1\n"
	"rules:\n"
	"  - name: nightly\n"
	"    when:\n"
	"      job_id: [1001, 1002]\n"
	"      environment_name: Production\n"
	"      not: {run_reason: /^Kicked off/}\n"
	"    refresh:\n"
	"      - {site: finance, workbooks: [Revenue, Costs], project: Finance/Daily}\n"
	"  - name: regional\n"
	"    when: {job_name: '/^extracts_(?<region>emea|apac)$/'}\n"
	"    refresh:\n"
	"      - {site: regional, datasources: 'sales_${region}', incremental: true}\n"
	"  - name: replica\n"
	"    delay: 10m\n"
	"    when: {job_id: 7}\n"
	"    refresh: [{site: board, workbooks: Cash}]\n"
	"  - name: marts\n"
	"    quiet: 15m\n"
	"    when: [{job_id: 8}, {job_id: 9}]\n"
	"    refresh: [{site: board, workbooks: Marts}]\n"
	"  - name: trial\n"
	"    mode: shadow\n"
	"    when: {job_id: 20}\n"
	"    refresh: [{site: board, workbooks: Trial}]\n"
	"  - name: old\n"
	"    enabled: false\n"
	"    when: {job_id: 30}\n"
	"    refresh: [{site: board, workbooks: Old}]\n";

/* The tests in `text`, whose items are indented by two; NULL when they do not load. */
static struct suite *suite_of(
	const char *items, const struct ruleset *rules, struct problems *problems)
{
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_printf(&text, "version: 1\ntests:\n%s", items);
	const char *path = fixture_write("a.test.yaml", text.at);
	return suite_load(&path, 1, rules, problems);
}

/* "ok", or the rows that differ ("-site:selector(when)<nearest"), then the rules. */
static void result_print(const struct suite_result *result, struct text *out)
{
	text_add(out, result->ok ? "ok" : "");
	for (size_t i = 0; i < result->row_count; i++) {
		const struct suite_row *row = &result->rows[i];
		if (row->fate == ROW_BOTH)
			continue;
		text_printf(out, "%s%s:%s", row->fate == ROW_MISSING ? "-" : "+",
			row->selection->site,
			row->selection->selector ? row->selection->selector : "{}");
		if (*row->when)
			text_printf(out, "(%s)", row->when);
		if (row->asked_by)
			text_printf(out, "=%s", row->asked_by);
		if (row->nearest)
			text_printf(out, "<%s %s", row->nearest->rule, row->nearest->field);
		text_add_char(out, ' ');
	}
	for (size_t i = 0; i < result->rule_count; i++)
		text_printf(out, "%s%s ",
			result->rules[i].was_expected ? "no:" : "yes:", result->rules[i].rule);
}

static void assert_result(const char *items, const char *expected)
{
	OWNED(problems) problems = problems_new();
	OWNED(ruleset) rules = fixture_rules(rules_text);
	OWNED(suite) suite = suite_of(items, rules, problems);
	OWNED(arena) arena = arena_new();
	OWNED(decide_scratch) scratch = decide_scratch_new();
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	if (!suite)
		problems_print(problems, stderr, false);
	assert_non_null(suite);
	assert_int_equal(problems_count(problems), 0);
	assert_int_equal(suite_test_count(suite), 1);
	result_print(suite_run(suite, 0, rules, scratch, NULL, arena), &out);
	assert_string_equal(out.at, expected);
}

static void assert_problem(
	const char *items, enum problem_code code, int line, int column, const char *message)
{
	OWNED(problems) problems = problems_new();
	OWNED(ruleset) rules = fixture_rules(rules_text);
	OWNED(suite) suite = suite_of(items, rules, problems);
	assert_null(suite);
	assert_int_equal(problems_count(problems), 1);
	const struct problem *problem = problems_at(problems, 0);
	assert_string_equal(problem->message, message);
	assert_int_equal(problem->code, code);
	assert_int_equal(problem->place.line, line);
	assert_int_equal(problem->place.column, column);
}

#define NIGHTLY "    event: {job_id: 1001, environment_name: Production}\n"

static void what_is_expected_in_any_order_passes(void **state)
{
	(void)state;
	assert_result("  - name: a\n" NIGHTLY "    expect:\n"
		      "      - {site: finance, workbook: Costs, project: Finance/Daily}\n"
		      "      - {site: finance, workbook: Revenue, project: Finance/Daily}\n"
		      "    rules: [nightly]\n"
		      "    not_rules: [regional]\n",
		"ok");
}

static void nothing_is_expected_and_nothing_happens(void **state)
{
	(void)state;
	assert_result("  - {name: a, event: {job_id: 1}, expect: []}\n", "ok");
}

static void what_nobody_expects_fails(void **state)
{
	(void)state;
	assert_result("  - name: a\n" NIGHTLY
		      "    expect: [{site: finance, workbook: Costs, project: Finance/Daily}]\n",
		"+finance:Revenue ");
}

static void some_expectations_leave_the_rest_open(void **state)
{
	(void)state;
	assert_result("  - name: a\n" NIGHTLY
		      "    expect_contains: [{site: finance, workbook: Costs, project: "
		      "Finance/Daily}]\n",
		"ok");
}

static void a_missing_one_names_the_rule_that_came_nearest(void **state)
{
	(void)state;
	assert_result("  - name: a\n"
		      "    event: {job_id: 1001, status: error, environment_name: Production}\n"
		      "    expect: [{site: finance, workbook: Costs, project: Finance/Daily}]\n",
		"-finance:Costs<nightly status ");
}

static void the_nearest_rule_is_one_that_asks_for_it(void **state)
{
	(void)state;
	/* `nightly` is nearer, but would never ask for this. */
	assert_result("  - name: a\n"
		      "    event: {job_id: 1001, status: error, environment_name: Production}\n"
		      "    expect: [{site: regional, datasource: sales_emea, incremental: true}]\n",
		"-regional:sales_emea<regional job_name ");
}

static void what_no_rule_asks_for_has_no_nearest_rule(void **state)
{
	(void)state;
	assert_result("  - name: a\n" NIGHTLY
		      "    expect_contains: [{site: finance, workbook: Reveneu}]\n",
		"-finance:Reveneu ");
}

static void another_project_is_another_selection(void **state)
{
	(void)state;
	assert_result("  - name: a\n" NIGHTLY "    expect:\n"
		      "      - {site: finance, workbook: Costs, project: Finance/Daily}\n"
		      "      - {site: finance, workbook: Revenue, project: Finance}\n",
		"-finance:Revenue=nightly +finance:Revenue ");
}

static void incremental_and_shadow_are_compared(void **state)
{
	(void)state;
	assert_result("  - name: a\n"
		      "    event: {job_name: extracts_emea}\n"
		      "    expect: [{site: regional, datasource: sales_emea}]\n",
		"-regional:sales_emea=regional +regional:sales_emea ");
	assert_result("  - name: a\n"
		      "    event: {job_id: 20}\n"
		      "    expect: [{site: board, workbook: Trial}]\n",
		"-board:Trial=trial +board:Trial ");
	assert_result("  - name: a\n"
		      "    event: {job_id: 20}\n"
		      "    expect: [{site: board, workbook: Trial, mode: shadow}]\n",
		"ok");
}

static void rules_are_compared_by_name(void **state)
{
	(void)state;
	assert_result(
		"  - {name: a, event: {job_id: 7}, rules: [marts]}\n", "no:marts yes:replica ");
	assert_result("  - {name: a, event: {job_id: 7}, not_rules: [replica]}\n", "yes:replica ");
	assert_result("  - {name: a, event: {job_id: 1}, rules: []}\n", "ok");
	assert_result("  - {name: a, event: {job_id: 7}, rules: []}\n", "yes:replica ");
	assert_result("  - {name: a, event: {job_id: 30}, rules: [old]}\n", "no:old ");
}

static void a_delay_is_seen_in_virtual_time(void **state)
{
	(void)state;
	assert_result("  - name: a\n"
		      "    event: {job_id: 7}\n"
		      "    at: 23:55\n"
		      "    expect: [{site: board, workbook: Cash, not_before: 00:05}]\n",
		"ok");
	assert_result("  - name: a\n"
		      "    event: {job_id: 7}\n"
		      "    at: 2026-11-26T23:55:00Z\n"
		      "    expect: [{site: board, workbook: Cash, not_before: "
		      "2026-11-27T00:05:00Z}]\n",
		"ok");
	assert_result("  - name: a\n"
		      "    event: {job_id: 7}\n"
		      "    expect: [{site: board, workbook: Cash, after: 10m}]\n",
		"ok");
	assert_result("  - name: a\n"
		      "    event: {job_id: 7}\n"
		      "    at: 06:00\n"
		      "    expect: [{site: board, workbook: Cash, not_before: 06:11}]\n",
		"-board:Cash(not before 06:11)=replica +board:Cash(not before 06:10) ");
}

static void each_event_is_delayed_by_itself(void **state)
{
	(void)state;
	assert_result("  - name: a\n"
		      "    events: [{at: 06:00, job_id: 7}, {at: 06:05, job_id: 7}]\n"
		      "    expect:\n"
		      "      - {site: board, workbook: Cash, not_before: 06:10}\n"
		      "      - {site: board, workbook: Cash, not_before: 06:15}\n",
		"ok");
}

static void quiet_waits_for_the_last_event_of_its_rule(void **state)
{
	(void)state;
	assert_result("  - name: a\n"
		      "    events: [{at: 06:00, job_id: 8}, {at: 06:10, job_id: 9}]\n"
		      "    expect: [{site: board, workbook: Marts, not_before: 06:25}]\n",
		"ok");
	/* After the quiet time another refresh begins. */
	assert_result("  - name: a\n"
		      "    events: [{at: 06:00, job_id: 8}, {at: 06:15, job_id: 9}]\n"
		      "    expect:\n"
		      "      - {site: board, workbook: Marts, not_before: 06:15}\n"
		      "      - {site: board, workbook: Marts, not_before: 06:30}\n",
		"ok");
	/* Another rule's events do not matter. */
	assert_result("  - name: a\n"
		      "    events: [{at: 06:00, job_id: 8}, {at: 06:10, job_id: 1}]\n"
		      "    expect: [{site: board, workbook: Marts, after: 15m}]\n",
		"ok");
}

static void a_night_has_two_days(void **state)
{
	(void)state;
	assert_result("  - name: a\n"
		      "    events: [{at: 23:50, job_id: 8}, {at: 00:02, job_id: 8}]\n"
		      "    expect: [{site: board, workbook: Marts, not_before: 00:16}]\n",
		"-board:Marts(not before 00:16 on day 2)=marts "
		"+board:Marts(not before 00:17 on day 2) ");
}

static void an_event_may_stand_in_a_file(void **state)
{
	(void)state;
	fixture_write("event.json", "{\"job_id\": 7}");
	assert_result("  - {name: a, event_file: event.json, rules: [replica]}\n", "ok");
	assert_result("  - name: a\n"
		      "    events: [{at: 06:00, event_file: event.json}, {at: 06:01, job_id: 8}]\n"
		      "    rules: [marts, replica]\n",
		"ok");
}

static void names_are_compared_in_normal_form(void **state)
{
	(void)state;
	OWNED(problems) problems = problems_new();
	OWNED(ruleset)
	rules = fixture_rules("version: 1\nrules:\n  - name: a\n"
			      "    refresh: [{site: s, workbooks: Caf\u00e9}]\n");
	OWNED(suite)
	suite = suite_of("  - {name: a, event: {}, expect: [{site: s, workbook: "
			 "Cafe\u0301}]}\n",
		rules, problems);
	OWNED(arena) arena = arena_new();
	OWNED(decide_scratch) scratch = decide_scratch_new();
	assert_non_null(suite);
	assert_true(suite_run(suite, 0, rules, scratch, NULL, arena)->ok);
}

static void a_test_that_would_always_pass_is_an_error(void **state)
{
	(void)state;
	assert_problem("  - name: a\n    event: {job_id: 7}\n", PROBLEM_EXPECTS_NOTHING, 3, 5,
		"the test 'a' expects nothing, so it would always pass; write 'expect: []' if "
		"nothing is to be refreshed");
	assert_problem("  - {name: a, event: {}, expect_contains: []}\n", PROBLEM_EXPECTS_NOTHING,
		3, 43,
		"'expect_contains: []' expects nothing, so it would always pass; write 'expect: "
		"[]' if nothing is to be refreshed");
	assert_problem("  []\n", PROBLEM_NO_TESTS, 3, 3, "there is no test in this file");
	assert_problem("  - {name: a, event: {}, not_rules: [nighly]}\n", PROBLEM_UNKNOWN_RULE, 3,
		38, "there is no rule 'nighly'; did you mean 'nightly'?");
}

static void mistakes_are_shown_where_they_stand(void **state)
{
	(void)state;
	assert_problem("  - {name: a, event: {jobid: 7}, expect: []}\n", PROBLEM_UNKNOWN_FIELD, 3,
		23, "an event has no field 'jobid'; did you mean 'job_id'?");
	assert_problem("  - {name: a, event: {}, expected: [], rules: []}\n", PROBLEM_UNKNOWN_FIELD,
		3, 26, "unknown field 'expected' in a test; did you mean 'expect'?");
	assert_problem("  - {name: a, expect: []}\n", PROBLEM_MISSING_FIELD, 3, 5,
		"a test needs one of event, event_file and events");
	assert_problem("  - {name: a, event: {}, expect: [{site: s, workbooks: W}]}\n",
		PROBLEM_UNKNOWN_FIELD, 3, 45,
		"unknown field 'workbooks' in an expectation; did you mean 'workbook'?");
	assert_problem("  - {name: a, event: {}, expect: [{site: s}]}\n", PROBLEM_SELECTION_KIND, 3,
		35, "an expectation names one of workbook, datasource, flow and task");
	assert_problem("  - {name: a, event: {}, expect: [{site: s, flow: A, task: B}]}\n",
		PROBLEM_SELECTION_KIND, 3, 60,
		"'flow' and 'task' in one expectation; make two of it");
	assert_problem("  - {name: a, event: {}, expect: [{site: s, workbook: {name: A}}]}\n",
		PROBLEM_UNKNOWN_FIELD, 3, 56,
		"unknown field 'name' in 'workbook'; only 'id' may stand there");
	assert_problem("  - {name: a, event: {}, expect: [{site: s, task: {}}]}\n",
		PROBLEM_WRONG_TYPE, 3, 51, "the map in 'task' needs an 'id'");
	assert_problem(
		"  - {name: a, event: {}, expect: [{site: s, flow: A, project: {nam: x}}]}\n",
		PROBLEM_UNKNOWN_FIELD, 3, 64,
		"unknown field 'nam' in 'project'; only 'id' may stand there");
	assert_problem("  - {name: a, event: {}, expect: [{site: s, flow: A, project: {}}]}\n",
		PROBLEM_WRONG_TYPE, 3, 63, "the map in 'project' needs an 'id'");
	assert_problem("  - {name: a, event: {}, at: noon, expect: []}\n", PROBLEM_BAD_VALUE, 3, 30,
		"'noon' is no time: write 06:00, or 2026-11-26T06:00:00Z");
	assert_problem("  - {name: a, events: [{job_id: 7}], expect: []}\n", PROBLEM_MISSING_FIELD,
		3, 24, "each of several events needs the time 'at' which it comes");
	assert_problem("  - name: a\n"
		       "    events: [{at: '2026-11-26T06:00:00Z'}, {at: '2026-11-25T06:00:00Z'}]\n"
		       "    expect: []\n",
		PROBLEM_BAD_VALUE, 4, 49,
		"this event comes before the one above; write events in order of time");
	assert_problem("  - {name: a, event: {}, expect: []}\n"
		       "  - {name: a, event: {}, expect: []}\n",
		PROBLEM_DUPLICATE_TEST, 4, 12, "a test named 'a' is already on line 3");
}

static void a_file_of_something_else_is_not_quoted(void **state)
{
	(void)state;
	OWNED(problems) problems = problems_new();
	OWNED(ruleset) rules = fixture_rules(rules_text);
	const char *path = fixture_write("secret.test.yaml", "token: hunter2\n");
	assert_null(suite_load(&path, 1, rules, problems));
	assert_int_equal(problems_count(problems), 1);
	assert_int_equal(problems_at(problems, 0)->code, PROBLEM_NOT_TESTS);
	assert_null(strstr(problems_at(problems, 0)->message, "hunter2"));
	assert_null(problems_at(problems, 0)->source_line);
}

static void tests_of_a_folder_are_those_beside_the_rules(void **state)
{
	(void)state;
	OWNED(problems) problems = problems_new();
	OWNED(ruleset) rules = fixture_rules(rules_text);
	assert_int_equal(mkdir(fixture_path("beside"), 0700), 0);
	fixture_write("beside/a.yaml", "version: 1\nrules: []\n");
	fixture_write(
		"beside/a.test.yaml", "version: 1\ntests: [{name: a, event: {}, expect: []}]\n");
	fixture_write(
		"beside/b.test.yml", "version: 1\ntests: [{name: a, event: {}, expect: []}]\n");
	fixture_write("beside/.c.test.yaml", "not read");
	const char *path = fixture_path("beside");
	OWNED(suite) suite = suite_load(&path, 1, rules, problems);
	assert_non_null(suite);
	assert_int_equal(suite_test_count(suite), 2);
}

/* ---- coverage ---- */

static void line_add(const char *rule, const char *file, int line, const char *what, void *context)
{
	(void)file;
	text_printf(context, "%d %s: %s\n", line, rule, what);
}

static void assert_coverage(
	const char *const *events, size_t covered, int percent, const char *uncovered)
{
	OWNED(ruleset)
	rules = fixture_rules("version: 1\n"
			      "rules:\n"
			      "  - name: a\n"
			      "    when:\n"
			      "      - job_id: [1, 2]\n"
			      "        not:\n"
			      "          - {run_reason: ci}\n"
			      "          - {run_reason: /test/}\n"
			      "      - job_id: 3\n"
			      "    refresh: [{site: s, workbooks: W}]\n"
			      "  - name: off\n"
			      "    enabled: false\n"
			      "    refresh: [{site: s, workbooks: W}]\n");
	OWNED(coverage) coverage = coverage_new(rules);
	OWNED(decide_scratch) scratch = decide_scratch_new();
	OWNED(arena) arena = arena_new();
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	for (; *events; events++)
		coverage_add(coverage, fixture_event(*events, arena), scratch, arena);
	coverage_uncovered(coverage, line_add, &out);
	assert_string_equal(out.at, uncovered);
	assert_int_equal(coverage_of(coverage), 7);
	assert_int_equal(coverage_covered(coverage), covered);
	assert_int_equal(coverage_percent(coverage), percent);
}

static void what_no_event_tries_is_not_covered(void **state)
{
	(void)state;
	assert_coverage((const char *[]){ NULL }, 0, 0,
		"3 a: never matches\n"
		"5 a: item 1 of 'when' never matches\n"
		"5 a: job_id 1 never matches\n"
		"5 a: job_id 2 never matches\n"
		"7 a: 'not' never refuses an event that the rest of 'when' lets through\n"
		"8 a: 'not' never refuses an event that the rest of 'when' lets through\n"
		"9 a: item 2 of 'when' never matches\n");
}

static void a_rule_is_covered_when_it_matches_and_misses(void **state)
{
	(void)state;
	/* Job 2 has not matched, since `not` refuses it; 4 of 7 are 57.1 %. */
	assert_coverage((const char *[]){ "{\"job_id\": 1}",
				"{\"job_id\": 2, \"run_reason\": \"ci\"}", NULL },
		4, 57,
		"5 a: job_id 2 never matches\n"
		"8 a: 'not' never refuses an event that the rest of 'when' lets through\n"
		"9 a: item 2 of 'when' never matches\n");
	assert_coverage((const char *[]){ "{\"job_id\": 3}", NULL }, 1, 14,
		"3 a: never misses\n"
		"5 a: item 1 of 'when' never matches\n"
		"5 a: job_id 1 never matches\n"
		"5 a: job_id 2 never matches\n"
		"7 a: 'not' never refuses an event that the rest of 'when' lets through\n"
		"8 a: 'not' never refuses an event that the rest of 'when' lets through\n");
}

static void all_is_covered_when_each_part_was_tried(void **state)
{
	(void)state;
	assert_coverage((const char *[]){ "{\"job_id\": 1}", "{\"job_id\": 2}", "{\"job_id\": 3}",
				"{\"job_id\": 2, \"run_reason\": \"ci\"}",
				"{\"job_id\": 2, \"run_reason\": \"a test\"}", NULL },
		7, 100, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_expected_in_any_order_passes),
		cmocka_unit_test(nothing_is_expected_and_nothing_happens),
		cmocka_unit_test(what_nobody_expects_fails),
		cmocka_unit_test(some_expectations_leave_the_rest_open),
		cmocka_unit_test(a_missing_one_names_the_rule_that_came_nearest),
		cmocka_unit_test(the_nearest_rule_is_one_that_asks_for_it),
		cmocka_unit_test(what_no_rule_asks_for_has_no_nearest_rule),
		cmocka_unit_test(another_project_is_another_selection),
		cmocka_unit_test(incremental_and_shadow_are_compared),
		cmocka_unit_test(rules_are_compared_by_name),
		cmocka_unit_test(a_delay_is_seen_in_virtual_time),
		cmocka_unit_test(each_event_is_delayed_by_itself),
		cmocka_unit_test(quiet_waits_for_the_last_event_of_its_rule),
		cmocka_unit_test(a_night_has_two_days),
		cmocka_unit_test(an_event_may_stand_in_a_file),
		cmocka_unit_test(names_are_compared_in_normal_form),
		cmocka_unit_test(a_test_that_would_always_pass_is_an_error),
		cmocka_unit_test(mistakes_are_shown_where_they_stand),
		cmocka_unit_test(a_file_of_something_else_is_not_quoted),
		cmocka_unit_test(tests_of_a_folder_are_those_beside_the_rules),
		cmocka_unit_test(what_no_event_tries_is_not_covered),
		cmocka_unit_test(a_rule_is_covered_when_it_matches_and_misses),
		cmocka_unit_test(all_is_covered_when_each_part_was_tried),
	};
	return cmocka_run_group_tests_name("suite", tests, fixture_open, fixture_close);
}
