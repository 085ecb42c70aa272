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

struct breaker {           /* all zero: closed */
	int failures;      /* one after another */
	int trips;         /* likewise, of probes */
	struct mono until; /* {0}: closed; else open until then, when one call may probe */
	bool is_probing;
};

/* Until when no call may be made: now or earlier when one may; INT64_MAX while a probe is out. */
struct mono breaker_opens(const struct breaker *breaker);
/* A call is made, which breaker_opens() allowed. */
void breaker_called(struct breaker *breaker);
/* How a call went; `wait_us` is the next pause when this one opens it. True: it opened or closed.
 */
bool breaker_answered(
	struct breaker *breaker, struct mono now, bool is_alive, int64_t first_us, int64_t most_us);
/* The next probe may go at once. False: it may already, is out, or none is needed. */
bool breaker_hurry(struct breaker *breaker, struct mono now);
static inline bool breaker_is_closed(const struct breaker *breaker)
{
	return !breaker->until.us;
}
