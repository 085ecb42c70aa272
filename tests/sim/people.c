/*
 * tests/sim/people.c - people's commands are carried out: a cancelled refresh is not sent and its
 * job is cancelled; a repeated one uses a later request; a retried one goes on at once.
 */
#include "tests/sim/oracle.h"
#include <string.h>

/* ---- what they ask for ---- */

void oracle_cancelled(struct world *world, int64_t refresh)
{
	struct watched *of = watched(world, refresh);
	of->is_cancelled = true;
	of->cancelled_in = world->generation;
}

void oracle_again(struct world *world, int64_t refresh)
{
	struct watched *of = watched(world, refresh);
	of->again_at = world->now;
	of->again_in = world->generation;
}

void oracle_hurried(struct world *world, int site)
{
	struct sim_calls *calls = &world->calls[site];
	memset(calls->not_before, 0, sizeof calls->not_before);
}

void oracle_paused(struct world *world, int number, bool is_paused)
{
	struct sim_site *site = &world->sites[number];
	if (site->pause_count == PAUSES) {
		wrong(world, "more than %d pauses of a site are not durable", PAUSES);
		return;
	}
	site->pauses[site->pause_count].generation = world->generation;
	site->pauses[site->pause_count++].was_paused = site->is_paused;
	site->is_paused = is_paused;
	if (is_paused)
		return;
	oracle_hurried(world, number);
	memset(world->calls[number].told_until, 0, sizeof world->calls[number].told_until);
}

void people_committed(struct world *world, int64_t generation)
{
	for (int i = 0; i < SITES; i++) {
		struct sim_site *site = &world->sites[i];
		int left = 0;
		for (int j = 0; j < site->pause_count; j++)
			if (site->pauses[j].generation > generation)
				site->pauses[left++] = site->pauses[j];
		site->pause_count = left;
	}
}

/* Who has not heard that it is done finds the site as it was. */
void people_forget(struct world *world)
{
	for (int i = 0; i < SITES; i++) {
		struct sim_site *site = &world->sites[i];
		if (site->pause_count)
			site->is_paused = site->pauses[0].was_paused;
		site->pause_count = 0;
	}
}

void oracle_retried(struct world *world, int64_t refresh)
{
	struct watched *of = watched(world, refresh);
	of->busy = 0;
	if (fresh_is_held(world, of)) /* it has its turn, but may stand behind another */
		return;
	oracle_hurried(world, world->contents[of->content].site);
	of->hurried_at = world->now;
	of->own_trouble_until = 0; /* what went wrong before then is no excuse any more */
}

void people_crashed(const struct world *world, struct watched *of)
{
	of->is_cancelled &= of->cancelled_in <= world->committed;
	if (of->again_in > world->committed)
		of->again_at = 0;
	of->hurried_at = 0;
}

/* ---- what must follow ---- */

void people_check_send(struct world *world, const struct watched *of, int64_t id)
{
	if (of->is_cancelled)
		wrong(world, "refresh %lld is sent though somebody cancelled it", (long long)id);
}

/* "Again" means by a request from then on, or by a job that began or was seen waiting since. */
static bool is_done_since(const struct world *world, int content, int64_t at)
{
	for (int i = 0; i < world->watched_end; i++) {
		const struct watched *by = &world->watched[i];
		bool is_by_request =
			by->sent_at >= at && by->job >= 0 && world->jobs[by->job].starts >= at;
		if (by->created_at && by->content == content && by->state == REFRESH_SUCCEEDED &&
			(is_by_request || by->queued_at_ever >= at))
			return true;
	}
	return false;
}

void people_check_end(struct world *world, const struct watched *of, const struct refresh_row *row)
{
	if (row->state == REFRESH_SUCCEEDED && of->again_at &&
		!is_done_since(world, of->content, of->again_at))
		wrong(world, "refresh %lld was to be done again, and no job began since",
			(long long)row->id);
}
