/* What is known about another machine's clock: bounds on both sides, never tighter than its answers
 * allow. */
#include "schedule/distant_clock.h"
#include "tests/unit/test.h"

#define SECOND US_PER_SECOND
#define HOUR (3600 * SECOND)

/* The other clock is 1000 s ahead. Asked at `asked`, answered at `at`, received at `read`, all by
 * our clock. */
static void hear(struct distant_clock *clock, int64_t asked, int64_t at, int64_t read)
{
	struct told_time told = {
		.at = { (at + 1000 * SECOND) / SECOND * SECOND },
		.after = { asked },
		.before = { read },
	};
	distant_clock_hear(clock, &told);
}

static void check(const struct distant_clock *clock, int64_t at, int64_t least, int64_t most)
{
	struct wall earliest, latest;
	assert_true(distant_clock_at(clock, (struct mono){ at }, &earliest, &latest));
	assert_int_equal(earliest.us - 1000 * SECOND - at, least);
	assert_int_equal(latest.us - 1000 * SECOND - at, most);
}

static void one_answer_bounds_it_by_a_second_and_its_own_time(void **state)
{
	struct distant_clock clock = { 0 };
	struct wall earliest, latest;
	(void)state;
	assert_false(distant_clock_at(&clock, (struct mono){ SECOND }, &earliest, &latest));
	hear(&clock, 9900000, 10500000, 10600000); /* it reported 1010 s */
	check(&clock, 10600000, -600000, 1100000);
}

static void answers_together_bound_it_better_than_each(void **state)
{
	struct distant_clock clock = { 0 };
	(void)state;
	hear(&clock, 9900000, 10950000, 10960000);  /* -0.96 s to 1.1 s */
	hear(&clock, 11990000, 12000000, 12010000); /* -0.01 s to 1.01 s, and a drift since */
	check(&clock, 12010000, -10000, 1010000);
	hear(&clock, 12400000, 12990000, 33000000); /* it took 20 s and so adds little */
	check(&clock, 33000000, -10000 - 2099, 600000);
}

static void a_time_that_was_told_before_a_slow_body_is_as_good_as_any(void **state)
{
	struct distant_clock clock = { 0 };
	(void)state;
	hear(&clock, 10000000, 10010000, 10020000); /* the header was read at once */
	check(&clock, 30000000, -20000 - 1998, 1000000 + 1998);
}

static void the_bounds_part_while_nothing_is_heard_and_before_it_was(void **state)
{
	struct distant_clock clock = { 0 };
	(void)state;
	hear(&clock, 10 * HOUR, 10 * HOUR, 10 * HOUR);
	check(&clock, 13 * HOUR, -1080000, 1000000 + 1080000);
	check(&clock, 7 * HOUR, -1080000, 1000000 + 1080000);
}

static void a_clock_that_was_set_is_believed_after_an_hour(void **state)
{
	struct distant_clock clock = { 0 };
	(void)state;
	hear(&clock, 10000000, 10000000, 10000000);
	/* the other clock was put forward by half a minute */
	hear(&clock, 11000000, 41000000, 11000000);
	check(&clock, 11000000, -100, 31000000);
	hear(&clock, 12000000, 42000000, 12000000);
	check(&clock, 12000000, -200, 31000100);
	assert_true(distant_clock_is_apart(&clock, (struct mono){ HOUR + 10000000 }));
	assert_false(distant_clock_is_apart(&clock, (struct mono){ HOUR + 11000000 }));
	hear(&clock, HOUR + 12000000, HOUR + 42000000, HOUR + 12000000);
	check(&clock, HOUR + 12000000, 30000000, 31000000);
}

/* Two nodes, five seconds apart, take turns: both must stay within the bounds. */
static void clocks_that_take_turns_are_both_allowed_for(void **state)
{
	struct distant_clock clock = { 0 };
	(void)state;
	for (int64_t at = 10 * SECOND; at < 100 * SECOND; at += 2 * SECOND) {
		hear(&clock, at, at, at);
		hear(&clock, at + SECOND, at - 4 * SECOND, at + SECOND);
		check(&clock, at + SECOND, -5000000 - (at - 10 * SECOND) / 10000,
			1000000 + (at - 9 * SECOND) / 10000);
	}
}

/* Two well-kept nodes, 0.3 s apart, sometimes report different seconds. */
static void clocks_that_differ_by_little_are_one(void **state)
{
	struct distant_clock clock = { 0 };
	(void)state;
	for (int64_t at = 10 * SECOND; at < 100 * SECOND; at += 70000) {
		hear(&clock, at, at, at);
		hear(&clock, at + 35000, at - 265000, at + 35000);
		assert_false(distant_clock_is_apart(&clock, (struct mono){ at }));
	}
}

static void nothing_that_was_told_changes_nothing(void **state)
{
	struct distant_clock clock = { 0 };
	struct told_time none = { .at = { 0 }, .after = { 1 }, .before = { 2 } };
	(void)state;
	hear(&clock, 10000000, 10000000, 10000000);
	distant_clock_hear(&clock, &none);
	check(&clock, 10000000, 0, 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_answer_bounds_it_by_a_second_and_its_own_time),
		cmocka_unit_test(answers_together_bound_it_better_than_each),
		cmocka_unit_test(a_time_that_was_told_before_a_slow_body_is_as_good_as_any),
		cmocka_unit_test(the_bounds_part_while_nothing_is_heard_and_before_it_was),
		cmocka_unit_test(a_clock_that_was_set_is_believed_after_an_hour),
		cmocka_unit_test(clocks_that_take_turns_are_both_allowed_for),
		cmocka_unit_test(clocks_that_differ_by_little_are_one),
		cmocka_unit_test(nothing_that_was_told_changes_nothing),
	};
	return cmocka_run_group_tests_name("distant_clock", tests, NULL, NULL);
}
