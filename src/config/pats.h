/*
 * config/pats.h - PATs that several sites use; private to config/.
 */
#pragma once
#include "config/config.h"

/* Do these two sites, by index, use one secret? */
typedef bool pats_same(const struct config *config, size_t a, size_t b, const void *context);

/* Adds a problem for each PAT that several sites of one server use, with all of their names; two
 * servers may know one secret. `why` ends the message; `source` gives the source line. */
void pats_report_shared(const struct config *config, pats_same *is_same, const void *context,
	const char *why, struct str source, struct problems *problems);
