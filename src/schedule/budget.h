/*
 * schedule/budget.h - so many calls in a window of time that slides: `refreshes_per_hour`,
 * `job_queries_per_day`. Pure.
 *
 * The window is counted in BUDGET_PARTS parts. A part is forgotten when its youngest call has left
 * the window, so that in no window of that length more was spent than the limit.
 */
#pragma once
#include "base/clock.h"
#include <stdbool.h>
#include <stddef.h>

#define BUDGET_PARTS 60

struct budget_part {
	struct mono begins;
	struct wall began; /* the same, to be kept across restarts */
	int64_t count;
};

struct budget {
	int64_t limit, window;     /* limit 0: none, and nothing is counted */
	struct budget_part *parts; /* a ring, oldest first; NULL: nothing was spent */
	size_t first, used;
	int64_t spent; /* by all parts, also those that have left the window since the last call */
};

/* Without a limit. */
void budget_init(struct budget *budget, int64_t window_us);
void budget_clear(struct budget *budget);
/* 0: none. What was spent stays spent. */
void budget_limit(struct budget *budget, int64_t limit);
/* Counts `count` calls now. The part that they went to, which is to be kept; NULL: no limit. */
const struct budget_part *budget_spend(
	struct budget *budget, struct mono now, struct wall wall, int64_t count);
/* The part before the one that is being filled; NULL: none. */
const struct budget_part *budget_last_but_one(const struct budget *budget);
/* A part of an earlier life, whose beginning is told in wall time; a clock that stepped meanwhile
 * neither blocks for ever nor begins in the future. In order of time. */
void budget_restore(
	struct budget *budget, struct mono now, struct wall wall, struct wall began, int64_t count);
/* How many calls were made in the window that ends now; 0 without a limit. */
int64_t budget_spent(const struct budget *budget, struct mono now);
/* How many calls it allows now; INT64_MAX: no limit. */
int64_t budget_left(const struct budget *budget, struct mono now);
/* When the nth call from now is allowed (1: the next one), if nothing else is spent meanwhile; now
 * or earlier: at once. */
struct mono budget_allows(const struct budget *budget, struct mono now, int64_t nth);
