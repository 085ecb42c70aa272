/*
 * config/pats.h - PATs that several sites use; private to config/.
 */
#pragma once
#include "config/config.h"

/* Do these two sites, by index, have the same PAT? */
typedef bool pats_same(const struct config *config, size_t a, size_t b, const void *context);

/* Adds a problem for each PAT that several sites of one server use, with the names of all of them;
 * sites of different servers may use the same secret. `why` ends the message; `source` gives the
 * source line. */
void pats_report_shared(const struct config *config, pats_same *is_same, const void *context,
	const char *why, struct str source, struct problems *problems);
