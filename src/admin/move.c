/*
 * admin/move.c - who owns which site, by a person's wish: moves a site to another node, and drains
 * a node. Both are wishes in the store, which the nodes see with their next look.
 */
#include "admin/handler.h"
#include "admin/node_status.h"
#include "base/log/log.h"
#include "config/config.h"
#include "store/nodes.h"

/* A connection for the wish, and the nodes that live. False: it has answered. */
struct wish_store {
	struct store *store;
	struct arena *arena;
	const struct node_status *nodes;
	size_t count;
};

static void wish_close(struct wish_store *wish)
{
	store_close(wish->store);
	arena_free(wish->arena);
}
#define OWNED_WISH __attribute__((cleanup(wish_close))) struct wish_store

static bool wish_open(struct admin *admin, struct web_request *request, struct wish_store *wish)
{
	OWNED(config) config = config_slot_get(admin->options.configs);
	struct error err;
	*wish = (struct wish_store){ .arena = arena_new() };
	if (!nodes_are_possible(admin->reader)) {
		admin_answer_error(
			request, 409, "one process has this store, so there are no nodes");
		return false;
	}
	wish->store = store_open(&config->store, STORE_SHARE, &err);
	if (wish->store &&
		node_status_list(wish->store, wish->arena, &wish->nodes, &wish->count, &err))
		return true;
	admin_answer_error(request, 503, err.message);
	return false;
}

/* Of two lives with one name, the younger one is the process that runs. */
static const struct node_status *find_node(const struct wish_store *wish, const char *name)
{
	const struct node_status *found = NULL;
	for (size_t i = 0; i < wish->count; i++)
		if (text_is(wish->nodes[i].name, name) &&
			(!found || wish->nodes[i].left > found->left))
			found = &wish->nodes[i];
	return found;
}

static void refuse_node(
	struct web_request *request, const struct wish_store *wish, const char *name)
{
	OWNED_TEXT struct text words = TEXT(TEXT_UNBOUNDED);
	text_printf(&words, "no node '%s' lives; these do:", name);
	for (size_t i = 0; i < wish->count; i++)
		text_printf(&words, "%s %s", i ? "," : "", wish->nodes[i].name);
	admin_answer_error(request, 404, words.at);
}

static void answer(struct admin *admin, struct web_request *request, const char *key,
	const char *name, const char *words)
{
	OWNED(arena) arena = arena_new();
	OWNED_JSON json = cJSON_CreateObject();
	json_add_text(json, key, name);
	json_add_text(json, "message", words);
	log_info("asked", KV("who", admin_asker_of(admin, arena)), KV("what", words),
		KV("of", name));
	admin_answer_json(request, 200, json);
}

void handle_move(struct admin *admin, struct web_request *request, int64_t id)
{
	OWNED_WISH wish = { .store = NULL };
	struct error err;
	const char *name = web_query(request, "node");
	bool is_known = false;
	(void)id;
	if (!wish_open(admin, request, &wish))
		return;
	const char *site = admin_path_name(request, wish.arena);
	const struct node_status *node = name ? find_node(&wish, name) : NULL;
	if (!node)
		refuse_node(request, &wish, name ? name : "");
	else if (!nodes_want(wish.store, site, node->id, &is_known, &err))
		admin_answer_error(request, 503, err.message);
	else if (!is_known)
		admin_answer_error(request, 404, "no node has ever had a site of this name");
	else
		answer(admin, request, "site", site,
			arena_printf(wish.arena, "moves to %s within seconds", node->name));
}

static void drain(struct admin *admin, struct web_request *request, bool is_draining)
{
	OWNED_WISH wish = { .store = NULL };
	struct error err;
	if (!wish_open(admin, request, &wish))
		return;
	const char *name = admin_path_name(request, wish.arena);
	const struct node_status *node = find_node(&wish, name);
	if (!node)
		refuse_node(request, &wish, name);
	else if (!nodes_drain(wish.store, node->id, is_draining, &err))
		admin_answer_error(request, 503, err.message);
	else
		answer(admin, request, "node", name,
			is_draining ? "gives its sites away, and takes none until it is undrained "
				      "or started again"
				    : "takes sites again");
}

void handle_drain(struct admin *admin, struct web_request *request, int64_t id)
{
	(void)id;
	drain(admin, request, true);
}

void handle_undrain(struct admin *admin, struct web_request *request, int64_t id)
{
	(void)id;
	drain(admin, request, false);
}
