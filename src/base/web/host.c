/* base/web/host.c - splits and compares hosts as they stand in addresses and Host headers. */
#include "base/web/host.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

static bool has(struct str text, char byte)
{
	return text.length && memchr(text.at, byte, text.length);
}

/* Of "[address]" and "[address]:port". False: "[::1].example.com" and "[localhost]" are none. */
static bool take_brackets(struct str authority, struct str *host)
{
	const char *end = authority.length ? memchr(authority.at, ']', authority.length) : NULL;
	if (!end || *authority.at != '[')
		return false;
	*host = (struct str){ authority.at + 1, (size_t)(end - authority.at) - 1 };
	bool is_last = host->length + 2 == authority.length;
	return (is_last || end[1] == ':') && has(*host, ':');
}

struct str host_of(struct str authority)
{
	struct str host;
	if (take_brackets(authority, &host))
		return host;
	const char *colon = authority.length ? memchr(authority.at, ':', authority.length) : NULL;
	/* More than one colon: an IPv6 address without brackets, and so without a port. */
	if (!colon || memchr(colon + 1, ':', authority.length - (size_t)(colon + 1 - authority.at)))
		return authority;
	return (struct str){ authority.at, (size_t)(colon - authority.at) };
}

/* Without the dot that ends a full name, and without the scope of an IPv6 address: only that has
 * one, and "localhost%.example.com" is not localhost. */
static struct str bare(struct str host)
{
	const char *scope = host.length ? memchr(host.at, '%', host.length) : NULL;
	if (scope && has((struct str){ host.at, (size_t)(scope - host.at) }, ':'))
		host.length = (size_t)(scope - host.at);
	if (host.length > 1 && host.at[host.length - 1] == '.')
		host.length--;
	return host;
}

/* An IPv4 address becomes a mapped one: ::ffff:127.0.0.1. False: it is a name. */
static bool read_address(struct str host, struct in6_addr *address)
{
	char text[INET6_ADDRSTRLEN + 1];
	struct in_addr short_one;
	if (!host.length || host.length >= sizeof text)
		return false;
	memcpy(text, host.at, host.length);
	text[host.length] = '\0';
	if (inet_pton(AF_INET6, text, address) == 1)
		return true;
	if (inet_pton(AF_INET, text, &short_one) != 1)
		return false;
	*address = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
	memcpy(address->s6_addr + 12, &short_one, sizeof short_one);
	return true;
}

enum host_kind host_kind_of(struct str host)
{
	static const struct in6_addr any_short = { .s6_addr = { [10] = 0xff, [11] = 0xff } };
	struct in6_addr address;
	host = bare(host);
	if (!host.length || str_is(host, "*"))
		return HOST_ANY;
	if (host_equal(host, STR("localhost")))
		return HOST_LOOPBACK;
	if (!read_address(host, &address))
		return HOST_NAME;
	if (IN6_IS_ADDR_UNSPECIFIED(&address) || !memcmp(&address, &any_short, sizeof address))
		return HOST_ANY;
	bool is_loopback = IN6_IS_ADDR_LOOPBACK(&address) ||
			   (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == 127);
	return is_loopback ? HOST_LOOPBACK : HOST_ADDRESS;
}

bool host_equal(struct str a, struct str b)
{
	struct in6_addr one, other;
	a = bare(a);
	b = bare(b);
	if (read_address(a, &one) && read_address(b, &other))
		return !memcmp(&one, &other, sizeof one);
	return a.length == b.length && (!a.length || !strncasecmp(a.at, b.at, a.length));
}
