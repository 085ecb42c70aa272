/* tests/unit/watchdog_test.c - the watchdog is told that all is well only while every thread that
 * matters goes round. */
#include "daemon/watchdog.h"
#include "tests/unit/test.h"

#define AT(seconds) ((struct mono){ (seconds)*US_PER_SECOND })

static struct heartbeat beat_at(const char *thread, int64_t seconds)
{
	struct heartbeat heartbeat = { .thread = thread };
	atomic_store(&heartbeat.at, AT(seconds).us);
	return heartbeat;
}

static void the_thread_that_is_silent_for_half_the_time_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *says, *hung;
		int64_t within, dispatch, journal; /* seconds; the beats, looked at 1000 */
	} cases[] = {
		{ "both beat", NULL, 60, 999, 1000 },
		{ "a beat after the clock was read", NULL, 60, 1001, 1000 },
		{ "silent for half the time", NULL, 60, 970, 1000 },
		{ "and longer", "dispatch", 60, 969, 1000 },
		{ "the other one", "journal", 60, 1000, 900 },
		{ "both: the first", "dispatch", 60, 900, 900 },
		{ "one slow turn is no hang, however short the time", NULL, 1, 994, 1000 },
		{ "several are", "dispatch", 1, 993, 1000 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct watchdog watchdog = { .within = cases[i].within * US_PER_SECOND };
		struct heartbeat dispatch = beat_at("dispatch", cases[i].dispatch),
				 journal = beat_at("journal", cases[i].journal);
		const struct heartbeat *const threads[] = { &dispatch, &journal };
		const struct heartbeat *hung = watchdog_look(&watchdog, AT(1000), threads, 2);
		print_message("%s\n", cases[i].says);
		if (cases[i].hung)
			assert_string_equal(hung->thread, cases[i].hung);
		else
			assert_null(hung);
	}
}

static void it_is_fed_four_times_within_its_time(void **state)
{
	(void)state;
	struct watchdog watchdog = { .within = 60 * US_PER_SECOND };
	assert_null(watchdog_look(&watchdog, AT(1000), NULL, 0));
	assert_int_equal(watchdog_due(&watchdog).us, AT(1015).us);
}

static void without_a_watchdog_nothing_is_ever_due(void **state)
{
	(void)state;
	struct watchdog watchdog = { 0 };
	assert_int_equal(watchdog_due(&watchdog).us, INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_thread_that_is_silent_for_half_the_time_is_named),
		cmocka_unit_test(it_is_fed_four_times_within_its_time),
		cmocka_unit_test(without_a_watchdog_nothing_is_ever_due),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
