/* intake/sources.c - the sources of a configuration, with their secrets read. */
#include "intake/sources.h"
#include <string.h>

struct sources {
	struct shared shared;
	struct config *config; /* with a reference */
	size_t count;
	struct source *items;
};

static void sources_destroy(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		for (size_t j = 0; j < sources->items[i].key_count; j++)
			signing_key_free(sources->items[i].keys[j]);
		free(sources->items[i].keys);
	}
	free(sources->items);
	config_free(sources->config);
	free(sources);
}

SHARED_DEFINE(sources, sources_destroy)

static bool load_secrets(struct source *source, struct error *err)
{
	const struct secret_ref *refs = source->config->secrets.items;
	source->keys = mem_alloc(sizeof *source->keys * (source->config->secrets.count + 1));
	for (size_t i = 0; i < source->config->secrets.count; i++) {
		OWNED(secret)
		secret = config_read_secret(&refs[i], "source", source->config->name, err);
		if (!secret)
			return error_context(err, "source '%s'", source->config->name);
		source->keys[source->key_count++] = signing_key_new(secret);
	}
	return true;
}

struct sources *sources_load(struct config *config, struct error *err)
{
	struct sources *sources = mem_new(struct sources);
	SHARED_INIT(sources, sources);
	config_ref(config);
	sources->config = config;
	sources->items = mem_alloc(sizeof *sources->items * (config_source_count(config) + 1));
	while (sources->count < config_source_count(config)) {
		struct source *source = &sources->items[sources->count++];
		source->config = config_source_at(config, sources->count - 1);
		if (!load_secrets(source, err)) {
			sources_free(sources);
			return NULL;
		}
	}
	return sources;
}

const struct source *sources_find(const struct sources *sources, const char *name)
{
	for (size_t i = 0; i < sources->count; i++)
		if (!strcmp(sources->items[i].config->name, name))
			return &sources->items[i];
	return NULL;
}

size_t sources_count(const struct sources *sources)
{
	return sources->count;
}

const struct source *sources_at(const struct sources *sources, size_t index)
{
	return &sources->items[index];
}
