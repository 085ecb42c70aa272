/*
 * base/name.h - names as people write and see them: whether two are equal after Unicode's normal
 * form C, and where two that look alike differ.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"
#include "base/text.h"

/*
 * `text` in normal form C (Unicode Standard Annex 15), in `arena`. Returns `text` itself when it is
 * normal already, as ASCII always is, or not UTF-8. A copy ends in NUL.
 */
struct str name_normal(struct str text, struct arena *arena);
/* The same text after normal form C? */
bool name_equal(const char *a, const char *b);
/* Can it be spelt in two ways, composed and decomposed? */
bool name_has_spellings(const char *name);

/*
 * Writes the text as a reader takes it to `out`: all dashes become one, and so do blanks, quotation
 * marks, letters that look like ASCII ones, and case; invisible characters are left out. For
 * comparing only.
 */
void name_skeleton(struct str text, struct text *out);
/*
 * Explains where two texts of one skeleton differ: "they differ at character 6: U+00A0 (no-break
 * space) there, U+0020 (space) here"; `known` is there, `written` here. Adds nothing when they are
 * the same name, plainly different, or wholly invisible.
 */
void name_difference(const char *written, const char *known, struct text *out);
