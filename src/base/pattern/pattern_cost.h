/*
 * base/pattern/pattern_cost.h - a text on which the cost of a pattern grows faster than its length.
 *
 * Measured, not guessed: texts are built from the pattern's own parts (its letters, members of its
 * classes, what it repeats), made longer and longer, and searched while base/pattern/pattern.h
 * counts the steps. So a report is always true, but a slow pattern may be missed. The same pattern
 * has the same answer everywhere.
 */
#pragma once
#include "base/arena.h"
#include "base/pattern/pattern.h"

struct pattern_growth { /* the text is `before`, `piece` repeated `times` times, `after` */
	struct str before, piece, after;
	size_t times, bytes; /* bytes: of the whole text */
};

/*
 * Finds a text of at most `most` bytes on which a search hits its limit, while the steps more than
 * double whenever the text does. False when there is none. Texts live in `arena`; the steps of all
 * searches are added to `*steps`.
 */
bool pattern_growth_find(const struct pattern *pattern, size_t most, struct arena *arena,
	struct pattern_growth *growth, int64_t *steps);
