/* tableau/project.c - the tree of projects, walked from each leaf to its root. */
#include "tableau/project.h"
#include "base/name.h"
#include "base/text.h"

#define MOST_LEVELS 64 /* Tableau names no limit; a longer chain goes round in a circle */
#define PATH_BYTES 4096

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
	const struct item *chain[MOST_LEVELS];
	size_t levels = 0;
	OWNED_TEXT struct text path;
	text_init(&path, PATH_BYTES);
	for (const struct item *at = project; at && levels < MOST_LEVELS;
		at = *at->parent_id ? items_find(projects, count, at->parent_id) : NULL)
		chain[levels++] = at;
	if (levels == MOST_LEVELS)
		levels = 1;
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

const char *project_path(
	const struct item *projects, size_t count, const struct item *item, struct arena *arena)
{
	const struct item *project =
		*item->project_id ? items_find(projects, count, item->project_id) : NULL;
	if (project)
		return arena_text(arena, project->path);
	OWNED_TEXT struct text name;
	text_init(&name, PATH_BYTES);
	add_escaped(item->project_name, &name);
	return arena_text(arena, name.at);
}

bool project_is(const char *path, const char *wanted)
{
	return name_equal(path, *wanted == '/' ? wanted + 1 : wanted);
}
