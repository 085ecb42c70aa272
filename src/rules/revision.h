/*
 * rules/revision.h - the SHA-256 by which two rulesets are the same: over the files' names and
 * bytes. Private to rules/.
 *
 * Over, for each file in order of name: its name below the folder that was given, NUL, its length
 * in decimal, NUL, the SHA-256 of its bytes. So neither the place of the tree nor the order of the
 * paths given counts.
 */
#pragma once
#include "base/mem.h"
#include "base/str.h"

#define REVISION_TEXT_SIZE (sizeof "sha256:" + 64)

struct revision_file;

struct revision {
	struct revision_file *files;
	size_t count, capacity;
};

void revision_add(struct revision *revision, const char *name,
	struct str bytes); /* `name` is borrowed until the end */
/* "sha256:<64 hex>"; empties `revision`. */
void revision_finish(struct revision *revision, char out[REVISION_TEXT_SIZE]);
