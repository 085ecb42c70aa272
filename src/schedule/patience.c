/*
 * schedule/patience.c - clocks that can stand still, and the patience that ends first by each.
 */
#include "schedule/patience.h"

static int64_t reads(const struct patience_clock *clock, struct mono now)
{
	return clock->is_standing ? clock->ran : clock->ran + now.us - clock->at.us;
}

void patience_clock_clear(struct patience_clock *clock)
{
	timer_heap_clear(&clock->waiting);
	*clock = (struct patience_clock){ 0 };
}

void patience_clock_stand(struct patience_clock *clock, struct mono now, bool is_standing)
{
	clock->ran = reads(clock, now);
	clock->at = now;
	clock->is_standing = is_standing;
}

struct mono patience_clock_next(const struct patience_clock *clock)
{
	const struct timer *first = timer_first(&clock->waiting);
	if (!first || clock->is_standing)
		return (struct mono){ INT64_MAX };
	return mono_plus(clock->at, first->key - clock->ran);
}

struct patience *patience_clock_due(const struct patience_clock *clock, struct mono now)
{
	struct timer *first = timer_first(&clock->waiting);
	if (!first || first->key > reads(clock, now) || clock->is_standing)
		return NULL;
	return (struct patience *)(void *)((char *)first - offsetof(struct patience, timer));
}

int64_t patience_left(const struct patience *patience, struct mono now)
{
	return patience->clock ? patience->timer.key - reads(patience->clock, now) : patience->left;
}

void patience_set(struct patience *patience, struct mono now, int64_t left)
{
	struct patience_clock *clock = patience->clock;
	patience->left = left;
	if (clock)
		timer_set(&clock->waiting, &patience->timer, reads(clock, now) + left, 0);
}

void patience_go_by(struct patience *patience, struct patience_clock *clock, struct mono now)
{
	int64_t left = patience_left(patience, now);
	if (patience->clock == clock)
		return;
	if (patience->clock)
		timer_leave(&patience->timer);
	patience->clock = clock;
	patience_set(patience, now, left);
}
