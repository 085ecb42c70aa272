/* tests/unit/look_test.c - names and patterns that do not mean what they seem to mean, and harmless
 * ones. */
#include "tests/unit/rules_fixture.h"

/* `site`, `when` and `workbooks` of one rule. */
#define WHEN(yaml)                                                                                 \
	"version: 1\nrules:\n- name: r\n  when:\n    " yaml                                        \
	"\n  refresh: [{site: s, workbooks: W}]\n"
#define REFRESH(yaml) "version: 1\nrules:\n- name: r\n  refresh:\n  - site: s\n    " yaml "\n"

static const struct {
	const char *file;
	const char *problems; /* "LINE:COLUMN code, ..." */
	const char *part;     /* of the message, or NULL */
} cases[] = {
	/* a comment that seems to belong to the text */
	{ REFRESH("workbooks: Sales #2 (EMEA)"), "6:16 comment-in-value",
		"the value is 'Sales': to YAML ' #2 (EMEA)' is a comment" },
	{ REFRESH("workbooks: [Costs, Sales #2\n      ]"), "6:24 comment-in-value", "'Sales'" },
	{ REFRESH("workbooks:\n    - Sales #2\n    - Costs"), "7:7 comment-in-value", NULL },
	{ REFRESH("workbooks: Sales\n    project: Finance #2"), "7:14 comment-in-value", NULL },
	{ REFRESH("workbooks: /Sales/ # all"), "6:16 comment-in-value", NULL },
	{ REFRESH("workbooks: R\u00e9 #2"), "6:16 comment-in-value", "'R\u00e9'" },
	{ WHEN("job_name: Nightly #1"), "5:15 comment-in-value", NULL },
	{ WHEN("job_name: [Nightly, \"Daily\"] # those"), "", NULL },
	{ WHEN("job_id: 1001 # nightly"), "", NULL },
	{ REFRESH("workbooks: Sales  # the big one"), "", NULL },
	{ REFRESH("workbooks: Sales\t# the big one"), "", NULL },
	{ REFRESH("workbooks: \"Sales #2\" # the big one"), "", NULL },
	{ REFRESH("workbooks: 'Sales #2'"), "", NULL },
	{ REFRESH("workbooks: Sales#2"), "", NULL },
	{ REFRESH("workbooks: Sales # the big one\n    tag: night       # each"), "", NULL },
	{ REFRESH("tag: night       # each\n    workbooks: Sales # the big one"), "", NULL },
	{ REFRESH("tag: n\u00e4cht       # each\n    workbooks: Sales # the big one"), "", NULL },
	{ REFRESH("workbooks: Sales # the big one\n    tag: night # each"),
		"6:16 comment-in-value, 7:10 comment-in-value", NULL },
	{ REFRESH("workbooks: Sales # last line"), "6:16 comment-in-value", NULL },
	{ REFRESH("workbooks:\n    - Shop #1\n    - Shop #2"),
		"7:7 comment-in-value, 8:7 comment-in-value", "'Shop'" },
	{ REFRESH("workbooks:\n    - Shop # the old\n    - Cafe # the new"), "", NULL },
	{ REFRESH("workbooks:\n    - Shop #old\n    - C    #new"), "", NULL },
	{ REFRESH("workbooks: [Sales #2, Costs]"), "7:1 syntax",
		"begin a comment: a text with them needs quotes" },
	{ REFRESH("workbooks: [Sales, Costs"), "7:1 syntax", "',' or ']'" },

	/* escapes */
	{ WHEN("job_name: \"/\\bnightly\\b/\""), "5:15 yaml-escape",
		"became U+0008 (backspace) at character 2" },
	{ WHEN("job_name: \"/nightly\\t/\""), "5:15 yaml-escape", "U+0009 (tab) at character 9" },
	{ WHEN("job_name: \"C:\\temp\""), "5:15 yaml-escape", "tab" },
	{ WHEN("job_name: \"a\\Nb\""), "5:15 yaml-escape", "U+0085" },
	{ WHEN("job_name: \"/\\\\bnightly\\\\b/\""), "", NULL },
	{ WHEN("job_name: '/\\bnightly\\b/'"), "", NULL },
	{ WHEN("job_name: /\\bnightly\\b/"), "", NULL },
	{ WHEN("job_name: \"caf\\u00e9\""), "", NULL },
	{ WHEN("job_name: \"/\\d+/\""), "5:17 syntax", "single quotes or none" },

	/* lines and ends */
	{ REFRESH("workbooks:\n      Sales\n      Costs"), "7:7 folded-lines",
		"one text to YAML, 'Sales Costs'" },
	{ REFRESH("workbooks: Sales\n      Report"), "6:16 folded-lines", NULL },
	{ REFRESH("workbooks: 'Sales '"), "6:16 stray-blank", "ends with a blank" },
	{ REFRESH("workbooks: ' Sales'"), "6:16 stray-blank", "begins with a blank" },
	{ REFRESH("workbooks: |\n      Sales"), "6:16 stray-blank", "'|-'" },
	{ REFRESH("workbooks: >-\n      Sales\n      Report"), "", NULL },

	/* quotation marks */
	{ REFRESH("workbooks: \u201cSales\u201d"), "6:16 typographic-quotes",
		"U+201C (left double quotation mark)" },
	{ REFRESH("workbooks: \u201eSales\u201c"), "6:16 typographic-quotes", NULL },
	{ REFRESH("workbooks: \u2018Sales\u2019"), "6:16 typographic-quotes", NULL },
	{ REFRESH("workbooks: \u00abSales\u00bb"), "6:16 typographic-quotes", NULL },
	{ REFRESH("workbooks: \u201cSales\""), "6:16 typographic-quotes", NULL },
	{ REFRESH("workbooks: Ann\u2019s Sales"), "", NULL },
	{ REFRESH("workbooks: The \u201cbig\u201d one"), "", NULL },

	/* what cannot be seen */
	{ REFRESH("workbooks: Sales\u00a0Report"), "6:16 invisible-character",
		"character 6 is U+00A0 (no-break space), which looks like a blank; leave it out, "
		"or "
		"write \"\\u00a0\"" },
	{ REFRESH("workbooks: Sales\u200bReport"), "6:16 invisible-character",
		"U+200B (zero-width space), which cannot be seen" },
	{ REFRESH("workbooks: [Costs, \ufeffSales]"), "6:24 invisible-character",
		"character 1 is U+FEFF (byte order mark)" },
	{ REFRESH("workbooks: Sa\u00adles"), "6:16 invisible-character", "soft hyphen" },
	{ REFRESH("workbooks: Sales\u202eEMEA"), "6:16 invisible-character", "U+202E" },
	{ REFRESH("workbooks: 'Sales\tReport'"), "6:16 invisible-character", "U+0009 (tab)" },
	{ WHEN("job_name: /Sales\u00a0Report/"), "5:15 invisible-character", "character 7" },
	{ REFRESH("workbooks: \"Sales\\u00a0Report\""), "", NULL },
	{ REFRESH("workbooks: \U0001f469\u200d\U0001f4bb Team"), "", NULL },
	{ REFRESH("workbooks: \u58f2\u4e0a\u3000\u5831\u544a"), "", NULL },
	{ REFRESH("workbooks: Caf\u00e9 \u2013 Stra\u00dfe"), "", NULL },

	/* alphabets */
	{ REFRESH("workbooks: Rev\u0435nue"), "6:16 lookalike-character",
		"character 4 is U+0435 (Cyrillic, not the Latin 'e'), in a word with Latin" },
	{ REFRESH("workbooks: \u0391BC"), "6:16 lookalike-character", "Greek" },
	{ REFRESH("workbooks: Q\uff11"), "6:16 lookalike-character", "full-width" },
	{ WHEN("job_name: /^extr\u0430cts_\\d+$/"), "5:15 lookalike-character", "character 7" },
	{ WHEN("job_name: /^v[0\u20139]+$/"), "5:15 lookalike-character",
		"U+2013 (en dash), which makes no range" },
	{ REFRESH("workbooks: \u041f\u0440\u043e\u0434\u0430\u0436\u0438 EMEA"), "", NULL },
	{ WHEN("job_name: /^[a-z\u0430-\u044f]+\\d\u043e/"), "", NULL },

	/* YAML's own signs */
	{ REFRESH("workbooks: &Sales Report"), "6:16 unused-anchor",
		"an anchor that no alias names" },
	{ REFRESH("workbooks: &w Report\n    tag: *w"), "", NULL },
	{ REFRESH("workbooks: [&w Sales #2\n      , *w]\n    tag: *w"), "6:17 comment-in-value",
		NULL },
	{ REFRESH("workbooks: R&D"), "", NULL },
	{ REFRESH("workbooks: *Sales"), "6:16 syntax", "begins with '*' needs quotes" },
	{ REFRESH("workbooks: *"), "6:17 syntax", "begins with '*' needs quotes" },
	{ REFRESH("workbooks: [& Sales]"), "6:18 syntax", "begins with '&' needs quotes" },
	{ WHEN("{status: !error}"), "5:20 syntax", "begins with '!' needs quotes" },
	{ WHEN("{job_name: /^x{2,3}$/}"), "5:19 syntax", "between brackets a pattern" },
	{ "version: 1\nrules:\n- name: a\n    when: {job_id: 1}\n", "4:9 syntax",
		"indented too far" },
	{ "version: 1\nrules:\n-name: a\n when: {job_id: 1}\n", "4:6 syntax",
		"lacks a blank after '-'" },
	{ "version: 1\nrules:\n  - name: a\n   when: {job_id: 1}\n", "4:4 syntax", "same column" },
	{ "version: 1\nrules:\n- name: a\n<<<<<<< HEAD\n  when: {}\n=======\n>>>>>>> b\n",
		"5:7 syntax", "on line 4 begins a merge conflict" },
	{ "\xff\xfev", "1:1 encoding", "UTF-16" },
	{ REFRESH("workbooks: Sales: EMEA"), "6:21 syntax", "': ' in it needs quotes" },
	{ REFRESH("workbooks: @Sales"), "6:16 syntax", "needs quotes" },

	/* exact values that were meant as a pattern, an id or a list */
	{ REFRESH("workbooks: 9B0E5F4C-3f4a-4d5e-8a6b-0f1d2c3b4a59"), "6:16 looks-like-luid",
		"write 'workbooks: {id: 9b0e5f4c-3f4a-4d5e-8a6b-0f1d2c3b4a59}'" },
	{ REFRESH("workbooks: W\n    project: 9b0e5f4c-3f4a-4d5e-8a6b-0f1d2c3b4a59"),
		"7:14 looks-like-luid", "write 'project: {id: " },
	{ REFRESH("workbooks: W\n    project: Finance / Daily"), "7:14 stray-blank",
		"a blank beside '/'" },
	{ REFRESH("workbooks: W\n    project: Finance/A B \\/ C"), "", NULL },
	{ WHEN("job_name: ^nightly"), "5:15 looks-like-pattern", "between slashes" },
	{ WHEN("job_name: nightly.*"), "5:15 looks-like-pattern", NULL },
	{ WHEN("job_name: v\\d+"), "5:15 looks-like-pattern", NULL },
	{ WHEN("job_name: (?i)nightly"), "5:15 looks-like-pattern", NULL },
	{ WHEN("job_name: ' /nightly/'"), "5:15 stray-blank, 5:15 looks-like-pattern", NULL },
	{ REFRESH("workbooks: sales_*"), "6:16 looks-like-pattern", "'*' is only itself" },
	{ REFRESH("workbooks: \"*_sales\""), "6:16 looks-like-pattern", NULL },
	{ REFRESH("workbooks: Sales (US$)"), "", NULL },
	{ REFRESH("workbooks: [\"*\", 5 * 3, What sells?, \"[x]\", A.B, 100% + 1, Revenue US$]"),
		"", NULL },
	{ REFRESH("workbooks: 'sales_${job_id}'"), "", NULL },
	/* texts that other readers take for something else */
	{ WHEN("job_name: on"), "5:15 yaml-type", "'on' is a text here and a boolean to other" },
	{ WHEN("job_name: [No, TRUE, y]"), "5:16 yaml-type, 5:20 yaml-type", NULL },
	{ WHEN("dbt_version: 1.10"), "5:18 yaml-type", "a number to" },
	{ WHEN("job_name: [0123, 1_000, 0x1F, 1e3, 2.0, .5, +7, .inf]"),
		"5:16 yaml-type, 5:22 yaml-type, 5:29 yaml-type, 5:35 yaml-type, 5:40 yaml-type, "
		"5:45 yaml-type, 5:49 yaml-type, 5:53 yaml-type",
		"a number to" },
	{ WHEN("job_name: [1:30, 190:20:30]"), "5:16 yaml-type, 5:22 yaml-type", "base 60" },
	{ REFRESH("workbooks: W\n    tag: 2026-11-27"), "7:10 yaml-type", "a date" },
	{ REFRESH("workbooks: W\n    tag: 2026-11-27T01:02:03Z"), "7:10 yaml-type", "a date" },
	{ "version: 1\nrules:\n- name: off\n  refresh: [{site: s, workbooks: W}]\n",
		"3:9 yaml-type", NULL },
	{ WHEN("job_name: ['on', \"1.10\", 1001, 1.5, -3, v1.10, 1:75, 10:3:x, onn, oN, 1.2.0, "
	       "2026-1-1, 0.5, e3, 1__, _1, '', 0, -, 3-4]"),
		"5:101 yaml-type", NULL },
	/* an anchor that stands twice */
	{ "version: 1\nx-a: &a {job_id: 1}\nx-b: &a {job_id: 2}\nrules: []\n",
		"3:6 duplicate-anchor", "from here on '*a' means this one" },
	{ "version: 1\nx-a: &a\n  job_id: 1\nx-b: [&b x, *b, &a y, *a]\nrules: []\n",
		"4:17 duplicate-anchor", NULL },
	{ "version: 1\nx-a: &a {job_id: 1}\nx-b: &b {job_id: 1}\nrules: []\n", "", NULL },
	/* an escape that Markdown has for '_' */
	{ WHEN("job_name: \"/^sales\\_emea$/\""), "5:15 yaml-escape", "U+00A0" },
	{ WHEN("job_name: \"/^sales\\u00a0emea$/\""), "", NULL },
	{ WHEN("job_name: #1 Report"), "5:14 wrong-type", "quote it if it is the value" },
	{ WHEN("job_name:"), "5:14 wrong-type", "or leave it out" },
	{ REFRESH("workbooks: #1"), "6:15 wrong-type", "quote it if it is the value" },
	{ REFRESH("workbooks: W\n    tag: #1"), "7:9 wrong-type", "quote it if it is the value" },
	{ WHEN("job_id: 1001, 1002"), "5:13 never-an-id", "written as a list: [1001, 1002]" },
	{ WHEN("job_id: 1_001"), "5:13 never-an-id", "no whole number" },
	{ WHEN("job_id: [1001, '1002 ']"), "5:20 never-an-id", NULL },
	{ WHEN("environment_id: Production"), "5:21 never-an-id", "'environment_id'" },
	{ WHEN("job_id: \uff11\uff12"), "5:13 never-an-id", NULL },
	{ WHEN("webhook_id: wsu_1"), "", NULL },
	{ WHEN("job_id: ''"), "", NULL },
	{ WHEN("job_name: /nightly/g"), "5:24 bad-pattern", "unknown flag 'g'" },
	{ WHEN("job_name: /nightly/I"), "5:15 bad-pattern", "flags" },
	{ WHEN("job_name: /nightly"), "5:15 bad-pattern", "does not end with '/'" },
	{ "version: 1\nrules:\n- name: r #1\n  refresh: [{site: s, workbooks: W}]\n",
		"3:9 comment-in-value", NULL },
	{ "version: 1\nrules:\n- name: r\n  description: \u201cfor\u00a0Ann\u201d # so\n  refresh: "
	  "[{site: s, "
	  "workbooks: W}]\n",
		"", NULL },
};

static const struct ruleset_known checking = { .is_check = true };

/* A costly pattern is reported if the field can hold such a text, and only by `check`, which takes
 * the time. */
static void a_pattern_that_grows_too_costly_is_told_with_the_text(void **state)
{
	(void)state;
	static const struct {
		const char *file, *part; /* NULL: no problem */
	} patterns[] = {
		{ WHEN("run_reason: /from .* to [A-Z]/"),
			"rules.yaml:5:17: warning: the cost of /from .* to [A-Z]/ grows faster "
			"than the "
			"text: 281 times 'from ', then '!' (1406 bytes) hits the limit of steps, "
			"and then "
			"the rule does not match [costly-pattern]" },
		{ WHEN("not: {job_name: [a, '/(.+)\\1[xy]/']}"), "144 bytes" },
		{ WHEN("job_name: /^(a+)+$/"), "17 times 'a', then '!' (18 bytes)" },
		{ REFRESH("workbooks: /^(\\w+\\s?)*$/"), "and then the refresh fails" },
		{ REFRESH("workbooks: /^(\\w+\\s?)*${job_name}$/"), "and then the refresh fails" },
		{ WHEN("job_name: /from .* to [A-Z]/"), NULL },
		{ WHEN("run_reason: /^from .* to [A-Z]/"), NULL },
		{ WHEN("status_message: /emea.*daily/"), NULL },
	};
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		OWNED(problems) problems = problems_new();
		OWNED(problems) quick = problems_new();
		OWNED(ruleset) rules = fixture_load(patterns[i].file, &checking, problems);
		OWNED(ruleset) others = fixture_load(patterns[i].file, NULL, quick);
		char printed[4096] = "";
		FILE *out = fmemopen(printed, sizeof printed, "w");
		problems_print(problems, out, false);
		fclose(out);
		assert_non_null(rules);
		assert_non_null(others);
		assert_int_equal(problems_count(quick), 0);
		if (patterns[i].part ? !strstr(printed, patterns[i].part) : *printed)
			fail_msg("%s: %s", patterns[i].file, printed);
	}
}

static void every_trap_is_told_with_its_place_and_nothing_else(void **state)
{
	(void)state;
	int wrong = 0;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED(problems) problems = problems_new();
		OWNED_TEXT struct text found = TEXT(TEXT_UNBOUNDED);
		OWNED(ruleset) rules = fixture_load(cases[i].file, NULL, problems);
		bool has_part = !cases[i].part;
		problems_sort(problems);
		for (size_t j = 0; j < problems_count(problems); j++) {
			const struct problem *problem = problems_at(problems, j);
			text_printf(&found, "%s%d:%d %s", j ? ", " : "", problem->place.line,
				problem->place.column, problem_code_name(problem->code));
			has_part |= cases[i].part && strstr(problem->message, cases[i].part);
		}
		if (strcmp(found.at, cases[i].problems) || !has_part) {
			problems_print(problems, stderr, false);
			print_error("%s: %s\n\n", cases[i].file, found.at);
			wrong++;
		}
		assert_int_equal(rules != NULL, problems_error_count(problems) == 0);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_that_grows_too_costly_is_told_with_the_text),
		cmocka_unit_test(every_trap_is_told_with_its_place_and_nothing_else),
	};
	return cmocka_run_group_tests_name("look", tests, fixture_open, fixture_close);
}
