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

/* From literals in byte order, none empty, none twice; they are not kept. */
struct literals *literals_new(const struct str *sorted, size_t count);
void literals_free(struct literals *literals);
OWNED_DEFINE(literals)
size_t literals_bytes(const struct literals *literals);

/* False when this literal has been found before and need not be again. */
typedef bool literals_found(void *context, uint32_t literal);
/*
 * Calls `found` for every occurrence of every literal, by its index in `sorted`; after a false, not
 * for the shorter ones that end at the same place, which ended there at its first occurrence, too.
 * So a caller that says false to each but the first pays for the text and for the literals, not for
 * one times the other.
 */
void literals_search(
	const struct literals *literals, struct str text, literals_found *found, void *context);
