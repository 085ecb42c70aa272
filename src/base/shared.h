/*
 * base/shared.h - an immutable snapshot that several threads hold, and the slot with its current
 * version.
 *
 * A snapshot's struct has a member `struct shared shared;`. Holders read it without locks, and the
 * last one that lets it go frees it. For `struct config`, SHARED_DECLARE(config) in its header
 * gives:
 *
 *   config_ref(config)              adds a reference
 *   config_free(config)             drops one; NULL is fine. OWNED(config) works
 *   struct config_slot              the place: one writer puts, any thread gets
 *   config_slot_new()               an empty one
 *   config_slot_free(slot)          drops its reference; NULL is fine
 *   config_slot_put(slot, config)   takes the caller's reference, drops the one before; NULL: empty
 *   config_slot_get(slot)           with a reference for the caller; NULL when empty
 *   config_shared(config)           for a holder that must not know the type: shared_unref() drops
 *                                   its reference
 *
 * SHARED_DEFINE(config, destroy), in the file that makes snapshots, defines them. destroy(config)
 * is called when the last reference is dropped; SHARED_INIT(config, pointer) gives a new snapshot
 * its first one, the caller's.
 */
#pragma once
#include "base/mem.h"
#include <stdatomic.h>
#include <stddef.h>

struct shared {
	atomic_int references;
	void (*destroy)(struct shared *shared);
};

void shared_init(struct shared *shared, void (*destroy)(struct shared *shared));
void shared_ref(struct shared *shared);
void shared_unref(struct shared *shared); /* NULL is fine */

struct shared_slot;
struct shared_slot *shared_slot_new(void);
void shared_slot_free(struct shared_slot *slot);
void shared_slot_put(struct shared_slot *slot, struct shared *snapshot);
struct shared *shared_slot_get(struct shared_slot *slot);

/* clang-format off */
#define SHARED_DECLARE(type)                                                                       \
	void type##_ref(struct type *snapshot);                                                    \
	void type##_free(struct type *snapshot);                                                   \
	OWNED_DEFINE(type)                                                                         \
	struct shared *type##_shared(struct type *snapshot);                                       \
	struct type##_slot;                                                                        \
	struct type##_slot *type##_slot_new(void);                                                 \
	void type##_slot_free(struct type##_slot *slot);                                           \
	void type##_slot_put(struct type##_slot *slot, struct type *snapshot);                     \
	struct type *type##_slot_get(struct type##_slot *slot);

#define SHARED_DEFINE(type, last)                                                                  \
	static struct type *type##_of_shared(struct shared *shared)                                \
	{                                                                                          \
		return (struct type *)(void *)((char *)shared - offsetof(struct type, shared));    \
	}                                                                                          \
	static void type##_destroy_shared(struct shared *shared)                                   \
	{                                                                                          \
		last(type##_of_shared(shared));                                                    \
	}                                                                                          \
	void type##_ref(struct type *snapshot)                                                     \
	{                                                                                          \
		shared_ref(&snapshot->shared);                                                     \
	}                                                                                          \
	void type##_free(struct type *snapshot)                                                    \
	{                                                                                          \
		shared_unref(type##_shared(snapshot));                                             \
	}                                                                                          \
	struct shared *type##_shared(struct type *snapshot)                                        \
	{                                                                                          \
		return snapshot ? &snapshot->shared : NULL;                                        \
	}                                                                                          \
	struct type##_slot *type##_slot_new(void)                                                  \
	{                                                                                          \
		return (struct type##_slot *)shared_slot_new();                                    \
	}                                                                                          \
	void type##_slot_free(struct type##_slot *slot)                                            \
	{                                                                                          \
		shared_slot_free((struct shared_slot *)slot);                                      \
	}                                                                                          \
	void type##_slot_put(struct type##_slot *slot, struct type *snapshot)                      \
	{                                                                                          \
		shared_slot_put((struct shared_slot *)slot, type##_shared(snapshot));               \
	}                                                                                          \
	struct type *type##_slot_get(struct type##_slot *slot)                                     \
	{                                                                                          \
		struct shared *shared = shared_slot_get((struct shared_slot *)slot);               \
		return shared ? type##_of_shared(shared) : NULL;                                   \
	}
/* clang-format on */
#define SHARED_INIT(type, pointer) shared_init(&(pointer)->shared, type##_destroy_shared)
