/* base/yaml/yaml_scalar.c - comments and escapes around the text of a scalar. */
#include "base/yaml/yaml_scalar.h"

static size_t line_begin(struct str source, size_t at)
{
	while (at && source.at[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(struct str source, size_t at)
{
	while (at < source.length && source.at[at] != '\n')
		at++;
	return at;
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t characters(struct str source, size_t from, size_t to)
{
	size_t count = 0;
	for (; from < to; from++)
		count += !is_continuation(source.at[from]);
	return count;
}

static bool is_blank(struct str source, size_t at)
{
	return at >= source.length || source.at[at] == ' ' || source.at[at] == '\t' ||
	       source.at[at] == '\n' || source.at[at] == '\r';
}

/*
 * Does the line that begins at `from` have a comment in this column, as a column of comments has?
 * Then the one at `mark` is meant as a comment. Names of equal length align too, "Shop #1" above
 * "Shop #2", so one of the two must look like a comment: a blank after this mark, or more than one
 * blank before the other.
 */
static bool has_comment_in(struct str source, size_t from, size_t column, size_t mark)
{
	size_t end = line_end(source, from), at = from;
	while (at < end && column) {
		at++;
		while (at < end && is_continuation(source.at[at]))
			at++;
		column--;
	}
	bool is_comment = !column && at > from && at < end && source.at[at] == '#' &&
			  source.at[at - 1] == ' ';
	bool is_set_off = is_comment && (at - from < 2 || source.at[at - 2] == ' ');
	return is_comment && (is_set_off || is_blank(source, mark + 1));
}

bool yaml_scalar_comment_is_close(struct str source, size_t end)
{
	size_t mark = end + 1;
	if (mark >= source.length || source.at[end] != ' ' || source.at[mark] != '#')
		return false;
	struct str comment = { source.at + mark + 1, line_end(source, mark) - mark - 1 };
	if (str_starts(str_trim(comment), "refresh-router:")) /* base/problem/suppression.h */
		return false;
	size_t begin = line_begin(source, end), next = line_end(source, end) + 1;
	size_t column = characters(source, begin, mark);
	if (begin && has_comment_in(source, line_begin(source, begin - 1), column, mark))
		return false;
	return next >= source.length || !has_comment_in(source, next, column, mark);
}

bool yaml_scalar_has_escape(struct str quoted)
{
	for (size_t i = 0; i + 1 < quoted.length; i++) {
		if (quoted.at[i] != '\\')
			continue;
		char c = quoted.at[++i];
		if (c != '\\' && c != '"' && c != '/')
			return true;
	}
	return false;
}
