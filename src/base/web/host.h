/*
 * base/web/host.h - hosts as people and programs write them: "router.example.com", "127.0.0.1",
 * "[::1]", each with a port or without.
 */
#pragma once
#include "base/str.h"
#include <stdbool.h>

enum host_kind {
	HOST_NAME,
	HOST_LOOPBACK, /* localhost, 127.0.0.0/8, ::1 */
	HOST_ANY,      /* nothing, 0.0.0.0, ::, *: all addresses of this machine */
	HOST_ADDRESS,  /* another address */
};

/* The host of "host:port", "[address]:port" or a host alone; without brackets. */
struct str host_of(struct str authority);
/* The kind of a host that host_of() returned. */
enum host_kind host_kind_of(struct str host);
/* The same host? Case and the dot of the root do not count. */
bool host_equal(struct str a, struct str b);
