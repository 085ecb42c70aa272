/*
 * base/web/listen.h - listening sockets from addresses as people write them.
 */
#pragma once
#include "base/error.h"
#include <stdint.h>

/* Is this an address that listen_open() takes? Does not look names up. */
bool listen_check(const char *address, int64_t *port, struct error *err) MUST_USE;
/* "127.0.0.1:8081", "[::1]:0", ":8080" (all addresses), "localhost:0"; base/web/listen_unix.h has
 * "unix:PATH". Returns the socket, or -1:
 * ERROR_INPUT says what is wrong with the address; with any other kind it may work later (the port
 * is taken, or the address or name does not exist yet). */
int listen_open(const char *address, struct error *err);
/* A listening socket of somebody else's, made to never block, as those of listen_open(). -1 as
 * there.
 */
int listen_adopt(int fd, struct error *err);

/* "[", 45 bytes of IPv6, scope, "]:65535"; or "unix:" and 107 bytes */
#define LISTEN_TEXT_SIZE 120
/* The address that the socket is bound to. */
void listen_describe(int fd, char out[LISTEN_TEXT_SIZE]);
