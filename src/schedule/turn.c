/*
 * schedule/turn.c - until when a refresh waits, and whose turn it is among those that are ready.
 */
#include "base/mem.h"
#include "schedule/state.h"

/* 100 points of priority count as having waited 1/PRIORITY_SHARE of give_up_after: after that time
 * a refresh goes before all that are created later. */
#define PRIORITY_SHARE 2

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

void turn_requeue(struct schedule *schedule, struct site *site)
{
	/* From a copy, because each move reorders the heap. */
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
