/*
 * base/listen.h - listening sockets from addresses as people write them.
 */
#pragma once
#include "base/error.h"
#include <stdint.h>

/* Could listen_open() take this? Without asking anybody what a name means. */
bool listen_check(const char *address, int64_t *port, struct error *err) MUST_USE;
/* "127.0.0.1:8081", "[::1]:0", ":8080" (all addresses), "localhost:0". Returns the socket, or -1:
 * ERROR_INPUT says what is wrong with the address; otherwise it may work later: the port is taken,
 * the address or the name is not there (yet). */
int listen_open(const char *address, struct error *err);

#define LISTEN_TEXT_SIZE 64 /* "[", 45 bytes of IPv6, scope, "]:65535" */
/* The address that the socket really has. */
void listen_describe(int fd, char out[LISTEN_TEXT_SIZE]);
