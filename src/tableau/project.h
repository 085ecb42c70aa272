/*
 * tableau/project.h - paths of nested projects (tableau-rest.md 4.4). Pure. Private to tableau/.
 */
#pragma once
#include "tableau/item.h"

/*
 * Sets the path of each project, "Finance/Daily"; a '/' inside a name is written "\/". A project
 * whose parent cannot be seen is a root, and one that is its own ancestor too. `projects` are
 * sorted by LUID; paths live in `arena`.
 */
void projects_set_paths(struct item *projects, size_t count, struct arena *arena);
/* The path of the project that an item lies in; its last name alone when the list does not have it;
 * "" when it lies in none. In `arena`. */
const char *project_path(
	const struct item *projects, size_t count, const struct item *item, struct arena *arena);
/* Does `wanted`, as a user wrote it, name this path? It is a path from the top, with or without a
 * '/' in front. */
bool project_is(const char *path, const char *wanted);
