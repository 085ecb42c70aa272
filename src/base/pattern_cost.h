/*
 * base/pattern_cost.h - a text on which the cost of a pattern grows faster than its length.
 *
 * Measured, not guessed: texts are made of what the pattern itself names (its letters, members of
 * its classes, what it repeats), grown, and searched with the steps of base/pattern.h counted. So
 * what is reported is true; a pattern that no such text upsets is not reported. The same pattern
 * has the same answer everywhere.
 */
#pragma once
#include "base/arena.h"
#include "base/pattern.h"

struct pattern_growth { /* the text: before, `times` times piece, after */
	struct str before, piece, after;
	size_t times, bytes; /* bytes: of all of it */
};

/*
 * Finds a text of at most `most` bytes on which a search hits its limit, while the steps more than
 * double whenever the text does. False when there is none. Texts live in `arena`; what it took is
 * added to `*steps`.
 */
bool pattern_growth_find(const struct pattern *pattern, size_t most, struct arena *arena,
	struct pattern_growth *growth, int64_t *steps);
