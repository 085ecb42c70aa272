/*
 * base/clock.h - the two clocks, as two types, so that mixing them does not compile. Nothing else
 * reads a clock.
 *
 * Times are written as RFC 3339 in UTC. A struct wall of 0 means "no time" wherever a member says
 * that it may be absent: dbt sends 1970-01-01T00:00:00Z for a missing time (src/event/README.md,
 * Times).
 */
#pragma once
#include "base/error.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct wall {
	int64_t us;
}; /* microseconds since 1970-01-01T00:00:00Z; can step */
struct mono {
	int64_t us;
}; /* microseconds of CLOCK_BOOTTIME; only differences mean anything */

/* What another machine's clock showed, in whole seconds, at some moment between two readings of
 * ours. */
struct told_time {
	struct wall at; /* {0}: it reported no time */
	struct mono after, before;
};

#define US_PER_MS ((int64_t)1000)
#define US_PER_SECOND ((int64_t)1000000)

struct wall clock_wall(void);
struct mono clock_mono(void);
/* `us` from now, in the form that pthread_cond_timedwait() needs for a condition on
 * CLOCK_MONOTONIC. */
struct timespec clock_deadline(int64_t us);

static inline bool wall_is_set(struct wall t)
{
	return t.us != 0;
}
/* `us` later; never past the end of time. */
static inline struct mono mono_plus(struct mono t, int64_t us)
{
	struct mono sum;
	if (__builtin_add_overflow(t.us, us, &sum.us)) /* t may lie before the machine's boot */
		sum.us = us < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}
static inline struct wall wall_after(struct wall t, int64_t us)
{
	return (struct wall){ t.us + us };
}

/*
 * RFC 3339 date-time: 'T' or blank between date and time, 'Z' or an offset (also +hhmm:
 * src/tableau/README.md, JSON), 0 to 9 fraction digits (cut to microseconds: src/event/README.md,
 * Times). False for anything else; then `time` is untouched.
 */
bool wall_parse(struct str text, struct wall *time) MUST_USE;

#define WALL_TEXT_SIZE 40 /* "-290308-12-31T23:59:59.999999Z" and NUL fit */
/* "2026-08-19T02:41:44Z", with ".016502" when there is a fraction. Returns `out`. */
const char *wall_format(struct wall time, char out[WALL_TEXT_SIZE]);
