/*
 * The clock of give_up_after, which stands still while we hold work back ourselves.
 */
#include "schedule/patience.h"
#include "tests/unit/test.h"

static struct mono at(int64_t us)
{
	return (struct mono){ us };
}

static void a_clock_that_stands_counts_nothing(void **state)
{
	struct patience_clock clock = { 0 };
	struct patience patience = { 0 };
	(void)state;
	patience_set(&patience, at(1000), 50);
	patience_go_by(&patience, &clock, at(1000));
	assert_int_equal(patience_clock_next(&clock).us, 1050);
	patience_clock_stand(&clock, at(1020), true);
	assert_int_equal(patience_clock_next(&clock).us, INT64_MAX);
	assert_null(patience_clock_due(&clock, at(9000)));
	assert_int_equal(patience_left(&patience, at(9000)), 30);
	patience_clock_stand(&clock, at(9000), false);
	assert_int_equal(patience_clock_next(&clock).us, 9030);
	assert_null(patience_clock_due(&clock, at(9029)));
	assert_ptr_equal(patience_clock_due(&clock, at(9030)), &patience);
	patience_clock_clear(&clock);
}

static void what_is_left_is_taken_along_to_another_clock(void **state)
{
	struct patience_clock a = { 0 }, b = { 0 };
	struct patience patience = { 0 };
	(void)state;
	patience_set(&patience, at(0), 100);
	patience_go_by(&patience, &a, at(500));
	patience_clock_stand(&b, at(530), true);
	patience_go_by(&patience, &b, at(540));
	assert_int_equal(patience_left(&patience, at(700)), 60);
	assert_int_equal(patience_clock_next(&a).us, INT64_MAX);
	patience_go_by(&patience, NULL, at(700));
	assert_int_equal(patience_left(&patience, at(90000)), 60);
	patience_go_by(&patience, &a, at(90000));
	assert_int_equal(patience_clock_next(&a).us, 90060);
	patience_go_by(&patience, NULL, at(90070));
	assert_int_equal(patience.left, -10);
	patience_clock_clear(&a);
	patience_clock_clear(&b);
}

static void who_has_least_left_is_first_and_may_get_more(void **state)
{
	struct patience_clock clock = { 0 };
	struct patience first = { 0 }, second = { 0 };
	(void)state;
	patience_set(&first, at(0), 10);
	patience_set(&second, at(0), 20);
	patience_go_by(&second, &clock, at(0));
	patience_go_by(&first, &clock, at(0));
	assert_ptr_equal(patience_clock_due(&clock, at(15)), &first);
	patience_set(&first, at(15), 100);
	assert_null(patience_clock_due(&clock, at(19)));
	assert_ptr_equal(patience_clock_due(&clock, at(20)), &second);
	patience_clock_clear(&clock);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_that_stands_counts_nothing),
		cmocka_unit_test(what_is_left_is_taken_along_to_another_clock),
		cmocka_unit_test(who_has_least_left_is_first_and_may_get_more),
	};
	return cmocka_run_group_tests_name("patience", tests, NULL, NULL);
}
