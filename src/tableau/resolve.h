/*
 * tableau/resolve.h - see tableau_resolve() in tableau.h. Private to tableau/.
 */
#pragma once
#include "content/selection.h"
#include "tableau/site.h"

/* The callback may run before this returns, when everything is cached: tableau.c defers that.
 * `began`: nothing older is used for a refusal, or with `uncached` at all. */
void resolve_start(struct tableau_site *site, const struct selection *selection, bool uncached,
	struct mono began, resolve_done *callback, void *context);
