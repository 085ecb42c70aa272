/*
 * base/pattern_atoms.h - a text for each part of a pattern: what it may be made to match. For
 * base/pattern_cost.c only.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"

struct pattern_atom {
	struct str text;     /* one character that this part may match */
	bool begins_segment; /* it, or what stands before it, is repeated, or a group begins or ends
			      */
};

struct pattern_atoms {
	struct pattern_atom *items;
	size_t count;
	bool may_grow; /* false: one repetition at most, and it is tried at one place only */
};

/* Of "/body/flags". What is not understood is left out: these are examples, not a proof. */
struct pattern_atoms pattern_atoms_of(struct str written, struct arena *arena);
