/* Jobs as Tableau reports them, from recorded samples. */
#include "tableau/item.h"
#include "tableau/job.h"
#include "tests/unit/tableau_sample.h"

static void what_a_job_of_a_sample_is(void **state)
{
	static const struct {
		const char *sample;
		enum job_state is;
		const char *notes;
	} cases[] = {
		{ "job-queued.json", JOB_QUEUED, "" },
		{ "job-running.json", JOB_RUNNING, "" },
		{ "job-success.json", JOB_SUCCEEDED, NULL },
		{ "job-success-native-scalars.json", JOB_SUCCEEDED, NULL },
		{ "job-datasource-success.json", JOB_SUCCEEDED, NULL },
		{ "job-flow-success.json", JOB_SUCCEEDED, NULL },
		{ "job-failed.json", JOB_FAILED, NULL },
		{ "job-failed-quota.json", JOB_FAILED, "No more non-interactive quota" },
		{ "job-cancelled.json", JOB_CANCELLED, NULL },
		{ "job-finished-code0-error-note.json", JOB_FAILED,
			"although its finish code is 0" },
		{ "job-bridge-assigned.json", JOB_RUNNING, "" },
		{ "job-bridge-completed.json", JOB_SUCCEEDED, NULL },
		{ "refresh-workbook-202.json", JOB_QUEUED, "" },
		{ "refresh-datasource-202.json", JOB_QUEUED, "" },
		{ "run-flow-202.json", JOB_QUEUED, "" },
		{ "run-task-202.json", JOB_QUEUED, "" },
		{ "run-task-202-minimal.json", JOB_QUEUED, "" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_JSON json = sample_json(cases[i].sample);
		OWNED(arena) arena = arena_new();
		struct error err;
		struct job job;
		if (!job_parse(json, &job, arena, &err))
			fail_msg("%s: %s", cases[i].sample, err.message);
		if (job.state != cases[i].is)
			fail_msg("%s: state %d", cases[i].sample, (int)job.state);
		if (cases[i].notes &&
			(*cases[i].notes ? !strstr(job.notes, cases[i].notes) : *job.notes))
			fail_msg("%s: notes '%s'", cases[i].sample, job.notes);
		assert_null(strpbrk(job.notes, "\r\n\t"));
	}
}

static void a_job_tells_its_content_and_its_times(void **state)
{
	OWNED_JSON json = sample_json("job-success.json");
	OWNED(arena) arena = arena_new();
	char text[WALL_TEXT_SIZE];
	struct error err;
	struct job job;
	(void)state;
	assert_true(job_parse(json, &job, arena, &err));
	assert_string_equal(job.content, "4a861507-1003-4528-9ea6-9f9b7370ae32");
	assert_string_equal(job.title, "Revenue");
	assert_string_equal(wall_format(job.created_at, text), "2026-10-12T05:02:11Z");
	assert_true(job.started_at.us > job.created_at.us);
	assert_true(job.completed_at.us > job.started_at.us);
}

static void odd_jobs(void **state)
{
	static const struct {
		const char *json;
		int is;
		const char *notes;
	} cases[] = {
		/* is -1: no job */
		{ "{}", -1, "" },
		{ "{\"job\":[]}", -1, "" },
		{ "{\"job\":{\"id\":\"\"}}", -1, "" },
		{ "{\"job\":{\"id\":\"a b\"}}", -1, "" },
		{ "{\"job\":{\"id\":"
		  "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}}",
			-1, "" },
		{ "{\"job\":{\"id\":\"a\",\"finishCode\":\"0\"}}", JOB_QUEUED, "" },
		{ "{\"job\":{\"id\":\"a\",\"progress\":\"100\",\"startedAt\":\"2026-10-12T05:02:"
		  "11Z\"}}",
			JOB_RUNNING, "" },
		{ "{\"job\":{\"id\":\"a\",\"completedAt\":\"2026-10-12T05:02:11Z\"}}", JOB_FAILED,
			"no finish code" },
		{ "{\"job\":{\"id\":\"a\",\"completedAt\":\"2026-10-12T05:02:11Z\",\"finishCode\":"
		  "\"-1\"}}",
			JOB_FAILED, "no finish code" },
		{ "{\"job\":{\"id\":\"a\",\"completedAt\":\"2026-10-12T05:02:11Z\",\"finishCode\":"
		  "7}}",
			JOB_FAILED, "" },
		{ "{\"job\":{\"id\":\"a\",\"completedAt\":\"yesterday\",\"finishCode\":0}}",
			JOB_SUCCEEDED, "" },
		{ "{\"job\":{\"id\":\"a\",\"completedAt\":\"2026-10-12T05:02:11Z\",\"finishCode\":"
		  "1,\"x\":{\"notes\":\"a\\nb\\u001b[31m\",\"flow\":{\"id\":\"f\"}}}}",
			JOB_FAILED, "a b [31m" },
		{ "{\"job\":{\"id\":\"a\",\"statusNotes\":{\"statusNote\":{\"type\":\"errorCode\","
		  "\"value\":\"E7\"}},"
		  "\"completedAt\":\"2026-10-12T05:02:11Z\",\"finishCode\":0}}",
			JOB_FAILED, "E7" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err;
		struct job job = { .state = JOB_QUEUED };
		OWNED_JSON json = json_parse(str_of(cases[i].json), &err);
		OWNED(arena) arena = arena_new();
		assert_non_null(json);
		int is = job_parse(json, &job, arena, &err) ? (int)job.state : -1;
		if (is != cases[i].is || (is >= 0 && !strstr(job.notes, cases[i].notes)))
			fail_msg("case %zu: %d '%s'", i, is, is < 0 ? err.message : job.notes);
	}
}

static void long_notes_are_cut_between_characters(void **state)
{
	struct error err;
	struct job job;
	OWNED_TEXT struct text body = TEXT(100000);
	OWNED(arena) arena = arena_new();
	(void)state;
	text_add(&body, "{\"job\":{\"id\":\"a\",\"extractRefreshJob\":{\"workbook\":{\"id\":\"w\"},"
			"\"notes\":\"x");
	for (int i = 0; i < 2000; i++)
		text_add(&body, "\xc3\xbc");
	text_add(&body, "\"}}}");
	OWNED_JSON json = json_parse(text_str(&body), &err);
	assert_true(job_parse(json, &job, arena, &err));
	assert_in_range(strlen(job.notes), 390, 400);
	assert_true(str_is_utf8(str_of(job.notes)));
}

static size_t rows(const char *name, struct job *jobs, struct arena *arena)
{
	OWNED_JSON json = sample_json(name);
	size_t count = 0;
	for (const cJSON *row = items_of(json, "backgroundJobs", "backgroundJob"); row;
		row = items_next(row))
		count += job_row_parse(row, &jobs[count], arena);
	return count;
}

static void rows_of_the_list(void **state)
{
	struct job jobs[20];
	struct error err;
	OWNED(arena) arena = arena_new();
	(void)state;
	assert_int_equal(rows("jobs-empty.json", jobs, arena), 0);
	assert_int_equal(rows("jobs-list-single-as-object.json", jobs, arena), 1);
	assert_int_equal(rows("jobs-list.json", jobs, arena), 6);
	assert_int_equal(jobs[0].state, JOB_SUCCEEDED);
	assert_true(wall_is_set(jobs[0].completed_at));
	assert_string_equal(jobs[0].title, "Revenue");
	assert_int_equal(jobs[1].state, JOB_RUNNING);
	assert_int_equal(jobs[3].state, JOB_QUEUED);
	OWNED_JSON odd = json_parse(STR("{\"id\":\"a\",\"status\":\"Dreaming\"}"), &err);
	assert_true(job_row_parse(odd, jobs, arena));
	assert_int_equal(jobs[0].state, JOB_RUNNING); /* an unknown word does not end the job */
}

int main(void)
{
	json_setup();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_job_of_a_sample_is),
		cmocka_unit_test(a_job_tells_its_content_and_its_times),
		cmocka_unit_test(odd_jobs),
		cmocka_unit_test(long_notes_are_cut_between_characters),
		cmocka_unit_test(rows_of_the_list),
	};
	return cmocka_run_group_tests_name("tableau job", tests, NULL, NULL);
}
