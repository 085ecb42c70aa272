/* config/check.c - checks that no table of fields can express: names, addresses, URLs, shared
 * PATs. */
#include "config/check.h"
#include "config/pats.h"
#include "config/server.h"

/* A Tableau Server's limit for one user (src/tableau/README.md, Life of a PAT). */
#define PATS_PER_DEVICE 10

#define ENTRIES_MOST 1000 /* sources, sites */

#define TOKEN_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"

struct checker {
	struct config *config;
	const struct yaml_file *file;
	struct problems *problems;
};

#define PROBLEM_AT(checker, code, where, ...)                                                      \
	IGNORE(problem_add(                                                                        \
		(checker)->problems, (code), (where), (checker)->file->source, __VA_ARGS__))

static struct place place_of(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = map ? yaml_get(map, key) : NULL;
	return node ? node->place : map ? map->place : (struct place){ 0 };
}

bool config_check_name(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	return *name && strspn(name, allowed) == strlen(name);
}

/* A token, RFC 9110, 5.6.2. */
static bool is_header(const char *name)
{
	size_t length = strlen(name);
	return length && strspn(name, TOKEN_BYTES) == length;
}

/* ---- sources ---- */

/* The account becomes a part of a path. */
static void check_dbt_account(const struct checker *checker, struct config_dbt_api *api,
	const char *of_source, const struct yaml_node *node)
{
	int64_t number;
	if (!api->account_id)
		api->account_id = of_source;
	if (!api->account_id || !str_to_count(str_of(api->account_id), &number))
		PROBLEM_AT(checker, api->account_id ? PROBLEM_BAD_VALUE : PROBLEM_MISSING_FIELD,
			place_of(node, "account_id"),
			"'dbt_api' needs the number of the dbt account: 'account_id', here or of "
			"the source");
}

static void check_dbt_api(const struct checker *checker, struct config_source *source,
	const struct yaml_node *source_node)
{
	const struct yaml_node *node = yaml_get(source_node, "dbt_api");
	struct config_dbt_api *api = &source->dbt_api;
	struct server server;
	const char *ignored;
	if (!api->url)
		return;
	check_dbt_account(checker, api, source->account_id, node);
	if (!server_parse(api->url, &server, &ignored, checker->config->arena)) {
		/* Without the source line, which may hold a password. */
		IGNORE(problem_add(checker->problems, PROBLEM_BAD_VALUE, place_of(node, "url"),
			(struct str){ 0 },
			"'url' is the access URL of the dbt account: https://HOST, without user, "
			"path or query"));
		return;
	}
	api->url = server.url;
	if (server.is_plain && !server.is_loopback)
		PROBLEM_AT(checker, PROBLEM_PLAIN_HTTP, place_of(node, "url"), "'%s' is not https",
			api->url);
}

static void check_source(const struct checker *checker, size_t index, const struct yaml_node *node)
{
	struct config_source *source =
		&((struct config_source *)checker->config->sources.items)[index];
	if (!source->name)
		return;
	if (!config_check_name(source->name))
		PROBLEM_AT(checker, PROBLEM_BAD_VALUE, place_of(node, "name"),
			"the source name '%s' is part of a URL path: letters, digits, '_', '.' and "
			"'-' only",
			source->name);
	for (size_t i = 0; i < index; i++)
		if (text_is(config_source_at(checker->config, i)->name, source->name))
			PROBLEM_AT(checker, PROBLEM_DUPLICATE_NAME, place_of(node, "name"),
				"a source '%s' stands above already", source->name);
	if (source->account_id && !*source->account_id)
		PROBLEM_AT(checker, PROBLEM_BAD_VALUE, place_of(node, "account_id"),
			"'account_id' is empty; leave it out to take any account");
	if (!is_header(source->signature_header))
		PROBLEM_AT(checker, PROBLEM_BAD_VALUE, place_of(node, "signature_header"),
			"'%s' cannot be the name of an HTTP header", source->signature_header);
	check_dbt_api(checker, source, node);
}

/* ---- sites ---- */

static void check_server(
	const struct checker *checker, struct config_site *site, const struct yaml_node *node)
{
	struct server server;
	const char *why;
	if (!server_parse(site->server, &server, &why, checker->config->arena)) {
		/* Without the source line, which may hold a password. */
		IGNORE(problem_add(checker->problems, PROBLEM_BAD_VALUE, place_of(node, "server"),
			(struct str){ 0 }, "'server' %s", why));
		return;
	}
	site->server = server.url;
	site->is_cloud = server.is_cloud;
	if (server.is_plain && !server.is_loopback)
		PROBLEM_AT(checker, PROBLEM_PLAIN_HTTP, place_of(node, "server"),
			"'%s' is not https", site->server);
	if (site->is_cloud && !*site->content_url)
		PROBLEM_AT(checker, PROBLEM_BAD_VALUE, place_of(node, "server"),
			"Tableau Cloud has no Default site: 'content_url' is needed");
}

static void check_content_url(
	const struct checker *checker, const struct config_site *site, const struct yaml_node *node)
{
	if (site->content_url[strcspn(site->content_url, "/:#?& ")])
		PROBLEM_AT(checker, PROBLEM_BAD_VALUE, place_of(node, "content_url"),
			"'content_url' is the one word after /site/ in the browser's address, not "
			"'%s'",
			site->content_url);
}

void config_check_proxy(const char *written, struct place place, struct problems *problems)
{
	static const char *const schemes[] = { "http://", "https://", "socks5://", "socks5h://" };
	struct str proxy = str_of(written);
	bool is_known = !proxy.length;
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		is_known = is_known || str_starts(proxy, schemes[i]);
	struct str hidden = { 0 }; /* the line may hold a password */
	if (proxy.length && memchr(proxy.at, '@', proxy.length))
		IGNORE(problem_add(problems, PROBLEM_INLINE_SECRET, place, hidden,
			"'proxy' holds a user and password; only a proxy that needs none is "
			"supported"));
	else if (!is_known)
		IGNORE(problem_add(problems, PROBLEM_BAD_VALUE, place, hidden,
			"'proxy' begins with http://, https://, socks5:// or socks5h://"));
}

static bool is_api_version(const char *version)
{
	int64_t number;
	const char *dot = strchr(version, '.');
	return dot && str_to_count((struct str){ version, (size_t)(dot - version) }, &number) &&
	       str_to_count(str_of(dot + 1), &number);
}

static bool same_ref(const struct secret_ref *a, const struct secret_ref *b)
{
	return a->from == b->from && text_is(a->name, b->name) && a->name;
}

/* Two users may each have a PAT of the same name, so only the secret shows whether it is one
 * PAT. */
static bool has_same_ref(const struct config *config, size_t a, size_t b, const void *context)
{
	(void)context;
	return same_ref(
		&config_site_at(config, a)->pat.secret, &config_site_at(config, b)->pat.secret);
}

static void set_budgets(struct config_site *site, const struct yaml_node *node)
{
	/* src/tableau/README.md, Limits */
	if (!yaml_get(node, "refreshes_per_hour"))
		site->refreshes_per_hour = site->is_cloud ? 60 : 0;
	if (!yaml_get(node, "job_queries_per_day"))
		site->job_queries_per_day = site->is_cloud ? 20000 : 0;
}

static void check_site(const struct checker *checker, size_t index, const struct yaml_node *node)
{
	struct config_site *site = &((struct config_site *)checker->config->sites.items)[index];
	if (!site->name || !site->server)
		return; /* reported as missing */
	if (!config_check_name(site->name))
		PROBLEM_AT(checker, PROBLEM_BAD_VALUE, place_of(node, "name"),
			"the site name '%s' has other characters than letters, digits, '_', '.' "
			"and '-'",
			site->name);
	for (size_t i = 0; i < index; i++)
		if (text_is(config_site_at(checker->config, i)->name, site->name))
			PROBLEM_AT(checker, PROBLEM_DUPLICATE_NAME, place_of(node, "name"),
				"a site '%s' stands above already", site->name);
	check_server(checker, site, node);
	check_content_url(checker, site, node);
	config_check_proxy(site->proxy, place_of(node, "proxy"), checker->problems);
	if (strcmp(site->api_version, "auto") && !is_api_version(site->api_version))
		PROBLEM_AT(checker, PROBLEM_BAD_VALUE, place_of(node, "api_version"),
			"'api_version' is auto or like 3.22, not '%s'", site->api_version);
	set_budgets(site, node);
}

static void check_pat_count(const struct checker *checker)
{
	size_t most = 0;
	const struct config_site *crowded = NULL;
	for (size_t i = 0; i < config_site_count(checker->config); i++) {
		const struct config_site *site = config_site_at(checker->config, i);
		size_t count = 0;
		for (size_t j = 0; j < config_site_count(checker->config); j++)
			count += text_is(config_site_at(checker->config, j)->server, site->server);
		if (site->server && !site->is_cloud && count > most) {
			most = count;
			crowded = site;
		}
	}
	if (most > PATS_PER_DEVICE)
		PROBLEM_AT(checker, PROBLEM_MANY_PATS, crowded->place,
			"%zu sites on '%s' use a PAT each from this machine", most,
			crowded->server);
}

/* ---- the rest ---- */

/* Without the source line, which may hold a password. */
static void check_store(const struct checker *checker, const struct yaml_node *root)
{
	const struct yaml_node *node = yaml_get(root, "store");
	const struct store_address *store = &checker->config->store;
	struct store_fault fault;
	bool is_map = node && node->type == YAML_MAP;
	if (!store_address_check(store, &fault))
		IGNORE(problem_add(checker->problems,
			fault.holds_secret ? PROBLEM_INLINE_SECRET : PROBLEM_BAD_VALUE,
			is_map ? place_of(node, fault.field) : place_of(root, "store"),
			(struct str){ 0 }, "'%s' %s", is_map ? fault.field : "store",
			fault.message));
	else if (store->listen)
		IGNORE(problem_add(checker->problems, PROBLEM_NOT_YET, place_of(node, "listen"),
			(struct str){ 0 }, "'listen' does nothing yet; remove it"));
}

static void check_version(const struct checker *checker, const struct yaml_node *root)
{
	const struct yaml_node *version = yaml_get(root, "version");
	int64_t number;
	if (version && version->type == YAML_SCALAR && str_to_count(version->text, &number) &&
		number != 1)
		PROBLEM_AT(checker, PROBLEM_VERSION, version->place,
			"version '%lld' is not known; this is version 1", (long long)number);
}

/* At least one entry is needed; the table of fields reports a list that is absent. */
static void check_not_empty(const struct checker *checker, const struct yaml_node *list,
	const char *name, const char *what)
{
	if (list && list->type == YAML_LIST && !list->count)
		PROBLEM_AT(checker, PROBLEM_MISSING_FIELD, list->place,
			"'%s' is empty: at least one %s is needed", name, what);
}

/* Bounded, because each entry is compared with each. */
static bool check_counts(const struct checker *checker, const struct yaml_node *root)
{
	const struct config *config = checker->config;
	if (config_source_count(config) <= ENTRIES_MOST &&
		config_site_count(config) <= ENTRIES_MOST)
		return true;
	return problem_add(checker->problems, PROBLEM_TOO_LARGE, root->place, checker->file->source,
		"more than %d sources or sites", ENTRIES_MOST);
}

const struct yaml_node *config_check_entry(const struct yaml_node *list, struct place place)
{
	for (size_t i = 0; list && i < list->count; i++)
		if (list->items[i]->place.line == place.line &&
			list->items[i]->place.column == place.column)
			return list->items[i];
	return NULL;
}

void config_check(struct config *config, const struct yaml_file *file, struct problems *problems)
{
	const struct checker checker = { config, file, problems };
	const struct yaml_node *sources = yaml_get(file->root, "sources"),
			       *sites = yaml_get(file->root, "sites");
	check_version(&checker, file->root);
	config_check_listeners(config, file, problems);
	check_store(&checker, file->root);
	if (config->retry.max < config->retry.initial)
		PROBLEM_AT(&checker, PROBLEM_BAD_VALUE, place_of(file->root, "retry"),
			"'retry.max' is shorter than 'retry.initial'");
	check_not_empty(&checker, sources, "sources", "sender");
	check_not_empty(&checker, sites, "sites", "site");
	if (!check_counts(&checker, file->root))
		return;
	for (size_t i = 0; i < config_source_count(config); i++)
		check_source(&checker, i,
			config_check_entry(sources, config_source_at(config, i)->place));
	for (size_t i = 0; i < config_site_count(config); i++)
		check_site(
			&checker, i, config_check_entry(sites, config_site_at(config, i)->place));
	pats_report_shared(config, has_same_ref, NULL, "", file->source, problems);
	check_pat_count(&checker);
	config_check_receivers(config, file, problems);
}
