/*
 * schedule/settle.c - the end of a step: places that are free are filled, and what waits knows why.
 */
#include "schedule/state.h"

void step_settle(struct schedule *schedule, struct instant now)
{
	while (schedule->dirty) {
		struct site *site = schedule->dirty;
		schedule->dirty = site->dirty_next;
		site->is_dirty = false;
		want_resolve_parked(schedule, now, site);
		send_ready(schedule, now, site);
	}
	wait_settle(schedule, now);
}
