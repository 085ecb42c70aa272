/*
 * config/check_listen.c - checks the listeners: their addresses, whether both fit on one machine,
 * who can reach them, and who can read the private key.
 */
#include "base/web/host.h"
#include "base/web/listen.h"
#include "base/web/listen_unix.h"
#include "config/check.h"
#include <sys/stat.h>

static struct place place_of(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = map ? yaml_get(map, key) : NULL;
	return node ? node->place : map ? map->place : (struct place){ 0 };
}

/* NULL: 'listen' is not a map, which is reported elsewhere. */
static bool check_address(const struct yaml_file *file, const char *key, const char *address,
	int64_t *port, struct problems *problems)
{
	struct error err;
	return address && (listen_check(address, port, &err) ||
				  problem_add(problems, PROBLEM_BAD_VALUE,
					  place_of(yaml_get(file->root, "listen"), key),
					  file->source, "'%s': %s", key, err.message));
}

/* Does a listener on `any` also take connections to `host`? An IPv6 one takes IPv4 too. */
static bool takes(struct str any, struct str host)
{
	bool is_other_family =
		str_is(any, "0.0.0.0") && host.length && memchr(host.at, ':', host.length);
	return host_kind_of(any) == HOST_ANY && !is_other_family;
}

/* Would the second of two listeners find its address taken? */
static bool do_collide(struct str one, struct str other)
{
	return host_equal(one, other) || takes(one, other) || takes(other, one);
}

static void check_socket(
	const struct config *config, const struct yaml_file *file, struct problems *problems)
{
	const struct yaml_node *listen = yaml_get(file->root, "listen");
	const char *path = config->listen.admin ? listen_unix_path(config->listen.admin) : NULL;
	struct error err;
	unsigned mode;
	if (path && !listen_unix_check(path, &err))
		IGNORE(problem_add(problems, PROBLEM_BAD_VALUE, place_of(listen, "admin"),
			file->source, "'admin': %s", err.message));
	if (path && config->listen.admin_tls.certificate)
		IGNORE(problem_add(problems, PROBLEM_BAD_VALUE, place_of(listen, "admin_tls"),
			file->source, "'admin_tls' is for an address, and 'admin' is a socket"));
	if (!config->listen.admin_mode)
		return;
	if (!listen_unix_mode(config->listen.admin_mode, &mode))
		IGNORE(problem_add(problems, PROBLEM_BAD_VALUE, place_of(listen, "admin_mode"),
			file->source, "'admin_mode' is permission bits like \"0660\", not '%s'",
			config->listen.admin_mode));
	else if (path && mode & S_IWOTH && !config->admin_tokens.count)
		IGNORE(problem_add(problems, PROBLEM_OPEN_SOCKET, place_of(listen, "admin_mode"),
			file->source, "'%s' lets everybody on this machine pause, cancel and retry",
			config->listen.admin_mode));
}

static void check_addresses(
	const struct config *config, const struct yaml_file *file, struct problems *problems)
{
	const char *webhooks = config->listen.webhooks, *admin = config->listen.admin;
	struct place place = place_of(yaml_get(file->root, "listen"), "admin");
	int64_t webhooks_port = 0, port = 0;
	bool is_good = check_address(file, "webhooks", webhooks, &webhooks_port, problems);
	if (admin && listen_unix_path(admin))
		return;
	if (!check_address(file, "admin", admin, &port, problems))
		return;
	if (is_good && port && port == webhooks_port && /* port 0 takes any free port */
		do_collide(host_of(str_of(webhooks)), host_of(str_of(admin))))
		IGNORE(problem_add(problems, PROBLEM_BAD_VALUE, place, file->source,
			"'webhooks' and 'admin' cannot both listen on port %lld, as '%s' and '%s'",
			(long long)port, webhooks, admin));
	if (host_kind_of(host_of(str_of(admin))) == HOST_LOOPBACK)
		return;
	if (config->admin_tokens.count && !config->listen.admin_tls.certificate)
		IGNORE(problem_add(problems, PROBLEM_PLAIN_HTTP, place, file->source,
			"tokens for '%s' would cross the network in clear text: give 'admin_tls',"
			" or end TLS in front of it and allow this here",
			admin));
	if (!config->admin_tokens.count)
		IGNORE(problem_add(problems, PROBLEM_OPEN_ADMIN, place, file->source,
			"the admin listener is not on loopback, and there are no 'admin_tokens': "
			"anybody who reaches '%s' might pause, cancel and retry",
			admin));
}

static void check_hosts(
	const struct config *config, const struct yaml_file *file, struct problems *problems)
{
	for (size_t i = 0; i < config->admin_hosts.count; i++) {
		const char *host = config->admin_hosts.items[i];
		enum host_kind kind = host_kind_of(str_of(host));
		if (kind != HOST_ANY && !host[strcspn(host, "/@:*?# ")])
			continue;
		if (kind == HOST_ADDRESS || kind == HOST_LOOPBACK)
			continue;
		IGNORE(problem_add(problems, PROBLEM_BAD_VALUE, config->admin_hosts.places[i],
			file->source,
			"'%s' in 'admin_hosts' is no host: write a name like router.example.com, "
			"without scheme, port and path",
			host));
	}
}

/* The file's group may read it: Debian gives keys to the group ssl-cert. */
static void check_key(const struct config_tls *tls, const char *name, const struct yaml_file *file,
	struct problems *problems)
{
	const char *key = tls->private_key;
	struct stat about;
	if (!key || stat(key, &about) || !(about.st_mode & (S_IROTH | S_IWOTH)))
		return;
	const struct yaml_node *listen = yaml_get(file->root, "listen");
	IGNORE(problem_add(problems, PROBLEM_READABLE_KEY,
		place_of(listen ? yaml_get(listen, name) : NULL, "private_key"), file->source,
		"everybody on this machine may %s the private key '%s'",
		about.st_mode & S_IWOTH ? "write" : "read", key));
}

static void check_token(const struct config *config, size_t index, const struct yaml_file *file,
	struct problems *problems)
{
	const struct config_token *token = config_token_at(config, index);
	if (!token->name)
		return;
	if (!config_check_name(token->name) || strlen(token->name) > CONFIG_TOKEN_NAME_BYTES)
		IGNORE(problem_add(problems, PROBLEM_BAD_VALUE, token->place, file->source,
			"the name of a token has letters, digits, '_', '.' and '-', at most %d; "
			"not '%s'",
			CONFIG_TOKEN_NAME_BYTES, token->name));
	for (size_t i = 0; i < index; i++)
		if (text_is(config_token_at(config, i)->name, token->name))
			IGNORE(problem_add(problems, PROBLEM_DUPLICATE_NAME, token->place,
				file->source, "a token '%s' stands above already", token->name));
}

static void check_tokens(
	const struct config *config, const struct yaml_file *file, struct problems *problems)
{
	size_t count = config->admin_tokens.count;
	if (count > CONFIG_TOKENS_MOST)
		IGNORE(problem_add(problems, PROBLEM_TOO_LARGE, file->root->place, file->source,
			"more than %d 'admin_tokens'", CONFIG_TOKENS_MOST));
	for (size_t i = 0; i < count && count <= CONFIG_TOKENS_MOST; i++)
		check_token(config, i, file, problems);
}

void config_check_listeners(
	const struct config *config, const struct yaml_file *file, struct problems *problems)
{
	check_addresses(config, file, problems);
	check_socket(config, file, problems);
	check_hosts(config, file, problems);
	check_tokens(config, file, problems);
	check_key(&config->listen.tls, "tls", file, problems);
	check_key(&config->listen.admin_tls, "admin_tls", file, problems);
}
