/*
 * schedule/patience.h - the clock of give_up_after: it can stand still, and tells whose patience is
 * over. Pure.
 *
 * It measures the time in which Tableau could have been asked and failed, or would not. What we
 * hold back ourselves (a budget, a pause, a place, the turn of others) is no failure, so that
 * clock stands meanwhile. Who waits by a clock takes what is left along to another one.
 */
#pragma once
#include "base/clock.h"
#include "base/timer.h"

struct patience_clock { /* all zero: it runs, and nobody waits by it */
	struct timer_heap waiting;
	int64_t ran;      /* microseconds, until `at` */
	struct mono at;   /* when it began to run, or stood */
	bool is_standing; /* `ran` does not grow */
};

enum patience_owner { PATIENCE_OF_REFRESH, PATIENCE_OF_WANT };

struct patience { /* embedded in what waits; all zero: it has none */
	struct timer timer;
	struct patience_clock *clock; /* NULL: its own stands */
	int64_t left;                 /* while that is NULL */
	enum patience_owner owner;
};

void patience_clock_clear(struct patience_clock *clock);
/* It stands from now on, or runs. */
void patience_clock_stand(struct patience_clock *clock, struct mono now, bool is_standing);
/* When the first patience is over, if nothing changes meanwhile; INT64_MAX: never. */
struct mono patience_clock_next(const struct patience_clock *clock);
/* One that is over now, or NULL. */
struct patience *patience_clock_due(const struct patience_clock *clock, struct mono now);

/* So many microseconds are left, by the clock that it goes by. */
void patience_set(struct patience *patience, struct mono now, int64_t left);
int64_t patience_left(const struct patience *patience, struct mono now); /* may be below 0 */
/* What is left goes by `clock` from now on; NULL: it stands. */
void patience_go_by(struct patience *patience, struct patience_clock *clock, struct mono now);
