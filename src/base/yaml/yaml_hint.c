/* base/yaml/yaml_hint.c - the slips that people make most often, by libyaml's words for them. */
#include "base/yaml/yaml_hint.h"

#include <string.h>

#include "base/text.h"

static struct str line_before(const struct yaml_stop *stop)
{
	size_t from = stop->offset;
	while (from && stop->source.at[from - 1] != '\n')
		from--;
	return (struct str){ stop->source.at + from, stop->offset - from };
}

static bool holds(struct str text, const char *what)
{
	return text.length && memmem(text.at, text.length, what, strlen(what));
}

/* The line that begins a merge conflict, or 0. */
static int conflict_line(struct str source)
{
	int line = 1;
	for (struct str left = source; left.length; line++) {
		if (str_starts(left, "<<<<<<< "))
			return line;
		const char *end = memchr(left.at, '\n', left.length);
		size_t length = end ? (size_t)(end - left.at) + 1 : left.length;
		left = (struct str){ left.at + length, left.length - length };
	}
	return 0;
}

/* In "a: b: c" the text needs quotes; if the first ": " of a line is not allowed, the line itself
 * does not stand where it should. */
static const char *colon_hint(const struct yaml_stop *stop)
{
	if (holds(line_before(stop), ": "))
		return "; a text with ': ' in it needs quotes";
	return "; this line is indented too far, or the one before it lacks a blank after '-' or "
	       "':'";
}

static const char *bracket_hint(const struct yaml_stop *stop)
{
	struct str before = { stop->source.at + stop->from, stop->offset - stop->from };
	if (holds(before, " #"))
		return "; to YAML a blank and '#' begin a comment: a text with them needs quotes";
	if (holds(before, " /") || holds(before, "[/"))
		return "; between brackets a pattern with any of { } [ ] , or ': ' needs single "
		       "quotes";
	return "";
}

/* By the context, where its words for the problem say little. */
static const char *context_hint(const char *context)
{
	if (text_is(context, "while scanning an alias"))
		return "; a text that begins with '*' needs quotes";
	if (text_is(context, "while scanning an anchor"))
		return "; a text that begins with '&' needs quotes";
	if (text_is(context, "while scanning a tag"))
		return "; a text that begins with '!' needs quotes";
	return "";
}

const char *yaml_hint(const struct yaml_stop *stop, struct arena *arena)
{
	int conflict = conflict_line(stop->source);
	if (conflict)
		return arena_printf(arena,
			"; on line %d begins a merge conflict that is not resolved", conflict);
	if (stop->offset < stop->source.length && stop->source.at[stop->offset] == '\t')
		return "; YAML is indented with blanks, not tabs";
	if (str_starts(str_of(stop->what), "did not find expected ',' or"))
		return bracket_hint(stop);
	if (text_is(stop->what, "found unknown escape character"))
		return "; in double quotes YAML takes the backslash for itself: write patterns in "
		       "single quotes or none";
	if (text_is(stop->what, "mapping values are not allowed in this context"))
		return colon_hint(stop);
	if (text_is(stop->what, "found character that cannot start any token"))
		return "; a text that begins with '@', '`' or '%' needs quotes";
	if (text_is(stop->what, "did not find expected '-' indicator"))
		return "; the keys of a map begin in the same column";
	return context_hint(stop->context);
}
