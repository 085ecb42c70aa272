/* base/shared.c - reference counts of immutable snapshots. */
#include "base/shared.h"
#include <pthread.h>

void shared_init(struct shared *shared, void (*destroy)(struct shared *shared))
{
	atomic_init(&shared->references, 1);
	shared->destroy = destroy;
}

void shared_ref(struct shared *shared)
{
	atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
}

void shared_unref(struct shared *shared)
{
	if (shared && atomic_fetch_sub_explicit(&shared->references, 1, memory_order_acq_rel) == 1)
		shared->destroy(shared);
}

/* Locked, because reading the pointer and taking the reference must be one step. */
struct shared_slot {
	pthread_mutex_t lock;
	struct shared *current;
};

struct shared_slot *shared_slot_new(void)
{
	struct shared_slot *slot = mem_new(struct shared_slot);
	pthread_mutex_init(&slot->lock, NULL);
	return slot;
}

void shared_slot_free(struct shared_slot *slot)
{
	if (!slot)
		return;
	shared_unref(slot->current);
	pthread_mutex_destroy(&slot->lock);
	free(slot);
}

void shared_slot_put(struct shared_slot *slot, struct shared *snapshot)
{
	pthread_mutex_lock(&slot->lock);
	struct shared *before = slot->current;
	slot->current = snapshot;
	pthread_mutex_unlock(&slot->lock);
	shared_unref(before);
}

struct shared *shared_slot_get(struct shared_slot *slot)
{
	pthread_mutex_lock(&slot->lock);
	struct shared *current = slot->current;
	if (current)
		shared_ref(current);
	pthread_mutex_unlock(&slot->lock);
	return current;
}
