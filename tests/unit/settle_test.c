/* tests/unit/settle_test.c - changes get time to settle, but none waits for ever. */
#include "daemon/settle.h"
#include "tests/unit/test.h"

#define AT(ms) ((struct mono){ (ms)*US_PER_MS })

static void without_a_change_files_are_looked_at_now_and_then(void **state)
{
	(void)state;
	struct settle settle = { 0 };
	settle_looked(&settle, AT(1000));
	assert_int_equal(settle_due(&settle, true).us, AT(61000).us);
	assert_int_equal(settle_due(&settle, false).us, AT(6000).us);
}

static void several_changes_are_one_look(void **state)
{
	(void)state;
	struct settle settle = { 0 };
	settle_looked(&settle, AT(1000));
	settle_changed(&settle, AT(2000));
	assert_int_equal(settle_due(&settle, true).us, AT(2200).us);
	settle_changed(&settle, AT(2150));
	assert_int_equal(settle_due(&settle, true).us, AT(2350).us);
	settle_looked(&settle, AT(2350));
	assert_int_equal(settle_due(&settle, true).us, AT(62350).us);
}

static void a_file_that_is_written_without_end_postpones_nothing_for_long(void **state)
{
	(void)state;
	struct settle settle = { 0 };
	int64_t looks = 0;
	for (int64_t ms = 0; ms <= 60000; ms += 100) {
		settle_changed(&settle, AT(ms));
		if (settle_due(&settle, true).us > AT(ms).us)
			continue;
		settle_looked(&settle, AT(ms));
		looks++;
	}
	assert_in_range(looks, 25, 30);
}

static void a_change_never_makes_the_next_look_later(void **state)
{
	(void)state;
	struct settle settle = { 0 };
	settle_looked(&settle, AT(0));
	for (int64_t ms = 0; ms < 5000; ms += 150) {
		int64_t before = settle_due(&settle, false).us;
		settle_changed(&settle, AT(ms));
		assert_true(settle_due(&settle, false).us <= before || before <= AT(2000).us);
	}
	assert_true(settle_due(&settle, false).us <= AT(2000).us);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_change_files_are_looked_at_now_and_then),
		cmocka_unit_test(several_changes_are_one_look),
		cmocka_unit_test(a_file_that_is_written_without_end_postpones_nothing_for_long),
		cmocka_unit_test(a_change_never_makes_the_next_look_later),
	};
	return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
