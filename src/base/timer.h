/*
 * base/timer.h - a heap of things ordered by a key; each thing embeds its place, so that it can
 * leave at any time in O(log n).
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {               /* embedded in what is ordered; all zero: in no heap */
	int64_t key, second; /* the smallest key comes first, ties by the smallest second */
	size_t place;        /* index in the heap plus 1 */
};

struct timer_heap {
	struct timer **items;
	size_t count, capacity;
};

void timer_set(struct timer_heap *heap, struct timer *timer, int64_t key,
	int64_t second);                                        /* enters or moves */
void timer_leave(struct timer_heap *heap, struct timer *timer); /* fine when it is not in */
struct timer *timer_first(const struct timer_heap *heap);       /* NULL when empty */
void timer_heap_clear(struct timer_heap *heap);
static inline bool timer_is_set(const struct timer *timer)
{
	return timer->place != 0;
}
