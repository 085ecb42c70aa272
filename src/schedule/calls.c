/*
 * schedule/calls.c - what calls of a site cost, and what their answers mean for all that waits for
 * it.
 */
#include "schedule/state.h"

#define KEEP_QUERIES_EVERY (60 * US_PER_SECOND)

void site_answered(struct schedule *schedule, struct instant now, const struct answer *answer)
{
	struct site *site = site_of(schedule, answer->site);
	site_changed(schedule, site);
	if (!gate_answered(&site->gate, now, answer, &schedule->options))
		return;
	bool is_closed = breaker_is_closed(&site->gate.breaker);
	/* Reported once, not for each probe that fails. */
	if (site->is_told_ill == is_closed) {
		act_tell(schedule, site, is_closed ? NULL : site->gate.trouble);
		site->is_told_ill = !is_closed;
	}
	if (is_closed)
		site_touch(schedule, site);
	else
		site_wait(schedule, site, site->gate.breaker.until);
	look_arm_round(schedule, now, site);
}

/* Rare, so it may walk through every refresh. */
void site_look_again(struct schedule *schedule, struct instant now, const struct site *site)
{
	struct refresh *refresh, *following;
	HASH_ITER(by_id, schedule->refreshes, refresh, following)
	{
		if (refresh->slot->site == site && !refresh->is_asked &&
			refresh->row.state == REFRESH_UNKNOWN)
			refresh_wait_until(schedule, now, refresh, 0);
	}
}

bool site_go_on(struct schedule *schedule, struct instant now, struct site *site)
{
	if (!gate_go_on(&site->gate, now.mono))
		return false;
	site_look_again(schedule, now, site);
	site_touch(schedule, site);
	look_arm_round(schedule, now, site);
	return true;
}

void site_spend_queries(
	struct schedule *schedule, struct instant now, struct site *site, int64_t count)
{
	const struct budget_part *part =
		budget_spend(&site->gate.queries, now.mono, now.wall, count);
	site_changed(schedule, site);
	bool is_new = part && part->count == count;
	/* Written once a minute: a crash may forget that many, and a write for each query would
	 * cost more than the query. */
	if (!part || (!is_new && now.mono.us - site->gate.queries_kept_at.us < KEEP_QUERIES_EVERY))
		return;
	if (is_new) /* the last queries of the part before */
		act_spent(schedule, site, SPENT_QUERIES, budget_last_but_one(&site->gate.queries));
	site->gate.queries_kept_at = now.mono;
	act_spent(schedule, site, SPENT_QUERIES, part);
}
