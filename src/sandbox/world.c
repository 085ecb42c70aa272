#include "sandbox/world.h"
#include <openssl/evp.h>
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

/* clang-format off */
static const struct field pat_fields[] = {
	FIELD_TEXT(box_pat, name, .required = true, .help = "Name of the personal access token"),
	FIELD_TEXT(box_pat, secret, .required = true, .help = "Its secret: nothing here is worth hiding"),
	FIELD_BOOL(box_pat, admin, .fallback = "true", .help = "Its user is a site administrator, who may list and cancel jobs"),
	FIELD_BOOL(box_pat, expired, .fallback = "false", .help = "Signing in with it answers 401001"),
	FIELD_TEXT(box_pat, estimated_time, .fallback = "177:05:38", .help = "What it has left, days:hours:minutes; empty: not told"),
	{0},
};
static const struct field owner_fields[] = {
	FIELD_TEXT(box_owner, name, .required = true, .help = "User name"),
	FIELD_TEXT(box_owner, full_name, .fallback = "", .help = "Full name"),
	FIELD_TEXT(box_owner, email, .fallback = "", .help = "E-mail address"),
	FIELD_TEXT(box_owner, id, .help = "LUID; default made of the name"),
	{0},
};
static const struct field content_fields[] = {
	FIELD_TEXT(box_content, name, .required = true, .help = "Name; several may have the same in different projects"),
	FIELD_TEXT(box_content, project, .fallback = "", .help = "Path of its project; empty: a Personal Space"),
	FIELD_TEXT(box_content, id, .help = "LUID; default made of site, kind, name and position"),
	FIELD_TEXT(box_content, content_url, .help = "Content URL; default made of the name"),
	FIELD_TEXT(box_content, owner, .help = "User name of its owner; default the first owner"),
	FIELD_TEXTS(box_content, tags, .help = "Labels"),
	FIELD_BOOL(box_content, has_extracts, .fallback = "true", .help = "false: a refresh is refused"),
	FIELD_DURATION(box_content, queued, .help = "How long its jobs wait; default the site's"),
	FIELD_DURATION(box_content, running, .help = "How long its jobs run; default the site's"),
	FIELD_CHOICE(box_content, result, .fallback = "success", .choices = result_names, .help = "How its jobs end"),
	FIELD_TEXT(box_content, notes, .fallback = "", .help = "Notes of its jobs"),
	{0},
};
static const struct field task_fields[] = {
	FIELD_TEXT(box_content, id, .required = true, .help = "LUID of the extract refresh task"),
	FIELD_TEXT(box_content, workbook, .help = "Name of the workbook that it refreshes"),
	FIELD_TEXT(box_content, datasource, .help = "Name of the data source that it refreshes"),
	{0},
};
static const struct field generate_fields[] = {
	FIELD_TEXT(box_generate, kind, .fallback = "workbooks", .help = "workbooks, datasources or flows"),
	FIELD_COUNT(box_generate, count, .required = true, .min = 1, .max = 1000000, .help = "How many"),
	FIELD_TEXT(box_generate, name, .required = true, .help = "Name with one %d or %04d for the number, from 0"),
	FIELD_TEXT(box_generate, project, .fallback = "", .help = "Path of their project"),
	{0},
};
static const struct field life_fields[] = {
	FIELD_DURATION(box_life, queued, .fallback = "200ms", .help = "How long a job waits"),
	FIELD_DURATION(box_life, running, .fallback = "500ms", .help = "How long a job runs"),
	{0},
};
static const struct field site_fields[] = {
	FIELD_TEXT(box_site, content_url, .fallback = "", .help = "Content URL; empty is the Default site"),
	FIELD_TEXT(box_site, name, .help = "Display name"),
	FIELD_TEXT(box_site, id, .help = "LUID; default made of the content URL"),
	FIELD_TEXT(box_site, api_version, .fallback = "3.25", .help = "Highest version of the REST API"),
	FIELD_BOOL(box_site, cloud, .fallback = "false", .help = "Answers as Tableau Cloud does where that differs"),
	FIELD_LIST(box_site, pats, box_pat, .fields = pat_fields,
		.help = "Personal access tokens; the same one may stand on several sites"),
	FIELD_COUNT(box_site, refreshes_per_hour, .fallback = "0", .min = 0, .max = 1000000, .help = "Refresh starts by API; 0: no limit"),
	FIELD_DURATION(box_site, session_idle, .fallback = "0", .help = "A session unused for so long is gone; 0: never"),
	FIELD_TEXTS(box_site, projects, .help = "Paths of projects, parents first or not; \\/ is a slash in a name"),
	FIELD_LIST(box_site, owners, box_owner, .fields = owner_fields, .help = "Users who own content"),
	FIELD_LIST(box_site, workbooks, box_content, .fields = content_fields, .help = "Workbooks"),
	FIELD_LIST(box_site, datasources, box_content, .fields = content_fields, .help = "Published data sources"),
	FIELD_LIST(box_site, flows, box_content, .fields = content_fields, .help = "Flows"),
	FIELD_LIST(box_site, tasks, box_content, .fields = task_fields, .help = "Extract refresh tasks"),
	FIELD_LIST(box_site, generate, box_generate, .fields = generate_fields, .help = "Much content at once"),
	FIELD_MAP(box_site, job, box_life, .fields = life_fields, .help = "How long jobs take"),
	{0},
};
static const struct field world_fields[] = {
	FIELD_LIST(world, sites, box_site, .fields = site_fields, .required = true, .help = "Sites"),
	{0},
};
/* clang-format on */

void world_print_fields(struct text *out)
{
	fields_print(world_fields, "", out);
}

const char *world_luid(
	struct arena *arena, const char *site, const char *kind, const char *name, int64_t number)
{
	unsigned char d[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	const char *text =
		arena_printf(arena, "%s\n%s\n%s\n%lld", site, kind, name, (long long)number);
	EVP_Digest(text, strlen(text), d, &length, EVP_sha256(), NULL);
	return arena_printf(arena,
		"%02x%02x%02x%02x-%02x%02x-4%01x%02x-8%01x%02x-%02x%02x%02x%02x%02x%02x", d[0],
		d[1], d[2], d[3], d[4], d[5], d[6] & 15, d[7], d[8] & 15, d[9], d[10], d[11], d[12],
		d[13], d[14], d[15]);
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

struct box_content *site_content(struct box_site *site, enum box_kind kind, const char *id)
{
	for (size_t i = 0; i < site->content_count[kind]; i++)
		if (!site->contents[kind][i]->is_deleted &&
			text_is_nocase(site->contents[kind][i]->id, id))
			return site->contents[kind][i];
	return NULL;
}

struct box_content *site_content_named(struct box_site *site, enum box_kind kind, const char *name)
{
	for (size_t i = 0; i < site->content_count[kind]; i++)
		if (!site->contents[kind][i]->is_deleted &&
			text_is(site->contents[kind][i]->name, name))
			return site->contents[kind][i];
	return NULL;
}

const struct box_project *site_project(const struct box_site *site, const char *path)
{
	for (size_t i = 0; i < site->project_count; i++)
		if (!strcmp(site->all_projects[i].path, path))
			return &site->all_projects[i];
	return NULL;
}

const struct box_owner *site_owner(const struct box_site *site, const struct box_content *content)
{
	static const struct box_owner nobody = { "64d1fc80-38fa-4c1e-b13e-b833119151cb",
		"ana@example.com", "Ana Ruiz", "ana@example.com" };
	const struct box_owner *owners = site->owners.items;
	for (size_t i = 0; i < site->owners.count; i++)
		if (!content->owner || text_is(owners[i].name, content->owner))
			return &owners[i];
	return &nobody;
}

struct box_pat *site_pat(struct box_site *site, const char *name)
{
	struct box_pat *pats = site->pats.items;
	for (size_t i = 0; i < site->pats.count; i++)
		if (text_is(pats[i].name, name))
			return &pats[i];
	return NULL;
}

/* ---- loading ---- */

static size_t last_part(const char *path)
{
	size_t at = 0;
	for (size_t i = 0; path[i]; i++) {
		if (path[i] == '\\' && path[i + 1])
			i++;
		else if (path[i] == '/')
			at = i + 1;
	}
	return at;
}

static const char *unescape(struct arena *arena, const char *name)
{
	char *plain = arena_alloc(arena, strlen(name) + 1), *to = plain;
	for (; *name; name++) {
		if (*name == '\\' && name[1])
			name++;
		*to++ = *name;
	}
	return plain;
}

/* A project and, before it, those that it lies in. */
static const struct box_project *add_project(
	struct world *world, struct box_site *site, const char *path)
{
	const struct box_project *there = site_project(site, path), *parent = NULL;
	if (there)
		return there;
	size_t name_at = last_part(path);
	if (name_at)
		parent = add_project(
			world, site, arena_str(world->arena, (struct str){ path, name_at - 1 }));
	struct box_project *project = &site->all_projects[site->project_count++];
	*project = (struct box_project){
		.path = path,
		.name = unescape(world->arena, path + name_at),
		.id = world_luid(world->arena, site->content_url, "project", path, 0),
		.parent_id = parent ? parent->id : NULL,
	};
	return project;
}

static size_t depth_of(const char *path)
{
	size_t depth = 1;
	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

static void build_projects(struct world *world, struct box_site *site)
{
	size_t most = 1;
	for (size_t i = 0; i < site->projects.count; i++)
		most += depth_of(site->projects.items[i]);
	site->all_projects = arena_array(world->arena, struct box_project, most);
	for (size_t i = 0; i < site->projects.count; i++)
		add_project(world, site, site->projects.items[i]);
}

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

static struct box_content *add_content(struct world *world, struct box_site *site,
	enum box_kind kind, const struct box_content *from)
{
	struct box_content *content = arena_new_of(world->arena, struct box_content);
	*content = *from;
	content->kind = kind;
	content->number = 812000 + world->counter++;
	if (!content->id)
		content->id = world_luid(world->arena, site->content_url, box_singular[kind],
			content->name, (int64_t)site->content_count[kind]);
	if (!content->content_url)
		content->content_url = default_url(
			world->arena, content->name ? content->name : "", content->number);
	content->in =
		content->project && *content->project ? site_project(site, content->project) : NULL;
	mem_grow(&site->contents[kind], &site->content_capacity[kind], site->content_count[kind]);
	return site->contents[kind][site->content_count[kind]++] = content;
}

static void add_contents(
	struct world *world, struct box_site *site, enum box_kind kind, const struct list *list)
{
	const struct box_content *items = list->items;
	for (size_t i = 0; i < list->count; i++)
		add_content(world, site, kind, &items[i]);
}

static void link_tasks(struct box_site *site)
{
	for (size_t i = 0; i < site->content_count[BOX_TASK]; i++) {
		struct box_content *task = site->contents[BOX_TASK][i];
		task->target = task->workbook
				       ? site_content_named(site, BOX_WORKBOOK, task->workbook)
				       : site_content_named(site, BOX_DATASOURCE, task->datasource);
	}
}

/* The number's place in the name is found by hand: the name is the user's, no format. */
static const char *numbered(struct arena *arena, const char *name, int64_t number)
{
	const char *percent = strchr(name, '%'), *end = percent ? strchr(percent, 'd') : NULL;
	int64_t width = 0;
	if (!end ||
		(end > percent + 1 &&
			!str_to_count((struct str){ percent + 1, (size_t)(end - percent - 1) },
				&width)) ||
		width > 20)
		return arena_printf(arena, "%s%lld", name, (long long)number);
	return arena_printf(arena, "%.*s%0*lld%s", (int)(percent - name), name, (int)width,
		(long long)number, end + 1);
}

static void generate(struct world *world, struct box_site *site)
{
	const struct box_generate *items = site->generate.items;
	for (size_t i = 0; i < site->generate.count; i++) {
		enum box_kind kind = box_kind_of(items[i].kind);
		for (int64_t n = 0; kind < BOX_TASK && n < items[i].count; n++) {
			struct box_content content = { .name = numbered(
							       world->arena, items[i].name, n),
				.project = items[i].project,
				.has_extracts = true,
				.notes = "" };
			add_content(world, site, kind, &content);
		}
	}
}

/* The same name and secret on several sites are one PAT. */
static struct box_login *login_of(struct world *world, const struct box_pat *pat)
{
	for (struct box_login *login = world->logins; login; login = login->next)
		if (text_is(login->name, pat->name) && text_is(login->secret, pat->secret))
			return login;
	struct box_login *login = arena_new_of(world->arena, struct box_login);
	login->name = pat->name;
	login->secret = pat->secret;
	login->next = world->logins;
	return world->logins = login;
}

static void build_site(struct world *world, struct box_site *site)
{
	struct box_pat *pats = site->pats.items;
	struct box_owner *owners = site->owners.items;
	if (!site->id)
		site->id = world_luid(world->arena, site->content_url, "site", "", 0);
	for (size_t i = 0; i < site->pats.count; i++)
		pats[i].login = login_of(world, &pats[i]);
	for (size_t i = 0; i < site->owners.count; i++)
		if (!owners[i].id)
			owners[i].id = world_luid(
				world->arena, site->content_url, "user", owners[i].name, 0);
	build_projects(world, site);
	add_contents(world, site, BOX_WORKBOOK, &site->workbooks);
	add_contents(world, site, BOX_DATASOURCE, &site->datasources);
	add_contents(world, site, BOX_FLOW, &site->flows);
	generate(world, site);
	add_contents(world, site, BOX_TASK, &site->tasks);
	link_tasks(site);
}

struct world *world_load(const char *path, struct problems *problems)
{
	struct world *world = mem_new(struct world);
	world->arena = arena_new();
	const struct yaml_file *file = yaml_load(path, world->arena, problems);
	if (!file ||
		!fields_load(world_fields, file->root, "the world", file, world, world->arena,
			problems) ||
		problems_error_count(problems)) {
		world_free(world);
		return NULL;
	}
	for (size_t i = 0; i < world->sites.count; i++)
		build_site(world, world_site(world, i));
	return world;
}

void world_free(struct world *world)
{
	if (!world)
		return;
	for (size_t i = 0; i < world->sites.count; i++) {
		struct box_site *site = world_site(world, i);
		for (int kind = 0; kind < BOX_KIND_COUNT; kind++)
			free(site->contents[kind]);
		free(site->starts);
	}
	free(world->jobs);
	arena_free(world->arena);
	free(world);
}
