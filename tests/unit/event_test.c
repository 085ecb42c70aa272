/*
 * tests/unit/event_test.c - events from dbt's deliveries and from people's files, flattened to
 * fields.
 */
#include "event/event.h"

#include "event/status.h"
#include "event/test_delivery.h"
#include "tests/unit/samples.h"

static const struct event *parse(const char *body, const char *account_id, struct arena *arena)
{
	struct error err = { 0 };
	const struct event *event = event_parse(str_of(body), "dbt-prod", account_id, arena, &err);
	if (!event)
		fail_msg("%s: %s", body, err.message);
	return event;
}

static void field_is(const struct event *event, enum event_field field, const char *want)
{
	assert_string_equal(event_text(event, field), want);
	assert_int_equal(event->fields[field].length, strlen(want));
}

static void finished_is(const struct event *event, const char *want)
{
	char text[WALL_TEXT_SIZE];
	assert_string_equal(
		wall_is_set(event->finished) ? wall_format(event->finished, text) : "", want);
}

/* ---- dbt's bodies --------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum event_standing standing;
	const char *status, *job_id, *finished, *why;
} samples[] = {
	{ "started.json", EVENT_REAL, "running", "701331", "2026-08-19T02:00:07.318842Z", NULL },
	{ "completed-success.json", EVENT_REAL, "success", "701331", "2026-08-19T02:41:44.016502Z",
		NULL },
	{ "completed-errored.json", EVENT_REAL, "error", "701331", "2026-08-20T02:23:20.104417Z",
		NULL },
	{ "errored.json", EVENT_REAL, "error", "701331", "2026-08-20T02:23:20.104417Z", NULL },
	{ "completed-canceled.json", EVENT_REAL, "cancelled", NULL, NULL, NULL },
	{ "completed-cancelled-feb2026.json", EVENT_REAL, "cancelled", NULL, NULL, NULL },
	{ "completed-success-rerun.json", EVENT_REAL, "success", "701331",
		"2026-08-20T07:58:33.287166Z", NULL },
	{ "completed-success-api.json", EVENT_REAL, "success", NULL, NULL, NULL },
	{ "completed-success-ci.json", EVENT_REAL, "success", NULL, NULL, NULL },
	{ "completed-success-staging.json", EVENT_REAL, "success", "701371",
		"2026-08-19T03:11:01.446008Z", NULL },
	{ "completed-success-other-account.json", EVENT_REAL, "success", "70471823120419",
		"2026-08-19T02:55:24.901377Z", NULL },
	{ "completed-errored-long-message.json", EVENT_REAL, "error", NULL, NULL, NULL },
	{ "completed-success-escapes.json", EVENT_REAL, "success", NULL, NULL, NULL },
	{ "completed-success-epoch-start.json", EVENT_REAL, "success", NULL, NULL, NULL },
	{ "completed-success-key-order.json", EVENT_REAL, "success", "701340",
		"2026-08-19T04:02:03.990114Z", NULL },
	{ "completed-success-types-swapped.json", EVENT_REAL, "success", "701340",
		"2026-08-19T04:02:03.990114Z", NULL },
	{ "unknown-event-type.json", EVENT_IGNORED, "success", "701331", NULL,
		"unknown event type 'job.run.warned'" },
	{ "legacy-completed-success-2023.json", EVENT_REAL, "success", "278001",
		"2023-05-29T07:52:15Z", NULL },
	{ "legacy-errored-error-text.json", EVENT_REAL, "error", "278001", "2025-12-30T02:12:40Z",
		NULL },
	{ "legacy-beta-2023-02.json", EVENT_REAL, "success", "278001", "2023-02-03T10:00:09Z",
		NULL },
	{ "test-endpoint.json", EVENT_TEST, "success", "123", NULL, "constant one" },
	{ "test-endpoint-no-status.json", EVENT_TEST, "", "", NULL, "type is 'test'" },
	{ "v0-lifecycle-running.json", EVENT_IGNORED, "", "", "",
		"not a webhook of dbt's present format" },
	{ "v0-lifecycle-success.json", EVENT_IGNORED, "", "", "",
		"not a webhook of dbt's present format" },
	{ "bad-duplicate-keys.json", EVENT_IGNORED, NULL, NULL, NULL,
		"key 'eventType' stands twice; parsers disagree about which wins" },
};

static void every_sample_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		OWNED(arena) arena = arena_new();
		OWNED_TEXT struct text body;
		struct error err = { 0 };
		const struct event *event = event_parse(
			sample_read(samples[i].name, &body), "dbt-prod", NULL, arena, &err);
		if (!event)
			fail_msg("%s: %s", samples[i].name, err.message);
		print_message("    %s\n", samples[i].name);
		assert_int_equal(event->standing, samples[i].standing);
		if (samples[i].why)
			assert_non_null(strstr(event->why, samples[i].why));
		else
			assert_null(event->why);
		if (samples[i].status)
			field_is(event, EVENT_STATUS, samples[i].status);
		if (samples[i].job_id)
			field_is(event, EVENT_JOB_ID, samples[i].job_id);
		if (samples[i].finished)
			finished_is(event, samples[i].finished);
		field_is(event, EVENT_SOURCE, "dbt-prod");
	}
}

static void a_body_fills_every_field(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	OWNED_TEXT struct text body;
	struct error err;
	const struct event *event =
		event_parse(sample_read("completed-success.json", &body), "s", NULL, arena, &err);
	static const struct {
		enum event_field field;
		const char *want;
	} wants[] = {
		{ EVENT_SOURCE, "s" },
		{ EVENT_EVENT, "job.run.completed" },
		{ EVENT_EVENT_ID, "wev_3I7EfsqiC58rKODjvAXHxyiEUN0" },
		{ EVENT_WEBHOOK_ID, "wsu_34xq2KgrdxnmTuUyUOlAJV9g2Y0" },
		{ EVENT_WEBHOOK_NAME, "Refresh Tableau" },
		{ EVENT_ACCOUNT_ID, "58121" },
		{ EVENT_PROJECT_ID, "412907" },
		{ EVENT_PROJECT_NAME, "Jaffle Finance" },
		{ EVENT_ENVIRONMENT_ID, "305518" },
		{ EVENT_ENVIRONMENT_NAME, "Production" },
		{ EVENT_JOB_ID, "701331" },
		{ EVENT_JOB_NAME, "Nightly build" },
		{ EVENT_RUN_ID, "498210334" },
		{ EVENT_STATUS, "success" },
		{ EVENT_STATUS_CODE, "10" },
		{ EVENT_STATUS_MESSAGE, "None" },
		{ EVENT_RUN_REASON, "scheduled" },
		{ EVENT_DBT_VERSION, "2026.8.12+3f9c1de" },
		{ EVENT_RUN_STARTED_AT, "2026-08-19T02:00:05.482193Z" },
		{ EVENT_RUN_FINISHED_AT, "2026-08-19T02:41:44.016502Z" },
		{ EVENT_TIMESTAMP, "2026-08-19T02:41:52.90417736Z" },
	};
	assert_int_equal(sizeof wants / sizeof *wants, EVENT_FIELD_COUNT);
	for (size_t i = 0; i < EVENT_FIELD_COUNT; i++)
		field_is(event, wants[i].field, wants[i].want);
}

static void a_body_that_is_no_JSON_object_is_refused(void **state)
{
	(void)state;
	static const char *const bodies[] = { "", "[]", "1", "\"a\"", "null", "{", "{} {}",
		"{\"a\":\"\\u00g0\"}", "\xff", "{\"eventType\":}" };
	OWNED(arena) arena = arena_new();
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct error err = { 0 };
		assert_null(event_parse(str_of(bodies[i]), "s", NULL, arena, &err));
		assert_int_equal(err.kind, ERROR_INPUT);
	}
	OWNED_TEXT struct text body;
	struct error err;
	assert_null(event_parse(sample_read("bad-truncated.body", &body), "s", NULL, arena, &err));
}

static void members_of_any_type_do_no_harm(void **state)
{
	(void)state;
	static const char *const bodies[] = { "{}", "{\"data\":null}", "{\"data\":[]}",
		"{\"data\":\"x\"}", "{\"eventType\":{},\"data\":{\"jobId\":[1]}}",
		"{\"eventType\":\"job.run.completed\",\"data\":{\"runStatus\":{\"a\":1}}}",
		"{\"data\":{\"runFinishedAt\":5,\"runErroredAt\":true}}" };
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		OWNED(arena) arena = arena_new();
		const struct event *event = parse(bodies[i], NULL, arena);
		assert_int_equal(event->standing, EVENT_IGNORED);
		finished_is(event, "");
	}
}

static void another_account_is_ignored_and_a_number_of_14_digits_keeps_them_all(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	const char *body = "{\"accountId\":70471823091045,\"eventType\":\"job.run.completed\","
			   "\"data\":{\"jobId\":1}}";
	assert_int_equal(parse(body, "70471823091045", arena)->standing, EVENT_REAL);
	assert_int_equal(parse(body, NULL, arena)->standing, EVENT_REAL);
	const struct event *event = parse(body, "58121", arena);
	assert_int_equal(event->standing, EVENT_IGNORED);
	assert_non_null(strstr(event->why, "70471823091045"));
	assert_int_equal(
		parse("{\"eventType\":\"test\",\"accountId\":1,\"data\":{}}", "58121", arena)
			->standing,
		EVENT_TEST);
	assert_int_equal(parse("{\"eventType\":\"job.run.completed\",\"data\":{\"jobId\":1}}",
				 "58121", arena)
				 ->standing,
		EVENT_IGNORED);
}

static void neither_a_dbt_job_nor_a_status_cannot_be_routed(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	assert_int_equal(
		parse("{\"eventType\":\"job.run.completed\",\"data\":{}}", NULL, arena)->standing,
		EVENT_IGNORED);
	assert_int_equal(
		parse("{\"eventType\":\"job.run.completed\",\"data\":{\"runStatus\":\"Success\"}}",
			NULL, arena)
			->standing,
		EVENT_REAL);
}

/* ---- status and times ----------------------------------------------------------------------- */

static void the_code_decides_the_status_and_the_text_only_without_one(void **state)
{
	(void)state;
	static const struct {
		const char *code, *text, *want;
	} cases[] = {
		{ "10", "Errored", "success" },
		{ "20", "Success", "error" },
		{ "30", "", "cancelled" },
		{ "3", "x", "running" },
		{ "1", "", "queued" },
		{ "2", "", "starting" },
		{ "", "Success", "success" },
		{ "", "ERRORED", "error" },
		{ "", "Error", "error" },
		{ "", "Canceled", "cancelled" },
		{ "", "Cancelled", "cancelled" },
		{ "", "Odd One", "odd one" },
		{ "", "", "" },
		{ "40", "Partial Success", "partial success" },
		{ "40", "Success", "code 40" },
		{ "0", "", "code 0" },
		{ "123456789012345678901234567890", "Success", "code 12345678901234567890" },
		{ "1234567890123456789\xc3\xa9", "Success", "code 1234567890123456789" },
	};
	OWNED(arena) arena = arena_new();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str found =
			status_canonical(str_of(cases[i].code), str_of(cases[i].text), arena);
		assert_string_equal(found.at, cases[i].want);
		assert_int_equal(found.length, strlen(cases[i].want));
	}
	assert_string_equal(status_of_rule(STR("Errored")), "error");
	assert_string_equal(status_of_rule(STR("CANCELED")), "cancelled");
	assert_null(status_of_rule(STR("succes")));
	assert_null(status_of_rule((struct str){ 0 }));
	for (size_t i = 0; status_names[i]; i++)
		assert_string_equal(status_of_rule(str_of(status_names[i])), status_names[i]);
}

static void a_reason_quotes_no_more_than_a_line_of_a_stranger(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	struct error err = { 0 };
	char name[5000] = "";
	for (size_t i = 0; i + 2 < sizeof name; i += 2)
		memcpy(name + i, "\xc3\xa9", 3);
	const char *const bodies[] = {
		arena_printf(arena, "{\"eventType\":\"%s\"}", name),
		arena_printf(
			arena, "{\"eventType\":\"job.run.completed\",\"accountId\":\"%s\"}", name),
		arena_printf(arena, "{\"%s\":1,\"%s\":2}", name, name),
	};
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		const struct event *event =
			event_parse(str_of(bodies[i]), "dbt", i == 1 ? "7" : NULL, arena, &err);
		assert_non_null(event);
		assert_int_equal(event->standing, EVENT_IGNORED);
		assert_true(strlen(event->why) < 150 && str_is_utf8(str_of(event->why)));
	}
}

static void what_a_template_writes_for_nothing_is_no_id(void **state)
{
	(void)state;
	static const struct {
		const char *id;
		bool is_one;
	} cases[] = {
		{ "wev_2KkC78P4Qux7RSn8XeZ2o2pdvcU", true },
		{ "0", true },
		{ "nullable", true },
		{ "", false },
		{ "  ", false },
		{ "null", false },
		{ "None", false },
		{ "NIL", false },
		{ "undefined", false },
	};
	OWNED(arena) arena = arena_new();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err;
		const char *body = arena_printf(arena, "{\"eventId\":\"%s\"}", cases[i].id);
		const struct event *event = event_parse(str_of(body), "s", NULL, arena, &err);
		if (event_has_id(event) != cases[i].is_one)
			fail_msg("'%s'", cases[i].id);
	}
}

static void finished_is_the_first_time_that_there_is(void **state)
{
	(void)state;
	static const struct {
		const char *finished, *errored, *timestamp, *want;
	} cases[] = {
		{ "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z",
			"2026-01-02T00:00:00Z" },
		{ "", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z", "2026-01-03T00:00:00Z" },
		{ "1970-01-01T00:00:00Z", "", "2026-01-04T00:00:00.123456789Z",
			"2026-01-04T00:00:00.123456Z" },
		{ "1970-01-01T00:00:00.000000Z", "1970-01-01T01:00:00+01:00", "", "" },
		{ "0001-01-01T00:00:00Z", "", "2026-01-04T00:00:00Z", "2026-01-04T00:00:00Z" },
		{ "yesterday", "soon", "2026-01-04 00:00:00Z", "2026-01-04T00:00:00Z" },
		{ "", "", "", "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED(arena) arena = arena_new();
		const char *body = arena_printf(arena,
			"{\"eventType\":\"job.run.completed\",\"timestamp\":\"%s\",\"data\":{"
			"\"jobId\":1,\"runFinishedAt\":\"%s\","
			"\"runErroredAt\":\"%s\"}}",
			cases[i].timestamp, cases[i].finished, cases[i].errored);
		finished_is(parse(body, NULL, arena), cases[i].want);
	}
}

/* ---- the test button ------------------------------------------------------------------------ */

static void the_test_button_is_known_and_nothing_else_is_taken_for_it(void **state)
{
	(void)state;
	static const struct {
		const char *says, *event_id, *timestamp, *started, *finished;
		bool is_test;
	} cases[] = {
		{ "the constant id", "wev_2KkC78P4Qux7RSn8XeZ2o2pdvcU", "", "", "", true },
		{ "an id made in May 2023, delivered in 2026", "wev_2QSUzVtrTF6X3kTD9ec2FwUBzEx",
			"2026-08-19T02:41:52Z", "", "", true },
		{ "the same on its day", "wev_2QSUzVtrTF6X3kTD9ec2FwUBzEx", "2023-05-29T07:52:18Z",
			"", "", false },
		{ "an id of the future", "wev_3I7EfsqiC58rKODjvAXHxyiEUN0", "2024-08-19T02:41:52Z",
			"", "", false },
		{ "an id from before dbt had webhooks", "wev_0QSUzVtrTF6X3kTD9ec2FwUBzEx",
			"2026-08-19T02:41:52Z", "", "", false },
		{ "what people write", "evt-1", "2026-08-19T02:41:52Z", "", "", false },
		{ "no id", "", "2026-08-19T02:41:52Z", "", "", false },
		{ "one more character", "wev_2QSUzVtrTF6X3kTD9ec2FwUBzExx", "2026-08-19T02:41:52Z",
			"", "", false },
		{ "a character that is none of base 62", "wev_2QSUzVtrTF6X3kTD9ec2FwUBz-x",
			"2026-08-19T02:41:52Z", "", "", false },
		{ "the highest digits", "wev_zzzzzzzzzzzzzzzzzzzzzzzzzzz", "2026-08-19T02:41:52Z",
			"", "", false },
		{ "exactly an hour of one clock", "e", "2026-08-18T12:30:37.9856733Z",
			"2026-08-18T11:30:37.985673Z", "2026-08-18T12:30:37.985673Z", true },
		{ "exactly an hour, whole seconds", "e", "2026-08-18T12:30:37Z",
			"2026-08-18T11:30:37Z", "2026-08-18T12:30:37Z", false },
		{ "an hour, told a second later", "e", "2026-08-18T12:30:38.98Z",
			"2026-08-18T11:30:37.98Z", "2026-08-18T12:30:37.98Z", false },
		{ "half an hour", "e", "2026-08-18T12:30:37.98Z", "2026-08-18T12:00:37.98Z",
			"2026-08-18T12:30:37.98Z", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED(arena) arena = arena_new();
		const char *body = arena_printf(arena,
			"{\"eventType\":\"job.run.completed\",\"eventId\":\"%s\",\"timestamp\":\"%"
			"s\",\"data\":{\"jobId\":1,"
			"\"runStartedAt\":\"%s\",\"runFinishedAt\":\"%s\"}}",
			cases[i].event_id, cases[i].timestamp, cases[i].started, cases[i].finished);
		const struct event *event = parse(body, NULL, arena);
		if ((event->standing == EVENT_TEST) != cases[i].is_test)
			fail_msg("%s: %s", cases[i].says, event->why ? event->why : "not a test");
	}
}

/* ---- events as people write them ------------------------------------------------------------ */

static void a_flat_event_needs_only_what_matters(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	struct error err = { 0 };
	const struct event *event = event_read(
		STR("{\"job_id\": 1001, \"environment_name\": \"Production\"}"), arena, &err);
	assert_non_null(event);
	field_is(event, EVENT_JOB_ID, "1001");
	field_is(event, EVENT_EVENT, "job.run.completed");
	field_is(event, EVENT_STATUS, "success");
	field_is(event, EVENT_SOURCE, "");
	assert_int_equal(event->standing, EVENT_REAL);
	event = event_read(
		STR("{\"status\": \"Errored\", \"run_finished_at\": \"2026-08-19T02:00:00Z\"}"),
		arena, &err);
	field_is(event, EVENT_STATUS, "error");
	finished_is(event, "2026-08-19T02:00:00Z");
	field_is(event_read(STR("{\"status_code\": 30}"), arena, &err), EVENT_STATUS, "cancelled");
	field_is(event_read(STR("{\"status\": null}"), arena, &err), EVENT_STATUS, "");
}

static void a_flat_event_with_a_wrong_name_is_told_the_right_one(void **state)
{
	(void)state;
	static const struct {
		const char *event, *why;
	} cases[] = {
		{ "{\"job-id\": 1}", "did you mean 'job_id'?" },
		{ "{\"colour\": 1}", "no field 'colour'" },
		{ "{\"job_id\": [1]}", "text or a number" },
		{ "[]", "JSON object" },
		{ "\"x\"", "JSON object" },
		{ "", "not JSON" },
	};
	OWNED(arena) arena = arena_new();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = { 0 };
		assert_null(event_read(str_of(cases[i].event), arena, &err));
		if (!strstr(err.message, cases[i].why))
			fail_msg("%s: %s", cases[i].event, err.message);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
	struct error err;
	OWNED_JSON list = cJSON_Parse("[\"x\"]");
	assert_null(event_from_flat(list, arena, &err));
	assert_null(event_from_flat(NULL, arena, &err));
}

static void a_written_event_reads_back_the_same(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	OWNED_TEXT struct text body;
	struct error err;
	const struct event *event =
		event_read(sample_read("completed-success-escapes.json", &body), arena, &err);
	OWNED_JSON json = event_json(event);
	OWNED_MEMORY char *printed = json_print(json);
	const struct event *again = event_read(str_of(printed), arena, &err);
	assert_non_null(again);
	for (int field = 0; field < EVENT_FIELD_COUNT; field++)
		field_is(
			again, (enum event_field)field, event_text(event, (enum event_field)field));
	assert_int_equal(again->finished.us, event->finished.us);
}

static void every_field_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int field = 0; field < EVENT_FIELD_COUNT; field++) {
		const struct event_field_info *info = event_field_describe((enum event_field)field);
		assert_int_equal(event_field_of(str_of(info->name)), field);
		assert_true(strlen(info->help) > 3);
	}
	assert_int_equal(event_field_of(STR("job")), EVENT_FIELD_COUNT);
	assert_int_equal(event_field_of((struct str){ 0 }), EVENT_FIELD_COUNT);
}

int main(void)
{
	json_setup();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sample_is_understood),
		cmocka_unit_test(a_body_fills_every_field),
		cmocka_unit_test(a_body_that_is_no_JSON_object_is_refused),
		cmocka_unit_test(members_of_any_type_do_no_harm),
		cmocka_unit_test(
			another_account_is_ignored_and_a_number_of_14_digits_keeps_them_all),
		cmocka_unit_test(neither_a_dbt_job_nor_a_status_cannot_be_routed),
		cmocka_unit_test(the_code_decides_the_status_and_the_text_only_without_one),
		cmocka_unit_test(a_reason_quotes_no_more_than_a_line_of_a_stranger),
		cmocka_unit_test(what_a_template_writes_for_nothing_is_no_id),
		cmocka_unit_test(finished_is_the_first_time_that_there_is),
		cmocka_unit_test(the_test_button_is_known_and_nothing_else_is_taken_for_it),
		cmocka_unit_test(a_flat_event_needs_only_what_matters),
		cmocka_unit_test(a_flat_event_with_a_wrong_name_is_told_the_right_one),
		cmocka_unit_test(a_written_event_reads_back_the_same),
		cmocka_unit_test(every_field_has_a_name_of_its_own),
	};
	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
