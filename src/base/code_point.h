/*
 * base/code_point.h - characters that look like others, or like nothing: their names, and the ASCII
 * character each is taken for.
 */
#pragma once
#include "base/str.h"
#include "base/text.h"

enum code_point_kind {
	CODE_POINT_PLAIN,
	CODE_POINT_BLANK,     /* looks like a blank and is another character: U+00A0 and its kin */
	CODE_POINT_INVISIBLE, /* takes no room: zero-width, soft hyphen, byte order mark */
	CODE_POINT_CONTROL,   /* U+0000 to U+001F, U+007F to U+009F, line separators */
	CODE_POINT_QUOTE,     /* a typographic quotation mark */
	CODE_POINT_DASH,      /* a hyphen or dash that is not '-' */
	CODE_POINT_LETTER,    /* a letter or digit that looks like an ASCII one */
};

enum code_point_kind code_point_kind_of(int32_t point);
/* The ASCII character that it is taken for; 0 when there is none. */
char code_point_twin(int32_t point);

/* The code point that `view` begins with, and its bytes in `*length`; -1 (and 1) for what is not
 * UTF-8. `view` is not empty. */
int32_t code_point_at(struct str view, size_t *length);

/* "'a'" for a visible character, else "U+00A0 (no-break space)". */
void code_point_describe(int32_t point, struct text *out);
