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
	char *at; /* never NULL after text_init() */
	size_t length;
	size_t capacity; /* private */
	size_t ceiling;  /* the most bytes it holds */
	bool is_full;    /* something was dropped */
};

#define TEXT_UNBOUNDED ((size_t)1 << 40) /* for our own output */

void text_init(struct text *text, size_t ceiling);
void text_clear(struct text *text); /* frees; text_init() again before use */
void text_reset(struct text *text); /* empties, keeps the memory */
char *text_take(struct text *
		text); /* the bytes, now the caller's (free()); the text is as after text_clear() */

bool text_add_bytes(struct text *text, const void *bytes, size_t length);
void text_add(struct text *text, const char *more);
void text_add_str(struct text *text, struct str more);
void text_add_char(struct text *text, char c);
/* Escapes for XML and HTML: &lt; &gt; &amp; &quot;. */
void text_add_markup(struct text *text, const char *more);
void text_printf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_print_args(struct text *text, const char *format, va_list args) PRINTF_LIKE(2, 0);
static inline struct str text_str(const struct text *text)
{
	return (struct str){ text->at, text->length };
}

/* `OWNED_TEXT struct text out; text_init(&out, ...);` */
#define OWNED_TEXT __attribute__((cleanup(text_clear)))
