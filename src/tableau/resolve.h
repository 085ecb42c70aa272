/*
 * tableau/resolve.h - see tableau_resolve() in tableau.h. Private to tableau/.
 */
#pragma once
#include "content/selection.h"
#include "tableau/site.h"

/* The callback may run before this returns, when everything is cached: tableau.c defers that. */
void resolve_start(struct tableau_site *site, const struct selection *selection, bool anew,
	resolve_done *callback, void *context);
