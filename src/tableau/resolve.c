/*
 * tableau/resolve.c - which content a selection names. An exact name must name exactly one item: refreshing the wrong workbook is worse than refreshing
 * none (design, section 6).
 */
#include "base/pattern.h"
#include "base/suggest.h"
#include "tableau/filter.h"
#include "tableau/listing.h"
#include "tableau/project.h"
#include "tableau/resolve.h"

#define MINUTE (60 * US_PER_SECOND)
#define NAME_AGE (60 * MINUTE)     /* an id that is gone is noticed by its 404, a second item of the name within the hour */
#define PATTERN_AGE (1 * MINUTE)   /* a pattern is meant to find what is new */
#define PROJECT_AGE (5 * MINUTE)
#define FRESH_AGE (5 * US_PER_SECOND)      /* before a person is told that something is not there */
/* Beyond so many names being asked for one by one, one list of everything is cheaper (tableau-rest.md 4.2). */
#define MANY_NAMES 5
#define MOST_CANDIDATES 8          /* named in a message */

struct resolve {
	struct site *site;
	struct arena *arena;
	struct selection selection;    /* texts live in the arena */
	const struct item *items;      /* copied: the list may change while projects are asked for */
	size_t count;
	bool is_fresh;                 /* asked for anew, after what was cached did not do */
	bool has_all;                  /* `items` are all of the site, not only those that a filter gave */
	resolve_done *callback;
	void *context;
};

static void end(struct resolve *resolve, const struct outcome *outcome, const struct content *contents, size_t count)
{
	resolve->callback(outcome, contents, count, resolve->context);
	arena_free(resolve->arena);
	free(resolve);
}

static void end_refused(struct resolve *resolve, const struct text *message)
{
	struct outcome outcome = { 0 };
	error_fail(&outcome.error, ERROR_REFUSED, "site '%s': %s", resolve->site->name, message->at);
	end(resolve, &outcome, NULL, 0);
}

/* ---- which items ---- */

static bool has_tag(const struct item *item, const char *tag)
{
	for (size_t i = 0; i < item->tag_count; i++)
		if (!strcmp(item->tags[i], tag))
			return true;
	return false;
}

static bool has_owner(const struct item *item, const char *owner)
{
	return !strcmp(item->owner_full_name, owner) || !strcmp(item->owner_name, owner) || text_is_nocase(item->owner_email, owner) ||
	       !strcmp(item->owner_id, owner);
}

/* A path as the user wrote it; without '/', or beginning with one, it is a path from the top all the same. */
static bool in_project(const char *path, const char *wanted)
{
	return !strcmp(path, *wanted == '/' ? wanted + 1 : wanted);
}

static bool by_selector(const struct selection *selection, const struct item *item, const struct pattern *pattern, struct pattern_scratch *scratch)
{
	switch (selection->by) {
	case SELECT_NAME:
		return !strcmp(item->name, selection->selector);
	case SELECT_PATTERN:
		return pattern_search(pattern, str_of(item->name), scratch) == SEARCH_YES;
	case SELECT_LUID:
		return text_is_nocase(item->luid, selection->selector);
	case SELECT_ALL:
		break;
	}
	return true;
}

struct found {
	struct content *contents;
	size_t count;
	size_t without_extract;        /* left out: nothing to refresh in them */
	const char *live_name;
};

static void select_items(struct resolve *resolve, const struct item *projects, size_t project_count, const struct pattern *pattern,
                         struct found *found)
{
	const struct selection *selection = &resolve->selection;
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	found->contents = arena_array(resolve->arena, struct content, resolve->count + 1);
	for (size_t i = 0; i < resolve->count; i++) {
		const struct item *item = &resolve->items[i];
		if (!by_selector(selection, item, pattern, scratch) || (selection->tag && !has_tag(item, selection->tag)) ||
		    (selection->owner && !has_owner(item, selection->owner)))
			continue;
		const char *path = project_path(projects, project_count, item->project_id, item->project_name, resolve->arena);
		if (selection->project && !in_project(path, selection->project))
			continue;
		if (item->has_extracts == 0) {
			found->without_extract++;
			found->live_name = item->name;
			continue;
		}
		found->contents[found->count++] = (struct content){ selection->kind, item->luid, item->name, path };
	}
}

/* ---- messages ---- */

static void add_candidates(const struct found *found, struct text *out)
{
	for (size_t i = 0; i < found->count && i < MOST_CANDIDATES; i++)
		text_printf(out, "%s'%s/%s' (%s)", i ? ", " : "", found->contents[i].project, found->contents[i].name, found->contents[i].luid);
	if (found->count > MOST_CANDIDATES)
		text_printf(out, " and %zu more", found->count - MOST_CANDIDATES);
}

static void refuse_many(struct resolve *resolve, const struct found *found)
{
	OWNED_TEXT struct text message;
	text_init(&message, 2000);
	selection_describe(&resolve->selection, &message);
	text_printf(&message, " names %zu items: ", found->count);
	add_candidates(found, &message);
	text_add(&message, "; narrow it with `project`, or say `allow: many`");
	end_refused(resolve, &message);
}

static void add_elsewhere(const struct resolve *resolve, const struct item *projects, size_t project_count, struct text *out)
{
	size_t told = 0;
	for (size_t i = 0; i < resolve->count && resolve->selection.by == SELECT_NAME && told < 4; i++) {
		const struct item *item = &resolve->items[i];
		if (strcmp(item->name, resolve->selection.selector))
			continue;
		const char *path = project_path(projects, project_count, item->project_id, item->project_name, resolve->arena);
		text_printf(out, "%s'%s'", told++ ? ", " : "; one of that name is in project ", path);
	}
	if (told || resolve->selection.by != SELECT_NAME || !resolve->has_all)
		return;
	const char **names = arena_array(resolve->arena, const char *, resolve->count + 1);
	for (size_t i = 0; i < resolve->count; i++)
		names[i] = resolve->items[i].name;
	const char *near = suggest(resolve->selection.selector, names, resolve->count);
	if (near)
		text_printf(out, "; did you mean '%s'?", near);
}

static void refuse_none(struct resolve *resolve, const struct found *found, const struct item *projects, size_t project_count)
{
	OWNED_TEXT struct text message;
	text_init(&message, 2000);
	if (found->without_extract) {
		selection_describe(&resolve->selection, &message);
		text_add(&message, " has no extract: it is live, or its data sources are published on their own (refresh those)");
	} else {
		text_add(&message, "there is no ");
		selection_describe(&resolve->selection, &message);
		text_add(&message, ", or the PAT's user may not see it");
		add_elsewhere(resolve, projects, project_count, &message);
	}
	end_refused(resolve, &message);
}

/* ---- steps ---- */

static void get_items(struct resolve *resolve);

static void projects_came(const struct outcome *outcome, const struct item *projects, size_t project_count, void *context)
{
	struct resolve *resolve = context;
	const struct selection *selection = &resolve->selection;
	struct found found = { 0 };
	struct error err;
	size_t offset;
	if (!outcome->ok) {
		end(resolve, outcome, NULL, 0);
		return;
	}
	OWNED(pattern) pattern = selection->by == SELECT_PATTERN ? pattern_compile(str_of(selection->selector), &offset, &err) : NULL;
	if (selection->by == SELECT_PATTERN && !pattern) {
		struct outcome bad = { .error = err };
		bad.error.kind = ERROR_REFUSED;
		end(resolve, &bad, NULL, 0);
		return;
	}
	select_items(resolve, projects, project_count, pattern, &found);
	bool is_one = selection->by == SELECT_NAME || selection->by == SELECT_LUID;
	if (!resolve->is_fresh && (found.count == 0 || (found.count > 1 && is_one))) {
		resolve->is_fresh = true;
		get_items(resolve);
		return;
	}
	if (!found.count && !selection->allow_none)
		refuse_none(resolve, &found, projects, project_count);
	else if (found.count > 1 && is_one && !selection->allow_many)
		refuse_many(resolve, &found);
	else
		end(resolve, outcome, found.contents, found.count);
}

static void items_came(const struct outcome *outcome, const struct item *items, size_t count, void *context)
{
	struct resolve *resolve = context;
	if (!outcome->ok) {
		end(resolve, outcome, NULL, 0);
		return;
	}
	/* Only what the selection can want is copied; texts too, because the list may be asked for anew meanwhile. */
	struct item *copies = arena_array(resolve->arena, struct item, count + 1);
	for (size_t i = 0; i < count; i++) {
		struct item *copy = &copies[i];
		*copy = items[i];
		copy->luid = arena_text(resolve->arena, copy->luid);
		copy->name = arena_text(resolve->arena, copy->name);
		copy->project_id = arena_text(resolve->arena, copy->project_id);
		copy->project_name = arena_text(resolve->arena, copy->project_name);
		copy->owner_id = arena_text(resolve->arena, copy->owner_id);
		copy->owner_name = arena_text(resolve->arena, copy->owner_name);
		copy->owner_full_name = arena_text(resolve->arena, copy->owner_full_name);
		copy->owner_email = arena_text(resolve->arena, copy->owner_email);
		const char **tags = arena_array(resolve->arena, const char *, copy->tag_count + 1);
		for (size_t j = 0; j < copy->tag_count; j++)
			tags[j] = arena_text(resolve->arena, items[i].tags[j]);
		copy->tags = tags;
	}
	resolve->items = copies;
	resolve->count = count;
	listing_get(resolve->site, LIST_PROJECTS, NULL, resolve->is_fresh ? FRESH_AGE : PROJECT_AGE, projects_came, resolve);
}

static void get_items(struct resolve *resolve)
{
	const struct selection *selection = &resolve->selection;
	enum listing_of what = listing_of_kind(selection->kind);
	bool is_exact = selection->by == SELECT_NAME || selection->by == SELECT_LUID;
	bool by_name = selection->by == SELECT_NAME && listing_by_name_count(resolve->site, what) < MANY_NAMES && !resolve->site->no_name_filter;
	resolve->has_all = !by_name;
	listing_get(resolve->site, what, by_name ? selection->selector : NULL,
	            resolve->is_fresh ? FRESH_AGE : is_exact ? NAME_AGE : PATTERN_AGE, items_came, resolve);
}

/* ---- tasks: no list has a filter or names, each is asked for (tableau-rest.md 6.4) ---- */

static void task_came(const struct outcome *outcome, const cJSON *json, void *context)
{
	struct resolve *resolve = context;
	OWNED_TEXT struct text message;
	text_init(&message, 2000);
	if (outcome->ok) {
		const cJSON *task = json_get(json, "task");
		task = json_get(task, "extractRefresh") ? json_get(task, "extractRefresh") : json_get(json, "extractRefresh");
		const char *id = json_text(task, "id");
		struct content content = { CONTENT_TASK, *id ? id : resolve->selection.selector, resolve->selection.selector, "" };
		end(resolve, outcome, &content, 1);
	} else if (outcome->http_status == 404) {
		if (resolve->selection.allow_none) {
			struct outcome fine = { .ok = true };
			end(resolve, &fine, NULL, 0);
			return;
		}
		text_printf(&message, "there is no extract refresh task %s, or the PAT's user may not see it", resolve->selection.selector);
		end_refused(resolve, &message);
	} else {
		end(resolve, outcome, NULL, 0);
	}
}

static void get_task(struct resolve *resolve)
{
	OWNED_TEXT struct text path;
	text_init(&path, TEXT_UNBOUNDED);
	text_add(&path, "/tasks/extractRefreshes/");
	filter_encode(str_of(resolve->selection.selector), &path);
	struct call call = { .type = CALL_QUERY, .method = METHOD_GET, .path = path.at };
	site_call(resolve->site, &call, task_came, resolve);
}

void resolve_start(struct site *site, const struct selection *selection, resolve_done *callback, void *context)
{
	struct resolve *resolve = mem_new(struct resolve);
	struct arena *arena = resolve->arena = arena_new();
	resolve->site = site;
	resolve->callback = callback;
	resolve->context = context;
	resolve->selection = *selection;
	resolve->selection.selector = arena_text(arena, selection->selector);
	resolve->selection.project = arena_text(arena, selection->project);
	resolve->selection.tag = arena_text(arena, selection->tag);
	resolve->selection.owner = arena_text(arena, selection->owner);
	if (selection->kind == CONTENT_TASK) {
		get_task(resolve);
		return;
	}
	get_items(resolve);
}
