/*
 * base/timer.h - a heap of things ordered by a key; each thing embeds its place, so that it can
 * leave at any time in O(log n).
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {                   /* embedded in what is ordered; all zero: in no heap */
	int64_t key, second;     /* the smallest key comes first, ties by the smallest second */
	struct timer_heap *heap; /* that it is in; NULL: none */
	size_t place;            /* its index there */
};

struct timer_heap { /* does not move while something is in it */
	struct timer **items;
	size_t count, capacity;
};

/* Enters `heap`, or another place in it; leaves any other heap for that. */
void timer_set(struct timer_heap *heap, struct timer *timer, int64_t key, int64_t second);
void timer_leave(struct timer *timer);                    /* the heap that it is in, if any */
struct timer *timer_first(const struct timer_heap *heap); /* NULL when empty */
/* Ends the heap alone: what is in it still must go too, or never be set again. */
void timer_heap_clear(struct timer_heap *heap);
static inline bool timer_is_set(const struct timer *timer)
{
	return timer->heap;
}
