/* base/text.c - a growing text with a ceiling. */
#include "base/text.h"
#include <stdarg.h>
#include <stdio.h>

/* What a text allocates first. */
#define FIRST_BYTES 64

char text_nothing[1];

bool text_is(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool text_is_among(const char *text, const char *const *among, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_is(among[i], text))
			return true;
	return false;
}

bool text_is_nocase(const char *a, const char *b)
{
	return a && b ? !strcasecmp(a, b) : a == b;
}

void text_clear(struct text *text)
{
	if (text->capacity)
		free(text->at);
	*text = TEXT(text->ceiling);
}

void text_reset(struct text *text)
{
	text->length = 0;
	text->is_full = false;
	if (text->capacity)
		text->at[0] = '\0';
}

char *text_take(struct text *text)
{
	char *bytes = text->capacity ? text->at : mem_copy_text("");
	*text = TEXT(text->ceiling);
	return bytes;
}

/* Room for `length` bytes and the NUL. */
static void reserve(struct text *text, size_t length)
{
	size_t needed = text->length + length + 1;
	char *before = text->capacity ? text->at : NULL;
	if (needed <= text->capacity)
		return;
	if (!text->capacity)
		text->capacity = FIRST_BYTES;
	while (text->capacity < needed)
		text->capacity *= 2;
	text->at = mem_resize(before, text->capacity);
}

bool text_add_bytes(struct text *text, const void *bytes, size_t length)
{
	struct str taken = { bytes, length };
	if (text->is_full)
		return !length;
	if (length > text->ceiling - text->length) {
		taken = str_cut(taken, text->ceiling - text->length);
		text->is_full = true;
	}
	if (!taken.length)
		return !length;
	reserve(text, taken.length);
	memcpy(text->at + text->length, taken.at, taken.length);
	text->length += taken.length;
	text->at[text->length] = '\0';
	return taken.length == length;
}

void text_add(struct text *text, const char *more)
{
	IGNORE(!text_add_bytes(text, more, strlen(more)));
}

void text_add_str(struct text *text, struct str more)
{
	IGNORE(!text_add_bytes(text, more.at, more.length));
}

void text_add_char(struct text *text, char c)
{
	IGNORE(!text_add_bytes(text, &c, 1));
}

void text_add_count(struct text *text, size_t count, const char *noun)
{
	text_printf(text, "%zu %s%s", count, noun, count == 1 ? "" : "s");
}

void text_add_markup(struct text *text, const char *more)
{
	for (; *more; more++) {
		switch (*more) {
		case '<':
			text_add(text, "&lt;");
			break;
		case '>':
			text_add(text, "&gt;");
			break;
		case '&':
			text_add(text, "&amp;");
			break;
		case '"':
			text_add(text, "&quot;");
			break;
		default:
			text_add_char(text, *more);
		}
	}
}

void text_printf(struct text *text, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	text_print_args(text, format, args);
	va_end(args);
}

/* More than the text may hold: what there is room for. */
PRINTF_LIKE(3, 0)
static void print_cut(struct text *text, size_t length, const char *format, va_list args)
{
	OWNED_MEMORY char *line = mem_alloc(length + 1);
	vsnprintf(line, length + 1, format, args);
	IGNORE(!text_add_bytes(text, line, length)); /* false */
}

void text_print_args(struct text *text, const char *format, va_list args)
{
	va_list again;
	if (!text->capacity)
		reserve(text, 0);
	size_t room = text->capacity - text->length;
	char *end = text->at + text->length;
	va_copy(again, args);
	/* Mostly it fits; otherwise its length is known now. */
	int printed = vsnprintf(end, room, format, args);
	size_t length = printed < 0 ? 0 : (size_t)printed;
	if (text->is_full || length > text->ceiling - text->length) {
		*end = '\0';
		print_cut(text, length, format, again);
	} else {
		if (length >= room) {
			reserve(text, length);
			vsnprintf(text->at + text->length, length + 1, format, again);
		}
		text->length += length;
		text->at[text->length] = '\0';
	}
	va_end(again);
}
