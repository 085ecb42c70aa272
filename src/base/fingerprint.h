/*
 * base/fingerprint.h - a SHA-256 over a set of named pieces of bytes, to see whether two sets are
 * the same: the files of a ruleset, or all that a reload reads.
 *
 * Hashed for each piece, in order of name: the name, NUL, the length in decimal, NUL, the SHA-256
 * of the bytes. So the order of adding does not matter.
 */
#pragma once
#include "base/mem.h"
#include "base/str.h"

#define FINGERPRINT_TEXT_SIZE (sizeof "sha256:" + 64)

struct fingerprint_part;

struct fingerprint {
	struct fingerprint_part *files;
	size_t count, capacity;
};

void fingerprint_add(struct fingerprint *fingerprint, const char *name,
	struct str bytes); /* `name` is borrowed until the end */
/* "sha256:<64 hex>"; empties `revision`. */
void fingerprint_finish(struct fingerprint *fingerprint, char out[FINGERPRINT_TEXT_SIZE]);
