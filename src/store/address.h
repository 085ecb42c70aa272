/*
 * store/address.h - where the store is: the setting `store`, whose scheme picks the driver.
 *
 * A URL never holds a password: store_address_check() refuses one, and no message here quotes a
 * URL. So a URL that was checked may be logged.
 */
#pragma once
#include "base/arena.h"
#include "base/secret.h"

#define STORE_ADDRESS_EXAMPLE "sqlite:/var/lib/refresh-router/state.db"

/* Plain data, borrowed from the configuration. A driver copies what it needs longer than open(). */
struct store_address {
	const char *url;
	/* Of a database server; read at each connection, so that a rotated one needs no restart.
	 * .name NULL: there is none, or libpq finds it by its own ways. */
	struct secret_ref password;
	const char *listen; /* the same database, not through a pooler; NULL: as `url` */
};

struct store_fault {
	const char *field; /* the member of struct store_address that is wrong */
	bool holds_secret; /* what is wrong is that it holds one */
	char message[300]; /* "holds a password: ...", without a secret */
};

/* Could a configuration have it? Looks at texts only: it neither connects nor reads the password.
 */
bool store_address_check(const struct store_address *address, struct store_fault *fault) MUST_USE;

/* The URL of the default store in `folder` (its first `length` bytes), in `arena`. */
const char *store_address_in(const char *folder, size_t length, struct arena *arena);
/* The URL of a store that a person names by its URL, or by the path of its file; in `arena`, or
 * `given` itself. */
const char *store_address_named(const char *given, struct arena *arena);
/* The path of the store's file; NULL: it has none. */
const char *store_address_path(const struct store_address *address);
/* A URL with a relative path, if it has one, resolved against the folder of `file`, like every path
 * of a configuration; in `arena`, or `url` itself. */
const char *store_address_beside(const char *url, const char *file, struct arena *arena);
