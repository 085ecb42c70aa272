/*
 * tableau/listing.c - lists, page by page.
 *
 * A listing:  stale --listing_get--> loading, page after page --> loaded --> stale again: by age,
 * by listing_forget(), or because a page failed
 *
 * There is no cursor and no snapshot: items may shift while pages are turned, so pages are read
 * until as many ids as Tableau counts are in hand, or one comes empty, and doubles are dropped
 * (tableau-rest.md 4.1).
 */
#include "tableau/listing.h"
#include "tableau/filter.h"
#include "tableau/job.h"
#include "tableau/project.h"

#define PAGE_SIZE 1000 /* the most there is (tableau-rest.md 4.1) */
#define MOST_PAGES 1000
#define MOST_LISTINGS 5000         /* kept for a site: names come from events too */
#define PAGE_BEYOND_THE_END 400006 /* items went while we turned the pages (4.1) */

struct waiter {
	struct waiter *next;
	listing_done *callback;
	void *context;
};

struct listing {
	char *id; /* "workbooks", "workbooks\nname\nRevenue", "workbooks\nid\nLUID" */
	struct site *site;
	enum listing_of what;
	enum listing_by by;
	char *key;
	bool is_loading, is_telling, is_stale;
	bool asked_all_fields;
	int64_t epoch; /* the account that is being asked, or was */
	struct mono loaded_at;
	struct arena *arena; /* of the items */
	struct item *items;
	size_t count, capacity, page;
	struct waiter *first, **last;
	UT_hash_handle by_id;
};

/* `all_fields`: also hasExtracts and the owners' names (4.3). A single item comes with what it has.
 */
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

/* Callbacks may ask for this very list again: while it is being told it counts as fresh, so that
 * its items stay where they are. */
static void tell(struct listing *listing, const struct outcome *outcome)
{
	struct waiter *waiter = listing->first, *next;
	listing->first = NULL;
	listing->last = &listing->first;
	listing->is_loading = false;
	listing->is_telling = outcome->ok;
	for (; waiter; waiter = next) {
		next = waiter->next;
		waiter->callback(
			outcome, listing->items, outcome->ok ? listing->count : 0, waiter->context);
		free(waiter);
	}
	listing->is_telling = false;
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
	listing->count = 0;
	listing->page = 1;
	listing->epoch = listing->site->epoch;
	ask_page(listing);
}

/* An old server knows fewer fields, and answers 400 (4.2): ask for less, and remember it. */
static bool ask_for_less(struct listing *listing, const struct outcome *outcome)
{
	struct site *site = listing->site;
	if (outcome->http_status != 400 || outcome->code == 400065 || listing->page > 1 ||
		!listing->asked_all_fields)
		return false;
	site->no_all_fields |= 1U << listing->what;
	begin(listing);
	return true;
}

static void page_failed(struct listing *listing, const struct outcome *outcome)
{
	bool is_end = listing->page > 1 && outcome->code == PAGE_BEYOND_THE_END;
	bool is_none = listing->by == LISTING_BY_LUID && outcome->http_status == 404 &&
		       outcome->code && outcome->error.kind != ERROR_SIGNED_OUT;
	if (is_end || is_none)
		loaded(listing, outcome);
	else if (!ask_for_less(listing, outcome))
		failed(listing, outcome);
}

static void add_item(struct listing *listing, const cJSON *json)
{
	mem_grow(&listing->items, &listing->capacity, listing->count);
	struct item *item = &listing->items[listing->count];
	listing->count += listing->what == LIST_TASKS ? item_parse_task(json, item, listing->arena)
						      : item_parse(json, item, listing->arena);
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
	for (const cJSON *item = json_items(json, plural, words[listing->what].singular); item;
		item = json_items_next(item), rows++)
		add_item(listing, item);
	if (has_total && (int64_t)listing->count >= total)
		listing->count = items_drop_doubles(listing->items, listing->count);
	bool is_more = has_total ? (int64_t)listing->count < total : rows == PAGE_SIZE;
	if (rows && !listing->count)
		odd_answer(listing, outcome, "no item of the answer can be read");
	else if (is_more && !rows && listing->page == 1)
		odd_answer(listing, outcome, "the answer counts items, but has none in it");
	else if (is_more && rows && listing->page == MOST_PAGES)
		odd_answer(listing, outcome, "the list does not end");
	else if (is_more && rows) {
		listing->page++;
		ask_page(listing);
	} else {
		loaded(listing, outcome);
	}
}

static void page_came(const struct outcome *outcome, const cJSON *json, void *context)
{
	struct listing *listing = context;
	if (!outcome->ok) {
		page_failed(listing, outcome);
	} else if (listing->epoch != listing->site->epoch) {
		begin(listing); /* the account changed between two pages */
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
	const struct site *site = listing->site;
	OWNED_TEXT struct text path;
	text_init(&path, TEXT_UNBOUNDED);
	text_add(&path, words[listing->what].path);
	if (listing->by == LISTING_BY_LUID) {
		text_add_char(&path, '/');
		filter_encode(str_of(listing->key), &path);
	} else {
		listing->asked_all_fields = *words[listing->what].all_fields &&
					    !(site->no_all_fields & (1U << listing->what));
		text_printf(&path, "?pageSize=%d&pageNumber=%zu&sort=name:asc%s", PAGE_SIZE,
			listing->page,
			listing->asked_all_fields ? words[listing->what].all_fields : "");
	}
	if (listing->by == LISTING_BY_NAME) {
		text_add(&path, "&filter=name:eq:");
		filter_name(listing->key, &path);
	}
	struct call call = { .type = CALL_QUERY, .method = METHOD_GET, .path = path.at };
	site_call(listing->site, &call, page_came, listing);
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

static void make_room(struct site *site)
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
	struct site *site, enum listing_of what, enum listing_by by, const char *key)
{
	OWNED_TEXT struct text id;
	struct listing *listing = NULL;
	text_init(&id, TEXT_UNBOUNDED);
	identify(what, by, key, &id);
	HASH_FIND(by_id, site->listings, id.at, id.length, listing);
	return listing;
}

static struct listing *find_or_add(
	struct site *site, enum listing_of what, enum listing_by by, const char *key)
{
	struct listing *listing = find(site, what, by, key);
	if (listing)
		return listing;
	make_room(site);
	OWNED_TEXT struct text id;
	text_init(&id, TEXT_UNBOUNDED);
	identify(what, by, key, &id);
	listing = mem_new(struct listing);
	listing->id = text_take(&id);
	listing->site = site;
	listing->what = what;
	listing->by = by;
	listing->key = mem_copy_text(key);
	listing->last = &listing->first;
	listing->is_stale = true;
	HASH_ADD_KEYPTR(by_id, site->listings, listing->id, strlen(listing->id), listing);
	return listing;
}

static bool is_young(const struct listing *listing, int64_t age_us)
{
	if (listing->is_telling)
		return true;
	return !listing->is_loading && !listing->is_stale &&
	       listing->epoch == listing->site->epoch &&
	       clock_mono().us - listing->loaded_at.us <= age_us;
}

bool listing_has_all(struct site *site, enum listing_of what, int64_t age_us)
{
	const struct listing *listing = find(site, what, LISTING_ALL, NULL);
	return listing && (listing->is_loading || is_young(listing, age_us));
}

void listing_get(struct site *site, enum listing_of what, enum listing_by by, const char *key,
	int64_t age_us, listing_done *callback, void *context)
{
	struct listing *listing = find_or_add(site, what, by, key);
	if (is_young(listing, age_us)) {
		struct outcome outcome = { .ok = true };
		bool was_telling = listing->is_telling;
		listing->is_telling = true;
		callback(&outcome, listing->items, listing->count, context);
		listing->is_telling = was_telling;
		return;
	}
	struct waiter *waiter = mem_new(struct waiter);
	*waiter = (struct waiter){ .callback = callback, .context = context };
	*listing->last = waiter;
	listing->last = &waiter->next;
	if (listing->is_loading)
		return;
	listing->is_loading = true;
	begin(listing);
}

size_t listing_by_name_count(const struct site *site, enum listing_of what)
{
	size_t count = 0;
	for (const struct listing *listing = site->listings; listing; listing = listing->by_id.next)
		count += listing->is_loading && listing->by == LISTING_BY_NAME &&
			 listing->what == what;
	return count;
}

void listing_forget(struct site *site, const char *luid)
{
	for (struct listing *listing = site->listings; listing; listing = listing->by_id.next)
		for (size_t i = 0; i < listing->count; i++)
			if (!strcmp(listing->items[i].luid, luid))
				listing->is_stale = true;
}

void listings_free(struct site *site)
{
	struct listing *listing, *next;
	HASH_ITER(by_id, site->listings, listing, next)
	listing_free(listing);
}
