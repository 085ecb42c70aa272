/*
 * tableau/item.h - one row of a list of content or projects (README.md, Content, Projects, Tasks).
 * Pure. Private to tableau/.
 */
#pragma once
#include "base/arena.h"
#include "base/json.h"

struct item { /* texts are never NULL */
	/* a task's name is that of its workbook or data source if known, else its LUID */
	const char *luid, *name;
	const char *project_id, *project_name; /* "" in a Personal Space */
	const char *parent_id;                 /* of a project; "" at the top */
	const char *path;                      /* of a project (project.h); else "" */
	bool is_hidden;                        /* of a project (project.h); else false */
	const char *owner_id, *owner_name, *owner_full_name,
		*owner_email; /* both names only with fields=_all_ */
	size_t tag_count;
	const char *const *tags;
	int has_extracts; /* 1, 0, or -1: not known */
};

/* False for a row without id or name. Texts are copied to `arena`. */
bool item_parse(const cJSON *json, struct item *item, struct arena *arena) MUST_USE;
/* The same for {"extractRefresh": {...}} or the object inside it. */
bool item_parse_task(const cJSON *json, struct item *item, struct arena *arena) MUST_USE;
void item_copy(const struct item *from, struct item *to, struct arena *arena);
/* names are compared by name_equal() */
bool item_has_tag(const struct item *item, const char *tag);
/* Compares full name, user name and LUID exactly, the e-mail address without case. */
bool item_has_owner(const struct item *item, const char *owner);
bool item_tells_owner(const struct item *item); /* is a name of the owner known? */

/* Sorts by name, then LUID. */
void items_sort(struct item *items, size_t count);
/* Sorts by LUID, keeps one of each, and returns the new count. */
size_t items_drop_doubles(struct item *items, size_t count);
/* Finds an item among items sorted by LUID; NULL: none. */
const struct item *items_find(const struct item *items, size_t count, const char *luid);
/* How many of the items, sorted by name, have this name; *first is the index of the first. */
size_t items_named(
	const struct item *items, size_t count, const char *name, const struct item **first);

/*
 * The first item of a list in any of its forms: {"PLURAL": {"SINGULAR": [...]}}, an object in place
 * of an array of one, {"PLURAL": [...]}, or {} (README.md, JSON). items_next() walks them.
 */
const cJSON *items_of(const cJSON *reply, const char *plural, const char *singular);
const cJSON *items_next(const cJSON *item);
