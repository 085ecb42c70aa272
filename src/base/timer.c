/* base/timer.c - a binary heap; each timer knows its place in it. */
#include "base/timer.h"
#include "base/mem.h"
#include <stdlib.h>

static bool comes_before(const struct timer *a, const struct timer *b)
{
	return a->key != b->key ? a->key < b->key : a->second < b->second;
}

static void put(struct timer_heap *heap, size_t index, struct timer *timer)
{
	heap->items[index] = timer;
	timer->place = index;
}

static void rise(struct timer_heap *heap, size_t index, struct timer *timer)
{
	while (index > 0) {
		size_t parent = (index - 1) / 2;
		if (!comes_before(timer, heap->items[parent]))
			break;
		put(heap, index, heap->items[parent]);
		index = parent;
	}
	put(heap, index, timer);
}

static void sink(struct timer_heap *heap, size_t index, struct timer *timer)
{
	for (;;) {
		size_t child = 2 * index + 1;
		if (child >= heap->count)
			break;
		if (child + 1 < heap->count &&
			comes_before(heap->items[child + 1], heap->items[child]))
			child++;
		if (!comes_before(heap->items[child], timer))
			break;
		put(heap, index, heap->items[child]);
		index = child;
	}
	put(heap, index, timer);
}

void timer_leave(struct timer *timer)
{
	struct timer_heap *heap = timer->heap;
	if (!heap)
		return;
	size_t index = timer->place;
	struct timer *last = heap->items[--heap->count];
	timer->heap = NULL;
	if (last == timer)
		return;
	if (index > 0 && comes_before(last, heap->items[(index - 1) / 2]))
		rise(heap, index, last);
	else
		sink(heap, index, last);
}

void timer_set(struct timer_heap *heap, struct timer *timer, int64_t key, int64_t second)
{
	timer_leave(timer);
	timer->heap = heap;
	timer->key = key;
	timer->second = second;
	mem_grow(&heap->items, &heap->capacity, heap->count);
	rise(heap, heap->count++, timer);
}

struct timer *timer_first(const struct timer_heap *heap)
{
	return heap->count ? heap->items[0] : NULL;
}

void timer_heap_clear(struct timer_heap *heap)
{
	free(heap->items);
	*heap = (struct timer_heap){ 0 };
}
