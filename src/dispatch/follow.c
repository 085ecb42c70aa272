/*
 * dispatch/follow.c - jobs are followed to their end, and what their end means for those who waited
 * for them. Also: what a restart finds.
 */
#include "base/mem.h"
#include "dispatch/schedule_state.h"
#include <stdio.h>

/* Tableau's times are whole seconds (tableau-rest.md 1.3); a list asked "since" an instant must not
 * miss the second before it. */
#define LIST_MARGIN (2 * US_PER_SECOND)

static void arm_poll(
	struct schedule *schedule, struct instant now, struct site *site, int64_t wait_us)
{
	if (site->in_flight_count && !timer_is_set(&site->poll))
		timer_set(&schedule->timers, &site->poll, mono_plus(now.mono, wait_us).us,
			TIMER_OF_SITE);
}

/* The next refresh of the content has succeeded with the current one when the evidence covers all
 * that it stands for. */
static void settle_next(struct schedule *schedule, struct instant now, const struct refresh *done)
{
	struct refresh *next = done->slot->next;
	if (!next || (done->row.incremental && !next->row.incremental))
		return;
	struct evidence evidence = evidence_of(&done->row);
	for (size_t i = 0; i < next->cause_count; i++)
		if (!evidence_covers(&evidence, &next->causes[i], schedule->options.clock_skew))
			return;
	refresh_set_text(&next->row.job_id, done->row.job_id);
	next->row.job_created_at = done->row.job_created_at;
	next->row.job_started_at = done->row.job_started_at;
	next->row.job_completed_at = done->row.job_completed_at;
	char reason[80]; /* a sentence and 20 digits */
	snprintf(reason, sizeof reason,
		"satisfied by the job of refresh %lld, which started late enough",
		(long long)done->row.id);
	refresh_end(schedule, now, next, REFRESH_SUCCEEDED, reason);
}

/*
 * Causes that the job turns out not to cover wait for another one. With our own requests there are
 * none; a job that was taken over may tell a start time, at its end, that it did not tell before.
 */
static bool take_uncovered(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	struct evidence evidence = evidence_of(&refresh->row);
	for (size_t i = 0; i < refresh->cause_count; i++)
		if (!evidence_covers(
			    &evidence, &refresh->causes[i], schedule->options.clock_skew)) {
			refresh_enter(schedule, refresh, REFRESH_WAITING);
			refresh_set_text(&refresh->row.reason,
				"the job that ended had started too early; another one is needed");
			refresh_wait_until(schedule, now, refresh, 0);
			act_record(schedule, refresh);
			return true;
		}
	return false;
}

static void job_succeeded(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	if (take_uncovered(schedule, now, refresh))
		return;
	struct slot *slot = refresh->slot;
	slot->last = refresh->row.id;
	slot->last_incremental = refresh->row.incremental;
	slot->last_evidence = evidence_of(&refresh->row);
	settle_next(schedule, now, refresh);
	refresh_end(schedule, now, refresh, REFRESH_SUCCEEDED, "");
}

static void end_with_notes(struct schedule *schedule, struct instant now, struct refresh *refresh,
	enum refresh_state state, const char *notes, const char *without)
{
	refresh_end(schedule, now, refresh, state, notes && *notes ? notes : without);
}

void follow_job(struct schedule *schedule, struct instant now, struct refresh *refresh,
	const struct job_seen *job, int64_t asked_after)
{
	enum refresh_state before = refresh->row.state;
	refresh->seen_at = now.mono;
	if (wall_is_set(job->created_at))
		refresh->row.job_created_at = job->created_at;
	if (wall_is_set(job->started_at))
		refresh->row.job_started_at = job->started_at;
	if (wall_is_set(job->completed_at))
		refresh->row.job_completed_at = job->completed_at;
	switch (job->phase) {
	case PHASE_QUEUED:
		if (asked_after > refresh->row.seen_waiting_after)
			refresh->row.seen_waiting_after = asked_after;
		refresh_enter(schedule, refresh, REFRESH_QUEUED);
		break;
	case PHASE_RUNNING:
		refresh_enter(schedule, refresh, REFRESH_RUNNING);
		break;
	case PHASE_SUCCEEDED:
		job_succeeded(schedule, now, refresh);
		return;
	case PHASE_FAILED:
		end_with_notes(schedule, now, refresh, REFRESH_FAILED, job->notes,
			"Tableau's job failed and told no reason");
		return;
	case PHASE_CANCELLED:
		end_with_notes(schedule, now, refresh, REFRESH_CANCELLED, job->notes,
			"the job was cancelled on Tableau");
		return;
	}
	refresh->row.not_before = (struct wall){ 0 };
	arm_poll(schedule, now, refresh->slot->site, refresh->slot->site->options.poll_interval);
	/* That it still waits is worth a write only when an event hangs on it. */
	if (before != refresh->row.state || (job->phase == PHASE_QUEUED && refresh->slot->next))
		act_record(schedule, refresh);
}

static void poll(struct schedule *schedule, struct refresh *refresh)
{
	if (!refresh->is_asked)
		act_on_refresh(schedule, ACTION_POLL, refresh, (struct wall){ 0 });
}

static void poll_each(struct schedule *schedule, struct site *site)
{
	for (struct refresh *refresh = site->in_flight; refresh; refresh = refresh->flight_next)
		poll(schedule, refresh);
}

void poll_round(struct schedule *schedule, struct instant now, struct site *site)
{
	if (site->in_flight_count > 1 && site->may_list) {
		struct wall since = now.wall;
		for (const struct refresh *refresh = site->in_flight; refresh;
			refresh = refresh->flight_next) {
			struct wall at = wall_is_set(refresh->row.job_created_at)
						 ? refresh->row.job_created_at
						 : refresh->row.sent_at;
			if (at.us < since.us)
				since = at;
		}
		if (!site->is_listing)
			act_list(schedule, site, wall_after(since, -LIST_MARGIN));
	} else {
		poll_each(schedule, site);
	}
	arm_poll(schedule, now, site, site->options.poll_interval);
}

struct actions schedule_polled(struct schedule *schedule, struct instant now, int64_t id,
	struct answer answer, const struct job_seen *job, int64_t asked_after)
{
	act_begin(schedule);
	struct refresh *refresh = refresh_find(schedule, id);
	if (!refresh ||
		(refresh->row.state != REFRESH_QUEUED && refresh->row.state != REFRESH_RUNNING))
		return act_end(schedule, now);
	refresh->is_asked = false;
	if (answer.verdict == VERDICT_OK)
		follow_job(schedule, now, refresh, job, asked_after);
	else if (answer.verdict == VERDICT_NONE)
		refresh_end(schedule, now, refresh, REFRESH_FAILED,
			"Tableau does not know the job any more, so that nobody can tell how it "
			"ended; look at the content's refresh history");
	/* Any other failure of a poll says nothing about the job; the next round asks again. */
	return act_end(schedule, now);
}

/* The rows of one list by job id, for one pass over what is in flight. */
struct row_index {
	const struct job_seen *job;
	UT_hash_handle by_id;
};

static struct row_index *index_rows(
	const struct job_seen *jobs, size_t count, struct row_index *rows)
{
	struct row_index *index = NULL;
	for (size_t i = 0; i < count; i++) {
		struct row_index *there = NULL;
		HASH_FIND(by_id, index, jobs[i].id, strlen(jobs[i].id), there);
		if (there)
			continue;
		rows[i].job = &jobs[i];
		HASH_ADD_KEYPTR(by_id, index, jobs[i].id, strlen(jobs[i].id), &rows[i]);
	}
	return index;
}

static void listed_rows(struct schedule *schedule, struct instant now, struct site *site,
	const struct job_seen *jobs, size_t count, int64_t asked_after)
{
	struct row_index *rows = mem_alloc(sizeof *rows * (count + 1));
	struct row_index *index = index_rows(jobs, count, rows);
	struct refresh *refresh, *following;
	for (refresh = site->in_flight; refresh; refresh = following) {
		following = refresh->flight_next;
		struct row_index *row = NULL;
		HASH_FIND(by_id, index, refresh->row.job_id, strlen(refresh->row.job_id), row);
		/* A row has no finish code and no notes (tableau-rest.md 6.2): an end, or a job
		 * that is missing, is asked for by itself. */
		if (row && (row->job->phase == PHASE_QUEUED || row->job->phase == PHASE_RUNNING))
			follow_job(schedule, now, refresh, row->job, asked_after);
		else
			poll(schedule, refresh);
	}
	HASH_CLEAR(by_id, index);
	free(rows);
}

struct actions schedule_listed(struct schedule *schedule, struct instant now, const char *name,
	struct answer answer, const struct job_seen *jobs, size_t count, int64_t asked_after)
{
	act_begin(schedule);
	struct site *site = site_of(schedule, name);
	site->is_listing = false;
	if (answer.verdict == VERDICT_OK) {
		listed_rows(schedule, now, site, jobs, count, asked_after);
	} else if (answer.verdict == VERDICT_CANNOT || answer.verdict == VERDICT_FAIL) {
		site->may_list = false;
		poll_each(schedule, site);
	}
	return act_end(schedule, now);
}

/* ---- restart ---- */

static void restore_expiry(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	/* What was written as a time is read as one, but a clock that stepped meanwhile neither
	 * ends it at once nor keeps it for ever. */
	int64_t left = refresh->row.give_up_at.us - now.wall.us;
	if (left > schedule->options.give_up_after)
		left = schedule->options.give_up_after;
	timer_set(&schedule->expiries, &refresh->expiry,
		mono_plus(now.mono, left < 0 ? 0 : left).us, refresh->row.id);
}

static void restore_open(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	enum refresh_state state = refresh->row.state;
	if (state == REFRESH_SENDING || state == REFRESH_UNKNOWN) {
		refresh_enter(schedule, refresh, REFRESH_UNKNOWN);
		refresh_wait_until(schedule, now, refresh, 0);
	} else if (state == REFRESH_WAITING) {
		int64_t left = refresh->row.not_before.us - now.wall.us;
		if (!wall_is_set(refresh->row.not_before) || left < 0)
			left = 0;
		refresh_wait_until(schedule, now, refresh,
			left < schedule->options.retry_max ? left : schedule->options.retry_max);
	} else {
		arm_poll(schedule, now, refresh->slot->site, 0);
	}
}

void schedule_restore(struct schedule *schedule, struct instant now, const struct refresh_row *row,
	const struct cause_row *causes, size_t cause_count)
{
	if (!refresh_state_is_open(row->state)) {
		struct slot *slot = slot_of(schedule, row->site, &row->content);
		slot->last = row->id;
		slot->last_incremental = row->incremental;
		slot->last_evidence = evidence_of(row);
		return;
	}
	/* The counters and lists of states are entered from "waiting", as in life. */
	struct refresh_row waiting = *row;
	waiting.state = REFRESH_WAITING;
	struct refresh *refresh = refresh_adopt_row(schedule, &waiting);
	for (size_t i = 0; i < cause_count; i++) {
		refresh_add_cause(refresh, &causes[i]);
		schedule_event(schedule, causes[i].event);
	}
	refresh->seen_at = now.mono;
	if (row->state == REFRESH_QUEUED || row->state == REFRESH_RUNNING)
		refresh_enter(schedule, refresh, row->state);
	else if (row->state != REFRESH_WAITING)
		refresh_enter(schedule, refresh, REFRESH_UNKNOWN);
	struct slot *slot = refresh->slot;
	/* Rows come in order of id: the older of two is the current one, unless only the younger
	 * has left "waiting". */
	if (!slot->current) {
		slot->current = refresh;
	} else if (slot->current->row.state == REFRESH_WAITING &&
		   refresh->row.state != REFRESH_WAITING) {
		slot->next = slot->current;
		slot->current = refresh;
		timer_leave(slot->next->is_ready ? &slot->site->ready : &schedule->timers,
			&slot->next->due);
		slot->next->is_ready = false;
	} else {
		slot->next = refresh;
	}
	restore_expiry(schedule, now, refresh);
	if (slot->current == refresh)
		restore_open(schedule, now, refresh);
}
