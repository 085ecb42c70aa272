/*
 * The life of a refresh, as the table has it.
 */
#include "schedule/life.h"
#include "tests/unit/test.h"

static void nothing_follows_an_end(void **state)
{
	(void)state;
	for (enum refresh_state from = 0; from < LIFE_STATES; from++)
		for (enum refresh_state to = 0; to < LIFE_STATES; to++)
			if (!refresh_state_is_open(from) || from == to)
				assert_null(life_step(from, to));
}

static void whatever_is_open_may_end_well_and_badly(void **state)
{
	(void)state;
	for (enum refresh_state from = 0; refresh_state_is_open(from); from++) {
		assert_non_null(life_step(from, REFRESH_SUCCEEDED));
		assert_non_null(life_step(from, REFRESH_FAILED));
		assert_non_null(life_step(from, REFRESH_CANCELLED));
	}
}

/* A second request may only leave from "waiting", after what became of the first is known. */
static void a_request_leaves_from_waiting_alone(void **state)
{
	(void)state;
	for (enum refresh_state from = 0; from < LIFE_STATES; from++)
		assert_int_equal(life_step(from, REFRESH_SENDING) != NULL, from == REFRESH_WAITING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_follows_an_end),
		cmocka_unit_test(whatever_is_open_may_end_well_and_badly),
		cmocka_unit_test(a_request_leaves_from_waiting_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
