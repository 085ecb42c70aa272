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

typedef void literals_found(void *context, uint32_t literal);
/* Calls `found` for every occurrence of every literal, by its index in `sorted`. */
void literals_search(
	const struct literals *literals, struct str text, literals_found *found, void *context);
