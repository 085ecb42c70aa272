/*
 * schedule/distant_clock.c - the bounds that each answer sets for a clock far away.
 */
#include "schedule/distant_clock.h"

/* Two clocks drift apart by less than a second in three hours, by NTP or by their quartz. */
#define DRIFT 10000
#define APART (3600 * US_PER_SECOND)

static int64_t drift(const struct distant_clock *clock, struct mono at)
{
	int64_t since = at.us - clock->heard_at.us;
	return (since < 0 ? -since : since) / DRIFT;
}

bool distant_clock_is_apart(const struct distant_clock *clock, struct mono now)
{
	return now.us < clock->apart_until.us;
}

void distant_clock_hear(struct distant_clock *clock, const struct told_time *told)
{
	/* It shows `at` for a whole second. */
	int64_t least = told->at.us - told->before.us,
		most = told->at.us + US_PER_SECOND - told->after.us;
	if (!wall_is_set(told->at))
		return;
	if (clock->heard_at.us) {
		int64_t apart = drift(clock, told->before), known_least = clock->least - apart,
			known_most = clock->most + apart;
		int64_t gap = least > known_most ? least - known_most : known_least - most;
		bool is_contradicted = gap > 0;
		if (gap > US_PER_SECOND)
			clock->apart_until = mono_plus(told->before, APART);
		bool is_apart = !is_contradicted && distant_clock_is_apart(clock, told->before);
		/* The difference that both allow; if they exclude each other, all that either
		 * allows. */
		if (is_apart || (known_least > least) != is_contradicted)
			least = known_least;
		if (is_apart || (known_most < most) != is_contradicted)
			most = known_most;
	}
	clock->least = least;
	clock->most = most;
	clock->heard_at = told->before;
}

bool distant_clock_at(const struct distant_clock *clock, struct mono at, struct wall *earliest,
	struct wall *latest)
{
	if (!clock->heard_at.us)
		return false;
	int64_t apart = drift(clock, at);
	earliest->us = at.us + clock->least - apart;
	latest->us = at.us + clock->most + apart;
	return true;
}
