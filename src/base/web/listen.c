/* base/web/listen.c - listening sockets from addresses as people write them, with an error that
 * says what to change. */
#include "base/web/listen.h"
#include "base/mem.h"
#include "base/str.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

/* An IPv6 address without its scope, which only this machine's interfaces know. */
static bool is_ipv6(char *host)
{
	struct in6_addr address;
	char *scope = strchr(host, '%');
	if (scope)
		*scope = '\0';
	bool is_good = inet_pton(AF_INET6, host, &address) == 1 && (!scope || scope[1]);
	if (scope)
		*scope = '%';
	return is_good;
}

/* RFC 1123, 2.1, and '_', which container networks use. 300.1.1.1 is not a name. */
static bool is_host_name(struct str host)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	struct str label = { host.at, 0 };
	if (host.length > 1 && str_ends(host, "."))
		host.length--; /* the dot of the root */
	if (!host.length || host.length > 253)
		return false;
	for (size_t i = 0; i <= host.length; i++) {
		if (i < host.length && host.at[i] != '.') {
			if (!strchr(allowed, host.at[i]))
				return false;
			label.length++;
			continue;
		}
		int64_t number;
		bool is_last = i == host.length;
		if (!label.length || label.length > 63 || *label.at == '-' ||
			label.at[label.length - 1] == '-' ||
			(is_last && str_to_count(label, &number)))
			return false;
		label = (struct str){ host.at + i + 1, 0 };
	}
	return true;
}

/* Splits "HOST:PORT" in place; the brackets of an IPv6 address go away. */
static bool split(char *address, char **host, char **port)
{
	struct in_addr ipv4;
	char *colon = strrchr(address, ':');
	if (!colon)
		return false;
	*colon = '\0';
	*port = colon + 1;
	*host = address;
	if (*address == '[') {
		char *end = strchr(address, ']');
		if (!end || end[1])
			return false;
		*end = '\0';
		*host = address + 1;
		return is_ipv6(*host);
	}
	return !*address || inet_pton(AF_INET, address, &ipv4) == 1 ||
	       is_host_name(str_of(address));
}

bool listen_check(const char *address, int64_t *port, struct error *err)
{
	OWNED_MEMORY char *copy = mem_copy_text(address);
	char *host, *number;
	return (split(copy, &host, &number) && str_to_count(str_of(number), port) &&
		       *port <= 65535) ||
	       error_fail(err, ERROR_INPUT,
		       "'%s' is not HOST:PORT, like 127.0.0.1:8080, [::1]:8080 or :8080", address);
}

static int open_one(const struct addrinfo *info, int *cause)
{
	int on = 1, off = 0;
	int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
		info->ai_protocol);
	if (fd < 0) {
		*cause = errno;
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (info->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (!bind(fd, info->ai_addr, info->ai_addrlen) && !listen(fd, BACKLOG))
		return fd;
	*cause = errno;
	close(fd);
	return -1;
}

/* For "all addresses", IPv6 comes first, because such a socket takes IPv4 too. */
static int open_any(const struct addrinfo *list, bool wants_ipv6_first, int *cause)
{
	for (int pass = wants_ipv6_first ? 0 : 1; pass < 2; pass++)
		for (const struct addrinfo *info = list; info; info = info->ai_next) {
			if (pass == 0 && info->ai_family != AF_INET6)
				continue;
			int fd = open_one(info, cause);
			if (fd >= 0)
				return fd;
		}
	return -1;
}

int listen_open(const char *address, struct error *err)
{
	OWNED_MEMORY char *copy = mem_copy_text(address);
	char *host, *port;
	int64_t number;
	if (!listen_check(address, &number, err) || !split(copy, &host, &port))
		return -1;
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV },
			*list;
	int failure = getaddrinfo(*host ? host : NULL, port, &hints, &list), cause = 0;
	if (failure) {
		/* Names come and go with the network. */
		error_fail(err, failure == EAI_SERVICE ? ERROR_INPUT : ERROR_TRANSIENT, "%s: %s",
			address, gai_strerror(failure));
		return -1;
	}
	int fd = open_any(list, !*host, &cause);
	freeaddrinfo(list);
	if (fd < 0)
		/* A port below 1024 needs a privilege: a person changes the unit or the port. */
		error_fail(err, cause == EACCES ? ERROR_INPUT : error_kind_of(cause),
			"cannot listen on %s: %s", address, strerror(cause));
	return fd;
}

int listen_adopt(int fd, struct error *err)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) >= 0)
		return fd;
	error_fail(err, ERROR_SYSTEM, "socket %d: %s", fd, strerror(errno));
	return -1;
}

void listen_describe(int fd, char out[LISTEN_TEXT_SIZE])
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	socklen_t length = sizeof address;
	char host[48] = "?", port[8] = "0"; /* an IPv6 address has 45 bytes, a port 5 */
	bool is_known = !getsockname(fd, (struct sockaddr *)(void *)&address, &length);
	if (is_known && address.ss_family == AF_UNIX) {
		const struct sockaddr_un *file = (const void *)&address;
		snprintf(out, LISTEN_TEXT_SIZE, "unix:%.*s", (int)sizeof file->sun_path,
			file->sun_path);
		return;
	}
	if (is_known)
		getnameinfo((struct sockaddr *)(void *)&address, length, host, sizeof host, port,
			sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
	bool is_ipv6 = address.ss_family == AF_INET6;
	snprintf(out, LISTEN_TEXT_SIZE, is_ipv6 ? "[%s]:%s" : "%s:%s", host, port);
}
