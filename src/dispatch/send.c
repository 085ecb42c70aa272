/*
 * dispatch/send.c - refreshes become requests: their turn, what the answer means, another try,
 * giving up.
 */
#include "base/mem.h"
#include "base/text.h"
#include "dispatch/schedule_state.h"
#include <stdio.h>

/* 409093 is retried from 15 times the initial backoff (design, section 4). */
#define BUSY_FACTOR 15
/* How far back a look goes for the open job that a 409093 tells of: a queued job has no time limit
 * (tableau-rest.md 6.3). */
#define BUSY_LOOK_BACK (24 * 3600 * US_PER_SECOND)
/* Tableau tells whole seconds (tableau-rest.md 1.3), and its clock is not ours. */
#define LOST_LOOK_BACK (5 * US_PER_SECOND)

void refresh_wait_until(
	struct schedule *schedule, struct instant now, struct refresh *refresh, int64_t wait_us)
{
	struct site *site = refresh->slot->site;
	timer_leave(refresh->is_ready ? &site->ready : &schedule->timers, &refresh->due);
	refresh->is_ready = wait_us <= 0 && refresh->row.state == REFRESH_WAITING;
	if (refresh->is_ready) {
		refresh->row.not_before = (struct wall){ 0 };
		timer_set(&site->ready, &refresh->due, -refresh->row.priority, refresh->row.id);
		site_touch(schedule, site);
	} else {
		refresh->row.not_before = wall_after(now.wall, wait_us);
		timer_set(&schedule->timers, &refresh->due, mono_plus(now.mono, wait_us).us,
			TIMER_OF_REFRESH);
	}
}

static void look(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	struct wall since = refresh->was_busy ? wall_after(now.wall, -BUSY_LOOK_BACK)
					      : wall_after(refresh->row.sent_at, -LOST_LOOK_BACK);
	act_on_refresh(schedule, ACTION_LOOK, refresh, since);
}

void refresh_due(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	if (refresh->row.state == REFRESH_UNKNOWN)
		look(schedule, now, refresh);
	else
		refresh_wait_until(schedule, now, refresh, 0);
}

static bool has_place(const struct site *site)
{
	if (!site->is_known ||
		site->sending >= (site->options.max_requests > 0 ? site->options.max_requests : 1))
		return false;
	return site->options.max_running <= 0 ||
	       site->in_flight_count + site->sending < site->options.max_running;
}

void send_ready(struct schedule *schedule, struct instant now, struct site *site)
{
	struct timer *first;
	while (has_place(site) && (first = timer_first(&site->ready))) {
		struct refresh *refresh = container(first, struct refresh, due);
		timer_leave(&site->ready, &refresh->due);
		refresh->is_ready = false;
		refresh_enter(schedule, refresh, REFRESH_SENDING);
		refresh->row.attempts++;
		refresh->row.sent_at = now.wall;
		refresh->row.sent_after = schedule->horizon;
		refresh->row.seen_waiting_after = 0;
		refresh_set_text(&refresh->row.reason, "");
		refresh_set_text(&refresh->row.job_id, "");
		refresh->row.job_created_at = refresh->row.job_started_at =
			refresh->row.job_completed_at = (struct wall){ 0 };
		act_record(schedule, refresh);
		act_on_refresh(schedule, ACTION_SEND, refresh, (struct wall){ 0 });
	}
}

static void try_again(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer, int64_t initial)
{
	refresh_enter(schedule, refresh, REFRESH_WAITING);
	refresh_set_text(&refresh->row.reason, answer.reason);
	int64_t wait = backoff(schedule, initial, refresh->failures++);
	if (wait < answer.retry_after)
		wait = answer.retry_after;
	refresh_wait_until(schedule, now, refresh, wait);
	act_record(schedule, refresh);
}

static void lost(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer)
{
	refresh->was_busy = false;
	refresh_enter(schedule, refresh, REFRESH_UNKNOWN);
	refresh_set_text(&refresh->row.reason, answer.reason);
	refresh_wait_until(schedule, now, refresh,
		backoff(schedule, schedule->options.retry_initial, refresh->failures++));
	act_record(schedule, refresh);
}

struct actions schedule_sent(struct schedule *schedule, struct instant now, int64_t id,
	struct answer answer, const struct job_seen *job, struct wall sent_at)
{
	act_begin(schedule);
	struct refresh *refresh = refresh_find(schedule, id);
	if (!refresh || refresh->row.state != REFRESH_SENDING)
		return act_end(schedule, now);
	refresh->is_asked = false;
	if (wall_is_set(sent_at))
		refresh->row.sent_at = sent_at;
	switch (answer.verdict) {
	case VERDICT_OK:
		refresh->failures = 0;
		refresh_set_text(&refresh->row.job_id, job->id);
		follow_job(schedule, now, refresh, job, 0);
		break;
	case VERDICT_FAIL:
		refresh_end(schedule, now, refresh, REFRESH_FAILED, answer.reason);
		break;
	case VERDICT_BUSY:
		refresh->was_busy = true;
		refresh_enter(schedule, refresh, REFRESH_WAITING);
		refresh_set_text(&refresh->row.reason, answer.reason);
		act_record(schedule, refresh);
		look(schedule, now, refresh);
		break;
	case VERDICT_UNKNOWN:
		lost(schedule, now, refresh, answer);
		break;
	case VERDICT_RETRY:
	case VERDICT_NONE:
	case VERDICT_CANNOT:
		try_again(schedule, now, refresh, answer, schedule->options.retry_initial);
		break;
	}
	return act_end(schedule, now);
}

/* Is this job, which a request of ours may or may not have made, fresh enough for all that
 * `refresh` stands for? */
static bool serves_all(const struct schedule *schedule, const struct refresh *refresh,
	const struct evidence *evidence)
{
	for (size_t i = 0; i < refresh->cause_count; i++)
		if (!evidence_covers(evidence, &refresh->causes[i], schedule->options.clock_skew))
			return false;
	return true;
}

/*
 * The evidence of a job that a look found. After a lost reply it counts as sent by us when Tableau
 * made it no earlier than the request went out (its times are whole seconds); after a 409093 it is
 * somebody else's, or ours of an earlier request.
 */
static struct evidence found_evidence(
	const struct refresh *refresh, const struct job_seen *job, int64_t asked_after)
{
	bool is_ours =
		!refresh->was_busy && job->created_at.us + US_PER_SECOND > refresh->row.sent_at.us;
	return (struct evidence){
		.sent_after = is_ours ? refresh->row.sent_after : 0,
		.seen_waiting_after = job->phase == PHASE_QUEUED ? asked_after : 0,
		.started_at = job->started_at,
	};
}

static void look_ended(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer)
{
	int64_t initial = schedule->options.retry_initial * (refresh->was_busy ? BUSY_FACTOR : 1);
	if (!refresh->was_busy &&
		answer.verdict == VERDICT_RETRY) { /* the look itself failed: look again */
		lost(schedule, now, refresh, answer);
		return;
	}
	answer.reason =
		refresh->was_busy
			? refresh->row.reason
			: "the request got no reply, and no job was found: it is sent again";
	OWNED_MEMORY char *reason = mem_copy_text(answer.reason);
	answer.reason = reason;
	refresh->failures = refresh->failures > 0 && !refresh->was_busy ? refresh->failures - 1
									: refresh->failures;
	try_again(schedule, now, refresh, answer, initial);
}

struct actions schedule_looked(struct schedule *schedule, struct instant now, int64_t id,
	struct answer answer, const struct job_seen *job, int64_t asked_after)
{
	act_begin(schedule);
	struct refresh *refresh = refresh_find(schedule, id);
	if (!refresh ||
		(refresh->row.state != REFRESH_UNKNOWN && refresh->row.state != REFRESH_WAITING))
		return act_end(schedule, now);
	refresh->is_asked = false;
	struct evidence evidence = answer.verdict == VERDICT_OK
					   ? found_evidence(refresh, job, asked_after)
					   : (struct evidence){ 0 };
	if (answer.verdict == VERDICT_OK && serves_all(schedule, refresh, &evidence)) {
		refresh->failures = 0;
		refresh->row.sent_after = evidence.sent_after;
		refresh->row.seen_waiting_after = evidence.seen_waiting_after;
		refresh_set_text(&refresh->row.job_id, job->id);
		refresh_set_text(&refresh->row.reason, "");
		follow_job(schedule, now, refresh, job, asked_after);
	} else {
		look_ended(schedule, now, refresh, answer);
	}
	return act_end(schedule, now);
}

struct actions schedule_moved(
	struct schedule *schedule, struct instant now, int64_t id, const struct content *content)
{
	act_begin(schedule);
	struct refresh *refresh = refresh_find(schedule, id);
	if (!refresh || refresh->row.state != REFRESH_SENDING)
		return act_end(schedule, now);
	refresh->is_asked = false;
	struct slot *from = refresh->slot, *to = slot_of(schedule, from->site->name, content);
	struct refresh *successor = NULL;
	if (!to->current) {
		successor = to->current = refresh_create(schedule, now, to, content);
		refresh_wait_until(schedule, now, successor, 0);
	} else if (to->current->row.state == REFRESH_WAITING) {
		successor = to->current;
	} else {
		if (!to->next)
			to->next = refresh_create(schedule, now, to, content);
		successor = to->next;
	}
	successor->row.incremental = successor->row.incremental && refresh->row.incremental;
	if (successor->row.priority < refresh->row.priority)
		successor->row.priority = refresh->row.priority;
	act_record(schedule, successor);
	for (size_t i = 0; i < refresh->cause_count; i++) {
		refresh_add_cause(successor, &refresh->causes[i]);
		act_cause(schedule, successor->row.id, &refresh->causes[i]);
	}
	char reason[120]; /* two short sentences and 20 digits */
	snprintf(reason, sizeof reason,
		"the content was published anew under another id; refresh %lld does it",
		(long long)successor->row.id);
	refresh_end(schedule, now, refresh, REFRESH_CANCELLED, reason);
	return act_end(schedule, now);
}

void refresh_expire(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	bool has_job =
		refresh->row.state == REFRESH_QUEUED || refresh->row.state == REFRESH_RUNNING;
	struct mono until = mono_plus(refresh->seen_at, schedule->options.give_up_after);
	if (refresh->row.state == REFRESH_SENDING || (has_job && until.us > now.mono.us)) {
		/* A request's answer comes soon; a job that Tableau still tells about goes on. */
		int64_t again = has_job ? until.us : mono_plus(now.mono, 60 * US_PER_SECOND).us;
		timer_set(&schedule->expiries, &refresh->expiry, again, refresh->row.id);
		return;
	}
	OWNED_TEXT struct text reason;
	text_init(&reason, 1000);
	text_printf(&reason, "given up after give_up_after%s%s",
		*refresh->row.reason ? "; last: " : "", refresh->row.reason);
	refresh_end(schedule, now, refresh, REFRESH_EXPIRED, reason.at);
}
