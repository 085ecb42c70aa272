/*
 * tableau/item.h - one row of a list of content or projects (README.md, Content, Projects, Tasks).
 * Pure. Private to tableau/.
 */
#pragma once
#include "base/arena.h"
#include "base/json.h"

struct item {                    /* texts are never NULL */
	const char *luid, *name; /* a task's name is that of its workbook or data source when it is
				    told, else its LUID */
	const char *project_id, *project_name; /* "" in a Personal Space */
	const char *parent_id;                 /* of a project; "" at the top */
	const char *path;                      /* of a project: see project.h; else "" */
	bool is_hidden;                        /* likewise; else false */
	const char *owner_id, *owner_name, *owner_full_name,
		*owner_email; /* names only with fields=_all_ */
	size_t tag_count;
	const char *const *tags;
	int has_extracts; /* 1, 0, or -1: not told */
};

/* False: a row without id or name, of no use. Texts are copied to `arena`. */
bool item_parse(const cJSON *json, struct item *item, struct arena *arena) MUST_USE;
/* Likewise {"extractRefresh": {...}} or what is inside it. */
bool item_parse_task(const cJSON *json, struct item *item, struct arena *arena) MUST_USE;
void item_copy(const struct item *from, struct item *to, struct arena *arena);
bool item_has_tag(
	const struct item *item, const char *tag); /* names are compared by name_equal() */
/* By full name, user name or LUID exactly, by e-mail address without case. */
bool item_has_owner(const struct item *item, const char *owner);
bool item_tells_owner(const struct item *item); /* a name of it */

/* Sorts by name, then LUID. */
void items_sort(struct item *items, size_t count);
/* Sorts by LUID and keeps one of each; the new count. */
size_t items_drop_doubles(struct item *items, size_t count);
/* In items sorted by LUID; or NULL. */
const struct item *items_find(const struct item *items, size_t count, const char *luid);
/* In items sorted by name: how many bear it; *first is the first of them. */
size_t items_named(
	const struct item *items, size_t count, const char *name, const struct item **first);
