/*
 * schedule/distant_clock.h - what we know about another machine's clock from the times that it
 * reported. Pure.
 *
 * It reports whole seconds, read at some moment between our request and our reading of the answer.
 * So each report bounds, on both sides, how far that clock is ahead of ours; all of them together
 * bound it best. Without reports the bounds widen slowly, because clocks drift. A report that
 * contradicts the bounds means that the clock was set or that another node answered: then both may
 * be true. If they differ by more than a second, the bounds are not narrowed for an hour, because
 * nodes may take turns; well-kept nodes differ by less.
 */
#pragma once
#include "base/clock.h"

struct distant_clock {
	/* bounds in microseconds on how far it is ahead of ours (struct mono) */
	int64_t least, most;
	struct mono heard_at;    /* {0}: never */
	struct mono apart_until; /* after a contradiction: not narrowed until then */
};

/* Takes in a report; {0} in told->at is ignored. */
void distant_clock_hear(struct distant_clock *clock, const struct told_time *told);
/* Has it recently contradicted itself by more than a second? Then earlier reports may be another
 * node's too. */
bool distant_clock_is_apart(const struct distant_clock *clock, struct mono now);
/* Bounds what it shows when our clock shows `at`. False: it never reported; the bounds are
 * untouched. */
bool distant_clock_at(const struct distant_clock *clock, struct mono at, struct wall *earliest,
	struct wall *latest) MUST_USE;
