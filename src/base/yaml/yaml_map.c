/* base/yaml/yaml_map.c - collects the pairs that a map writes and merges, sorts them by key, and
 * keeps the first of each key. */
#include "base/yaml/yaml_map.h"

struct pair {
	const struct yaml_node *key, *value;
	size_t order;
	bool is_merged, is_dropped;
};

struct pairs {
	struct pair *items;
	size_t count, capacity;
	const struct yaml_file *file;
	struct problems *problems;
};

static void report(const struct pairs *pairs, enum problem_code code, const struct yaml_node *node,
	const char *what)
{
	/* false */
	IGNORE(problem_add(pairs->problems, code, node->place, pairs->file->source, "%s", what));
}

static void add_pair(struct pairs *pairs, const struct yaml_node *key,
	const struct yaml_node *value, bool is_merged)
{
	mem_grow(&pairs->items, &pairs->capacity, pairs->count);
	pairs->items[pairs->count] = (struct pair){
		.key = key,
		.value = value,
		.order = pairs->count,
		.is_merged = is_merged,
	};
	pairs->count++;
}

/* Adds the pairs of a finished map, whose own merges are applied already. */
static void add_merged(struct pairs *pairs, const struct yaml_node *map)
{
	if (map->type != YAML_MAP) {
		report(pairs, PROBLEM_WRONG_TYPE, map, "'<<' merges a map or a list of maps");
		return;
	}
	for (size_t i = 0; i < map->count; i++)
		add_pair(pairs, map->items[2 * i], map->items[2 * i + 1], true);
}

static void add_merge(struct pairs *pairs, const struct yaml_node *merge)
{
	if (merge->type != YAML_LIST) {
		add_merged(pairs, merge);
		return;
	}
	for (size_t i = 0; i < merge->count; i++)
		add_merged(pairs, merge->items[i]);
}

/* Adds the pairs written in the map. Returns the value of its `<<`, or NULL. */
static const struct yaml_node *add_written(
	struct pairs *pairs, const struct yaml_node *const *children, size_t count)
{
	const struct yaml_node *merge = NULL;
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *key = children[2 * i], *value = children[2 * i + 1];
		if (key->type != YAML_SCALAR)
			report(pairs, PROBLEM_WRONG_TYPE, key,
				"a key is a text, not a list or a map");
		else if (!key->is_plain || !str_is(key->text, "<<"))
			add_pair(pairs, key, value, false);
		else if (merge)
			report(pairs, PROBLEM_DUPLICATE_KEY, key,
				"a second '<<' in this map; merge a list of maps instead");
		else
			merge = value;
	}
	return merge;
}

/* `later` has the key of `first`, which stays. */
static void drop(const struct pairs *pairs, const struct pair *first, struct pair *later)
{
	later->is_dropped = true;
	if (later->is_merged)
		return;
	IGNORE(problem_add(pairs->problems, PROBLEM_DUPLICATE_KEY, later->key->place,
		pairs->file->source, "this key stands on line %d already",
		first->key->place.line)); /* false */
}

static int compare_keys(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;
	struct str x = a->key->text, y = b->key->text;
	size_t shared = x.length < y.length ? x.length : y.length;
	int order = shared ? memcmp(x.at, y.at, shared) : 0;
	if (order)
		return order;
	if (x.length != y.length)
		return x.length < y.length ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static int compare_orders(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* up to this many pairs are compared each with each, which is faster than sorting */
#define FEW 12

static void drop_duplicates(struct pairs *pairs)
{
	struct pair *items = pairs->items;
	if (pairs->count <= FEW) {
		for (size_t i = 1; i < pairs->count; i++)
			for (size_t j = 0; j < i && !items[i].is_dropped; j++)
				if (!items[j].is_dropped &&
					str_equal(items[j].key->text, items[i].key->text))
					drop(pairs, &items[j], &items[i]);
		return;
	}
	qsort(items, pairs->count, sizeof *items, compare_keys);
	for (size_t first = 0, i = 1; i < pairs->count; i++) {
		if (str_equal(items[first].key->text, items[i].key->text))
			drop(pairs, &items[first], &items[i]);
		else
			first = i;
	}
	qsort(items, pairs->count, sizeof *items, compare_orders);
}

void yaml_map_fill(struct yaml_node *map, const struct yaml_node *const *children, size_t count,
	const struct yaml_file *file, struct arena *arena, struct problems *problems)
{
	struct pairs pairs = { .file = file, .problems = problems };
	const struct yaml_node *merge = add_written(&pairs, children, count);
	if (merge)
		add_merge(&pairs, merge);
	drop_duplicates(&pairs);

	const struct yaml_node **items =
		pairs.count ? arena_array(arena, const struct yaml_node *, 2 * pairs.count) : NULL;
	for (size_t i = 0; i < pairs.count; i++) {
		if (pairs.items[i].is_dropped)
			continue;
		items[2 * map->count] = pairs.items[i].key;
		items[2 * map->count + 1] = pairs.items[i].value;
		map->count++;
	}
	map->items = items;
	free(pairs.items);
}
