#include "tableau/project.h"

#define DEPTH 64                   /* a chain of parents that is longer goes round in a circle */

static const struct item *find(const struct item *projects, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(projects[i].luid, id))
			return &projects[i];
	return NULL;
}

static void add_escaped(const char *name, struct text *out)
{
	for (const char *c = name; *c; c++) {
		if (*c == '/')
			text_add_char(out, '\\');
		text_add_char(out, *c);
	}
}

static void add_path(const struct item *projects, size_t count, const struct item *project, int depth, struct text *out)
{
	const struct item *parent = *project->parent_id && depth < DEPTH ? find(projects, count, project->parent_id) : NULL;
	if (parent) {
		add_path(projects, count, parent, depth + 1, out);
		text_add_char(out, '/');
	}
	add_escaped(project->name, out);
}

const char *project_path(const struct item *projects, size_t count, const char *id, const char *fallback, struct arena *arena)
{
	const struct item *project = *id ? find(projects, count, id) : NULL;
	OWNED_TEXT struct text path;
	text_init(&path, 4096);
	if (project)
		add_path(projects, count, project, 0, &path);
	else
		add_escaped(fallback, &path);
	return arena_text(arena, path.at);
}
