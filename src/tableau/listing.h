/*
 * tableau/listing.h - Tableau's lists of a site's content and projects: all pages, cached for a
 * while, and requested once for all who wait. Private to tableau/.
 */
#pragma once
#include "base/arena.h"
#include "tableau/item.h"
#include "tableau/site.h"

enum listing_of { LIST_WORKBOOKS, LIST_DATASOURCES, LIST_FLOWS, LIST_TASKS, LIST_PROJECTS };
enum listing_of listing_of_kind(enum content_kind kind);

enum listing_by {
	LISTING_ALL, /* all items; not for tasks */
	/* items that a filter for the exact name gives, which may be too many or, on odd servers,
	 * none; compare again */
	LISTING_BY_NAME,
	LISTING_BY_LUID, /* one item by its id, or none */
};

/* `items` are valid during the callback, sorted by name and LUID; projects by LUID and with their
 * paths. */
typedef void listing_done(
	const struct outcome *outcome, const struct item *items, size_t count, void *context);

/* Gets a list that was read at `since` or later. `key` is the name or LUID, NULL for LISTING_ALL.
 * The callback may run before this returns. */
void listing_get(struct tableau_site *site, enum listing_of what, enum listing_by by,
	const char *key, struct mono since, listing_done *callback, void *context);
/* Can LISTING_ALL be answered without another call? */
bool listing_has_all(struct tableau_site *site, enum listing_of what, struct mono since);
/* How many lists by name of this sort are being loaded. */
size_t listing_by_name_count(const struct tableau_site *site, enum listing_of what);
/* Makes lists that hold this LUID stale. */
void listing_forget(struct tableau_site *site, const char *luid);
/* See tableau_contradicts(). */
bool listing_contradicts(const struct tableau_site *site, const struct content *content);
void listings_free(struct tableau_site *site);
