/*
 * base/secret_stray.c - finds bytes that hardly belong to a secret: editors, shells and templates
 * leave them at its ends or around it.
 */
#include "base/code_point.h"
#include "base/secret.h"

#define MOST_NAMED 4 /* most characters of one run that a message names */

static bool is_utf16_mark(struct str bytes)
{
	return str_starts(bytes, "\xff\xfe") || str_starts(bytes, "\xfe\xff");
}

static bool is_stray(int32_t point)
{
	enum code_point_kind kind = code_point_kind_of(point);
	return point == ' ' || kind == CODE_POINT_BLANK || kind == CODE_POINT_INVISIBLE ||
	       kind == CODE_POINT_CONTROL;
}

/* The bytes of a stray character at the beginning of `bytes` (not empty); 0: there is none. */
static size_t stray_before(struct str bytes)
{
	size_t length;
	if (is_utf16_mark(bytes))
		return 2;
	int32_t point = code_point_at(bytes, &length);
	return point >= 0 && is_stray(point) ? length : 0;
}

/* The same at its end. */
static size_t stray_behind(struct str bytes)
{
	size_t begin = bytes.length - 1, length;
	while (begin && bytes.length - begin < 4 && ((unsigned char)bytes.at[begin] & 0xc0) == 0x80)
		begin--;
	int32_t point =
		code_point_at((struct str){ bytes.at + begin, bytes.length - begin }, &length);
	bool is_last = begin + length == bytes.length;
	return is_last && point >= 0 && is_stray(point) ? length : 0;
}

struct str secret_core(struct str bytes)
{
	for (size_t stray; bytes.length && (stray = stray_before(bytes));)
		bytes = (struct str){ bytes.at + stray, bytes.length - stray };
	for (size_t stray; bytes.length && (stray = stray_behind(bytes));)
		bytes.length -= stray;
	return bytes;
}

/* Describes a run of stray characters, at most MOST_NAMED of them. */
static void describe_run(struct str run, struct text *out)
{
	for (int count = 0; run.length; count++) {
		size_t length = is_utf16_mark(run) ? 2 : 0;
		if (count == MOST_NAMED) {
			text_add(out, ", ...");
			return;
		}
		text_add(out, count ? ", " : "");
		if (length)
			text_add(out, "the byte order mark of UTF-16");
		else
			code_point_describe(code_point_at(run, &length), out);
		run = (struct str){ run.at + length, run.length - length };
	}
}

static bool has_control(struct str bytes)
{
	for (size_t i = 0; i < bytes.length; i++)
		if ((unsigned char)bytes.at[i] < ' ')
			return true;
	return false;
}

static bool is_quoted(struct str bytes)
{
	return bytes.length > 1 && (*bytes.at == '"' || *bytes.at == '\'') &&
	       bytes.at[bytes.length - 1] == *bytes.at;
}

bool secret_describe_strays(const struct secret *secret, struct text *out)
{
	struct str all = secret_bytes(secret), core = secret_core(all);
	size_t before = (size_t)(core.at - all.at), behind = all.length - before - core.length,
	       begin = out->length;
	if (before) {
		text_add(out, "begins with ");
		describe_run((struct str){ all.at, before }, out);
	}
	if (behind) {
		text_add(out, before ? " and ends in " : "ends in ");
		describe_run((struct str){ core.at + core.length, behind }, out);
	}
	if (has_control(core))
		text_printf(out, "%sholds control characters inside, such as line breaks or NUL",
			out->length > begin ? " and " : "");
	if (is_quoted(core))
		text_printf(out, "%sis in quotation marks", out->length > begin ? " and " : "");
	return out->length > begin;
}
