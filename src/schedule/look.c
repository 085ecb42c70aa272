/*
 * schedule/look.c - when a job is worth a look.
 */
#include "schedule/state.h"

/* At least this many looks at a job are made within give_up_after. */
#define PATIENCE_LOOKS 4

static int64_t at_least(int64_t value, int64_t least)
{
	return value > least ? value : least;
}

static int64_t at_most(int64_t value, int64_t most)
{
	return value < most ? value : most;
}

int64_t look_job_age(const struct refresh *refresh, struct instant now)
{
	struct wall tableau_now = gate_tableau_time(&refresh->slot->site->gate, now.mono);
	if (wall_is_set(tableau_now) && wall_is_set(refresh->row.job_created_at))
		return at_least(tableau_now.us - refresh->row.job_created_at.us, 0);
	return refresh->sent.us ? now.mono.us - refresh->sent.us : 0;
}

/* The last query of the job alone had no result, so a list must suffice. */
bool refresh_is_blind(const struct refresh *refresh)
{
	return refresh->refused_looks || refresh->unknown_looks || refresh->unread_looks;
}

/* How long until a look is worth a call. However long its jobs take, several looks come before its
 * patience is over, so that none is given up for an answer that was never asked for. */
int64_t look_wait(
	const struct schedule *schedule, const struct refresh *refresh, struct instant now)
{
	const struct slot *slot = refresh->slot;
	int64_t least = slot->site->options.poll_interval;
	int64_t wait = pace_wait(&slot->paces[refresh->row.incremental], look_job_age(refresh, now),
		slot_first(slot) != NULL, least);
	int64_t most = at_least(schedule->options.give_up_after / PATIENCE_LOOKS, least);
	return at_most(wait, most);
}

void look_arm_round(struct schedule *schedule, struct instant now, struct site *site)
{
	const struct timer *first = timer_first(&site->looks);
	int64_t at = first ? first->key : INT64_MAX;
	struct mono opens = gate_query_opens(&site->gate, now.mono);
	at = at_least(at, site->round_at.us + site->options.poll_interval);
	at = at_least(at, opens.us);
	if (!first || !site->is_known || at == INT64_MAX)
		timer_leave(&site->round);
	else
		timer_set(&schedule->timers, &site->round, at, TIMER_OF_ROUND);
}

void look_later(
	struct schedule *schedule, struct instant now, struct refresh *refresh, int64_t wait_us)
{
	struct site *site = refresh->slot->site;
	timer_set(&site->looks, &refresh->look, mono_plus(now.mono, wait_us).us, refresh->row.id);
	look_arm_round(schedule, now, site);
}

void look_sooner(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	if (!timer_is_set(&refresh->look) || refresh_is_blind(refresh))
		return;
	int64_t wait = look_wait(schedule, refresh, now);
	if (mono_plus(now.mono, wait).us < refresh->look.key)
		look_later(schedule, now, refresh, wait);
}
