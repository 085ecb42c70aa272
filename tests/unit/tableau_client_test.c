/* Sessions and calls over HTTP, against a server that misbehaves. */
#include "tableau/site.h"
#include "tests/unit/tableau_server.h"

static void refresh(void)
{
	forget_told();
	tableau_refresh(client, "finance", &revenue, false, on_job, NULL);
	UNTIL(told.answers == 1);
}

static void ask_job(void)
{
	forget_told();
	tableau_job(client, "finance", "3182ac3f-510f-4fb3-b9ac-f377140ba9d7", on_job, NULL);
	UNTIL(told.answers == 1);
}

/* ---- sessions ---- */

static void one_sign_in_serves_every_call(void **state)
{
	(void)state;
	forget_told();
	for (int i = 0; i < 50; i++)
		tableau_job(
			client, "finance", "3182ac3f-510f-4fb3-b9ac-f377140ba9d7", on_job, NULL);
	assert_int_equal(told.answers, 0);
	UNTIL(told.answers == 50);
	assert_int_equal(told.fine, 50);
	assert_int_equal(told.job.state, JOB_SUCCEEDED);
	assert_string_equal(told.job.content, REVENUE_LUID);
	assert_int_equal(server.sign_ins, 1);
	assert_int_equal(calls("/serverinfo"), 1);
	assert_true(tableau_is_idle(client));
	struct tableau_site_status status = tableau_site_status_of(client, 0);
	assert_string_equal(status.api_version, "3.25");
	assert_true(status.is_signed_in);
	assert_true(wall_is_set(status.pat_ends_at));
	assert_int_equal(status.sign_ins, 1);
	assert_string_equal(status.last_error, "");
}

static void an_expired_session_is_renewed_once(void **state)
{
	(void)state;
	struct mono begun = clock_mono();
	ask_job();
	lose_session();
	forget_told();
	for (int i = 0; i < 30; i++)
		tableau_job(
			client, "finance", "3182ac3f-510f-4fb3-b9ac-f377140ba9d7", on_job, NULL);
	UNTIL(told.answers == 30);
	assert_int_equal(told.fine, 30);
	assert_int_equal(server.sign_ins, 2);
	/* A session is renewed at most every ten seconds; otherwise two programs with one PAT would
	 * do nothing but sign in. */
	assert_true(clock_mono().us - begun.us >= 10 * US_PER_SECOND);
}

/* A refresh with the old token is still unanswered when a job query renews the session. */
static void a_late_401_of_the_old_token_leaves_the_new_session_alone(void **state)
{
	(void)state;
	ask_job();
	forget_told();
	server.holding = "/refresh";
	tableau_refresh(client, "finance", &revenue, false, on_job, NULL);
	UNTIL(server.held_count == 1);
	lose_session();
	tableau_job(client, "finance", "3182ac3f-510f-4fb3-b9ac-f377140ba9d7", on_job, NULL);
	UNTIL(told.answers == 1);
	assert_int_equal(server.sign_ins, 2);
	server.holding = NULL;
	release();
	UNTIL(told.answers == 2);
	assert_int_equal(told.fine, 2);
	assert_int_equal(calls("/refresh"), 2);
	assert_int_equal(server.sign_ins, 2);
}

static void a_fresh_token_that_is_refused_gets_one_wait_and_one_more_sign_in(void **state)
{
	(void)state;
	trick((struct trick){
		.match = "/jobs/", .times = 1, .status = 401, .sample = "error-401002.json" });
	struct mono begun = clock_mono();
	ask_job();
	assert_true(told.outcome.ok);
	assert_int_equal(server.sign_ins, 2);
	assert_true(clock_mono().us - begun.us >= US_PER_SECOND);
}

static void a_token_that_never_works_is_reported_and_not_renewed_for_ever(void **state)
{
	(void)state;
	trick((struct trick){
		.match = "/sites/", .times = 100, .status = 401, .sample = "error-401002.json" });
	ask_job();
	assert_false(told.outcome.ok);
	assert_int_equal(told.outcome.error.kind, ERROR_SIGNED_OUT);
	assert_int_equal(told.outcome.code, 401002);
	assert_int_equal(server.sign_ins, 2);
}

/* Signing in again does not help where only this call is refused, also when nothing else is asked
 * meanwhile. */
static void a_call_that_is_not_allowed_does_not_end_the_session_again_and_again(void **state)
{
	(void)state;
	trick((struct trick){
		.match = "/jobs/", .times = 100, .status = 401, .sample = "error-401002.json" });
	for (int i = 0; i < 4; i++) {
		ask_job();
		assert_int_equal(told.outcome.error.kind, ERROR_REFUSED);
		assert_non_null(strstr(told.outcome.error.message, "401002"));
		assert_non_null(strstr(told.outcome.error.message, "may not make this one"));
	}
	assert_int_equal(server.sign_ins, 2);
	/* Its session that is really lost is renewed all the same. */
	server.tricks[0].times = 0;
	lose_session();
	ask_job();
	assert_true(told.outcome.ok);
	assert_int_equal(server.sign_ins, 3);
	assert_string_equal(tableau_site_status_of(client, 0).last_error, "");
}

static void a_refused_PAT_is_not_tried_for_every_call(void **state)
{
	(void)state;
	server.secret = "another one";
	ask_job();
	assert_int_equal(told.outcome.error.kind, ERROR_SIGNED_OUT);
	assert_non_null(strstr(told.outcome.error.message, "expired"));
	assert_non_null(strstr(told.outcome.error.message, "revoked"));
	assert_non_null(strstr(told.outcome.error.message, "content_url"));
	assert_null(strstr(told.outcome.error.message, "hush"));
	for (int i = 0; i < 5; i++) {
		ask_job();
		assert_int_equal(told.outcome.error.kind, ERROR_SIGNED_OUT);
	}
	assert_int_equal(calls("/auth/signin"), 1);
	/* A new PAT is tried at once. */
	struct error err;
	assert_true(configure(server_url, "another one", "auto", 8, &err));
	ask_job();
	assert_true(told.outcome.ok);
}

/* The dispatcher has to see to what a callback asked for before it waits for the network. */
static void a_step_that_answers_by_heart_does_not_wait(void **state)
{
	(void)state;
	server.secret = "another one";
	ask_job();
	forget_told();
	tableau_job(client, "finance", "3182ac3f-510f-4fb3-b9ac-f377140ba9d7", on_job, NULL);
	struct mono begun = clock_mono();
	tableau_step(client, 20000, -1);
	assert_int_equal(told.answers, 1);
	assert_true(clock_mono().us - begun.us < 10 * US_PER_SECOND);
}

static void an_answer_that_repeats_the_secret_does_not_reach_a_message(void **state)
{
	(void)state;
	trick((struct trick){ .match = "/auth/signin",
		.times = 1,
		.status = 400,
		.body = "{\"error\":{\"summary\":\"Bad\",\"detail\":\"no hush==:hush "
			"here\",\"code\":\"400000\"}}" });
	ask_job();
	assert_int_equal(told.outcome.error.kind, ERROR_SIGNED_OUT);
	assert_null(strstr(told.outcome.error.message, "hush"));
	assert_null(strstr(tableau_site_status_of(client, 0).last_error, "hush"));
}

static void nor_does_one_that_repeats_the_token(void **state)
{
	(void)state;
	trick((struct trick){ .match = "/jobs/",
		.times = 1,
		.status = 403,
		.body = "{\"error\":{\"summary\":\"Bad\",\"detail\":\"token-1|" SITE_LUID
			"\",\"code\":\"403004\"}}" });
	ask_job();
	assert_int_equal(told.outcome.error.kind, ERROR_REFUSED);
	assert_null(strstr(told.outcome.error.message, "token-1"));
}

static void a_redirect_is_not_followed_but_named(void **state)
{
	(void)state;
	trick((struct trick){ .match = "/auth/signin",
		.times = 1,
		.status = 301,
		.body = "",
		.header = "Location",
		.value = "https://10ax.online.tableau.com/api/3.25/auth/signin" });
	ask_job();
	assert_int_equal(told.outcome.error.kind, ERROR_TRANSIENT);
	assert_non_null(strstr(told.outcome.error.message, "10ax.online.tableau.com"));
	assert_int_equal(calls("/auth/signin"), 1);
}

static void a_gateway_in_the_way_of_a_sign_in_is_transient(void **state)
{
	(void)state;
	trick((struct trick){
		.match = "/serverinfo", .times = 1, .status = 503, .sample = "gateway-503.html" });
	ask_job();
	assert_int_equal(told.outcome.error.kind, ERROR_TRANSIENT);
	trick((struct trick){ .match = "/auth/signin",
		.times = 1,
		.status = 200,
		.sample = "not-tableau-200.html" });
	UNTIL((ask_job(), strstr(told.outcome.error.message, "sign in")));
	assert_int_equal(told.outcome.error.kind, ERROR_TRANSIENT);
	UNTIL((ask_job(), told.outcome.ok));
}

static void a_pinned_version_is_used_as_it_is(void **state)
{
	struct error err;
	(void)state;
	server.version = "3.22";
	assert_true(configure(server_url, server.secret, "3.22", 8, &err));
	refresh();
	assert_true(told.outcome.ok);
	assert_int_equal(calls("/serverinfo"), 0);
	forget_told();
	tableau_refresh(client, "finance", &revenue, true, on_job, NULL);
	UNTIL(told.answers == 1);
	assert_int_equal(told.outcome.error.kind, ERROR_REFUSED);
	assert_non_null(strstr(told.outcome.error.message, "3.25"));
	assert_int_equal(calls("/refresh"), 1);
}

static void a_new_PAT_does_not_get_the_session_of_the_old_one(void **state)
{
	struct error err;
	(void)state;
	server.holding = "/auth/signin";
	forget_told();
	tableau_job(client, "finance", "3182ac3f-510f-4fb3-b9ac-f377140ba9d7", on_job, NULL);
	UNTIL(server.held_count == 1);
	assert_true(configure(server_url, "second", "auto", 8, &err));
	release(); /* the old PAT's sign-in ends unused */
	server.holding = NULL;
	server.secret = "second";
	UNTIL(told.answers == 1);
	assert_true(told.outcome.ok);
	assert_int_equal(calls("/auth/signin"), 2);
	assert_string_equal(server.token, "token-2|" SITE_LUID);
}

static void a_missing_secret_answers_every_call_with_what_is_missing(void **state)
{
	struct error err;
	(void)state;
	assert_false(configure(server_url, NULL, "auto", 8, &err));
	assert_non_null(strstr(err.message, "TEST_TABLEAU_PAT"));
	ask_job();
	assert_int_equal(told.outcome.error.kind, ERROR_INPUT);
	assert_non_null(strstr(told.outcome.error.message, "TEST_TABLEAU_PAT"));
	tableau_job(client, "nowhere", "x", on_job, NULL);
	UNTIL(told.answers == 2);
	assert_int_equal(told.outcome.error.kind, ERROR_INPUT);
	assert_int_equal(server.call_count, 0);
}

static void a_stop_signs_out(void **state)
{
	(void)state;
	ask_job();
	tableau_sign_out(client, DEADLINE);
	assert_int_equal(server.sign_outs, 1);
	ask_job();
	assert_int_equal(told.outcome.error.kind, ERROR_INPUT);
	assert_true(tableau_is_idle(client));
}

static void a_PAT_that_somebody_else_uses_too_is_reported(void **state)
{
	(void)state;
	struct timer_heap timers = { 0 };
	struct tableau_site *site = tableau_site_new("finance", NULL, &timers);
	struct config_site settings = { .pat = { .name = "shared" } };
	site->config = &settings;
	for (int i = 0; i < 3; i++) {
		assert_string_equal(session_notice(&site->session), "");
		site->session.token = secret_copy(STR("t"));
		site->session.signed_in_mono = clock_mono();
		site->session.generation++;
		session_worked(&site->session, site->session.generation, clock_mono());
		assert_true(session_lost(site, site->session.generation, 0));
		assert_null(site->session.token);
	}
	assert_non_null(strstr(session_notice(&site->session), "another process uses this PAT"));
	site->config = NULL;
	tableau_site_free(site);
}

/* A call is not repeated for ever, even if every session ends. */
static void a_call_is_repeated_twice_at_most(void **state)
{
	(void)state;
	struct timer_heap timers = { 0 };
	struct tableau_site *site = tableau_site_new("finance", NULL, &timers);
	struct config_site settings = { .pat = { .name = "mine" } };
	struct session *session = &site->session;
	site->config = &settings;
	for (int repeats = 0; repeats < 5; repeats++) {
		session->token = secret_copy(STR("t"));
		session->generation++;
		/* Another call saw the end of the session first ... */
		assert_int_equal(session_lost(site, session->generation - 1, repeats), repeats < 2);
		assert_non_null(session->token);
		/* ... or this one does. */
		session_worked(session, session->generation, clock_mono());
		assert_int_equal(session_lost(site, session->generation, repeats), repeats < 2);
		assert_null(session->token);
	}
	site->config = NULL;
	tableau_site_free(site);
}

static void signing_in_proves_the_session(void **state)
{
	(void)state;
	forget_told();
	tableau_sign_in(client, "finance", on_done, NULL);
	UNTIL(told.answers == 1);
	assert_true(told.outcome.ok);
	assert_int_equal(server.sign_ins, 1);
}

static void a_site_that_leaves_the_configuration_is_signed_out(void **state)
{
	struct error err;
	(void)state;
	ask_job();
	struct arena *arena = arena_new();
	struct config *empty = arena_new_of(arena, struct config);
	empty->arena = arena;
	shared_init(&empty->shared, config_gone);
	assert_true(tableau_configure(client, empty, &err));
	config_free(empty);
	assert_int_equal(tableau_site_count(client), 0);
	ask_job();
	assert_int_equal(told.outcome.error.kind, ERROR_INPUT);
	UNTIL(server.sign_outs == 1 && tableau_is_idle(client));
}

/* ---- sites that are left ---- */

static void what_is_in_flight_ends_when_its_site_is_left(void **state)
{
	(void)state;
	ask_job();
	forget_told();
	server.holding = "/refresh";
	tableau_refresh(client, "finance", &revenue, false, on_job, NULL);
	UNTIL(server.held_count == 1);
	for (int i = 0; i < 20; i++) /* more than may be asked at once, and not even begun */
		tableau_job(client, "finance", "3182ac3f", on_job, NULL);
	tableau_leave(client, "finance", false);
	assert_int_equal(told.answers, 21);
	assert_int_equal(told.fine, 0);
	assert_true(tableau_has_left(client, "finance"));
	assert_true(tableau_is_idle(client));
	assert_false(tableau_site_status_of(client, 0).is_signed_in);
	server.holding = NULL;
	release(); /* too late: nobody hears it */
	tableau_step(client, 0, -1);
	assert_int_equal(told.answers, 21);
	assert_int_equal(server.sign_outs, 0);
}

static void a_clean_leave_signs_out_and_tells_when_that_is_done(void **state)
{
	(void)state;
	ask_job();
	server.holding = "/auth/signout";
	tableau_leave(client, "finance", true);
	assert_false(tableau_has_left(client, "finance"));
	assert_true(tableau_has_left(client, "another"));
	UNTIL(server.held_count == 1);
	assert_false(tableau_has_left(client, "finance"));
	release();
	UNTIL(tableau_has_left(client, "finance"));
	assert_int_equal(server.sign_outs, 1);
	tableau_leave(client, "finance", true); /* not signed in: nothing to wait for */
	assert_true(tableau_has_left(client, "finance"));
}

static void nothing_is_sent_any_more_when_a_lease_is_lost_during_a_sign_out(void **state)
{
	(void)state;
	ask_job();
	server.holding = "/auth/signout";
	tableau_leave(client, "finance", true);
	tableau_leave(client, "finance", false);
	assert_true(tableau_has_left(client, "finance"));
	assert_true(tableau_is_idle(client));
	release();
}

static void a_sign_in_that_is_dropped_is_no_failed_one(void **state)
{
	(void)state;
	forget_told();
	server.holding = "/auth/signin";
	tableau_job(client, "finance", "3182ac3f", on_job, NULL);
	UNTIL(server.held_count == 1);
	tableau_leave(client, "finance", true);
	assert_true(tableau_has_left(client, "finance"));
	assert_int_equal(told.answers, 1);
	server.holding = NULL;
	release();
	ask_job(); /* it is here again, at once */
	assert_true(told.outcome.ok);
	assert_string_equal(tableau_site_status_of(client, 0).last_error, "");
}

static void resolve(const struct selection *selection)
{
	forget_told();
	tableau_resolve(client, selection, false, on_contents, NULL);
	UNTIL(told.answers == 1);
}

static void a_site_that_is_back_signs_in_and_reads_its_lists_anew(void **state)
{
	struct selection selection = { .site = "finance",
		.kind = CONTENT_WORKBOOK,
		.by = SELECT_NAME,
		.selector = "Revenue" };
	(void)state;
	resolve(&selection);
	int lists = calls("/workbooks?");
	resolve(&selection);
	assert_int_equal(calls("/workbooks?"), lists);
	tableau_leave(client, "finance", false);
	resolve(&selection);
	assert_true(calls("/workbooks?") > lists);
	assert_int_equal(server.sign_ins, 2);
}

static void a_selection_that_is_being_resolved_is_answered_when_its_site_is_left(void **state)
{
	struct selection selection = { .site = "finance",
		.kind = CONTENT_WORKBOOK,
		.by = SELECT_NAME,
		.selector = "Revenue" };
	(void)state;
	forget_told();
	tableau_resolve(client, &selection, false, on_contents, NULL); /* not begun */
	tableau_leave(client, "finance", false);
	assert_int_equal(told.answers, 1);
	assert_int_equal(told.fine, 0);
	server.holding = "/workbooks?";
	tableau_resolve(client, &selection, false, on_contents, NULL);
	UNTIL(server.held_count == 1);
	tableau_leave(client, "finance", false);
	assert_int_equal(told.answers, 2);
	assert_int_equal(told.fine, 0);
	release();
}

/* ---- refreshes ---- */

static void a_refresh_is_answered_by_its_job(void **state)
{
	(void)state;
	refresh();
	assert_true(told.outcome.ok);
	assert_int_equal(told.job.state, JOB_QUEUED);
	assert_string_not_equal(told.job.id, "");
	assert_true(wall_is_set(told.outcome.asked_at));
	forget_told();
	static const struct content others[] = {
		{ CONTENT_FLOW, "a", "Clean", "" },
		{ CONTENT_TASK, "2a1db1ee-db91-47c2-9233-55190701e838", "", "" },
	};
	for (size_t i = 0; i < 2; i++)
		tableau_refresh(client, "finance", &others[i], false, on_job, NULL);
	UNTIL(told.answers == 2);
	assert_int_equal(told.fine, 2);
	assert_int_equal(calls("/flows/a/run?"), 1);
	assert_int_equal(
		calls("/tasks/extractRefreshes/2a1db1ee-db91-47c2-9233-55190701e838/runNow"), 1);
}

static void what_a_refused_refresh_means(void **state)
{
	static const struct {
		const char *sample, *body;
		unsigned status;
		enum error_kind kind;
		const char *says;
	} cases[] = {
		{ "error-409093-already-queued.json", NULL, 409, ERROR_QUEUED_ELSEWHERE, "409093" },
		{ "error-409093-localised.json", NULL, 409, ERROR_QUEUED_ELSEWHERE, "409093" },
		{ "error-409090-not-allowed.json", NULL, 400, ERROR_REFUSED, "nothing to refresh" },
		{ "error-403180-no-extract.json", NULL, 403, ERROR_REFUSED, "has no extract" },
		{ "error-403004-forbidden.json", NULL, 403, ERROR_REFUSED, "lead its project" },
		{ "error-404006-workbook.json", NULL, 404, ERROR_GONE, "404006" },
		{ "error-400000-bad-body.json", NULL, 400, ERROR_REFUSED, "400000" },
		{ "error-429000-rate-limit.json", NULL, 429, ERROR_TRANSIENT, "429000" },
		{ "error-500000-internal.json", NULL, 500, ERROR_UNKNOWN, "500000" },
		{ "gateway-503.html", NULL, 503, ERROR_UNKNOWN, "503" },
		{ "gateway-504.html", NULL, 504, ERROR_UNKNOWN, "504" },
		{ NULL, "", 504, ERROR_UNKNOWN, "empty answer" },
		{ "not-tableau-200.html", NULL, 200, ERROR_UNKNOWN, "not from Tableau" },
		{ NULL, "{\"job\":{\"id\":", 202, ERROR_UNKNOWN, "unreadable" },
		{ NULL, "[{\"job\":1}]", 202, ERROR_UNKNOWN, "unreadable" },
		{ NULL, "{\"job\":[1,2]}", 202, ERROR_UNKNOWN, "no job" },
		{ NULL, "{\"job\":{\"id\":\"../../etc\"}}", 202, ERROR_UNKNOWN, "no job" },
		{ NULL, "\0", 202, ERROR_UNKNOWN, "empty" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		trick((struct trick){ .match = "/refresh",
			.times = 1,
			.status = cases[i].status,
			.sample = cases[i].sample,
			.body = cases[i].body });
		refresh();
		assert_false(told.outcome.ok);
		if (told.outcome.error.kind != cases[i].kind ||
			!strstr(told.outcome.error.message, cases[i].says))
			fail_msg("case %zu: kind %d: %s", i, (int)told.outcome.error.kind,
				told.outcome.error.message);
		assert_null(strpbrk(told.outcome.error.message, "\n\r\t"));
		if (cases[i].status == 429)
			assert_int_equal(told.outcome.retry_after_us, 29 * 60 * US_PER_SECOND);
	}
	trick((struct trick){ .match = "/refresh",
		.times = 1,
		.status = 429,
		.body = "busy",
		.header = "Retry-After",
		.value = "7" });
	refresh();
	assert_int_equal(told.outcome.error.kind, ERROR_TRANSIENT);
	assert_int_equal(told.outcome.retry_after_us, 7 * US_PER_SECOND);
}

/* libcurl repeats a request by itself when a reused connection dies. A refresh must not be
 * repeated. */
static void a_refresh_whose_answer_is_lost_is_sent_once_and_unknown(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		ask_job(); /* leaves a connection that is used again */
		trick((struct trick){ .match = "/refresh", .times = 1, .drop = true });
		refresh();
		assert_int_equal(told.outcome.error.kind, ERROR_UNKNOWN);
		assert_int_equal(calls("/refresh"), i + 1);
	}
	/* A query may be repeated. */
	ask_job();
	trick((struct trick){ .match = "/jobs/", .times = 1, .drop = true });
	ask_job();
	assert_true(told.outcome.ok || told.outcome.error.kind == ERROR_TRANSIENT);
}

static void a_refresh_that_finds_no_connection_was_surely_not_sent(void **state)
{
	struct error err;
	(void)state;
	refresh();
	/* There is a session, but the server is gone. */
	web_free(server.web);
	server.web = NULL;
	refresh();
	assert_int_equal(told.outcome.error.kind, ERROR_TRANSIENT);
	assert_true(configure("http://no-such-host.invalid", server.secret, "3.25", 8, &err));
	refresh();
	assert_int_equal(told.outcome.error.kind, ERROR_TRANSIENT);
}

static void an_endless_answer_is_cut(void **state)
{
	(void)state;
	trick((struct trick){ .match = "/jobs/",
		.times = 1,
		.status = 200,
		.sample = "job-running.json",
		.padding = (size_t)17 << 20 });
	ask_job();
	assert_int_equal(told.outcome.error.kind, ERROR_TRANSIENT);
	assert_non_null(strstr(told.outcome.error.message, "larger"));
	trick((struct trick){ .match = "/jobs/",
		.times = 1,
		.status = 200,
		.sample = "job-running.json",
		.padding = (size_t)5 << 20 });
	ask_job();
	assert_true(told.outcome.ok);
	assert_int_equal(told.job.state, JOB_RUNNING);
}

/* ---- many ---- */

static void requests_beyond_max_requests_wait_their_turn(void **state)
{
	(void)state;
	ask_job();
	server.holding = "/jobs/00000000";
	forget_told();
	for (int i = 0; i < 200; i++) {
		char id[40];
		snprintf(id, sizeof id, "00000000-%04d", i);
		tableau_job(client, "finance", id, on_job, NULL);
	}
	for (int i = 0; i < 200; i += 8) {
		UNTIL(calls("/jobs/00000000-") == i + 8);
		assert_int_equal(tableau_site_status_of(client, 0).in_flight, 8);
		assert_int_equal(tableau_site_status_of(client, 0).waiting, 200 - i - 8);
		char last[40];
		snprintf(last, sizeof last, "/jobs/00000000-%04d", i + 7);
		assert_int_equal(calls(last), 1); /* first in, first out */
		UNTIL(server.held_count == 8);
		release();
		UNTIL(told.answers == i + 8);
	}
	assert_int_equal(told.fine, 200);
}

static void ending_with_calls_on_their_way_answers_each_of_them_once(void **state)
{
	(void)state;
	ask_job();
	server.holding = "/jobs/00000000";
	forget_told();
	for (int i = 0; i < 20; i++)
		tableau_job(client, "finance", "00000000", on_job, NULL);
	tableau_refresh(client, "nowhere", &revenue, false, on_job, NULL);
	UNTIL(calls("/jobs/00000000") == 8);
	tableau_free(client);
	client = NULL;
	assert_int_equal(told.answers, 21);
	release();
}

/* ---- jobs ---- */

static void the_list_of_jobs_comes_oldest_first_and_whole(void **state)
{
	(void)state;
	forget_told();
	tableau_jobs(client, "finance", (struct wall){ 1791000000500000 }, on_jobs, NULL);
	UNTIL(told.answers == 1);
	assert_true(told.outcome.ok);
	assert_int_equal(told.count, 6);
	assert_int_equal(calls("filter=createdAt:gte:2026-10-03T04:00:00Z"), 1);
	trick((struct trick){ .match = "sort=createdAt",
		.times = 1,
		.status = 400,
		.sample = "error-400065-filter.json" });
	tableau_jobs(client, "finance", (struct wall){ 1791000000500000 }, on_jobs, NULL);
	UNTIL(told.answers == 2);
	assert_int_equal(told.count, 6);
	trick((struct trick){ .match = "/jobs?", .times = 1, .status = 200, .body = "{}" });
	tableau_jobs(client, "finance", (struct wall){ 1791000000500000 }, on_jobs, NULL);
	UNTIL(told.answers == 3);
	assert_int_equal(told.outcome.error.kind, ERROR_TRANSIENT);
}

/* `count` jobs, the first of them with the number `first`. */
static void list_jobs(struct text *body, const char *pagination, int first, int count)
{
	*body = TEXT(TEXT_UNBOUNDED);
	text_printf(body, "{%s\"backgroundJobs\":{\"backgroundJob\":[", pagination);
	for (int i = 0; i < count; i++)
		text_printf(body,
			"%s{\"id\":\"00000000-0000-0000-0000-%012d\",\"status\":\"Pending\","
			"\"createdAt\":\"2026-10-12T05:02:11Z\",\"jobType\":\"refresh_extracts\"}",
			i ? "," : "", first + i);
	text_add(body, "]}}");
}

/* Each page has the number of all jobs; without it, a full page is not taken for the last. */
static void every_page_of_the_list_of_jobs_is_read(void **state)
{
	static const struct {
		const char *pagination;
		int on_first;
	} cases[] = {
		{ "\"pagination\":{\"totalAvailable\":\"3\"},", 2 },
		{ "", TABLEAU_JOBS_A_PAGE },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text first, second;
		list_jobs(&first, cases[i].pagination, 0, cases[i].on_first);
		list_jobs(&second, cases[i].pagination, cases[i].on_first, 1);
		trick((struct trick){
			.match = "&pageNumber=1&", .times = 1, .status = 200, .body = first.at });
		trick((struct trick){
			.match = "&pageNumber=2&", .times = 1, .status = 200, .body = second.at });
		forget_told();
		tableau_jobs(client, "finance", (struct wall){ 1791000000000000 }, on_jobs, NULL);
		UNTIL(told.answers == 1);
		assert_true(told.outcome.ok);
		assert_int_equal(told.count, cases[i].on_first + 1);
		server.tricks[0].times = server.tricks[1].times = 0;
	}
}

static void who_may_not_list_jobs_is_not_asked_again(void **state)
{
	(void)state;
	forget_told();
	trick((struct trick){ .match = "/jobs?",
		.times = 1,
		.status = 403,
		.sample = "error-403004-forbidden.json" });
	for (int i = 0; i < 3; i++) {
		tableau_jobs(client, "finance", (struct wall){ 1791000000000000 }, on_jobs, NULL);
		UNTIL(told.answers == i + 1);
		assert_int_equal(told.outcome.error.kind, ERROR_REFUSED);
	}
	assert_int_equal(calls("/jobs?"), 1);
	assert_false(tableau_site_status_of(client, 0).may_list_jobs);
}

static void a_job_that_is_gone_and_one_that_is_over_are_told_apart(void **state)
{
	(void)state;
	trick((struct trick){
		.match = "/jobs/", .times = 1, .status = 404, .sample = "error-404018-job.json" });
	ask_job();
	assert_int_equal(told.outcome.error.kind, ERROR_GONE);
	trick((struct trick){ .match = "/jobs/",
		.times = 1,
		.status = 400,
		.sample = "error-400031-query-job.json" });
	ask_job();
	assert_int_equal(told.outcome.error.kind, ERROR_GONE);
	trick((struct trick){
		.match = "/jobs/", .times = 1, .status = 504, .sample = "gateway-504.html" });
	ask_job();
	assert_int_equal(told.outcome.error.kind, ERROR_TRANSIENT);
	forget_told();
	trick((struct trick){ .match = "PUT ",
		.times = 1,
		.status = 403,
		.sample = "error-403091-cancel-complete.json" });
	tableau_cancel(client, "finance", "3182ac3f-510f-4fb3-b9ac-f377140ba9d7", on_done, NULL);
	UNTIL(told.answers == 1);
	assert_int_equal(told.outcome.error.kind, ERROR_REFUSED);
	tableau_cancel(client, "finance", "3182ac3f-510f-4fb3-b9ac-f377140ba9d7", on_done, NULL);
	UNTIL(told.answers == 2);
	assert_true(told.outcome.ok);
}

static void a_person_need_not_wait_for_the_next_sign_in(void **state)
{
	(void)state;
	server.secret = "another one";
	ask_job();
	assert_int_equal(told.outcome.error.kind, ERROR_SIGNED_OUT);
	server.secret = "hush==:hush";
	ask_job();
	assert_false(told.outcome.ok); /* from memory */
	assert_true(tableau_hurry(client, "finance"));
	ask_job();
	assert_true(told.outcome.ok);
	assert_false(tableau_hurry(client, "finance")); /* a working session is left alone */
	assert_false(tableau_hurry(client, "nowhere"));
	ask_job();
	assert_int_equal(server.sign_ins, 1);
}

/* ---- another server ---- */

/* Replaces the server by one that has only version 3.19 and no sessions. */
static void fail_over(const char *version)
{
	server.version = version;
	lose_session();
	trick((struct trick){ .match = "/api/3.25/",
		.times = 100,
		.status = 404,
		.sample = "error-404003-unknown-resource.json" });
}

static void an_older_server_that_takes_over_is_asked_what_it_speaks(void **state)
{
	(void)state;
	ask_job();
	assert_int_equal(calls("/serverinfo"), 1);
	fail_over("3.19");
	/* Also many calls at once, some refused only after the new version is known. */
	forget_told();
	for (int i = 0; i < 20; i++)
		tableau_job(client, "finance", REVENUE_LUID, on_job, NULL);
	UNTIL(told.answers == 20);
	if (told.fine != 20)
		fail_msg("%d are fine: %s", told.fine, told.outcome.error.message);
	assert_int_equal(calls("/serverinfo"), 2);
	assert_int_equal(server.sign_ins, 2);
	assert_in_range(calls("/api/3.25/sites/"), 2, 21);
}

static void a_path_that_the_right_version_does_not_know_is_refused(void **state)
{
	(void)state;
	ask_job();
	for (int i = 0; i < 3; i++) {
		trick((struct trick){ .match = "/jobs/",
			.times = 2,
			.status = 404,
			.sample = "error-404003-unknown-resource.json" });
		ask_job();
		assert_int_equal(told.outcome.error.kind, ERROR_REFUSED);
		assert_non_null(strstr(told.outcome.error.message, "404003"));
		server.tricks[0].times = 0;
	}
	assert_in_range(calls("/serverinfo"), 1, 2);
	assert_int_equal(server.sign_ins, 1);
}

static void a_pinned_version_is_never_asked(void **state)
{
	struct error err;
	(void)state;
	assert_true(configure(server_url, server.secret, "3.25", 8, &err));
	ask_job();
	fail_over("3.19");
	ask_job();
	assert_false(told.outcome.ok);
	assert_int_equal(calls("/serverinfo"), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
	json_setup();
	log_set_level(LOG_LEVEL_ERROR);
	const struct CMUnitTest tests[] = {
		TEST(one_sign_in_serves_every_call),
		TEST(an_expired_session_is_renewed_once),
		TEST(a_late_401_of_the_old_token_leaves_the_new_session_alone),
		TEST(a_fresh_token_that_is_refused_gets_one_wait_and_one_more_sign_in),
		TEST(a_token_that_never_works_is_reported_and_not_renewed_for_ever),
		TEST(a_call_that_is_not_allowed_does_not_end_the_session_again_and_again),
		TEST(a_refused_PAT_is_not_tried_for_every_call),
		TEST(a_step_that_answers_by_heart_does_not_wait),
		TEST(an_answer_that_repeats_the_secret_does_not_reach_a_message),
		TEST(nor_does_one_that_repeats_the_token),
		TEST(a_redirect_is_not_followed_but_named),
		TEST(a_gateway_in_the_way_of_a_sign_in_is_transient),
		TEST(a_pinned_version_is_used_as_it_is),
		TEST(a_new_PAT_does_not_get_the_session_of_the_old_one),
		TEST(a_missing_secret_answers_every_call_with_what_is_missing),
		TEST(a_stop_signs_out),
		TEST(a_PAT_that_somebody_else_uses_too_is_reported),
		TEST(a_call_is_repeated_twice_at_most),
		TEST(signing_in_proves_the_session),
		TEST(a_site_that_leaves_the_configuration_is_signed_out),
		TEST(what_is_in_flight_ends_when_its_site_is_left),
		TEST(a_clean_leave_signs_out_and_tells_when_that_is_done),
		TEST(nothing_is_sent_any_more_when_a_lease_is_lost_during_a_sign_out),
		TEST(a_sign_in_that_is_dropped_is_no_failed_one),
		TEST(a_site_that_is_back_signs_in_and_reads_its_lists_anew),
		TEST(a_selection_that_is_being_resolved_is_answered_when_its_site_is_left),
		TEST(a_refresh_is_answered_by_its_job),
		TEST(what_a_refused_refresh_means),
		TEST(a_refresh_whose_answer_is_lost_is_sent_once_and_unknown),
		TEST(a_refresh_that_finds_no_connection_was_surely_not_sent),
		TEST(an_endless_answer_is_cut),
		TEST(requests_beyond_max_requests_wait_their_turn),
		TEST(ending_with_calls_on_their_way_answers_each_of_them_once),
		TEST(the_list_of_jobs_comes_oldest_first_and_whole),
		TEST(every_page_of_the_list_of_jobs_is_read),
		TEST(who_may_not_list_jobs_is_not_asked_again),
		TEST(a_job_that_is_gone_and_one_that_is_over_are_told_apart),
		TEST(an_older_server_that_takes_over_is_asked_what_it_speaks),
		TEST(a_path_that_the_right_version_does_not_know_is_refused),
		TEST(a_pinned_version_is_never_asked),
		TEST(a_person_need_not_wait_for_the_next_sign_in),
	};
	return cmocka_run_group_tests_name("tableau client", tests, NULL, NULL);
}
