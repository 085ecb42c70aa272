/*
 * schedule/pace.h - how often a job is looked at: how long a content's jobs take, and when the next
 * look is worth a call. Pure.
 *
 * What is promised where a content's jobs are known: an end is seen at most a tenth of the usual
 * time later, or a minute, whichever is more. An end that comes early and that nobody waits for may
 * be seen no sooner than the usual one.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct pace {           /* all zero: not known */
	int64_t usual;  /* microseconds from a job's making to its end */
	int64_t spread; /* how far from `usual` an end is, in the mean */
};

/* A job took so many microseconds. */
void pace_learn(struct pace *pace, int64_t took);

/* How long until a look at a job of this age is worth a call: microseconds, `least` or more. A job
 * is awaited when another refresh of its content stands behind it. */
int64_t pace_wait(const struct pace *pace, int64_t age, bool is_awaited, int64_t least);
