/* Times as dbt and Tableau write them are read exactly or refused. */
#include "base/clock.h"
#include "tests/unit/test.h"
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct reading {
	const char *text;
	int64_t us;
};

static void read_all(const struct reading *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct wall time = { -1 };
		if (!wall_parse(str_of(cases[i].text), &time))
			fail_msg("'%s' was refused", cases[i].text);
		if (time.us != cases[i].us)
			fail_msg("'%s' became %lld", cases[i].text, (long long)time.us);
	}
}

static void a_time_is_read_with_any_number_of_fraction_digits(void **state)
{
	(void)state;
	static const struct reading cases[] = {
		{ "2023-01-31T19:28:07Z", 1675193287000000 },
		{ "2023-01-31T19:28:07.1Z", 1675193287100000 },
		{ "2023-01-31T19:28:07.12Z", 1675193287120000 },
		{ "2023-01-31T19:28:07.123Z", 1675193287123000 },
		{ "2023-01-31T19:28:07.1234Z", 1675193287123400 },
		{ "2023-01-31T19:28:07.12345Z", 1675193287123450 },
		{ "2023-01-31T19:28:07.123456Z", 1675193287123456 },
		{ "2023-01-31T19:28:07.1234567Z", 1675193287123456 },
		{ "2023-01-31T19:28:07.12345678Z", 1675193287123456 },
		{ "2023-01-31T19:28:07.999999999Z", 1675193287999999 },
		{ "2023-01-31T19:28:07.000000001Z", 1675193287000000 },
	};
	read_all(cases, COUNT(cases));
}

static void a_time_is_read_with_any_offset(void **state)
{
	(void)state;
	static const struct reading cases[] = {
		{ "2023-01-31T19:28:07z", 1675193287000000 },
		{ "2023-01-31t19:28:07Z", 1675193287000000 },
		{ "2023-01-31 19:28:07+00:00", 1675193287000000 },
		{ "2023-01-31T19:28:07+0000", 1675193287000000 },
		{ "2023-01-31T19:28:07-0000", 1675193287000000 },
		{ "2023-01-31T20:28:07+01:00", 1675193287000000 },
		{ "2023-01-31T14:28:07-05:00", 1675193287000000 },
		{ "2023-02-01T00:58:07.5+0530", 1675193287500000 },
		{ "2023-02-01T19:27:07+23:59", 1675193287000000 },
	};
	read_all(cases, COUNT(cases));
}

static void a_leap_day_exists_in_leap_years_only(void **state)
{
	(void)state;
	static const struct reading cases[] = {
		{ "2024-02-29T00:00:00Z", 1709164800000000 },
		{ "2000-02-29T23:59:59Z", 951868799000000 },
		{ "2024-03-01T00:00:00Z", 1709251200000000 },
		/* a leap second counts as the next second */
		{ "2016-12-31T23:59:60Z", 1483228800000000 },
	};
	struct wall time = { 7 };
	read_all(cases, COUNT(cases));
	assert_false(wall_parse(STR("2023-02-29T00:00:00Z"), &time));
	assert_false(wall_parse(STR("2100-02-29T00:00:00Z"), &time));
	assert_false(wall_parse(STR("2024-02-30T00:00:00Z"), &time));
	assert_int_equal(time.us, 7);
}

static void the_epoch_is_no_time(void **state)
{
	(void)state;
	struct wall time = { 1 };
	assert_true(wall_parse(STR("1970-01-01T00:00:00Z"), &time));
	assert_false(wall_is_set(time));
	assert_true(wall_parse(STR("1969-12-31T23:59:59.999999Z"), &time));
	assert_int_equal(time.us, -1);
	assert_true(wall_parse(STR("0001-01-01T00:00:00Z"), &time));
	assert_int_equal(time.us, -62135596800000000);
	assert_true(wall_parse(STR("9999-12-31T23:59:59Z"), &time));
	assert_int_equal(time.us, 253402300799000000);
}

static void what_is_not_a_time_is_refused_and_changes_nothing(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"",
		"2023",
		"2023-01-31",
		"2023-01-31T19:28:07",
		"2023-01-31T19:28Z",
		"2023-01-31T19:28:07.Z",
		"2023-01-31T19:28:07.1234567890Z",
		"2023-01-31T19:28:07,5Z",
		"2023-01-31T19:28:07Z ",
		" 2023-01-31T19:28:07Z",
		"2023-01-31T19:28:07ZZ",
		"2023-01-31T19:28:07+1",
		"2023-01-31T19:28:07+01",
		"2023-01-31T19:28:07+01:0",
		"2023-01-31T19:28:07+24:00",
		"2023-01-31T19:28:07+01:60",
		"2023-01-31T19:28:07 UTC",
		"2023-00-31T19:28:07Z",
		"2023-13-31T19:28:07Z",
		"2023-01-00T19:28:07Z",
		"2023-01-32T19:28:07Z",
		"2023-04-31T19:28:07Z",
		"2023-01-31T24:00:00Z",
		"2023-01-31T19:60:07Z",
		"2023-01-31T19:28:61Z",
		"2023-1-31T19:28:07Z",
		"-2023-01-31T19:28:07Z",
		"+2023-01-31T19:28:07Z",
		"20230131T192807Z",
		"2023-01-31T-9:28:07Z",
		"Tue, 31 Jan 2023 19:28:07 GMT",
		"1675193287",
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wall time = { 77 };
		if (wall_parse(str_of(cases[i]), &time))
			fail_msg("'%s' was taken for %lld", cases[i], (long long)time.us);
		assert_int_equal(time.us, 77);
	}
	struct wall time;
	assert_false(wall_parse(str_of(NULL), &time));
	assert_false(wall_parse(STR("2023-01-31T19:28:07Z\0"), &time));
}

static void a_time_written_and_read_again_is_the_same(void **state)
{
	(void)state;
	static const int64_t cases[] = { 0, 1, -1, 1675193287000000, 1675193287016502,
		1709164800000000, -62135596800000000, 253402300799999999, -999999, -1000001 };
	char out[WALL_TEXT_SIZE];
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wall time = { cases[i] }, again = { 7 };
		if (!wall_parse(str_of(wall_format(time, out)), &again) || again.us != cases[i])
			fail_msg("%lld was written as '%s'", (long long)cases[i], out);
	}
	assert_string_equal(
		wall_format((struct wall){ 1675193287016502 }, out), "2023-01-31T19:28:07.016502Z");
	assert_string_equal(
		wall_format((struct wall){ 1675193287000000 }, out), "2023-01-31T19:28:07Z");
}

static void a_time_at_the_end_of_the_world_still_fits_its_text(void **state)
{
	(void)state;
	char out[WALL_TEXT_SIZE];
	wall_format((struct wall){ INT64_MAX }, out);
	assert_true(memchr(out, '\0', sizeof out) != NULL);
	assert_true(str_ends(str_of(out), "Z"));
	wall_format((struct wall){ INT64_MIN }, out);
	assert_true(str_ends(str_of(out), "Z"));
	assert_int_equal(mono_plus((struct mono){ INT64_MAX - 5 }, 10).us, INT64_MAX);
	assert_int_equal(mono_plus((struct mono){ -5 }, 10).us, 5);
	assert_int_equal(mono_plus((struct mono){ -5 }, INT64_MAX).us, INT64_MAX - 5);
	assert_int_equal(mono_plus((struct mono){ INT64_MIN + 5 }, -10).us, INT64_MIN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_is_read_with_any_number_of_fraction_digits),
		cmocka_unit_test(a_time_is_read_with_any_offset),
		cmocka_unit_test(a_leap_day_exists_in_leap_years_only),
		cmocka_unit_test(the_epoch_is_no_time),
		cmocka_unit_test(what_is_not_a_time_is_refused_and_changes_nothing),
		cmocka_unit_test(a_time_written_and_read_again_is_the_same),
		cmocka_unit_test(a_time_at_the_end_of_the_world_still_fits_its_text),
	};
	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
