/*
 * schedule/stamp.c - the order of wishes and requests: the youngest stamp that is known, and the
 * next one (content/refresh.h).
 */
#include "schedule/state.h"

void stamp_hear(struct schedule *schedule, int64_t stamp)
{
	if (stamp != STAMP_NEVER && stamp > schedule->horizon)
		schedule->horizon = stamp;
}

int64_t stamp_next(struct schedule *schedule)
{
	return ++schedule->horizon;
}
