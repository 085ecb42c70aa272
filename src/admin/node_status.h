/*
 * admin/node_status.h - the nodes that share the store, and what they say of their sites, as the
 * store has it.
 */
#pragma once
#include "base/arena.h"
#include "base/record/record.h"
#include "dispatch/dispatch.h"
#include "store/store.h"

struct node_status {
	int64_t id;
	const char *name, *version;
	const char *ruleset; /* the revision that it decides with */
	bool is_draining;
	int64_t left; /* of its lease, in microseconds */
	size_t site_count;
	const char *const *sites; /* that it owns */
};
extern const struct member node_members[]; /* where each is shown */

/* The nodes that live, by name, in `arena`; none where one process has the store. */
bool node_status_list(struct store *reader, struct arena *arena, const struct node_status **nodes,
	size_t *count, struct error *err) MUST_USE;
/*
 * The dispatcher's status, where the sites of other nodes are as their owners have told last, at
 * most a few seconds ago; NULL before the first. With a reference for the caller.
 */
struct dispatch_status *node_status_merge(struct dispatch *dispatch, struct store *reader);
