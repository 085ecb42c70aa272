/*
 * base/problem/problem_fix.h - makes fixes in the bytes of a file, and touches nothing else of it.
 */
#pragma once
#include "base/problem/problem.h"
#include "base/text.h"

/*
 * Appends `source` to `out` with the fixes made that are in order of their places. One whose place
 * does not hold what it replaces (alone or in quotes), or overlaps the one before, is not made;
 * made[i] says which are. Returns how many.
 */
size_t problem_fix_apply(struct str source, const struct problem_fix *const *fixes, size_t count,
	bool *made, struct text *out);
