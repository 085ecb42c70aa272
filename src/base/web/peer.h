/*
 * base/web/peer.h - who is at the other end of a connection, as far as the system knows it.
 */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

/* What bounds are counted by: an IPv4 address, or the /64 that one IPv6 host has for itself; at a
 * Unix socket the user. */
struct peer_address {
	unsigned char bytes[8];
};

enum peer_kind {
	PEER_SOCKET,   /* a Unix socket: `user` is known */
	PEER_LOOPBACK, /* a process of this machine (or of this container) */
	PEER_NETWORK,  /* anybody else, and when it is not known */
};

struct peer_about {
	enum peer_kind kind;
	unsigned user; /* the user id that connected (SO_PEERCRED, unix(7)) */
	struct peer_address address;
	char text[INET6_ADDRSTRLEN]; /* the address without port; "" for a Unix socket */
};

/* Of a connected socket, and of its other end as accept(2) or getpeername(2) told it. */
struct peer_address peer_address_of(int fd, const struct sockaddr *from);
/* Of a connected socket. */
void peer_look(int fd, struct peer_about *peer);
