/*
 * store/url.h - the setting `store` as a URL: its scheme picks the driver, the rest is the place.
 */
#pragma once
#include "base/arena.h"

#define STORE_URL_EXAMPLE "sqlite:/var/lib/refresh-router/state.db"

enum store_url { STORE_URL_GOOD, STORE_URL_BAD, STORE_URL_NOT_YET };
enum store_url store_url_check(const char *url);

/* The default store in `folder` (its first `length` bytes), in `arena`. */
const char *store_url_in(const char *folder, size_t length, struct arena *arena);
/* The path in it; NULL: it has none. */
const char *store_url_path(const char *url);
/* The URL with a relative path, if it has one, resolved against the folder of `file`, like every
 * path of a configuration; in `arena`, or `url` itself. */
const char *store_url_beside(const char *url, const char *file, struct arena *arena);
