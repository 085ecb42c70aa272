/*
 * store/postgresql/address.c - what can be said of a URL without connecting.
 *
 * libpq reads it, and finds wrong values only when it connects; so those that people get wrong are
 * looked at here. A message quotes names and choices, never what may be a piece of a password.
 */
#include "base/suggest.h"
#include "store/postgresql/postgresql.h"
#include <string.h>

#define OPTIONS_MOST 80 /* libpq 15 has 40 */
#define QUOTED_MOST 40

/* The values that libpq takes; of target_session_attrs, those that can lead to a primary. */
static const struct {
	const char *option, *values[8];
} choices[] = {
	{ "sslmode", { "disable", "allow", "prefer", "require", "verify-ca", "verify-full" } },
	{ "target_session_attrs", { "read-write", "primary", "any" } },
	{ "channel_binding", { "disable", "prefer", "require" } },
	{ "gssencmode", { "disable", "prefer", "require" } },
};

static const char *const counts[] = { "connect_timeout", "keepalives", "keepalives_idle",
	"keepalives_interval", "keepalives_count", "tcp_user_timeout" };

struct url_check {
	const char *field, *url;
	PQconninfoOption *options;
	struct store_fault *fault;
};

#define REFUSE(check, ...) store_driver_refuse((check)->fault, (check)->field, false, __VA_ARGS__)

static const char *option_value(const struct url_check *check, const char *name)
{
	for (const PQconninfoOption *option = check->options; option->keyword; option++)
		if (text_is(option->keyword, name))
			return option->val;
	return NULL;
}

/* ---- passwords ---- */

static bool refuse_password(const struct url_check *check)
{
	return store_driver_refuse(check->fault, check->field, true,
		"holds a password; write `store: {url: postgresql://USER@HOST/DATABASE, password: "
		"{file: PATH}}`, or leave it to libpq (PGPASSFILE, PGSERVICEFILE)");
}

/* Looked for in the text, because a password with a '/' or '#' in it makes a URL that nobody can
 * parse. */
static bool has_user_and_password(const char *url)
{
	const char *user = strstr(url, "://") ? strstr(url, "://") + 3 : url;
	const char *query = strchr(user, '?'), *colon = strchr(user, ':');
	const char *at = strrchr(user, '@');

	/* an '@' in the query may be that of a value: user=ann@tenant */
	if (query && at > query && !memchr(user, '@', (size_t)(query - user)))
		return colon && colon < query && !strchr(query, '=');
	return colon && at && colon < at;
}

/* libpq marks what is not to be shown while it is typed. */
static bool has_secret_option(const struct url_check *check)
{
	for (const PQconninfoOption *option = check->options; option->keyword; option++)
		if (option->val && *option->dispchar == '*')
			return true;
	return false;
}

/* ---- what libpq does not read ---- */

static bool is_option_name(struct str name)
{
	return name.length && name.length < QUOTED_MOST &&
	       strspn(name.at, "abcdefghijklmnopqrstuvwxyz_") == name.length;
}

/* The name of a parameter that libpq does not know; {0}: it knows all. */
static struct str unknown_parameter(const char *url, const char *const *names, size_t count)
{
	const char *at = strchr(url, '?');

	while (at) {
		struct str name = { at + 1, strcspn(at + 1, "=&") };
		bool is_known = str_is(name, "ssl"); /* as JDBC has it */

		for (size_t i = 0; i < count; i++)
			is_known = is_known || str_is(name, names[i]);
		if (!is_known)
			return name;
		at = strchr(at + 1, '&');
	}
	return (struct str){ 0 };
}

static bool refuse_parameter(const struct url_check *check, struct str name,
	const char *const *names, size_t count, struct arena *arena)
{
	/* behind an '@' it is no query, but the rest of a password */
	if (!is_option_name(name) || strchr(name.at, '@'))
		return REFUSE(check, "has a parameter after '?' that is not NAME=VALUE");
	return REFUSE(check, "has the parameter '%.*s', which libpq does not know%s",
		(int)name.length, name.at,
		suggest_hint(arena_str(arena, name), names, count, arena));
}

/* libpq's reason ends in what it could not read, which may hold a password: `...: "TEXT"`. */
static bool refuse_unread(const struct url_check *check, const char *reason)
{
	const char *quoted = strstr(reason, ": \"");

	return REFUSE(check, "cannot be read: %.*s",
		(int)(quoted ? (size_t)(quoted - reason) : strcspn(reason, "\"\n")), reason);
}

static bool refuse_what_is_not_read(const struct url_check *check, const char *reason)
{
	OWNED(arena) arena = arena_new();
	const char *names[OPTIONS_MOST];
	size_t count = 0;
	PQconninfoOption *known = PQconninfoParse("postgresql://", NULL);

	for (const PQconninfoOption *option = known; option && option->keyword; option++)
		if (count < OPTIONS_MOST)
			names[count++] = option->keyword;
	struct str unknown = unknown_parameter(check->url, names, count);
	if (unknown.at)
		IGNORE(refuse_parameter(check, unknown, names, count, arena));
	else
		IGNORE(refuse_unread(check, reason));
	PQconninfoFree(known);
	return false;
}

/* ---- values ---- */

static size_t part_count(const char *list)
{
	size_t count = 1;

	for (; *list; list++)
		count += *list == ',';
	return count;
}

/* Several hosts have one port for all, or one each. */
static bool check_ports(const struct url_check *check)
{
	const char *ports = option_value(check, "port"), *hosts = option_value(check, "host");

	if (!ports || !*ports)
		return true;
	if (part_count(ports) > 1 && part_count(ports) != part_count(hosts ? hosts : ""))
		return REFUSE(check, "has %zu ports for %zu hosts", part_count(ports),
			part_count(hosts ? hosts : ""));
	for (const char *at = ports;; at++) {
		struct str port = { at, strcspn(at, ",") };
		int64_t number;

		if (port.length && (!str_to_count(port, &number) || number < 1 || number > 65535))
			return REFUSE(check, "has a port that is not from 1 to 65535");
		at += port.length;
		if (!*at)
			return true;
	}
}

static bool check_choice(
	const struct url_check *check, const char *option, const char *const *values)
{
	OWNED_TEXT struct text list = TEXT(200);
	const char *value = option_value(check, option);

	if (!value || !*value)
		return true;
	for (size_t i = 0; values[i]; i++) {
		if (text_is(value, values[i]))
			return true;
		text_printf(&list, "%s%s", i ? ", " : "", values[i]);
	}
	return REFUSE(check, "has '%s' with a value that is none of %s%s", option, list.at,
		text_is(option, "target_session_attrs") ? ": the store is written" : "");
}

static bool check_values(const struct url_check *check)
{
	for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
		if (!check_choice(check, choices[i].option, choices[i].values))
			return false;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		const char *value = option_value(check, counts[i]);
		int64_t number;

		if (value && *value && !str_to_count(str_of(value), &number))
			return REFUSE(
				check, "has '%s' with a value that is no whole number", counts[i]);
	}
	return check_ports(check);
}

/* ---- the whole ---- */

static bool check_parsed(struct url_check *check)
{
	char *reason = NULL;
	bool is_good;

	check->options = PQconninfoParse(check->url, &reason);
	is_good = check->options ? (!has_secret_option(check) || refuse_password(check)) &&
					   check_values(check)
				 : refuse_what_is_not_read(check, reason ? reason : "no memory");
	PQconninfoFree(check->options);
	PQfreemem(reason);
	return is_good;
}

static bool check_url(const char *field, const char *url, struct store_fault *fault)
{
	struct url_check check = { .field = field, .url = url, .fault = fault };

	if (store_driver_of(url) != &postgresql_driver ||
		!str_starts(str_of(store_driver_place(url)), "//"))
		return REFUSE(&check, "is written postgresql://HOST/DATABASE");
	if (has_user_and_password(url))
		return refuse_password(&check);
	return check_parsed(&check);
}

bool postgresql_check(const struct store_address *address, struct store_fault *fault)
{
	return check_url("url", address->url, fault) &&
	       (!address->listen || check_url("listen", address->listen, fault));
}
