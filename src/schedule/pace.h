/*
 * schedule/pace.h - when to look at a job next, from how long the content's jobs usually take.
 * Pure.
 *
 * Once a content's jobs are known, an end is seen late by at most a tenth of the usual time, or by
 * a minute if that is more. An early end may be seen only at the usual time, unless another refresh
 * waits for it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct pace {           /* all zero: not known */
	int64_t usual;  /* microseconds from a job's creation to its end */
	int64_t spread; /* the mean distance of ends from `usual` */
};

/* Learns that a job took `took` microseconds. */
void pace_learn(struct pace *pace, int64_t took);

/* Microseconds, at least `least`, until a look at a job of this age is worth a call. A job is
 * awaited when another refresh of its content stands behind it. */
int64_t pace_wait(const struct pace *pace, int64_t age, bool is_awaited, int64_t least);
