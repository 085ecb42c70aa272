/*
 * base/web/refusals.h - makes visible what a listener refuses: each refusal counts in a metric, and
 * a line of the log sums them up, the first at once and the next at most every ten seconds.
 *
 * Threads: any.
 */
#pragma once
#include "base/clock.h"
#include "base/mem.h"

enum refusal {
	REFUSAL_ROOM,      /* an idle or unfinished connection, closed to make room for a new one */
	REFUSAL_FULL,      /* a new connection, because all others are busy */
	REFUSAL_ACCEPT,    /* a new connection for which the system had no descriptor or memory */
	REFUSAL_BODIES,    /* an unfinished body, because all bodies together held too many bytes */
	REFUSAL_SLOW,      /* a request that was not complete, or an answer not taken, in time */
	REFUSAL_TOO_LARGE, /* a body or a head over its limit */
	REFUSAL_MALFORMED, /* what HTTP forbids */
	REFUSAL_COUNT,
};

struct refusals;

/* `listener` names it in log and metrics; borrowed. NULL: nothing is logged or counted. */
struct refusals *refusals_new(const char *listener);
const char *refusals_listener(const struct refusals *refusals);
void refusals_free(struct refusals *refusals);
void refusals_add(struct refusals *refusals, enum refusal what);
/* Logs the refusals not logged yet, if that is due. False: nothing is left to log. */
bool refusals_report(struct refusals *refusals);
