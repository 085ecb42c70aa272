/* config/server.c - parses the address of a Tableau server, and says what to write when it is
 * not one. */
#include "config/server.h"
#include "base/text.h"
#include "base/web/host.h"
#include <strings.h>

#define CLOUD_HOST "online.tableau.com" /* src/tableau/README.md, Addresses */

#define HOST_BYTES "abcdefghijklmnopqrstuvwxyz0123456789.-_"
#define ADDRESS_BYTES "0123456789abcdef:." /* RFC 4291, 2.2 */

/* Skips "http://" or "https://" in any case. */
static bool skip_scheme(struct str *rest, bool *is_plain)
{
	static const struct {
		struct str text;
		bool is_plain;
	} schemes[] = { { { "https://", 8 }, false }, { { "http://", 7 }, true } };
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		struct str text = schemes[i].text;
		if (rest->length < text.length || strncasecmp(rest->at, text.at, text.length))
			continue;
		*is_plain = schemes[i].is_plain;
		*rest = (struct str){ rest->at + text.length, rest->length - text.length };
		return true;
	}
	return false;
}

/* "host", "host:port", "[::1]:port"; `port` is empty when there is none. */
static bool split(struct str text, struct str *host, struct str *port)
{
	const char *end = memchr(text.at, ']', text.length);
	bool is_address = text.length && text.at[0] == '[';
	if (is_address && !end)
		return false;
	const char *colon = is_address ? end + 1 : memchr(text.at, ':', text.length);
	size_t length = colon ? (size_t)(colon - text.at) : text.length;
	*host = (struct str){ text.at, length };
	*port = (struct str){ text.at + length, text.length - length };
	return true;
}

static bool is_host(const char *host)
{
	size_t length = strlen(host);
	if (host[0] != '[')
		return length && strspn(host, HOST_BYTES) == length;
	return length > 3 && strspn(host + 1, ADDRESS_BYTES) == length - 2;
}

static bool parse_port(struct str text, int64_t fallback, int64_t *port)
{
	*port = fallback;
	if (!text.length)
		return true;
	return text.at[0] == ':' &&
	       str_to_count((struct str){ text.at + 1, text.length - 1 }, port) && *port >= 1 &&
	       *port <= 65535;
}

static char *lower_case(struct str text, struct arena *arena)
{
	char *copy = arena_str(arena, text);
	for (char *c = copy; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return copy;
}

bool server_parse(const char *written, struct server *server, const char **why, struct arena *arena)
{
	struct server read = { 0 };
	struct str rest = str_of(written), host, port_text;
	int64_t port;
	*why = "is https://HOST or https://HOST:PORT";
	if (!skip_scheme(&rest, &read.is_plain))
		return false;
	while (str_ends(rest, "/"))
		rest.length--;
	if (strcspn(rest.at, "/?#@") < rest.length) {
		*why = "is a scheme and a host, without user, path or query; the site's name goes "
		       "to 'content_url'";
		return false;
	}
	int64_t usual = read.is_plain ? 80 : 443;
	if (!split(rest, &host, &port_text) || !parse_port(port_text, usual, &port))
		return false;
	const char *name = lower_case(host, arena);
	if (!is_host(name))
		return false;
	read.is_loopback = host_kind_of(host_of(str_of(name))) == HOST_LOOPBACK;
	read.is_cloud = text_is(name, CLOUD_HOST) || str_ends(str_of(name), "." CLOUD_HOST);
	const char *scheme = read.is_plain ? "http" : "https";
	read.url = port == usual ? arena_printf(arena, "%s://%s", scheme, name)
				 : arena_printf(arena, "%s://%s:%d", scheme, name, (int)port);
	*server = read;
	return true;
}
