/*
 * dispatch/pending.h - selections that are not resolved yet, by their ids.
 */
#pragma once
#include "content/selection.h"
#include <uthash.h>

struct pending {
	int64_t id;
	const struct selection *selection;
	const char *refusal; /* why the selection cannot be resolved; NULL: it can */
	bool anew;           /* a person wants it done again: resolve without the cache */
	/* its own arena, because selections of one event end at different times */
	struct arena *arena;
	UT_hash_handle by_id;
};

struct pendings {
	struct pending *first;
};

/* Copies the selection. */
struct pending *pendings_add(
	struct pendings *pendings, int64_t id, const struct selection *selection);
/* `json` is the stored selection; one that cannot be read is added with a refusal. */
struct pending *pendings_restore(struct pendings *pendings, int64_t id, const char *json);
struct pending *pendings_find(const struct pendings *pendings, int64_t id); /* or NULL */
void pendings_remove(struct pendings *pendings, int64_t id);                /* if it exists */
void pendings_clear(struct pendings *pendings);
