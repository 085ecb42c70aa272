/* tests/unit/store_test.c - rows are read as they were written, and found by every filter. */
#include "tests/unit/store_drivers.h"

static void put(struct store *store, struct refresh_row row)
{
	struct error err = { 0 };

	must(store_begin(store, &err));
	must(store_put_refresh(store, &row, &err));
	must(store_commit(store, &err));
}

static void cause(struct store *store, int64_t refresh, int64_t event, const char *rule)
{
	struct cause_row row = { refresh, event, rule, 0, 3, { 5 }, { 4 } };
	struct error err = { 0 };

	must(store_begin(store, &err));
	must(store_put_cause(store, &row, &err));
	must(store_commit(store, &err));
}

static int64_t prune(struct store *store, int64_t before, int most)
{
	struct error err = { 0 };
	int64_t deleted = -1;

	must(store_begin(store, &err));
	must(store_prune(store, (struct wall){ before }, most, &deleted, &err));
	must(store_commit(store, &err));
	return deleted;
}

/* ---- events ---- */

#define HOSTILE "'; DROP TABLE event; -- \"\\ %s \xf0\x9f\x92\xa3 \x01\t\n"

static bool check_hostile(const struct event_row *row, void *context)
{
	int *visits = context;

	assert_string_equal(row->source, HOSTILE);
	assert_string_equal(row->webhook_id, HOSTILE);
	assert_string_equal(row->event_id, HOSTILE "2");
	assert_int_equal(row->received_at.us, 0); /* an invalid time is none */
	assert_int_equal(row->finished_at.us, 0);
	assert_string_equal(row->outcome, "ignored");
	assert_string_equal(row->reason, HOSTILE);
	assert_string_equal(row->type, HOSTILE);
	assert_string_equal(row->job_id, "");
	assert_string_equal(row->run_id, HOSTILE);
	assert_string_equal(row->matched, "[]");
	assert_null(row->ruleset);
	assert_null(row->selections);
	assert_int_equal(row->body.length, 5);
	assert_memory_equal(row->body.at, "a\0\xff\0b", 5);
	++*visits;
	return true;
}

static void an_event_is_read_back_as_it_was_added(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row row = {
		.source = HOSTILE,
		.webhook_id = HOSTILE,
		.event_id = HOSTILE "2",
		.received_at = { INT64_MAX },
		.finished_at = { -1 },
		.outcome = "ignored",
		.reason = HOSTILE,
		.type = HOSTILE,
		.run_id = HOSTILE,
		.matched = "[]",
		.body = STR("a\0\xff\0b"),
	};
	int64_t id = add(store, row);
	struct error err = { 0 };
	bool found = false;
	int visits = 0;

	(void)state;
	assert_int_equal(id % 2, 1);
	must(store_find_event(store, id, check_hostile, &visits, &found, &err));
	assert_true(found);
	assert_int_equal(visits, 1);
	must(store_find_event(store, id + 2, check_hostile, &visits, &found, &err));
	assert_false(found);
}

static void a_second_delivery_is_a_duplicate_and_changes_nothing(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	int64_t first = add(store, event_of("wev_1")), count = 0;
	struct event_row again = event_of("wev_1"), other_webhook = event_of("wev_1");
	struct error err = { 0 };

	(void)state;
	again.outcome = "unmatched";
	must(store_begin(store, &err));
	assert_int_equal(store_add_event(store, &again, NULL, &err), ADDED_DUPLICATE);
	assert_int_equal(again.id, first);
	must(store_commit(store, &err));
	must(store_open_selections_of_event(store, first, &count, &err));
	assert_int_equal(count, 1);
	other_webhook.webhook_id = "wsu_2";
	add(store, other_webhook);
	assert_events(store, "3 1", .limit = 0);
	assert_events(store, "", .outcome = "unmatched");
}

static void events_without_a_mark_are_all_kept(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row only_event_id = event_of("wev_1");

	(void)state;
	add(store, event_of(""));
	add(store, event_of(""));
	only_event_id.webhook_id = "";
	add(store, only_event_id);
	assert_events(store, "5 3 1", .limit = 0);
}

static void events_are_listed_newest_first_by_filter_and_cursor(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row other = event_of("wev_2");

	(void)state;
	other.source = "dbt-test";
	other.outcome = "unmatched";
	other.job_id = "9223372036854775807";
	other.run_id = "it's";
	other.matched = "[\"a\",\"quarter's \\\"end\\\"\"]";
	add(store, event_of("wev_1"));
	add(store, other);
	add(store, event_of("wev_3"));
	assert_events(store, "5 3 1", .limit = 0);
	assert_events(store, "5 3", .limit = 2);
	assert_events(store, "1", .limit = 2, .before = 3);
	assert_events(store, "3", .source = "dbt-test");
	assert_events(store, "5 1", .outcome = "routed");
	assert_events(store, "3", .job_id = "9223372036854775807");
	assert_events(store, "3", .run_id = "it's");
	assert_events(store, "3", .rule = "quarter's \"end\"");
	assert_events(store, "5 1", .rule = "nightly", .job_id = "1001");
	assert_events(store, "", .rule = "night");

	struct seen seen = { .most = 2 };
	struct error err = { 0 };
	must(store_list_events(store, &(struct store_filter){ 0 }, see_event, &seen, &err));
	assert_string_equal(seen.text, "5 3");
}

static void events_since_a_time_are_found_although_the_clock_was_set_back(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	static const int64_t times[] = { 100, 900, 300, 400 };

	(void)state;
	assert_events(store, "", .since = { 1 });
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct event_row row = event_of("");
		row.webhook_id = "";
		row.received_at.us = times[i];
		add(store, row);
	}
	assert_events(store, "7 5 3 1", .since = { 100 });
	assert_events(store, "7 5 3", .since = { 101 });
	assert_events(store, "5 3", .since = { 101 }, .before = 7);
	assert_events(store, "7 3", .since = { 400 });
	assert_events(store, "3", .since = { 401 }, .job_id = "1001");
	assert_events(store, "", .since = { 901 });
	assert_events(store, "7 5 3 1", .limit = 0);
}

static void a_mark_that_another_event_bears_makes_no_duplicate(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row first = event_of("wev_1"), others[3] = { first, first, first };
	struct error err = { 0 };

	(void)state;
	others[0].run_id = "8";
	others[1].type = "job.run.errored";
	others[2].source = "another";
	add(store, first);
	for (size_t i = 0; i < 3; i++) {
		must(store_begin(store, &err));
		assert_int_equal(store_add_event(store, &others[i], NULL, &err), ADDED_MARK_TAKEN);
		must(store_commit(store, &err));
	}
	assert_events(store, "1", .limit = 0);
	must(store_begin(store, &err));
	assert_int_equal(store_add_event(store, &first, NULL, &err), ADDED_DUPLICATE);
	must(store_commit(store, &err));
}

/* ---- selections ---- */

static void selections_wait_until_they_are_ended(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row row = event_of("wev_1");
	int64_t ids[2] = { 0 }, count = -1;
	struct error err = { 0 };
	struct seen seen = { .text = "" };

	(void)state;
	row.open_count = 2;
	must(store_begin(store, &err));
	must(store_add_event(store, &row, ids, &err) == ADDED_NEW);
	must(store_commit(store, &err));
	must(store_begin(store, &err));
	must(store_end_selection(store, ids[0], &err));
	must(store_commit(store, &err));
	store_close(TAKE(store));

	store = open_store(STORE_WRITE);
	add(store, event_of("wev_2"));
	must(store_load_open_selections(store, NULL, see_selected, &seen, &err));
	assert_string_equal(seen.text, "1:{\"site\":\"board\"}@900 3:{\"site\":\"finance\"}@900");
	must(store_open_selections_of_event(store, row.id, &count, &err));
	assert_int_equal(count, 1);
	must(store_open_selections_of_event(store, INT64_MAX, &count, &err));
	assert_int_equal(count, 0);
}

static bool see_positions(const struct selected_row *row, void *context)
{
	struct seen *seen = context;
	char more[60];

	for (size_t i = 0; i < row->count; i++) {
		snprintf(more, sizeof more, " %lld/%lld", (long long)row->event,
			(long long)row->positions[i]);
		seen_add(seen, more);
	}
	return true;
}

static void an_open_selection_is_found_in_its_events_list(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row shadowed = event_of("wev_1"), short_list = event_of("wev_2");
	struct error err = { 0 };
	struct seen seen = { .text = "" };

	(void)state;
	shadowed.open = positions + 1; /* the first one is shadow */
	add(store, shadowed);
	short_list.selections = NULL; /* damaged */
	short_list.open_count = 2;
	add(store, short_list);
	store_close(TAKE(store));

	store = open_store(STORE_WRITE);
	must(store_load_open_selections(store, NULL, see_positions, &seen, &err));
	assert_string_equal(seen.text, " 1/1 3/0 3/1");
}

static bool see_naming(const struct selected_row *row, void *context)
{
	struct seen *seen = context;
	char more[200];

	for (size_t i = 0; i < row->count; i++) {
		OWNED_MEMORY char *selection = selected_text(row, i);

		snprintf(more, sizeof more, " %lld:%s", (long long)row->ids[i], selection);
		seen_add(seen, more);
	}
	return true;
}

static void put_named(struct store *store, int64_t refresh, int64_t event, int64_t selection)
{
	struct cause_row row = { .refresh = refresh,
		.event = event,
		.rule = selection ? "a" : "b",
		.selection = selection };
	struct error err = { 0 };

	must(store_begin(store, &err));
	must(store_put_cause(store, &row, &err));
	must(store_commit(store, &err));
}

static void a_refresh_remembers_which_selections_named_its_content(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row row = event_of("wev_1");
	int64_t ids[2] = { 0 };
	struct error err = { 0 };
	struct seen open = { .text = "" }, ended = { .text = "" };

	(void)state;
	row.open_count = 2;
	must(store_begin(store, &err));
	must(store_add_event(store, &row, ids, &err) == ADDED_NEW);
	must(store_end_selection(store, ids[0], &err));
	must(store_end_selection(store, ids[1], &err));
	must(store_commit(store, &err));
	put(store, refresh_of(2, REFRESH_WAITING, "l"));
	put(store, refresh_of(4, REFRESH_FAILED, "m"));
	put_named(store, 2, row.id, ids[1]);
	put_named(store, 2, row.id, 0); /* of an earlier release */
	put_named(store, 4, row.id, ids[0]);
	store_close(TAKE(store));

	store = open_store(STORE_WRITE);
	must(store_load_namings(store, NULL, see_naming, &open, &err));
	assert_string_equal(open.text, " 2:{\"site\":\"board\"}");
	must(store_namings_of_refresh(store, 4, see_naming, &ended, &err));
	assert_string_equal(ended.text, " 4:{\"site\":\"finance\"}");
}

static bool see_ids(const struct selected_row *row, void *context)
{
	char more[40];

	for (size_t i = 0; i < row->count; i++) {
		snprintf(more, sizeof more, " %lld/%lld", (long long)row->event,
			(long long)row->positions[i]);
		seen_add(context, more);
	}
	return true;
}

static void open_selections_of_one_site_are_loaded_alone(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row row = event_of("wev_1");
	struct error err = { 0 };
	static const struct {
		const char *site, *expected;
	} cases[] = { { NULL, " 1/0 1/1 3/0 3/1 3/2" }, { "finance", " 1/0 3/1" },
		{ "board", " 1/1 3/0 3/2" }, { "sales", "" } };

	(void)state;
	row.open_count = 2;
	add(store, row);
	row = event_of("wev_2");
	row.selections = "[{\"site\":\"board\"},{\"site\":\"finance\"},{\"site\":\"board\"}]";
	row.open_count = 3;
	row.open = (const int64_t[]){ 0, 1, 2 };
	add(store, row);
	store_close(TAKE(store));

	store = open_store(STORE_WRITE);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct seen seen = { .text = "" };

		must(store_load_open_selections(store, cases[i].site, see_ids, &seen, &err));
		assert_string_equal(seen.text, cases[i].expected);
	}
}

/* ---- refreshes ---- */

static bool check_refresh(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	const struct refresh_row *expected = context;

	assert_int_equal(row->id, expected->id);
	assert_string_equal(row->site, expected->site);
	assert_int_equal(row->content.kind, expected->content.kind);
	assert_string_equal(row->content.luid, expected->content.luid);
	assert_string_equal(row->content.name, expected->content.name);
	assert_string_equal(row->content.project, expected->content.project);
	assert_int_equal(row->incremental, expected->incremental);
	assert_int_equal(row->state, expected->state);
	assert_string_equal(row->reason, expected->reason);
	assert_int_equal(row->priority, expected->priority);
	assert_int_equal(row->created_at.us, expected->created_at.us);
	assert_int_equal(row->not_before.us, expected->not_before.us);
	assert_int_equal(row->patience, expected->patience);
	assert_int_equal(row->ended_at.us, expected->ended_at.us);
	assert_int_equal(row->attempts, expected->attempts);
	assert_int_equal(row->sent_at.us, expected->sent_at.us);
	assert_int_equal(row->sent_after, expected->sent_after);
	assert_int_equal(row->seen_waiting_after, expected->seen_waiting_after);
	assert_int_equal(row->quiet, expected->quiet);
	assert_int_equal(row->is_cancelling, expected->is_cancelling);
	assert_int_equal(row->sent_at_tableau.us, expected->sent_at_tableau.us);
	assert_string_equal(row->job_id, expected->job_id);
	assert_int_equal(row->job_created_at.us, expected->job_created_at.us);
	assert_int_equal(row->job_started_at.us, expected->job_started_at.us);
	assert_int_equal(row->job_completed_at.us, expected->job_completed_at.us);
	assert_int_equal(count, 1);
	assert_int_equal(causes[0].event, 1);
	assert_string_equal(causes[0].rule, HOSTILE);
	assert_int_equal(causes[0].arrived_at.us, 5);
	assert_int_equal(causes[0].fresh_from.us, 4);
	return true;
}

static void a_refresh_is_replaced_and_keeps_its_causes(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct refresh_row row = {
		.id = 2,
		.site = "finance",
		.content = { CONTENT_TASK, HOSTILE, HOSTILE "n", HOSTILE "p" },
		.incremental = true,
		.state = REFRESH_FAILED,
		.reason = HOSTILE,
		.priority = 100,
		.created_at = { 1 },
		.not_before = { 2 },
		.patience = 3,
		.ended_at = { 4 },
		.attempts = 5,
		.sent_at = { 6 },
		.sent_after = 7,
		.seen_waiting_after = 8,
		.quiet = 13,
		.is_cancelling = true,
		.sent_at_tableau = { 14 },
		.job_id = "9",
		.job_created_at = { 10 },
		.job_started_at = { 11 },
		.job_completed_at = { 12 },
	};
	struct error err = { 0 };
	bool found = false;

	(void)state;
	put(store, refresh_of(2, REFRESH_WAITING, "l"));
	cause(store, 2, 1, HOSTILE);
	cause(store, 2, 1, HOSTILE);
	put(store, row);
	must(store_find_refresh(store, 2, check_refresh, &row, &found, &err));
	assert_true(found);
	must(store_find_refresh(store, 4, check_refresh, &row, &found, &err));
	assert_false(found);
}

static bool check_later(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	(void)row, (void)context;
	assert_int_equal(count, 1);
	assert_int_equal(causes[0].after, 9);
	assert_int_equal(causes[0].fresh_from.us, 8);
	assert_int_equal(causes[0].arrived_at.us, 5);
	return true;
}

/* What a rule has let go is a wish from then on, also after the next start. */
static void a_cause_that_is_put_again_says_what_it_says_now(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct cause_row held = { 2, 1, "a", 0, STAMP_NEVER, { 5 }, { 4 } };
	struct cause_row now = { 2, 1, "a", 0, 9, { 5 }, { 8 } };
	struct error err = { 0 };
	bool found = false;

	(void)state;
	put(store, refresh_of(2, REFRESH_WAITING, "l"));
	must(store_begin(store, &err));
	must(store_put_cause(store, &held, &err));
	must(store_commit(store, &err));
	must(store_begin(store, &err));
	must(store_put_cause(store, &now, &err));
	must(store_commit(store, &err));
	must(store_find_refresh(store, 2, check_later, NULL, &found, &err));
	assert_true(found);
}

static void refreshes_are_listed_newest_first_by_filter_and_cursor(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct refresh_row other = refresh_of(6, REFRESH_RUNNING, "l3");
	struct error err = { 0 };

	(void)state;
	other.site = "board";
	other.content.kind = CONTENT_FLOW;
	other.content.name = "Flow's";
	put(store, refresh_of(2, REFRESH_WAITING, "l1"));
	put(store, refresh_of(4, REFRESH_SUCCEEDED, "l2"));
	put(store, other);
	put(store, refresh_of(8, REFRESH_UNKNOWN, "l1"));
	cause(store, 2, 3, "b");
	cause(store, 2, 1, "z");
	cause(store, 2, 1, "a");
	cause(store, 4, 1, "a");
	cause(store, 8, 3, "a");
	assert_refreshes(store, "8(3/a) 6() 4(1/a) 2(1/a 1/z 3/b)", .limit = 0);
	assert_refreshes(store, "6() 4(1/a)", .before = 8, .limit = 2);
	assert_refreshes(store, "8(3/a) 6() 2(1/a 1/z 3/b)", .state = "open");
	assert_refreshes(store, "2(1/a 1/z 3/b)", .state = "open", .before = 6);
	assert_refreshes(store, "6()", .state = "running");
	assert_refreshes(store, "4(1/a)", .state = "succeeded");
	assert_refreshes(store, "6()", .kind = "flow");
	assert_refreshes(store, "6()", .site = "board");
	assert_refreshes(store, "8(3/a) 2(1/a 1/z 3/b)", .content = "l1");
	assert_refreshes(store, "6()", .content = "Flow's");
	assert_refreshes(store, "4(1/a) 2(1/a 1/z 3/b)", .event = 1);
	assert_refreshes(store, "2(1/a 1/z 3/b)", .event = 1, .state = "open");
	assert_refreshes(store, "4(1/a)", .event = 1, .state = "succeeded");
	assert_refreshes(store, "", .event = 1, .site = "board");
	assert_false(store_list_refreshes(
		store, &(struct store_filter){ .state = "done" }, see_refresh, NULL, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_false(store_list_refreshes(
		store, &(struct store_filter){ .kind = "view" }, see_refresh, NULL, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
}

static void an_event_knows_the_refreshes_that_it_caused(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	OWNED(arena) arena = arena_new();
	const int64_t *ids = NULL;
	struct error err = { 0 };
	size_t count = 9;

	(void)state;
	cause(store, 6, 1, "a");
	cause(store, 2, 1, "a");
	cause(store, 2, 1, "b");
	cause(store, 4, 3, "a");
	must(store_refreshes_of_event(store, 1, arena, &ids, &count, &err));
	assert_int_equal(count, 2);
	assert_int_equal(ids[0], 2);
	assert_int_equal(ids[1], 6);
	must(store_refreshes_of_event(store, 99, arena, &ids, &count, &err));
	assert_int_equal(count, 0);
}

static void open_refreshes_and_each_contents_latest_success_are_loaded(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct refresh_row row;
	struct error err = { 0 };
	struct seen seen = { .text = "" };

	(void)state;
	for (int64_t id = 2; id <= 8; id += 2) {
		row = refresh_of(id, REFRESH_SUCCEEDED, id == 8 ? "l2" : "l1");
		row.ended_at.us = id == 4 ? 101 : 900 + id; /* the clock stepped; stamps decide */
		row.sent_after = id == 4 ? 900 : 100 + id;
		put(store, row);
		cause(store, id, 1, "a");
	}
	row = refresh_of(10, REFRESH_SUCCEEDED, "l3");
	row.ended_at.us = 99;
	put(store, row);
	row = refresh_of(12, REFRESH_FAILED, "l1");
	row.ended_at.us = 950;
	put(store, row);
	put(store, refresh_of(14, REFRESH_WAITING, "l1"));
	put(store, refresh_of(16, REFRESH_RUNNING, "l9"));
	put(store, refresh_of(18, REFRESH_SENDING, "l8"));
	cause(store, 13, 1, "nothing has this refresh");
	cause(store, 14, 3, "b");
	cause(store, 14, 1, "a");
	cause(store, 18, 3, "c");
	must(store_load_refreshes(store, NULL, (struct wall){ 100 }, see_refresh, &seen, &err));
	assert_string_equal(seen.text, "14(1/a 3/b) 16() 18(3/c) 4() 8()");

	seen = (struct seen){ .most = 1 };
	must(store_load_refreshes(store, NULL, (struct wall){ 100 }, see_refresh, &seen, &err));
	assert_string_equal(seen.text, "14(1/a 3/b)");
}

/* Open ones, recent jobs, the latest success of a content, and what named it. */
static void the_work_of_one_site_is_loaded_alone(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row event = event_of("wev_1");
	struct error err = { 0 };
	int64_t ids[2] = { 0 };
	static const struct {
		const char *site, *expected;
	} cases[] = {
		{ NULL, "2(1/a) 4(1/a 1/b) 6() 8() 6() 8() 2:{\"site\":\"finance\"}"
			" 4:{\"site\":\"board\"}" },
		{ "finance", "2(1/a) 6() 6() 2:{\"site\":\"finance\"}" },
		{ "board", "4(1/a 1/b) 8() 8() 4:{\"site\":\"board\"}" },
		{ "sales", "" },
	};

	(void)state;
	event.open_count = 2;
	must(store_begin(store, &err));
	must(store_add_event(store, &event, ids, &err) == ADDED_NEW);
	must(store_commit(store, &err));
	for (int64_t id = 2; id <= 8; id += 2) {
		struct refresh_row row =
			refresh_of(id, id < 6 ? REFRESH_WAITING : REFRESH_SUCCEEDED, "l");
		row.site = id % 4 ? "finance" : "board";
		row.job_id = id < 6 ? "" : "job";
		row.ended_at.us = id < 6 ? 0 : 900;
		put(store, row);
	}
	put_named(store, 2, 1, ids[0]);
	put_named(store, 4, 1, ids[1]);
	cause(store, 4, 1, "b");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct seen seen = { .text = "" };

		must(store_load_refreshes(
			store, cases[i].site, (struct wall){ 100 }, see_refresh, &seen, &err));
		must(store_load_namings(store, cases[i].site, see_naming, &seen, &err));
		assert_string_equal(seen.text, cases[i].expected);
	}
}

/* ---- pruning ---- */

static void pruning_keeps_what_is_open_and_what_is_younger(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct refresh_row young = refresh_of(6, REFRESH_FAILED, "l");
	struct event_row row;
	int64_t count = 0;
	struct error err = { 0 };

	(void)state;
	for (int i = 0; i < 6; i++) {
		row = event_of("");
		row.open_count = i == 4;                   /* event 9 waits to be resolved */
		row.received_at.us = i == 5 ? 6000 : 1000; /* event 11 is young */
		add(store, row);
	}
	put(store, refresh_of(2, REFRESH_SUCCEEDED, "l")); /* old */
	put(store, refresh_of(4, REFRESH_WAITING, "l"));
	young.ended_at.us = 6000;
	put(store, young);
	cause(store, 2, 1, "a");
	cause(store, 4, 3, "a");
	cause(store, 6, 5, "a");

	assert_int_equal(prune(store, 5000, 0), 0);
	assert_int_equal(prune(store, 5000, 1), 1);
	assert_refreshes(store, "6(5/a) 4(3/a)", .limit = 0);
	assert_int_equal(prune(store, 5000, 100), 2);
	assert_events(store, "11 9 5 3", .limit = 0);
	assert_int_equal(prune(store, 5000, 100), 0);
	must(store_open_selections_of_event(store, 9, &count, &err));
	assert_int_equal(count, 1);
}

static void an_id_is_never_given_twice(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row row = event_of("wev_1");
	struct error err = { 0 };
	struct refresh_ids ids;

	(void)state;
	must(store_take_refresh_ids(store, &ids, &err));
	assert_int_equal(refresh_ids_take(&ids), 2);
	row.open_count = 0;
	assert_int_equal(add(store, row), 1);
	put(store, refresh_of(40, REFRESH_FAILED, "l"));
	assert_int_equal(prune(store, 5000, 100), 2);
	store_close(TAKE(store));

	store = open_store(STORE_WRITE);
	assert_int_equal(add(store, row), 3);
	must(store_take_refresh_ids(store, &ids, &err));
	int64_t next = refresh_ids_take(&ids); /* the next one, or the first of a new range */
	assert_true(next > 40 && next % 2 == 0);
	assert_int_equal(refresh_ids_take(&ids), next + 2);
	must(store_begin(store, &err));
	must(store_add_event(store, &row, NULL, &err) == ADDED_DUPLICATE);
	store_rollback(store);
	row.event_id = "wev_2";
	must(store_begin(store, &err));
	must(store_add_event(store, &row, NULL, &err) == ADDED_NEW);
	store_rollback(store);
	assert_int_equal(row.id, 5);
	assert_int_equal(add(store, row), 7);
}

static void a_ruleset_of_a_transaction_that_was_rolled_back_is_written_again(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row row = event_of("wev_1");
	struct error err = { 0 };
	sqlite3_stmt *query = NULL;

	(void)state;
	must(store_begin(store, &err));
	must(store_add_event(store, &row, NULL, &err) == ADDED_NEW);
	store_rollback(store);
	add(store, event_of("wev_1"));
	add(store, event_of("wev_2"));
	assert_int_equal(
		sqlite3_prepare_v2(sqlite_of(store)->database,
			"SELECT count(*), (SELECT count(*) FROM ruleset) FROM event JOIN ruleset"
			" ON ruleset.id = event.ruleset AND revision = 'sha256:aa'",
			-1, &query, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(query), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(query, 0), 2);
	assert_int_equal(sqlite3_column_int(query, 1), 1);
	sqlite3_finalize(query);
}

/* ---- order, and who may write ---- */

static int64_t stamp_of_new(struct store *store, const char *event_id)
{
	struct event_row row = event_of(event_id);
	struct error err = { 0 };

	must(store_begin(store, &err));
	must(store_add_event(store, &row, NULL, &err) == ADDED_NEW);
	must(store_commit(store, &err));
	return row.stamp;
}

static bool see_stamp(const struct selected_row *row, void *context)
{
	int64_t *stamps = context;

	while (*stamps)
		stamps++;
	*stamps = row->stamp;
	return true;
}

static void stamps_are_in_the_order_in_which_events_became_durable(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	int64_t first, second, loaded[3] = { 0 };
	struct event_row row = event_of("wev_2");
	struct error err = { 0 };

	(void)state;
	assert_int_equal(store_last_stamp(store), 0);
	first = stamp_of_new(store, "wev_1");
	must(store_begin(store, &err));
	must(store_add_event(store, &row, NULL, &err) == ADDED_NEW);
	store_rollback(store);
	second = stamp_of_new(store, "wev_2");
	assert_true(first > 0 && second - first >= INT64_C(1) << STAMP_BITS);
	assert_int_equal(first % (INT64_C(1) << STAMP_BITS), 0);
	store_close(TAKE(store));

	store = open_store(STORE_WRITE);
	assert_int_equal(store_last_stamp(store), second);
	must(store_load_open_selections(store, NULL, see_stamp, loaded, &err));
	assert_int_equal(loaded[0], first);
	assert_int_equal(loaded[1], second);
}

static void a_reader_sees_what_was_committed_and_no_more(void **state)
{
	OWNED(store) writer = open_store(STORE_WRITE);
	OWNED(store) reader = open_store(STORE_READ);
	struct event_row row = event_of("wev_2");
	struct error err = { 0 };

	(void)state;
	add(writer, event_of("wev_1"));
	must(store_begin(writer, &err));
	must(store_add_event(writer, &row, NULL, &err) == ADDED_NEW);
	assert_events(reader, "1", .limit = 0);
	must(store_commit(writer, &err));
	assert_events(reader, "3 1", .limit = 0);
	assert_false(store_begin(reader, &err) &&
		     store_add_event(reader, &row, NULL, &err) == ADDED_NEW);
}

static void nothing_is_written_outside_a_transaction(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row event = event_of("wev_1");
	struct refresh_row refresh = refresh_of(2, REFRESH_WAITING, "l");
	struct cause_row cause = { .refresh = 2, .event = 1, .rule = "a" };
	struct error err = { 0 };
	int64_t deleted;

	(void)state;
	for (int i = 0; i < 2; i++) { /* before there was a transaction, and after one */
		assert_int_equal(store_add_event(store, &event, NULL, &err), ADDED_FAILED);
		assert_false(store_put_refresh(store, &refresh, &err));
		assert_false(store_put_cause(store, &cause, &err));
		assert_false(store_end_selection(store, 1, &err));
		assert_false(store_prune(store, (struct wall){ 5 }, 5, &deleted, &err));
		assert_false(store_commit(store, &err));
		must(store_begin(store, &err));
		store_rollback(store);
	}
	assert_events(store, "", .limit = 0);
	assert_refreshes(store, "", .limit = 0);
}

static void an_event_with_too_many_selections_is_refused_with_the_bound(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row row = event_of("wev_1");
	struct error err = { 0 };

	(void)state;
	row.open_count = 1 << 20; /* its selections are not read */
	must(store_begin(store, &err));
	assert_int_equal(store_add_event(store, &row, NULL, &err), ADDED_FAILED);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, "1048575 is the most"));
	store_rollback(store);
	assert_events(store, "", .limit = 0);
}

static void a_second_writer_is_refused(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct error err = { 0 };

	(void)state;
	assert_null(store_open(&(struct store_address){ .url = folder.url }, STORE_WRITE, &err));
	assert_int_equal(err.kind, ERROR_TRANSIENT);
	assert_non_null(strstr(err.message, "in use"));
	store_close(TAKE(store));
	store = open_store(STORE_WRITE);
}

/* ---- what is kept beside events and refreshes ---- */

static bool see_spent(const struct spent *spent, void *context)
{
	struct seen *seen = context;
	char more[100];

	snprintf(more, sizeof more, "%s/%d@%lld=%lld ", spent->site, (int)spent->kind,
		(long long)spent->at.us, (long long)spent->count);
	seen_add(seen, more);
	return true;
}

static bool see_pause(const char *site, const char *by, void *context)
{
	struct seen *seen = context;

	seen_add(seen, site);
	seen_add(seen, " by ");
	seen_add(seen, by);
	return true;
}

static bool see_command(const struct command_row *row, void *context)
{
	struct seen *seen = context;
	char more[100];

	snprintf(more, sizeof more, "%lld %s %s %lld %s %lld; ", (long long)row->at.us, row->who,
		row->verb, (long long)row->subject, row->site, (long long)row->result);
	seen_add(seen, more);
	return true;
}

static void what_was_spent_paused_and_asked_for_is_read_back(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct spent spent = { "finance", SPENT_QUERIES, { 7 }, 1 };
	struct command_row command = { { 5 }, "ann", "retry", 4, "", 6 };
	struct seen seen = { .text = "" };
	struct error err = { 0 };

	(void)state;
	must(store_begin(store, &err));
	must(store_put_spent(store, &spent, &err));
	spent.count = 3;
	must(store_put_spent(store, &spent, &err)); /* replaces the one before */
	spent.kind = SPENT_STARTS;
	must(store_put_spent(store, &spent, &err));
	must(store_put_pause(store, "board", "bob", &err));
	must(store_put_pause(store, "board", NULL, &err));
	must(store_put_pause(store, "finance", "bob", &err));
	must(store_put_pause(store, "finance", "ann", &err));
	must(store_add_command(store, &command, &err));
	command.verb = "cancel";
	must(store_add_command(store, &command, &err));
	command.subject = 8;
	must(store_add_command(store, &command, &err));
	must(store_commit(store, &err));

	must(store_load_spent(store, NULL, see_spent, &seen, &err));
	assert_string_equal(seen.text, "finance/0@7=3 finance/1@7=3 ");
	seen = (struct seen){ .text = "" };
	must(store_load_pauses(store, NULL, see_pause, &seen, &err));
	assert_string_equal(seen.text, "finance by ann");
	seen = (struct seen){ .text = "" };
	must(store_load_spent(store, "finance", see_spent, &seen, &err));
	must(store_load_pauses(store, "finance", see_pause, &seen, &err));
	assert_string_equal(seen.text, "finance/0@7=3 finance/1@7=3 finance by ann");
	seen = (struct seen){ .text = "" };
	must(store_load_spent(store, "board", see_spent, &seen, &err));
	must(store_load_pauses(store, "board", see_pause, &seen, &err));
	assert_string_equal(seen.text, "");
	seen = (struct seen){ .text = "" };
	must(store_list_commands(store, 4, see_command, &seen, &err));
	assert_string_equal(seen.text, "5 ann retry 4  6; 5 ann cancel 4  6; ");
}

static bool see_note(const char *key, const char *value, void *context)
{
	struct seen *seen = context;
	size_t used = strlen(seen->text);

	snprintf(seen->text + used, sizeof seen->text - used, "%s=%s ", key, value);
	return true;
}

static bool see_outcome(const struct refresh_row *row, const struct cause_row *causes,
	size_t cause_count, void *context)
{
	struct seen *seen = context;
	size_t used = strlen(seen->text);

	snprintf(seen->text + used, sizeof seen->text - used, "%lld %s %s; ", (long long)row->id,
		refresh_state_name(row->state), cause_count ? causes[0].rule : "-");
	return true;
}

static void notes_are_read_back_in_the_order_in_which_they_were_put(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct seen seen = { .text = "" };
	struct error err = { 0 };

	(void)state;
	must(store_begin(store, &err));
	must(store_put_note(store, "b/2", "two", &err));
	must(store_put_note(store, "b/1", "one", &err));
	must(store_put_note(store, "a/1", HOSTILE, &err));
	must(store_put_note(store, "b/~", "last", &err));
	must(store_put_note(store, "b0", "other", &err));
	must(store_put_note(store, "b/2", "again", &err));
	must(store_put_note(store, "b/3", "", &err));
	must(store_put_note(store, "b/1", NULL, &err));
	must(store_put_note(store, "none", NULL, &err));
	must(store_commit(store, &err));
	must(store_load_notes(store, "b/", see_note, &seen, &err));
	assert_string_equal(seen.text, "b/~=last b/2=again b/3= ");
	seen = (struct seen){ .text = "" };
	must(store_load_notes(store, "a/", see_note, &seen, &err));
	assert_string_equal(seen.text, "a/1=" HOSTILE " ");
}

static void outcomes_are_read_back_with_their_refreshes_until_they_end(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct seen seen = { .text = "" };
	struct error err = { 0 };

	(void)state;
	put(store, refresh_of(4, REFRESH_FAILED, "l"));
	put(store, refresh_of(2, REFRESH_SUCCEEDED, "l"));
	cause(store, 4, 1, "nightly");
	must(store_begin(store, &err));
	must(store_add_outcome(store, 4, &err));
	must(store_add_outcome(store, 2, &err));
	must(store_add_outcome(store, 6, &err)); /* its refresh is pruned meanwhile */
	must(store_add_outcome(store, 8, &err));
	must(store_commit(store, &err));
	must(store_load_outcomes(store, 3, see_outcome, &seen, &err));
	assert_string_equal(seen.text, "4 failed nightly; 2 succeeded -; 6 cancelled -; ");
	must(store_begin(store, &err));
	must(store_end_outcome(store, 4, &err));
	must(store_end_outcome(store, 6, &err));
	must(store_end_outcome(store, 8, &err));
	must(store_commit(store, &err));
	seen = (struct seen){ .text = "" };
	must(store_load_outcomes(store, 3, see_outcome, &seen, &err));
	assert_string_equal(seen.text, "2 succeeded -; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		every_store_test(an_event_is_read_back_as_it_was_added),
		every_store_test(a_second_delivery_is_a_duplicate_and_changes_nothing),
		every_store_test(a_mark_that_another_event_bears_makes_no_duplicate),
		every_store_test(events_without_a_mark_are_all_kept),
		every_store_test(events_are_listed_newest_first_by_filter_and_cursor),
		every_store_test(events_since_a_time_are_found_although_the_clock_was_set_back),
		every_store_test(selections_wait_until_they_are_ended),
		every_store_test(an_open_selection_is_found_in_its_events_list),
		every_store_test(a_refresh_remembers_which_selections_named_its_content),
		every_store_test(a_refresh_is_replaced_and_keeps_its_causes),
		every_store_test(a_cause_that_is_put_again_says_what_it_says_now),
		every_store_test(refreshes_are_listed_newest_first_by_filter_and_cursor),
		every_store_test(an_event_knows_the_refreshes_that_it_caused),
		every_store_test(open_refreshes_and_each_contents_latest_success_are_loaded),
		every_store_test(the_work_of_one_site_is_loaded_alone),
		every_store_test(open_selections_of_one_site_are_loaded_alone),
		every_store_test(pruning_keeps_what_is_open_and_what_is_younger),
		every_store_test(stamps_are_in_the_order_in_which_events_became_durable),
		every_store_test(a_reader_sees_what_was_committed_and_no_more),
		every_store_test(nothing_is_written_outside_a_transaction),
		every_store_test(an_event_with_too_many_selections_is_refused_with_the_bound),
		local_store_test(a_second_writer_is_refused),
		every_store_test(notes_are_read_back_in_the_order_in_which_they_were_put),
		every_store_test(outcomes_are_read_back_with_their_refreshes_until_they_end),
		every_store_test(what_was_spent_paused_and_asked_for_is_read_back),
		every_store_test(an_id_is_never_given_twice),
		store_test(a_ruleset_of_a_transaction_that_was_rolled_back_is_written_again),
	};

	return cmocka_run_group_tests_name("store", tests, drivers_start, drivers_stop);
}
