/* The meaning of Tableau's answers: its codes, a gateway's page, and no reply at all. */
#include "tableau/answer.h"
#include "tests/unit/tableau_sample.h"

static struct outcome read_reply(struct transport_reply reply, enum call_type type)
{
	struct outcome outcome;
	cJSON *json;
	answer_read(&reply, type, &outcome, &json);
	assert_int_equal(outcome.ok, json != NULL);
	cJSON_Delete(json);
	return outcome;
}

static struct outcome read_body(int status, struct str body, enum call_type type)
{
	return read_reply((struct transport_reply){ .is_answered = true,
				  .http_status = status,
				  .body = body,
				  .location = "https://there.example/" },
		type);
}

static void errors_of_the_samples(void **state)
{
	static const struct {
		const char *sample;
		int status;
		enum call_type type;
		enum error_kind kind;
		int code;
		const char *says;
	} cases[] = {
		{ "error-401001-signin.json", 401, CALL_SIGN_IN, ERROR_REFUSED, 401001, "revoked" },
		{ "error-401001-signin.json", 401, CALL_QUERY, ERROR_SIGNED_OUT, 401001, "" },
		{ "error-401000.json", 401, CALL_QUERY, ERROR_SIGNED_OUT, 401000, "" },
		{ "error-401002.json", 401, CALL_REFRESH, ERROR_SIGNED_OUT, 401002, "" },
		{ "error-401002.xml", 401, CALL_REFRESH, ERROR_SIGNED_OUT, 401002, "" },
		{ "error-404000-site.json", 404, CALL_QUERY, ERROR_SIGNED_OUT, 404000, "" },
		{ "error-404003-unknown-resource.json", 404, CALL_SIGN_IN, ERROR_REFUSED, 404003,
			"api_version: auto" },
		{ "error-404003-unknown-resource.xml", 404, CALL_SIGN_IN, ERROR_REFUSED, 404003,
			"api_version: auto" },
		{ "error-405000-method.json", 405, CALL_SIGN_IN, ERROR_REFUSED, 405000,
			"https://" },
		{ "error-409093-already-queued.json", 409, CALL_REFRESH, ERROR_QUEUED_ELSEWHERE,
			409093, "" },
		{ "error-409093-localised.json", 409, CALL_REFRESH, ERROR_QUEUED_ELSEWHERE, 409093,
			"" },
		{ "error-409090-not-allowed.json", 409, CALL_REFRESH, ERROR_REFUSED, 409090,
			"nothing to refresh" },
		{ "error-403180-no-extract.json", 403, CALL_REFRESH, ERROR_REFUSED, 403180,
			"no extract" },
		{ "error-404004-datasource.json", 404, CALL_REFRESH, ERROR_GONE, 404004, "" },
		{ "error-404006-workbook.json", 404, CALL_REFRESH, ERROR_GONE, 404006, "" },
		{ "error-404026-task.json", 404, CALL_REFRESH, ERROR_GONE, 404026, "" },
		{ "error-404027-flow.json", 404, CALL_REFRESH, ERROR_GONE, 404027, "" },
		{ "error-404018-job.json", 404, CALL_JOB, ERROR_GONE, 404018, "" },
		{ "error-400031-query-job.json", 400, CALL_JOB, ERROR_GONE, 400031, "" },
		{ "error-403091-cancel-complete.json", 403, CALL_CANCEL, ERROR_REFUSED, 403091,
			"over already" },
		{ "error-429000-rate-limit.json", 429, CALL_REFRESH, ERROR_TRANSIENT, 429000, "" },
		{ "error-500000-internal.json", 500, CALL_QUERY, ERROR_TRANSIENT, 500000, "" },
		{ "error-500000-internal.json", 500, CALL_REFRESH, ERROR_UNKNOWN, 500000, "" },
		{ "error-400065-filter.json", 400, CALL_QUERY, ERROR_REFUSED, 400065, "" },
		{ "error-403014-page-size.json", 403, CALL_QUERY, ERROR_REFUSED, 403014, "" },
		{ "gateway-503.html", 503, CALL_QUERY, ERROR_TRANSIENT, 0, "not from Tableau" },
		{ "gateway-503.html", 503, CALL_REFRESH, ERROR_UNKNOWN, 0, "not from Tableau" },
		{ "gateway-504.html", 504, CALL_SIGN_IN, ERROR_TRANSIENT, 0, "not from Tableau" },
		{ "not-tableau-200.html", 200, CALL_SIGN_IN, ERROR_TRANSIENT, 0,
			"not from Tableau" },
		/* Without Tableau's own code, no status fails a refresh for good. */
		{ "gateway-503.html", 301, CALL_SIGN_IN, ERROR_TRANSIENT, 0, "there.example" },
		{ "gateway-503.html", 302, CALL_QUERY, ERROR_TRANSIENT, 0, "as `server`" },
		{ "gateway-503.html", 302, CALL_REFRESH, ERROR_UNKNOWN, 0, "there.example" },
		{ "gateway-503.html", 302, CALL_JOB, ERROR_TRANSIENT, 0, "there.example" },
		{ "gateway-503.html", 400, CALL_REFRESH, ERROR_UNKNOWN, 0, "not from Tableau" },
		{ "gateway-503.html", 401, CALL_QUERY, ERROR_TRANSIENT, 0, "not from Tableau" },
		{ "gateway-503.html", 403, CALL_QUERY, ERROR_TRANSIENT, 0, "not from Tableau" },
		{ "gateway-503.html", 404, CALL_REFRESH, ERROR_UNKNOWN, 0, "not from Tableau" },
		{ "gateway-503.html", 410, CALL_JOB, ERROR_TRANSIENT, 0, "not from Tableau" },
		{ "gateway-503.html", 407, CALL_QUERY, ERROR_TRANSIENT, 0, "the proxy wants" },
		{ "gateway-503.html", 429, CALL_REFRESH, ERROR_TRANSIENT, 0, "429" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text text;
		struct outcome outcome =
			read_body(cases[i].status, sample(cases[i].sample, &text), cases[i].type);
		if (outcome.ok || outcome.error.kind != cases[i].kind ||
			outcome.code != cases[i].code ||
			!strstr(outcome.error.message, cases[i].says))
			fail_msg("%s: kind %d, code %d: %s", cases[i].sample,
				(int)outcome.error.kind, outcome.code, outcome.error.message);
		assert_null(strpbrk(outcome.error.message, "\r\n\t"));
	}
}

/* However much others say, and also when callers say before it where it was. */
static void what_to_do_is_told_however_long_the_answer_is(void **state)
{
	static const struct {
		enum call_type type;
		int code;
		const char *ends;
	} cases[] = {
		{ CALL_SIGN_IN, 401001, "or it was revoked, or the site has another content_url)" },
		{ CALL_SIGN_IN, 405000, "for Tableau Cloud, the pod's own host name)" },
		{ CALL_SIGN_IN, 404003, "version: write `api_version: auto`)" },
		{ CALL_REFRESH, 409090, "its data sources are published on their own, or live)" },
		{ CALL_REFRESH, 403004, "lead its project, or be an administrator)" },
		{ CALL_REFRESH, 404006, "or the PAT's user may not see it)" },
	};
	OWNED_MEMORY char *words = mem_alloc(1000);
	(void)state;
	memset(words, 'w', 999);
	words[999] = '\0';
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text body = TEXT(TEXT_UNBOUNDED);
		text_printf(&body,
			"{\"error\":{\"summary\":\"%s\",\"detail\":\"%s\",\"code\":\"%d\"}}", words,
			words, cases[i].code);
		struct error err =
			read_body(cases[i].code / 1000, text_str(&body), cases[i].type).error;
		error_context(&err, "sign in");
		error_context(&err, "site '%.60s'", words);
		if (!str_ends(str_of(err.message), cases[i].ends))
			fail_msg("%d: %s", cases[i].code, err.message);
	}
	struct transport_reply reply = {
		.is_answered = true, .http_status = 302, .location = words, .body = STR("<html>")
	};
	struct error err = read_reply(reply, CALL_QUERY).error;
	error_context(&err, "site '%.60s'", words);
	assert_non_null(
		strstr(err.message, "write its host as `server`, else have the gateway's "));
	assert_true(str_ends(str_of(err.message), "administrator let us through"));
}

static void waits_in_texts(void **state)
{
	static const struct {
		const char *detail;
		int64_t seconds;
	} cases[] = {
		{ "Please retry after 29 minutes.", 29 * 60 },
		{ "retry after 1 minute", 60 },
		{ "retry after 45 seconds", 45 },
		{ "retry after 2 hours", 3600 },
		{ "retry after 99999999999999999999 minutes", 3600 },
		{ "retry after soon", 0 },
		{ "retry after 9999 hours", 3600 },
		{ "Bitte warten", 0 },
		{ "", 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text body = TEXT(1000);
		text_printf(&body,
			"{\"error\":{\"summary\":\"Too "
			"many\",\"detail\":\"%s\",\"code\":\"429000\"}}",
			cases[i].detail);
		assert_int_equal(read_body(429, text_str(&body), CALL_REFRESH).retry_after_us,
			cases[i].seconds * US_PER_SECOND);
	}
	struct transport_reply reply = { .is_answered = true,
		.http_status = 429,
		.body = STR("{}"),
		.retry_after_us = 5,
		.location = "" };
	assert_int_equal(read_reply(reply, CALL_QUERY).retry_after_us, 5);
}

static void what_came_to_nothing(void **state)
{
	(void)state;
	struct transport_reply lost = { .failure = "connection reset", .may_be_sent = true },
			       refused = { .failure = "connection refused" };
	assert_int_equal(read_reply(lost, CALL_REFRESH).error.kind, ERROR_UNKNOWN);
	assert_int_equal(read_reply(lost, CALL_QUERY).error.kind, ERROR_TRANSIENT);
	assert_int_equal(read_reply(refused, CALL_REFRESH).error.kind, ERROR_TRANSIENT);
}

static void bodies_that_are_no_answer(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum call_type type;
		bool is_fine;
	} cases[] = {
		{ 200, "{}", CALL_QUERY, true },
		{ 204, "", CALL_SIGN_OUT, true },
		{ 200, "", CALL_CANCEL, true },
		{ 200, "", CALL_QUERY, false },
		{ 202, "", CALL_REFRESH, false },
		{ 200, "[]", CALL_QUERY, false },
		{ 200, "\"x\"", CALL_QUERY, false },
		{ 200, "{\"a\":", CALL_QUERY, false },
		{ 200, "{\"error\":{\"code\":\"401002\"}}", CALL_QUERY, false },
		{ 200, "{\"error\":\"x\"}", CALL_QUERY, true },
		{ 400, "{\"error\":{\"code\":\"x\",\"summary\":[]}}", CALL_QUERY, false },
		{ 500, "<tsResponse><error code=\"", CALL_QUERY, false },
		{ 100, "{}", CALL_QUERY, false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (read_body(cases[i].status, str_of(cases[i].body), cases[i].type).ok !=
			cases[i].is_fine)
			fail_msg("case %zu", i);
}

static void a_broken_answer_to_a_sign_in_is_not_shown(void **state)
{
	static const char body[] = "{\"credentials\":{\"token\":\"hush|hush\",";
	(void)state;
	struct outcome outcome = read_body(200, str_of(body), CALL_SIGN_IN);
	assert_int_equal(outcome.error.kind, ERROR_TRANSIENT);
	assert_null(strstr(outcome.error.message, "hush"));
	assert_non_null(strstr(outcome.error.message, "unreadable"));
}

static void strangers_texts_become_one_short_line(void **state)
{
	static const struct {
		const char *from, *to;
		size_t most;
	} cases[] = {
		{ " a\r\n\tb\x1b[31m ", "a b [31m", 100 },
		{ "a\xc2\x9b"
		  "31m\xc2\xa0"
		  "b",
			"a 31m\xc2\xa0"
			"b",
			100 },
		{ "abcdef", "abc", 3 },
		{ "ab\xc3\xbc", "ab", 3 },
		{ "a\xff\xfe"
		  "b",
			"a b", 100 },
		{ "", "", 10 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text out = TEXT(1000);
		answer_clean(cases[i].from, cases[i].most, &out);
		assert_string_equal(out.at, cases[i].to);
	}
}

/* Whether the site has a problem, or only the item. */
static void trouble_of_one_item_is_not_the_sites(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum call_type type;
		bool is_alive;
	} cases[] = {
		{ 200, "{}", CALL_QUERY, true },
		{ 200, "{\"job\":{\"id\":", CALL_JOB, true },
		{ 200, "[]", CALL_QUERY, true },
		{ 202, " {\"job\"", CALL_REFRESH, true },
		{ 500, "{\"job\":{\"id\":", CALL_JOB, false },
		{ 200, "<html>Please sign in</html>", CALL_JOB, false },
		{ 200, "", CALL_JOB, false },
		{ 403, "{\"error\":{\"code\":\"403004\"}}", CALL_JOB, true },
		{ 404, "{\"error\":{\"code\":\"404018\"}}", CALL_JOB, true },
		{ 409, "{\"error\":{\"code\":\"409093\"}}", CALL_REFRESH, true },
		{ 429, "{\"error\":{\"code\":\"429000\"}}", CALL_REFRESH, false },
		{ 500, "{\"error\":{\"code\":\"500000\"}}", CALL_QUERY, false },
		{ 403, "<html>blocked</html>", CALL_QUERY, false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (read_body(cases[i].status, str_of(cases[i].body), cases[i].type).is_alive !=
			cases[i].is_alive)
			fail_msg("case %zu", i);
	struct transport_reply large = {
		.failure = "too large", .is_too_large = true, .http_status = 200
	};
	assert_true(read_reply(large, CALL_QUERY).is_alive);
}

static void a_gateways_page_does_not_tell_tableaus_time(void **state)
{
	static const struct {
		const char *body;
		bool tells;
	} cases[] = {
		{ "<html>sign in</html>", false },
		{ "", false },
		{ "{\"jobs\": [", true },
		{ "{\"error\": {\"code\": \"500000\", \"summary\": \"\", \"detail\": \"\"}}",
			true },
		{ "{}", true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct outcome outcome =
			read_reply((struct transport_reply){ .is_answered = true,
					   .http_status = i ? 200 : 302,
					   .body = str_of(cases[i].body),
					   .told = { .at = { 1800000000 * US_PER_SECOND } } },
				CALL_QUERY);
		assert_int_equal(wall_is_set(outcome.told.at), cases[i].tells);
	}
}

int main(void)
{
	json_setup();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_of_the_samples),
		cmocka_unit_test(what_to_do_is_told_however_long_the_answer_is),
		cmocka_unit_test(waits_in_texts),
		cmocka_unit_test(what_came_to_nothing),
		cmocka_unit_test(bodies_that_are_no_answer),
		cmocka_unit_test(a_broken_answer_to_a_sign_in_is_not_shown),
		cmocka_unit_test(a_gateways_page_does_not_tell_tableaus_time),
		cmocka_unit_test(strangers_texts_become_one_short_line),
		cmocka_unit_test(trouble_of_one_item_is_not_the_sites),
	};
	return cmocka_run_group_tests_name("tableau answer", tests, NULL, NULL);
}
