/*
 * tableau/project.h - paths of nested projects (README.md, Projects). Pure. Private to tableau/.
 */
#pragma once
#include "tableau/item.h"

/*
 * Sets the path of each project, "Finance/Daily"; a '/' inside a name is written "\/". A project is
 * hidden if the PAT's user cannot see one of its ancestors, or if it is its own ancestor: its place
 * is not known, but it is not at the top. Its path begins ".../". `projects` are sorted by LUID;
 * paths live in `arena`.
 */
void projects_set_paths(struct item *projects, size_t count, struct arena *arena);

struct project_place {
	const char *path; /* "" in no project (Personal Space) */
	bool is_hidden;
};
/* The place of an item; hidden when the list lacks its project. In `arena`. */
struct project_place project_find_place(
	const struct item *projects, size_t count, const struct item *item, struct arena *arena);
/* Does `wanted`, written by a user, name this place? It is a path from the top, with or without a
 * '/' in front. False for a hidden place. */
bool project_is(const struct project_place *place, const char *wanted);
/* Might it name this hidden place? */
bool project_may_be(const struct project_place *place, const char *wanted);
