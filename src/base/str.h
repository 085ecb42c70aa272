/*
 * base/str.h - a borrowed view of bytes, and numbers read from text: the whole text or an error.
 */
#pragma once
#include "base/error.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *at; /* need not end in NUL; NULL only when length is 0 */
	size_t length;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
static inline struct str str_of(const char *text)
{
	return (struct str){ text, text ? strlen(text) : 0 };
}

bool str_equal(struct str a, struct str b);
bool str_is(struct str view, const char *text); /* equal to a NUL-terminated text */
bool str_starts(struct str view, const char *prefix);
bool str_ends(struct str view, const char *suffix);
struct str str_trim(struct str view); /* without ASCII white space at both ends */

/* Decimal digits only, without a sign, within int64. */
bool str_to_count(struct str view, int64_t *count) MUST_USE;

/* The first `most` bytes, or fewer so that no character is cut in two. */
struct str str_cut(struct str view, size_t most);
/*
 * Copies the view to out[size], as a text. What does not fit loses its middle, between two
 * characters: a long message begins with what failed, ends with what to do about it, and quotes
 * others between.
 */
void str_shorten(char *out, size_t size, struct str view);
/*
 * snprintf() that cuts between two characters, never within one, so that the result is UTF-8 if the
 * whole is.
 */
void str_print(char *out, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);
void str_print_args(char *out, size_t size, const char *format, va_list args) PRINTF_LIKE(3, 0);

/* Is this UTF-8 (RFC 3629: no surrogates, nothing above U+10FFFF, no overlong form) without NUL? */
bool str_is_utf8(struct str view);
/* The number of bytes of its first character; 0: it does not begin with one. */
size_t str_character(struct str view);
