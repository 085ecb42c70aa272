/*
 * base/pattern/pattern_literal.h - the literal that every match of a pattern contains. For
 * base/pattern*.c only; other files call pattern_required_literal().
 */
#pragma once
#include "base/str.h"
#include "base/text.h"

/*
 * Puts the literal of "/.../flags" into `out` (initialised by the caller, emptied first); false
 * when none can be proven.
 */
bool pattern_literal_find(struct str written, struct text *out);
