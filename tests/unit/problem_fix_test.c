/* tests/unit/problem_fix_test.c - fixes in the bytes of a file. */
#include "base/problem/problem_fix.h"

#include "base/yaml/yaml.h"
#include "tests/unit/test.h"

#define FIX(at_line, from, to, was, is)                                                            \
	{                                                                                          \
		.place = { .line = (at_line),                                                      \
			.column = (from),                                                          \
			.end_line = (at_line),                                                     \
			.end_column = (to) },                                                      \
		.before = (was), .after = (is)                                                     \
	}

static void a_fix_touches_nothing_else(void **state)
{
	(void)state;
	static const struct {
		const char *source, *expected;
		struct problem_fix fixes[2];
		bool made[2];
	} cases[] = {
		{ "a: x # c\r\nb:\ty\n", "a: zz # c\r\nb:\tq\n",
			{ FIX(1, 4, 5, "x", "zz"), FIX(2, 4, 5, "y", "q") }, { true, true } },
		{ "\xc3\xa9: \"x\"\xe2\x80\xa8'x': y", "\xc3\xa9: \"z\"\xe2\x80\xa8'z': y",
			{ FIX(1, 4, 7, "x", "z"), FIX(2, 1, 4, "x", "z") }, { true, true } },
		{ "a: x", "a: x", { FIX(1, 4, 5, "y", "z"), FIX(7, 1, 2, "x", "z") },
			{ false, false } },
		{ "a,b,c", "a,c", { FIX(1, 3, 5, "b,", ""), FIX(1, 4, 6, ",c", "") },
			{ true, false } }, /* they overlap */
		{ "a: xy", "a: z", { FIX(1, 4, 6, "xy", "z"), FIX(1, 4, 6, "xy", "q") },
			{ true, false } },
		{ "a: x", "a: x", { FIX(1, 4, 6, "x", "z"), FIX(0, 0, 0, "", "z") },
			{ false, false } }, /* behind the end; no place */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct problem_fix *fixes[] = { &cases[i].fixes[0], &cases[i].fixes[1] };
		bool made[2];
		OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
		size_t count = problem_fix_apply(str_of(cases[i].source), fixes, 2, made, &out);
		assert_string_equal(out.at, cases[i].expected);
		assert_int_equal(made[0], cases[i].made[0]);
		assert_int_equal(made[1], cases[i].made[1]);
		assert_int_equal(count, made[0] + made[1]);
	}
}

/* What the suppression at the end of `source` becomes when it is removed. */
static void assert_removed(const char *source, const char *expected)
{
	OWNED(problems) problems = problems_new();
	problems_suppress(problems, "a.yaml", str_of(source));
	problems_finish(problems, false);
	const struct problem_fix *fixes[4];
	bool made[4];
	size_t count = 0;
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	for (size_t i = 0; i < problems_count(problems); i++)
		if (problems_at(problems, i)->fix)
			fixes[count++] = problems_at(problems, i)->fix;
	IGNORE(problem_fix_apply(str_of(source), fixes, count, made, &out) > 0);
	assert_string_equal(out.at, expected);
}

static void a_suppression_of_nothing_leaves_no_trace(void **state)
{
	(void)state;
#define ALLOW "# refresh-router: allow="
	assert_removed("a: 1  " ALLOW "stray-blank because x\nb: 2\n", "a: 1\nb: 2\n");
	assert_removed("a: 1\t" ALLOW "stray-blank because x", "a: 1");
	assert_removed("a: 1\n  " ALLOW "stray-blank because \xc3\xa9\r\nb: 2\n", "a: 1\nb: 2\n");
	assert_removed(ALLOW "stray-blank because x\na: 1\n", "a: 1\n");
	assert_removed("a: 1\n" ALLOW "stray-blank because x", "a: 1\n");
	/* one at a time, because they share a comma; the rest goes in the next pass */
	assert_removed("a: 1 " ALLOW "stray-blank,yaml-escape because x\n",
		"a: 1 " ALLOW "yaml-escape because x\n");
	assert_removed("a: 1 " ALLOW "stray-blank,redundant-rule because x\n",
		"a: 1 " ALLOW "redundant-rule because x\n");
	assert_removed("a: 1 " ALLOW "redundant-rule,stray-blank because x\n",
		"a: 1 " ALLOW "redundant-rule because x\n");
	/* what was not understood stays */
	assert_removed("a: 1 " ALLOW "stray-blank\n", "a: 1 " ALLOW "stray-blank\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fix_touches_nothing_else),
		cmocka_unit_test(a_suppression_of_nothing_leaves_no_trace),
	};
	return cmocka_run_group_tests_name("problem_fix", tests, NULL, NULL);
}
