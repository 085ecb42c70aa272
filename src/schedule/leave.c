/*
 * schedule/leave.c - a site becomes somebody else's: everything about it is forgotten. Its rows in
 * the store are the next owner's, so nothing is recorded.
 */
#include "schedule/state.h"

/* What is held with refreshes of other sites. One pass for each rule, because thousands may be. */
static void leave_quiets(const struct schedule *schedule, const struct site *site)
{
	for (struct quiet *quiet = schedule->quiets; quiet; quiet = quiet->by_rule.next) {
		struct refresh **link = &quiet->held;
		while (*link) {
			struct refresh *refresh = *link;
			if (refresh->slot->site != site) {
				link = &refresh->held_next;
				continue;
			}
			*link = refresh->held_next;
			refresh->quiet = NULL;
		}
	}
}

/* Their ids are kept in a ring with those of other sites. */
static void leave_jobs(struct schedule *schedule, const struct site *site)
{
	for (size_t i = 0; i < KNOWN_AT_ONCE && i < schedule->known_count; i++)
		if (schedule->known[i].slot && schedule->known[i].slot->site == site)
			schedule->known[i].slot = NULL;
}

/* Rare, so it may walk through the work of all sites. */
void on_leave(struct schedule *schedule, struct instant now, const struct input *input)
{
	(void)now;
	struct site *site = site_find(schedule, input->leave.site);
	struct refresh *refresh, *next_refresh;
	struct slot *slot, *next_slot;
	if (!site)
		return;
	schedule->leaves++;
	while (site->wanted)
		want_free(schedule, site->wanted);
	leave_quiets(schedule, site);
	HASH_ITER(by_id, schedule->refreshes, refresh, next_refresh)
	{
		if (refresh->slot->site == site)
			refresh_forget(schedule, refresh);
	}
	leave_jobs(schedule, site);
	HASH_ITER(by_key, schedule->slots, slot, next_slot)
	{
		if (slot->site == site)
			slot_forget(schedule, slot);
	}
	timer_leave(&site->opening);
	timer_leave(&site->round);
	timer_leave(&site->giving_up);
	site_forget(schedule, site);
}
