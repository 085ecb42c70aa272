/*
 * What the scheduler does about content, each test named by the sentence that a user would miss.
 * Time stands still unless a test moves it.
 */
#include "base/text.h"
#include "schedule/breaker.h"
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
static const struct content revenue = { CONTENT_WORKBOOK, "4a861507-1003-4528-9ea6-9f9b7370ae32",
	"Revenue", "Finance/Daily" };
static const struct content payroll = { CONTENT_WORKBOOK, "8c8039fb-752f-4a3a-9489-069e6411f939",
	"Payroll", "Finance/Daily" };

static const struct answer fine = { .site = "finance", .verdict = VERDICT_OK };

/* A world with one site, a clock, and the actions that the schedule asked for last. */
struct world {
	char named[64]; /* by the selection that is to be resolved */
	int64_t asked;  /* its id */
	struct schedule *schedule;
	struct arena *arena; /* of what is told */
	struct instant now;
	int64_t events;
	const struct answer *answers; /* to "resolve"; NULL: fine_now() */
	struct text seen;             /* the actions of the last call, a word each */
	int64_t sent;                 /* the refresh of the last "send" */
	int64_t out[64];              /* sent and not answered by answer_all() */
	size_t out_count;
	int backlogs;     /* "backlog", ever */
	int64_t recorded; /* the refresh of the last "record" */
	char state[16];   /* its state then */
	bool is_news;
	char reason[200];
	int64_t asked_after;
	struct wall since; /* from which on the last "look" asks for jobs */
	int64_t caused;    /* the refresh of the last "cause" */
	struct spent kept; /* the last "spent" */
};

static struct answer says(enum verdict verdict, const char *reason)
{
	return (struct answer){ .site = "finance", .verdict = verdict, .reason = reason };
}

/* An answer that took a tenth of a second, from a Tableau whose clock is equal to ours. */
static struct answer fine_now(const struct world *world)
{
	struct answer answer = fine;
	answer.told = (struct told_time){
		.at = { world->now.wall.us / US_PER_SECOND * US_PER_SECOND },
		.after = { world->now.mono.us - 100 * US_PER_MS },
		.before = world->now.mono,
	};
	return answer;
}

/* The order in which events became durable; it does not follow from ids. */
static int64_t sqlite_stamp_of_event(int64_t event)
{
	return (7000 + event) << STAMP_BITS;
}

static struct refresh_ids ids_after(int64_t last)
{
	return (struct refresh_ids){ last + 2, INT64_MAX };
}

static void see(struct world *world, struct actions actions)
{
	static const char *const words[] = { "record", "cause", "end-selection", "spent", "resolve",
		"greet", "send", "poll", "list", "look", "cancel", "tell", "backlog" };
	text_reset(&world->seen);
	for (size_t i = 0; i < actions.count; i++) {
		const struct action *action = &actions.items[i];
		text_printf(&world->seen, "%s%s", i ? " " : "", words[action->type]);
		if (action->type == ACTION_SEND) {
			world->sent = action->refresh->id;
			world->out[world->out_count++ % 64] = world->sent;
		}
		if (action->type == ACTION_SPENT)
			world->kept = action->spent;
		if (action->type == ACTION_RESOLVE)
			world->asked = action->selection;
		if (action->type == ACTION_RESOLVE && action->named)
			snprintf(world->named, sizeof world->named, "%s in %s%s",
				action->named->selector, action->named->project,
				action->uncached ? ", from scratch" : "");
		if (action->type == ACTION_CAUSE)
			world->caused = action->cause->refresh;
		if (action->type == ACTION_RECORD) {
			world->recorded = action->refresh->id;
			world->is_news = action->is_news;
			snprintf(world->state, sizeof world->state, "%s",
				refresh_state_name(action->refresh->state));
			snprintf(
				world->reason, sizeof world->reason, "%s", action->refresh->reason);
		}
		world->backlogs += action->type == ACTION_BACKLOG;
		world->asked_after = action->asked_after;
		if (action->type == ACTION_LOOK)
			world->since = action->since;
	}
}

static void step(struct world *world, struct input input)
{
	see(world, schedule_step(world->schedule, world->now, &input));
}

/* A person's command, and the answer to it. */
static struct asked ask(struct world *world, struct input input)
{
	struct actions actions = schedule_step(world->schedule, world->now, &input);
	see(world, actions);
	return *actions.asked;
}

static bool saw(const struct world *world, const char *word)
{
	return strstr(world->seen.at, word);
}

static void configure_with(struct world *world, int64_t refreshes_per_hour)
{
	struct schedule_site site = {
		.name = "finance",
		.max_requests = 8,
		.poll_interval = 10 * US_PER_SECOND,
		.refreshes_per_hour = refreshes_per_hour,
	};
	step(world, (struct input){ INPUT_CONFIGURE, .configure = { &options, &site, 1 } });
}

static struct schedule_site_status site_status(const struct world *world)
{
	return schedule_site_status_of(world->schedule, world->now, "finance", world->arena);
}

/* Why refreshes of the site wait, as reported now. */
static struct schedule_wait waits(struct world *world)
{
	return site_status(world).starts;
}

static void drop_site(struct world *world)
{
	step(world, (struct input){ INPUT_CONFIGURE, .configure = { &options, NULL, 0 } });
}

static void configure(struct world *world)
{
	configure_with(world, 0);
}

static void greet(struct world *world)
{
	step(world, (struct input){ INPUT_GREETED, .greeted = { fine_now(world) } });
}

static int set_up(void **state)
{
	struct world *world = mem_new(struct world);
	world->now = (struct instant){ { 1800000000 * US_PER_SECOND }, { HOUR } };
	world->schedule = schedule_new(&options, ids_after(0), 42);
	world->arena = arena_new();
	world->seen = TEXT(TEXT_UNBOUNDED);
	configure(world);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	schedule_free(world->schedule);
	arena_free(world->arena);
	text_clear(&world->seen);
	free(world);
	return 0;
}

static void pass(struct world *world, int64_t us)
{
	world->now.wall.us += us;
	world->now.mono.us += us;
	step(world, (struct input){ .type = INPUT_TICK });
}

/* An event arrives whose run finished `ago` before now and which wants `content`. */
static void event_held(struct world *world, int64_t ago, const struct content *content,
	int64_t delay, int64_t quiet)
{
	static const char *const rules[] = { "nightly" };
	int64_t event = world->events * 2 + 1;
	world->events++;
	step(world, (struct input){ INPUT_EVENT, .event = { sqlite_stamp_of_event(event) } });
	struct schedule_selection selection = {
		.id = event,
		.event = event,
		.stamp = sqlite_stamp_of_event(event),
		.site = "finance",
		.priority = 50,
		.delay = delay,
		.quiet = quiet,
		.label = content->name,
		.kind = content->kind,
		.arrived_at = world->now.wall,
		.fresh_from = wall_after(world->now.wall, -ago),
		.rule_count = 1,
		.rules = rules,
	};
	step(world, (struct input){ INPUT_SELECT, .select = { &selection, NULL } });
	if (saw(world, "resolve"))
		step(world, (struct input){ INPUT_RESOLVED,
				    .resolved = { event,
					    world->answers ? *world->answers : fine_now(world),
					    content, 1 } });
}

/* The same, by a rule of this priority. */
static void event_of_priority(struct world *world, int priority, const struct content *content)
{
	static const char *const rules[] = { "urgent" };
	int64_t event = world->events * 2 + 1;
	world->events++;
	step(world, (struct input){ INPUT_EVENT, .event = { sqlite_stamp_of_event(event) } });
	struct schedule_selection selection = {
		.id = event,
		.event = event,
		.stamp = sqlite_stamp_of_event(event),
		.site = "finance",
		.priority = priority,
		.label = content->name,
		.kind = content->kind,
		.arrived_at = world->now.wall,
		.fresh_from = world->now.wall,
		.rule_count = 1,
		.rules = rules,
	};
	step(world, (struct input){ INPUT_SELECT, .select = { &selection, NULL } });
	step(world, (struct input){
			    INPUT_RESOLVED, .resolved = { event, fine_now(world), content, 1 } });
}

static void event_ago(struct world *world, int64_t ago, const struct content *content)
{
	event_held(world, ago, content, 0, 0);
}

static void event(struct world *world)
{
	event_ago(world, 5 * US_PER_SECOND, &revenue);
}

static void answer(struct world *world, enum verdict verdict, const char *reason)
{
	struct job_seen job = {
		.id = "job-1", .phase = PHASE_QUEUED, .created_at = world->now.wall
	};
	struct answer told = says(verdict, reason);
	step(world, (struct input){ INPUT_SENT,
			    .sent = { world->sent, told, verdict == VERDICT_OK ? &job : NULL,
				    world->now.wall } });
}

static void job(
	struct world *world, enum job_phase phase, struct wall started_at, int64_t asked_after)
{
	struct job_seen seen = {
		.id = "job-1", .phase = phase, .started_at = started_at, .notes = ""
	};
	step(world, (struct input){
			    INPUT_POLLED, .polled = { world->sent, fine, &seen, asked_after } });
}

/* Answers every open request, and those that follow, with `verdict`; a job succeeds at once.
 * Returns how many there were. */
static int answer_all(struct world *world, enum verdict verdict, const char *reason)
{
	int count = 0;
	for (; world->out_count; count++) {
		int64_t refresh = world->sent = world->out[--world->out_count];
		answer(world, verdict, reason);
		world->sent = refresh;
		if (verdict == VERDICT_OK)
			job(world, PHASE_SUCCEEDED, world->now.wall, 0);
	}
	return count;
}

/* Lets time pass until the schedule asks something of the site; returns how long that took. */
static int64_t pass_until(struct world *world, const char *word)
{
	int64_t passed = 0;
	for (; !saw(world, word) && passed < 24 * HOUR; passed += US_PER_SECOND)
		pass(world, US_PER_SECOND);
	return passed;
}

/* Replaces the schedule by one restored from the journal. */
static void restart(struct world *world, const struct refresh_row *row)
{
	struct cause_row cause = {
		.refresh = row->id,
		.event = 1,
		.rule = "nightly",
		.after = sqlite_stamp_of_event(1),
		.fresh_from = world->now.wall,
	};
	struct schedule *again = schedule_new(&options, ids_after(row->id), 7);
	schedule_step(
		again, world->now, &(struct input){ INPUT_RESTORE, .restore = { row, &cause, 1 } });
	schedule_free(world->schedule);
	world->schedule = again;
	configure(world);
	bool is_greeted = saw(world, "greet");
	step(world, (struct input){ .type = INPUT_TICK });
	if (is_greeted)
		greet(world);
}

static struct refresh_row row_in(struct world *world, enum refresh_state state)
{
	return (struct refresh_row){
		.id = 42,
		.site = "finance",
		.content = revenue,
		.state = state,
		.reason = "",
		.priority = 50,
		.created_at = world->now.wall,
		.patience = HOUR,
		.attempts = 1,
		.sent_at = world->now.wall,
		.sent_after = sqlite_stamp_of_event(1),
		.job_id = state == REFRESH_QUEUED ? "job-1" : "",
	};
}

/* None of our rows is so, but a store may be damaged. */
static void a_queued_job_whose_row_tells_no_evidence_proves_nothing(void **state)
{
	struct world *world = *state;
	struct refresh_row row = row_in(world, REFRESH_QUEUED);
	row.sent_after = 0;
	restart(world, &row);
	world->sent = row.id;
	job(world, PHASE_SUCCEEDED, (struct wall){ 0 }, 0);
	greet(world);
	assert_string_equal(world->state, "sending");
	assert_int_equal(schedule_lived(world->schedule, REFRESH_QUEUED, REFRESH_WAITING), 1);
	assert_int_equal(schedule_lived(world->schedule, REFRESH_WAITING, REFRESH_SENDING), 1);
}

static void a_job_may_be_over_when_its_request_is_answered(void **state)
{
	struct world *world = *state;
	struct job_seen over = { .id = "job-1", .phase = PHASE_SUCCEEDED, .notes = "" };
	event(world);
	step(world, (struct input){
			    INPUT_SENT, .sent = { world->sent, fine, &over, world->now.wall } });
	assert_string_equal(world->state, "succeeded");
	assert_int_equal(schedule_lived(world->schedule, REFRESH_SENDING, REFRESH_SUCCEEDED), 1);
}

static void a_refresh_is_recorded_as_sending_before_its_request_leaves(void **state)
{
	struct world *world = *state;
	event(world);
	assert_string_equal(world->seen.at, "record cause end-selection send");
	assert_string_equal(world->state, "sending");
}

static void a_refresh_succeeds_when_its_job_does(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	assert_string_equal(world->state, "queued");
	pass(world, 10 * US_PER_SECOND);
	assert_true(saw(world, "poll"));
	job(world, PHASE_SUCCEEDED, world->now.wall, world->asked_after);
	assert_string_equal(world->state, "succeeded");
	assert_int_equal(schedule_count(world->schedule).open, 0);
}

static void a_failed_job_fails_the_refresh_with_tableaus_note(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	struct job_seen seen = { .id = "job-1", .phase = PHASE_FAILED, .notes = "bad password" };
	step(world, (struct input){ INPUT_POLLED, .polled = { world->sent, fine, &seen, 0 } });
	assert_string_equal(world->state, "failed");
	assert_string_equal(world->reason, "bad password");
}

static void ten_events_in_a_burst_cost_two_jobs(void **state)
{
	struct world *world = *state;
	event(world);
	for (int i = 0; i < 9; i++) {
		event(world);
		assert_false(saw(world, "send"));
	}
	answer(world, VERDICT_OK, NULL);
	job(world, PHASE_RUNNING, world->now.wall, 0);
	job(world, PHASE_SUCCEEDED, world->now.wall, 0);
	assert_true(saw(world, "send"));
	answer(world, VERDICT_OK, NULL);
	job(world, PHASE_SUCCEEDED, world->now.wall, 0);
	assert_false(saw(world, "send"));
	assert_int_equal(schedule_count(world->schedule).open, 0);
}

static void a_job_that_was_running_when_dbt_finished_does_not_count(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	struct wall started = world->now.wall;
	job(world, PHASE_RUNNING, started, 0);
	int64_t first = world->sent;
	pass(world, 30 * US_PER_SECOND);
	event(world);
	job(world, PHASE_SUCCEEDED, started, world->asked_after);
	assert_true(saw(world, "send"));
	assert_int_not_equal(world->sent, first);
}

static void a_job_seen_waiting_after_the_event_serves_it(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	event(world);
	pass(world, 10 * US_PER_SECOND);
	job(world, PHASE_QUEUED, (struct wall){ 0 }, world->asked_after);
	job(world, PHASE_SUCCEEDED, world->now.wall, world->asked_after);
	assert_false(saw(world, "send"));
	assert_int_equal(schedule_count(world->schedule).open, 0);
}

static void a_job_that_started_long_after_dbt_finished_serves_a_late_event(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	struct wall started = world->now.wall;
	job(world, PHASE_RUNNING, started, 0);
	job(world, PHASE_SUCCEEDED, started, 0);
	int64_t first = world->sent;
	/* A second subscription delivers the same run, which had finished two minutes before that
	 * job started. */
	event_ago(world, 2 * MINUTE, &revenue);
	assert_string_equal(world->seen.at, "cause end-selection");
	assert_int_equal(world->caused, first);
}

static void a_late_event_within_the_clock_skew_costs_another_job(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	job(world, PHASE_SUCCEEDED, world->now.wall, 0);
	event_ago(world, 30 * US_PER_SECOND, &revenue);
	assert_true(saw(world, "send"));
}

static void an_incremental_refresh_does_not_serve_who_wants_a_full_one(void **state)
{
	struct world *world = *state;
	static const char *const rules[] = { "hourly" };
	step(world, (struct input){ INPUT_EVENT, .event = { sqlite_stamp_of_event(1) } });
	world->events = 1;
	struct schedule_selection selection = {
		.id = 1,
		.event = 1,
		.stamp = sqlite_stamp_of_event(1),
		.site = "finance",
		.incremental = true,
		.label = "Revenue",
		.arrived_at = world->now.wall,
		.fresh_from = world->now.wall,
		.rule_count = 1,
		.rules = rules,
	};
	step(world, (struct input){ INPUT_SELECT, .select = { &selection, NULL } });
	step(world,
		(struct input){ INPUT_RESOLVED, .resolved = { 1, fine_now(world), &revenue, 1 } });
	answer(world, VERDICT_OK, NULL);
	job(world, PHASE_SUCCEEDED, world->now.wall, 0);
	event_ago(world, 10 * MINUTE, &revenue);
	assert_true(saw(world, "send"));
}

static void a_lost_reply_is_looked_for_before_anything_is_sent_again(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_UNKNOWN, "no reply");
	assert_string_equal(world->state, "unknown");
	assert_false(saw(world, "send"));
	pass(world, 2 * US_PER_SECOND);
	assert_string_equal(world->seen.at, "look");
	struct job_seen found = { .id = "job-9",
		.phase = PHASE_RUNNING,
		.created_at = world->now.wall,
		.started_at = world->now.wall };
	/* Tableau's clock is known, so the job is recognised as ours. */
	step(world, (struct input){ INPUT_LOOKED,
			    .looked = { world->sent, fine, &found, world->asked_after } });
	assert_string_equal(world->state, "running");
	assert_string_equal(schedule_find(world->schedule, world->sent)->job_id, "job-9");
}

/* Otherwise a kill would lose the evidence, and the job would run again. */
static void what_lets_an_event_join_a_job_is_recorded_with_it(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	/* which is resolved slowly */
	step(world, (struct input){ INPUT_EVENT,
			    .event = { sqlite_stamp_of_event(2 * world->events + 1) } });
	pass_until(world, "poll");
	job(world, PHASE_QUEUED, (struct wall){ 0 }, world->asked_after);
	assert_false(saw(world, "record"));
	int64_t seen = world->asked_after;
	event(world);
	assert_true(saw(world, "record"));
	assert_false(saw(world, "send"));
	assert_int_equal(schedule_find(world->schedule, world->recorded)->seen_waiting_after, seen);
}

/* The look after a lost reply finds a job that was created `ago` before now. */
static void find_job(struct world *world, int64_t ago, struct answer told)
{
	struct wall made = wall_after(world->now.wall, -ago);
	struct job_seen found = {
		.id = "job-9", .phase = PHASE_RUNNING, .created_at = made, .started_at = made
	};
	pass_until(world, "look");
	step(world, (struct input){ INPUT_LOOKED,
			    .looked = { world->sent, told, &found, world->asked_after } });
}

/* Our request was sent `later` after the second in which the job that the look finds was
 * created. */
static void lose_reply_and_find(struct world *world, int64_t later, enum job_phase phase)
{
	struct wall made = world->now.wall;
	pass(world, later);
	event(world);
	answer(world, VERDICT_UNKNOWN, "no reply");
	int64_t asked = pass_until(world, "look");
	struct job_seen found = {
		.id = "job-1", .phase = phase, .created_at = made, .started_at = made
	};
	assert_true(asked > 0);
	step(world, (struct input){ INPUT_LOOKED,
			    .looked = { world->sent, fine, &found, world->asked_after } });
}

/* Another schedule started a job in the same second as our request, so the job cannot be told apart
 * from ours. */
static void a_job_of_the_second_of_our_request_is_followed_and_proves_nothing(void **state)
{
	struct world *world = *state;
	lose_reply_and_find(world, US_PER_SECOND / 2, PHASE_RUNNING);
	assert_string_equal(world->state, "running");
	assert_false(saw(world, "send"));
	event(world);
	assert_false(saw(world, "send"));
	job(world, PHASE_SUCCEEDED, world->now.wall, 0);
	assert_true(saw(world, "send")); /* one request for both */
	answer(world, VERDICT_OK, NULL);
	job(world, PHASE_SUCCEEDED, world->now.wall, 0);
	assert_string_equal(world->state, "succeeded");
	assert_int_equal(schedule_count(world->schedule).open, 0);
}

static void a_job_of_that_second_that_is_over_is_no_success_and_no_failure(void **state)
{
	static const enum job_phase ends[] = { PHASE_SUCCEEDED, PHASE_FAILED, PHASE_CANCELLED };
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		struct world *world = *state;
		lose_reply_and_find(world, US_PER_SECOND / 2, ends[i]);
		assert_true(saw(world, "send"));
		answer(world, VERDICT_OK, NULL);
		job(world, PHASE_SUCCEEDED, world->now.wall, 0);
		assert_string_equal(world->state, "succeeded");
	}
}

/* Otherwise its answer, which is about the old job, would be taken for the next job's. */
static void a_poll_that_is_out_is_waited_for_before_anything_is_sent_again(void **state)
{
	struct world *world = *state;
	lose_reply_and_find(world, US_PER_SECOND / 2, PHASE_RUNNING);
	int64_t id = world->sent;
	pass_until(world, "poll");
	step(world, (struct input){ INPUT_POLLED, .polled = { id, says(VERDICT_UNREAD, "strange"),
							  NULL, world->asked_after } });
	pass_until(world, "list");
	step(world, (struct input){ INPUT_LISTED, .listed = { fine, NULL, 0, 0 } });
	assert_true(saw(world, "poll"));
	struct job_seen row = { .id = "job-1", .phase = PHASE_SUCCEEDED };
	step(world, (struct input){ INPUT_LISTED, .listed = { fine, &row, 1, 0 } });
	assert_false(saw(world, "send"));
	job(world, PHASE_SUCCEEDED, world->now.wall, 0);
	assert_true(saw(world, "send"));
}

/* A job that cannot be told apart from ours is cancelled, because it may be ours; if it had ended
 * before, that is not a success. */
static void a_job_of_that_second_is_cancelled_when_somebody_wants_it(void **state)
{
	struct world *world = *state;
	lose_reply_and_find(world, US_PER_SECOND / 2, PHASE_RUNNING);
	struct asked asked =
		ask(world, (struct input){ INPUT_CANCEL, .cancel = { world->sent, "anna" } });
	assert_int_equal(asked.consent, CONSENT_YES);
	assert_true(saw(world, "cancel"));
	step(world, (struct input){
			    .type = INPUT_JOB_CANCELLED, .job_cancelled = { world->sent, fine } });
	assert_string_equal(world->state, "cancelled");
}

/* It began after our request, so it serves even if it is not ours. */
static void a_job_that_began_after_a_request_serves_it_whoever_asked_for_it(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_BUSY, "already queued");
	assert_true(saw(world, "look"));
	pass(world, 5 * US_PER_SECOND); /* a slow answer: it waited, and has begun meanwhile */
	struct job_seen found = { .id = "job-7",
		.phase = PHASE_RUNNING,
		.created_at = wall_after(world->now.wall, -MINUTE),
		.started_at = wall_after(world->now.wall, -US_PER_SECOND) };
	step(world, (struct input){ INPUT_LOOKED,
			    .looked = { world->sent, fine, &found, world->asked_after } });
	assert_string_equal(world->state, "running");
}

/* "403 although the job had been queued" (src/tableau/README.md): of a job that was there already,
 * Tableau would have said 409093. */
static void a_job_that_goes_on_after_a_doubtful_no_is_ours(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_DOUBT, "403004: forbidden");
	find_job(world, 0, fine);
	assert_string_equal(world->state, "running");
	job(world, PHASE_SUCCEEDED, world->now.wall, 0);
	assert_string_equal(world->state, "succeeded");
}

static void a_look_that_cannot_tell_is_made_again_before_anything_is_sent(void **state)
{
	struct world *world = *state;
	int looks = 0;
	event(world);
	answer(world, VERDICT_UNKNOWN, "no reply");
	while (!saw(world, "send") && looks < 100) {
		if (saw(world, "look")) {
			looks++;
			step(world, (struct input){ INPUT_LOOKED,
					    .looked = { world->sent,
						    says(VERDICT_UNSURE, "thirty of one name"),
						    NULL, world->asked_after } });
			assert_string_equal(world->state, looks < 8 ? "unknown" : "waiting");
			/* Tableau answers, so the breaker stays closed */
			assert_false(saw(world, "tell"));
		}
		pass(world, US_PER_SECOND);
	}
	assert_int_equal(looks, 8); /* and it ends */
}

static void it_is_said_when_nobody_could_tell_whether_there_is_a_job(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_UNKNOWN, "no reply");
	pass_until(world, "look");
	step(world, (struct input){ INPUT_LOOKED,
			    .looked = { world->sent, says(VERDICT_CANNOT, "403004: Forbidden"),
				    NULL, world->asked_after } });
	assert_string_equal(world->state, "waiting");
	assert_string_equal(world->reason,
		"it is not known whether the last request made a job (403004: "
		"Forbidden), it is sent again; it got: no reply");
}

/* Every answer so far took 20 s, so Tableau's clock is known no better than that. */
static void a_job_made_when_tableaus_time_is_not_known_is_not_taken_for_ours(void **state)
{
	struct world *world = *state;
	struct answer slow = fine_now(world);
	slow.told.after.us -= 20 * US_PER_SECOND;
	world->answers = &slow;
	event(world);
	assert_false(wall_is_set(schedule_find(world->schedule, world->sent)->sent_at_tableau));
	answer(world, VERDICT_UNKNOWN, "no reply");
	find_job(world, 8 * US_PER_SECOND, slow);
	assert_string_equal(world->state, "waiting");
	pass_until(world, "send");
	assert_true(saw(world, "send"));
}

/* The headers came at once and the body 20 s later, or the machine slept. */
static void a_slow_answer_does_not_spoil_what_a_quick_one_told(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	job(world, PHASE_SUCCEEDED, world->now.wall, 0);
	pass(world, 20 * US_PER_SECOND);
	struct answer slow = fine_now(world);
	slow.told.at.us -= 20 * US_PER_SECOND;
	slow.told.after.us -= 20 * US_PER_SECOND;
	world->answers = &slow;
	event(world);
	answer(world, VERDICT_UNKNOWN, "no reply");
	int64_t asked = pass_until(world, "look");
	find_job(world, asked + 8 * US_PER_SECOND, slow); /* before dbt's run had ended */
	assert_string_equal(world->state, "waiting");
	pass_until(world, "send");
	answer(world, VERDICT_UNKNOWN, "no reply");
	find_job(world, 0, slow);
	assert_string_equal(world->state, "running");
}

/* So Tableau's time is recorded with the request, and a kill before the answer does not lose the
 * job. */
static void a_site_is_greeted_before_the_first_request_after_a_start(void **state)
{
	struct world *world = *state;
	struct refresh_row row = row_in(world, REFRESH_WAITING);
	struct schedule *again = schedule_new(&options, ids_after(row.id), 7);
	struct cause_row cause = {
		.event = 1, .rule = "nightly", .after = sqlite_stamp_of_event(1)
	};
	schedule_step(again, world->now,
		&(struct input){ INPUT_RESTORE, .restore = { &row, &cause, 1 } });
	schedule_free(world->schedule);
	world->schedule = again;
	configure(world);
	assert_string_equal(world->seen.at, "greet");
	greet(world);
	assert_string_equal(world->seen.at, "record send");
	struct refresh_row sent = *schedule_find(world->schedule, row.id);
	assert_true(wall_is_set(sent.sent_at_tableau));
	sent.content = revenue;
	sent.site = "finance";
	sent.reason = sent.job_id = "";
	pass(world, 2 * US_PER_SECOND);
	restart(world, &sent);
	find_job(world, 2 * US_PER_SECOND, fine);
	assert_string_equal(world->state, "running");
}

/* ---- a store that was restored from a copy ---- */

static void look_ends(struct world *world, enum verdict verdict)
{
	struct job_seen found = { .id = "job-9",
		.phase = PHASE_SUCCEEDED,
		.created_at = world->now.wall,
		.started_at = world->now.wall,
		.completed_at = world->now.wall };
	struct answer told = fine_now(world);
	told.verdict = verdict;
	told.reason = verdict == VERDICT_OK ? NULL : "there is none";
	step(world, (struct input){ INPUT_LOOKED,
			    .looked = { 42, told, verdict == VERDICT_OK ? &found : NULL,
				    world->asked_after } });
}

static struct refresh_row row_of_copy(struct world *world)
{
	struct refresh_row row = row_in(world, REFRESH_WAITING);
	row.is_from_copy = true;
	row.attempts = 0;
	row.sent_at = (struct wall){ 0 };
	row.sent_after = 0;
	return row;
}

static void what_waited_in_a_copy_is_looked_for_before_it_is_sent(void **state)
{
	struct world *world = *state;
	struct refresh_row row = row_of_copy(world);
	restart(world, &row);
	assert_true(saw(world, "look") && !saw(world, "send"));
	assert_string_equal(world->state, "unknown");
	pass(world, 2 * MINUTE);
	look_ends(world, VERDICT_OK);
	assert_string_equal(world->state, "succeeded");
	assert_false(saw(world, "send"));
}

static void what_was_never_sent_after_the_copy_is_sent_once(void **state)
{
	struct world *world = *state;
	struct refresh_row row = row_of_copy(world);
	restart(world, &row);
	look_ends(world, VERDICT_NONE);
	assert_true(pass_until(world, "send") < HOUR);
	assert_string_equal(world->state, "sending");
}

/* Since then the row says `unknown`, which a restart looks for too. */
static void a_kill_before_the_look_is_answered_does_not_forget_it(void **state)
{
	struct world *world = *state;
	struct refresh_row row = row_of_copy(world);
	restart(world, &row);
	row.state = schedule_find(world->schedule, 42)->state;
	row.is_from_copy = schedule_find(world->schedule, 42)->is_from_copy;
	restart(world, &row);
	assert_true(saw(world, "look") && !saw(world, "send"));
}

/* Who ran on what is forgotten may have sent it once more, too. */
static void what_was_followed_in_a_copy_is_looked_for_before_it_is_sent_once_more(void **state)
{
	struct world *world = *state;
	struct refresh_row row = row_in(world, REFRESH_QUEUED);
	row.is_from_copy = true;
	row.sent_after = 0;
	restart(world, &row);
	world->sent = row.id;
	job(world, PHASE_SUCCEEDED, (struct wall){ 0 }, 0);
	assert_string_equal(world->state, "unknown");
	assert_true(pass_until(world, "look") < MINUTE);
	look_ends(world, VERDICT_NONE);
	assert_string_equal(world->state, "waiting");
	pass_until(world, "send");
	assert_string_equal(world->state, "sending");
}

/* A job that began after dbt had finished may have stood in the queue since before. */
static void a_look_for_what_an_old_copy_has_goes_back_a_day_before_dbt_finished(void **state)
{
	struct world *world = *state;
	struct refresh_row row = row_of_copy(world);
	struct wall finished = world->now.wall;
	world->now.wall.us += 48 * HOUR;
	struct cause_row cause = { .refresh = row.id,
		.event = 1,
		.rule = "nightly",
		.after = sqlite_stamp_of_event(1),
		.fresh_from = finished };
	struct schedule *again = schedule_new(&options, ids_after(row.id), 7);
	schedule_step(again, world->now,
		&(struct input){ INPUT_RESTORE, .restore = { &row, &cause, 1 } });
	schedule_free(world->schedule);
	world->schedule = again;
	configure(world);
	pass_until(world, "look");
	assert_int_equal(world->since.us, finished.us - 24 * HOUR);
}

/* A look finds the youngest job first, and an older one for the next refresh. */
static void a_late_event_is_told_of_the_refresh_with_the_youngest_job(void **state)
{
	struct world *world = *state;
	struct refresh_row young = row_in(world, REFRESH_SUCCEEDED), old = young;
	young.sent_after = old.sent_after = 0;
	young.job_started_at = wall_after(world->now.wall, -MINUTE);
	old.id = young.id + 2;
	old.job_started_at = wall_after(world->now.wall, -10 * MINUTE);
	struct schedule *again = schedule_new(&options, ids_after(old.id), 7);
	schedule_step(again, world->now,
		&(struct input){ INPUT_RESTORE, .restore = { &young, NULL, 0 } });
	schedule_step(
		again, world->now, &(struct input){ INPUT_RESTORE, .restore = { &old, NULL, 0 } });
	schedule_free(world->schedule);
	world->schedule = again;
	configure(world);
	event_ago(world, 5 * MINUTE, &revenue);
	assert_string_equal(world->seen.at, "cause end-selection");
	assert_int_equal(world->caused, young.id);
}

static void a_selection_of_a_copy_is_looked_for_too(void **state)
{
	struct world *world = *state;
	const char *rules[] = { "nightly" };
	struct schedule_selection selection = { .id = 1,
		.event = 1,
		.stamp = sqlite_stamp_of_event(1),
		.site = "finance",
		.label = revenue.name,
		.kind = revenue.kind,
		.arrived_at = world->now.wall,
		.fresh_from = world->now.wall,
		.is_from_copy = true,
		.rule_count = 1,
		.rules = rules };
	step(world, (struct input){ INPUT_SELECT, .select = { &selection, NULL } });
	step(world,
		(struct input){ INPUT_RESOLVED, .resolved = { 1, fine_now(world), &revenue, 1 } });
	assert_string_equal(world->state, "unknown");
	assert_false(saw(world, "send"));
	assert_true(pass_until(world, "look") < MINUTE);
}

static void when_greeting_fails_the_request_tells_why(void **state)
{
	struct world *world = *state;
	world->answers = &fine;
	event(world);
	assert_true(saw(world, "greet"));
	step(world, (struct input){ INPUT_GREETED,
			    .greeted = { says(VERDICT_RETRY, "sign in: connection refused") } });
	assert_true(saw(world, "send"));
	answer(world, VERDICT_RETRY, "sign in: connection refused");
	assert_string_equal(world->reason, "sign in: connection refused");
	pass_until(world, "greet");
	greet(world);
	assert_true(saw(world, "send"));
}

static void a_site_that_tells_no_time_is_greeted_once(void **state)
{
	struct world *world = *state;
	world->answers = &fine;
	event(world);
	step(world, (struct input){ INPUT_GREETED, .greeted = { fine } });
	assert_true(saw(world, "send"));
	event_ago(world, 0, &payroll);
	assert_true(saw(world, "send"));
}

static void a_lost_request_is_sent_again_when_no_job_is_found(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_UNKNOWN, "no reply");
	pass(world, 2 * US_PER_SECOND);
	struct answer none = says(VERDICT_NONE, "none");
	step(world, (struct input){ INPUT_LOOKED,
			    .looked = { world->sent, none, NULL, world->asked_after } });
	assert_string_equal(world->state, "waiting");
	assert_string_equal(world->reason,
		"no job was found of the last request, it is sent again; it got: no reply");
	pass(world, 5 * US_PER_SECOND);
	assert_true(saw(world, "send"));
}

static void a_job_of_somebody_else_that_runs_already_is_waited_for(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_BUSY, "already queued");
	assert_true(saw(world, "look"));
	struct job_seen found = { .id = "job-7",
		.phase = PHASE_RUNNING,
		.created_at = wall_after(world->now.wall, -MINUTE),
		.started_at = wall_after(world->now.wall, -MINUTE) };
	step(world, (struct input){ INPUT_LOOKED,
			    .looked = { world->sent, fine, &found, world->asked_after } });
	assert_string_equal(world->state, "waiting");
	pass(world, 20 * US_PER_SECOND);
	assert_true(saw(world, "send"));
}

static void a_job_of_somebody_else_that_still_waits_is_taken_over(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_BUSY, "already queued");
	struct job_seen found = { .id = "job-7",
		.phase = PHASE_QUEUED,
		.created_at = wall_after(world->now.wall, -MINUTE) };
	step(world, (struct input){ INPUT_LOOKED,
			    .looked = { world->sent, fine, &found, world->asked_after } });
	assert_string_equal(world->state, "queued");
	struct job_seen end = {
		.id = "job-7", .phase = PHASE_SUCCEEDED, .started_at = world->now.wall
	};
	step(world, (struct input){ INPUT_POLLED,
			    .polled = { world->sent, fine, &end, world->asked_after } });
	assert_string_equal(world->state, "succeeded");
}

static void a_failed_poll_never_starts_a_second_refresh(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	pass(world, 10 * US_PER_SECOND);
	for (int polls = 0; polls < 50;) {
		struct answer bad = says(VERDICT_RETRY, "HTTP 502");
		if (saw(world, "poll")) {
			step(world,
				(struct input){ INPUT_POLLED,
					.polled = { world->sent, bad, NULL, world->asked_after } });
			polls++;
		}
		assert_false(saw(world, "send"));
		pass(world, 10 * US_PER_SECOND);
	}
	job(world, PHASE_SUCCEEDED, world->now.wall, world->asked_after);
	assert_string_equal(world->state, "succeeded");
}

static void a_transient_error_is_tried_again_and_given_up_in_the_end(void **state)
{
	struct world *world = *state;
	event(world);
	int sends = 0;
	for (int i = 0; i < 10000 && schedule_count(world->schedule).open; i++) {
		if (saw(world, "send")) {
			sends++;
			answer(world, VERDICT_RETRY, "connection refused");
		}
		pass(world, 10 * US_PER_SECOND);
	}
	assert_string_equal(world->state, "expired");
	assert_non_null(strstr(world->reason, "connection refused"));
	assert_in_range(sends, 72,
		600); /* for six hours, at most five minutes apart but not every few seconds */
}

static void an_event_that_comes_while_a_refresh_waits_to_be_sent_again_joins_it(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_RETRY, "connection refused");
	event(world);
	assert_int_equal(world->caused, world->sent);
	assert_int_equal(schedule_count(world->schedule).open, 1);
}

static void an_event_that_joins_is_counted_and_writes_its_cause_alone(void **state)
{
	struct world *world = *state;
	step(world, (struct input){ INPUT_PAUSE, .pause = { "finance", true, "alice", false } });
	event(world);
	for (int i = 0; i < 1000; i++) {
		event(world);
		assert_string_equal(world->seen.at, "cause end-selection");
	}
	assert_int_equal(schedule_count(world->schedule).causes, 1001);
	event_held(world, 0, &payroll, HOUR, 0);
	assert_int_equal(schedule_count(world->schedule).causes, 1002);
	step(world, (struct input){ INPUT_CANCEL, .cancel = { 2, "alice" } });
	assert_int_equal(schedule_count(world->schedule).causes, 1);
}

static void a_record_that_tells_nothing_new_is_no_news(void **state)
{
	struct world *world = *state;
	event_held(world, 0, &revenue, 0, 15 * MINUTE);
	assert_true(world->is_news);
	pass(world, MINUTE);
	/* it waits longer, with another not_before */
	event_held(world, 0, &revenue, 0, 15 * MINUTE);
	assert_true(saw(world, "record"));
	assert_false(world->is_news);
	pass(world, 15 * MINUTE);
	assert_true(saw(world, "send"));
	assert_true(world->is_news);
}

static void no_more_requests_are_out_than_the_site_allows(void **state)
{
	struct world *world = *state;
	char luid[40];
	int sends = 0;
	for (int i = 0; i < 20; i++) {
		snprintf(luid, sizeof luid, "00000000-0000-4000-8000-%012d", i);
		struct content content = { CONTENT_WORKBOOK, luid, "w", "" };
		event_ago(world, 0, &content);
		sends += saw(world, "send");
	}
	assert_int_equal(sends, 8);
	answer(world, VERDICT_OK, NULL);
	assert_true(saw(world, "send"));
}

static void the_more_urgent_refresh_goes_first(void **state)
{
	struct world *world = *state;
	static const char *const rules[] = { "urgent" };
	struct schedule_site site = {
		.name = "finance", .max_requests = 1, .poll_interval = 10 * US_PER_SECOND
	};
	step(world, (struct input){ INPUT_CONFIGURE, .configure = { &options, &site, 1 } });
	event(world);
	event_ago(world, 0, &payroll);
	struct content board = { CONTENT_WORKBOOK, "12618590-5636-48ad-b3ad-1856de3130af", "Board",
		"" };
	struct schedule_selection selection = {
		.id = 99,
		.event = 99,
		.stamp = sqlite_stamp_of_event(99),
		.site = "finance",
		.priority = 90,
		.label = "Board",
		.arrived_at = world->now.wall,
		.fresh_from = world->now.wall,
		.rule_count = 1,
		.rules = rules,
	};
	step(world, (struct input){ INPUT_EVENT, .event = { sqlite_stamp_of_event(99) } });
	step(world, (struct input){ INPUT_SELECT, .select = { &selection, NULL } });
	step(world,
		(struct input){ INPUT_RESOLVED, .resolved = { 99, fine_now(world), &board, 1 } });
	answer(world, VERDICT_OK, NULL);
	assert_string_equal(schedule_find(world->schedule, world->sent)->content.name, "Board");
}

static const struct content board = { CONTENT_WORKBOOK, "12618590-5636-48ad-b3ad-1856de3130af",
	"Board", "" };

static const char *name_sent(const struct world *world)
{
	return schedule_find(world->schedule, world->sent)->content.name;
}

static void configure_one_at_a_time(struct world *world, int64_t give_up_after)
{
	struct schedule_site site = {
		.name = "finance", .max_requests = 1, .poll_interval = 10 * US_PER_SECOND
	};
	struct schedule_options changed = options;
	changed.give_up_after = give_up_after;
	step(world, (struct input){ INPUT_CONFIGURE, .configure = { &changed, &site, 1 } });
}

/* An urgent event came while the request was out, too late for it. The request was then refused for
 * now, so the next one serves both. */
static void what_is_sent_again_is_as_urgent_as_those_who_came_meanwhile(void **state)
{
	struct world *world = *state;
	configure_one_at_a_time(world, options.give_up_after);
	event_of_priority(world, 10, &revenue);
	int64_t first = world->sent;
	event_of_priority(world, 90, &revenue);
	answer(world, VERDICT_RETRY, "connection refused");
	event_of_priority(world, 50, &payroll);
	event_of_priority(world, 60, &board); /* waits for its turn */
	pass(world, 2 * US_PER_SECOND);       /* and so does Revenue */
	answer(world, VERDICT_OK, NULL);      /* of Payroll */
	assert_int_equal(world->sent, first);
	assert_int_equal(schedule_find(world->schedule, first)->priority, 90);
}

static void a_full_refresh_that_came_meanwhile_makes_the_next_request_a_full_one(void **state)
{
	struct world *world = *state;
	static const char *const rules[] = { "hourly" };
	struct schedule_selection selection = { .id = 1,
		.event = 1,
		.stamp = sqlite_stamp_of_event(1),
		.site = "finance",
		.incremental = true,
		.label = "Revenue",
		.arrived_at = world->now.wall,
		.rule_count = 1,
		.rules = rules };
	world->events = 1;
	step(world, (struct input){ INPUT_EVENT, .event = { sqlite_stamp_of_event(1) } });
	step(world, (struct input){ INPUT_SELECT, .select = { &selection, NULL } });
	step(world,
		(struct input){ INPUT_RESOLVED, .resolved = { 1, fine_now(world), &revenue, 1 } });
	assert_true(schedule_find(world->schedule, world->sent)->incremental);
	event(world);
	answer(world, VERDICT_RETRY, "connection refused");
	pass(world, 2 * US_PER_SECOND);
	assert_true(saw(world, "send"));
	assert_false(schedule_find(world->schedule, world->sent)->incremental);
}

/* The weight of a point of priority depends on give_up_after. */
static void a_new_give_up_after_counts_for_those_who_wait_already(void **state)
{
	struct world *world = *state;
	configure_one_at_a_time(world, 12 * HOUR);
	event_of_priority(world, 0, &revenue);
	event_of_priority(world, 10, &payroll); /* as if 36 minutes older; with an hour, 3 */
	pass(world, 5 * MINUTE);
	configure_one_at_a_time(world, HOUR);
	event_of_priority(world, 100, &board); /* as if 30 minutes older */
	answer(world, VERDICT_OK, NULL);       /* of Revenue */
	assert_string_equal(name_sent(world), "Board");
}

static void content_published_anew_keeps_its_turn(void **state)
{
	struct world *world = *state;
	configure_one_at_a_time(world, options.give_up_after);
	event(world);
	pass(world, MINUTE);
	event_ago(world, 0, &payroll);
	pass(world, MINUTE);
	struct content published = revenue;
	published.luid = "ffffffff-1003-4528-9ea6-9f9b7370ae32";
	step(world, (struct input){ INPUT_MOVED, .moved = { world->sent, fine, &published } });
	assert_string_equal(name_sent(world), "Revenue");
}

static void a_selection_that_names_nothing_is_a_failed_refresh_with_the_reason(void **state)
{
	struct world *world = *state;
	static const char *const rules[] = { "nightly" };
	struct schedule_selection selection = { .id = 1,
		.event = 1,
		.stamp = sqlite_stamp_of_event(1),
		.site = "finance",
		.label = "Revenu",
		.rule_count = 1,
		.rules = rules };
	step(world, (struct input){ INPUT_SELECT, .select = { &selection, NULL } });
	struct answer no = says(VERDICT_FAIL, "no workbook 'Revenu'");
	step(world, (struct input){ INPUT_RESOLVED, .resolved = { 1, no, NULL, 0 } });
	assert_string_equal(world->seen.at, "record cause end-selection");
	assert_string_equal(world->state, "failed");
	assert_string_equal(world->reason, "no workbook 'Revenu'");
}

static void a_selection_that_is_asked_for_when_its_time_is_over_is_given_up_soon_after(void **state)
{
	struct world *world = *state;
	static const char *const rules[] = { "nightly" };
	struct schedule_selection selection = { .id = 1,
		.event = 1,
		.stamp = sqlite_stamp_of_event(1),
		.site = "finance",
		.label = "Revenue",
		.rule_count = 1,
		.rules = rules };
	step(world, (struct input){ INPUT_SELECT, .select = { &selection, NULL } });
	assert_true(saw(world, "resolve"));
	pass(world, options.give_up_after);
	assert_false(saw(world, "end-selection"));
	step(world, (struct input){ INPUT_RESOLVED,
			    .resolved = { 1, says(VERDICT_RETRY, "HTTP 502"), NULL, 0 } });
	for (int i = 0; i < 10 && !saw(world, "end-selection"); i++) {
		pass(world, US_PER_SECOND);
		if (saw(world, "resolve"))
			step(world, (struct input){ INPUT_RESOLVED,
					    .resolved = { 1, says(VERDICT_RETRY, "HTTP 502"), NULL,
						    0 } });
	}
	assert_string_equal(world->state, "expired");
	assert_non_null(strstr(world->reason, "HTTP 502"));
}

static void a_selection_for_an_unknown_site_waits_for_it_until_give_up_after(void **state)
{
	struct world *world = *state;
	static const char *const rules[] = { "nightly" };
	struct schedule_selection selection = { .id = 1,
		.event = 1,
		.stamp = sqlite_stamp_of_event(1),
		.site = "finanec",
		.label = "Revenue",
		.rule_count = 1,
		.rules = rules };
	selection.arrived_at = world->now.wall;
	step(world, (struct input){ INPUT_SELECT, .select = { &selection, NULL } });
	assert_string_equal(world->seen.at, "");
	pass(world, 6 * HOUR - US_PER_SECOND);
	assert_string_equal(world->seen.at, "");
	pass(world, 2 * US_PER_SECOND);
	assert_string_equal(world->state, "expired");
	assert_non_null(strstr(world->reason, "the configuration has no site 'finanec'"));
}

static void content_published_anew_is_refreshed_under_its_new_id(void **state)
{
	struct world *world = *state;
	event(world);
	struct content published = revenue;
	published.luid = "ffffffff-1003-4528-9ea6-9f9b7370ae32";
	int64_t first = world->sent;
	step(world, (struct input){ INPUT_MOVED, .moved = { first, fine, &published } });
	assert_true(saw(world, "send"));
	assert_int_not_equal(world->sent, first);
	assert_string_equal(
		schedule_find(world->schedule, world->sent)->content.luid, published.luid);
}

static void who_stood_in_line_before_content_was_published_anew_costs_no_second_job(void **state)
{
	struct world *world = *state;
	event(world);
	int64_t first = world->sent;
	event(world); /* while the request is out: stands behind it */
	int64_t second = world->recorded;
	struct content published = revenue;
	published.luid = "ffffffff-1003-4528-9ea6-9f9b7370ae32";
	step(world, (struct input){ INPUT_MOVED, .moved = { first, fine, &published } });
	int64_t successor = 0;
	for (size_t i = 0; i < world->out_count; i++)
		if (world->out[i] != first && world->out[i] != second)
			successor = world->out[i];
	world->sent = successor;
	answer(world, VERDICT_OK, NULL);
	job(world, PHASE_SUCCEEDED, world->now.wall, 0);
	step(world, (struct input){ INPUT_MOVED, .moved = { second, fine, &published } });
	assert_false(saw(world, "send"));
	assert_int_equal(world->caused, successor);
}

static void a_job_of_content_that_moved_meanwhile_does_not_count(void **state)
{
	struct world *world = *state;
	event(world);
	int64_t first = world->sent;
	answer(world, VERDICT_OK, NULL);
	struct content published = revenue;
	published.luid = "ffffffff-1003-4528-9ea6-9f9b7370ae32";
	step(world, (struct input){ INPUT_MOVED, .moved = { first, fine, &published } });
	assert_null(schedule_find(world->schedule, first));
	assert_int_not_equal(world->sent, first);
	assert_string_equal(
		schedule_find(world->schedule, world->sent)->content.luid, published.luid);
	assert_int_equal(schedule_count(world->schedule).in_flight, 0);
}

/* A refresh in line is checked by itself: it is sent and does not end with the other. */
static void what_the_rules_do_not_name_any_more_fails_alone(void **state)
{
	struct world *world = *state;
	static const char why[] = "Tableau calls it 'Revenue 2025' now";
	event(world);
	int64_t first = world->sent;
	event(world); /* while the request is out: stands behind it */
	step(world, (struct input){ INPUT_SENT,
			    .sent = { first, says(VERDICT_OTHER, why), NULL, world->now.wall } });
	assert_null(schedule_find(world->schedule, first));
	assert_int_not_equal(world->sent, first);
	answer(world, VERDICT_OK, NULL);
	step(world, (struct input){ INPUT_POLLED, .polled = { world->sent, says(VERDICT_OTHER, why),
							  NULL, world->asked_after } });
	assert_string_equal(world->state, "failed");
	assert_string_equal(world->reason, why);
	assert_int_equal(schedule_count(world->schedule).open, 0);
}

static void a_refresh_that_was_being_sent_at_a_crash_is_looked_for(void **state)
{
	struct world *world = *state;
	struct refresh_row row = row_in(world, REFRESH_SENDING);
	restart(world, &row);
	assert_string_equal(world->seen.at, "look");
}

static void a_job_in_flight_at_a_restart_is_followed_and_not_sent_again(void **state)
{
	struct world *world = *state;
	struct refresh_row row = row_in(world, REFRESH_QUEUED);
	restart(world, &row);
	assert_string_equal(world->seen.at, "poll");
}

static void a_waiting_refresh_is_sent_after_a_restart(void **state)
{
	struct world *world = *state;
	struct refresh_row row = row_in(world, REFRESH_WAITING);
	restart(world, &row);
	assert_int_equal(schedule_find(world->schedule, 42)->state, REFRESH_SENDING);
}

/* They had waited longer than give_up_after, for example because a person had paused the site. */
static void a_restart_keeps_the_turn_also_of_those_who_waited_for_days(void **state)
{
	struct world *world = *state;
	struct schedule *again = schedule_new(&options, ids_after(100), 7);
	struct refresh_row first = row_in(world, REFRESH_WAITING), second = first;
	struct cause_row cause = {
		.event = 1, .rule = "nightly", .after = sqlite_stamp_of_event(1)
	};
	first.created_at = wall_after(world->now.wall, -24 * HOUR);
	first.priority = 0;
	second.id = 44;
	second.content = payroll;
	second.created_at = wall_after(world->now.wall, -6 * HOUR);
	second.priority = 100;
	first.attempts = second.attempts = 0;
	schedule_step(again, world->now,
		&(struct input){ INPUT_RESTORE, .restore = { &first, &cause, 1 } });
	schedule_step(again, world->now,
		&(struct input){ INPUT_RESTORE, .restore = { &second, &cause, 1 } });
	schedule_free(world->schedule);
	world->schedule = again;
	configure_one_at_a_time(world, options.give_up_after);
	greet(world);
	assert_int_equal(world->sent, first.id);
}

static void a_restart_does_not_take_the_wait_for_a_budget_for_a_backoff(void **state)
{
	struct world *world = *state;
	struct refresh_row row = row_in(world, REFRESH_WAITING);
	row.not_before = wall_after(world->now.wall, 30 * MINUTE);
	restart(world, &row);
	assert_int_equal(schedule_find(world->schedule, 42)->state, REFRESH_SENDING);
}

static void many_jobs_of_a_site_are_polled_with_one_list(void **state)
{
	struct world *world = *state;
	event(world);
	int64_t first = world->sent;
	answer(world, VERDICT_OK, NULL);
	event_ago(world, 0, &payroll);
	struct job_seen second = {
		.id = "job-2", .phase = PHASE_QUEUED, .created_at = world->now.wall
	};
	step(world, (struct input){
			    INPUT_SENT, .sent = { world->sent, fine, &second, world->now.wall } });
	pass(world, 10 * US_PER_SECOND);
	assert_string_equal(world->seen.at, "list");
	struct job_seen rows[] = {
		{ .id = "job-1", .phase = PHASE_RUNNING, .started_at = world->now.wall },
		{ .id = "job-2", .phase = PHASE_SUCCEEDED }
	};
	step(world,
		(struct input){ INPUT_LISTED, .listed = { fine, rows, 2, world->asked_after } });
	assert_int_equal(schedule_find(world->schedule, first)->state, REFRESH_RUNNING);
	assert_true(saw(world, "poll")); /* the ended job, for its finish code and notes */
}

static void without_the_right_to_list_jobs_each_is_asked_for(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	event_ago(world, 0, &payroll);
	answer(world, VERDICT_OK, NULL);
	pass(world, 10 * US_PER_SECOND);
	step(world, (struct input){
			    INPUT_LISTED, .listed = { says(VERDICT_CANNOT, "403"), NULL, 0, 0 } });
	pass(world, 0);
	assert_string_equal(world->seen.at, "poll poll");
}

/* ---- a site that a reload drops ---- */

static void work_of_a_site_that_is_gone_goes_on_when_it_is_back(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_RETRY, "refused");
	drop_site(world);
	pass(world, HOUR);
	assert_string_equal(world->seen.at, "");
	assert_non_null(strstr(waits(world).reason, "the configuration has no site 'finance'"));
	configure(world);
	assert_true(saw(world, "send"));
	assert_null(waits(world).reason);
}

static void work_of_a_site_that_is_gone_for_good_is_given_up_and_says_why(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_RETRY, "refused");
	drop_site(world);
	pass(world, 6 * HOUR + US_PER_SECOND);
	pass(world, US_PER_SECOND);
	assert_string_equal(world->state, "expired");
	assert_non_null(strstr(world->reason, "the configuration has no site 'finance'"));
}

static void a_job_of_a_site_that_was_gone_for_a_while_is_followed_to_its_end(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	drop_site(world);
	pass(world, HOUR);
	assert_string_equal(world->seen.at, "");
	configure(world);
	pass(world, 0);
	assert_string_equal(world->seen.at, "poll");
	job(world, PHASE_SUCCEEDED, world->now.wall, world->asked_after);
	assert_string_equal(world->state, "succeeded");
}

static void a_lost_reply_of_a_site_that_was_gone_for_a_while_is_looked_for(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_UNKNOWN, "no reply");
	drop_site(world);
	pass(world, HOUR);
	assert_string_equal(world->seen.at, "");
	configure(world);
	pass(world, 0);
	assert_string_equal(world->seen.at, "look");
}

/* ---- give_up_after: time for which we hold work back does not count ---- */

static void what_waits_for_the_budget_is_sent_in_the_end_however_long_it_takes(void **state)
{
	struct world *world = *state;
	configure_with(world, 5);
	int sends = 0;
	for (int i = 0; i < 100; i++) {
		char luid[40];
		snprintf(luid, sizeof luid, "00000000-0000-4000-8000-%012d", i);
		struct content content = { CONTENT_WORKBOOK, luid, "w", "" };
		event_ago(world, 0, &content);
		sends += answer_all(world, VERDICT_OK, NULL);
	}
	for (int i = 0; i < 24 * 60 && schedule_count(world->schedule).open; i++) {
		pass(world, MINUTE);
		sends += answer_all(world, VERDICT_OK, NULL);
		assert_string_not_equal(world->state, "expired");
	}
	assert_int_equal(sends, 100);
}

static void contents(struct world *world, int count)
{
	for (int i = 0; i < count; i++) {
		char luid[40];
		snprintf(luid, sizeof luid, "00000000-0000-4000-8000-%012d", i);
		struct content content = { CONTENT_WORKBOOK, luid, "w", "" };
		event_ago(world, 0, &content);
	}
}

static void a_backlog_that_the_budget_cannot_work_off_in_time_is_told_once(void **state)
{
	struct world *world = *state;
	configure_with(world, 5);
	contents(world, 30); /* five at once, then five an hour for five hours */
	assert_null(site_status(world).overdue);
	assert_int_equal(world->backlogs, 0);
	contents(world, 60);
	assert_int_equal(world->backlogs, 1);
	struct schedule_site_status status = site_status(world);
	assert_non_null(strstr(status.overdue, "refreshes_per_hour allows 5"));
	assert_true(status.backlog > 6 * HOUR);
	for (int i = 0; i < 16 * 60; i++) {
		pass(world, MINUTE);
		answer_all(world, VERDICT_OK, NULL);
	}
	assert_int_equal(world->backlogs, 2);
	status = site_status(world);
	assert_null(status.overdue);
	assert_int_equal(status.backlog, 0);
}

static void selections_that_wait_say_since_when_and_why(void **state)
{
	struct world *world = *state;
	struct schedule_selection_status seen[4];
	drop_site(world);
	event(world);
	struct wall since = world->now.wall;
	pass(world, HOUR);
	assert_int_equal(
		schedule_selections(world->schedule, world->now, seen, 4, world->arena), 1);
	assert_int_equal(seen[0].event, 1);
	assert_int_equal(seen[0].wait.since.us, since.us);
	assert_non_null(strstr(seen[0].wait.reason, "the configuration has no site"));
	assert_int_equal(site_status(world).selections, 1);
	assert_string_equal(schedule_dropped_site(world->schedule, 0), "finance");
	assert_null(schedule_dropped_site(world->schedule, 1));
	configure(world);
	assert_true(saw(world, "resolve"));
	assert_int_equal(
		schedule_selections(world->schedule, world->now, seen, 4, world->arena), 1);
	assert_true(seen[0].is_asked);
	step(world, (struct input){ INPUT_RESOLVED,
			    .resolved = { 1, says(VERDICT_RETRY, "HTTP 302"), NULL, 0 } });
	assert_int_equal(
		schedule_selections(world->schedule, world->now, seen, 4, world->arena), 1);
	assert_string_equal(seen[0].trouble, "HTTP 302");
	assert_true(seen[0].wait.until.us > world->now.wall.us);
	assert_null(schedule_dropped_site(world->schedule, 0));
}

static void when_tableau_asks_to_wait_at_a_look_up_nobody_looks_anything_up(void **state)
{
	struct world *world = *state;
	struct answer later = says(VERDICT_RETRY, "HTTP 503");
	later.retry_after = 20 * MINUTE;
	drop_site(world);
	event(world);
	configure(world);
	assert_true(saw(world, "resolve"));
	step(world, (struct input){ INPUT_RESOLVED, .resolved = { 1, later, NULL, 0 } });
	event_ago(world, 0, &payroll);
	assert_string_equal(world->seen.at, "");
	pass(world, 20 * MINUTE - US_PER_SECOND);
	assert_string_equal(world->seen.at, "");
	pass(world, US_PER_SECOND);
	assert_true(saw(world, "resolve"));
}

static void a_pause_of_days_gives_nothing_up(void **state)
{
	struct world *world = *state;
	step(world, (struct input){ INPUT_PAUSE, .pause = { "finance", true, "alice", false } });
	event(world);
	for (int i = 0; i < 100; i++)
		pass(world, HOUR);
	step(world, (struct input){ INPUT_PAUSE, .pause = { "finance", false, "alice", false } });
	assert_true(saw(world, "send"));
	answer(world, VERDICT_RETRY, "connection refused");
	pass(world, 5 * HOUR);
	assert_int_equal(schedule_count(world->schedule).open, 1); /* its whole time was left */
}

static void what_never_had_its_turn_at_a_site_that_is_down_is_given_up(void **state)
{
	struct world *world = *state;
	for (int i = 0; i < 20; i++) {
		char luid[40];
		snprintf(luid, sizeof luid, "00000000-0000-4000-8000-%012d", i);
		struct content content = { CONTENT_WORKBOOK, luid, "w", "" };
		event_ago(world, 0, &content);
	}
	for (int i = 0; i < 7 * 60; i++) {
		answer_all(world, VERDICT_RETRY, "connection refused");
		pass(world, MINUTE);
	}
	assert_int_equal(schedule_count(world->schedule).open, 0);
	assert_string_equal(world->state, "expired");
	assert_non_null(strstr(world->reason, "connection refused"));
}

static void configure_queries(struct world *world, int64_t job_queries_per_day)
{
	struct schedule_site site = { .name = "finance",
		.max_requests = 8,
		.poll_interval = 10 * US_PER_SECOND,
		.job_queries_per_day = job_queries_per_day };
	step(world, (struct input){ INPUT_CONFIGURE, .configure = { &options, &site, 1 } });
}

static void a_job_that_may_not_be_asked_for_today_is_not_given_up(void **state)
{
	struct world *world = *state;
	configure_queries(world, 1);
	event(world);
	answer(world, VERDICT_OK, NULL);
	pass(world, 10 * US_PER_SECOND);
	assert_true(saw(world, "poll"));
	job(world, PHASE_RUNNING, world->now.wall, 0);
	bool is_asked = false;
	for (int i = 0; i < 26 * 60 && !is_asked; i++) {
		pass(world, MINUTE);
		is_asked = saw(world, "poll");
		assert_int_equal(schedule_count(world->schedule).open, 1);
	}
	assert_true(is_asked);
	struct schedule_site_status status = site_status(world);
	assert_non_null(strstr(status.queries.reason, "job_queries_per_day"));
}

static void a_lost_reply_that_may_not_be_looked_for_today_is_not_given_up(void **state)
{
	struct world *world = *state;
	configure_queries(world, 1);
	event(world);
	answer(world, VERDICT_UNKNOWN, "no reply");
	pass(world, 2 * US_PER_SECOND);
	assert_true(saw(world, "look"));
	step(world, (struct input){
			    INPUT_LOOKED, .looked = { world->sent, says(VERDICT_RETRY, "HTTP 502"),
						  NULL, world->asked_after } });
	bool is_asked = false;
	for (int i = 0; i < 26 * 60 && !is_asked; i++) {
		pass(world, MINUTE);
		is_asked = saw(world, "look");
		assert_int_equal(schedule_count(world->schedule).open, 1);
	}
	assert_true(is_asked);
}

static void a_wish_behind_a_job_that_waits_for_hours_is_served_by_it(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	event(world); /* it joins the line while the job is queued */
	for (int i = 0; i < 9 * 60; i++) {
		pass(world, MINUTE);
		if (saw(world, "poll"))
			job(world, PHASE_QUEUED, (struct wall){ 0 }, world->asked_after);
	}
	assert_int_equal(schedule_count(world->schedule).open, 2);
	job(world, PHASE_SUCCEEDED, world->now.wall, world->asked_after);
	assert_false(saw(world, "send"));
	assert_int_equal(schedule_count(world->schedule).open, 0);
	assert_string_equal(world->state, "succeeded");
}

static void a_job_that_never_starts_is_given_up_with_words_of_its_own(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	event(world);
	for (int i = 0; i < 25 * 60 && schedule_count(world->schedule).open; i++) {
		pass(world, MINUTE);
		if (saw(world, "poll"))
			job(world, PHASE_QUEUED, (struct wall){ 0 }, world->asked_after);
		if (i < 23 * 60)
			assert_int_equal(schedule_count(world->schedule).open, 2);
	}
	assert_int_equal(schedule_count(world->schedule).open, 0);
	assert_false(saw(world, "send")); /* the refresh behind it could not be served either */
	assert_string_equal(world->state, "expired");
	assert_non_null(strstr(world->reason, "may still start"));
}

static void a_job_of_which_nothing_is_heard_is_given_up_and_named(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	for (int i = 0; i < 8 * 60 && schedule_count(world->schedule).open; i++) {
		pass(world, MINUTE);
		if (saw(world, "poll"))
			step(world, (struct input){ INPUT_POLLED,
					    .polled = { world->sent,
						    says(VERDICT_RETRY, "HTTP 502"), NULL, 0 } });
	}
	assert_string_equal(world->state, "expired");
	assert_non_null(strstr(world->reason, "nothing was heard of its job job-1"));
	assert_non_null(strstr(world->reason, "HTTP 502"));
}

static void time_behind_another_refresh_of_the_content_does_not_count(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	struct wall started = world->now.wall;
	job(world, PHASE_RUNNING, started, 0);
	event(world);
	for (int i = 0; i < 8 * 60; i++) {
		pass(world, MINUTE);
		if (saw(world, "poll"))
			job(world, PHASE_RUNNING, started, world->asked_after);
	}
	job(world, PHASE_SUCCEEDED, started, world->asked_after);
	assert_true(saw(world, "send"));
	answer(world, VERDICT_RETRY, "connection refused");
	pass(world, 5 * HOUR);
	assert_int_equal(schedule_count(world->schedule).open, 1);
}

/* ---- delay and quiet ---- */

static void a_delay_holds_the_refresh_and_says_until_when(void **state)
{
	struct world *world = *state;
	event_held(world, 0, &revenue, 10 * MINUTE, 0);
	assert_string_equal(world->state, "waiting");
	assert_string_equal(world->reason, "held by `delay` of rule 'nightly'");
	assert_int_equal(schedule_find(world->schedule, world->recorded)->not_before.us,
		world->now.wall.us + 10 * MINUTE);
	pass(world, 10 * MINUTE - US_PER_SECOND);
	assert_false(saw(world, "send"));
	pass(world, US_PER_SECOND);
	assert_true(saw(world, "send"));
}

static int64_t oldest_age(const struct world *world)
{
	struct wall oldest = site_status(world).oldest;
	return wall_is_set(oldest) ? world->now.wall.us - oldest.us : -1;
}

static void the_oldest_wish_of_a_site_is_told_without_what_a_delay_holds(void **state)
{
	struct world *world = *state;
	assert_int_equal(oldest_age(world), -1);
	event_held(world, 0, &revenue, 10 * MINUTE, 0);
	pass(world, 9 * MINUTE);
	assert_int_equal(oldest_age(world), -1);
	pass(world, MINUTE); /* the hold ends: it is a wish that begins now */
	assert_int_equal(oldest_age(world), 0);
	pass(world, MINUTE);
	assert_int_equal(oldest_age(world), MINUTE);
	answer(world, VERDICT_OK, NULL);
	struct wall started = world->now.wall;
	pass(world, 2 * MINUTE);
	event(world); /* joins no job that started earlier */
	assert_int_equal(oldest_age(world), 3 * MINUTE);
	job(world, PHASE_SUCCEEDED, started, 0);
	assert_int_equal(oldest_age(world), 0);
	pass(world, MINUTE);
	assert_int_equal(oldest_age(world), MINUTE);
}

static void a_job_sent_before_the_delay_was_over_does_not_count(void **state)
{
	struct world *world = *state;
	event_held(world, 0, &revenue, 10 * MINUTE, 0);
	int64_t held = world->recorded;
	pass(world, 9 * MINUTE);
	event(world);
	answer(world, VERDICT_OK, NULL);
	struct wall started = world->now.wall;
	pass(world, 2 * MINUTE);
	job(world, PHASE_SUCCEEDED, started, 0);
	assert_int_equal(world->sent, held);
	assert_true(saw(world, "send"));
}

/* Two holds end while a job is in flight: both wait for its refresh, and then one for the other. */
static void who_stands_in_line_says_what_it_waits_for_now(void **state)
{
	struct world *world = *state;
	char words[100]; /* a sentence and 20 digits */
	event_held(world, 0, &revenue, 10 * MINUTE, 0);
	int64_t second = world->recorded;
	pass(world, MINUTE);
	event_held(world, 0, &revenue, 10 * MINUTE, 0);
	int64_t third = world->recorded;
	assert_int_not_equal(second, third);
	event(world);
	answer(world, VERDICT_OK, NULL);
	int64_t first = world->sent;
	for (int i = 0; i < 12; i++)
		pass(world, MINUTE);
	snprintf(
		words, sizeof words, "waits for refresh %d of the same content to end", (int)first);
	assert_string_equal(schedule_find(world->schedule, second)->reason, words);
	assert_string_equal(schedule_find(world->schedule, third)->reason, words);
	step(world, (struct input){ INPUT_CANCEL, .cancel = { first, "alice" } });
	step(world, (struct input){ INPUT_JOB_CANCELLED, .job_cancelled = { first, fine } });
	assert_string_equal(schedule_find(world->schedule, second)->reason, "");
	snprintf(words, sizeof words, "waits for refresh %d of the same content to end",
		(int)second);
	assert_string_equal(schedule_find(world->schedule, third)->reason, words);
	assert_int_equal(world->recorded, third);
}

static void quiet_gathers_events_until_there_is_none_for_so_long(void **state)
{
	struct world *world = *state;
	for (int i = 0; i < 10; i++) {
		event_held(world, 0, &revenue, 0, 15 * MINUTE);
		pass(world, 10 * MINUTE);
		assert_false(saw(world, "send"));
	}
	assert_int_equal(schedule_count(world->schedule).open, 1);
	pass(world, 5 * MINUTE);
	assert_true(saw(world, "send"));
}

static void a_rule_that_is_never_quiet_is_held_no_longer_than_give_up_after(void **state)
{
	struct world *world = *state;
	bool is_sent = false;
	for (int i = 0; i < 40; i++) {
		event_held(world, 0, &revenue, 0, 15 * MINUTE);
		pass(world, 10 * MINUTE);
		is_sent |= saw(world, "send");
	}
	assert_true(is_sent);
}

/* ---- budgets, breaker, Retry-After ---- */

static int count_sends(struct world *world, int contents)
{
	int sends = 0;
	for (int i = 0; i < contents; i++) {
		char luid[40];
		snprintf(luid, sizeof luid, "00000000-0000-4000-9000-%012d", i);
		struct content content = { CONTENT_WORKBOOK, luid, "w", "" };
		event_ago(world, 0, &content);
		if (saw(world, "send")) {
			sends++;
			answer(world, VERDICT_OK, NULL);
			job(world, PHASE_SUCCEEDED, world->now.wall, 0);
		}
	}
	return sends;
}

static void starts_beyond_the_hours_budget_wait_and_say_until_when(void **state)
{
	struct world *world = *state;
	configure_with(world, 5);
	assert_int_equal(count_sends(world, 8), 5);
	assert_string_equal(world->state, "waiting");
	assert_non_null(strstr(waits(world).reason, "may start 5 refreshes an hour"));
	int64_t until = waits(world).until.us;
	assert_in_range(until - world->now.wall.us, HOUR, HOUR + 2 * MINUTE);
	pass(world, HOUR - MINUTE);
	assert_false(saw(world, "send"));
	pass(world, 3 * MINUTE);
	assert_true(saw(world, "send"));
}

static void a_job_is_not_looked_at_beyond_the_days_budget(void **state)
{
	struct world *world = *state;
	struct schedule_site site = { .name = "finance",
		.max_requests = 8,
		.poll_interval = 10 * US_PER_SECOND,
		.job_queries_per_day = 5 };
	step(world, (struct input){ INPUT_CONFIGURE, .configure = { &options, &site, 1 } });
	event(world);
	answer(world, VERDICT_OK, NULL);
	int polls = 0;
	for (int i = 0; i < 5 * 60; i++) {
		pass(world, MINUTE);
		if (saw(world, "poll")) {
			polls++;
			job(world, PHASE_RUNNING, world->now.wall, 0);
		}
	}
	assert_int_equal(polls, 5);
}

/* A site with a budget of job queries, and a refresh whose job runs. */
static void follow_within_budget(struct world *world)
{
	struct schedule_site site = {
		.name = "finance",
		.max_requests = 8,
		.poll_interval = 10 * US_PER_SECOND,
		.job_queries_per_day = 1000,
	};
	step(world, (struct input){ INPUT_CONFIGURE, .configure = { &options, &site, 1 } });
	event(world);
	answer(world, VERDICT_OK, NULL);
}

static void a_look_that_is_told_when_to_come_again_waits_until_then(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_UNKNOWN, "no reply");
	pass(world, 2 * US_PER_SECOND);
	assert_true(saw(world, "look"));
	struct answer busy = says(VERDICT_RETRY, "429");
	busy.retry_after = 90 * US_PER_SECOND;
	step(world, (struct input){ INPUT_LOOKED, .looked = { world->sent, busy, NULL, 0 } });
	for (int i = 0; i < 8; i++) {
		pass(world, 10 * US_PER_SECOND);
		assert_false(saw(world, "look"));
	}
	pass(world, 20 * US_PER_SECOND);
	assert_true(saw(world, "look"));
}

static void all_that_a_part_of_the_day_spent_is_kept(void **state)
{
	struct world *world = *state;
	int64_t asked = 0, kept = 0, began = 0;
	follow_within_budget(world);
	/* A look every ten seconds for a minute, and then none for longer than a part of the
	 * day. */
	for (int i = 0; i < 40 && kept <= 1; i++) {
		int64_t step = i < 6 ? 10 * US_PER_SECOND : 25 * MINUTE;
		world->now.wall.us += step;
		world->now.mono.us += step;
		struct actions actions = schedule_step(
			world->schedule, world->now, &(struct input){ .type = INPUT_TICK });
		bool is_asked = false;
		for (size_t j = 0; j < actions.count; j++) {
			const struct spent *spent = &actions.items[j].spent;
			is_asked |= actions.items[j].type == ACTION_POLL;
			if (actions.items[j].type != ACTION_SPENT)
				continue;
			began = began ? began : spent->at.us;
			if (spent->at.us == began)
				kept = spent->count;
		}
		asked += is_asked && i < 6;
		if (is_asked)
			job(world, PHASE_RUNNING, (struct wall){ 0 }, 0);
	}
	assert_true(asked > 1);
	assert_int_equal(kept, asked);
}

static void what_a_poll_is_told_counts_though_its_refresh_has_ended(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	pass(world, 11 * US_PER_SECOND);
	assert_true(saw(world, "poll"));
	int64_t first = world->sent;
	job(world, PHASE_SUCCEEDED, world->now.wall, 0); /* a list reported it first */
	struct answer busy = says(VERDICT_RETRY, "429");
	busy.retry_after = 5 * MINUTE;
	step(world, (struct input){ INPUT_POLLED, .polled = { first, busy, NULL, 0 } });
	event_ago(world, 0, &payroll);
	answer(world, VERDICT_UNKNOWN, "no reply");
	for (int i = 0; i < 28; i++) {
		pass(world, 10 * US_PER_SECOND);
		assert_false(saw(world, "look"));
	}
}

static int64_t spent_starts(struct world *world)
{
	return site_status(world).starts_spent;
}

static void what_was_spent_by_a_clock_that_stepped_back_is_not_counted_twice(void **state)
{
	struct world *world = *state;
	struct wall ahead = wall_after(world->now.wall, 30 * MINUTE);
	struct spent before = { "finance", SPENT_STARTS, ahead, 1 }, after = before;
	after.at = wall_after(world->now.wall, -10 * MINUTE);
	schedule_step(world->schedule, world->now,
		&(struct input){ INPUT_RESTORE_SPENT, .restore_spent = &before });
	schedule_step(world->schedule, world->now,
		&(struct input){ INPUT_RESTORE_SPENT, .restore_spent = &after });
	configure_with(world, 10);
	event(world);
	assert_int_equal(spent_starts(world), 3);
	assert_int_equal(world->kept.at.us == ahead.us ? world->kept.count : 2, 2);
}

static void what_was_spent_counts_after_a_restart(void **state)
{
	struct world *world = *state;
	struct spent spent = { "finance", SPENT_STARTS, wall_after(world->now.wall, -30 * MINUTE),
		4 };
	schedule_step(world->schedule, world->now,
		&(struct input){ INPUT_RESTORE_SPENT, .restore_spent = &spent });
	configure_with(world, 5);
	assert_int_equal(count_sends(world, 3), 1);
}

static void a_site_that_keeps_failing_is_left_alone_but_for_probes(void **state)
{
	struct world *world = *state;
	int sends = 0;
	for (int i = 0; i < 20; i++) {
		char luid[40];
		snprintf(luid, sizeof luid, "00000000-0000-4000-9000-%012d", i);
		struct content content = { CONTENT_WORKBOOK, luid, "w", "" };
		event_ago(world, 0, &content);
		while (saw(world, "send")) {
			sends++;
			answer(world, VERDICT_RETRY, "connection refused");
		}
	}
	for (int i = 0; i < 3600; i++) {
		pass(world, US_PER_SECOND);
		while (saw(world, "send")) {
			sends++;
			answer(world, VERDICT_RETRY, "connection refused");
		}
	}
	assert_in_range(sends, 5, 60); /* an hour, twenty refreshes */
	struct schedule_site_status status = site_status(world);
	assert_true(wall_is_set(status.paused_until));
}

/* The answer to the last look-up. */
static void resolved(struct world *world, const struct answer *answer)
{
	step(world, (struct input){
			    INPUT_RESOLVED, .resolved = { world->asked, *answer, &revenue, 1 } });
}

/* It may have mended the site, which the next call shows; until then nothing says that it has. */
static void a_reload_probes_a_failing_site_and_forgets_nothing_of_it(void **state)
{
	struct world *world = *state;
	struct answer down = says(VERDICT_RETRY, "connection refused");
	world->answers = &down;
	for (int i = 0; i < BREAKER_FAILURES; i++)
		event(world);
	assert_true(saw(world, "tell"));
	for (int i = 0; i < 5; i++) { /* probes that fail, ever more rarely */
		pass(world, 10 * MINUTE);
		resolved(world, &down);
	}
	pass(world, MINUTE); /* the selections wait for nothing else */
	assert_string_equal(world->seen.at, "");
	configure(world);
	assert_string_equal(world->seen.at, "resolve"); /* one of five */
	assert_int_equal(site_status(world).failures, BREAKER_FAILURES + 5);
	resolved(world, &down);
	assert_true(wall_is_set(site_status(world).paused_until));
	assert_false(saw(world, "tell")); /* that is known */
	configure(world);
	struct answer up = fine_now(world);
	resolved(world, &up);
	assert_true(saw(world, "tell"));
	assert_false(wall_is_set(site_status(world).paused_until));
}

static void when_tableau_asks_to_wait_nobody_else_asks_meanwhile(void **state)
{
	struct world *world = *state;
	event(world);
	struct answer later = says(VERDICT_RETRY, "429000: Please retry after 29 minutes.");
	later.retry_after = 29 * MINUTE;
	step(world, (struct input){
			    INPUT_SENT, .sent = { world->sent, later, NULL, world->now.wall } });
	event_ago(world, 0, &payroll);
	assert_false(saw(world, "send"));
	assert_non_null(strstr(waits(world).reason, "429000"));
	assert_int_equal(waits(world).until.us, world->now.wall.us + 29 * MINUTE);
	pass(world, 28 * MINUTE);
	configure(world); /* a reload does not end it */
	assert_false(saw(world, "send"));
	pass(world, MINUTE);
	assert_true(saw(world, "send"));
}

static void nobody_gives_up_while_a_look_is_out_that_may_find_the_job(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_UNKNOWN, "no reply");
	pass(world, 2 * US_PER_SECOND);
	assert_string_equal(world->seen.at, "look");
	int64_t asked_after = world->asked_after;
	pass(world, 6 * HOUR);
	assert_int_equal(schedule_count(world->schedule).open, 1);
	struct job_seen found = {
		.id = "job-9", .phase = PHASE_QUEUED, .created_at = world->now.wall
	};
	step(world, (struct input){
			    INPUT_LOOKED, .looked = { world->sent, fine, &found, asked_after } });
	assert_string_equal(world->state, "queued");
}

/* Tableau asked to wait for a day, and a person must be able to shorten that without a restart. */
static void asked_to_wait_a_day(struct world *world)
{
	event(world);
	struct answer later = says(VERDICT_RETRY, "429000: Please retry after 1440 minutes.");
	later.retry_after = 24 * HOUR;
	step(world, (struct input){
			    INPUT_SENT, .sent = { world->sent, later, NULL, world->now.wall } });
	event_ago(world, 0, &payroll);
	assert_false(saw(world, "send"));
}

static void a_retry_ends_the_wait_that_tableau_asked_for(void **state)
{
	struct world *world = *state;
	asked_to_wait_a_day(world);
	step(world, (struct input){ INPUT_RETRY, .retry = { world->sent } });
	assert_true(saw(world, "send"));
}

static void resuming_a_site_ends_the_wait_that_tableau_asked_for(void **state)
{
	struct world *world = *state;
	asked_to_wait_a_day(world);
	struct asked asked = ask(world,
		(struct input){ INPUT_PAUSE, .pause = { "finance", false, "alice", false } });
	assert_int_equal(asked.consent, CONSENT_YES);
	assert_true(saw(world, "send"));
	pass(world, 5 * MINUTE); /* the first refresh's own backoff */
	assert_true(saw(world, "send"));
	asked = ask(world,
		(struct input){ INPUT_PAUSE, .pause = { "finance", false, "alice", false } });
	assert_int_equal(asked.consent, CONSENT_NO); /* nothing holds it any more */
}

static void resuming_a_site_that_is_left_alone_probes_it_at_once(void **state)
{
	struct world *world = *state;
	event(world);
	for (int i = 0; i < 3600; i++) {
		answer_all(world, VERDICT_RETRY, "connection refused");
		pass(world, US_PER_SECOND);
	}
	answer_all(world, VERDICT_RETRY, "connection refused");
	event_ago(world, 0, &payroll);
	assert_string_equal(world->seen.at, "");
	step(world, (struct input){ INPUT_PAUSE, .pause = { "finance", false, "alice", false } });
	assert_string_equal(world->seen.at, "resolve"); /* the call that probes */
}

/* Nothing else is wrong with the site, and nothing may wait for it. */
static void resuming_a_site_whose_sign_in_failed_signs_in_at_once(void **state)
{
	struct world *world = *state;
	struct input resume = { INPUT_PAUSE,
		.pause = { "finance", false, "alice", .signs_in = true } };
	assert_int_equal(ask(world, resume).consent, CONSENT_YES);
	assert_string_equal(world->seen.at, "greet");
	assert_int_equal(ask(world, resume).consent, CONSENT_YES);
	assert_string_equal(world->seen.at, ""); /* it is under way */
	step(world, (struct input){ INPUT_GREETED, .greeted = { fine_now(world) } });
	resume.pause.signs_in = false;
	assert_int_equal(ask(world, resume).consent, CONSENT_NO);
}

/* ---- looks ---- */

static int polls_within(struct world *world, int minutes, struct wall begun)
{
	int polls = 0;
	for (int i = 0; i < minutes; i++) {
		pass(world, MINUTE);
		if (!saw(world, "poll"))
			continue;
		polls++;
		job(world, PHASE_RUNNING, begun, 0);
	}
	return polls;
}

static void a_content_whose_jobs_take_an_hour_is_looked_at_rarely(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	struct wall begun = world->now.wall;
	world->now.wall.us += HOUR;
	world->now.mono.us += HOUR;
	struct job_seen end = { .id = "job-1",
		.phase = PHASE_SUCCEEDED,
		.created_at = begun,
		.started_at = begun,
		.completed_at = world->now.wall };
	step(world, (struct input){ INPUT_POLLED, .polled = { world->sent, fine, &end, 0 } });
	event(world);
	answer(world, VERDICT_OK, NULL);
	begun = world->now.wall;
	assert_int_equal(polls_within(world, 20, begun), 3); /* after 1, 4 and 16 minutes */
	/* Another refresh waits behind it: a look every tenth of the hour. */
	event(world);
	assert_in_range(polls_within(world, 36, begun), 5, 6);
}

static void however_long_its_jobs_take_nobody_gives_up_unasked(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	struct wall begun = world->now.wall;
	world->now.wall.us += 24 * HOUR;
	world->now.mono.us += 24 * HOUR;
	struct job_seen end = { .id = "job-1",
		.phase = PHASE_SUCCEEDED,
		.created_at = begun,
		.started_at = begun,
		.completed_at = world->now.wall };
	step(world, (struct input){ INPUT_POLLED, .polled = { world->sent, fine, &end, 0 } });
	event(world);
	answer(world, VERDICT_OK, NULL);
	begun = world->now.wall;
	assert_in_range(polls_within(world, 20 * 60, begun), 8, 30);
	assert_string_equal(world->state, "running");
}

static void told_of_job(struct world *world, enum verdict verdict, const char *reason)
{
	step(world, (struct input){ INPUT_POLLED, .polled = { world->sent, says(verdict, reason),
							  NULL, world->asked_after } });
}

/* Lets time pass until the next query for this job alone; the list is refused. */
static int64_t pass_until_poll(struct world *world)
{
	int64_t passed = 0;
	for (; !saw(world, "poll") && passed < 24 * HOUR; passed += US_PER_SECOND) {
		if (saw(world, "list"))
			step(world,
				(struct input){ INPUT_LISTED,
					.listed = { says(VERDICT_CANNOT, "403004"), NULL, 0, 0 } });
		pass(world, US_PER_SECOND);
	}
	return passed;
}

static void a_job_that_may_not_be_followed_is_looked_at_ever_rarer_and_said_to_be_so(void **state)
{
	struct world *world = *state;
	int64_t last = 0;
	event(world);
	answer(world, VERDICT_OK, NULL);
	int polls = 0;
	while (schedule_count(world->schedule).open && polls < 100) {
		int64_t wait = pass_until_poll(world);
		assert_true(wait > last);
		last = wait;
		polls++;
		told_of_job(world, VERDICT_CANNOT, "Tableau says 403004: Forbidden");
		if (schedule_count(world->schedule).open)
			assert_string_equal(world->reason,
				"its job may not be looked at: Tableau says 403004: Forbidden");
	}
	assert_int_equal(polls, 6);
	assert_string_equal(world->state, "failed");
	assert_non_null(strstr(world->reason, "it ran, but may not be followed"));
	assert_non_null(strstr(world->reason, "403004"));
	assert_non_null(strstr(world->reason, "site administrator"));
}

static void a_list_without_the_job_brings_no_refused_look_closer(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	pass_until_poll(world);
	told_of_job(world, VERDICT_CANNOT, "403004");
	step(world, (struct input){ INPUT_LISTED, .listed = { fine, NULL, 0, 0 } });
	assert_false(saw(world, "poll"));
	assert_in_range(pass_until_poll(world), 20 * US_PER_SECOND, 22 * US_PER_SECOND);
}

static void a_refused_look_is_no_trouble_of_the_site(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	for (int i = 0; i < 5; i++) {
		pass_until_poll(world);
		told_of_job(world, VERDICT_CANNOT, "403004");
		assert_false(saw(world, "tell"));
	}
	event_ago(world, 0, &payroll);
	assert_true(saw(world, "send"));
}

static void a_job_that_may_be_looked_at_again_is_followed_as_if_nothing_had_been(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	for (int i = 0; i < 5; i++) {
		pass_until_poll(world);
		told_of_job(world, VERDICT_CANNOT, "403004");
	}
	pass_until_poll(world);
	job(world, PHASE_RUNNING, world->now.wall, world->asked_after);
	assert_string_equal(world->state, "running");
	assert_string_equal(world->reason, "");
	pass_until(world, "poll");
	told_of_job(world, VERDICT_CANNOT, "403004");
	assert_string_equal(world->state, "running");
}

static void cancelling_a_job_that_may_not_be_looked_at_cancels_it_all_the_same(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	pass_until(world, "poll");
	step(world, (struct input){ INPUT_CANCEL, .cancel = { world->sent, "alice" } });
	told_of_job(world, VERDICT_CANNOT, "403004");
	assert_true(saw(world, "cancel"));
}

/* A node that lags does not have the job yet (404018, 400031). */
static void a_job_unknown_for_one_poll_is_asked_for_again(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	pass_until(world, "poll");
	told_of_job(world, VERDICT_NONE, "404018");
	assert_string_equal(world->state, "queued");
	pass_until(world, "list");
	step(world,
		(struct input){ INPUT_LISTED, .listed = { fine, NULL, 0, world->asked_after } });
	assert_true(saw(world, "poll"));
	job(world, PHASE_SUCCEEDED, world->now.wall, world->asked_after);
	assert_string_equal(world->state, "succeeded");
}

static void a_job_that_stays_unknown_is_lost_in_the_end(void **state)
{
	struct world *world = *state;
	int polls = 0;
	event(world);
	answer(world, VERDICT_OK, NULL);
	while (schedule_count(world->schedule).open && polls < 100) {
		if (saw(world, "list"))
			step(world, (struct input){
					    .type = INPUT_LISTED, .listed = { fine, NULL, 0, 0 } });
		if (saw(world, "poll")) {
			polls++;
			told_of_job(world, VERDICT_NONE, "404018");
		}
		pass(world, US_PER_SECOND);
	}
	assert_int_equal(polls, 4);
	assert_string_equal(world->state, "failed");
	assert_non_null(strstr(world->reason, "does not know the job any more"));
}

/* The list is believed about a job that cannot be queried alone, ... */
static void row_of_unknown_job(struct world *world, struct job_seen row)
{
	event(world);
	answer(world, VERDICT_OK, NULL);
	pass_until(world, "poll");
	told_of_job(world, VERDICT_NONE, "400031");
	pass_until(world, "list");
	row.id = "job-1";
	row.notes = "";
	row.started_at = world->now.wall;
	step(world, (struct input){ INPUT_LISTED, .listed = { fine, &row, 1, 0 } });
}

static void the_list_tells_the_end_of_a_job_that_cannot_be_asked_for(void **state)
{
	struct world *world = *state;
	row_of_unknown_job(world, (struct job_seen){ .phase = PHASE_SUCCEEDED });
	assert_string_equal(world->state, "succeeded");
}

/* ... except for Bridge, where the job may only have been handed over. */
static void the_list_does_not_tell_the_end_of_a_bridge_job(void **state)
{
	struct world *world = *state;
	row_of_unknown_job(world, (struct job_seen){ .phase = PHASE_SUCCEEDED, .is_bridge = true });
	assert_string_equal(world->state, "queued");
	assert_true(saw(world, "poll"));
}

/* ... and except under another name, which may not be the content that the rules name. */
static void the_list_does_not_tell_the_end_of_a_job_under_another_name(void **state)
{
	struct world *world = *state;
	row_of_unknown_job(
		world, (struct job_seen){ .phase = PHASE_SUCCEEDED, .title = "Revenue 2025" });
	assert_string_equal(world->state, "queued");
	assert_true(saw(world, "poll"));
}

/* ---- what cannot be read ---- */

static void a_job_that_cannot_be_read_is_its_own_trouble(void **state)
{
	struct world *world = *state;
	int64_t last = 0;
	event(world);
	answer(world, VERDICT_OK, NULL);
	for (int i = 0; i < 8; i++) {
		int64_t wait = pass_until_poll(world);
		told_of_job(world, VERDICT_UNREAD, "HTTP 200 with an unreadable answer");
		assert_false(saw(world, "tell"));
		assert_string_equal(world->state, "queued");
		assert_non_null(strstr(world->reason, "cannot be read: HTTP 200"));
		assert_true(wait >= last);
		last = wait;
	}
	event_ago(world, 0, &payroll); /* its neighbour is not affected */
	assert_true(saw(world, "send"));
}

static void a_job_that_is_never_read_expires_with_that_reason(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	for (int i = 0; i < 2000 && schedule_count(world->schedule).open; i++) {
		pass_until_poll(world);
		if (saw(world, "poll"))
			told_of_job(world, VERDICT_UNREAD, "HTTP 200 with an unreadable answer");
	}
	assert_string_equal(world->state, "expired");
	assert_non_null(strstr(world->reason, "HTTP 200 with an unreadable answer"));
}

static void jobs_are_asked_for_one_by_one_when_their_list_cannot_be_read(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	event_ago(world, 0, &payroll);
	struct job_seen second = { .id = "job-2", .created_at = world->now.wall };
	step(world, (struct input){
			    INPUT_SENT, .sent = { world->sent, fine, &second, world->now.wall } });
	for (int i = 0; i < 3; i++) {
		pass_until(world, "list");
		step(world, (struct input){ INPUT_LISTED,
				    .listed = { says(VERDICT_UNREAD, "unreadable"), NULL, 0, 0 } });
		assert_false(saw(world, "tell"));
	}
	assert_true(pass_until(world, "poll") < MINUTE);
}

static void a_503_that_says_when_to_come_again_is_heard(void **state)
{
	struct world *world = *state;
	event(world);
	struct answer later = says(VERDICT_UNKNOWN, "HTTP 503");
	later.retry_after = 10 * MINUTE;
	step(world, (struct input){
			    INPUT_SENT, .sent = { world->sent, later, NULL, world->now.wall } });
	event_ago(world, 0, &payroll); /* no other call is made to the site either */
	assert_false(saw(world, "resolve"));
	for (int i = 0; i < 9; i++) {
		pass(world, MINUTE);
		assert_false(saw(world, "look"));
		assert_false(saw(world, "send"));
	}
	assert_in_range(pass_until(world, "look"), 0, 3 * MINUTE);
}

static void an_outage_is_told_once(void **state)
{
	struct world *world = *state;
	int told = 0;
	event(world);
	for (int i = 0; i < 30; i++) {
		answer(world, VERDICT_RETRY, "connection refused");
		told += saw(world, "tell");
		pass_until(world, "send");
	}
	assert_int_equal(told, 1);
	answer(world, VERDICT_OK, NULL);
	assert_true(saw(world, "tell")); /* and that it is over */
}

/* ---- people ---- */

static void cancelling_a_refresh_that_waits_ends_it(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_RETRY, "connection refused");
	struct asked asked =
		ask(world, (struct input){ INPUT_CANCEL, .cancel = { world->sent, "alice" } });
	assert_int_equal(asked.consent, CONSENT_YES);
	assert_string_equal(world->state, "cancelled");
	assert_string_equal(world->reason, "cancelled by alice");
	assert_int_equal(
		ask(world, (struct input){ INPUT_CANCEL, .cancel = { world->sent, "alice" } })
			.consent,
		CONSENT_NONE);
}

static void cancelling_a_refresh_in_flight_cancels_its_job_first(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	step(world, (struct input){ INPUT_CANCEL, .cancel = { world->sent, "alice" } });
	assert_string_equal(world->seen.at, "record cancel");
	assert_string_equal(world->state, "queued");
	step(world, (struct input){
			    .type = INPUT_JOB_CANCELLED, .job_cancelled = { world->sent, fine } });
	assert_string_equal(world->state, "cancelled");
}

static void a_job_that_tableau_will_not_cancel_is_followed_on(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	step(world, (struct input){ INPUT_CANCEL, .cancel = { world->sent, "alice" } });
	step(world, (struct input){ INPUT_JOB_CANCELLED,
			    .job_cancelled = { world->sent, says(VERDICT_FAIL, "403032") } });
	assert_string_equal(world->state, "queued");
	assert_string_equal(world->reason, "not cancelled by alice: 403032");
	pass(world, 10 * US_PER_SECOND);
	assert_true(saw(world, "poll"));
}

static void a_cancel_that_got_no_answer_is_asked_again(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	step(world, (struct input){ INPUT_CANCEL, .cancel = { world->sent, "alice" } });
	struct answer later = says(VERDICT_RETRY, "HTTP 429");
	later.retry_after = 30 * US_PER_SECOND;
	step(world, (struct input){
			    .type = INPUT_JOB_CANCELLED, .job_cancelled = { world->sent, later } });
	assert_string_equal(world->reason, "cancelled by alice");
	pass(world, 20 * US_PER_SECOND); /* Tableau asked to wait */
	assert_false(saw(world, "poll"));
	pass(world, 10 * US_PER_SECOND);
	assert_true(saw(world, "poll"));
	job(world, PHASE_RUNNING, world->now.wall, 0);
	assert_true(saw(world, "cancel"));
	step(world, (struct input){ INPUT_JOB_CANCELLED,
			    .job_cancelled = { world->sent, says(VERDICT_UNKNOWN, "no reply") } });
	pass(world, 10 * US_PER_SECOND);
	job(world, PHASE_CANCELLED, world->now.wall, 0);
	assert_string_equal(world->state, "cancelled");
	assert_string_equal(world->reason, "cancelled by alice");
}

static void what_tableau_asks_is_heeded_though_the_refresh_has_ended(void **state)
{
	struct world *world = *state;
	struct answer later = says(VERDICT_RETRY, "HTTP 429");
	later.retry_after = 30 * US_PER_SECOND;
	event(world);
	answer(world, VERDICT_OK, NULL);
	int64_t first = world->sent;
	step(world, (struct input){ INPUT_CANCEL, .cancel = { first, "alice" } });
	pass(world, 10 * US_PER_SECOND);
	job(world, PHASE_SUCCEEDED, world->now.wall, 0);
	assert_string_equal(world->state, "succeeded");
	event(world);
	answer(world, VERDICT_OK, NULL);
	assert_int_not_equal(world->sent, first);
	step(world, (struct input){ INPUT_JOB_CANCELLED, .job_cancelled = { first, later } });
	pass(world, 20 * US_PER_SECOND);
	assert_false(saw(world, "poll"));
	pass(world, 10 * US_PER_SECOND);
	assert_true(saw(world, "poll"));
}

static void a_refresh_cancelled_while_its_request_is_out_cancels_the_job_that_comes(void **state)
{
	struct world *world = *state;
	event(world);
	step(world, (struct input){ INPUT_CANCEL, .cancel = { world->sent, "alice" } });
	assert_string_equal(world->state, "sending");
	answer(world, VERDICT_OK, NULL);
	assert_true(saw(world, "cancel"));
}

static void cancelled_stays_so_though_the_content_turns_out_to_be_published_anew(void **state)
{
	struct world *world = *state;
	event(world);
	step(world, (struct input){ INPUT_CANCEL, .cancel = { world->sent, "alice" } });
	struct content published = revenue;
	published.luid = "ffffffff-1003-4528-9ea6-9f9b7370ae32";
	step(world, (struct input){ INPUT_MOVED, .moved = { world->sent, fine, &published } });
	assert_false(saw(world, "send"));
	assert_string_equal(world->state, "cancelled");
	assert_string_equal(world->reason, "cancelled by alice");
}

static void who_cancelled_it_is_told_also_when_its_request_got_no_reply(void **state)
{
	struct world *world = *state;
	event(world);
	step(world, (struct input){ INPUT_CANCEL, .cancel = { world->sent, "alice" } });
	answer(world, VERDICT_UNKNOWN, "no reply");
	pass(world, 2 * US_PER_SECOND);
	step(world,
		(struct input){ INPUT_LOOKED, .looked = { world->sent, says(VERDICT_NONE, "none"),
						      NULL, world->asked_after } });
	assert_string_equal(world->state, "cancelled");
	assert_string_equal(world->reason, "cancelled by alice");
}

static void who_cancelled_it_is_told_when_nobody_can_tell_whether_a_job_goes_on(void **state)
{
	struct world *world = *state;
	event(world);
	step(world, (struct input){ INPUT_CANCEL, .cancel = { world->sent, "alice" } });
	answer(world, VERDICT_UNKNOWN, "no reply");
	pass(world, 2 * US_PER_SECOND);
	step(world, (struct input){
			    INPUT_LOOKED, .looked = { world->sent, says(VERDICT_CANNOT, "403004"),
						  NULL, world->asked_after } });
	assert_string_equal(world->state, "cancelled");
	assert_string_equal(world->reason,
		"cancelled by alice; it is not known whether its last request made a job, which "
		"would go on: 403004");
}

static void a_retry_skips_the_backoff(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_RETRY, "connection refused");
	step(world, (struct input){ INPUT_RETRY, .retry = { world->sent } });
	assert_true(saw(world, "send"));
}

static void a_refresh_that_has_ended_is_done_again_by_a_new_request(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_OK, NULL);
	job(world, PHASE_SUCCEEDED, world->now.wall, 0);
	struct refresh_row row = { .id = world->sent,
		.site = "finance",
		.content = revenue,
		.state = REFRESH_SUCCEEDED,
		.priority = 50 };
	struct cause_row cause = { .refresh = row.id, .event = 1, .rule = "nightly" };
	struct asked asked =
		ask(world, (struct input){ INPUT_AGAIN, .again = { &row, &cause, 1 } });
	assert_true(saw(world, "send"));
	assert_int_equal(asked.refresh, world->sent);
	assert_int_not_equal(asked.refresh, row.id);
}

static void who_wants_what_has_succeeded_once_more_waits_from_then_on(void **state)
{
	struct world *world = *state;
	struct refresh_row row = { .id = 2, .site = "finance", .content = revenue };
	struct cause_row cause = { .refresh = 2, .event = 1, .rule = "nightly" };
	cause.arrived_at = wall_after(world->now.wall, -2 * HOUR);
	row.state = REFRESH_SUCCEEDED;
	greet(world);
	step(world, (struct input){ INPUT_AGAIN, .again = { &row, &cause, 1 } });
	assert_int_equal(oldest_age(world), 0);
	answer(world, VERDICT_OK, NULL);
	job(world, PHASE_SUCCEEDED, world->now.wall, 0);
	assert_int_equal(oldest_age(world), -1);
	row.state = REFRESH_FAILED; /* its event is still to be satisfied */
	step(world, (struct input){ INPUT_AGAIN, .again = { &row, &cause, 1 } });
	assert_int_equal(oldest_age(world), 2 * HOUR);
}

static void what_is_wanted_again_and_again_begins_after_the_last_wish(void **state)
{
	struct world *world = *state;
	event(world);
	int64_t first = world->sent;
	answer(world, VERDICT_OK, NULL);
	struct refresh_row row = { .id = first - 2, .site = "finance", .content = revenue };
	struct cause_row cause = { .refresh = row.id, .event = 1, .rule = "nightly" };
	step(world, (struct input){ INPUT_AGAIN, .again = { &row, &cause, 1 } });
	pass(world, 10 * US_PER_SECOND);
	assert_true(saw(world, "poll"));
	int64_t asked_after = world->asked_after;
	step(world, (struct input){ INPUT_AGAIN, .again = { &row, &cause, 1 } });
	job(world, PHASE_QUEUED, (struct wall){ 0 }, asked_after); /* seen before the last event */
	job(world, PHASE_SUCCEEDED, world->now.wall, asked_after);
	assert_true(saw(world, "send"));
}

static void a_site_that_is_paused_is_sent_nothing_until_it_is_resumed(void **state)
{
	struct world *world = *state;
	step(world, (struct input){ INPUT_PAUSE, .pause = { "finance", true, "alice", false } });
	event(world);
	assert_false(saw(world, "send"));
	assert_string_equal(
		waits(world).reason, "site 'finance' is paused by alice until somebody resumes it");
	step(world, (struct input){ INPUT_PAUSE, .pause = { "finance", false, "bob", false } });
	assert_true(saw(world, "send"));
}

static void after_a_pause_the_reason_is_true_again(void **state)
{
	struct world *world = *state;
	configure_with(world, 1);
	event(world);
	answer(world, VERDICT_OK, NULL);
	pass(world, MINUTE);
	event_ago(world, 0, &payroll); /* waits for the budget */
	struct wall since = world->now.wall;
	pass(world, MINUTE);
	step(world, (struct input){ INPUT_PAUSE, .pause = { "finance", true, "alice", false } });
	assert_non_null(strstr(waits(world).reason, "paused by alice"));
	assert_int_equal(waits(world).since.us, world->now.wall.us);
	step(world, (struct input){ INPUT_PAUSE, .pause = { "finance", false, "bob", false } });
	assert_non_null(strstr(waits(world).reason, "refreshes_per_hour"));
	assert_int_equal(waits(world).since.us, world->now.wall.us);
	/* The row keeps the time since when only the site has kept it from being sent. */
	assert_int_equal(schedule_find(world->schedule, world->recorded)->not_before.us, since.us);
}

static void a_restart_goes_on_with_what_was_left_of_give_up_after(void **state)
{
	struct world *world = *state;
	event(world);
	for (int i = 0; i < 4 * 60; i++) {
		answer_all(world, VERDICT_RETRY, "connection refused");
		pass(world, MINUTE);
	}
	answer_all(world, VERDICT_RETRY, "connection refused");
	struct refresh_row row = *schedule_find(world->schedule, world->sent);
	assert_in_range(row.patience, 2 * HOUR - 1, 2 * HOUR + 10 * MINUTE);
	row.id = 42;
	world->now.wall.us += 10 * HOUR; /* the daemon was down, so Tableau was not asked */
	world->now.mono.us += 10 * HOUR;
	restart(world, &row);
	for (int i = 0; i < 100; i++) {
		answer_all(world, VERDICT_RETRY, "connection refused");
		pass(world, MINUTE);
	}
	assert_int_equal(schedule_count(world->schedule).open, 1);
	for (int i = 0; i < 60; i++) {
		answer_all(world, VERDICT_RETRY, "connection refused");
		pass(world, MINUTE);
	}
	assert_int_equal(schedule_count(world->schedule).open, 0);
}

static void a_refusal_that_tableau_may_not_mean_is_looked_into(void **state)
{
	struct world *world = *state;
	event(world);
	answer(world, VERDICT_DOUBT, "403004: forbidden");
	assert_string_equal(world->state, "unknown");
	pass(world, 0);
	assert_true(saw(world, "look"));
	step(world,
		(struct input){ INPUT_LOOKED, .looked = { world->sent, says(VERDICT_NONE, "none"),
						      NULL, world->asked_after } });
	assert_string_equal(world->state, "failed");
	assert_string_equal(world->reason, "403004: forbidden");
}

static void nobody_waits_behind_those_who_came_hours_later(void **state)
{
	struct world *world = *state;
	static const char *const rules[] = { "urgent" };
	step(world, (struct input){ INPUT_PAUSE, .pause = { "finance", true, "alice", false } });
	event(world); /* priority 50 */
	int64_t patient = world->recorded;
	pass(world, 2 * HOUR);
	struct schedule_site site = {
		.name = "finance", .max_requests = 1, .poll_interval = 10 * US_PER_SECOND
	};
	step(world, (struct input){ INPUT_CONFIGURE, .configure = { &options, &site, 1 } });
	struct schedule_selection selection = {
		.id = 99,
		.event = 99,
		.stamp = sqlite_stamp_of_event(99),
		.site = "finance",
		.priority = 100,
		.label = "Payroll",
		.arrived_at = world->now.wall,
		.rule_count = 1,
		.rules = rules,
	};
	step(world, (struct input){ INPUT_EVENT, .event = { sqlite_stamp_of_event(99) } });
	step(world, (struct input){ INPUT_SELECT, .select = { &selection, NULL } });
	step(world,
		(struct input){ INPUT_RESOLVED, .resolved = { 99, fine_now(world), &payroll, 1 } });
	step(world, (struct input){ INPUT_PAUSE, .pause = { "finance", false, "alice", false } });
	assert_int_equal(world->sent, patient);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void what_a_selection_names_comes_back_whenever_it_is_to_be_resolved(void **state)
{
	struct world *world = *state;
	struct arena *arena = arena_new();
	static const char *const rules[] = { "nightly" };
	struct selection named = {
		.site = "finance",
		.by = SELECT_NAME,
		.selector = arena_text(arena, "Revenue"),
		.project = arena_text(arena, "Finance/Daily"),
	};
	struct schedule_selection selection = {
		.id = 1,
		.event = 1,
		.stamp = sqlite_stamp_of_event(1),
		.site = "finance",
		.label = "Revenue",
		.arrived_at = world->now.wall,
		.rule_count = 1,
		.rules = rules,
		.named = &named,
		.uncached = true,
	};
	struct answer busy = fine_now(world);
	busy.verdict = VERDICT_RETRY;
	busy.reason = "later";
	greet(world);
	step(world, (struct input){ INPUT_SELECT, .select = { &selection, NULL } });
	arena_free(arena); /* it was copied */
	named = (struct selection){ .selector = "another" };
	for (int tries = 0; tries < 3; tries++) {
		assert_true(saw(world, "resolve"));
		assert_string_equal(world->named, "Revenue in Finance/Daily, from scratch");
		*world->named = '\0';
		step(world, (struct input){ INPUT_RESOLVED, .resolved = { 1, busy, NULL, 0 } });
		pass(world, HOUR / 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_selection_names_comes_back_whenever_it_is_to_be_resolved),
		TEST(a_refresh_is_recorded_as_sending_before_its_request_leaves),
		TEST(a_queued_job_whose_row_tells_no_evidence_proves_nothing),
		TEST(a_job_may_be_over_when_its_request_is_answered),
		TEST(a_refresh_succeeds_when_its_job_does),
		TEST(a_failed_job_fails_the_refresh_with_tableaus_note),
		TEST(ten_events_in_a_burst_cost_two_jobs),
		TEST(a_job_that_was_running_when_dbt_finished_does_not_count),
		TEST(a_job_seen_waiting_after_the_event_serves_it),
		TEST(a_job_that_started_long_after_dbt_finished_serves_a_late_event),
		TEST(a_late_event_within_the_clock_skew_costs_another_job),
		TEST(an_incremental_refresh_does_not_serve_who_wants_a_full_one),
		TEST(a_lost_reply_is_looked_for_before_anything_is_sent_again),
		TEST(what_lets_an_event_join_a_job_is_recorded_with_it),
		TEST(a_job_of_the_second_of_our_request_is_followed_and_proves_nothing),
		TEST(a_job_of_that_second_that_is_over_is_no_success_and_no_failure),
		TEST(a_poll_that_is_out_is_waited_for_before_anything_is_sent_again),
		TEST(a_job_of_that_second_is_cancelled_when_somebody_wants_it),
		TEST(a_job_that_began_after_a_request_serves_it_whoever_asked_for_it),
		TEST(a_job_that_goes_on_after_a_doubtful_no_is_ours),
		TEST(a_look_that_cannot_tell_is_made_again_before_anything_is_sent),
		TEST(it_is_said_when_nobody_could_tell_whether_there_is_a_job),
		TEST(a_job_made_when_tableaus_time_is_not_known_is_not_taken_for_ours),
		TEST(a_slow_answer_does_not_spoil_what_a_quick_one_told),
		TEST(a_site_is_greeted_before_the_first_request_after_a_start),
		TEST(what_waited_in_a_copy_is_looked_for_before_it_is_sent),
		TEST(what_was_never_sent_after_the_copy_is_sent_once),
		TEST(a_kill_before_the_look_is_answered_does_not_forget_it),
		TEST(what_was_followed_in_a_copy_is_looked_for_before_it_is_sent_once_more),
		TEST(a_look_for_what_an_old_copy_has_goes_back_a_day_before_dbt_finished),
		TEST(a_late_event_is_told_of_the_refresh_with_the_youngest_job),
		TEST(a_selection_of_a_copy_is_looked_for_too),
		TEST(when_greeting_fails_the_request_tells_why),
		TEST(a_site_that_tells_no_time_is_greeted_once),
		TEST(a_lost_request_is_sent_again_when_no_job_is_found),
		TEST(a_job_of_somebody_else_that_runs_already_is_waited_for),
		TEST(a_job_of_somebody_else_that_still_waits_is_taken_over),
		TEST(a_failed_poll_never_starts_a_second_refresh),
		TEST(a_transient_error_is_tried_again_and_given_up_in_the_end),
		TEST(an_event_that_comes_while_a_refresh_waits_to_be_sent_again_joins_it),
		TEST(an_event_that_joins_is_counted_and_writes_its_cause_alone),
		TEST(a_record_that_tells_nothing_new_is_no_news),
		TEST(no_more_requests_are_out_than_the_site_allows),
		TEST(the_more_urgent_refresh_goes_first),
		TEST(what_is_sent_again_is_as_urgent_as_those_who_came_meanwhile),
		TEST(a_full_refresh_that_came_meanwhile_makes_the_next_request_a_full_one),
		TEST(a_new_give_up_after_counts_for_those_who_wait_already),
		TEST(content_published_anew_keeps_its_turn),
		TEST(a_selection_that_names_nothing_is_a_failed_refresh_with_the_reason),
		TEST(a_selection_that_is_asked_for_when_its_time_is_over_is_given_up_soon_after),
		TEST(a_selection_for_an_unknown_site_waits_for_it_until_give_up_after),
		TEST(content_published_anew_is_refreshed_under_its_new_id),
		TEST(who_stood_in_line_before_content_was_published_anew_costs_no_second_job),
		TEST(a_job_of_content_that_moved_meanwhile_does_not_count),
		TEST(what_the_rules_do_not_name_any_more_fails_alone),
		TEST(a_refresh_that_was_being_sent_at_a_crash_is_looked_for),
		TEST(a_job_in_flight_at_a_restart_is_followed_and_not_sent_again),
		TEST(a_waiting_refresh_is_sent_after_a_restart),
		TEST(a_restart_keeps_the_turn_also_of_those_who_waited_for_days),
		TEST(a_restart_does_not_take_the_wait_for_a_budget_for_a_backoff),
		TEST(many_jobs_of_a_site_are_polled_with_one_list),
		TEST(without_the_right_to_list_jobs_each_is_asked_for),
		TEST(work_of_a_site_that_is_gone_goes_on_when_it_is_back),
		TEST(work_of_a_site_that_is_gone_for_good_is_given_up_and_says_why),
		TEST(a_job_of_a_site_that_was_gone_for_a_while_is_followed_to_its_end),
		TEST(a_lost_reply_of_a_site_that_was_gone_for_a_while_is_looked_for),
		TEST(what_waits_for_the_budget_is_sent_in_the_end_however_long_it_takes),
		TEST(a_backlog_that_the_budget_cannot_work_off_in_time_is_told_once),
		TEST(selections_that_wait_say_since_when_and_why),
		TEST(when_tableau_asks_to_wait_at_a_look_up_nobody_looks_anything_up),
		TEST(a_pause_of_days_gives_nothing_up),
		TEST(what_never_had_its_turn_at_a_site_that_is_down_is_given_up),
		TEST(a_job_that_may_not_be_asked_for_today_is_not_given_up),
		TEST(a_lost_reply_that_may_not_be_looked_for_today_is_not_given_up),
		TEST(a_wish_behind_a_job_that_waits_for_hours_is_served_by_it),
		TEST(a_job_that_never_starts_is_given_up_with_words_of_its_own),
		TEST(a_job_of_which_nothing_is_heard_is_given_up_and_named),
		TEST(time_behind_another_refresh_of_the_content_does_not_count),
		TEST(a_delay_holds_the_refresh_and_says_until_when),
		TEST(the_oldest_wish_of_a_site_is_told_without_what_a_delay_holds),
		TEST(a_job_sent_before_the_delay_was_over_does_not_count),
		TEST(who_stands_in_line_says_what_it_waits_for_now),
		TEST(quiet_gathers_events_until_there_is_none_for_so_long),
		TEST(a_rule_that_is_never_quiet_is_held_no_longer_than_give_up_after),
		TEST(starts_beyond_the_hours_budget_wait_and_say_until_when),
		TEST(a_job_is_not_looked_at_beyond_the_days_budget),
		TEST(what_was_spent_counts_after_a_restart),
		TEST(what_was_spent_by_a_clock_that_stepped_back_is_not_counted_twice),
		TEST(what_a_poll_is_told_counts_though_its_refresh_has_ended),
		TEST(a_look_that_is_told_when_to_come_again_waits_until_then),
		TEST(all_that_a_part_of_the_day_spent_is_kept),
		TEST(a_site_that_keeps_failing_is_left_alone_but_for_probes),
		TEST(a_reload_probes_a_failing_site_and_forgets_nothing_of_it),
		TEST(when_tableau_asks_to_wait_nobody_else_asks_meanwhile),
		TEST(nobody_gives_up_while_a_look_is_out_that_may_find_the_job),
		TEST(a_retry_ends_the_wait_that_tableau_asked_for),
		TEST(resuming_a_site_ends_the_wait_that_tableau_asked_for),
		TEST(resuming_a_site_that_is_left_alone_probes_it_at_once),
		TEST(resuming_a_site_whose_sign_in_failed_signs_in_at_once),
		TEST(a_content_whose_jobs_take_an_hour_is_looked_at_rarely),
		TEST(however_long_its_jobs_take_nobody_gives_up_unasked),
		TEST(a_job_that_may_not_be_followed_is_looked_at_ever_rarer_and_said_to_be_so),
		TEST(a_refused_look_is_no_trouble_of_the_site),
		TEST(a_list_without_the_job_brings_no_refused_look_closer),
		TEST(a_job_that_may_be_looked_at_again_is_followed_as_if_nothing_had_been),
		TEST(cancelling_a_job_that_may_not_be_looked_at_cancels_it_all_the_same),
		TEST(a_job_unknown_for_one_poll_is_asked_for_again),
		TEST(a_job_that_stays_unknown_is_lost_in_the_end),
		TEST(the_list_tells_the_end_of_a_job_that_cannot_be_asked_for),
		TEST(the_list_does_not_tell_the_end_of_a_bridge_job),
		TEST(the_list_does_not_tell_the_end_of_a_job_under_another_name),
		TEST(a_job_that_cannot_be_read_is_its_own_trouble),
		TEST(a_job_that_is_never_read_expires_with_that_reason),
		TEST(jobs_are_asked_for_one_by_one_when_their_list_cannot_be_read),
		TEST(a_503_that_says_when_to_come_again_is_heard),
		TEST(an_outage_is_told_once),
		TEST(cancelling_a_refresh_that_waits_ends_it),
		TEST(cancelling_a_refresh_in_flight_cancels_its_job_first),
		TEST(a_job_that_tableau_will_not_cancel_is_followed_on),
		TEST(a_cancel_that_got_no_answer_is_asked_again),
		TEST(what_tableau_asks_is_heeded_though_the_refresh_has_ended),
		TEST(a_refresh_cancelled_while_its_request_is_out_cancels_the_job_that_comes),
		TEST(cancelled_stays_so_though_the_content_turns_out_to_be_published_anew),
		TEST(who_cancelled_it_is_told_also_when_its_request_got_no_reply),
		TEST(who_cancelled_it_is_told_when_nobody_can_tell_whether_a_job_goes_on),
		TEST(a_retry_skips_the_backoff),
		TEST(a_refresh_that_has_ended_is_done_again_by_a_new_request),
		TEST(who_wants_what_has_succeeded_once_more_waits_from_then_on),
		TEST(what_is_wanted_again_and_again_begins_after_the_last_wish),
		TEST(a_site_that_is_paused_is_sent_nothing_until_it_is_resumed),
		TEST(after_a_pause_the_reason_is_true_again),
		TEST(a_restart_goes_on_with_what_was_left_of_give_up_after),
		TEST(a_refusal_that_tableau_may_not_mean_is_looked_into),
		TEST(nobody_waits_behind_those_who_came_hours_later),
	};
	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
