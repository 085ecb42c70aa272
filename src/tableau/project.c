/* tableau/project.c - the tree of projects, walked from each leaf to its root. */
#include "tableau/project.h"
#include "base/name.h"
#include "base/text.h"

#define MOST_LEVELS 64 /* Tableau names no limit; a longer chain is a circle */
#define PATH_BYTES 4096
#define HIDDEN ".../"

static void add_escaped(const char *name, struct text *out)
{
	for (const char *c = name; *c; c++) {
		if (*c == '/')
			text_add_char(out, '\\');
		text_add_char(out, *c);
	}
}

static void set_path(struct item *projects, size_t count, struct item *project, struct arena *arena)
{
	const struct item *chain[MOST_LEVELS], *at = project;
	size_t levels = 0;
	OWNED_TEXT struct text path = TEXT(PATH_BYTES);
	do {
		chain[levels++] = at;
		project->is_hidden = *at->parent_id; /* hidden until its parent is found */
		at = project->is_hidden ? items_find(projects, count, at->parent_id) : NULL;
	} while (at && levels < MOST_LEVELS);
	if (levels == MOST_LEVELS)
		levels = 1;
	if (project->is_hidden)
		text_add(&path, HIDDEN);
	while (levels--) {
		add_escaped(chain[levels]->name, &path);
		if (levels)
			text_add_char(&path, '/');
	}
	project->path = arena_text(arena, path.at);
}

void projects_set_paths(struct item *projects, size_t count, struct arena *arena)
{
	for (size_t i = 0; i < count; i++)
		set_path(projects, count, &projects[i], arena);
}

struct project_place project_find_place(
	const struct item *projects, size_t count, const struct item *item, struct arena *arena)
{
	bool is_in_one = *item->project_id || *item->project_name;
	const struct item *project =
		*item->project_id ? items_find(projects, count, item->project_id) : NULL;
	if (project)
		return (struct project_place){ arena_text(arena, project->path),
			project->is_hidden };
	OWNED_TEXT struct text path = TEXT(PATH_BYTES);
	if (is_in_one)
		text_add(&path, HIDDEN);
	add_escaped(item->project_name, &path);
	return (struct project_place){ arena_text(arena, path.at), is_in_one };
}

/* Without the '/' in front, as in paths. */
static const char *from_the_top(const char *wanted)
{
	return *wanted == '/' ? wanted + 1 : wanted;
}

bool project_is(const struct project_place *place, const char *wanted)
{
	return !place->is_hidden && name_equal(place->path, from_the_top(wanted));
}

/* The visible part of its path is the end of the wanted one. */
bool project_may_be(const struct project_place *place, const char *wanted)
{
	const char *seen = place->path + strlen(HIDDEN);
	if (!place->is_hidden)
		return false;
	bool is_start = true, is_escaped = false;
	for (const char *c = from_the_top(wanted); *c; c++) {
		if (is_start && name_equal(c, seen))
			return true;
		is_start = *c == '/' && !is_escaped;
		is_escaped = *c == '\\' && !is_escaped;
	}
	return false;
}
