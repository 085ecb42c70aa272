/*
 * intake/astray.h - for a delivery to a path that does not exist, the URL that would be right.
 *
 * A trailing or doubled '/', a prefix that an ingress has not removed, or the name of another
 * source makes another path, and dbt's log only shows a 404. Our log names the URL.
 */
#pragma once
#include "base/arena.h"
#include "intake/sources.h"

/* A sentence in `arena`, such as "the URL of source 'dbt' ends in /webhooks/dbt". It goes by
 * `signer`, the source whose secret signed the delivery, or by the path when that is NULL. */
const char *astray_advice(const char *path, const struct source *signer,
	const struct sources *sources, struct arena *arena);
