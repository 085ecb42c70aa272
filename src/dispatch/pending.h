/*
 * dispatch/pending.h - selections whose content is not known yet, by their ids.
 */
#pragma once
#include "content/selection.h"
#include <uthash.h>

struct pending {
	int64_t id;
	const struct selection *selection;
	const char *refusal; /* why it cannot be acted upon; NULL: it can */
	bool anew;           /* somebody wants it done again: memory does not count */
	struct arena *arena; /* of its own: neighbours of one event end at other times */
	UT_hash_handle by_id;
};

struct pendings {
	struct pending *first;
};

/* The selection is copied. */
struct pending *pendings_add(
	struct pendings *pendings, int64_t id, const struct selection *selection);
/* `json` is what the store keeps of it; what cannot be read is there too, with a refusal. */
struct pending *pendings_restore(struct pendings *pendings, int64_t id, const char *json);
struct pending *pendings_find(const struct pendings *pendings, int64_t id); /* or NULL */
void pendings_remove(struct pendings *pendings, int64_t id);                /* if it is there */
void pendings_clear(struct pendings *pendings);
