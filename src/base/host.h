/*
 * base/host.h - hosts as people and programs write them: "router.example.com", "127.0.0.1",
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

/* Of "host:port", "[address]:port" or a host alone; without brackets. */
struct str host_of(struct str authority);
/* Of what host_of() returned. */
enum host_kind host_kind(struct str host);
/* Is it the same host? Names without case and without the dot of the root. */
bool host_equal(struct str a, struct str b);
