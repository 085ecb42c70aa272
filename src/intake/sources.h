/*
 * intake/sources.h - the configured senders with their secrets read: an immutable snapshot
 * (base/shared.h).
 */
#pragma once
#include "base/shared.h"
#include "config/config.h"
#include "event/signature.h"

struct source {
	const struct config_source *config; /* borrowed from the snapshot's configuration */
	size_t key_count;
	struct signing_key **keys; /* of its secrets */
};

struct sources;

#define SOURCE_PATH "/webhooks/" /* a source's name follows */

/* ERROR_INPUT names the source whose secret cannot be read. The caller owns one reference. */
struct sources *sources_load(struct config *config, struct error *err) MUST_USE;
SHARED_DECLARE(sources)
const struct source *sources_find(const struct sources *sources, const char *name); /* or NULL */
size_t sources_count(const struct sources *sources);
const struct source *sources_at(const struct sources *sources, size_t index);
