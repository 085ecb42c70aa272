/* base/heartbeat.c - the time of a thread's last turn, for other threads to read. */
#include "base/heartbeat.h"

void heartbeat_beat(struct heartbeat *heartbeat)
{
	atomic_store_explicit(&heartbeat->at, clock_mono().us, memory_order_relaxed);
}

int64_t heartbeat_silence(const struct heartbeat *heartbeat, struct mono now)
{
	return now.us - atomic_load_explicit(&heartbeat->at, memory_order_relaxed);
}
