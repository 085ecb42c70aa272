/* tests/unit/suggest_test.c - "did you mean". */
#include "base/suggest.h"

#include "tests/unit/test.h"

static const char *const names[] = { "job_id", "job_name", "status", "environment_name", "id" };

static void a_slip_finds_the_nearest_name(void **state)
{
	(void)state;
	static const struct {
		const char *word, *nearest;
	} cases[] = {
		{ "job-id", "job_id" },
		{ "JOB_ID", "job_id" },
		{ "jobid", "job_id" },
		{ "stauts", "status" },
		{ "environmentname", "environment_name" },
		{ "job_nam", "job_name" },
		{ "ID", "id" },
		{ "colour", NULL },
		{ "xy", NULL },
		{ "", NULL },
		{ NULL, NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *found = suggest(cases[i].word, names, sizeof names / sizeof *names);
		if (cases[i].nearest)
			assert_string_equal(found, cases[i].nearest);
		else
			assert_null(found);
	}
}

static void only_one_name_may_be_near(void **state)
{
	(void)state;
	static const char *const near[] = { "job_id", "run_id", "runs_id", "status" };
	assert_string_equal(suggest_only("job-id", near, 4), "job_id");
	assert_string_equal(suggest_only("stauts", near, 4), "status");
	assert_string_equal(suggest("run-id", near, 4), "run_id");
	assert_null(suggest_only("run-id", near, 4)); /* so is "runs_id" */
	assert_null(suggest_only("colour", near, 4));
	assert_null(suggest_only(NULL, near, 4));
}

static void a_very_long_word_is_no_slip(void **state)
{
	(void)state;
	char word[5000];
	for (size_t i = 0; i < sizeof word; i++)
		word[i] = 'j';
	word[sizeof word - 1] = '\0';
	assert_null(suggest(word, names, sizeof names / sizeof *names));
	assert_null(suggest("job_id", names, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slip_finds_the_nearest_name),
		cmocka_unit_test(only_one_name_may_be_near),
		cmocka_unit_test(a_very_long_word_is_no_slip),
	};
	return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
