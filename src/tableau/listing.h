/*
 * tableau/listing.h - lists of a site's content and projects, every page of them, cached for a while and asked for once however many want them.
 * Private to tableau/.
 */
#pragma once
#include "base/arena.h"
#include "tableau/site.h"

struct item {                      /* one content or project; texts are never NULL */
	const char *luid, *name;
	const char *project_id, *project_name;         /* "" in a Personal Space (tableau-rest.md 4.3) */
	const char *parent_id;         /* of a project */
	const char *owner_id, *owner_name, *owner_full_name, *owner_email;
	size_t tag_count;
	const char *const *tags;
	int has_extracts;              /* 1, 0, or -1: not told */
};

enum listing_of { LIST_WORKBOOKS, LIST_DATASOURCES, LIST_FLOWS, LIST_PROJECTS };
enum listing_of listing_of_kind(enum content_kind kind);      /* not of tasks */

/* `items` live during the callback. */
typedef void listing_done(const struct outcome *outcome, const struct item *items, size_t count, void *context);

/* `name` NULL: all of them; else those that a filter for that exact name gives (compare again!). At most `age_us` old. */
void listing_get(struct site *site, enum listing_of what, const char *name, int64_t age_us, listing_done *callback, void *context);
/* How many lists by name of this sort are being asked for. */
size_t listing_by_name_count(const struct site *site, enum listing_of what);
/* Lists that hold this LUID are asked for anew. */
void listing_forget(struct site *site, const char *luid);
void listings_free(struct site *site);
