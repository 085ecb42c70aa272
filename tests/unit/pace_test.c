/*
 * When to look at a job again.
 */
#include "base/clock.h"
#include "schedule/pace.h"
#include "tests/unit/test.h"

#define SECOND US_PER_SECOND
#define LEAST (10 * SECOND)

/* The ages, in seconds, at which a job is looked at until the age `until`. */
static int looks(const struct pace *pace, bool is_awaited, int64_t until, int64_t ages[], int most)
{
	int count = 0;
	for (int64_t age = 0; count < most;) {
		age += pace_wait(pace, age, is_awaited, LEAST);
		ages[count++] = age / SECOND;
		if (age >= until)
			break;
	}
	return count;
}

static struct pace steady(int64_t took)
{
	struct pace pace = { 0 };
	for (int i = 0; i < 50; i++)
		pace_learn(&pace, took);
	assert_in_range(pace.spread, 0, 1000);
	pace.spread = 0; /* as rounded to whole numbers */
	return pace;
}

static void a_short_job_is_looked_at_once(void **state)
{
	struct pace pace = steady(40 * SECOND);
	int64_t ages[50];
	(void)state;
	assert_int_equal(looks(&pace, false, 40 * SECOND, ages, 50), 1);
	assert_int_equal(ages[0], 40);
}

static void a_long_job_is_looked_at_early_a_few_times(void **state)
{
	struct pace pace = steady(1800 * SECOND);
	int64_t ages[50];
	(void)state;
	assert_int_equal(looks(&pace, false, 1800 * SECOND, ages, 50), 3);
	assert_int_equal(ages[0], 60);
	assert_int_equal(ages[1], 240);
	assert_int_equal(ages[2], 1800);
	/* Tableau's clock is known to a second or two: no look twice. */
	assert_int_equal(pace_wait(&pace, 58 * SECOND, false, LEAST), 182 * SECOND);
}

static void the_more_the_ends_vary_the_later_is_the_look(void **state)
{
	struct pace pace = { 0 };
	(void)state;
	for (int i = 0; i < 60; i++)
		pace_learn(&pace, i % 2 ? 100 * SECOND : 80 * SECOND);
	assert_in_range(pace.usual, 85 * SECOND, 95 * SECOND);
	assert_in_range(pace.spread, 8 * SECOND, 12 * SECOND);
	assert_in_range(pace_wait(&pace, 0, false, LEAST), 103 * SECOND, 116 * SECOND);
	for (int i = 0; i < 60; i++) /* but a minute at most */
		pace_learn(&pace, i % 2 ? 500 * SECOND : SECOND);
	assert_int_equal(240 * SECOND + pace_wait(&pace, 240 * SECOND, false, LEAST),
		pace.usual + 60 * SECOND);
}

static void what_somebody_waits_for_is_looked_at_each_minute(void **state)
{
	struct pace pace = steady(590 * SECOND), hour = steady(3600 * SECOND);
	(void)state;
	assert_int_equal(pace_wait(&pace, 250 * SECOND, false, LEAST), 340 * SECOND);
	assert_int_equal(pace_wait(&pace, 250 * SECOND, true, LEAST), 60 * SECOND);
	assert_int_equal(pace_wait(&pace, 580 * SECOND, true, LEAST), LEAST);
	/* or each tenth of the usual time */
	assert_int_equal(pace_wait(&hour, 1000 * SECOND, true, LEAST), 360 * SECOND);
}

static void what_is_not_known_is_looked_at_the_rarer_the_longer_it_takes(void **state)
{
	struct pace pace = { 0 };
	(void)state;
	assert_int_equal(pace_wait(&pace, 0, false, LEAST), LEAST);
	assert_int_equal(pace_wait(&pace, 300 * SECOND, false, LEAST), 30 * SECOND);
	assert_int_equal(pace_wait(&pace, 7200 * SECOND, false, LEAST), 60 * SECOND);
}

static void an_overdue_job_is_looked_at_the_rarer_the_longer_it_takes(void **state)
{
	struct pace pace = steady(3600 * SECOND);
	(void)state;
	assert_int_equal(pace_wait(&pace, 3600 * SECOND, false, LEAST), 360 * SECOND);
	assert_int_equal(pace_wait(&pace, 36000 * SECOND, false, LEAST), 360 * SECOND);
}

static void a_job_of_no_time_at_all_is_known(void **state)
{
	struct pace pace = { 0 };
	(void)state;
	pace_learn(&pace, 0);
	assert_int_equal(pace.usual, SECOND);
	assert_int_equal(pace_wait(&pace, 0, false, SECOND / 5), SECOND + SECOND / 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_job_is_looked_at_once),
		cmocka_unit_test(a_long_job_is_looked_at_early_a_few_times),
		cmocka_unit_test(the_more_the_ends_vary_the_later_is_the_look),
		cmocka_unit_test(what_somebody_waits_for_is_looked_at_each_minute),
		cmocka_unit_test(what_is_not_known_is_looked_at_the_rarer_the_longer_it_takes),
		cmocka_unit_test(an_overdue_job_is_looked_at_the_rarer_the_longer_it_takes),
		cmocka_unit_test(a_job_of_no_time_at_all_is_known),
	};
	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
