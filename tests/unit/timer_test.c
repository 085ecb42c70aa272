/*
 * A heap of timers: the smallest key first, and each timer in at most one heap.
 */
#include "base/timer.h"
#include "tests/unit/test.h"

#define MANY 200

static void the_smallest_key_is_first_and_ties_go_by_the_second(void **state)
{
	struct timer_heap heap = { 0 };
	struct timer late = { 0 }, early = { 0 }, tied = { 0 };
	(void)state;
	assert_null(timer_first(&heap));
	timer_set(&heap, &late, 20, 1);
	timer_set(&heap, &tied, 10, 2);
	timer_set(&heap, &early, 10, 1);
	assert_ptr_equal(timer_first(&heap), &early);
	timer_set(&heap, &early, 30, 1);
	assert_ptr_equal(timer_first(&heap), &tied);
	timer_leave(&tied);
	assert_ptr_equal(timer_first(&heap), &late);
	timer_heap_clear(&heap);
}

static void whoever_enters_another_heap_leaves_the_first(void **state)
{
	struct timer_heap first = { 0 }, second = { 0 };
	struct timer stays = { 0 }, moves = { 0 };
	(void)state;
	timer_set(&first, &moves, 1, 0);
	timer_set(&first, &stays, 2, 0);
	timer_set(&second, &moves, 3, 0);
	assert_ptr_equal(timer_first(&first), &stays);
	assert_int_equal(first.count, 1);
	assert_ptr_equal(timer_first(&second), &moves);
	timer_leave(&moves);
	assert_false(timer_is_set(&moves));
	timer_leave(&moves); /* it is in no heap */
	assert_null(timer_first(&second));
	assert_ptr_equal(timer_first(&first), &stays);
	timer_heap_clear(&first);
	timer_heap_clear(&second);
}

/* Every third timer leaves from the middle; the others come in order. */
static void any_may_leave_at_any_time(void **state)
{
	static struct timer timers[MANY];
	struct timer_heap heap = { 0 };
	int64_t before = -1;
	int count = 0;
	(void)state;
	for (int i = 0; i < MANY; i++)
		timer_set(&heap, &timers[i], i * 7919 % MANY, i);
	for (int i = 0; i < MANY; i += 3)
		timer_leave(&timers[i]);
	for (struct timer *timer; (timer = timer_first(&heap)); count++) {
		assert_true(timer->key > before);
		assert_int_not_equal(timer->second % 3, 0);
		before = timer->key;
		timer_leave(timer);
	}
	assert_int_equal(count, MANY - (MANY + 2) / 3);
	timer_heap_clear(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_key_is_first_and_ties_go_by_the_second),
		cmocka_unit_test(whoever_enters_another_heap_leaves_the_first),
		cmocka_unit_test(any_may_leave_at_any_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
