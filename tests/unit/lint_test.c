/* tests/unit/lint_test.c - what `check` says about rules that load, and that it is true. */
#include "tests/unit/rules_fixture.h"

#define HEAD "version: 1\nrules:\n"
/* Two or more lines a rule: the name stands in column 11 of the first. */
#define RULE(name, when, workbooks)                                                                \
	"  - name: " name "\n    when: " when "\n    refresh: [{site: s, workbooks: " workbooks    \
	"}]\n"
#define WITH(name, more, when, workbooks)                                                          \
	"  - name: " name "\n    " more "\n    when: " when                                        \
	"\n    refresh: [{site: s, workbooks: " workbooks "}]\n"
#define ONE(when) HEAD RULE("a", when, "W")

static const struct ruleset_known checking = { .is_check = true };

static const struct {
	const char *rules;
	/* "LINE:COLUMN-END code", and each related line as " + LINE:COLUMN", or " + EVENT" */
	const char *problems;
	const char *part; /* of the first message, or NULL */
} cases[] = {
	/* ---- a rule that follows every dbt job ---- */
	{ HEAD "  - {name: a, refresh: [{site: s, workbooks: W}]}\n", "3:12-13 unrestricted-rule",
		"'when' of rule 'a'" },
	{ ONE("{}"), "3:11-12 unrestricted-rule", NULL },
	{ ONE("{status: error}"), "4:11-26 unrestricted-rule", NULL },
	{ ONE("{account_id: 1, dbt_version: '1.10'}"), "4:11-47 unrestricted-rule", NULL },
	{ ONE("[{job_id: 1}, {status: error}]"), "4:25-40 unrestricted-rule", "this alternative" },
	{ ONE("{not: {run_reason: /x./}}"), "4:11-36 unrestricted-rule", NULL },
	{ ONE("{not: {environment_name: [Staging, CI]}}"), "", NULL },
	{ ONE("{project_id: 1}"), "", NULL },
	{ ONE("{environment_name: /./}"), "", NULL },
	{ ONE("{source: dbt-finance}"), "", NULL },
	{ ONE("{webhook_name: nightly}"), "", NULL },
	{ ONE("{run_reason: /^Kicked off by ana/}"), "", NULL },
	{ HEAD "  - {name: a, enabled: false, refresh: [{site: s, workbooks: W}]}\n", "", NULL },

	/* ---- conditions that exclude each other ---- */
	{ ONE("{job_name: nightly, not: {job_name: /night/}}"),
		"4:36-55 never-matches + 4:22 + 4:47", "all that 'when' lets through" },
	{ ONE("{job_name: /^n/, job_id: 1, not: {job_name: /^n/}}"),
		"4:44-60 never-matches + 4:22 + 4:55", NULL },
	{ ONE("{job_id: [1, 2], not: [{job_id: 1}, {job_id: 2, status: success}]}"),
		"4:20-26 never-matches + 4:34 + 4:47", "excludes each 'job_id'" },
	{ ONE("{job_id: [1, 2, 3], not: [{job_id: 2}]}"), "4:24-25 useless-value + 4:37",
		"'2' never gets through" },
	{ ONE("{job_id: 1, event: job.run.errored, status: success}"),
		"4:30-45 never-matches + 4:55", "comes with the status error" },
	{ ONE("{job_id: 1, event: [job.run.completed, job.run.errored], status: success}"),
		"4:50-65 useless-value + 4:76", "never comes together with this status" },
	{ ONE("{job_id: 1, status_code: 20}"), "4:36-38 never-matches",
		"the code '20' is the status 'error', and without 'status' success is meant" },
	{ ONE("{job_id: 1, status_code: succes}"), "4:36-42 never-matches",
		"'succes' is the code of no status that dbt is known to send" },
	{ ONE("{job_id: 1, status: success, status_code: [20, 30]}"),
		"4:53-61 never-matches + 4:31", NULL },
	{ ONE("{job_id: 1, status: error, status_code: [10, 20]}"), "", NULL },
	{ ONE("{job_id: 1, status_code: ''}"), "", NULL },
	{ ONE("{job_id: 1, status_code: /^2/, status: error}"), "4:36-40 unanchored-id", NULL },
	{ ONE("{job_name: nightly, not: {job_name: /daily/}}"), "4:36-55 useless-not + 4:22",
		"the job_name is never /daily/ here, because 'when' wants another" },
	{ ONE("{job_id: 1, not: [{status: error}, {job_id: 1, run_id: 2}]}"), "4:29-44 useless-not",
		"the status is never error here, because without 'status' success is meant" },
	{ ONE("{job_id: 1, status: /^err/, not: {status: error, run_id: 1}}"), "", NULL },
	{ ONE("{job_id: 1, status: [/^Success$/, error]}"), "4:32-43 useless-value",
		"/^Success$/ finds no status that dbt is known to send: success, error" },
	{ ONE("{job_id: 1, event: /failed$/}"), "4:30-39 useless-value", "job.run.errored" },
	{ ONE("{job_id: 1, status: /success/i, event: /completed$/}"), "", NULL },
	{ ONE("{job_name: /n$/, not: {job_name: /^n/}}"), "", NULL },
	{ ONE("{job_id: [1, 2], not: [{job_id: 1, run_id: 7}, {job_id: 2, run_id: 7}]}"), "",
		NULL },

	/* ---- a rule that adds nothing ---- */
	{ HEAD RULE("a", "{job_id: [1, 2]}", "[R, C]")
			RULE("b", "{job_id: 1, environment_name: P}", "C"),
		"6:11-12 redundant-rule + 3:11 + {\"environment_name\":\"P\",\"job_id\":\"1\"}",
		"whenever it matches, rule 'a' matches too" },
	{ HEAD RULE("a", "{job_id: 1}", "R") RULE("b", "{job_id: 1}", "R"),
		"6:11-12 redundant-rule + 3:11 + {\"job_id\":\"1\"}", NULL },
	{ HEAD RULE("a", "{job_name: mart_1}", "R") RULE("b", "{job_name: /^mart_/}", "R"),
		"3:11-12 redundant-rule + 6:11 + {\"job_name\":\"mart_1\"}", NULL },
	{ HEAD RULE("a", "{job_id: 1, not: {environment_name: CI}}", "R")
			RULE("b", "{job_id: 1, not: {environment_name: [CI, T]}}", "R"),
		"6:11-12 redundant-rule + 3:11 + {\"job_id\":\"1\"}", NULL },
	{ HEAD RULE("a", "{job_name: '/^x_(?<r>.)$/'}", "'${r}'")
			RULE("b", "{job_name: '/^x_(?<r>.)$/'}", "'${r}'"),
		"6:11-12 redundant-rule + 3:11 + {\"job_name\":\"x_a\"}", NULL },
	{ HEAD RULE("a", "[{job_id: 1}, {job_id: 2}]", "R") RULE("b", "{job_id: [1, 2, 3]}", "R"),
		"3:11-12 redundant-rule + 6:11 + {\"job_id\":\"1\"}", NULL },
	{ HEAD RULE("a", "{job_id: 1}", "R") RULE("b", "{job_id: 2}", "R"), "", NULL },
	{ HEAD RULE("a", "{job_id: 1}", "R") RULE("b", "{job_id: 1}", "[R, C]"),
		"3:11-12 redundant-rule + 6:11 + {\"job_id\":\"1\"}", NULL },
	{ HEAD RULE("a", "{job_id: 1}", "[R, D]") RULE("b", "{job_id: 1}", "[R, C]"), "", NULL },
	{ HEAD RULE("a", "{job_id: 1}", "R")
			RULE("b", "{job_id: 1, not: {environment_name: CI}}", "[R, C]"),
		"", NULL },
	{ HEAD RULE("a", "{job_name: /a./}", "R") RULE("b", "{job_name: /b./}", "R"), "", NULL },
	{ HEAD RULE("a", "{job_name: '/^x_(?<r>.)$/', job_id: 1}", "'${r}'")
			RULE("b", "{job_name: '/^x_(?<r>.)$/'}", "'${r}'"),
		"", NULL },
	{ HEAD RULE("a", "{job_id: 1}", "R") WITH("b", "enabled: false", "{job_id: 1}", "R"), "",
		NULL },
	{ HEAD WITH("a", "quiet: 5m", "{job_id: 1}", "R")
			WITH("b", "quiet: 5m", "{job_id: 1}", "R"),
		"", NULL },

	{ HEAD RULE("a", "[{job_id: 1, run_id: 5}, {job_id: [1, 2]}]", "R"),
		"4:12-34 redundant-alternative + 4:36", NULL },
	{ HEAD RULE("a", "[{job_id: 1}, {job_id: 1}, {job_id: 1, not: {run_id: 1}}]", "R"),
		"4:25-36 redundant-alternative + 4:12, 4:38-67 redundant-alternative + 4:12",
		NULL },
	{ HEAD RULE("a", "[{job_name: '/^x_(?<r>.)/'}, {job_name: x_1, run_id: 5}]", "'W ${r}'"),
		"", NULL },
	{ HEAD RULE("a", "[{job_id: 1}, {job_id: 2}, {job_name: n}]", "R"), "", NULL },
	{ HEAD RULE("a", "{job_id: 1}", "[R, C, R, R]"),
		"5:43-44 repeated-selection + 5:37, 5:46-47 repeated-selection + 5:43",
		"rule 'a' asks for workbook 'R' of site 's' a second time" },
	{ HEAD "  - name: a\n    when: {job_id: 1}\n    refresh:\n"
	       "      - {site: s, workbooks: R}\n      - {site: s, workbooks: R, project: P}\n",
		"", NULL },

	/* ---- content that is wanted in different ways ---- */
	{ HEAD WITH("a", "priority: 80", "{job_id: 1}", "R")
			RULE("b", "{environment_name: P}", "[C, R]"),
		"9:40-41 different-wishes + 6:36 + {\"environment_name\":\"P\",\"job_id\":\"1\"}",
		"priority 50 here and 80 there; one refresh serves both, with the higher" },
	{ HEAD WITH("a", "delay: 10m", "{job_id: 1}", "R") RULE("b", "{job_id: [2, 1]}", "R"),
		"9:36-37 different-wishes + 6:36 + {\"job_id\":\"1\"}",
		"delay 0 here and 10m there; it may be refreshed once for each of them" },
	{ HEAD WITH("a", "quiet: 10m", "{job_id: 1}", "R") RULE("b", "{job_id: 1}", "R"),
		"9:36-37 different-wishes + 6:36 + {\"job_id\":\"1\"}", "once for each" },
	{ HEAD WITH("a", "mode: shadow", "{job_id: 1}", "R") RULE("b", "{job_id: 1}", "R"),
		"9:36-37 different-wishes + 6:36 + {\"job_id\":\"1\"}",
		"mode send here and shadow there; it is sent" },
	{ HEAD RULE("a", "{job_name: /^mart_/}", "R, incremental: true")
			RULE("b", "{job_name: /_daily$/}", "R"),
		"8:36-37 different-wishes + 5:36 + {\"job_name\":\"mart__daily\"}",
		"full here and incremental there; one full refresh serves both" },
	{ HEAD RULE("a", "{job_id: 1}", "R, allow: many")
			RULE("b", "{job_id: 1, not: {run_reason: ''}}", "R"),
		"8:36-37 different-wishes + 5:36 + {\"job_id\":\"1\",\"run_reason\":\"1\"}",
		"allowed nothing here and many there" },
	{ HEAD RULE("a", "{job_id: 1}", "'x ${job_name}', incremental: true")
			RULE("b", "{job_id: 1}", "'x ${job_name}'"),
		"8:36-51 different-wishes + 5:36 + {\"job_id\":\"1\",\"job_name\":\"1\"}", NULL },
	{ HEAD RULE("a", "{job_name: '/^x_(?<r>e|f)$/'}", "'${r}', incremental: true")
			RULE("b", "{job_name: '/^x_(?<r>e|f)$/'}", "'${r}'"),
		"8:36-42 different-wishes + 5:36 + {\"job_name\":\"x_e\"}", NULL },
	{ HEAD "  - name: a\n    when: {job_id: 1}\n    refresh:\n"
	       "      - {site: s, workbooks: [R, C]}\n      - {site: s, workbooks: R, incremental: "
	       "true}\n",
		"7:30-31 different-wishes + 6:31 + {\"job_id\":\"1\"}", "rule 'a' asks twice for" },
	{ HEAD WITH("a", "priority: 80", "{job_id: 1}", "[R, C]")
			RULE("b", "{job_id: 1}", "[C, R]"),
		"9:37-38 different-wishes + 6:40 + {\"job_id\":\"1\"}", NULL },
	{ HEAD WITH("a", "priority: 80", "{event: /./, status: /./, job_id: 1}", "R")
			RULE("b", "{event: job.run.errored, status: error, job_id: 1}", "R"),
		"9:36-37 different-wishes + 6:36 + "
		"{\"event\":\"job.run.errored\",\"job_id\":\"1\",\"status\":\"error\"}",
		NULL },
	{ HEAD "  - name: a\n    quiet: 5m\n    when: {job_id: 1}\n    refresh:\n"
	       "      - {site: s, workbooks: R}\n      - {site: s, workbooks: R, incremental: "
	       "true}\n",
		"8:30-31 different-wishes + 7:30 + {\"job_id\":\"1\"}",
		"incremental here and full there; one full refresh serves both" },
	{ HEAD WITH("a", "mode: shadow", "{job_id: 1}", "R")
			WITH("b", "mode: shadow\n    priority: 80", "{job_id: 1}", "R"),
		"", NULL },
	/* what one event cannot do, or what nobody knows */
	{ HEAD WITH("a", "priority: 80", "{job_id: 1}", "R") RULE("b", "{job_id: 2}", "R"), "",
		NULL },
	{ HEAD WITH("a", "priority: 80", "{job_id: 1}", "R") RULE("b", "{job_id: 1}", "C"), "",
		NULL },
	{ HEAD WITH("a", "priority: 80", "{job_id: 1}", "R")
			RULE("b", "{environment_name: P, not: {job_id: 1}}", "R"),
		"", NULL },
	{ HEAD WITH("a", "priority: 80", "{job_id: 1}", "R")
			RULE("b", "{job_id: 1, status: error}", "R"),
		"", NULL },
	{ HEAD WITH("a", "priority: 80", "{job_id: 1}", "R") RULE("b", "{job_name: nightly}", "R"),
		"", NULL },
	{ HEAD WITH("a", "priority: 80", "{job_name: /^a/}", "R")
			RULE("b", "{job_name: /^b/}", "R"),
		"", NULL },
	{ HEAD RULE("a", "{job_name: '/^x_(?<r>b)/'}", "'${r}', incremental: true")
			RULE("b", "{job_name: '/(?<r>c)_y$/'}", "'${r}'"),
		"", NULL },

	/* ---- a pattern that seems to be a name ---- */
	{ HEAD RULE("a", "{job_id: 1}", "/Revenue/"), "5:36-45 unanchored-name",
		"also 'Revenue old'; for that name alone write Revenue" },
	{ HEAD RULE("a", "{job_name: /nightly run/i}", "W"), "4:22-36 unanchored-name",
		"write /^nightly run$/i" },
	{ HEAD RULE("a", "{job_name: [/mart_/, /^mart/, /run$/, /a.b/, /a|b/]}", "/^Revenue$/"), "",
		NULL },
	{ HEAD RULE("a", "{job_id: 1, run_reason: /manual/, not: {job_name: /test/}}",
		  "'/${job_name}/'"),
		"", NULL },

	/* ---- captures ---- */
	{ HEAD RULE("a", "{job_name: '/^x_(?<region>.)_(?<n>.)$/'}", "'${n}'"),
		"4:22-50 unused-capture", "'region'; write ${region}" },
	{ HEAD RULE("a", "{job_name: ['/^x_(?<r>.)$/', '/^y_(?<r>.)$/']}", "W"),
		"4:23-38 unused-capture", NULL },
	{ HEAD RULE("a", "{job_name: '/^(?<half>.+)_\\k<half>$/'}", "W"), "", NULL },
	{ HEAD RULE("a", "{job_name: '/^x_(?<r>.)$/'}", "W, tag: '${r}'"), "", NULL },
};

static void problem_describe(const struct problem *problem, struct text *out)
{
	text_printf(out, "%s%d:%d-%d %s", out->length ? ", " : "", problem->place.line,
		problem->place.column, problem->place.end_column, problem_code_name(problem->code));
	for (const struct problem_related *related = problem->related; related;
		related = related->next) {
		const char *event = strchr(related->message, '{');
		if (related->place.line)
			text_printf(out, " + %d:%d", related->place.line, related->place.column);
		else
			text_printf(out, " + %s", event ? event : related->message);
	}
}

static void every_finding_has_its_places_and_nothing_else_is_found(void **state)
{
	(void)state;
	int wrong = 0;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED(problems) problems = problems_new();
		OWNED(ruleset) rules = fixture_load(cases[i].rules, &checking, problems);
		OWNED_TEXT struct text told = TEXT(TEXT_UNBOUNDED);
		assert_int_equal(rules != NULL, problems_error_count(problems) == 0);
		problems_sort(problems);
		for (size_t j = 0; j < problems_count(problems); j++)
			problem_describe(problems_at(problems, j), &told);
		bool has_part = !cases[i].part ||
				(problems_count(problems) &&
					strstr(problems_at(problems, 0)->message, cases[i].part));
		if (!strcmp(told.at, cases[i].problems) && has_part)
			continue;
		wrong++;
		print_error("%s  wanted: %s\n  got:    %s\n", cases[i].rules, cases[i].problems,
			told.at);
		if (!has_part)
			problems_print(problems, stderr, false);
	}
	assert_int_equal(wrong, 0);
}

/* `serve` loads what takes searches to find wrong: an update of the program stops no daemon. */
static void only_check_looks_for_what_takes_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED(problems) problems = problems_new();
		OWNED(ruleset) rules = fixture_load(cases[i].rules, NULL, problems);
		bool is_known = strstr(cases[i].problems, "unanchored-id") ||
				strstr(cases[i].rules, "event: job.run.errored, status: success") ||
				strstr(cases[i].rules, "job.run.errored], status: success");
		assert_true(rules || is_known);
		assert_int_equal(problems_count(problems), is_known ? 1 : 0);
	}
}

/* Each event that is shown makes both rules match, and both ask for one content. */
static void an_event_that_is_shown_does_what_is_said(void **state)
{
	(void)state;
	int shown = 0;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *json = strchr(cases[i].problems, '{');
		if (!json)
			continue;
		OWNED(arena) arena = arena_new();
		OWNED(ruleset) rules = fixture_rules(cases[i].rules);
		OWNED(decide_scratch) scratch = decide_scratch_new();
		const struct decision *decision =
			ruleset_decide(rules, fixture_event(json, arena), scratch, arena);
		assert_int_equal(decision->match_count, ruleset_rule_count(rules));
		shown++;
	}
	assert_true(shown > 8);
}

/* Ten thousand rules for one workbook: those of different dbt jobs never meet, and where they
 * would have to, the bound is reported. */
static void many_rules_for_one_content_end_in_a_note(void **state)
{
	(void)state;
	static const struct {
		const char *before, *after, *code;
	} kinds[] = { { "{job_id: ", "}", NULL },
		{ "{job_name: '/^m_", "_.$/'}", "not-compared" } };
	for (size_t kind = 0; kind < 2; kind++) {
		OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
		OWNED(problems) problems = problems_new();
		text_add(&text, HEAD);
		for (int i = 0; i < 10000; i++) {
			text_printf(&text,
				"  - name: r%d\n    priority: %d\n    when: %s%d%s\n    refresh: "
				"[{site: s, "
				"workbooks: R}]\n",
				i, i % 100, kinds[kind].before, i + 10000, kinds[kind].after);
		}
		OWNED(ruleset) rules = fixture_load(text.at, &checking, problems);
		assert_non_null(rules);
		assert_int_equal(problems_count(problems), kinds[kind].code ? 1 : 0);
		if (kinds[kind].code)
			assert_string_equal(problem_code_name(problems_at(problems, 0)->code),
				kinds[kind].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_finding_has_its_places_and_nothing_else_is_found),
		cmocka_unit_test(only_check_looks_for_what_takes_time),
		cmocka_unit_test(an_event_that_is_shown_does_what_is_said),
		cmocka_unit_test(many_rules_for_one_content_end_in_a_note),
	};
	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
