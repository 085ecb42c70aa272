/*
 * schedule/breaker.h - a site that keeps failing is not called for a while, then probed with one
 * call, whose answer decides. Pure.
 *
 *     closed --BREAKER_FAILURES in a row--> open --until--> probing --an answer--> closed
 *                                            ^                 |
 *                                            '---failed--------'  (twice as long)
 */
#pragma once
#include "base/clock.h"
#include <stdbool.h>

#define BREAKER_FAILURES 5

struct breaker {      /* all zero: closed */
	int failures; /* in a row */
	int trips;    /* failed probes in a row */
	/* {0}: closed; else open until then, when one call may be made as a probe */
	struct mono until;
	bool is_probing;
};

/* When the next call may be made: now or earlier if at once; INT64_MAX while a probe is out. */
struct mono breaker_opens(const struct breaker *breaker);
/* Notes a call that breaker_opens() allowed. */
void breaker_called(struct breaker *breaker);
/* Notes the result of a call; `wait_us` is the pause if it opens now. True: it opened or closed. */
bool breaker_answered(
	struct breaker *breaker, struct mono now, bool is_alive, int64_t first_us, int64_t most_us);
/* Allows the next probe at once. False: it is allowed already, is out, or is not needed. */
bool breaker_hurry(struct breaker *breaker, struct mono now);
static inline bool breaker_is_closed(const struct breaker *breaker)
{
	return !breaker->until.us;
}
