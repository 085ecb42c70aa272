/*
 * base/name.h - names as people write and see them: equal after Unicode's normal form C, and where
 * two differ that look alike.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"
#include "base/text.h"

/*
 * `text` in normal form C (Unicode Standard Annex 15), in `arena`; `text` itself when it is that
 * already, as ASCII always is, and when it is not UTF-8. Ends in NUL when it was copied.
 */
struct str name_normal(struct str text, struct arena *arena);
/* Are they one name: the same text after normal form C? */
bool name_equal(const char *a, const char *b);
/* Are there two spellings of it: one composed, one decomposed? */
bool name_has_spellings(const char *name);

/*
 * The text as its reader takes it: dashes are one, and blanks, quotation marks, letters that look
 * like those of ASCII, case; what is invisible is left out. For comparing only. Replaces what is in
 * `out`.
 */
void name_skeleton(struct str text, struct text *out);
/*
 * Where two texts of one skeleton differ, as a sentence for a person: "they differ at character 6:
 * U+00A0 (no-break space) there, U+0020 (space) here"; `known` is there, `written` here. Adds
 * nothing when they are one name, plainly different, or nothing that can be seen.
 */
void name_difference(const char *written, const char *known, struct text *out);
