/*
 * rules/lookup.h - a table from (tag, text) to a number: rule names, patterns, exact values.
 *
 * One flat array, 24 bytes a slot: with 100,000 rules, an allocation for each entry would cost more
 * than the rules. Keys are borrowed and must outlive the table. Threads: any may find while nobody
 * adds.
 */
#pragma once
#include "base/mem.h"
#include "base/str.h"

struct lookup;

#define LOOKUP_NONE UINT32_MAX

struct lookup *lookup_new(void);
void lookup_free(struct lookup *lookup);
OWNED_DEFINE(lookup)

/* The number under the key, or LOOKUP_NONE. */
uint32_t lookup_find(const struct lookup *lookup, uint32_t tag, struct str key);
/* A pointer to the key's number, which is LOOKUP_NONE when the key is new. Valid until the next
 * add. */
uint32_t *lookup_add(struct lookup *lookup, uint32_t tag, struct str key);
size_t lookup_bytes(const struct lookup *lookup);
