/*
 * tests/sim/fate.c - an end without success has a reason of this refresh's own (src/README.md,
 * Nothing lost): its job, its request, or a request that served all its causes too.
 */
#include "tests/sim/oracle.h"

bool fate_is_own_or_covered(
	const struct world *world, const struct watched *of, bool (*is_so)(const struct watched *))
{
	if (is_so(of))
		return true;
	for (int i = 0; i < world->watched_end; i++) {
		const struct watched *by = &world->watched[i];
		bool ends_now = refresh_state_is_open(by->state) || by->ended_at == world->now;
		if (by->created_at && by != of && by->content == of->content && ends_now &&
			is_so(by) && fresh_covers(world, by, of))
			return true;
	}
	return false;
}

static bool may_fail(const struct watched *of)
{
	return of->may_fail;
}

static bool job_was_cancelled(const struct watched *of)
{
	return of->job_was_cancelled;
}

/* A job of its last request that could have been found and recognised. */
static const struct sim_job *job_that_goes_on(
	const struct world *world, const struct watched *of, int64_t refresh)
{
	for (int i = 0; i < world->job_count && of->unsure < UNSURE_AFTER; i++) {
		const struct sim_job *job = &world->jobs[i];
		if (job->maker == refresh && job->asked_at >= of->sent_at &&
			job->ends > world->now && job->gone > world->now && of->knows_clock &&
			world->contents[job->content].named == NAMED_STILL &&
			(job->is_told_ours ||
				(job->created < of->looked_at && of->own_was_listed)) &&
			world->sites[world->contents[job->content].site].may_list &&
			world->sites[world->contents[job->content].site].may_poll)
			return job;
	}
	return NULL;
}

static void check_cancelled(struct world *world, const struct watched *of, int64_t id)
{
	const struct sim_job *job = job_that_goes_on(world, of, id);
	if (!of->may_cancel && !fate_is_own_or_covered(world, of, job_was_cancelled))
		wrong(world, "refresh %lld was cancelled by nobody", (long long)id);
	if (job)
		wrong(world, "refresh %lld is cancelled, and its %s goes on", (long long)id,
			job->id);
}

void fate_check(struct world *world, const struct watched *of, const struct refresh_row *row)
{
	if (of->content < 0)
		return;
	if (row->state == REFRESH_FAILED && !of->is_other &&
		!fate_is_own_or_covered(world, of, may_fail))
		wrong(world, "refresh %lld failed without a reason: %s", (long long)row->id,
			row->reason);
	if (row->state == REFRESH_CANCELLED)
		check_cancelled(world, of, row->id);
	if (row->state == REFRESH_EXPIRED)
		patience_check_expired(world, of, row->id);
}
