/*
 * schedule/tick.c - time went by: work whose timer is due goes on, and work whose patience is over
 * is given up.
 */
#include "schedule/state.h"

static void run_timer(struct schedule *schedule, struct instant now, struct timer *timer)
{
	struct site *site;
	switch ((enum timer_owner)timer->second) {
	case TIMER_OF_REFRESH:
		refresh_due(schedule, now, container(timer, struct refresh, due));
		break;
	case TIMER_OF_HELD:
		hold_ended(schedule, now, container(timer, struct refresh, due));
		break;
	case TIMER_OF_QUIET:
		quiet_ended(schedule, now, container(timer, struct quiet, due));
		break;
	case TIMER_OF_WANT:
		want_due(schedule, now, container(timer, struct want, due));
		break;
	case TIMER_OF_ROUND:
		follow_round(schedule, now, container(timer, struct site, round));
		break;
	case TIMER_OF_OPENING:
		site = container(timer, struct site, opening);
		site_touch(schedule, site);
		look_arm_round(schedule, now, site);
		break;
	}
}

static struct timer *due(const struct timer_heap *heap, struct instant now)
{
	struct timer *timer = timer_first(heap);
	return timer && timer->key <= now.mono.us ? timer : NULL;
}

static void give_up(
	struct schedule *schedule, struct instant now, const struct patience_clock *clock)
{
	struct patience *patience;
	while ((patience = patience_clock_due(clock, now.mono))) {
		if (patience->owner == PATIENCE_OF_REFRESH)
			refresh_expire(
				schedule, now, container(patience, struct refresh, patience));
		else
			want_expire(schedule, now, container(patience, struct want, patience));
	}
}

void on_tick(struct schedule *schedule, struct instant now, const struct input *input)
{
	(void)input; /* only that time went by */
	struct timer *timer;
	while ((timer = due(&schedule->timers, now))) {
		timer_leave(timer);
		run_timer(schedule, now, timer);
	}
	step_settle(schedule, now); /* all that may be tried now is tried before any is given up */
	give_up(schedule, now, &schedule->trying);
	while ((timer = due(&schedule->patience, now))) {
		struct site *site = container(timer, struct site, giving_up);
		for (int kind = 0; kind < CALLS_COUNT; kind++)
			give_up(schedule, now, &site->waiting[kind].clock);
		wait_arm_patience(schedule, site);
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

struct mono schedule_next(const struct schedule *schedule)
{
	const struct timer *first = timer_first(&schedule->timers);
	const struct timer *impatient = timer_first(&schedule->patience);
	int64_t at =
		earlier(first ? first->key : INT64_MAX, impatient ? impatient->key : INT64_MAX);
	return (struct mono){ earlier(at, patience_clock_next(&schedule->trying).us) };
}
