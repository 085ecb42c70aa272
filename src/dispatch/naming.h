/*
 * dispatch/naming.h - which selections named a content: what is asked again when an answer of
 * Tableau's says that the content is not what it was.
 *
 * As far as this process has heard. A refresh of before the last start whose selection nobody has
 * resolved since has no naming; its name and project have to do then.
 */
#pragma once
#include "base/clock.h"
#include "content/content.h"
#include "content/selection.h"

#define NAMING_SELECTIONS 4 /* rules that name one content in more ways than that are rare */

struct naming {
	size_t count;
	const struct selection *selections[NAMING_SELECTIONS]; /* the latest ones; without rules */
	struct mono named_at;                                  /* when one last named it */
	bool is_doubted;      /* something spoke against it: look before the next request */
	char *alias;          /* another name that Tableau gave it in an answer, or NULL ... */
	struct mono alias_at; /* ... since then ... */
	bool is_alias_fine;   /* ... which the selections have outlived: no contradiction */
};

struct namings;

struct namings *namings_new(void);
void namings_free(struct namings *namings);
/* The selection was resolved to these, `now`. */
void namings_hear(struct namings *namings, const struct selection *selection,
	const struct content *contents, size_t count, struct mono now);
/* NULL: nobody has named it. Valid until the next namings_hear(). */
struct naming *namings_find(
	const struct namings *namings, const char *site, const struct content *content);
