/* tests/unit/problem_test.c - the list of problems and its printing. */
#include "base/problem/problem.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#include "tests/unit/test.h"

static void assert_printed(const struct problems *problems, bool is_terminal, const char *expected)
{
	char *printed = NULL;
	size_t length;
	FILE *out = open_memstream(&printed, &length);
	problems_print(problems, out, is_terminal);
	fclose(out);
	assert_string_equal(printed, expected);
	free(printed);
}

static void a_problem_prints_as_a_compiler_does(void **state)
{
	(void)state;
	OWNED(problems) problems = problems_new();
	struct str source = STR("when:\n\tjob-id: 1\n");
	assert_false(problem_add(problems, PROBLEM_UNKNOWN_FIELD,
		(struct place){ .file = "rules/a.yaml", .line = 2, .column = 2 }, source,
		"unknown field '%s'", "job-id"));
	IGNORE(problem_add(problems, PROBLEM_MANY_PATS, (struct place){ .file = "rules" }, source,
		"no rule file"));
	assert_printed(problems, false,
		"rules/a.yaml:2:2: error: unknown field 'job-id' [unknown-field]\n"
		"rules: warning: no rule file [many-pats]\n");
	setenv("NO_COLOR", "1", 1);
	assert_printed(problems, true,
		"rules/a.yaml:2:2: error: unknown field 'job-id' [unknown-field]\n"
		"     2 |  job-id: 1\n"
		"       |  ^~~~~~\n"
		"rules: warning: no rule file [many-pats]\n");
	assert_int_equal(problems_error_count(problems), 1);
	assert_int_equal(problems_warning_count(problems), 1);
}

static void the_range_of_a_problem_is_underlined(void **state)
{
	(void)state;
	static const struct {
		const char *line, *under;
		int column, end_line, end_column;
	} cases[] = {
		{ "name: Sales Report # x", "      ^~~~~~~~~~~~", 7, 1, 19 },
		{ "name: Sales Report", "      ^~~~~~~~~~~~", 7, 2, 3 },  /* goes on below */
		{ "name: Sales Report", "      ^~~~~", 7, 0, 0 },         /* its end is not known */
		{ "a", " ^", 2, 0, 0 },                                   /* after the line's end */
		{ "a: \xe6\x97\xa5\xe6\x9c\xac, b", "   ^~~~", 4, 1, 6 }, /* wide characters */
		{ "ab", "^", 1, 1, 1 },                                   /* an empty range */
	};
	setenv("NO_COLOR", "1", 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED(problems) problems = problems_new();
		OWNED_TEXT struct text expected = TEXT(TEXT_UNBOUNDED);
		text_printf(&expected, "f:1:%d: error: n [syntax]\n     1 | %s\n       | %s\n",
			cases[i].column, cases[i].line, cases[i].under);
		IGNORE(problem_add(problems, PROBLEM_SYNTAX,
			(struct place){ .file = "f",
				.line = 1,
				.column = cases[i].column,
				.end_line = cases[i].end_line,
				.end_column = cases[i].end_column },
			str_of(cases[i].line), "n"));
		assert_printed(problems, true, expected.at);
	}
}

/* A URL with one stands where none is allowed, or under a misspelt name. */
static void a_password_is_never_shown(void **state)
{
	(void)state;
	static const struct {
		const char *line, *shown;
	} cases[] = {
		{ "a: postgresql://u:hunter2@h:1/d # x", "a: postgresql://u:*******@h:1/d # x" },
		{ "{a: 'x://u:hunter2/#@h', b: \"y://:p@h\"}",
			"{a: 'x://u:*********@h', b: \"y://:*@h\"}" },
		{ "x://u:p\xc3\xa4ss@h/?password=hunter2&b=c",
			"x://u:****@h/?password=*******&b=c" },
		{ "{a: host=h password=hunter2, b: 1}", "{a: host=h password=*******, b: 1}" },
		{ "x://h?sslpassword=hunter2 y://u:p@h", "x://h?sslpassword=******* y://u:*@h" },
		{ "https://t.example.com:8443/a, ann@example.com",
			"https://t.example.com:8443/a, ann@example.com" },
		{ "http://ann@h:1 x://", "http://ann@h:1 x://" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED(problems) problems = problems_new();
		IGNORE(problem_add(problems, PROBLEM_SYNTAX,
			(struct place){ .file = "f", .line = 1, .column = 1 },
			str_of(cases[i].line), "n"));
		assert_string_equal(problems_at(problems, 0)->source_line, cases[i].shown);
	}
}

static void a_password_is_not_shown_where_its_line_is_cut(void **state)
{
	(void)state;
	OWNED(problems) problems = problems_new();
	char line[450]; /* more than is shown, which is 400 */
	memset(line, ' ', sizeof line);
	memcpy(line + 380, "x://u:hunter2 is long and ends here@h", 37);
	memset(line + 387, 'h', 30);
	IGNORE(problem_add(problems, PROBLEM_SYNTAX,
		(struct place){ .file = "f", .line = 1, .column = 1 },
		(struct str){ line, sizeof line }, "n"));
	assert_string_equal(problems_at(problems, 0)->source_line + 380, "x://u:**************");
}

static void related_lines_follow_their_problem(void **state)
{
	(void)state;
	OWNED(problems) problems = problems_new();
	struct place place = { .file = "b", .line = 1, .column = 1 };
	IGNORE(problem_add(problems, PROBLEM_SYNTAX, place, STR("one"), "n"));
	problem_relate(problems, (struct place){ .file = "a", .line = 2, .column = 1 },
		STR("two\nthree"), "the other, '%s'", "x\n");
	problem_relate(problems, (struct place){ 0 }, STR(""), "no place");
	IGNORE(problem_add(problems, PROBLEM_SYNTAX, place, STR("one"), "n"));
	problem_relate(problems, place, STR("one"), "of a problem that is known");
	setenv("NO_COLOR", "1", 1);
	assert_printed(problems, true,
		"b:1:1: error: n [syntax]\n"
		"     1 | one\n"
		"       | ^~~\n"
		"a:2:1: note: the other, 'x\\x0a'\n"
		"     2 | three\n"
		"       | ^~~~~\n"
		"note: no place\n");
	problems_sort(problems);
	problem_relate(problems, place, STR("one"), "after the end");
	assert_null(problems_at(problems, 0)->related->next->next);
}

static void a_stranger_cannot_steer_the_terminal(void **state)
{
	(void)state;
	OWNED(problems) problems = problems_new();
	struct str source = STR("a\033[2J\xe2\x80\xae\xff"
				"b");
	IGNORE(problem_add(problems, PROBLEM_SYNTAX,
		(struct place){ .file = "x\n.yaml", .line = 1, .column = 6 }, source,
		"odd\n\033]0;\x7f\xc2\x9b"));
	setenv("NO_COLOR", "1", 1);
	assert_printed(problems, true,
		"x\\x0a.yaml:1:6: error: odd\\x0a\\x1b]0;\\x7f\\u009b [syntax]\n"
		"     1 | a\\x1b[2J\\u202e\\xffb\n"
		"       |         ^~~~~~~~~~~\n");
}

static void the_flood_is_counted_and_not_kept(void **state)
{
	(void)state;
	OWNED(problems) problems = problems_new();
	for (int i = 0; i < 1500; i++)
		IGNORE(problem_add(problems, PROBLEM_SYNTAX,
			(struct place){ .file = "f", .line = 1500 - i, .column = 1 }, STR("a"),
			"n"));
	assert_int_equal(problems_count(problems), 1000);
	assert_int_equal(problems_error_count(problems), 1500);
	problems_sort(problems);
	assert_int_equal(problems_at(problems, 0)->place.line, 501);
	assert_int_equal(problems_at(problems, 999)->place.line, 1500);
}

static void warnings_hide_no_error(void **state)
{
	(void)state;
	OWNED(problems) problems = problems_new();
	for (int i = 0; i < 1500; i++)
		IGNORE(problem_add(problems, PROBLEM_MANY_PATS,
			(struct place){ .file = "f", .line = i + 1, .column = 1 }, STR("a"), "n"));
	IGNORE(problem_add(problems, PROBLEM_SYNTAX,
		(struct place){ .file = "f", .line = 2000, .column = 1 }, STR("a"), "n"));
	problem_relate(problems, (struct place){ 0 }, STR(""), "n");
	assert_int_equal(problems_count(problems), 1000);
	assert_int_equal(problems_warning_count(problems), 1500);
	problems_sort(problems);
	assert_int_equal(problems_at(problems, 999)->code, PROBLEM_SYNTAX);
	assert_non_null(problems_at(problems, 999)->related);
}

static void what_is_behind_a_flood_is_not_read(void **state)
{
	(void)state;
	OWNED(problems) problems = problems_new();
	OWNED(problems) again = problems_new();
	for (int i = 0; i < 1000; i++) {
		assert_true(problems_are_read(problems));
		IGNORE(problem_add(problems, PROBLEM_SYNTAX,
			(struct place){ .file = "f", .line = i + 1, .column = 1 }, STR("a"), "n"));
	}
	assert_false(problems_are_read(problems));
	/* Aliases may repeat a problem any number of times. */
	for (int i = 0; i <= 10000; i++) {
		assert_true(problems_are_read(again));
		IGNORE(problem_add(again, PROBLEM_SYNTAX,
			(struct place){ .file = "f", .line = 1, .column = 1 }, STR("a"), "n"));
	}
	assert_false(problems_are_read(again));
	assert_int_equal(problems_error_count(again), 1);
}

static void source_lines_are_found_in_any_order(void **state)
{
	(void)state;
	OWNED(problems) problems = problems_new();
	struct str source = STR("one\r\ntwo\rthree\xc2\x85"
				"four\xe2\x80\xa8"
				"five");
	static const struct {
		int line;
		const char *text;
	} cases[] = { { 4, "four" }, { 2, "two" }, { 5, "five" }, { 1, "one" }, { 3, "three" },
		{ 6, NULL }, { 0, NULL } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		IGNORE(problem_add(problems, PROBLEM_SYNTAX,
			(struct place){ .file = "f", .line = cases[i].line, .column = 1 }, source,
			"n"));
		const char *line = problems_at(problems, i)->source_line;
		if (cases[i].text)
			assert_string_equal(line, cases[i].text);
		else
			assert_null(line);
	}
}

static void every_code_has_a_name_and_help(void **state)
{
	(void)state;
	for (int code = 0; code < PROBLEM_CODE_COUNT; code++) {
		assert_true(*problem_code_name((enum problem_code)code));
		assert_true(*problem_code_help((enum problem_code)code));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_problem_prints_as_a_compiler_does),
		cmocka_unit_test(the_range_of_a_problem_is_underlined),
		cmocka_unit_test(a_password_is_never_shown),
		cmocka_unit_test(a_password_is_not_shown_where_its_line_is_cut),
		cmocka_unit_test(related_lines_follow_their_problem),
		cmocka_unit_test(a_stranger_cannot_steer_the_terminal),
		cmocka_unit_test(the_flood_is_counted_and_not_kept),
		cmocka_unit_test(warnings_hide_no_error),
		cmocka_unit_test(what_is_behind_a_flood_is_not_read),
		cmocka_unit_test(source_lines_are_found_in_any_order),
		cmocka_unit_test(every_code_has_a_name_and_help),
	};
	return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
