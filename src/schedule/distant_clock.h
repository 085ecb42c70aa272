/*
 * schedule/distant_clock.h - what we know of a clock far away from what it told us now and then.
 * Pure.
 *
 * It tells whole seconds, at some moment between our asking and our reading it. So each time it
 * bounds, from both sides, how far that clock is ahead of ours; all of them together bound it
 * best. The bounds part slowly while nothing is heard, for no two clocks go alike. One that
 * contradicts the bounds has been set, or is another node's: then both may be true. When that is by
 * more than a second, nothing narrows what they allow for an hour, for the nodes may take turns;
 * less is what nodes that are well kept differ by.
 */
#pragma once
#include "base/clock.h"

struct distant_clock {
	int64_t least, most;     /* microseconds that it is ahead of ours (struct mono) */
	struct mono heard_at;    /* {0}: never */
	struct mono apart_until; /* it contradicted itself, and is not narrowed until then */
};

/* {0} in told->at is fine, and says nothing. */
void distant_clock_hear(struct distant_clock *clock, const struct told_time *told);
/* Has it contradicted itself by more than a second of late? Then also what it was taken for before
 * may be another's. */
bool distant_clock_is_apart(const struct distant_clock *clock, struct mono now);
/* What it shows at `at` of ours: between the two. False: it was never heard; they are untouched. */
bool distant_clock_at(const struct distant_clock *clock, struct mono at, struct wall *earliest,
	struct wall *latest) MUST_USE;
