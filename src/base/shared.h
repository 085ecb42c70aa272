/*
 * base/shared.h - an immutable snapshot that several threads hold, and the slot with its current
 * version.
 *
 * A snapshot's struct begins with `struct shared shared;`. Holders read it without locks;
 * shared_unref() of the last holder frees it.
 */
#pragma once
#include "base/mem.h"
#include <stdatomic.h>

struct shared {
	atomic_int references;
	void (*destroy)(struct shared *shared);
};

void shared_init(struct shared *shared,
	void (*destroy)(struct shared *shared)); /* with one reference, the caller's */
void shared_ref(struct shared *shared);
void shared_unref(struct shared *shared); /* NULL is fine */

/* One writer replaces the snapshot in a slot, any thread gets it. */
struct shared_slot;
struct shared_slot *shared_slot_new(void);
void shared_slot_free(struct shared_slot *slot);
void shared_slot_put(struct shared_slot *slot,
	struct shared *snapshot); /* takes the caller's reference; drops the old one's */
/* with a reference for the caller; NULL when empty */
struct shared *shared_slot_get(struct shared_slot *slot);
