/*
 * store/url.h - what the setting `store` says: a scheme that picks what keeps the rows, and where.
 */
#pragma once
#include "base/arena.h"
#include <stdio.h>

#define STORE_URL_EXAMPLE "sqlite:/var/lib/refresh-router/state.db"

enum store_url { STORE_URL_GOOD, STORE_URL_BAD, STORE_URL_NOT_YET };
enum store_url store_url_check(const char *url);

/* The store of a folder (its first `length` bytes) whose configuration names none, in `arena`. */
const char *store_url_in(const char *folder, size_t length, struct arena *arena);
/* The URL with its path, if it has one, relative to the folder of `file`, as every path of a
 * configuration is; in `arena`, or the same one. */
const char *store_url_beside(const char *url, const char *file, struct arena *arena);

/* What the program was built to keep rows with: a line each. */
void store_versions(FILE *out);
