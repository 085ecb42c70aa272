/*
 * base/text.h - text that grows to a ceiling set at birth.
 *
 * Always ends in NUL (not counted). What passes the ceiling is cut off between two characters, and
 * the text takes nothing more. Code that builds our own output may ignore this; code that collects
 * a stranger's bytes asks text_is_full() or takes the bool of text_add_bytes().
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

struct text {
	char *at; /* never NULL */
	size_t length;
	size_t capacity; /* private; 0: `at` is text_nothing */
	size_t ceiling;  /* the most bytes it holds */
	bool is_full;    /* something was dropped */
};

#define TEXT_UNBOUNDED ((size_t)1 << 40) /* for our own output */

/* `OWNED_TEXT struct text out = TEXT(1000);` holds nothing yet and has allocated nothing. */
#define TEXT(most) ((struct text){ .at = text_nothing, .ceiling = (most) })
#define OWNED_TEXT __attribute__((cleanup(text_clear)))
extern char text_nothing[1]; /* "", which nobody writes to */

void text_clear(struct text *text); /* frees; the text is as new */
void text_reset(struct text *text); /* empties, keeps the memory */
/* The bytes, now the caller's (free()); the text is as new. */
char *text_take(struct text *text);

bool text_add_bytes(struct text *text, const void *bytes, size_t length);
void text_add(struct text *text, const char *more);
void text_add_str(struct text *text, struct str more);
void text_add_char(struct text *text, char c);
/* Escapes for XML and HTML: &lt; &gt; &amp; &quot;. */
void text_add_markup(struct text *text, const char *more);
/* "1 site", "2 sites"; `noun` takes an 's'. */
void text_add_count(struct text *text, size_t count, const char *noun);
void text_printf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_print_args(struct text *text, const char *format, va_list args) PRINTF_LIKE(2, 0);
static inline struct str text_str(const struct text *text)
{
	return (struct str){ text->at, text->length };
}

/* Of texts that end in NUL. Both may be NULL: NULL equals NULL only. */
bool text_is(const char *a, const char *b);
/* Is it one of them? */
bool text_is_among(const char *text, const char *const *among, size_t count);
bool text_is_nocase(const char *a, const char *b); /* ASCII case */
