/*
 * What the scheduler does when a site is left and adopted while it runs: everything of the site is
 * forgotten, nothing of another.
 */
#include "schedule/schedule.h"
#include "tests/unit/test.h"
#include <stdio.h>

#define MINUTE (60 * US_PER_SECOND)
#define HOUR (60 * MINUTE)

static const struct schedule_options options = {
	.give_up_after = 6 * HOUR,
	.clock_skew = 60 * US_PER_SECOND,
	.retry_initial = 1 * US_PER_SECOND,
	.retry_max = 5 * MINUTE,
};
static const struct schedule_site sites[] = {
	{ .name = "finance",
		.max_requests = 8,
		.poll_interval = 10 * US_PER_SECOND,
		.refreshes_per_hour = 10,
		.job_queries_per_day = 1000 },
	{ .name = "sales", .max_requests = 8, .poll_interval = 10 * US_PER_SECOND },
};

struct world {
	struct schedule *schedule;
	struct instant now;
	int64_t events;
	int64_t life;        /* of the last question */
	int64_t asked;       /* the selection or refresh of the last question */
	size_t known;        /* jobs that the last look was told */
	size_t counts[20];   /* actions of the last step, by type */
	size_t action_count; /* of the last step */
};

static void step(struct world *world, struct input input)
{
	struct actions actions = schedule_step(world->schedule, world->now, &input);
	memset(world->counts, 0, sizeof world->counts);
	world->action_count = actions.count;
	for (size_t i = 0; i < actions.count; i++) {
		const struct action *action = &actions.items[i];
		world->counts[action->type]++;
		if (action->type < ACTION_RESOLVE || action->type > ACTION_CANCEL)
			continue;
		world->life = action->life;
		world->asked = action->refresh ? action->refresh->id : action->selection;
		for (world->known = 0;
			action->type == ACTION_LOOK && action->known_jobs[world->known];)
			world->known++;
	}
}

static void pass(struct world *world, int64_t us)
{
	world->now.wall.us += us;
	world->now.mono.us += us;
	step(world, (struct input){ .type = INPUT_TICK });
}

static void leave(struct world *world, const char *site)
{
	step(world, (struct input){ INPUT_LEAVE, .leave = { site } });
	assert_int_equal(world->action_count, 0);
}

static void adopt(struct world *world, size_t site)
{
	step(world, (struct input){ INPUT_ADOPT, .adopt = { sites[site].name, &sites[site] } });
}

static int set_up(void **state)
{
	struct world *world = mem_new(struct world);
	world->now = (struct instant){ { 1800000000 * US_PER_SECOND }, { HOUR } };
	world->schedule = schedule_new(&options, (struct refresh_ids){ 2, INT64_MAX }, 42);
	step(world, (struct input){ INPUT_CONFIGURE, .configure = { &options, sites, 2 } });
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	schedule_free(world->schedule);
	free(world);
	return 0;
}

/* An answer of the site in the life that it had when it was asked last. */
static struct answer answer_of(const struct world *world, const char *site, enum verdict verdict)
{
	return (struct answer){ .site = site,
		.life = world->life,
		.verdict = verdict,
		.reason = verdict == VERDICT_OK ? NULL : "no",
		.told = { .at = { world->now.wall.us / US_PER_SECOND * US_PER_SECOND },
			.after = { world->now.mono.us - 100 * US_PER_MS },
			.before = world->now.mono } };
}

static void greet(struct world *world, const char *site)
{
	if (world->counts[ACTION_GREET])
		step(world, (struct input){ INPUT_GREETED,
				    .greeted = { answer_of(world, site, VERDICT_OK) } });
}

static struct content content_of(const char *luid)
{
	return (struct content){ CONTENT_WORKBOOK, luid, luid, "Finance" };
}

/* An event of the rule wants the content. */
static void select_only(struct world *world, const char *site, int64_t delay, int64_t quiet)
{
	static const char *const rules[] = { "nightly" };
	int64_t event = world->events++ * 2 + 1;
	int64_t stamp = (7000 + event) << STAMP_BITS;
	struct schedule_selection selection = { .id = event,
		.event = event,
		.stamp = stamp,
		.site = site,
		.priority = 50,
		.delay = delay,
		.quiet = quiet,
		.label = "Revenue",
		.arrived_at = world->now.wall,
		.rule_count = 1,
		.rules = rules };
	step(world, (struct input){ INPUT_EVENT, .event = { stamp } });
	step(world, (struct input){ INPUT_SELECT, .select = { &selection, NULL } });
}

static void want(
	struct world *world, const char *site, const char *luid, int64_t delay, int64_t quiet)
{
	struct content content = content_of(luid);
	select_only(world, site, delay, quiet);
	assert_int_equal(world->counts[ACTION_RESOLVE], 1);
	step(world, (struct input){ INPUT_RESOLVED,
			    .resolved = { world->asked, answer_of(world, site, VERDICT_OK),
				    &content, 1 } });
	greet(world, site);
}

static void sent(struct world *world, const char *site, enum verdict verdict)
{
	struct job_seen job = {
		.id = "job-1", .phase = PHASE_QUEUED, .created_at = world->now.wall
	};
	step(world, (struct input){ INPUT_SENT,
			    .sent = { world->asked, answer_of(world, site, verdict),
				    verdict == VERDICT_OK ? &job : NULL, world->now.wall } });
}

/* A refresh of the store. */
static void restore(struct world *world, enum refresh_state state, int64_t id, const char *luid)
{
	struct refresh_row row = { .id = id,
		.site = "finance",
		.content = content_of(luid),
		.state = state,
		.reason = "",
		.created_at = world->now.wall,
		.patience = HOUR,
		.attempts = 1,
		.job_id = state == REFRESH_QUEUED || state == REFRESH_SUCCEEDED ? "job-1" : "" };
	struct cause_row cause = {
		.refresh = id, .event = 1, .rule = "nightly", .after = INT64_C(7001) << STAMP_BITS
	};
	bool is_open = refresh_state_is_open(state);
	step(world, (struct input){
			    INPUT_RESTORE, .restore = { &row, is_open ? &cause : NULL, is_open } });
}

/* Work of the site in each state that it can be in. */
static void all_kinds_of_work(struct world *world, const char *site)
{
	want(world, site, "in flight", 0, 0);
	sent(world, site, VERDICT_OK);
	want(world, site, "in flight", 0, 0); /* behind it, or covered by it */
	want(world, site, "lost", 0, 0);
	sent(world, site, VERDICT_UNKNOWN);
	want(world, site, "refused", 0, 0);
	sent(world, site, VERDICT_RETRY);
	want(world, site, "held", HOUR, 0);
	want(world, site, "quiet", 0, 10 * MINUTE);
	want(world, site, "quiet too", 0, 10 * MINUTE);
	want(world, site, "sending", 0, 0);
	step(world, (struct input){ INPUT_PAUSE, .pause = { site, true, "somebody", false } });
	want(world, site, "ready", 0, 0);
	for (int i = 0; i < 20; i++) /* asked for and, beyond what is asked at once, not */
		select_only(world, site, 0, 0);
}

static void leaving_a_site_forgets_all_its_work_and_nothing_else(void **state)
{
	struct world *world = *state;
	struct arena *arena = arena_new();
	all_kinds_of_work(world, "sales");
	struct schedule_counts before = schedule_count(world->schedule);
	all_kinds_of_work(world, "finance");
	leave(world, "finance");
	struct schedule_counts after = schedule_count(world->schedule);
	assert_memory_equal(&before, &after, sizeof before);
	struct schedule_site_status status =
		schedule_site_status_of(world->schedule, world->now, "finance", arena);
	assert_false(status.is_configured);
	assert_int_equal(status.open + status.selections + status.in_flight + status.ready, 0);
	assert_int_equal(status.starts_spent + status.queries_spent, 0);
	assert_null(status.paused_by);
	arena_free(arena);
}

static void what_is_left_makes_no_more_calls_and_what_is_not_goes_on(void **state)
{
	struct world *world = *state;
	all_kinds_of_work(world, "finance");
	want(world, "sales", "quiet", 0, 10 * MINUTE);
	leave(world, "finance");
	assert_int_equal(schedule_count(world->schedule).open, 1);
	pass(world, 11 * MINUTE); /* the rule, which is of both sites, is quiet */
	greet(world, "sales");
	assert_int_equal(world->counts[ACTION_SEND], 1);
	sent(world, "sales", VERDICT_FAIL);
	assert_int_equal(schedule_count(world->schedule).open, 0);
	pass(world, 10 * HOUR);
	assert_int_equal(world->action_count, 0);
	assert_int_equal(schedule_next(world->schedule).us, INT64_MAX);
}

static void a_site_that_was_left_last_leaves_nothing_that_is_timed(void **state)
{
	struct world *world = *state;
	all_kinds_of_work(world, "finance");
	leave(world, "finance");
	leave(world, "sales");
	leave(world, "nobody's");
	pass(world, 11 * MINUTE); /* the quiet of the rule */
	assert_int_equal(world->action_count, 0);
	assert_int_equal(schedule_next(world->schedule).us, INT64_MAX);
}

/* ---- late answers ---- */

/* Each answer, as if the refresh of this id had been asked about. */
static void each_answer(struct world *world, struct answer answer, int64_t refresh)
{
	struct content other = content_of("other");
	struct job_seen job = { .id = "job-9", .phase = PHASE_SUCCEEDED, .notes = "", .title = "" };
	answer.retry_after = HOUR;
	const struct input inputs[] = {
		{ INPUT_RESOLVED, .resolved = { 1, answer, &other, 1 } },
		{ INPUT_GREETED, .greeted = { answer } },
		{ INPUT_SENT, .sent = { refresh, answer, &job, world->now.wall } },
		{ INPUT_MOVED, .moved = { refresh, answer, &other } },
		{ INPUT_POLLED, .polled = { refresh, answer, &job, INT64_MAX / 4 } },
		{ INPUT_LISTED, .listed = { answer, &job, 1, INT64_MAX / 4 } },
		{ INPUT_LOOKED, .looked = { refresh, answer, &job, INT64_MAX / 4 } },
		{ INPUT_JOB_CANCELLED, .job_cancelled = { refresh, answer } },
	};
	struct schedule_counts before = schedule_count(world->schedule);
	for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
		step(world, inputs[i]);
		assert_int_equal(world->action_count, 0);
	}
	struct schedule_counts after = schedule_count(world->schedule);
	assert_memory_equal(&before, &after, sizeof before);
}

static void a_late_answer_makes_no_site_of_what_was_left(void **state)
{
	struct world *world = *state;
	want(world, "finance", "sending", 0, 0);
	struct answer late = answer_of(world, "finance", VERDICT_RETRY);
	leave(world, "finance");
	each_answer(world, late, world->asked);
	/* Not even what Tableau asked to wait: that was the old owner's. */
	restore(world, REFRESH_WAITING, 42, "sending");
	adopt(world, 0);
	assert_int_equal(world->counts[ACTION_GREET], 1);
}

static void a_late_answer_is_none_to_the_same_refresh_when_its_site_is_back(void **state)
{
	static const enum refresh_state states[] = { REFRESH_WAITING, REFRESH_SENDING,
		REFRESH_UNKNOWN, REFRESH_QUEUED };
	struct world *world = *state;
	want(world, "finance", "sending", 0, 0);
	int64_t id = world->asked;
	for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
		struct answer late = answer_of(world, "finance", VERDICT_OK);
		leave(world, "finance");
		restore(world, states[i], id, "sending");
		adopt(world, 0);
		greet(world, "finance");
		step(world, (struct input){ .type = INPUT_TICK }); /* it is asked about, or sent */
		enum refresh_state before = schedule_find(world->schedule, id)->state;
		assert_true(world->life > late.life);
		each_answer(world, late, id);
		assert_int_equal(schedule_find(world->schedule, id)->state, before);
		/* A place that it had taken is still taken: nothing else was asked either. */
		pass(world, 1);
		assert_int_equal(world->action_count, 0);
	}
}

static void the_answer_to_what_was_asked_since_counts(void **state)
{
	struct world *world = *state;
	want(world, "finance", "sending", 0, 0);
	int64_t id = world->asked;
	leave(world, "finance");
	restore(world, REFRESH_WAITING, id, "sending");
	adopt(world, 0);
	greet(world, "finance");
	assert_int_equal(world->counts[ACTION_SEND], 1);
	sent(world, "finance", VERDICT_OK);
	assert_int_equal(schedule_find(world->schedule, id)->state, REFRESH_QUEUED);
}

/* ---- a site is adopted ---- */

static void a_site_is_not_called_before_all_of_it_is_restored(void **state)
{
	struct world *world = *state;
	leave(world, "finance");
	restore(world, REFRESH_WAITING, 42, "first");
	restore(world, REFRESH_SENDING, 44, "second");
	restore(world, REFRESH_QUEUED, 46, "third");
	select_only(world, "finance", 0, 0);
	assert_int_equal(world->action_count, 0);
	adopt(world, 0);
	/* The time of requests that are to come, and the content of the selection. */
	assert_int_equal(world->counts[ACTION_GREET], 1);
	assert_int_equal(world->counts[ACTION_RESOLVE], 1);
	step(world, (struct input){ .type = INPUT_TICK });
	assert_int_equal(world->counts[ACTION_LOOK], 1);
	assert_int_equal(world->counts[ACTION_POLL], 1);
}

static void a_pause_and_what_was_spent_come_with_the_site(void **state)
{
	struct world *world = *state;
	struct arena *arena = arena_new();
	struct spent spent = { "finance", SPENT_STARTS, world->now.wall, 10 };
	leave(world, "finance");
	step(world, (struct input){ INPUT_RESTORE_SPENT, .restore_spent = &spent });
	step(world,
		(struct input){ INPUT_RESTORE_PAUSE, .restore_pause = { "finance", "somebody" } });
	restore(world, REFRESH_WAITING, 42, "first");
	adopt(world, 0);
	struct schedule_site_status status =
		schedule_site_status_of(world->schedule, world->now, "finance", arena);
	assert_int_equal(status.starts_spent, 10);
	assert_string_equal(status.paused_by, "somebody");
	assert_int_equal(world->counts[ACTION_SEND] + world->counts[ACTION_GREET], 0);
	arena_free(arena);
}

static void the_jobs_of_a_left_site_are_known_by_its_rows_only(void **state)
{
	struct world *world = *state;
	restore(world, REFRESH_SUCCEEDED, 40, "same");
	leave(world, "finance");
	restore(world, REFRESH_UNKNOWN, 42, "same");
	adopt(world, 0);
	step(world, (struct input){ .type = INPUT_TICK });
	assert_int_equal(world->counts[ACTION_LOOK], 1);
	assert_int_equal(world->known, 0);
}

static void adopting_a_site_ends_no_pause_of_another_ones_breaker(void **state)
{
	struct world *world = *state;
	struct arena *arena = arena_new();
	leave(world, "finance");
	for (int i = 0; i < 8; i++) {
		select_only(world, "sales", 0, 0);
		struct answer answer = answer_of(world, "sales", VERDICT_RETRY);
		step(world, (struct input){ INPUT_RESOLVED,
				    .resolved = { world->asked, answer, NULL, 0 } });
	}
	adopt(world, 0);
	assert_true(wall_is_set(
		schedule_site_status_of(world->schedule, world->now, "sales", arena).paused_until));
	arena_free(arena);
}

static void work_of_a_site_that_is_not_configured_goes_on_when_it_is(void **state)
{
	struct world *world = *state;
	leave(world, "finance");
	step(world, (struct input){ INPUT_CONFIGURE, .configure = { &options, &sites[1], 1 } });
	restore(world, REFRESH_UNKNOWN, 42, "first");
	step(world, (struct input){ INPUT_ADOPT, .adopt = { "finance", NULL } });
	pass(world, 1); /* it is looked for later, for want of a site */
	assert_int_equal(world->action_count, 0);
	step(world, (struct input){ INPUT_CONFIGURE, .configure = { &options, sites, 2 } });
	pass(world, 1);
	assert_int_equal(world->counts[ACTION_LOOK], 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(leaving_a_site_forgets_all_its_work_and_nothing_else),
		TEST(what_is_left_makes_no_more_calls_and_what_is_not_goes_on),
		TEST(a_site_that_was_left_last_leaves_nothing_that_is_timed),
		TEST(a_late_answer_makes_no_site_of_what_was_left),
		TEST(a_late_answer_is_none_to_the_same_refresh_when_its_site_is_back),
		TEST(the_answer_to_what_was_asked_since_counts),
		TEST(a_site_is_not_called_before_all_of_it_is_restored),
		TEST(a_pause_and_what_was_spent_come_with_the_site),
		TEST(the_jobs_of_a_left_site_are_known_by_its_rows_only),
		TEST(adopting_a_site_ends_no_pause_of_another_ones_breaker),
		TEST(work_of_a_site_that_is_not_configured_goes_on_when_it_is),
	};
	return cmocka_run_group_tests_name("leaving a site", tests, NULL, NULL);
}
