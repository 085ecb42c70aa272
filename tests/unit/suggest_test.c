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

static void the_first_part_of_several_names_is_none_of_them(void **state)
{
	(void)state;
	static const char *const fields[] = { "job_id", "environment_id", "environment_name",
		"run_id", "run_reason", "run_started_at", NULL };
	OWNED(arena) arena = arena_new();
	assert_string_equal(suggest_hint("environment", fields, 7, arena),
		"; did you mean 'environment_id' or 'environment_name'?");
	assert_string_equal(suggest_hint("Run", fields, 7, arena),
		"; did you mean 'run_id', 'run_reason' or 'run_started_at'?");
	assert_null(suggest_only("environment", fields, 7));
	assert_string_equal(suggest_only("enviroment_name", fields, 7), "environment_name");
	assert_string_equal(suggest_hint("", fields, 7, arena), "");
	assert_string_equal(suggest_hint(NULL, fields, 7, arena), "");
}

static void a_key_without_a_blank_after_its_colon(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	assert_string_equal(suggest_key_hint("jobid", names, 5, arena), "; did you mean 'job_id'?");
	assert_string_equal(suggest_hint("job_id: 1 2", names, 5, arena), ""); /* a name, no key */
	assert_string_equal(suggest_key_hint("job_id:1", names, 5, arena),
		"; YAML wants a blank after the colon of 'job_id:'");
	assert_null(suggest_only("job_id:1", names, 5)); /* the 1 would be lost */
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
		cmocka_unit_test(the_first_part_of_several_names_is_none_of_them),
		cmocka_unit_test(a_key_without_a_blank_after_its_colon),
		cmocka_unit_test(a_very_long_word_is_no_slip),
	};
	return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
