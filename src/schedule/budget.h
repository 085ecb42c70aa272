/*
 * schedule/budget.h - a limit of calls in a sliding window of time: `refreshes_per_hour`,
 * `job_queries_per_day`. Pure.
 *
 * The window is counted in BUDGET_PARTS parts. A part is forgotten when its youngest call has left
 * the window, so that no window of this length has more calls than the limit.
 */
#pragma once
#include "base/clock.h"
#include <stdbool.h>
#include <stddef.h>

#define BUDGET_PARTS 60

struct budget_part {
	struct mono begins;
	struct wall began; /* the same in wall time, stored for restarts */
	int64_t count;
};

struct budget {
	int64_t limit, window;     /* limit 0: no limit, and nothing is counted */
	struct budget_part *parts; /* a ring, oldest first; NULL: nothing was spent */
	size_t first, used;
	/* sum over all parts, also those that have left the window since the last call */
	int64_t spent;
};

/* Begins without a limit. */
void budget_init(struct budget *budget, int64_t window_us);
void budget_clear(struct budget *budget);
/* Sets the limit; 0: none. Spent calls stay counted. */
void budget_limit(struct budget *budget, int64_t limit);
/* Counts `count` calls now. Returns the part that counts them, which must be stored; NULL: no
 * limit. */
const struct budget_part *budget_spend(
	struct budget *budget, struct mono now, struct wall wall, int64_t count);
/* The part before the youngest; NULL: none. */
const struct budget_part *budget_last_but_one(const struct budget *budget);
/* Restores a stored part, in order of time. Its beginning is in wall time; if that clock stepped
 * meanwhile, the part neither blocks for ever nor begins in the future. */
void budget_restore(
	struct budget *budget, struct mono now, struct wall wall, struct wall began, int64_t count);
/* How many calls were made in the window that ends now; 0 without a limit. */
int64_t budget_spent(const struct budget *budget, struct mono now);
/* How many calls are allowed now; INT64_MAX: no limit. */
int64_t budget_left(const struct budget *budget, struct mono now);
/* When the nth call from now is allowed (1: the next), if no other calls are made; now or earlier:
 * at once. */
struct mono budget_allows(const struct budget *budget, struct mono now, int64_t nth);
