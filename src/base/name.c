/* base/name.c - normal form C by utf8proc, and the skeleton that names which look alike have in
 * common. */
#include "base/name.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "base/code_point.h"

static bool is_ascii(struct str text)
{
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.at[i] >= 0x80)
			return false;
	return true;
}

/* The caller frees it; NULL when `text` is not UTF-8. */
static char *mapped(struct str text, utf8proc_option_t options)
{
	utf8proc_uint8_t *result = NULL;
	utf8proc_ssize_t length = utf8proc_map((const utf8proc_uint8_t *)text.at,
		(utf8proc_ssize_t)text.length, &result, options | UTF8PROC_STABLE);
	if (length >= 0)
		return (char *)result; /* ends in NUL */
	free(result);
	return NULL;
}

struct str name_normal(struct str text, struct arena *arena)
{
	if (is_ascii(text))
		return text;
	OWNED_MEMORY char *normal = mapped(text, UTF8PROC_COMPOSE);
	if (!normal || str_is(text, normal))
		return text;
	return str_of(arena_text(arena, normal));
}

bool name_equal(const char *a, const char *b)
{
	if (!strcmp(a, b))
		return true;
	if (is_ascii(str_of(a)) && is_ascii(str_of(b)))
		return false;
	OWNED_MEMORY char *x = mapped(str_of(a), UTF8PROC_COMPOSE);
	OWNED_MEMORY char *y = mapped(str_of(b), UTF8PROC_COMPOSE);
	return x && y && !strcmp(x, y);
}

bool name_has_spellings(const char *name)
{
	if (is_ascii(str_of(name)))
		return false;
	OWNED_MEMORY char *composed = mapped(str_of(name), UTF8PROC_COMPOSE);
	OWNED_MEMORY char *decomposed = mapped(str_of(name), UTF8PROC_DECOMPOSE);
	return composed && decomposed && strcmp(composed, decomposed);
}

/* Adds the ASCII character that a reader sees in place of each lookalike; one blank for several,
 * none at the ends. */
static void add_twins(struct str text, struct text *out)
{
	bool is_after_blank = true;
	while (text.length) {
		size_t length;
		int32_t point = code_point_at(text, &length);
		char twin = code_point_twin(point);
		bool is_blank = point == ' ' || twin == ' ';
		if (is_blank && !is_after_blank)
			text_add_char(out, ' ');
		else if (!is_blank && twin)
			text_add_char(out, twin);
		else if (!is_blank && code_point_kind_of(point) != CODE_POINT_INVISIBLE)
			text_add_bytes(out, text.at, length);
		is_after_blank = is_blank;
		text.at += length;
		text.length -= length;
	}
	if (out->length && out->at[out->length - 1] == ' ')
		out->at[--out->length] = '\0';
}

void name_skeleton(struct str text, struct text *out)
{
	text_reset(out);
	add_twins(text, out);
	if (is_ascii(text_str(out))) {
		for (size_t i = 0; i < out->length; i++)
			if (out->at[i] >= 'A' && out->at[i] <= 'Z')
				out->at[i] = (char)(out->at[i] - 'A' + 'a');
		return;
	}
	OWNED_MEMORY char *folded = mapped(text_str(out),
		UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
	if (!folded)
		return;
	text_reset(out);
	text_add(out, folded);
}

/* Takes the next character off `text`; -1 at its end. */
static int32_t next(struct str *text)
{
	size_t length;
	if (!text->length)
		return -1;
	int32_t point = code_point_at(*text, &length);
	text->at += length;
	text->length -= length;
	return point;
}

static void describe(int32_t point, struct text *out)
{
	if (point < 0)
		text_add(out, "the end");
	else
		code_point_describe(point, out);
}

void name_difference(const char *written, const char *known, struct text *out)
{
	OWNED(arena) arena = arena_new();
	OWNED_TEXT struct text skeleton = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text other = TEXT(TEXT_UNBOUNDED);
	name_skeleton(str_of(written), &skeleton);
	name_skeleton(str_of(known), &other);
	if (!skeleton.length || !str_equal(text_str(&skeleton), text_str(&other)))
		return;
	struct str here = name_normal(str_of(written), arena),
		   there = name_normal(str_of(known), arena);
	for (int place = 1; here.length || there.length; place++) {
		int32_t mine = next(&here), theirs = next(&there);
		if (mine == theirs)
			continue;
		text_printf(out, "they differ at character %d: ", place);
		describe(theirs, out);
		text_add(out, " there, ");
		describe(mine, out);
		text_add(out, " here");
		return;
	}
}
