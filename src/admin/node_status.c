/* admin/node_status.c - reads nodes and states, and puts them beside each other. */
#include "admin/node_status.h"
#include "admin/handler.h"
#include "base/json.h"
#include "store/nodes.h"
#include <string.h>

/* clang-format off */
const struct member node_members[] = {
	MEMBER_COUNT(node_status, id, .key = "id", .required = true, .help = "Of this life: another one after a restart"),
	MEMBER_TEXT(node_status, name, .key = "name", .required = true, .help = "Its host, and the port of its webhook listener"),
	MEMBER_TEXT(node_status, version, .key = "version", .required = true, .help = "Of the program"),
	MEMBER_TEXT(node_status, ruleset, .key = "ruleset", .required = true, .help = "The revision of the rules that it decides with"),
	MEMBER_FLAG(node_status, is_draining, .key = "draining", .required = true, .help = "It gives its sites away, and takes none"),
	MEMBER_DURATION(node_status, left, .key = "lease", .required = true, .help = "What is left of its lease"),
	MEMBER_TEXTS(node_status, sites, site_count, .key = "sites", .required = true,
		.help = "That it owns; (notify): it notifies people"),
	{ 0 },
};
/* clang-format on */

/* ---- nodes ---- */

struct listed {
	struct arena *arena;
	struct node_status *nodes;
	size_t count, capacity;
};

static bool keep_node(const struct node_row *row, void *context)
{
	struct listed *listed = context;
	if (row->left <= 0)
		return true;
	mem_grow(&listed->nodes, &listed->capacity, listed->count);
	listed->nodes[listed->count++] = (struct node_status){
		.id = row->id,
		.name = arena_text(listed->arena, row->name),
		.version = arena_text(listed->arena, row->version),
		.ruleset = arena_text(listed->arena, row->ruleset),
		.is_draining = row->is_draining,
		.left = row->left,
	};
	return true;
}

/* Owners come after all nodes. */
static bool keep_owner(const struct owner_row *row, void *context)
{
	struct listed *listed = context;
	for (size_t i = 0; i < listed->count; i++) {
		struct node_status *node = &listed->nodes[i];
		if (node->id != row->node)
			continue;
		const char **sites = arena_array(listed->arena, const char *, node->site_count + 1);
		for (size_t j = 0; j < node->site_count; j++)
			sites[j] = node->sites[j];
		sites[node->site_count++] = arena_text(listed->arena, row->site);
		node->sites = sites;
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct node_status *one = a, *other = b;
	int order = strcmp(one->name, other->name);
	return order ? order : (one->id > other->id) - (one->id < other->id);
}

bool node_status_list(struct store *reader, struct arena *arena, const struct node_status **nodes,
	size_t *count, struct error *err)
{
	struct listed listed = { .arena = arena };
	*count = 0;
	*nodes = NULL;
	if (!nodes_are_possible(reader))
		return true;
	bool ok = nodes_read(reader, keep_node, keep_owner, &listed, err);
	if (ok && listed.count) {
		qsort(listed.nodes, listed.count, sizeof *listed.nodes, by_name);
		struct node_status *copy = arena_array(arena, struct node_status, listed.count);
		memcpy(copy, listed.nodes, listed.count * sizeof *copy);
		*nodes = copy;
		*count = listed.count;
	}
	free(listed.nodes);
	return ok;
}

void handle_nodes(struct admin *admin, struct web_request *request, int64_t id)
{
	OWNED(arena) arena = arena_new();
	OWNED_JSON root = cJSON_CreateObject();
	const struct node_status *nodes;
	struct error err;
	size_t count;
	(void)id;
	if (!node_status_list(admin->reader, arena, &nodes, &count, &err)) {
		admin_answer_error(request, 503, err.message);
		return;
	}
	cJSON *items = cJSON_AddArrayToObject(root, "items");
	for (size_t i = 0; i < count; i++) {
		cJSON *item = cJSON_CreateObject();
		record_to_json(node_members, &nodes[i], item);
		cJSON_AddItemToArray(items, item);
	}
	cJSON_AddNullToObject(root, "next");
	admin_answer_json(request, 200, root);
}

/* ---- states of sites ---- */

struct merged {
	struct arena *arena;
	struct site_status *sites;
	size_t count;
	struct schedule_counts counts;
};

static void take_state(struct merged *merged, struct site_status *site, const char *state)
{
	struct error ignored; /* the owner has said nothing yet */
	OWNED_JSON json = json_parse(str_of(state), &ignored);
	struct site_status read = { .queue.is_configured = true };
	if (!json)
		return;
	record_read(site_members, json, &read, merged->arena);
	read.client.name = site->client.name; /* whatever was said */
	*site = read;
	merged->counts.open += read.queue.open;
	merged->counts.in_flight += read.queue.in_flight;
	merged->counts.waiting += read.queue.open - read.queue.sending - read.queue.in_flight;
	merged->counts.selections += read.queue.selections;
}

static bool merge(const char *site, const char *owner, const char *state, void *context)
{
	struct merged *merged = context;
	for (size_t i = 0; i < merged->count; i++) {
		struct site_status *one = &merged->sites[i];
		if (strcmp(one->client.name, site) != 0)
			continue;
		if (!one->queue.is_configured)
			take_state(merged, one, state);
		one->owner = arena_text(merged->arena, owner);
	}
	return true;
}

struct dispatch_status *node_status_merge(struct dispatch *dispatch, struct store *reader)
{
	OWNED(dispatch_status) status = dispatch_latest_status(dispatch);
	struct error ignored; /* then what this node knows by itself is shown */
	if (!status || !nodes_are_possible(reader))
		return TAKE(status);
	struct merged merged = {
		.arena = arena_new(), .count = status->site_count, .counts = status->counts
	};
	merged.sites = arena_array(merged.arena, struct site_status, merged.count + 1);
	for (size_t i = 0; i < merged.count; i++)
		merged.sites[i] = status->sites[i];
	IGNORE(nodes_read_states(reader, merge, &merged, &ignored));
	return dispatch_status_with_sites(TAKE(status), merged.sites, &merged.counts, merged.arena);
}
