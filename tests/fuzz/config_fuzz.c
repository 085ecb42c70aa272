/* Any bytes as a configuration file: values within their bounds, or a problem with its place. */
#include "config/config.h"
#include "tests/fuzz/scratch.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_sites(const struct config *config)
{
	for (size_t i = 0; i < config_site_count(config); i++) {
		const struct config_site *site = config_site_at(config, i);
		assert(site->name && *site->name && site->server && site->content_url);
		assert(site->max_requests >= 1 && site->poll_interval > 0);
		assert(config_site_named(config, site->name) == site);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	OWNED(problems) problems = problems_new();
	const char *path =
		scratch_write("config.yaml", (struct str){ (const char *)bytes, length });
	OWNED(config) config = config_load(path, problems);
	assert(!!config == !problems_error_count(problems));
	if (!config)
		return 0;
	check_sites(config);
	for (size_t i = 0; i < config_source_count(config); i++)
		assert(*config_source_at(config, i)->name);
	assert(config->limits.connections > 0 && config->limits.body > 0);
	assert(config->retry.initial > 0 && config->give_up_after > 0);
	return 0;
}
