/*
 * tests/sim/oracle.c - was it right? Written from the design's invariants (section 9) alone: it
 * knows what truly happened, and nothing of how the scheduler decides. This file keeps what it
 * remembers; what must hold is in fresh.c, needed.c, kind.c, lively.c and turn.c.
 */
#include "tests/sim/oracle.h"
#include <stdarg.h>
#include <string.h>

void wrong(struct world *world, const char *format, ...)
{
	va_list arguments;
	if (*world->wrong)
		return;
	va_start(arguments, format);
	vsnprintf(world->wrong, sizeof world->wrong, format, arguments);
	va_end(arguments);
	note(world, "WRONG: %s", world->wrong);
}

/* A restart reads times that a clock wrote which has stepped since: what is timed may then be early
 * or late by the step, and nobody could know. */
bool times_are_true(const struct world *world)
{
	return !(world->has_stepped && world->has_crashed);
}

static struct watched *watched(struct world *world, int64_t refresh)
{
	static struct watched nobody;
	return refresh / 2 < ROWS ? &world->watched[refresh / 2] : &nobody;
}

static struct wish *wish_of(struct world *world, int64_t selection)
{
	return &world->runs[selection >> 8].wishes[selection & 255];
}

static int run_named(const struct world *world, int64_t event)
{
	for (int i = 0; i < world->run_count; i++)
		if (world->runs[i].id == event)
			return i;
	return -1;
}

/* ---- records ---- */

static void check_end(struct world *world, struct watched *of, const struct refresh_row *row)
{
	bool may_fail = of->may_fail, may_cancel = of->may_cancel;
	for (int i = 0; of->content >= 0 && i < world->watched_end; i++)
		if (world->watched[i].content == of->content && world->watched[i].created_at) {
			may_fail |= world->watched[i].may_fail;
			may_cancel |= world->watched[i].may_cancel;
		}
	long long id = (long long)row->id;
	if (of->content < 0)
		return;
	if (row->state == REFRESH_FAILED && !may_fail)
		wrong(world, "refresh %lld failed without a reason: %s", id, row->reason);
	if (row->state == REFRESH_CANCELLED && !may_cancel)
		wrong(world, "refresh %lld was cancelled by nobody: %s", id, row->reason);
	if (row->state == REFRESH_EXPIRED && times_are_true(world) &&
		world->now - of->created_at < world->schedule_options.give_up_after)
		wrong(world, "refresh %lld expired after %.0f s", id,
			(double)(world->now - of->created_at) / 1e6);
}

void oracle_record(struct world *world, const struct refresh_row *row)
{
	struct watched *of = watched(world, row->id);
	if (!of->created_at) {
		/* Its causes may have been told already. */
		of->created_at = world->now;
		if (world->watched_end <= row->id / 2 && row->id / 2 < ROWS)
			world->watched_end = (int)(row->id / 2) + 1;
		of->content = content_of(world, &row->content);
		of->job = -1;
	} else if (!refresh_state_is_open(of->state) && of->state != row->state) {
		wrong(world, "refresh %lld had ended %s and is %s now", (long long)row->id,
			refresh_state_name(of->state), refresh_state_name(row->state));
	}
	int job = *row->job_id ? job_named(world, row->job_id) : -1;
	if (job != of->job)
		of->seen_queued_at = 0;
	of->job = job;
	bool is_new_end = !refresh_state_is_open(row->state) && refresh_state_is_open(of->state);
	if (!refresh_state_is_open(row->state) && !of->ended_at) {
		of->ended_at = world->now;
		is_new_end = true;
	}
	of->state = row->state;
	of->was_followed |= row->state == REFRESH_QUEUED || row->state == REFRESH_RUNNING;
	if (is_new_end)
		check_end(world, of, row);
	if (row->state == REFRESH_SUCCEEDED && is_new_end)
		fresh_mark_served(world, of, row);
}

void oracle_cause(struct world *world, const struct cause_row *cause)
{
	struct watched *of = watched(world, cause->refresh);
	int run = run_named(world, cause->event), rule = cause->rule[5] - '0';
	for (int i = 0; i < of->cause_count; i++)
		if (of->causes[i].run == run && of->causes[i].rule == rule)
			return;
	if (of->cause_count < CAUSES) {
		of->causes[of->cause_count].run = run;
		of->causes[of->cause_count++].rule = rule;
	}
}

/* ---- requests ---- */

void oracle_send(struct world *world, const struct refresh_row *row)
{
	struct watched *of = watched(world, row->id);
	struct sim_calls *calls = &world->calls[site_number(row->site)];
	needed_check_send(world, of, row);
	turn_check_send(world, row);
	of->sent_at = world->now;
	if (calls->decided_count < STARTS)
		calls->decided[calls->decided_count++] = world->now;
	of->sent_in = world->life;
	of->knows_clock = calls->clock_heard_in == world->life;
	of->is_accepted = false;
	of->seen_queued_at = 0;
	/* Until an answer says otherwise; a crash takes the answer away. */
	of->must_look = true;
}

void oracle_call(struct world *world, const struct sim_call *call)
{
	if (call->type == CALL_RESOLVE && wish_of(world, call->id)->is_answered)
		wrong(world, "it was answered what selection %lld names, and is asked again",
			(long long)call->id);
	kind_call(world, call);
}

void oracle_pass(struct world *world, int64_t until)
{
	lively_pass(world, until);
}

/* ---- answers ---- */

static void told_of_job(struct world *world, struct watched *of, const struct sim_call *call)
{
	if (of->job < 0)
		return;
	struct sim_job *job = &world->jobs[of->job];
	enum job_phase phase = call->seen.phase;
	if (phase == PHASE_QUEUED && call->asked_at > of->seen_queued_at)
		of->seen_queued_at = call->asked_at;
	if (phase < PHASE_SUCCEEDED)
		return;
	if (!job->told_end_at) {
		job->told_end_at = world->now;
		kind_told_end(world, job);
	}
	of->may_fail |= phase == PHASE_FAILED;
	of->may_cancel |= phase == PHASE_CANCELLED;
}

static void told_by_list(struct world *world, const struct sim_call *call)
{
	for (int i = 0; i < world->watched_end; i++) {
		struct watched *of = &world->watched[i];
		if (!of->created_at || of->job < 0)
			continue;
		for (size_t j = 0; j < call->row_count; j++)
			if (!strcmp(call->row_ids[j], world->jobs[of->job].id) &&
				call->rows[j].phase == PHASE_QUEUED &&
				call->asked_at > of->seen_queued_at)
				of->seen_queued_at = call->asked_at;
	}
}

static void hear_wait(struct sim_calls *calls, const struct sim_call *call, int64_t now)
{
	int64_t *not_before =
		call->type == CALL_SEND ? &calls->starts_not_before : &calls->queries_not_before;
	bool is_asked = call->type != CALL_RESOLVE && call->type != CALL_CANCEL;
	if (is_asked && call->retry_after && *not_before < now + call->retry_after)
		*not_before = now + call->retry_after;
}

void oracle_answer(struct world *world, const struct sim_call *call)
{
	struct sim_calls *calls = &world->calls[call->site];
	struct watched *of = watched(world, call->type == CALL_RESOLVE ? 0 : call->id);
	bool is_fine = call->verdict == VERDICT_OK || call->verdict == VERDICT_BUSY ||
		       call->verdict == VERDICT_NONE;
	if (!is_fine || world->now - call->asked_at > 2 * SECOND)
		calls->trouble_at = world->now;
	if (call->verdict != VERDICT_OK || call->type == CALL_LOOK)
		calls->failed_at = world->now;
	hear_wait(calls, call, world->now);
	if (call->type == CALL_LIST || call->type == CALL_CANCEL)
		world->calls[call->site].answered_at = world->now;
	if (wall_is_set(call->told_at))
		world->calls[call->site].clock_heard_in = world->life;
	of->knows_clock |= of->sent_in == world->life && wall_is_set(call->told_at);
	switch (call->type) {
	case CALL_SEND:
		of->is_accepted = call->verdict == VERDICT_OK;
		of->must_look = call->verdict == VERDICT_UNKNOWN || call->verdict == VERDICT_DOUBT;
		of->may_fail |= call->verdict == VERDICT_DOUBT;
		if (call->verdict == VERDICT_OK)
			of->job = call->found;
		break;
	case CALL_LOOK:
		if (call->verdict != VERDICT_RETRY)
			of->must_look = false;
		/* It may be taken over; the record that follows says so. */
		if (call->verdict == VERDICT_OK) {
			int before = of->job;
			of->job = call->found;
			of->seen_queued_at = 0;
			told_of_job(world, of, call);
			of->job = before == -1 ? call->found : before;
		}
		break;
	case CALL_POLL:
		of->may_fail |= call->verdict == VERDICT_NONE;
		if (call->verdict == VERDICT_OK)
			told_of_job(world, of, call);
		break;
	case CALL_LIST:
		if (call->verdict == VERDICT_OK)
			told_by_list(world, call);
		break;
	case CALL_CANCEL: /* what became of it is asked at once */
		if (call->job >= 0)
			world->jobs[call->job].polled_at = 0;
		break;
	case CALL_RESOLVE:
		wish_of(world, call->id)->is_answered |= call->verdict == VERDICT_OK;
		break;
	}
}

/* ---- durability ---- */

void oracle_committed(struct world *world, int64_t generation)
{
	world->committed = generation;
}

/* What was not durable did not happen, as far as we know afterwards. */
void oracle_crashed(struct world *world)
{
	for (int i = 0; i < EVENTS; i++)
		for (int j = 0; j < CONTENTS; j++)
			for (int full = 0; full < 2; full++)
				if (world->served[i][j][full] > world->committed)
					world->served[i][j][full] = 0;
	for (int i = 0; i < SITES; i++)
		world->calls[i].trouble_at = world->now;
	for (int i = 0; i < world->job_count; i++)
		world->jobs[i].polled_at = 0;
	for (int i = 0; i < world->run_count; i++)
		for (int j = 0; j < SELECTIONS; j++)
			world->runs[i].wishes[j].is_answered = false;
	for (int i = 0; i < SITES; i++)
		world->calls[i].listed_at = world->calls[i].round_at = 0;
	for (int i = 0; i < world->watched_end; i++) {
		struct watched *of = &world->watched[i];
		const struct sim_row *row = &world->store.rows[i];
		if (!of->created_at)
			continue;
		if (!row->is_there) {
			memset(of, 0, sizeof *of);
			continue;
		}
		of->state = row->row.state;
		of->job = *row->row.job_id ? job_named(world, row->row.job_id) : -1;
		if (refresh_state_is_open(of->state))
			of->ended_at = 0;
		/* Never sent, as far as the journal knows; else somebody has to look. */
		of->must_look = of->state == REFRESH_SENDING || of->state == REFRESH_UNKNOWN;
		of->was_followed = of->state == REFRESH_QUEUED || of->state == REFRESH_RUNNING;
		of->seen_queued_at = 0;
		of->cause_count = 0;
		of->is_released &= row->cause_count && row->causes[0].after != STAMP_NEVER;
		for (size_t j = 0; j < row->cause_count; j++)
			oracle_cause(world, &row->causes[j]);
	}
	world->has_crashed = true;
	world->crashed_at = world->now;
}
