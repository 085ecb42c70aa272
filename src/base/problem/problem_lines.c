/* base/problem/problem_lines.c - one pass over a file's bytes, as far as the lines that were asked
 * for. */
#include "base/problem/problem_lines.h"
#include "base/text.h"

#define LINE_BYTES 400 /* only the beginning of a longer line is shown */

size_t problem_lines_break(struct str source, size_t offset)
{
	const unsigned char *at = (const unsigned char *)source.at + offset;
	size_t left = source.length - offset;
	if (at[0] == '\n')
		return 1;
	if (at[0] == '\r')
		return left > 1 && at[1] == '\n' ? 2 : 1;
	if (at[0] == 0xc2 && left > 1 && at[1] == 0x85)
		return 2;
	if (at[0] == 0xe2 && left > 2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9))
		return 3;
	return 0;
}

/* Bytes of the character in front; a byte that begins none counts as one. */
static size_t character_bytes(const char *at)
{
	size_t bytes = str_character(str_of(at));
	return bytes ? bytes : 1;
}

/* ---- passwords ---- */

#define ENDS_WORD " \t\"'" /* what ends a URL in a file, at the latest */

/* The part of `text` that is the password of a URL, or stands behind "password=". Where the line
 * was cut, the '@' behind a password may be missing. */
static struct str password_in(const char *text, bool is_cut)
{
	const char *url = strstr(text, "://"), *option = strstr(text, "password=");

	if (url && (!option || url < option)) {
		const char *user = url + strlen("://");
		struct str word = { user, strcspn(user, ENDS_WORD) };
		const char *colon = memchr(user, ':', word.length);
		const char *at = memrchr(user, '@', word.length);

		if (!at && is_cut && !user[word.length])
			at = user + word.length;
		if (colon && at && colon < at)
			return (struct str){ colon + 1, (size_t)(at - colon - 1) };
		return (struct str){ user, 0 };
	}
	if (!option)
		return (struct str){ 0 };
	option += strlen("password=");
	return (struct str){ option, strcspn(option, ENDS_WORD "&,}") };
}

/* A URL may hold a password even where none is allowed; a star stands for each character of it. */
static const char *without_passwords(struct str line, bool is_cut, struct arena *arena)
{
	OWNED_TEXT struct text shown = TEXT(TEXT_UNBOUNDED);
	const char *rest = arena_str(arena, line);

	for (struct str hidden; (hidden = password_in(rest, is_cut)).at;) {
		const char *end = hidden.at + hidden.length;

		text_add_str(&shown, (struct str){ rest, (size_t)(hidden.at - rest) });
		for (rest = hidden.at; rest < end; rest += character_bytes(rest))
			text_add(&shown, "*");
	}
	return shown.length ? arena_printf(arena, "%s%s", shown.at, rest) : rest;
}

const char *problem_lines_get(
	struct problem_lines *lines, struct str source, int line, struct arena *arena)
{
	if (line < 1 || !source.length)
		return NULL;
	bool is_same = lines->source.at == source.at && lines->source.length == source.length;
	if (!is_same || lines->line > line)
		*lines = (struct problem_lines){ .source = source, .line = 1 };
	size_t offset = lines->offset;
	while (lines->line < line && offset < source.length) {
		size_t bytes = problem_lines_break(source, offset);
		offset += bytes ? bytes : 1;
		lines->line += bytes != 0;
	}
	lines->offset = offset;
	if (lines->line < line)
		return NULL;
	size_t end = offset;
	while (end < source.length && end - offset <= LINE_BYTES &&
		!problem_lines_break(source, end))
		end++;
	struct str whole = { source.at + offset, end - offset }, shown = str_cut(whole, LINE_BYTES);
	return without_passwords(shown, shown.length < whole.length, arena);
}

int problem_lines_word_end(const char *line, int column)
{
	int at = 1;
	for (; *line && at < column; at++)
		line += character_bytes(line);
	if (!*line)
		return column + 1;
	do {
		line += character_bytes(line);
		at++;
	} while (*line && !strchr(" \t,:[]{}", *line));
	return at;
}
