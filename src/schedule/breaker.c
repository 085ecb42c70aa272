/*
 * schedule/breaker.c - when a site that keeps failing is probed.
 */
#include "schedule/breaker.h"

struct mono breaker_opens(const struct breaker *breaker)
{
	return breaker->is_probing ? (struct mono){ INT64_MAX } : breaker->until;
}

void breaker_called(struct breaker *breaker)
{
	breaker->is_probing = !breaker_is_closed(breaker);
}

bool breaker_hurry(struct breaker *breaker, struct mono now)
{
	if (breaker_is_closed(breaker) || breaker->is_probing || breaker->until.us <= now.us)
		return false;
	breaker->until = now;
	return true;
}

static int64_t pause_of(const struct breaker *breaker, int64_t first_us, int64_t most_us)
{
	int64_t pause = first_us;
	for (int i = 0; i < breaker->trips && pause < most_us; i++)
		pause *= 2;
	return pause < most_us ? pause : most_us;
}

bool breaker_answered(
	struct breaker *breaker, struct mono now, bool is_alive, int64_t first_us, int64_t most_us)
{
	bool was_closed = breaker_is_closed(breaker), was_probe = breaker->is_probing;
	if (is_alive) {
		*breaker = (struct breaker){ 0 };
		return !was_closed;
	}
	breaker->failures++;
	/* Ignores answers to calls that were out when it opened. */
	if (was_closed ? breaker->failures < BREAKER_FAILURES : !was_probe)
		return false;
	breaker->until = mono_plus(now, pause_of(breaker, first_us, most_us));
	breaker->trips++;
	breaker->is_probing = false;
	return true;
}
