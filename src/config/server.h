/*
 * config/server.h - the address of a Tableau Server or Cloud pod, checked and written in one way,
 * so that two spellings of one server are one text; private to config/.
 */
#pragma once
#include "base/arena.h"

struct server {
	const char *url; /* "https://host:8443": lower case, no default port, no '/' at the end */
	bool is_plain;   /* http */
	bool is_loopback;
	bool is_cloud;
};

/* False when `written` is not such an address; then `*why` says what to write. */
bool server_parse(
	const char *written, struct server *server, const char **why, struct arena *arena) MUST_USE;
