/*
 * sandbox/world_load.c - loads the state file: its fields, their checks, and the world that they
 * describe.
 */
#include "sandbox/world.h"

static const char *const refusal_names[] = { "403180", "409090", NULL };

/* clang-format off */
static const struct field pat_fields[] = {
	FIELD_TEXT(box_pat, name, .required = true, .help = "Name of the personal access token"),
	FIELD_TEXT(box_pat, secret, .required = true, .help = "Its secret: nothing here is worth hiding"),
	FIELD_BOOL(box_pat, admin, .fallback = "true", .help = "Its user is a site administrator, who may list and cancel jobs"),
	FIELD_BOOL(box_pat, expired, .fallback = "false", .help = "Signing in with it answers 401001"),
	FIELD_TEXT(box_pat, estimated_time, .fallback = "177:05:38", .help = "Time left, days:hours:minutes; empty: not reported"),
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
	FIELD_CHOICE(box_content, refusal, .fallback = "403180", .choices = refusal_names, .help = "The error of that refusal"),
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
	FIELD_BOOL(box_content, incremental, .fallback = "false", .help = "It refreshes incrementally"),
	FIELD_BOOL(box_content, schedule, .fallback = "true", .help = "It has a schedule"),
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
	FIELD_TEXT(box_site, name, .help = "Display name; default the content URL"),
	FIELD_TEXT(box_site, id, .help = "LUID; default made of the content URL"),
	FIELD_TEXT(box_site, api_version, .fallback = "3.25", .help = "Highest version of the REST API"),
	FIELD_BOOL(box_site, cloud, .fallback = "false", .help = "Answers as Tableau Cloud does where that differs: schedules of tasks"),
	FIELD_BOOL(box_site, old_filters, .fallback = "false",
		.help = "Filters of workbooks as servers of 2020 to 2022: few fields, no wildcard"),
	FIELD_BOOL(box_site, single_as_object, .fallback = "false", .help = "A list of one item is an object instead of an array"),
	FIELD_BOOL(box_site, tasks_as_array, .fallback = "false", .help = "The list of tasks is a bare array"),
	FIELD_LIST(box_site, pats, box_pat, .fields = pat_fields, FIELD_PLACE(box_pat, place),
		.help = "Personal access tokens; the same one may stand on several sites"),
	FIELD_COUNT(box_site, refreshes_per_hour, .fallback = "0", .min = 0, .max = 1000000,
		.help = "Refresh starts by API; 0: no limit"),
	FIELD_DURATION(box_site, session_idle, .fallback = "0", .help = "A session that is unused for this long ends; 0: never"),
	FIELD_DURATION(box_site, refuse_fresh, .fallback = "0", .help = "A new token is refused for this long, then it works"),
	FIELD_TEXTS(box_site, projects, .help = "Paths of projects, parents first or not; \\/ is a slash in a name"),
	FIELD_TEXTS(box_site, hidden_projects, .help = "Projects among them that the user may not see, although their content is visible"),
	FIELD_LIST(box_site, owners, box_owner, .fields = owner_fields, .help = "Users who own content"),
	FIELD_LIST(box_site, workbooks, box_content, .fields = content_fields, FIELD_PLACE(box_content, place), .help = "Workbooks"),
	FIELD_LIST(box_site, datasources, box_content, .fields = content_fields, FIELD_PLACE(box_content, place),
		.help = "Published data sources"),
	FIELD_LIST(box_site, flows, box_content, .fields = content_fields, FIELD_PLACE(box_content, place), .help = "Flows"),
	FIELD_LIST(box_site, tasks, box_content, .fields = task_fields, FIELD_PLACE(box_content, place), .help = "Extract refresh tasks"),
	FIELD_LIST(box_site, generate, box_generate, .fields = generate_fields, FIELD_PLACE(box_generate, place),
		.help = "Many items of content by one entry"),
	FIELD_MAP(box_site, job, box_life, .fields = life_fields, .help = "How long jobs take"),
	{0},
};
static const struct field world_fields[] = {
	FIELD_LIST(world, sites, box_site, .fields = site_fields, FIELD_PLACE(box_site, place), .required = true, .help = "Sites"),
	{0},
};
/* clang-format on */

void world_print_fields(struct text *out)
{
	fields_print(world_fields, out);
}

struct world_builder {
	struct world *world;
	struct box_site *site;
	struct str source;
	struct problems *problems;
};

static void bad(struct world_builder *b, struct place place, const char *what, const char *value)
{
	IGNORE(problem_add(b->problems, PROBLEM_BAD_VALUE, place, b->source, "site '%s': %s '%s'",
		b->site->content_url, what, value));
}

/* ---- projects ---- */

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

/* A project and, before it, those that it lies in: parents need not be listed.
 */
static bool texts_have(const struct texts *texts, const char *text)
{
	for (size_t i = 0; i < texts->count; i++)
		if (text_is(texts->items[i], text))
			return true;
	return false;
}

static const struct box_project *add_project(struct world_builder *b, const char *path)
{
	struct arena *arena = b->world->arena;
	const struct box_project *parent = NULL;
	for (size_t i = 0; path[i]; i++) {
		i += path[i] == '\\' && path[i + 1];
		if (path[i + 1] && path[i + 1] != '/')
			continue;
		const char *part = arena_str(arena, (struct str){ path, i + 1 });
		const struct box_project *there = box_site_project(b->site, part);
		if (!there) {
			struct box_project *project =
				&b->site->all_projects[b->site->project_count++];
			*project = (struct box_project){
				.path = part,
				.name = unescape(arena, part + last_part(part)),
				.id = world_luid(arena, b->site->content_url, "project", part, 0),
				.parent_id = parent ? parent->id : NULL,
				.is_hidden = texts_have(&b->site->hidden_projects, part),
			};
			there = project;
		}
		parent = there;
	}
	return parent;
}

static size_t depth_of(const char *path)
{
	size_t depth = 1;
	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

static void build_projects(struct world_builder *b)
{
	const struct texts *paths = &b->site->projects;
	size_t most = 1;
	for (size_t i = 0; i < paths->count; i++)
		most += depth_of(paths->items[i]);
	b->site->all_projects = arena_array(b->world->arena, struct box_project, most);
	for (size_t i = 0; i < paths->count; i++)
		IGNORE(add_project(b, paths->items[i]));
	for (size_t i = 0; i < b->site->hidden_projects.count; i++)
		if (!box_site_project(b->site, b->site->hidden_projects.items[i]))
			bad(b, b->site->place,
				"there is no project to hide:", b->site->hidden_projects.items[i]);
}

/* ---- content ---- */

static bool has_owner(const struct box_site *site, const char *name)
{
	const struct box_owner *owners = site->owners.items;
	for (size_t i = 0; i < site->owners.count; i++)
		if (text_is(owners[i].name, name))
			return true;
	return false;
}

static void add_one(struct world_builder *b, enum box_kind kind, const struct box_content *from)
{
	if (from->project && *from->project && !box_site_project(b->site, from->project))
		bad(b, from->place, "there is no project", from->project);
	else if (from->owner && !has_owner(b->site, from->owner))
		bad(b, from->place, "there is no owner", from->owner);
	else if (!box_site_add(b->world, b->site, kind, from))
		bad(b, from->place, "this id stands twice:", from->id ? from->id : from->name);
}

static void add_all(struct world_builder *b, enum box_kind kind, const struct list *list)
{
	const struct box_content *items = list->items;
	for (size_t i = 0; i < list->count; i++)
		add_one(b, kind, &items[i]);
}

static void link_tasks(struct world_builder *b)
{
	for (size_t i = 0; i < b->site->content_count[BOX_TASK]; i++) {
		struct box_content *task = b->site->contents[BOX_TASK][i];
		if (!task->workbook == !task->datasource)
			bad(b, task->place, "a task has either workbook or datasource:", task->id);
		else if (task->workbook)
			task->target =
				box_site_content_named(b->site, BOX_WORKBOOK, task->workbook);
		else
			task->target =
				box_site_content_named(b->site, BOX_DATASOURCE, task->datasource);
		if (!task->workbook != !task->datasource && !task->target)
			bad(b, task->place, "there is nothing to refresh named",
				task->workbook ? task->workbook : task->datasource);
	}
}

/* The place of the number, searched by hand because a user's text must not be a format. */
struct number_place {
	size_t at, after;
	int width;
};

static bool find_number(const char *name, struct number_place *place)
{
	const char *percent = strchr(name, '%');
	if (!percent)
		return false;
	size_t digits = strspn(percent + 1, "0123456789");
	int64_t width = 0;
	if (percent[1 + digits] != 'd' || strchr(percent + 1, '%') ||
		(digits && !str_to_count((struct str){ percent + 1, digits }, &width)) ||
		width > 20)
		return false;
	*place = (struct number_place){ .at = (size_t)(percent - name),
		.after = (size_t)(percent - name) + digits + 2,
		.width = (int)width };
	return true;
}

static void generate(struct world_builder *b, const struct box_generate *item)
{
	enum box_kind kind = box_kind_of(item->kind);
	struct number_place place;
	if (kind >= BOX_TASK) {
		bad(b, item->place, "cannot generate", item->kind);
		return;
	}
	if (!find_number(item->name, &place)) {
		bad(b, item->place, "one %d or %04d has to stand in", item->name);
		return;
	}
	for (int64_t n = 0; n < item->count; n++) {
		struct box_content content = {
			.name = arena_printf(b->world->arena, "%.*s%0*lld%s", (int)place.at,
				item->name, place.width, (long long)n, item->name + place.after),
			.project = item->project,
			.has_extracts = true,
			.place = item->place,
		};
		add_one(b, kind, &content);
		if (!n && problems_error_count(b->problems))
			return; /* reported once, not for each item */
	}
}

/* ---- owners and PATs ---- */

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

static void build_people(struct world_builder *b)
{
	struct box_pat *pats = b->site->pats.items;
	struct box_owner *owners = b->site->owners.items;
	for (size_t i = 0; i < b->site->pats.count; i++) {
		if (box_site_pat(b->site, pats[i].name) != &pats[i])
			bad(b, pats[i].place, "this PAT stands twice:", pats[i].name);
		pats[i].login = login_of(b->world, &pats[i]);
	}
	for (size_t i = 0; i < b->site->owners.count; i++)
		if (!owners[i].id)
			owners[i].id = world_luid(
				b->world->arena, b->site->content_url, "user", owners[i].name, 0);
}

/* ---- sites ---- */

static bool is_version(const char *text)
{
	int64_t part;
	const char *dot = strchr(text, '.');
	return dot && str_to_count((struct str){ text, (size_t)(dot - text) }, &part) &&
	       part < 1000 && str_to_count(str_of(dot + 1), &part) && part < 1000;
}

static void build_site(struct world_builder *b)
{
	struct box_site *site = b->site;
	const struct box_generate *items = site->generate.items;
	if (world_site_named(b->world, site->content_url) != site)
		bad(b, site->place, "this content_url stands twice:", site->content_url);
	if (!is_version(site->api_version))
		bad(b, site->place, "an api_version is like 3.25, not", site->api_version);
	if (!site->id)
		site->id = world_luid(b->world->arena, site->content_url, "site", "", 0);
	if (!site->name)
		site->name = *site->content_url ? site->content_url : "Default";
	build_people(b);
	build_projects(b);
	add_all(b, BOX_WORKBOOK, &site->workbooks);
	add_all(b, BOX_DATASOURCE, &site->datasources);
	add_all(b, BOX_FLOW, &site->flows);
	for (size_t i = 0; i < site->generate.count; i++)
		generate(b, &items[i]);
	add_all(b, BOX_TASK, &site->tasks);
	link_tasks(b);
}

static void build(struct world *world, const struct yaml_file *file, struct problems *problems)
{
	struct world_builder b = { .world = world, .source = file->source, .problems = problems };
	if (!world->sites.count)
		IGNORE(problem_add(problems, PROBLEM_BAD_VALUE, file->root->place, file->source,
			"a world has at least one site"));
	for (size_t i = 0; i < world->sites.count; i++) {
		b.site = world_site(world, i);
		build_site(&b);
	}
}

struct world *world_load(const char *path, struct problems *problems)
{
	struct world *world = mem_new(struct world);
	world->arena = arena_new();
	const struct yaml_file *file = yaml_load(path, world->arena, problems);
	if (file && fields_load(world_fields, file->root, "the world", file, world, world->arena,
			    problems))
		build(world, file, problems);
	if (!problems_error_count(problems))
		return world;
	world_free(world);
	return NULL;
}
