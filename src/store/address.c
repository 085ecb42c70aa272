/*
 * store/address.c - the drivers, and the setting that picks one.
 */
#include "store/address.h"
#include "base/file.h"
#include "build.h"
#include "store/driver.h"
#include <string.h>

static const struct store_driver *const drivers[] = {
	&sqlite_driver,
	&memory_driver,
#ifdef HAVE_POSTGRESQL
	&postgresql_driver,
#endif
};

#define DRIVERS (sizeof drivers / sizeof *drivers)

/* ---- drivers ---- */

const struct store_driver *store_driver_of(const char *url)
{
	for (size_t i = 0; i < DRIVERS; i++)
		if (str_starts(str_of(url), drivers[i]->scheme) ||
			(drivers[i]->alias && str_starts(str_of(url), drivers[i]->alias)))
			return drivers[i];
	return NULL;
}

const char *store_driver_place(const char *url)
{
	return url + strcspn(url, ":") + 1;
}

void store_versions(FILE *out)
{
	for (size_t i = 0; i < DRIVERS; i++)
		if (drivers[i]->name)
			fprintf(out, "%s %s\n", drivers[i]->name, drivers[i]->version());
}

/* ---- checks ---- */

bool store_driver_refuse(
	struct store_fault *fault, const char *field, bool holds_secret, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(fault->message, sizeof fault->message, format, arguments);
	va_end(arguments);
	fault->field = field;
	fault->holds_secret = holds_secret;
	return false;
}

static bool is_of_postgresql(const char *url)
{
	return str_starts(str_of(url), "postgresql:") || str_starts(str_of(url), "postgres:");
}

static bool refuse_scheme(const char *url, struct store_fault *fault)
{
	if (is_of_postgresql(url)) /* there is no driver */
		return store_driver_refuse(fault, "url", false,
			"is in PostgreSQL, and this program was built without it; take a build "
			"that has "
			"it (./configure --with-postgresql), or write " STORE_ADDRESS_EXAMPLE);
	return store_driver_refuse(fault, "url", false,
		"names no kind of store; write " STORE_ADDRESS_EXAMPLE
		" or postgresql://HOST/DATABASE");
}

/* What only a database server has. */
static bool check_without_server(const struct store_address *address, struct store_fault *fault)
{
	const char *field = address->password.name ? "password" : address->listen ? "listen" : NULL;

	return !field || store_driver_refuse(fault, field, false,
				 "is of a store postgresql://...; a file has none: remove it");
}

bool store_address_check(const struct store_address *address, struct store_fault *fault)
{
	const struct store_driver *driver = store_driver_of(address->url);

	if (!driver || !driver->name || !*store_driver_place(address->url))
		return refuse_scheme(address->url, fault);
	return driver->check ? driver->check(address, fault) : check_without_server(address, fault);
}

/* ---- paths ---- */

const char *store_address_in(const char *folder, size_t length, struct arena *arena)
{
	return arena_printf(arena, "%s%.*s/state.db", drivers[0]->scheme, (int)length, folder);
}

const char *store_address_named(const char *given, struct arena *arena)
{
	if (store_driver_of(given) || strstr(given, "://"))
		return given;
	return arena_printf(arena, "%s%s", drivers[0]->scheme, given);
}

const char *store_address_path(const struct store_address *address)
{
	const struct store_driver *driver = store_driver_of(address->url);

	return driver && driver->is_path ? store_driver_place(address->url) : NULL;
}

const char *store_address_beside(const char *url, const char *file, struct arena *arena)
{
	const struct store_driver *driver = store_driver_of(url);

	if (!driver || !driver->is_path || !*store_driver_place(url))
		return url;
	return arena_printf(
		arena, "%s%s", driver->scheme, file_beside(file, store_driver_place(url), arena));
}
