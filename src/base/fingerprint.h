/*
 * base/fingerprint.h - the SHA-256 by which two sets of named pieces of bytes are the same: the
 * files of a ruleset, what a reload reads.
 *
 * Over, for each piece in order of name: its name, NUL, its length in decimal, NUL, the SHA-256 of
 * its bytes. So the order in which they were added does not count.
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
