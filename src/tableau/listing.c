/*
 * tableau/listing.c - lists, page by page.
 *
 * A listing:  stale --listing_get--> loading, page after page --> loaded --> stale again: by age,
 * by listing_forget(), or because a page failed
 *
 * Tableau has no cursor and no snapshot: items may shift between pages (README.md, Lists). So lists
 * are sorted by time of creation, which never changes and puts new items last. Pages are read until
 * we have as many ids as Tableau counts; doubles are dropped. If the count decreases, or the list
 * ends before it is reached, an item was deleted and another may have moved to a page already read:
 * the list is read again from the beginning.
 */
#include "tableau/listing.h"
#include "base/name.h"
#include "tableau/filter.h"
#include "tableau/job.h"
#include "tableau/project.h"

#define PAGE_SIZE 1000 /* Tableau's maximum (README.md, Lists) */
#define MOST_PAGES 1000
#define MOST_BEGINS 5      /* tries for one list that keeps changing */
#define MOST_LISTINGS 5000 /* most lists kept for a site, because names also come from events */
#define PAGE_BEYOND_THE_END 400006 /* items were deleted between two pages (README.md, Lists) */

struct waiter {
	struct waiter *next;
	listing_done *callback;
	void *context;
};

struct listing {
	char *id; /* "workbooks", "workbooks\nname\nRevenue", "workbooks\nid\nLUID" */
	struct tableau_site *site;
	enum listing_of what;
	enum listing_by by;
	char *key;
	bool is_loading, is_telling, is_stale;
	bool asked_all_fields, asked_by_age;
	int64_t epoch; /* the account that the list is for */
	struct mono loaded_at;
	struct arena *arena; /* holds the items */
	struct item *items;
	size_t count, capacity, page;
	size_t unread;    /* unreadable rows, which are tolerated */
	int begins;       /* since the request */
	int64_t total;    /* Tableau's count on the last page */
	int64_t shortage; /* how many fewer than counted came the last time; -1: none missing */
	struct waiter *first, **last;
	UT_hash_handle by_id;
};

/* `all_fields` adds hasExtracts and the owners' names (README.md, Content). A single item has its
 * own fields. */
static const struct {
	const char *plural, *singular, *path, *all_fields;
} words[] = {
	[LIST_WORKBOOKS] = { "workbooks", "workbook", "/workbooks", "&fields=_all_" },
	[LIST_DATASOURCES] = { "datasources", "datasource", "/datasources", "&fields=_all_" },
	[LIST_FLOWS] = { "flows", "flow", "/flows", "&fields=_all_" },
	[LIST_TASKS] = { "tasks", "task", "/tasks/extractRefreshes", "" },
	[LIST_PROJECTS] = { "projects", "project", "/projects", "" },
};

enum listing_of listing_of_kind(enum content_kind kind)
{
	static const enum listing_of lists[] = {
		[CONTENT_WORKBOOK] = LIST_WORKBOOKS,
		[CONTENT_DATASOURCE] = LIST_DATASOURCES,
		[CONTENT_FLOW] = LIST_FLOWS,
		[CONTENT_TASK] = LIST_TASKS,
	};
	return lists[kind];
}

/* ---- the end of loading ---- */

static void load(struct listing *listing);

/* Callbacks may ask for this same list again, only younger. It is loaded when all callbacks have
 * run, so that its items stay in place until then. */
static void told(struct listing *listing)
{
	listing->is_telling = false;
	if (listing->first && !listing->is_loading)
		load(listing);
}

static void tell(struct listing *listing, const struct outcome *outcome)
{
	struct waiter *waiter = listing->first, *next;
	listing->first = NULL;
	listing->last = &listing->first;
	listing->is_loading = false;
	listing->is_telling = true;
	for (; waiter; waiter = next) {
		next = waiter->next;
		waiter->callback(
			outcome, listing->items, outcome->ok ? listing->count : 0, waiter->context);
		free(waiter);
	}
	told(listing);
}

/* ---- a younger list makes older ones stale ---- */

static bool is_in_memory(const struct listing *listing)
{
	return !listing->is_loading && !listing->is_stale && listing->epoch == listing->site->epoch;
}

/* A single item has fewer fields; a missing one is not a difference. */
static bool is_same(const struct item *a, const struct item *b)
{
	return !strcmp(a->luid, b->luid) && !strcmp(a->name, b->name) &&
	       !strcmp(a->project_id, b->project_id) &&
	       (a->has_extracts < 0 || b->has_extracts < 0 || a->has_extracts == b->has_extracts);
}

static bool has_same(const struct listing *listing, const struct item *item)
{
	const struct item *first;
	size_t named = items_named(listing->items, listing->count, item->name, &first);
	for (size_t i = 0; i < named; i++)
		if (is_same(&first[i], item))
			return true;
	return false;
}

/* Would the list contain this item, if the item had not changed? */
static bool is_about(const struct listing *listing, const struct item *item)
{
	if (listing->by == LISTING_ALL)
		return true;
	if (listing->by == LISTING_BY_NAME && listing->count && !strcmp(listing->key, item->name))
		return true;
	for (size_t i = 0; i < listing->count; i++)
		if (!strcmp(listing->items[i].luid, item->luid))
			return true;
	return false;
}

static bool is_overtaken(const struct listing *older, const struct listing *younger)
{
	const struct item *first;
	for (size_t i = 0; i < older->count; i++)
		if (!has_same(younger, &older->items[i]) && is_about(younger, &older->items[i]))
			return true;
	return older->by == LISTING_BY_NAME && younger->by == LISTING_ALL &&
	       items_named(older->items, older->count, older->key, &first) !=
		       items_named(younger->items, younger->count, older->key, &first);
}

/* Makes remembered lists stale that the younger one contradicts. */
static void overtake(const struct listing *younger)
{
	if (younger->what == LIST_PROJECTS)
		return;
	for (struct listing *older = younger->site->listings; older; older = older->by_id.next)
		if (older != younger && older->what == younger->what && is_in_memory(older) &&
			is_overtaken(older, younger))
			older->is_stale = true;
}

static void loaded(struct listing *listing, const struct outcome *outcome)
{
	struct outcome fine = *outcome;
	fine.ok = true;
	fine.error = (struct error){ 0 };
	listing->count = items_drop_doubles(listing->items, listing->count);
	if (listing->what == LIST_PROJECTS)
		projects_set_paths(listing->items, listing->count, listing->arena);
	else
		items_sort(listing->items, listing->count);
	listing->loaded_at = clock_mono();
	listing->is_stale = false;
	overtake(listing);
	tell(listing, &fine);
}

static void failed(struct listing *listing, const struct outcome *outcome)
{
	listing->is_stale = true;
	tell(listing, outcome);
}

static void odd_answer(struct listing *listing, const struct outcome *outcome, const char *what)
{
	struct outcome odd = *outcome;
	odd.ok = error_fail(&odd.error, ERROR_TRANSIENT, "site '%s': %s: %s", listing->site->name,
		words[listing->what].plural, what);
	failed(listing, &odd);
}

/* ---- pages ---- */

static void ask_page(struct listing *listing);

static void begin(struct listing *listing)
{
	arena_free(listing->arena);
	listing->arena = arena_new();
	listing->count = listing->unread = 0;
	listing->page = 1;
	listing->total = 0;
	listing->epoch = listing->site->epoch;
	ask_page(listing);
}

static void load(struct listing *listing)
{
	listing->is_loading = true;
	listing->begins = 0;
	begin(listing);
}

static void begin_again(struct listing *listing, const struct outcome *outcome)
{
	if (++listing->begins > MOST_BEGINS)
		odd_answer(listing, outcome, "it changes faster than it can be read");
	else
		begin(listing);
}

/*
 * Fewer items came than were counted. Either some were deleted meanwhile, or Tableau counts items
 * that this user may not see: then the same number is missing at the next try, and the list is
 * accepted.
 */
static void ended_early(struct listing *listing, const struct outcome *outcome)
{
	listing->count = items_drop_doubles(listing->items, listing->count);
	int64_t shortage = listing->total - (int64_t)(listing->count + listing->unread);
	bool is_known = shortage <= 0 || shortage == listing->shortage;
	listing->shortage = shortage;
	if (is_known)
		loaded(listing, outcome);
	else
		begin_again(listing, outcome);
}

/* An old server answers 400 to fields or a sort that it does not have (README.md, Filters): asks
 * without them, and remembers which one was refused. */
static bool ask_for_less(struct listing *listing, const struct outcome *outcome)
{
	struct tableau_site *site = listing->site;
	unsigned bit = 1U << listing->what;
	if (outcome->http_status != 400 || outcome->code == 400065 || listing->page > 1)
		return false;
	bool has_fields = listing->asked_all_fields, has_sort = listing->asked_by_age;
	bool could_have_fields = *words[listing->what].all_fields;
	site->no_all_fields &= ~bit;
	site->no_age_sort &= ~bit;
	if (!has_fields && !has_sort)
		return false; /* it has another cause */
	/* First with both, then without one, then without the other, then without both. */
	if (has_fields && has_sort && could_have_fields)
		site->no_all_fields |= bit;
	else if (has_sort && could_have_fields)
		site->no_age_sort |= bit;
	else {
		site->no_age_sort |= bit;
		site->no_all_fields |= bit;
	}
	begin(listing);
	return true;
}

static void page_failed(struct listing *listing, const struct outcome *outcome)
{
	bool is_end = listing->page > 1 && outcome->code == PAGE_BEYOND_THE_END;
	bool is_none = listing->by == LISTING_BY_LUID && outcome->http_status == 404 &&
		       outcome->code && outcome->error.kind != ERROR_SIGNED_OUT;
	if (is_end)
		ended_early(listing, outcome);
	else if (is_none)
		loaded(listing, outcome);
	else if (!ask_for_less(listing, outcome))
		failed(listing, outcome);
}

static void add_item(struct listing *listing, const cJSON *json)
{
	mem_grow(&listing->items, &listing->capacity, listing->count);
	struct item *item = &listing->items[listing->count];
	bool is_read = listing->what == LIST_TASKS ? item_parse_task(json, item, listing->arena)
						   : item_parse(json, item, listing->arena);
	listing->count += is_read;
	listing->unread += !is_read;
}

static int64_t rows_of(const struct listing *listing)
{
	return (int64_t)(listing->count + listing->unread);
}

static void page_of_many(struct listing *listing, const struct outcome *outcome, const cJSON *json)
{
	const char *plural = words[listing->what].plural;
	int64_t total = 0;
	size_t rows = 0;
	bool has_total = json_count(json_get(json, "pagination"), "totalAvailable", &total);
	if (!json_get(json, plural)) {
		odd_answer(listing, outcome, "the answer has no list in it");
		return;
	}
	if (listing->page > 1 && has_total && total < listing->total) {
		begin_again(listing, outcome);
		return;
	}
	listing->total = total;
	for (const cJSON *item = items_of(json, plural, words[listing->what].singular); item;
		item = items_next(item), rows++)
		add_item(listing, item);
	if (has_total && rows_of(listing) >= total)
		listing->count = items_drop_doubles(listing->items, listing->count);
	bool is_more = has_total ? rows_of(listing) < total : rows == PAGE_SIZE;
	/* Counted by name and not shown: the user may not see it. */
	bool is_unseen = !rows && listing->by == LISTING_BY_NAME;
	if (rows && !listing->count)
		odd_answer(listing, outcome, "no item of the answer can be read");
	else if (!is_more || (is_unseen && listing->page == 1))
		loaded(listing, outcome);
	else if (!rows && listing->page == 1)
		odd_answer(listing, outcome,
			"the answer counts items and shows none: may the PAT's user see them?");
	else if (!rows)
		ended_early(listing, outcome);
	else if (listing->page == MOST_PAGES)
		odd_answer(listing, outcome, "the list does not end");
	else {
		listing->page++;
		ask_page(listing);
	}
}

static void page_came(const struct outcome *outcome, const cJSON *json, void *context)
{
	struct listing *listing = context;
	if (!outcome->ok) {
		page_failed(listing, outcome);
	} else if (listing->epoch != listing->site->epoch) {
		begin(listing); /* the account has changed between two pages */
	} else if (listing->by == LISTING_BY_LUID) {
		add_item(listing, json_get(json, words[listing->what].singular));
		if (listing->count)
			loaded(listing, outcome);
		else
			odd_answer(listing, outcome, "the answer has no item in it");
	} else {
		page_of_many(listing, outcome, json);
	}
}

static void ask_page(struct listing *listing)
{
	const struct tableau_site *site = listing->site;
	OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
	text_add(&path, words[listing->what].path);
	if (listing->by == LISTING_BY_LUID) {
		text_add_char(&path, '/');
		filter_encode(str_of(listing->key), &path);
	} else {
		listing->asked_all_fields = *words[listing->what].all_fields &&
					    !(site->no_all_fields & (1U << listing->what));
		listing->asked_by_age = !(site->no_age_sort & (1U << listing->what));
		text_printf(&path, "?pageSize=%d&pageNumber=%zu&sort=%s:asc%s", PAGE_SIZE,
			listing->page, listing->asked_by_age ? "createdAt" : "name",
			listing->asked_all_fields ? words[listing->what].all_fields : "");
	}
	if (listing->by == LISTING_BY_NAME) {
		text_add(&path, "&filter=name:eq:");
		filter_name(listing->key, &path);
	}
	struct tableau_call call = { .type = CALL_QUERY, .method = METHOD_GET, .path = path.at };
	tableau_site_call(listing->site, &call, page_came, listing);
}

/* ---- the cache ---- */

static void listing_free(struct listing *listing)
{
	HASH_DELETE(by_id, listing->site->listings, listing);
	arena_free(listing->arena);
	free(listing->items);
	free(listing->key);
	free(listing->id);
	free(listing);
}

static void make_room(struct tableau_site *site)
{
	struct listing *listing, *next;
	if (HASH_CNT(by_id, site->listings) < MOST_LISTINGS)
		return;
	HASH_ITER(by_id, site->listings, listing, next)
	if (!listing->is_loading && !listing->is_telling)
		listing_free(listing);
}

static void identify(enum listing_of what, enum listing_by by, const char *key, struct text *id)
{
	text_add(id, words[what].plural);
	if (by != LISTING_ALL)
		text_printf(id, "\n%s\n%s", by == LISTING_BY_NAME ? "name" : "id", key);
}

static struct listing *find(
	const struct tableau_site *site, enum listing_of what, enum listing_by by, const char *key)
{
	OWNED_TEXT struct text id = TEXT(TEXT_UNBOUNDED);
	struct listing *listing = NULL;
	identify(what, by, key, &id);
	HASH_FIND(by_id, site->listings, id.at, id.length, listing);
	return listing;
}

static struct listing *find_or_add(
	struct tableau_site *site, enum listing_of what, enum listing_by by, const char *key)
{
	struct listing *listing = find(site, what, by, key);
	if (listing)
		return listing;
	make_room(site);
	OWNED_TEXT struct text id = TEXT(TEXT_UNBOUNDED);
	identify(what, by, key, &id);
	listing = mem_new(struct listing);
	listing->id = text_take(&id);
	listing->site = site;
	listing->what = what;
	listing->by = by;
	listing->key = mem_copy_text(key);
	listing->last = &listing->first;
	listing->is_stale = true;
	listing->shortage = -1;
	HASH_ADD_KEYPTR(by_id, site->listings, listing->id, strlen(listing->id), listing);
	return listing;
}

static bool is_young(const struct listing *listing, struct mono since)
{
	return is_in_memory(listing) && listing->loaded_at.us >= since.us;
}

bool listing_has_all(struct tableau_site *site, enum listing_of what, struct mono since)
{
	const struct listing *listing = find(site, what, LISTING_ALL, NULL);
	return listing && (listing->is_loading || is_young(listing, since));
}

void listing_get(struct tableau_site *site, enum listing_of what, enum listing_by by,
	const char *key, struct mono since, listing_done *callback, void *context)
{
	struct listing *listing = find_or_add(site, what, by, key);
	if (is_young(listing, since)) {
		struct outcome outcome = { .ok = true };
		bool was_telling = listing->is_telling;
		listing->is_telling = true;
		callback(&outcome, listing->items, listing->count, context);
		if (!was_telling)
			told(listing);
		return;
	}
	struct waiter *waiter = mem_new(struct waiter);
	*waiter = (struct waiter){ .callback = callback, .context = context };
	*listing->last = waiter;
	listing->last = &waiter->next;
	if (!listing->is_loading && !listing->is_telling)
		load(listing);
}

size_t listing_by_name_count(const struct tableau_site *site, enum listing_of what)
{
	size_t count = 0;
	for (const struct listing *listing = site->listings; listing; listing = listing->by_id.next)
		count += listing->is_loading && listing->by == LISTING_BY_NAME &&
			 listing->what == what;
	return count;
}

void listing_forget(struct tableau_site *site, const char *luid)
{
	for (struct listing *listing = site->listings; listing; listing = listing->by_id.next)
		for (size_t i = 0; i < listing->count; i++)
			if (!strcmp(listing->items[i].luid, luid))
				listing->is_stale = true;
}

static bool differs(const struct item *item, const struct content *content,
	const struct listing *projects, struct arena *arena)
{
	if (!name_equal(item->name, content->name))
		return true;
	if (!projects || !is_in_memory(projects))
		return false;
	struct project_place place =
		project_find_place(projects->items, projects->count, item, arena);
	return strcmp(place.path, content->project) != 0;
}

bool listing_contradicts(const struct tableau_site *site, const struct content *content)
{
	OWNED(arena) arena = arena_new();
	enum listing_of what = listing_of_kind(content->kind);
	const struct listing *projects = find(site, LIST_PROJECTS, LISTING_ALL, NULL);
	for (const struct listing *listing = site->listings; listing;
		listing = listing->by_id.next) {
		if (listing->what != what || what == LIST_TASKS || !is_in_memory(listing))
			continue;
		for (size_t i = 0; i < listing->count; i++)
			if (text_is_nocase(listing->items[i].luid, content->luid) &&
				differs(&listing->items[i], content, projects, arena))
				return true;
	}
	return false;
}

void listings_free(struct tableau_site *site)
{
	struct listing *listing, *next;
	HASH_ITER(by_id, site->listings, listing, next)
	listing_free(listing);
}
