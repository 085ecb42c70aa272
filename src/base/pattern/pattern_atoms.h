/*
 * base/pattern/pattern_atoms.h - an example for each part of a pattern: a text that it matches.
 * Private to base/pattern/pattern_cost.c and base/pattern/pattern_atoms.c.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"

struct pattern_atom {
	struct str text; /* one character that this part may match */
	/* it or the part before it is repeated, or a group begins or ends here */
	bool begins_segment;
};

struct pattern_atoms {
	struct pattern_atom *items;
	size_t count;
	bool may_grow; /* false: at most one repetition, tried at one place only */
};

/* The parts of "/body/flags". Parts that are not understood are left out: these are examples, not a
 * proof. */
struct pattern_atoms pattern_atoms_of(struct str written, struct arena *arena);
