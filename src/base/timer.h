/*
 * base/timer.h - a heap of structs ordered by a key. Each struct has a timer as a member, which
 * knows its place, so that it can leave at any time in O(log n).
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {                   /* a member of the ordered struct; all zero: in no heap */
	int64_t key, second;     /* the smallest key comes first, ties by the smallest second */
	struct timer_heap *heap; /* the heap that it is in; NULL: none */
	size_t place;            /* its index in the heap */
};

struct timer_heap { /* must not move in memory while it holds timers */
	struct timer **items;
	size_t count, capacity;
};

/* Puts the timer into `heap`, or to its new place there, and takes it out of any other heap. */
void timer_set(struct timer_heap *heap, struct timer *timer, int64_t key, int64_t second);
void timer_leave(struct timer *timer);                    /* leaves its heap, if any */
struct timer *timer_first(const struct timer_heap *heap); /* NULL when empty */
/* Frees the heap only: timers still in it must be freed too, or never be set again. */
void timer_heap_clear(struct timer_heap *heap);
static inline bool timer_is_set(const struct timer *timer)
{
	return timer->heap;
}
