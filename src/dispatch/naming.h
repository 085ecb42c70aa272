/*
 * dispatch/naming.h - remembers which selections named content, so that they can be resolved again
 * when Tableau's answer shows that the content has changed.
 *
 * A start learns those of open refreshes from the store. A refresh of an earlier release, or beyond
 * the 100,000 contents that are remembered, has none; its name and project are used then.
 */
#pragma once
#include "base/clock.h"
#include "content/content.h"
#include "content/selection.h"

#define NAMING_SELECTIONS 4 /* rules rarely name content in more ways */

struct naming {
	size_t count;
	/* the latest ones that differ in what they name */
	const struct selection *selections[NAMING_SELECTIONS];
	struct mono named_at; /* when a selection last named it */
	bool is_doubted;      /* there is doubt: check before the next request */
	char *alias;          /* another name for it in an answer of Tableau's, or NULL ... */
	struct mono alias_at; /* ... since then ... */
	bool is_alias_fine;   /* ... and lists still have the old one: no contradiction */
};

struct namings;

struct namings *namings_new(void);
void namings_free(struct namings *namings);
/* The selection was resolved to `contents`, `now`. */
void namings_hear(struct namings *namings, const struct selection *selection,
	const struct content *contents, size_t count, struct mono now);
/* Forgets all content of the site. */
void namings_forget(struct namings *namings, const char *site);
/* NULL: no selection has named it. Valid until the next namings_hear(). */
struct naming *namings_find(
	const struct namings *namings, const char *site, const struct content *content);
