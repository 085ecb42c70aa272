/*
 * schedule/again.c - when something is tried again, and for how long.
 */
#include "schedule/state.h"

#define LAST_TRY (60 * US_PER_SECOND)

/* splitmix64, Sebastiano Vigna, public domain: a generator with one word of state. */
static uint64_t random_next(struct schedule *schedule)
{
	uint64_t z = schedule->random += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

int64_t backoff(struct schedule *schedule, int64_t initial, int64_t failures)
{
	int64_t most = schedule->options.retry_max;
	int64_t ceiling = initial < 1 ? 1 : initial;
	for (int64_t i = 0; i < failures && ceiling < most; i++)
		ceiling *= 2;
	if (ceiling > most)
		ceiling = most > initial ? most : initial;
	int64_t least = ceiling / 8;
	return least + (int64_t)(random_next(schedule) % (uint64_t)(ceiling - least + 1));
}

int64_t left_to_try(const struct schedule *schedule, int64_t left)
{
	int64_t most = schedule->options.give_up_after, least = most < LAST_TRY ? most : LAST_TRY;
	return left < least ? least : left > most ? most : left;
}
