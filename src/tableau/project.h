/*
 * tableau/project.h - paths of nested projects (README.md, Projects). Pure. Private to tableau/.
 */
#pragma once
#include "tableau/item.h"

/*
 * Sets the path of each project, "Finance/Daily"; a '/' inside a name is written "\/". A project
 * above which there is one that the PAT's user cannot see is hidden, and so is one that is its own
 * ancestor: where it lies is not known, and surely it is not at the top. Its path begins ".../".
 * `projects` are sorted by LUID; paths live in `arena`.
 */
void projects_set_paths(struct item *projects, size_t count, struct arena *arena);

struct project_place {
	const char *path; /* "" in no project (Personal Space) */
	bool is_hidden;
};
/* Where an item lies; hidden when the list does not have its project. In `arena`. */
struct project_place project_place(
	const struct item *projects, size_t count, const struct item *item, struct arena *arena);
/* Does `wanted`, as a user wrote it, name this place? It is a path from the top, with or without a
 * '/' in front. Never of a hidden one. */
bool project_is(const struct project_place *place, const char *wanted);
/* Could it, for all that is known of a hidden one? */
bool project_may_be(const struct project_place *place, const char *wanted);
