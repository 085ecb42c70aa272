/*
 * tableau/listing.h - a site's content and projects as Tableau lists them: every page, cached for a
 * while, and asked for once however many want them. Private to tableau/.
 */
#pragma once
#include "base/arena.h"
#include "tableau/item.h"
#include "tableau/site.h"

enum listing_of { LIST_WORKBOOKS, LIST_DATASOURCES, LIST_FLOWS, LIST_TASKS, LIST_PROJECTS };
enum listing_of listing_of_kind(enum content_kind kind);

enum listing_by {
	LISTING_ALL,     /* not of tasks */
	LISTING_BY_NAME, /* those that a filter for the exact name gives: more, or, on odd servers,
			    none; compare again */
	LISTING_BY_LUID, /* one by its id; none when it is unknown */
};

/* `items` live during the callback; sorted by name and LUID, projects by LUID and with their paths.
 */
typedef void listing_done(
	const struct outcome *outcome, const struct item *items, size_t count, void *context);

/* As it was read at `since` or later. `key` is the name or LUID, NULL for LISTING_ALL. The callback
 * may run before this returns. */
void listing_get(struct site *site, enum listing_of what, enum listing_by by, const char *key,
	struct mono since, listing_done *callback, void *context);
/* Would LISTING_ALL be answered without a further call? */
bool listing_has_all(struct site *site, enum listing_of what, struct mono since);
/* How many lists by name of this sort are being asked for. */
size_t listing_by_name_count(const struct site *site, enum listing_of what);
/* Lists that hold this LUID are asked for anew. */
void listing_forget(struct site *site, const char *luid);
/* See tableau_contradicts(). */
bool listing_contradicts(const struct site *site, const struct content *content);
void listings_free(struct site *site);
