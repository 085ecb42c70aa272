/* The JSON that programs read: every member in its place, and no empty ones. */
#include "admin/row_json.h"
#include "tests/unit/test.h"

static void assert_json(cJSON *json, const char *expected)
{
	OWNED_MEMORY char *text = json_print(json);
	cJSON_Delete(json);
	assert_string_equal(text, expected);
}

static void an_event_shows_what_was_decided(void **state)
{
	(void)state;
	struct event_row row = {
		.id = 7,
		.source = "prod",
		.webhook_id = "wsu_1",
		.event_id = "wev_1",
		.received_at = { 1675193290000000 },
		.finished_at = { 1675193287016502 },
		.outcome = "routed",
		.body = STR("{\"data\":{\"jobId\":1001}}"),
		.matched = "[\"nightly\"]",
		.ruleset = "abc",
		.selections = "[{\"site\":\"finance\"}]",
	};
	assert_json(event_row_json(&row),
		"{\"id\":7,\"source\":\"prod\",\"event_id\":\"wev_1\","
		"\"received_at\":\"2023-01-31T19:28:10Z\","
		"\"finished_at\":\"2023-01-31T19:28:07.016502Z\",\"outcome\":\"routed\","
		"\"matched\":[\"nightly\"],"
		"\"selections\":[{\"site\":\"finance\"}],\"ruleset\":\"abc\","
		"\"fields\":{\"source\":\"prod\",\"job_id\":\"1001\"}}");
}

static void an_event_leaves_out_what_it_does_not_have(void **state)
{
	(void)state;
	struct event_row row = { .id = INT64_C(9007199254740993),
		.source = "prod",
		.event_id = "",
		.received_at = { 1675193290000000 },
		.outcome = "ignored",
		.reason = "of another account",
		.body = STR("not JSON"), /* another program wrote it */
		.matched = "" };
	assert_json(event_row_json(&row),
		"{\"id\":9007199254740993,\"source\":\"prod\",\"event_id\":\"\","
		"\"received_at\":\"2023-01-31T19:28:10Z\",\"outcome\":\"ignored\","
		"\"reason\":\"of another account\",\"fields\":{}}");
}

static struct refresh_row refresh(void)
{
	return (struct refresh_row){
		.id = 8,
		.site = "finance",
		.content = { CONTENT_WORKBOOK, "4a861507-1003-4528-9ea6-9f9b7370ae32",
			"Rev\x1b\"enue", "Finance/Daily" },
		.state = REFRESH_RUNNING,
		.reason = "",
		.priority = 50,
		.created_at = { 1675193290000000 },
		.attempts = 1,
		.sent_at = { 1675193291000000 },
		.job_id = "job-1",
		.job_created_at = { 1675193291000000 },
		.job_started_at = { 1675193292000000 },
	};
}

static void a_refresh_shows_its_content_its_job_and_who_wanted_it(void **state)
{
	(void)state;
	struct refresh_row row = refresh();
	struct cause_row causes[] = { { .refresh = 8, .event = 7, .rule = "nightly" },
		{ .refresh = 8, .event = 9, .rule = "hourly" } };
	assert_json(refresh_row_json(&row, (struct wall){ 0 }, causes, 2),
		"{\"id\":8,\"site\":\"finance\",\"kind\":\"workbook\",\"content\":{"
		"\"id\":\"4a861507-1003-4528-9ea6-9f9b7370ae32\","
		"\"name\":\"Rev\\u001b\\\"enue\",\"project\":\"Finance/Daily\"},"
		"\"incremental\":false,\"state\":\"running\",\"priority\":50,"
		"\"created_at\":\"2023-01-31T19:28:10Z\",\"sent_at\":\"2023-01-31T19:28:11Z\","
		"\"attempts\":1,\"job\":{\"id\":\"job-1\",\"created_at\":"
		"\"2023-01-31T19:28:11Z\",\"started_at\":\"2023-01-31T19:28:12Z\"},"
		"\"causes\":[{\"event\":7,\"rule\":\"nightly\"},"
		"{\"event\":9,\"rule\":\"hourly\"}]}");
}

static void a_refresh_that_named_nothing_has_neither_id_nor_job(void **state)
{
	(void)state;
	struct refresh_row row = refresh();
	row.content = (struct content){ CONTENT_FLOW, "", "Revenu", "" };
	row.state = REFRESH_FAILED;
	row.reason = "no flow 'Revenu'";
	row.sent_at = (struct wall){ 0 };
	row.attempts = 0;
	row.incremental = true;
	row.job_id = "";
	assert_json(refresh_row_json(&row, (struct wall){ 0 }, NULL, 0),
		"{\"id\":8,\"site\":\"finance\",\"kind\":\"flow\",\"content\":{"
		"\"name\":\"Revenu\"},\"incremental\":true,\"state\":\"failed\","
		"\"reason\":\"no flow 'Revenu'\",\"priority\":50,"
		"\"created_at\":\"2023-01-31T19:28:10Z\",\"attempts\":0,\"causes\":[]}");
}

static void a_site_shows_its_session_and_its_last_error(void **state)
{
	(void)state;
	struct tableau_site_status status = {
		.name = "finance",
		.server = "https://tableau.example.com",
		.content_url = "",
		.api_version = "",
		.sign_ins = 1,
		.requests = 10,
		.errors = 2,
		.in_flight = 3,
		.waiting = 4,
		.may_list_jobs = true,
		.last_error = "HTTP 502",
	};
	struct schedule_site_status queue = { .is_configured = true,
		.open = 8,
		.selections = 2,
		.ready = 5,
		.failures = 6,
		.starts_spent = 7,
		.starts = { "paused", { 1675193290000000 }, { 0 } } };
	struct config_site config = { .refreshes_per_hour = 60 };
	struct site_status site = { .client = status, .queue = queue };
	assert_json(site_row_json(&site, &config),
		"{\"name\":\"finance\",\"server\":\"https://tableau.example.com\","
		"\"content_url\":\"\",\"signed_in\":false,\"sign_ins\":1,\"requests\":10,"
		"\"errors\":2,\"in_flight\":3,\"waiting\":4,\"may_list_jobs\":true,"
		"\"refreshes\":{\"open\":8,\"ready\":5,\"sending\":0,\"in_flight\":0},"
		"\"selections\":2,\"refreshes_wait\":{\"since\":\"2023-01-31T19:28:10Z\","
		"\"reason\":\"paused\"},\"failures\":6,"
		"\"refreshes_per_hour\":{\"limit\":60,\"spent\":7},\"last_error\":\"HTTP 502\"}");
	status.api_version = "3.19";
	status.is_signed_in = true;
	status.signed_in_at = (struct wall){ 1675193290000000 };
	status.last_error = "";
	queue.paused_by = "alice";
	site = (struct site_status){ .client = status, .queue = queue };
	cJSON *json = site_row_json(&site, NULL);
	assert_string_equal(json_text(json, "paused_by"), "alice");
	assert_string_equal(json_text(json, "api_version"), "3.19");
	assert_string_equal(json_text(json, "signed_in_at"), "2023-01-31T19:28:10Z");
	assert_null(json_get(json, "last_error"));
	cJSON_Delete(json);
}

/* What a site's owner says, and another node shows. */
static void a_site_is_read_as_it_was_said(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	struct site_status said = { .client = { .name = "finance",
					    .server = "https://tableau.example.com",
					    .content_url = "",
					    .api_version = "3.19",
					    .is_signed_in = true,
					    .signed_in_at = { 1675193290000000 },
					    .requests = 10,
					    .waiting = 4,
					    .last_error = "" },
		.queue = { .is_configured = true,
			.open = 8,
			.in_flight = 2,
			.selections = 3,
			.failures = 6,
			.starts_spent = 7,
			.paused_by = "alice",
			.starts = { "paused", { 1675193290000000 }, { 0 } } } };
	struct site_status read = { .queue.is_configured = true };
	struct config_site config = { .refreshes_per_hour = 60 };
	struct error err;
	OWNED_JSON expected = site_row_json(&said, &config);
	OWNED_MEMORY char *words = json_print(expected);
	OWNED_JSON json = json_parse(str_of(words), &err);
	assert_non_null(json);
	record_read(site_members, json, &read, arena);
	assert_json(site_row_json(&read, &config), words);
	assert_string_equal(read.client.last_error, "");
	assert_null(read.queue.overdue);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_shows_what_was_decided),
		cmocka_unit_test(an_event_leaves_out_what_it_does_not_have),
		cmocka_unit_test(a_refresh_shows_its_content_its_job_and_who_wanted_it),
		cmocka_unit_test(a_refresh_that_named_nothing_has_neither_id_nor_job),
		cmocka_unit_test(a_site_shows_its_session_and_its_last_error),
		cmocka_unit_test(a_site_is_read_as_it_was_said),
	};
	return cmocka_run_group_tests_name("rows as JSON", tests, NULL, NULL);
}
