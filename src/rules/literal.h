/*
 * rules/literal.h - which of many literals occur in a text, in one pass over it (Aho and Corasick,
 * 1975). Private to rules/.
 *
 * Threads: a built automaton never changes.
 */
#pragma once
#include "base/mem.h"
#include "base/str.h"

struct literals;

/* `sorted` is in byte order, without empty or repeated literals, and is not kept. */
struct literals *literals_new(const struct str *sorted, size_t count);
void literals_free(struct literals *literals);
OWNED_DEFINE(literals)
size_t literals_bytes(const struct literals *literals);

/* Return false if this literal was found before, see literals_search(). */
typedef bool literals_found(void *context, uint32_t literal);
/*
 * Calls `found` for every occurrence of every literal, by its index in `sorted`. After a false, the
 * shorter literals that end at the same place are left out: they were reported at the first
 * occurrence. So for a caller that returns false for repeats, the cost is text plus literals and
 * not text times literals.
 */
void literals_search(
	const struct literals *literals, struct str text, literals_found *found, void *context);
