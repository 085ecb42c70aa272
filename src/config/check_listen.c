/*
 * config/check_listen.c - who may reach the listeners, and who may read what they keep secret.
 */
#include "base/host.h"
#include "config/check.h"
#include <sys/stat.h>

static struct place place_of(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = map ? yaml_get(map, key) : NULL;
	return node ? node->place : map ? map->place : (struct place){ 0 };
}

static void check_admin(
	const struct config *config, const struct yaml_file *file, struct problems *problems)
{
	const char *admin = config->listen.admin;
	if (!admin || host_kind(host_of(str_of(admin))) == HOST_LOOPBACK)
		return;
	IGNORE(problem_add(problems, PROBLEM_OPEN_ADMIN,
		place_of(yaml_get(file->root, "listen"), "admin"), file->source,
		"the admin listener is not on loopback: whoever reaches '%s' may pause, cancel and "
		"retry",
		admin));
}

static void check_hosts(
	const struct config *config, const struct yaml_file *file, struct problems *problems)
{
	for (size_t i = 0; i < config->admin_hosts.count; i++) {
		const char *host = config->admin_hosts.items[i];
		enum host_kind kind = host_kind(str_of(host));
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

/* Its group may: Debian gives keys to the group ssl-cert. */
static void check_key(
	const struct config *config, const struct yaml_file *file, struct problems *problems)
{
	const char *key = config->listen.tls.private_key;
	struct stat about;
	if (!key || stat(key, &about) || !(about.st_mode & (S_IROTH | S_IWOTH)))
		return;
	const struct yaml_node *listen = yaml_get(file->root, "listen");
	IGNORE(problem_add(problems, PROBLEM_READABLE_KEY,
		place_of(listen ? yaml_get(listen, "tls") : NULL, "private_key"), file->source,
		"everybody on this machine may %s the private key '%s'",
		about.st_mode & S_IWOTH ? "write" : "read", key));
}

void config_check_listeners(
	const struct config *config, const struct yaml_file *file, struct problems *problems)
{
	check_admin(config, file, problems);
	check_hosts(config, file, problems);
	check_key(config, file, problems);
}
