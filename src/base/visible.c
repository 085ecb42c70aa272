/* base/visible.c - escapes characters that would move a cursor, hide or reorder text, and counts
 * the columns that a text takes. */
#include "base/visible.h"
#include "base/code_point.h"
#include <limits.h>
#include <utf8proc.h>

bool visible_is_hidden(int32_t point)
{
	enum code_point_kind kind = code_point_kind_of(point);
	return kind == CODE_POINT_CONTROL || kind == CODE_POINT_INVISIBLE;
}

size_t visible_add_character(struct text *out, struct str rest)
{
	size_t length;
	int32_t point = code_point_at(rest, &length);
	bool is_hidden = point < 0 || visible_is_hidden(point);
	if (!is_hidden)
		text_add_str(out, (struct str){ rest.at, length });
	else if (length == 1)
		text_printf(out, "\\x%02x", (unsigned char)*rest.at);
	else
		text_printf(out, point > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)point);
	return length;
}

void visible_add(struct text *out, struct str value)
{
	while (value.length) {
		/* Most texts are plain: a plain stretch is copied in one piece. */
		size_t plain = 0;
		while (plain < value.length && value.at[plain] >= ' ' && value.at[plain] < 0x7f)
			plain++;
		text_add_str(out, (struct str){ value.at, plain });
		if (plain < value.length)
			plain += visible_add_character(
				out, (struct str){ value.at + plain, value.length - plain });
		value.at += plain;
		value.length -= plain;
	}
}

/* How many bytes of `value` fit into *columns; sets *columns to the columns that they take. */
static size_t measure(struct str value, int *columns)
{
	int left = *columns;
	size_t at = 0;
	while (at < value.length) {
		size_t length;
		int32_t point =
			code_point_at((struct str){ value.at + at, value.length - at }, &length);
		int width = point < 0 ? 1 : utf8proc_charwidth(point);
		if (width > left)
			break;
		left -= width;
		at += length;
	}
	*columns -= left;
	return at;
}

int visible_columns(struct str value)
{
	int columns = INT_MAX;
	measure(value, &columns);
	return columns;
}

struct str visible_cut(struct str value, int columns)
{
	return (struct str){ value.at, measure(value, &columns) };
}
