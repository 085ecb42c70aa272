/* Which content a job works on, as far as Tableau has reported. */
#include "dispatch/job_contents.h"
#include "tests/unit/test.h"
#include <stdio.h>

static void what_was_told_is_known_and_nothing_else(void **state)
{
	OWNED(job_contents) contents = job_contents_new();
	(void)state;
	assert_null(job_contents_find(contents, "job-1"));
	job_contents_hear(contents, "job-1", "");
	assert_null(job_contents_find(contents, "job-1"));
	job_contents_hear(contents, "job-1", "luid-1");
	job_contents_hear(contents, "job-2", "luid-2");
	assert_string_equal(job_contents_find(contents, "job-1"), "luid-1");
	assert_string_equal(job_contents_find(contents, "job-2"), "luid-2");
}

static void the_oldest_go_when_there_is_no_room(void **state)
{
	OWNED(job_contents) contents = job_contents_new();
	char id[20];
	(void)state;
	for (int i = 0; i < 3 * JOB_CONTENTS; i++) {
		snprintf(id, sizeof id, "job-%d", i);
		job_contents_hear(contents, id, id);
		job_contents_hear(contents, id, id); /* reported again: takes no room */
		assert_string_equal(job_contents_find(contents, id), id);
	}
	snprintf(id, sizeof id, "job-%d", 2 * JOB_CONTENTS);
	assert_string_equal(job_contents_find(contents, id), id);
	snprintf(id, sizeof id, "job-%d", 2 * JOB_CONTENTS - 1);
	assert_null(job_contents_find(contents, id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_told_is_known_and_nothing_else),
		cmocka_unit_test(the_oldest_go_when_there_is_no_room),
	};
	return cmocka_run_group_tests_name("job_contents", tests, NULL, NULL);
}
