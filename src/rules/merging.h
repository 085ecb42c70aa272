/*
 * rules/merging.h - content that several rules want in different ways: what each wants, and what
 * they get together.
 *
 * The same content in the same words: whether a pattern of one rule finds what another names, only
 * Tableau knows.
 */
#pragma once
#include "content/selection.h"

struct merging {
	size_t wish_count;
	const struct selection *wishes; /* each of one rule; by settings, then by rule */
	size_t note_count;              /* at least 1 */
	const char *const *notes;       /* "priority 80, the highest: a (b has 50)" */
};

/* Of selections with one rule each, in order of selection_compare(). Lives in `arena`. */
const struct merging *mergings_find(
	const struct selection *wishes, size_t count, struct arena *arena, size_t *found);
