/* base/str.c - views of text, numbers in it, and cuts that leave UTF-8 whole. */
#include "base/str.h"
#include <stdio.h>
#include <strings.h>

bool str_equal(struct str a, struct str b)
{
	return a.length == b.length && (!a.length || !memcmp(a.at, b.at, a.length));
}

bool str_is(struct str view, const char *text)
{
	return str_equal(view, str_of(text));
}

bool str_starts(struct str view, const char *prefix)
{
	size_t length = strlen(prefix);
	return view.length >= length && str_equal((struct str){ view.at, length }, str_of(prefix));
}

bool str_ends(struct str view, const char *suffix)
{
	size_t length = strlen(suffix);
	return !length ||
	       (view.length >= length && !memcmp(view.at + view.length - length, suffix, length));
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str view)
{
	while (view.length && is_blank(view.at[0])) {
		view.at++;
		view.length--;
	}
	while (view.length && is_blank(view.at[view.length - 1]))
		view.length--;
	return view;
}

bool str_to_count(struct str view, int64_t *count)
{
	int64_t value = 0;
	if (!view.length)
		return false;
	for (size_t i = 0; i < view.length; i++) {
		if (view.at[i] < '0' || view.at[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, view.at[i] - '0', &value))
			return false;
	}
	*count = value;
	return true;
}

/* RFC 3629, section 4: the ranges of the second byte keep out overlong forms, surrogates and what
 * lies above U+10FFFF. */
size_t str_character(struct str view)
{
	const unsigned char *at = (const unsigned char *)view.at;
	unsigned char first = view.length ? at[0] : 0, low = 0x80, high = 0xbf;
	size_t length;
	if (first >= 0x01 && first <= 0x7f)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		length = 2;
	else if (first >= 0xe0 && first <= 0xef)
		length = 3;
	else if (first >= 0xf0 && first <= 0xf4)
		length = 4;
	else
		return 0;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (length > view.length || at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	return length;
}

struct str str_cut(struct str view, size_t most)
{
	size_t end = most;
	if (view.length <= most)
		return view;
	/* A character has at most four bytes: a longer run is not UTF-8 and may be cut anywhere. */
	while (end && most - end < 3 && ((unsigned char)view.at[end] & 0xc0) == 0x80)
		end--;
	bool is_whole = ((unsigned char)view.at[end] & 0xc0) != 0x80;
	return (struct str){ view.at, is_whole ? end : most };
}

/* The last `most` bytes, or up to three fewer so that no character is cut in two. */
static struct str str_end(struct str view, size_t most)
{
	size_t at = view.length - most;
	for (int i = 0; i < 3 && ((unsigned char)view.at[at] & 0xc0) == 0x80; i++)
		at++;
	return (struct str){ view.at + at, view.length - at };
}

void str_shorten(char *out, size_t size, struct str view)
{
	static const char gap[] = " … ";
	if (view.length < size) {
		str_print(out, size, "%.*s", (int)view.length, view.length ? view.at : "");
		return;
	}
	struct str end = str_end(view, size / 2 - strlen(gap)),
		   begin = str_cut(view, size - 1 - strlen(gap) - end.length);
	str_print(
		out, size, "%.*s%s%.*s", (int)begin.length, begin.at, gap, (int)end.length, end.at);
}

void str_print(char *out, size_t size, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	str_print_args(out, size, format, args);
	va_end(args);
}

/* Cuts off a last character of which some bytes are missing. */
static void drop_half_character(char *text, size_t length)
{
	size_t begin = length;
	while (begin && length - begin < 3 && ((unsigned char)text[begin - 1] & 0xc0) == 0x80)
		begin--;
	if (!begin)
		return;
	unsigned char lead = (unsigned char)text[--begin];
	size_t needed = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (length - begin < needed)
		text[begin] = '\0';
}

void str_print_args(char *out, size_t size, const char *format, va_list args)
{
	int length = vsnprintf(out, size, format, args);
	if (length >= 0 && (size_t)length >= size)
		drop_half_character(out, size - 1);
}

bool str_is_utf8(struct str view)
{
	while (view.length) {
		size_t length = str_character(view);
		if (!length)
			return false;
		view = (struct str){ view.at + length, view.length - length };
	}
	return true;
}
