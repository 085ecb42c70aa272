/* base/web/peer.c - asks the system about the other end of a connection. */
#include "base/web/peer.h"
#include <arpa/inet.h>
#include <string.h>

/* Who connected to a Unix socket. */
static bool find_user(int fd, unsigned *user)
{
	struct ucred about;
	socklen_t length = sizeof about;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &about, &length))
		return false;
	*user = about.uid;
	return true;
}

struct peer_address peer_address_of(int fd, const struct sockaddr *from)
{
	struct peer_address address = { { 0 } };
	const void *at = from; /* sa_family says which type it really is */
	unsigned user;
	/* a listener has either users or addresses, so they cannot be mistaken for each other */
	if (from->sa_family == AF_UNIX && find_user(fd, &user))
		memcpy(address.bytes, &user, sizeof user);
	if (from->sa_family == AF_INET)
		memcpy(address.bytes, &((const struct sockaddr_in *)at)->sin_addr, 4);
	if (from->sa_family != AF_INET6)
		return address;
	const struct in6_addr *long_one = &((const struct sockaddr_in6 *)at)->sin6_addr;
	bool is_short = IN6_IS_ADDR_V4MAPPED(long_one);
	memcpy(address.bytes, long_one->s6_addr + (is_short ? 12 : 0), is_short ? 4 : 8);
	return address;
}

static enum peer_kind kind_of(const struct sockaddr *from)
{
	const void *at = from;
	if (from->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)at)->sin_addr.s_addr) >> 24 == 127
			       ? PEER_LOOPBACK
			       : PEER_NETWORK;
	if (from->sa_family != AF_INET6)
		return PEER_NETWORK;
	const struct in6_addr *long_one = &((const struct sockaddr_in6 *)at)->sin6_addr;
	bool is_loopback = IN6_IS_ADDR_LOOPBACK(long_one) ||
			   (IN6_IS_ADDR_V4MAPPED(long_one) && long_one->s6_addr[12] == 127);
	return is_loopback ? PEER_LOOPBACK : PEER_NETWORK;
}

static void write_address(const struct sockaddr *from, char out[INET6_ADDRSTRLEN])
{
	const void *at = from;
	const void *bytes = from->sa_family == AF_INET
				    ? (const void *)&((const struct sockaddr_in *)at)->sin_addr
				    : &((const struct sockaddr_in6 *)at)->sin6_addr;
	if (!inet_ntop(from->sa_family, bytes, out, INET6_ADDRSTRLEN))
		out[0] = '\0';
}

void peer_look(int fd, struct peer_about *peer)
{
	struct sockaddr_storage storage = { .ss_family = AF_UNSPEC };
	struct sockaddr *from = (struct sockaddr *)(void *)&storage;
	socklen_t length = sizeof storage;
	*peer = (struct peer_about){ .kind = PEER_NETWORK };
	if (getpeername(fd, from, &length))
		return; /* gone already: nobody who is let in */
	peer->address = peer_address_of(fd, from);
	if (storage.ss_family == AF_UNIX) {
		if (find_user(fd, &peer->user))
			peer->kind = PEER_SOCKET;
		return;
	}
	peer->kind = kind_of(from);
	write_address(from, peer->text);
}
