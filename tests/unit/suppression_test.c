/* tests/unit/suppression_test.c - comments that allow findings. */
#include "base/text.h"
#include "base/yaml/yaml.h"
#include "base/yaml/yaml_comments.h"

#include "tests/unit/test.h"

#define ALLOW "# refresh-router: allow="

struct seen {
	int line, column, about;
	struct str text;
};
struct seen_list {
	struct seen items[16];
	size_t count;
};

static void see(const struct yaml_comment *comment, void *context)
{
	struct seen_list *list = context;
	assert_in_range(list->count, 0, 15);
	list->items[list->count++] =
		(struct seen){ comment->line, comment->column, comment->about, comment->text };
}

static void a_comment_is_none_within_a_text(void **state)
{
	(void)state;
	static const char source[] = "# one\n"
				     "'# no': \"x # no\"  # two\n"
				     "\n"
				     "b: |2  # three\n"
				     "    # no\n"
				     "\n"
				     " # four\n"
				     "c: a#no\n"
				     "  b\n"
				     "\xc3\xa9: [1, # five\r\n"
				     "# six\r"
				     "# seven\n"
				     "  2]\n"
				     "# eight";
	static const struct seen expected[] = { { 1, 1, 2, STR(" one") }, { 2, 19, 2, STR(" two") },
		{ 4, 8, 4, STR(" three") }, { 7, 2, 8, STR(" four") }, { 10, 8, 10, STR(" five") },
		{ 11, 1, 13, STR(" six") }, { 12, 1, 13, STR(" seven") },
		{ 14, 1, 0, STR(" eight") } };
	struct seen_list list = { 0 };
	yaml_comments_read(str_of(source), "", see, &list);
	assert_int_equal(list.count, sizeof expected / sizeof *expected);
	for (size_t i = 0; i < list.count; i++) {
		assert_int_equal(list.items[i].line, expected[i].line);
		assert_int_equal(list.items[i].column, expected[i].column);
		assert_int_equal(list.items[i].about, expected[i].about);
		assert_true(str_equal(list.items[i].text, expected[i].text));
	}
}

static void brackets_without_end_take_no_time(void **state)
{
	(void)state;
	OWNED_TEXT struct text source = TEXT(TEXT_UNBOUNDED);
	struct seen_list list = { 0 };
	for (int i = 0; i < 1000000; i++)
		text_add_char(&source, '[');
	text_add(&source, "# word");
	yaml_comments_read(text_str(&source), "word", see, &list);
	assert_int_equal(list.count, 0);
}

/* Reads `source` and finds PROBLEM_STRAY_BLANK, a warning, on each of its first five lines. */
static struct problems *find(const char *source)
{
	struct problems *problems = problems_new();
	problems_set_today(problems, "2026-11-27");
	problems_suppress(problems, "a.yaml", str_of(source));
	for (int line = 1; line <= 5; line++)
		IGNORE(problem_add(problems, PROBLEM_STRAY_BLANK,
			(struct place){ .file = "a.yaml", .line = line, .column = 1 },
			str_of(source), "n"));
	return problems;
}

static void a_finding_is_allowed_on_its_line_or_the_line_above(void **state)
{
	(void)state;
	static const struct {
		const char *source;
		int suppressed; /* the line of the one that is; 0: none */
	} cases[] = {
		{ "a: 1\nb: 2  " ALLOW "stray-blank because x\n", 2 },
		{ "a: 1\n" ALLOW "stray-blank because x\nb: 2\n", 3 },
		{ "a: 1\n" ALLOW "stray-blank because x\n# more\n\nb: 2\n", 5 },
		{ "a: 1\nb: 2 " ALLOW "yaml-escape,stray-blank because x\n", 2 },
		{ "a: 1\nb: 2 " ALLOW "stray-blank until=2026-11-27 because x\n", 2 },
		{ "a: 1\nb: 2 " ALLOW "stray-blank until=2026-11-26 because x\n", 0 },
		{ "a: 1\nb: 2 " ALLOW "yaml-escape because x\n", 0 },
		{ "a: 1\nb: '2 " ALLOW "stray-blank because x'\n", 0 },
		{ "a: 1\nb: 2 # refresh-router: until=2027-01-01 " /* the order is free */
		  "allow=stray-blank because x\n",
			2 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED(problems) problems = find(cases[i].source);
		int is_one = cases[i].suppressed != 0;
		assert_int_equal(problems_suppressed_count(problems), is_one);
		assert_int_equal(problems_warning_count(problems), 5 - is_one);
		if (!is_one)
			continue;
		assert_int_equal(
			problems_suppressed_at(problems, 0)->place.line, cases[i].suppressed);
		assert_string_equal(problems_suppressed_at(problems, 0)->suppression->reason, "x");
	}
}

static void a_suppression_is_of_its_file(void **state)
{
	(void)state;
	OWNED(problems) problems = find("a: 1 " ALLOW "stray-blank because x\n");
	IGNORE(problem_add(problems, PROBLEM_STRAY_BLANK,
		(struct place){ .file = "b.yaml", .line = 1, .column = 1 }, STR("a"), "n"));
	assert_int_equal(problems_suppressed_count(problems), 1);
}

static void a_suppressed_flood_is_no_warning(void **state)
{
	(void)state;
	OWNED(problems) problems = find("\n\n\n\n\na: 1 " ALLOW "stray-blank because x\n");
	for (int i = 0; i < 3000; i++)
		IGNORE(problem_add(problems, PROBLEM_STRAY_BLANK,
			(struct place){ .file = "a.yaml", .line = 6, .column = i + 1 }, STR(""),
			"n"));
	assert_int_equal(problems_warning_count(problems), 5);
	assert_int_equal(problems_count(problems), 5);
	assert_int_equal(problems_suppressed_count(problems), 1000);
	assert_int_equal(problems_suppressed_total(problems), 3000);
}

static void what_suppresses_nothing_is_reported(void **state)
{
	(void)state;
	static const struct {
		const char *source;
		enum problem_code code; /* of what is reported; STRAY_BLANK: nothing is */
		int column;
	} cases[] = {
		{ "a: 1 # refresh-router: allow=stray-blank because x", PROBLEM_STRAY_BLANK, 0 },
		{ "a: 1 # refresh-router: allow=yaml-escape because x", PROBLEM_UNUSED_SUPPRESSION,
			30 },
		{ "a: 1 # refresh-router: allow=stray-blank,yaml-escape because x",
			PROBLEM_UNUSED_SUPPRESSION, 42 },
		{ "a: 1 # refresh-router: allow=secret-stray because it depends on the machine",
			PROBLEM_STRAY_BLANK, 0 },
		{ "a: 1 # refresh-router: allow=redundant-rule because the other is not here",
			PROBLEM_STRAY_BLANK, 0 },
		{ "a: 1 # refresh-router: allow=stray-blank until=2026-11-26 because x",
			PROBLEM_EXPIRED_SUPPRESSION, 30 },
		{ "a: 1 # refresh-router: allow=stray-blank", PROBLEM_BAD_SUPPRESSION, 8 },
		{ "a: 1 # refresh-router: allow=stray-blank because", PROBLEM_BAD_SUPPRESSION, 42 },
		{ "a: 1 # refresh-router: because x", PROBLEM_BAD_SUPPRESSION, 8 },
		{ "a: 1 #refresh-router: allow=stray because x", PROBLEM_BAD_SUPPRESSION, 29 },
		{ "a: 1 # refresh-router: allow=unknown-field because x", PROBLEM_BAD_SUPPRESSION,
			30 },
		{ "a: 1 # refresh-router: allow=bad-suppression because x", PROBLEM_BAD_SUPPRESSION,
			30 },
		{ "a: 1 # refresh-router: allow=stray-blank until=2026-02-30 because x",
			PROBLEM_BAD_SUPPRESSION, 48 },
		{ "a: 1 # refresh-router: allow=stray-blank until=26-2-3 because x",
			PROBLEM_BAD_SUPPRESSION, 48 },
		{ "a: 1 # refresh-router: allow=stray-blank reason=x because y",
			PROBLEM_BAD_SUPPRESSION, 42 },
		{ "a: 1 # refresh-router: allow=stray-blank, because y", PROBLEM_BAD_SUPPRESSION,
			42 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED(problems) problems = find(cases[i].source);
		problems_finish(problems, false);
		size_t found = 0;
		for (size_t j = 0; j < problems_count(problems); j++) {
			const struct problem *problem = problems_at(problems, j);
			if (problem->code == PROBLEM_STRAY_BLANK)
				continue;
			found++;
			assert_int_equal(problem->code, cases[i].code);
			assert_int_equal(problem->place.column, cases[i].column);
			assert_null(problem->source_line); /* it has more than the comment */
		}
		assert_int_equal(found, cases[i].code != PROBLEM_STRAY_BLANK);
	}
}

static void a_line_with_more_than_the_comment_is_not_shown(void **state)
{
	(void)state;
	OWNED(problems)
	problems = find("# refresh-router: allow=stray because x\n"
			"secrets: [s3cr3t] # refresh-router: allow=stray because x\n");
	assert_int_equal(problems_count(problems), 7);
	problems_sort(problems);
	assert_string_equal(
		problems_at(problems, 1)->source_line, "# refresh-router: allow=stray because x");
	assert_int_equal(problems_at(problems, 3)->code, PROBLEM_BAD_SUPPRESSION);
	assert_null(problems_at(problems, 3)->source_line);
}

static void an_error_hides_what_was_not_looked_for(void **state)
{
	(void)state;
	OWNED(problems) problems = find("a: 1 # refresh-router: allow=yaml-escape because x");
	IGNORE(problem_add(problems, PROBLEM_SYNTAX, (struct place){ 0 }, STR(""), "n"));
	problems_finish(problems, false);
	assert_int_equal(problems_warning_count(problems), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_comment_is_none_within_a_text),
		cmocka_unit_test(brackets_without_end_take_no_time),
		cmocka_unit_test(a_finding_is_allowed_on_its_line_or_the_line_above),
		cmocka_unit_test(a_suppression_is_of_its_file),
		cmocka_unit_test(a_suppressed_flood_is_no_warning),
		cmocka_unit_test(what_suppresses_nothing_is_reported),
		cmocka_unit_test(a_line_with_more_than_the_comment_is_not_shown),
		cmocka_unit_test(an_error_hides_what_was_not_looked_for),
	};
	return cmocka_run_group_tests_name("suppression", tests, NULL, NULL);
}
