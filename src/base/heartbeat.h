/*
 * base/heartbeat.h - does a thread still go round? It beats at each turn of its loop, and another
 * thread looks.
 *
 * A thread that beats never waits longer than HEARTBEAT_EVERY, so a silence means that it hangs: in
 * a system call, a lock or an endless loop. A wait with a bound also survives a wake-up that got
 * lost.
 */
#pragma once
#include "base/clock.h"
#include <stdatomic.h>

#define HEARTBEAT_EVERY (2 * US_PER_SECOND)

struct heartbeat {          /* zeroed: no beat yet */
	const char *thread; /* its name, for the log */
	atomic_llong at;    /* struct mono */
};

/* The thread itself. */
void heartbeat_beat(struct heartbeat *heartbeat);
/* Since the last beat, in microseconds. Any thread. */
int64_t heartbeat_silence(const struct heartbeat *heartbeat, struct mono now);
