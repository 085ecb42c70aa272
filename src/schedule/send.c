/*
 * schedule/send.c - refreshes become requests: their turn, what the answer means, another try,
 * giving up.
 */
#include "base/mem.h"
#include "base/text.h"
#include "schedule/state.h"
#include <stdio.h>

/* 409093 is retried from 15 times the initial backoff: a job that is in the way runs for minutes.
 */
#define BUSY_FACTOR 15
/* How far back a look goes for the open job that a 409093 tells of: a queued job has no time limit
 * (src/tableau/README.md, Jobs). Also when nobody knows when a request was sent. */
#define LONG_LOOK_BACK (24 * 3600 * US_PER_SECOND)
/* What is known of Tableau's clock tells when a request went out when it is that narrow: the second
 * that it tells, and as much for the way of an answer. */
#define SURE_WITHIN (2 * US_PER_SECOND)
/* The time that a request went out is late by SURE_WITHIN at most, and Tableau tells whole seconds
 * (src/tableau/README.md, JSON). */
#define LOST_LOOK_BACK (5 * US_PER_SECOND)
/* So many looks after one request may be unsure; the next request is better than no end. */
#define UNSURE_LOOKS 8
/* A hundred points of priority are worth so much of give_up_after: whoever waits longer than that
 * goes before all who came later. */
#define PRIORITY_SHARE 2

/* ---- whose turn it is ---- */

static int64_t ready_key(const struct schedule *schedule, const struct refresh *refresh)
{
	return refresh->born.us -
	       refresh->row.priority * (schedule->options.give_up_after / (100 * PRIORITY_SHARE));
}

void refresh_queue_up(struct schedule *schedule, struct refresh *refresh)
{
	struct site *site = refresh->slot->site;
	timer_set(&site->ready, &refresh->due, ready_key(schedule, refresh), refresh->row.id);
	site_changed(schedule, site);
	site_touch(schedule, site);
}

void requeue_ready(struct schedule *schedule, struct site *site)
{
	/* Each move reorders the heap: from a copy. */
	size_t count = site->ready.count;
	OWNED_MEMORY struct timer **timers = mem_alloc(sizeof *timers * (count + 1));
	for (size_t i = 0; i < count; i++)
		timers[i] = site->ready.items[i];
	for (size_t i = 0; i < count; i++)
		refresh_queue_up(schedule, container(timers[i], struct refresh, due));
}

void refresh_wait_until(
	struct schedule *schedule, struct instant now, struct refresh *refresh, int64_t wait_us)
{
	refresh->row.not_before = wall_after(now.wall, wait_us > 0 ? wait_us : 0);
	refresh_moved(schedule, refresh);
	if (wait_us <= 0 && refresh->row.state == REFRESH_WAITING)
		refresh_queue_up(schedule, refresh);
	else
		timer_set(&schedule->timers, &refresh->due, mono_plus(now.mono, wait_us).us,
			TIMER_OF_REFRESH);
}

/* ---- looking for a job that may be there ---- */

/*
 * `at` by Tableau's clock, and no earlier than it was, but not much later either: else the look for
 * its job would begin after that. {0}: that is not known.
 */
static struct wall surely_at_tableau(const struct site *site, struct mono at)
{
	struct wall earliest, latest;
	if (!gate_tableau_between(&site->gate, at, &earliest, &latest) ||
		latest.us - earliest.us > SURE_WITHIN)
		return (struct wall){ 0 };
	return latest;
}

/* When the last request went out. Told in the journal if that clock was known well enough then;
 * else it may have become so since. {0}: nobody knows, for our own may have stepped. */
static struct wall sent_at_tableau(const struct refresh *refresh)
{
	if (wall_is_set(refresh->row.sent_at_tableau) || !refresh->sent.us)
		return refresh->row.sent_at_tableau;
	return surely_at_tableau(refresh->slot->site, refresh->sent);
}

static struct wall look_since(const struct refresh *refresh, struct instant now)
{
	struct wall sent_at = sent_at_tableau(refresh),
		    tableau_now = gate_tableau_time(&refresh->slot->site->gate, now.mono);
	if (!refresh->was_busy && wall_is_set(sent_at))
		return wall_after(sent_at, -LOST_LOOK_BACK);
	return wall_after(wall_is_set(tableau_now) ? tableau_now : now.wall, -LONG_LOOK_BACK);
}

/* False: not now; the gate opens at *opens. */
static bool look(
	struct schedule *schedule, struct instant now, struct refresh *refresh, struct mono *opens)
{
	struct site *site = refresh->slot->site;
	*opens = site->is_known ? gate_query_opens(&site->gate, now.mono)
				: (struct mono){ INT64_MAX };
	if (opens->us > now.mono.us)
		return false;
	breaker_called(&site->gate.breaker);
	site_spend_queries(schedule, now, site, 1);
	act_on_refresh(schedule, ACTION_LOOK, refresh, look_since(refresh, now));
	return true;
}

void refresh_due(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	struct mono opens;
	if (refresh->row.state != REFRESH_UNKNOWN) {
		refresh_wait_until(schedule, now, refresh, 0);
	} else if (!look(schedule, now, refresh, &opens)) {
		/* A probe that is out decides soon, and there is nothing to be woken by; a site
		 * that is back wakes those who wait for it. */
		bool is_known = refresh->slot->site->is_known;
		refresh_wait_until(schedule, now, refresh,
			opens.us != INT64_MAX ? opens.us - now.mono.us
			: is_known            ? schedule->options.retry_initial
					      : schedule->options.retry_max);
	}
}

/* ---- sending ---- */

static bool has_place(const struct site *site)
{
	if (!site->is_known ||
		site->sending >= (site->options.max_requests > 0 ? site->options.max_requests : 1))
		return false;
	return site->options.max_running <= 0 ||
	       site->in_flight_count + site->sending < site->options.max_running;
}

static void send(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	struct site *site = refresh->slot->site;
	timer_leave(&refresh->due);
	refresh_enter(schedule, refresh, REFRESH_SENDING);
	refresh->row.attempts++;
	refresh->row.not_before = (struct wall){ 0 };
	refresh->row.sent_at = now.wall;
	refresh->row.sent_at_tableau = surely_at_tableau(site, now.mono);
	refresh->row.sent_after = schedule->horizon;
	refresh->row.seen_waiting_after = 0;
	refresh->sent = now.mono;
	refresh->was_busy = refresh->was_refused = false;
	refresh->unsure_looks = 0;
	refresh_set_text(&refresh->row.reason, "");
	refresh_set_text(&refresh->row.job_id, "");
	refresh->row.job_created_at = refresh->row.job_started_at = refresh->row.job_completed_at =
		(struct wall){ 0 };
	breaker_called(&site->gate.breaker);
	site->needs_no_greeting = false;
	act_record(schedule, refresh);
	act_on_refresh(schedule, ACTION_SEND, refresh, (struct wall){ 0 });
}

/*
 * A request is recorded with the time that it is by Tableau's clock, before it leaves: if we are
 * killed before its answer is durable, that tells its job from others'. Of a site that has not said
 * a word yet, the time is not known, so that it is signed in first, which the request needs anyway.
 */
static bool needs_greeting(const struct site *site)
{
	return !site->gate.clock.heard_at.us && !site->has_greeted && !site->needs_no_greeting;
}

static void greet(struct schedule *schedule, struct site *site)
{
	if (site->is_greeting)
		return;
	breaker_called(&site->gate.breaker);
	act_greet(schedule, site);
}

void on_greeted(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct answer answer = input->greeted.answer;
	struct site *site = site_of(schedule, answer.site);
	site_answered(schedule, now, &answer);
	if (answer.verdict == VERDICT_RETRY && answer.retry_after)
		gate_hold(&site->gate.no_starts_before, now.mono, answer.retry_after);
	site->is_greeting = false;
	site->has_greeted = answer.verdict == VERDICT_OK;
	site->needs_no_greeting = !site->has_greeted;
	site_touch(schedule, site);
}

void send_ready(struct schedule *schedule, struct instant now, struct site *site)
{
	const struct budget_part *spent = NULL;
	struct timer *first;
	while (has_place(site) && (first = timer_first(&site->ready))) {
		struct wait wait = gate_start_wait(&site->gate, now.mono);
		if (wait.kind != WAIT_NOT) {
			site_wait(schedule, site, wait.until);
			break;
		}
		if (needs_greeting(site)) {
			greet(schedule, site);
			break;
		}
		send(schedule, now, container(first, struct refresh, due));
		spent = budget_spend(&site->gate.starts, now.mono, now.wall, 1);
	}
	act_spent(schedule, site, SPENT_STARTS, spent);
}

/* ---- answers ---- */

static void try_again(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer, int64_t initial)
{
	refresh_enter(schedule, refresh, REFRESH_WAITING);
	refresh_serve_line(refresh);
	refresh_set_text(&refresh->row.reason, answer.reason);
	refresh_wait_until(schedule, now, refresh, backoff(schedule, initial, refresh->failures++));
	act_record(schedule, refresh);
}

/* Whether there is a job has to be found out before anything else is done. */
static void lost(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer, bool at_once)
{
	refresh->was_busy = false;
	refresh->row.sent_at_tableau = sent_at_tableau(refresh); /* the answer may have told */
	refresh_enter(schedule, refresh, REFRESH_UNKNOWN);
	if (!refresh->row.is_cancelling) /* else it says who wants that */
		refresh_set_text(&refresh->row.reason, answer.reason);
	int64_t wait = backoff(schedule, schedule->options.retry_initial, refresh->failures++);
	refresh_wait_until(schedule, now, refresh, at_once ? 0 : wait);
	act_record(schedule, refresh);
}

static void end_as_asked(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	refresh_end(schedule, now, refresh, REFRESH_CANCELLED, refresh->row.reason);
}

static void was_busy(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer)
{
	struct mono opens;
	refresh->was_busy = true;
	refresh_enter(schedule, refresh, REFRESH_WAITING);
	refresh_set_text(&refresh->row.reason, answer.reason);
	if (look(schedule, now, refresh, &opens))
		act_record(schedule, refresh);
	else
		try_again(schedule, now, refresh, answer,
			BUSY_FACTOR * schedule->options.retry_initial);
}

static void not_accepted(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer)
{
	switch (answer.verdict) {
	case VERDICT_FAIL:
		refresh_end_with_line(schedule, now, refresh, REFRESH_FAILED, answer.reason);
		break;
	case VERDICT_OTHER: /* those in line are looked into by themselves */
		refresh_end(schedule, now, refresh, REFRESH_FAILED, answer.reason);
		break;
	case VERDICT_DOUBT:
		refresh->was_refused = true;
		lost(schedule, now, refresh, answer, true);
		break;
	case VERDICT_UNKNOWN:
		lost(schedule, now, refresh, answer, false);
		break;
	case VERDICT_BUSY:
		was_busy(schedule, now, refresh, answer);
		break;
	case VERDICT_OK:
	case VERDICT_RETRY:
	case VERDICT_NONE:
	case VERDICT_CANNOT:
	case VERDICT_UNSURE:
	case VERDICT_UNREAD:
		try_again(schedule, now, refresh, answer, schedule->options.retry_initial);
		break;
	}
}

/*
 * Whoever tells when to come again tells it for the site, so that the others need not each be told.
 * When nobody knows whether the request went through (503), the whole site is meant.
 */
static void hold_starts(struct site *site, struct instant now, const struct answer *answer)
{
	struct gate *gate = &site->gate;
	bool is_unknown = answer->verdict == VERDICT_UNKNOWN;
	if (!answer->retry_after || (!is_unknown && answer->verdict != VERDICT_RETRY))
		return;
	gate_hold(&gate->no_starts_before, now.mono, answer->retry_after);
	if (!is_unknown)
		return;
	gate_hold(&gate->no_queries_before, now.mono, answer->retry_after);
	gate_hold(&gate->no_calls_before, now.mono, answer->retry_after);
}

void on_sent(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct answer answer = input->sent.answer;
	const struct job_seen *job = input->sent.job;
	struct refresh *refresh = refresh_find(schedule, input->sent.refresh);
	site_answered(schedule, now, &answer);
	struct site *site = site_of(schedule, answer.site);
	hold_starts(site, now, &answer);
	if (!refresh || refresh->row.state != REFRESH_SENDING)
		return;
	refresh->is_asked = false;
	if (wall_is_set(input->sent.sent_at))
		refresh->row.sent_at = input->sent.sent_at;
	if (answer.verdict == VERDICT_OK) {
		refresh->failures = 0;
		refresh_set_text(&refresh->row.job_id, job->id);
		gate_made_job(&site->gate, &answer.told, job->created_at);
		follow_job(schedule, now, refresh, job, 0);
	} else if (refresh->row.is_cancelling && answer.verdict != VERDICT_UNKNOWN &&
		   answer.verdict != VERDICT_DOUBT) {
		end_as_asked(schedule, now, refresh);
	} else {
		not_accepted(schedule, now, refresh, answer);
	}
}

static bool is_open(const struct job_seen *job)
{
	return job->phase == PHASE_QUEUED || job->phase == PHASE_RUNNING;
}

/* What we know as Tableau's clock may be a proxy's, or another node's, that is off. */
static bool is_of_other_clock(
	const struct refresh *refresh, struct instant now, const struct job_seen *job)
{
	const struct gate *gate = &refresh->slot->site->gate;
	struct wall earliest, latest;
	bool is_to_come = gate_tableau_between(gate, now.mono, &earliest, &latest) &&
			  job->created_at.us > latest.us + US_PER_SECOND;
	return gate->is_clock_wrong || is_to_come || distant_clock_is_apart(&gate->clock, now.mono);
}

/*
 * The evidence of a job that a look found. Whose it is does not matter: when it started no earlier
 * than our last request went out, both by Tableau's clock, it reads what that one would have read.
 *
 * After a refusal that is open to doubt less will do: of a job that was there Tableau would have
 * said 409093, so that one which goes on was made by our request, or later.
 */
static struct evidence found_evidence(const struct refresh *refresh, struct instant now,
	const struct job_seen *job, int64_t asked_after)
{
	struct wall sent_at = sent_at_tableau(refresh);
	struct wall started_at = wall_is_set(job->started_at) ? job->started_at : job->created_at;
	bool is_later = started_at.us >= sent_at.us || (refresh->was_refused && is_open(job));
	bool is_known = wall_is_set(sent_at) && !is_of_other_clock(refresh, now, job);
	return (struct evidence){
		.sent_after = is_known && is_later ? refresh->row.sent_after : 0,
		.seen_waiting_after = job->phase == PHASE_QUEUED ? asked_after : 0,
		.started_at = job->started_at,
	};
}

/* The reason keeps what became of the request, for whoever gives up. */
static void send_again(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer)
{
	const char *got = *refresh->row.reason ? refresh->row.reason : "no reply";
	OWNED_TEXT struct text reason;
	text_init(&reason, 1000);
	if (answer.verdict == VERDICT_CANNOT || answer.verdict == VERDICT_UNSURE)
		text_printf(&reason,
			"nobody can tell whether the last request made a job (%s), it is sent "
			"again; it got: %s",
			answer.reason, got);
	else
		text_printf(&reason,
			"no job was found of the last request, it is sent again; it got: %s", got);
	answer.reason = reason.at;
	refresh->failures -= refresh->failures > 0;
	try_again(schedule, now, refresh, answer, schedule->options.retry_initial);
}

/* Whoever cancelled it has to know when a job of its may go on. */
static void tell_unsure(struct refresh *refresh, const struct answer *look)
{
	if (look->verdict == VERDICT_NONE)
		return;
	OWNED_TEXT struct text reason;
	text_init(&reason, 1000);
	text_printf(&reason,
		"%s; nobody can tell whether its last request made a job, which would go on: %s",
		refresh->row.reason,
		look->verdict == VERDICT_OK ? "there is a job that may be somebody else's"
					    : look->reason);
	refresh_set_text(&refresh->row.reason, reason.at);
}

void refresh_send_once_more(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	OWNED_TEXT struct text reason;
	text_init(&reason, 300);
	text_printf(&reason,
		"no reply told its job; job %s was found, which may have started before the event "
		"arrived: it is sent once more",
		refresh->row.job_id);
	slot_know_job(schedule, refresh->slot, refresh->row.job_id);
	refresh_enter(schedule, refresh, REFRESH_WAITING);
	refresh_serve_line(refresh);
	refresh_set_text(&refresh->row.reason, reason.at);
	refresh_wait_until(schedule, now, refresh, 0);
	act_record(schedule, refresh);
}

static void look_ended(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer)
{
	bool is_unsure = answer.verdict == VERDICT_UNSURE && ++refresh->unsure_looks < UNSURE_LOOKS;
	if (!refresh->was_busy && (answer.verdict == VERDICT_RETRY || is_unsure)) {
		lost(schedule, now, refresh, answer, false); /* look again */
		return;
	}
	if (refresh->row.is_cancelling) {
		tell_unsure(refresh, &answer);
		end_as_asked(schedule, now, refresh);
		return;
	}
	struct answer look = answer;
	answer.reason = refresh->row.reason;
	if (refresh->was_refused) {
		refresh_end_with_line(schedule, now, refresh, REFRESH_FAILED, answer.reason);
	} else if (refresh->was_busy) {
		try_again(schedule, now, refresh, answer,
			BUSY_FACTOR * schedule->options.retry_initial);
	} else {
		send_again(schedule, now, refresh, look);
	}
}

/*
 * After a lost reply: nothing says that it is not the job of our request, and nothing proves it.
 * Tableau tells whole seconds, so that somebody else's that was made a second before looks the
 * same, and may have read old data. It is followed, and a request is sent once more when it is over
 * (refresh_send_once_more()): a second job costs less than a stale success.
 */
static bool may_be_ours(
	const struct refresh *refresh, struct instant now, const struct job_seen *job)
{
	struct wall sent_at = sent_at_tableau(refresh);
	bool is_enough = refresh->row.incremental || !job->is_incremental;
	return !refresh->was_busy && !refresh->was_refused && is_enough && wall_is_set(sent_at) &&
	       !is_of_other_clock(refresh, now, job) &&
	       job->created_at.us + US_PER_SECOND > sent_at.us - SURE_WITHIN;
}

static void adopt(struct schedule *schedule, struct instant now, struct refresh *refresh,
	const struct job_seen *job, const struct evidence *evidence, int64_t asked_after)
{
	refresh->failures = 0;
	refresh->was_refused = false;
	refresh->row.sent_after = evidence->sent_after;
	refresh->row.seen_waiting_after = evidence->seen_waiting_after;
	refresh_set_text(&refresh->row.job_id, job->id);
	if (!refresh->row.is_cancelling)
		refresh_set_text(&refresh->row.reason, "");
	follow_job(schedule, now, refresh, job, asked_after);
}

void on_looked(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct answer answer = input->looked.answer;
	const struct job_seen *job = input->looked.job;
	int64_t asked_after = input->looked.asked_after;
	struct refresh *refresh = refresh_find(schedule, input->looked.refresh);
	site_answered(schedule, now, &answer);
	struct site *site = site_of(schedule, answer.site);
	if (answer.calls > 1)
		site_spend_queries(schedule, now, site, answer.calls - 1);
	if (answer.verdict == VERDICT_RETRY && answer.retry_after)
		gate_hold(&site->gate.no_queries_before, now.mono, answer.retry_after);
	if (!refresh || !refresh->is_asked ||
		(refresh->row.state != REFRESH_UNKNOWN && refresh->row.state != REFRESH_WAITING))
		return;
	refresh->is_asked = false;
	struct evidence evidence = { 0 };
	bool is_found = answer.verdict == VERDICT_OK;
	if (is_found)
		evidence = found_evidence(refresh, now, job, asked_after);
	if (is_found && (refresh_is_served(schedule, refresh, &evidence, job->is_incremental) ||
				may_be_ours(refresh, now, job)))
		adopt(schedule, now, refresh, job, &evidence, asked_after);
	else
		look_ended(schedule, now, refresh, answer);
}

/* It does what the other was to do, and has its turn. */
static void refresh_is_as_old(
	struct schedule *schedule, struct refresh *refresh, const struct refresh *other)
{
	if (refresh->born.us <= other->born.us)
		return;
	refresh->born = other->born;
	refresh->row.created_at = other->row.created_at;
	act_record(schedule, refresh);
	if (refresh_is_ready(refresh))
		refresh_queue_up(schedule, refresh);
}

/* What it stands for goes on with content of another id; the refresh that does it, or has done. */
static int64_t go_on_with(struct schedule *schedule, struct instant now,
	const struct refresh *refresh, struct slot *to, const struct content *content)
{
	const struct evidence *evidence;
	int64_t done = slot_has_served(schedule, to, refresh->causes, refresh->cause_count,
		refresh->row.incremental, &evidence);
	for (size_t i = 0; done && i < refresh->cause_count; i++)
		act_cause(schedule, done, &refresh->causes[i], CAUSE_SATISFIED);
	if (done)
		return done;
	struct refresh *successor = slot_join(schedule, now, to, content, refresh->causes,
		refresh->cause_count, refresh_wish(refresh));
	refresh_is_as_old(schedule, successor, refresh);
	return successor->row.id;
}

void on_moved(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct content *content = input->moved.content;
	struct refresh *refresh = refresh_find(schedule, input->moved.refresh);
	site_answered(schedule, now, &input->moved.answer);
	bool is_under_way =
		refresh && (refresh->row.state == REFRESH_SENDING || refresh_in_flight(refresh));
	if (!is_under_way)
		return;
	refresh->is_asked = false;
	if (refresh->row.is_cancelling) { /* what became of the old one is of no interest */
		end_as_asked(schedule, now, refresh);
		return;
	}
	struct slot *to = slot_of(schedule, refresh->slot->site->name, content);
	char reason[120]; /* two short sentences and 20 digits */
	snprintf(reason, sizeof reason,
		"the rules name content with another id now; refresh %lld does it",
		(long long)go_on_with(schedule, now, refresh, to, content));
	refresh_end(schedule, now, refresh, REFRESH_CANCELLED, reason);
}

/* ---- giving up ---- */

void refresh_expire(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	if (refresh->is_asked) { /* the answer may be that all is well */
		patience_set(&refresh->patience, now.mono, ANSWER_SOON);
		return;
	}
	bool has_job = refresh_in_flight(refresh);
	bool is_start = refresh->row.state == REFRESH_WAITING;
	OWNED_TEXT struct text reason;
	text_init(&reason, 1000);
	text_add(&reason, "given up after give_up_after");
	if (has_job)
		text_printf(
			&reason, ", in which nothing was heard of its job %s", refresh->row.job_id);
	text_add(&reason, "; last: ");
	wait_add_trouble(now.mono, refresh->slot->site, is_start ? CALLS_START : CALLS_QUERY,
		refresh->row.reason, &reason);
	refresh_end(schedule, now, refresh, REFRESH_EXPIRED, reason.at);
}
