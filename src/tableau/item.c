/* tableau/item.c - reads rows of lists, and compares them with selections. */
#include "tableau/item.h"
#include "base/name.h"
#include "tableau/job.h"

static const char *copy(const cJSON *json, const char *key, struct arena *arena)
{
	return arena_text(arena, json_text(json, key));
}

static void read_tags(const cJSON *json, struct item *item, struct arena *arena)
{
	const cJSON *first = items_of(json, "tags", "tag"), *tag;
	size_t count = 0;
	for (tag = first; tag; tag = items_next(tag))
		count++;
	const char **labels = arena_array(arena, const char *, count + 1);
	for (tag = first; tag; tag = items_next(tag))
		labels[item->tag_count++] = copy(tag, "label", arena);
	item->tags = labels;
}

static bool read_item(const cJSON *json, struct item *item, struct arena *arena)
{
	const cJSON *owner = json_get(json, "owner"), *project = json_get(json, "project");
	if (!*json_text(json, "id"))
		return false;
	*item = (struct item){
		.luid = copy(json, "id", arena),
		.name = copy(json, "name", arena),
		.project_id = copy(project, "id", arena),
		.project_name = copy(project, "name", arena),
		.parent_id = copy(json, "parentProjectId", arena),
		.path = "",
		.owner_id = copy(owner, "id", arena),
		.owner_name = copy(owner, "name", arena),
		.owner_full_name = copy(owner, "fullName", arena),
		.owner_email = copy(owner, "email", arena),
		.has_extracts =
			json_get(json, "hasExtracts") ? json_flag(json, "hasExtracts", true) : -1,
	};
	read_tags(json, item, arena);
	return true;
}

bool item_parse(const cJSON *json, struct item *item, struct arena *arena)
{
	return json_get(json, "name") && read_item(json, item, arena);
}

bool item_parse_task(const cJSON *json, struct item *item, struct arena *arena)
{
	const cJSON *task =
		json_get(json, "extractRefresh") ? json_get(json, "extractRefresh") : json;
	const cJSON *content = json_get(task, "workbook") ? json_get(task, "workbook")
							  : json_get(task, "datasource");
	const char *name = json_text(content, "name");
	if (!read_item(task, item, arena))
		return false;
	item->name = *name ? arena_text(arena, name) : item->luid;
	item->has_extracts = -1;
	return true;
}

void item_copy(const struct item *from, struct item *to, struct arena *arena)
{
	const char **tags = arena_array(arena, const char *, from->tag_count + 1);
	for (size_t i = 0; i < from->tag_count; i++)
		tags[i] = arena_text(arena, from->tags[i]);
	*to = (struct item){
		.luid = arena_text(arena, from->luid),
		.name = arena_text(arena, from->name),
		.project_id = arena_text(arena, from->project_id),
		.project_name = arena_text(arena, from->project_name),
		.parent_id = arena_text(arena, from->parent_id),
		.path = arena_text(arena, from->path),
		.is_hidden = from->is_hidden,
		.owner_id = arena_text(arena, from->owner_id),
		.owner_name = arena_text(arena, from->owner_name),
		.owner_full_name = arena_text(arena, from->owner_full_name),
		.owner_email = arena_text(arena, from->owner_email),
		.tag_count = from->tag_count,
		.tags = tags,
		.has_extracts = from->has_extracts,
	};
}

bool item_has_tag(const struct item *item, const char *tag)
{
	for (size_t i = 0; i < item->tag_count; i++)
		if (name_equal(item->tags[i], tag))
			return true;
	return false;
}

bool item_has_owner(const struct item *item, const char *owner)
{
	if (!*owner) /* an unknown owner is "", which matches nobody */
		return false;
	return name_equal(item->owner_full_name, owner) || name_equal(item->owner_name, owner) ||
	       text_is_nocase(item->owner_email, owner) || text_is_nocase(item->owner_id, owner);
}

bool item_tells_owner(const struct item *item)
{
	return *item->owner_full_name || *item->owner_name || *item->owner_email;
}

static int by_luid(const void *a, const void *b)
{
	const struct item *left = a, *right = b;
	return strcmp(left->luid, right->luid);
}

static int by_name_and_luid(const void *a, const void *b)
{
	const struct item *left = a, *right = b;
	int order = strcmp(left->name, right->name);
	return order ? order : strcmp(left->luid, right->luid);
}

void items_sort(struct item *items, size_t count)
{
	if (count)
		qsort(items, count, sizeof *items, by_name_and_luid);
}

size_t items_drop_doubles(struct item *items, size_t count)
{
	size_t kept = 0;
	if (count)
		qsort(items, count, sizeof *items, by_luid);
	for (size_t i = 0; i < count; i++)
		if (!kept || strcmp(items[kept - 1].luid, items[i].luid))
			items[kept++] = items[i];
	return kept;
}

const struct item *items_find(const struct item *items, size_t count, const char *luid)
{
	struct item key = { .luid = luid };
	return count ? bsearch(&key, items, count, sizeof *items, by_luid) : NULL;
}

size_t items_named(
	const struct item *items, size_t count, const char *name, const struct item **first)
{
	size_t low = 0, high = count, found = 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(items[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*first = count ? items + low : NULL;
	while (low + found < count && !strcmp(items[low + found].name, name))
		found++;
	return found;
}

const cJSON *items_of(const cJSON *reply, const char *plural, const char *singular)
{
	const cJSON *list = json_get(reply, plural);
	if (cJSON_IsObject(list))
		list = json_get(list, singular);
	return cJSON_IsArray(list) ? list->child : list;
}

const cJSON *items_next(const cJSON *item)
{
	/* A single object in place of an array has named siblings, the members of its parent, so it
	 * ends the list. */
	return item->string ? NULL : item->next;
}
