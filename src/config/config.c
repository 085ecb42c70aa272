/* config/config.c - loads the configuration file by its tables into immutable structs. */
#include "config/config.h"
#include "base/file.h"
#include "base/web/listen_unix.h"
#include "config/check.h"
#include "config/fields.h"
#include <stdlib.h>
#include <unistd.h>

#define SYSTEM_CONFIG "/etc/refresh-router/config.yaml"
#define SYSTEM_STATE "/var/lib/refresh-router"

const char *config_find(const char *path)
{
	static const char *const usual[] = { "refresh-router.yaml", SYSTEM_CONFIG };
	const char *from_environment = getenv("REFRESH_ROUTER_CONFIG");
	if (path)
		return path;
	if (from_environment && *from_environment)
		return from_environment;
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (!access(usual[i], F_OK))
			return usual[i];
	return NULL;
}

static void config_destroy(struct config *config)
{
	arena_free(config->arena); /* the struct itself is in the arena too */
}

SHARED_DEFINE(config, config_destroy)

static void fill_defaults(struct config *config, const struct yaml_file *file)
{
	/* systemd.exec(5): several folders are separated by ':' */
	const char *state = getenv("STATE_DIRECTORY");
	if (!state || !*state)
		state = SYSTEM_STATE;
	if (!config->store.url)
		config->store.url = store_address_in(state, strcspn(state, ":"), config->arena);
	if (!yaml_get(file->root, "rules")) {
		const char **items = arena_array(config->arena, const char *, 1);
		items[0] = file_beside(file->path, "rules", config->arena);
		config->rules = (struct texts){ .count = 1, .items = items };
	}
	config->store.url = store_address_beside(config->store.url, file->path, config->arena);
	const char *socket = config->listen.admin ? listen_unix_path(config->listen.admin) : NULL;
	if (socket && *socket)
		config->listen.admin = arena_printf(
			config->arena, "unix:%s", file_beside(file->path, socket, config->arena));
}

/* Is this a configuration? Any other file may hold a secret, so no message quotes it. */
static bool is_for_us(const struct yaml_file *file, struct problems *problems)
{
	const struct yaml_node *root = file->root;
	if (root->type != YAML_MAP || !root->count || yaml_get(root, "version") ||
		yaml_get(root, "sources") || yaml_get(root, "sites"))
		return true;
	return problem_add(problems, PROBLEM_WRONG_TYPE, root->place, (struct str){ 0 },
		"a configuration has 'version', 'sources' and 'sites', and this has none of them");
}

/* An empty one, which knows its path. */
static struct config *config_new(const char *path)
{
	/* keeps the file's tree too, because places point into it */
	struct arena *arena = arena_new();
	struct config *config = arena_new_of(arena, struct config);
	SHARED_INIT(config, config);
	config->arena = arena;
	config->path = arena_text(arena, path);
	return config;
}

/* Fills in what can be read. Is it a configuration, whatever its errors are? `file` is NULL when it
 * cannot be read at all. */
static bool read_into(
	struct config *config, const struct yaml_file *file, struct problems *problems)
{
	if (!file || !is_for_us(file, problems))
		return false;
	IGNORE(fields_load(config_fields, file->root, "the configuration", file, config,
		config->arena, problems)); /* counted by the caller */
	fill_defaults(config, file);
	if (file->root->type != YAML_MAP)
		return false;
	config_check(config, file, problems);
	return file->root->count > 0;
}

/* Returns `config`, or NULL after freeing it. */
static struct config *keep_if(bool holds, struct config *config)
{
	if (holds)
		return config;
	config_free(config);
	return NULL;
}

struct config *config_load_despite_errors(const char *path, struct problems *problems)
{
	struct config *config = config_new(path);
	problems_hide_source(problems, true); /* where YAML is broken, a secret may stand inline */
	const struct yaml_file *file = yaml_load(config->path, config->arena, problems);
	problems_hide_source(problems, false);
	return keep_if(read_into(config, file, problems), config);
}

struct config *config_load(const char *path, struct problems *problems)
{
	size_t errors = problems_error_count(problems);
	struct config *config = config_load_despite_errors(path, problems);
	return config ? keep_if(problems_error_count(problems) == errors, config) : NULL;
}

struct config *config_parse(const char *path, struct str bytes, struct problems *problems)
{
	size_t errors = problems_error_count(problems);
	struct config *config = config_new(path);
	problems_hide_source(problems, true); /* as above */
	const struct yaml_file *file = yaml_parse(config->path, bytes, config->arena, problems);
	problems_hide_source(problems, false);
	bool is_read = read_into(config, file, problems);
	return keep_if(is_read && problems_error_count(problems) == errors, config);
}

/* ---- reading it ---- */

const struct config_token *config_token_at(const struct config *config, size_t index)
{
	return &((const struct config_token *)config->admin_tokens.items)[index];
}

size_t config_source_count(const struct config *config)
{
	return config->sources.count;
}

const struct config_source *config_source_at(const struct config *config, size_t index)
{
	return &((const struct config_source *)config->sources.items)[index];
}

size_t config_site_count(const struct config *config)
{
	return config->sites.count;
}

const struct config_site *config_site_at(const struct config *config, size_t index)
{
	return &((const struct config_site *)config->sites.items)[index];
}

const struct config_source *config_source_named(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config_source_count(config); i++)
		if (text_is(config_source_at(config, i)->name, name))
			return config_source_at(config, i);
	return NULL;
}

const struct config_site *config_site_named(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config_site_count(config); i++)
		if (text_is(config_site_at(config, i)->name, name))
			return config_site_at(config, i);
	return NULL;
}

size_t config_receiver_count(const struct config *config)
{
	return config->notify.count;
}

const struct config_receiver *config_receiver_at(const struct config *config, size_t index)
{
	return &((const struct config_receiver *)config->notify.items)[index];
}

const struct config_receiver *config_receiver_named(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config_receiver_count(config); i++)
		if (text_is(config_receiver_at(config, i)->name, name))
			return config_receiver_at(config, i);
	return NULL;
}

struct texts config_source_names(const struct config *config, struct arena *arena)
{
	const char **names = arena_array(arena, const char *, config->sources.count + 1);
	for (size_t i = 0; i < config->sources.count; i++)
		names[i] = config_source_at(config, i)->name;
	return (struct texts){ .count = config->sources.count, .items = names };
}

struct texts config_site_names(const struct config *config, struct arena *arena)
{
	const char **names = arena_array(arena, const char *, config->sites.count + 1);
	for (size_t i = 0; i < config->sites.count; i++)
		names[i] = config_site_at(config, i)->name;
	return (struct texts){ .count = config->sites.count, .items = names };
}

struct texts config_receiver_names(const struct config *config, struct arena *arena)
{
	const char **names = arena_array(arena, const char *, config->notify.count + 1);
	for (size_t i = 0; i < config->notify.count; i++)
		names[i] = config_receiver_at(config, i)->name;
	return (struct texts){ .count = config->notify.count, .items = names };
}

cJSON *config_schema(void)
{
	cJSON *schema = fields_schema(config_fields);
	cJSON_AddStringToObject(schema, "$schema", "http://json-schema.org/draft-07/schema#");
	cJSON_AddStringToObject(schema, "$id", "config.schema.json");
	cJSON_AddStringToObject(schema, "title", "Configuration of refresh-router");
	cJSON *version = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(schema, "properties"), "version");
	cJSON *known = cJSON_AddArrayToObject(version, "enum");
	cJSON_AddItemToArray(known, cJSON_CreateNumber(1));
	cJSON_AddItemToArray(known, cJSON_CreateString("1"));
	return schema;
}

void config_describe(field_visit *visit, void *context)
{
	fields_describe(config_fields, "", visit, context);
}
