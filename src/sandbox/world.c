/* sandbox/world.c - lookups in the world, and content added and renamed in it. */
#include "sandbox/world.h"
#include <stdio.h>

const char *const box_singular[] = { "workbook", "datasource", "flow", "extractRefresh" };
const char *const box_plural[] = { "workbooks", "datasources", "flows", "tasks" };
const char *const result_names[] = { "success", "failed", "cancelled", "bridge", "error_note",
	NULL };

enum box_kind box_kind_of(const char *word)
{
	int kind = BOX_WORKBOOK;
	if (text_is(word, "task"))
		return BOX_TASK;
	while (kind < BOX_KIND_COUNT && strcmp(word, box_singular[kind]) &&
		strcmp(word, box_plural[kind]))
		kind++;
	return (enum box_kind)kind;
}

const char *world_luid(
	struct arena *arena, const char *site, const char *kind, const char *name, int64_t number)
{
	char luid[LUID_SIZE];
	return arena_text(arena, box_luid_make(luid, site, kind, name, number));
}

/* ---- looking things up ---- */

struct box_site *world_site(struct world *world, size_t index)
{
	return &((struct box_site *)world->sites.items)[index];
}

struct box_site *world_site_named(struct world *world, const char *content_url)
{
	for (size_t i = 0; i < world->sites.count; i++)
		if (text_is(world_site(world, i)->content_url, content_url))
			return world_site(world, i);
	return NULL;
}

struct box_content *box_site_content(
	const struct box_site *site, enum box_kind kind, const char *id)
{
	return box_luid_find(&site->by_id[kind], id);
}

struct box_content *box_site_content_named(
	const struct box_site *site, enum box_kind kind, const char *name)
{
	for (size_t i = 0; i < site->content_count[kind]; i++)
		if (!site->contents[kind][i]->is_deleted &&
			text_is(site->contents[kind][i]->name, name))
			return site->contents[kind][i];
	return NULL;
}

const struct box_project *box_site_project(const struct box_site *site, const char *path)
{
	for (size_t i = 0; i < site->project_count; i++)
		if (!strcmp(site->all_projects[i].path, path))
			return &site->all_projects[i];
	return NULL;
}

const struct box_owner *box_site_owner(
	const struct box_site *site, const struct box_content *content)
{
	static const struct box_owner nobody = { "64d1fc80-38fa-4c1e-b13e-b833119151cb",
		"ana@example.com", "Ana Ruiz", "ana@example.com" };
	const struct box_owner *owners = site->owners.items;
	for (size_t i = 0; i < site->owners.count; i++)
		if (!content->owner || text_is(owners[i].name, content->owner))
			return &owners[i];
	return &nobody;
}

struct box_pat *box_site_pat(struct box_site *site, const char *name)
{
	struct box_pat *pats = site->pats.items;
	for (size_t i = 0; i < site->pats.count; i++)
		if (text_is(pats[i].name, name))
			return &pats[i];
	return NULL;
}

/* ---- content comes and goes ---- */

/* As Tableau does: letters and digits of the name (src/tableau/README.md, Content:
 * Superstore_17078880698360). */
static const char *default_url(struct arena *arena, const char *name, int64_t number)
{
	char *url = arena_alloc(arena, strlen(name) + 24), *to = url;
	for (; *name; name++)
		if ((*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'z') ||
			(*name >= 'A' && *name <= 'Z') || *name == '_')
			*to++ = *name;
	snprintf(to, 24, "_%lld", (long long)number);
	return url;
}

struct box_content *box_site_add(struct world *world, struct box_site *site, enum box_kind kind,
	const struct box_content *from)
{
	struct box_content *content = arena_new_of(world->arena, struct box_content);
	*content = *from;
	content->kind = kind;
	content->number = 812000 + world->counter++;
	if (!content->name)
		content->name = "";
	if (!content->notes)
		content->notes = "";
	if (!content->id)
		content->id = world_luid(world->arena, site->content_url, box_singular[kind],
			content->name, (int64_t)site->content_count[kind]);
	if (!content->content_url)
		content->content_url = default_url(world->arena, content->name, content->number);
	content->in = content->project && *content->project
			      ? box_site_project(site, content->project)
			      : NULL;
	if (!box_luid_add(&site->by_id[kind], content->id, content))
		return NULL;
	mem_grow(&site->contents[kind], &site->content_capacity[kind], site->content_count[kind]);
	return site->contents[kind][site->content_count[kind]++] = content;
}

bool box_site_rename(struct box_site *site, struct box_content *content, const char *id)
{
	if (!box_luid_add(&site->by_id[content->kind], id, content))
		return false;
	box_luid_remove(&site->by_id[content->kind], content->id);
	content->id = id;
	return true;
}

void box_site_delete(struct box_site *site, struct box_content *content)
{
	content->is_deleted = true;
	box_luid_remove(&site->by_id[content->kind], content->id);
}

void world_free(struct world *world)
{
	if (!world)
		return;
	for (size_t i = 0; i < world->sites.count; i++) {
		struct box_site *site = world_site(world, i);
		for (int kind = 0; kind < BOX_KIND_COUNT; kind++) {
			free(site->contents[kind]);
			box_luid_clear(&site->by_id[kind]);
		}
		free(site->starts);
	}
	box_luid_clear(&world->job_by_id);
	free(world->jobs);
	arena_free(world->arena);
	free(world);
}
