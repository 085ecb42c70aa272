/*
 * intake/astray.h - a delivery to a path that does not exist: which URL would be right.
 *
 * A trailing or doubled '/', a prefix that an ingress has not taken off, the name of another
 * source: each is another path, and dbt's log says no more than 404. Ours names the URL.
 */
#pragma once
#include "base/arena.h"
#include "intake/sources.h"

/* "its URL ends in /webhooks/dbt", and how that is known: by `signer`, whose secret signed the
 * delivery (NULL: nobody's), else by the path. In `arena`. */
const char *astray_advice(const char *path, const struct source *signer,
	const struct sources *sources, struct arena *arena);
