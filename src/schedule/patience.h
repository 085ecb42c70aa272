/*
 * schedule/patience.h - the clock of give_up_after. It can stand still, and knows whose patience is
 * over. Pure.
 *
 * It measures the time in which Tableau failed or refused, or could not be asked. Work that we hold
 * back ourselves (by a budget, a pause, a place, the turn of others) does not fail, so the clock
 * stands meanwhile. A patience that moves to another clock keeps the time it has left.
 */
#pragma once
#include "base/clock.h"
#include "base/timer.h"

struct patience_clock { /* all zero: it runs, and no patience uses it */
	struct timer_heap waiting;
	int64_t ran;      /* microseconds, until `at` */
	struct mono at;   /* when it last began to run or to stand */
	bool is_standing; /* `ran` does not grow */
};

enum patience_owner { PATIENCE_OF_REFRESH, PATIENCE_OF_WANT };

struct patience { /* a member of what waits; all zero: no patience */
	struct timer timer;
	struct patience_clock *clock; /* NULL: it stands still */
	int64_t left;                 /* microseconds left while `clock` is NULL */
	enum patience_owner owner;
};

void patience_clock_clear(struct patience_clock *clock);
/* Lets the clock stand or run from now on. */
void patience_clock_stand(struct patience_clock *clock, struct mono now, bool is_standing);
/* When the first patience is over if nothing changes; INT64_MAX: never. */
struct mono patience_clock_next(const struct patience_clock *clock);
/* A patience that is over now, or NULL. */
struct patience *patience_clock_due(const struct patience_clock *clock, struct mono now);

/* Sets the microseconds left, by its present clock. */
void patience_set(struct patience *patience, struct mono now, int64_t left);
int64_t patience_left(const struct patience *patience, struct mono now); /* may be below 0 */
/* Lets it run by `clock` from now on; NULL: it stands still. */
void patience_go_by(struct patience *patience, struct patience_clock *clock, struct mono now);
