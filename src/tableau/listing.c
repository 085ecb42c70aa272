#include "tableau/listing.h"
#include "tableau/filter.h"
#include "tableau/job.h"

#define PAGE_SIZE 1000             /* the most there is (tableau-rest.md 4.1) */
#define MOST_PAGES 1000

struct waiter {
	struct waiter *next;
	listing_done *callback;
	void *context;
};

struct listing {
	char *key;                     /* what, and the name; "workbooks" or "workbooks\nRevenue" */
	struct site *site;
	enum listing_of what;
	char *name;                    /* NULL: all */
	bool is_loading, is_stale;
	bool without_fields, without_filter;   /* how it is being asked, for old servers */
	struct mono loaded_at;
	struct arena *arena;           /* of the items */
	struct item *items;
	size_t count, capacity, page;
	struct waiter *first, **last;
	UT_hash_handle by_key;
};

static const struct { const char *plural, *singular, *all_fields; } words[] = {
	[LIST_WORKBOOKS] = { "workbooks", "workbook", "&fields=_all_" },
	[LIST_DATASOURCES] = { "datasources", "datasource", "&fields=_all_" },
	[LIST_FLOWS] = { "flows", "flow", "" },
	[LIST_PROJECTS] = { "projects", "project", "" },
};

enum listing_of listing_of_kind(enum content_kind kind)
{
	if (kind == CONTENT_WORKBOOK)
		return LIST_WORKBOOKS;
	return kind == CONTENT_FLOW ? LIST_FLOWS : LIST_DATASOURCES;
}

/* ---- items ---- */

static const char *copy(struct listing *listing, const cJSON *json, const char *key)
{
	return arena_text(listing->arena, json_text(json, key));
}

static void read_tags(struct listing *listing, const cJSON *json, struct item *item)
{
	const cJSON *tags = json_get(json, "tags"), *first = tags ? json_items(json, "tags", "tag") : NULL, *tag;
	size_t count = 0;
	for (tag = first; tag; tag = json_items_next(tag))
		count++;
	const char **labels = arena_array(listing->arena, const char *, count + 1);
	for (tag = first; tag; tag = json_items_next(tag))
		labels[item->tag_count++] = copy(listing, tag, "label");
	item->tags = labels;
}

static void read_item(struct listing *listing, const cJSON *json)
{
	const cJSON *owner = json_get(json, "owner"), *project = json_get(json, "project");
	struct item item = {
		.luid = copy(listing, json, "id"),
		.name = copy(listing, json, "name"),
		.project_id = copy(listing, project, "id"),
		.project_name = copy(listing, project, "name"),
		.parent_id = copy(listing, json, "parentProjectId"),
		.owner_id = copy(listing, owner, "id"),
		.owner_name = copy(listing, owner, "name"),
		.owner_full_name = copy(listing, owner, "fullName"),
		.owner_email = copy(listing, owner, "email"),
		.has_extracts = json_get(json, "hasExtracts") ? json_flag(json, "hasExtracts", true) : -1,
	};
	if (!*item.luid)
		return;
	read_tags(listing, json, &item);
	mem_grow(&listing->items, &listing->capacity, listing->count);
	listing->items[listing->count++] = item;
}

static int by_name_and_luid(const void *a, const void *b)
{
	const struct item *left = a, *right = b;
	int order = strcmp(left->name, right->name);
	return order ? order : strcmp(left->luid, right->luid);
}

/* Items may shift between pages while they are read: one that came twice stands once (4.1). */
static void drop_doubles(struct listing *listing)
{
	size_t kept = 0;
	if (listing->count)
		qsort(listing->items, listing->count, sizeof *listing->items, by_name_and_luid);
	for (size_t i = 0; i < listing->count; i++)
		if (!kept || strcmp(listing->items[kept - 1].luid, listing->items[i].luid))
			listing->items[kept++] = listing->items[i];
	listing->count = kept;
}

/* ---- asking ---- */

static void tell(struct listing *listing, const struct outcome *outcome)
{
	struct waiter *waiter = listing->first, *next;
	listing->first = NULL;
	listing->last = &listing->first;
	listing->is_loading = false;
	for (; waiter; waiter = next) {
		next = waiter->next;
		waiter->callback(outcome, listing->items, outcome->ok ? listing->count : 0, waiter->context);
		free(waiter);
	}
}

static void ask_page(struct listing *listing);

static void empty(struct listing *listing)
{
	arena_free(listing->arena);
	listing->arena = arena_new();
	listing->count = 0;
	listing->page = 1;
}

/* Old servers know fewer fields and filters, and answer 400 (4.2): ask for less, and remember it. */
static bool ask_for_less(struct listing *listing, const struct outcome *outcome)
{
	struct site *site = listing->site;
	if (outcome->http_status != 400 || listing->page > 1)
		return false;
	if (!listing->without_fields && *words[listing->what].all_fields)
		site->no_all_fields = true;
	else if (listing->name && !listing->without_filter)
		site->no_name_filter = true;
	else
		return false;
	empty(listing);
	ask_page(listing);
	return true;
}

static bool wants_everything_after_all(struct listing *listing)
{
	if (!listing->name || listing->without_filter || listing->count || !strpbrk(listing->name, ",&*[]\\"))
		return false;
	/* The name had to be changed for the filter and nothing came back: a server without wildcards. List everything, once. */
	listing->site->no_name_filter = true;
	return true;
}

static void page_came(const struct outcome *outcome, const cJSON *json, void *context)
{
	struct listing *listing = context;
	int64_t total = 0;
	size_t before = listing->count;
	if (!outcome->ok) {
		if (ask_for_less(listing, outcome))
			return;
		listing->is_stale = true;
		tell(listing, outcome);
		return;
	}
	for (const cJSON *item = json_items(json, words[listing->what].plural, words[listing->what].singular); item; item = json_items_next(item))
		read_item(listing, item);
	bool has_total = json_count(json_get(json, "pagination"), "totalAvailable", &total);
	if (has_total && listing->count > before && (int64_t)listing->count < total && listing->page < MOST_PAGES) {
		listing->page++;
		ask_page(listing);
		return;
	}
	if (wants_everything_after_all(listing)) {
		empty(listing);
		ask_page(listing);
		return;
	}
	drop_doubles(listing);
	listing->loaded_at = clock_mono();
	listing->is_stale = false;
	tell(listing, outcome);
}

static void ask_page(struct listing *listing)
{
	const struct site *site = listing->site;
	OWNED_TEXT struct text path;
	text_init(&path, TEXT_UNBOUNDED);
	listing->without_fields = site->no_all_fields;
	listing->without_filter = site->no_name_filter;
	text_printf(&path, "/%s?pageSize=%d&pageNumber=%zu&sort=name:asc%s", words[listing->what].plural, PAGE_SIZE, listing->page,
	            listing->without_fields ? "" : words[listing->what].all_fields);
	if (listing->name && !listing->without_filter) {
		text_add(&path, "&filter=name:eq:");
		filter_name(listing->name, &path);
	}
	struct call call = { .type = CALL_QUERY, .method = METHOD_GET, .path = path.at };
	site_call(listing->site, &call, page_came, listing);
}

/* ---- the cache ---- */

static struct listing *listing_of(struct site *site, enum listing_of what, const char *name)
{
	OWNED_TEXT struct text key;
	struct listing *listing = NULL;
	text_init(&key, TEXT_UNBOUNDED);
	text_printf(&key, "%s%s%s", words[what].plural, name ? "\n" : "", name ? name : "");
	HASH_FIND(by_key, site->listings, key.at, key.length, listing);
	if (listing)
		return listing;
	listing = mem_new(struct listing);
	listing->key = text_take(&key);
	listing->site = site;
	listing->what = what;
	listing->name = mem_copy_text(name);
	listing->last = &listing->first;
	listing->arena = arena_new();
	listing->is_stale = true;
	HASH_ADD_KEYPTR(by_key, site->listings, listing->key, strlen(listing->key), listing);
	return listing;
}

void listing_get(struct site *site, enum listing_of what, const char *name, int64_t age_us, listing_done *callback, void *context)
{
	struct listing *listing = listing_of(site, what, name);
	if (!listing->is_loading && !listing->is_stale && clock_mono().us - listing->loaded_at.us <= age_us) {
		struct outcome outcome = { .ok = true };
		callback(&outcome, listing->items, listing->count, context);
		return;
	}
	struct waiter *waiter = mem_new(struct waiter);
	*waiter = (struct waiter){ .callback = callback, .context = context };
	*listing->last = waiter;
	listing->last = &waiter->next;
	if (listing->is_loading)
		return;
	listing->is_loading = true;
	empty(listing);
	ask_page(listing);
}

size_t listing_by_name_count(const struct site *site, enum listing_of what)
{
	size_t count = 0;
	for (const struct listing *listing = site->listings; listing; listing = listing->by_key.next)
		count += listing->is_loading && listing->name && listing->what == what;
	return count;
}

void listing_forget(struct site *site, const char *luid)
{
	for (struct listing *listing = site->listings; listing; listing = listing->by_key.next)
		for (size_t i = 0; i < listing->count; i++)
			if (!strcmp(listing->items[i].luid, luid))
				listing->is_stale = true;
}

void listings_free(struct site *site)
{
	struct listing *listing, *next;
	HASH_ITER(by_key, site->listings, listing, next) {
		HASH_DELETE(by_key, site->listings, listing);
		arena_free(listing->arena);
		free(listing->items);
		free(listing->name);
		free(listing->key);
		free(listing);
	}
}
