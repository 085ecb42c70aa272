/*
 * tableau/project.h - paths of nested projects (tableau-rest.md 4.4). Pure. Private to tableau/.
 */
#pragma once
#include "tableau/listing.h"

/*
 * The path of a project, "Finance/Daily", from the site's list of projects; a '/' inside a name is written "\/". A parent that cannot be seen makes a root.
 * `fallback` (may be "") when the id is not in the list. In `arena`.
 */
const char *project_path(const struct item *projects, size_t count, const char *id, const char *fallback, struct arena *arena);
