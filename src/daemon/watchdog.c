/* daemon/watchdog.c - decides whether all threads that matter are alive. */
#include "daemon/watchdog.h"

struct mono watchdog_due(const struct watchdog *watchdog)
{
	return watchdog->within ? mono_plus(watchdog->looked, watchdog->within / 4)
				: (struct mono){ INT64_MAX };
}

const struct heartbeat *watchdog_look(struct watchdog *watchdog, struct mono now,
	const struct heartbeat *const *threads, size_t count)
{
	int64_t patience = watchdog->within / 2;
	if (patience < WATCHDOG_PATIENCE)
		patience = WATCHDOG_PATIENCE;
	watchdog->looked = now;
	for (size_t i = 0; i < count; i++)
		if (heartbeat_silence(threads[i], now) > patience)
			return threads[i];
	return NULL;
}
