/*
 * dispatch/pending.c - a table of copied selections, dropped when they have ended.
 */
/* clang warns about uthash's default hash, whose cases fall through */
#define HASH_FUNCTION HASH_FNV
#include "dispatch/pending.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

struct pending *pendings_find(const struct pendings *pendings, int64_t id)
{
	struct pending *pending = NULL;
	HASH_FIND(by_id, pendings->first, &id, sizeof id, pending);
	return pending;
}

static void pending_free(struct pendings *pendings, struct pending *pending)
{
	HASH_DELETE(by_id, pendings->first, pending);
	arena_free(pending->arena);
	free(pending);
}

void pendings_remove(struct pendings *pendings, int64_t id)
{
	struct pending *pending = pendings_find(pendings, id);
	if (pending)
		pending_free(pendings, pending);
}

void pendings_clear(struct pendings *pendings)
{
	struct pending *pending, *next;
	HASH_ITER(by_id, pendings->first, pending, next)
	pending_free(pendings, pending);
}

static struct pending *pending_new(struct pendings *pendings, int64_t id)
{
	struct pending *pending = mem_new(struct pending);
	pending->id = id;
	pending->arena = arena_new();
	HASH_ADD(by_id, pendings->first, id, sizeof pending->id, pending);
	return pending;
}

struct pending *pendings_add(
	struct pendings *pendings, int64_t id, const struct selection *selection)
{
	struct pending *pending = pending_new(pendings, id);
	struct selection *copy = arena_new_of(pending->arena, struct selection);
	selection_copy(selection, copy, pending->arena);
	pending->selection = copy;
	return pending;
}

struct pending *pendings_restore(struct pendings *pendings, int64_t id, const char *json)
{
	struct pending *pending = pending_new(pendings, id);
	struct selection *selection = arena_new_of(pending->arena, struct selection);
	struct error err;
	OWNED_JSON tree = json_parse(str_of(json), &err);
	if (!tree || !selection_parse(tree, selection, pending->arena, &err)) {
		/* A newer version has written it, or the store is damaged. */
		log_error("a stored selection cannot be read", KV("selection", id),
			KV("reason", err.message));
		selection_salvage(tree, selection, pending->arena);
		pending->refusal = arena_printf(
			pending->arena, "not acted upon: %s; replay its event", err.message);
	}
	pending->selection = selection;
	return pending;
}
