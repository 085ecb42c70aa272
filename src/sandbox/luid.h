/*
 * sandbox/luid.h - ids: computed from names, so that two runs over one state file have the same
 * ids, and found in a hash table.
 */
#pragma once
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

#define LUID_SIZE 37 /* 36 characters of UUID text and NUL */
/* The same parts give the same LUID. Returns `out`. */
const char *box_luid_make(
	char out[LUID_SIZE], const char *site, const char *kind, const char *name, int64_t number);

/* From LUID to item. ASCII case does not matter. A zeroed struct is an empty table. */
struct box_luid_table {
	struct luid_entry *entries;
};
/* False when the id is taken; then nothing changes. The table copies the id and borrows the
 * item. */
bool box_luid_add(struct box_luid_table *table, const char *id, void *item);
void box_luid_remove(struct box_luid_table *table, const char *id);
void *box_luid_find(const struct box_luid_table *table, const char *id); /* or NULL */
void box_luid_clear(struct box_luid_table *table);
