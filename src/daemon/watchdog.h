/*
 * daemon/watchdog.h - when the service manager's watchdog is told that the daemon is alive. Pure.
 *
 * systemd ends a service that tells nothing for WatchdogSec=. The main thread tells, so a main
 * thread that hangs tells nothing by itself; it also tells nothing while one of the threads that
 * matter is silent, so that a dispatcher or journal that hangs ends the process too, and the next
 * start goes on with the open work.
 */
#pragma once
#include "base/heartbeat.h"
#include <stddef.h>

#define WATCHDOG_PATIENCE (3 * HEARTBEAT_EVERY) /* at least, before a thread counts as hung */

struct watchdog {
	int64_t within; /* WatchdogSec= in microseconds; 0: nobody watches */
	struct mono looked;
};

/* When to look next; the end of time when nobody watches. Four looks in `within`, because one may
 * come late. */
struct mono watchdog_due(const struct watchdog *watchdog);
/* Looks at the heartbeats of the threads that matter. NULL: all is well, tell it; else the thread
 * that hangs. */
const struct heartbeat *watchdog_look(struct watchdog *watchdog, struct mono now,
	const struct heartbeat *const *threads, size_t count);
