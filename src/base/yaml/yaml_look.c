/* base/yaml/yaml_look.c - warns about scalars that are not what they look like. Each warning stands
 * for a rule that did nothing or refreshed the wrong workbook. */
#include "base/yaml/yaml_look.h"

#include "base/code_point.h"
#include "base/yaml/yaml_type.h"

#define QUOTED_MOST 60 /* bytes of a text that a message repeats */

struct scalar_look {
	const struct yaml_node *node;
	enum yaml_use use;
	struct str source;
	struct problems *problems;
};

/* How many bytes of `text` to print with `%.*s`: whole characters only. */
static int shown(struct str text)
{
	size_t length = text.length < QUOTED_MOST ? text.length : QUOTED_MOST;
	while (length && length < text.length && ((unsigned char)text.at[length] & 0xc0) == 0x80)
		length--;
	return (int)length;
}

#define WARN(look, code, ...)                                                                      \
	problem_add((look)->problems, (code), (look)->node->place, (look)->source, __VA_ARGS__)

/* ---- the whole text ------------------------------------------------------------------------- */

/* The rest of the line after the scalar; empty when its text is not a view into the source. */
static struct str rest_of_line(const struct scalar_look *look)
{
	struct str text = look->node->text, source = look->source;
	if (!source.length || text.at < source.at || text.at > source.at + source.length)
		return STR("");
	const char *begin = text.at + text.length, *end = source.at + source.length;
	const char *line_break = memchr(begin, '\n', (size_t)(end - begin));
	struct str rest = { begin, (size_t)((line_break ? line_break : end) - begin) };
	struct str trimmed = str_trim(rest);
	return (struct str){ begin, (size_t)(trimmed.at + trimmed.length - begin) };
}

static void look_at_comment(const struct scalar_look *look)
{
	struct str text = look->node->text, rest = rest_of_line(look);
	if (!look->node->has_close_comment)
		return;
	IGNORE(WARN(look, PROBLEM_COMMENT_IN_VALUE,
		"the value is '%.*s': to YAML '%.*s' is a comment; quote the whole if it belongs "
		"to the value, or put two blanks before the '#'",
		shown(text), text.at, shown(rest), rest.length ? rest.at : "")); /* false */
}

static void look_at_lines(const struct scalar_look *look)
{
	struct str text = look->node->text;
	if (look->node->is_folded)
		IGNORE(WARN(look, PROBLEM_FOLDED_LINES,
			"these lines are one text to YAML, '%.*s'; write a list with '-' before "
			"each, or one line",
			shown(text), text.at)); /* false */
}

static void look_at_ends(const struct scalar_look *look)
{
	struct str text = look->node->text;
	if (look->use == YAML_PATTERN || !text.length)
		return;
	char first = text.at[0], last = text.at[text.length - 1];
	if (last == '\n')
		IGNORE(WARN(look, PROBLEM_STRAY_BLANK,
			"the text ends with a line break; write '|-' or '>-', or one line"));
	else if (first == ' ' || last == ' ')
		IGNORE(WARN(look, PROBLEM_STRAY_BLANK,
			"the text %s with a blank, which counts when names are compared",
			first == ' ' ? "begins" : "ends")); /* false */
}

static void look_at_type(const struct scalar_look *look)
{
	struct str text = look->node->text;
	const char *type =
		look->use == YAML_NAME && look->node->is_plain ? yaml_type_elsewhere(text) : NULL;
	if (type)
		IGNORE(WARN(look, PROBLEM_YAML_TYPE,
			"without quotes '%.*s' is a text here and %s to other YAML readers, which "
			"may write it in another way; put it in quotes",
			shown(text), text.at, type)); /* false */
}

/* ---- single characters
 * ------------------------------------------------------------------------- */

struct character {
	int32_t point;
	enum code_point_kind kind;
	int number; /* from 1 */
};

static bool is_ascii_word(int32_t point)
{
	return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') ||
	       (point >= '0' && point <= '9') || point == '_';
}

static bool is_letter(const struct character *c)
{
	return is_ascii_word(c->point) || c->point >= 0xc0;
}

static const char *described(int32_t point, struct text *out)
{
	text_reset(out);
	code_point_describe(point, out);
	return out->at;
}

static void warn_escape(
	const struct scalar_look *look, const struct character *c, struct text *name)
{
	IGNORE(WARN(look, PROBLEM_YAML_ESCAPE,
		"an escape in double quotes became %s at character %d; in single quotes (or "
		"none) a backslash stays one",
		described(c->point, name), c->number)); /* false */
}

static void warn_invisible(
	const struct scalar_look *look, const struct character *c, struct text *name)
{
	char escape[sizeof "\\U0010ffff"];
	IGNORE(snprintf(escape, sizeof escape, c->point > 0xffff ? "\\U%08x" : "\\u%04x",
		       (unsigned)c->point) < 0); /* it fits */
	IGNORE(WARN(look, PROBLEM_INVISIBLE_CHARACTER,
		"character %d is %s, which %s; leave it out, or write \"%s\" in double quotes if "
		"it is meant",
		c->number, described(c->point, name),
		c->kind == CODE_POINT_INVISIBLE ? "cannot be seen" : "looks like a blank",
		escape)); /* false */
}

/* Joiners belong to emoji and to some scripts, the wide blank to others. */
static bool is_at_home(int32_t point, int32_t before, int32_t after)
{
	bool is_script = point == 0x200c || point == 0x200d || point == 0x3000;
	return is_script && before > 0x7f && after > 0x7f;
}

static int32_t point_after(struct str rest)
{
	size_t length;
	return rest.length ? code_point_at(rest, &length) : 0;
}

/* Takes the next character off `rest`. */
static void take_character(struct str *rest, struct character *c)
{
	size_t length;
	c->point = code_point_at(*rest, &length);
	c->kind = code_point_kind_of(c->point);
	rest->at += length;
	rest->length -= length;
}

/* Reports the first character that is not what it looks like. */
static void look_at_each(const struct scalar_look *look)
{
	struct str rest = look->node->text;
	OWNED_TEXT struct text name = TEXT(TEXT_UNBOUNDED);
	int32_t before = 0;
	for (struct character c = { .number = 1 }; rest.length; c.number++) {
		take_character(&rest, &c);
		bool is_last = !rest.length;
		bool is_odd = c.kind == CODE_POINT_CONTROL ||
			      (look->node->has_blank_escape && c.point == 0xa0);
		if (is_odd && look->node->has_escape) {
			warn_escape(look, &c, &name);
			return;
		}
		bool is_hidden = c.kind == CODE_POINT_BLANK || c.kind == CODE_POINT_INVISIBLE ||
				 (c.kind == CODE_POINT_CONTROL && !(is_last && c.point == '\n'));
		if (is_hidden && !look->node->has_escape &&
			!is_at_home(c.point, before, point_after(rest))) {
			warn_invisible(look, &c, &name);
			return;
		}
		before = c.point;
	}
}

static void look_at_quotes(const struct scalar_look *look)
{
	struct str text = look->node->text;
	size_t length;
	if (!text.length)
		return;
	int32_t first = code_point_at(text, &length);
	size_t last = text.length - 1;
	while (last && ((unsigned char)text.at[last] & 0xc0) == 0x80)
		last--;
	int32_t end = code_point_at((struct str){ text.at + last, text.length - last }, &length);
	if (!last || code_point_kind_of(first) != CODE_POINT_QUOTE ||
		(code_point_kind_of(end) != CODE_POINT_QUOTE && end != '"' && end != '\''))
		return;
	OWNED_TEXT struct text name = TEXT(TEXT_UNBOUNDED);
	IGNORE(WARN(look, PROBLEM_TYPOGRAPHIC_QUOTES,
		"the text begins with %s, which does not quote but is a part of it; YAML's "
		"quotation marks are \" and '",
		described(first, &name))); /* false */
}

/* ---- words ------------------------------------------------------------------------------ */

struct word {                 /* letters in a row */
	struct character odd; /* the first that looks like an ASCII letter */
	bool has_ascii, has_odd;
};

/* True when the word was reported: then nothing else is. */
static bool word_end(const struct scalar_look *look, struct word *word)
{
	bool is_mixed = word->has_ascii && word->has_odd;
	if (is_mixed) {
		OWNED_TEXT struct text name = TEXT(TEXT_UNBOUNDED);
		IGNORE(WARN(look, PROBLEM_LOOKALIKE_CHARACTER,
			"character %d is %s, in a word with Latin letters or digits",
			word->odd.number, described(word->odd.point, &name))); /* false */
	}
	*word = (struct word){ 0 };
	return is_mixed;
}

static void warn_dash(const struct scalar_look *look, const struct character *c)
{
	OWNED_TEXT struct text name = TEXT(TEXT_UNBOUNDED);
	IGNORE(WARN(look, PROBLEM_LOOKALIKE_CHARACTER,
		"character %d is %s, which makes no range between '[' and ']'; write '-'",
		c->number, described(c->point, &name))); /* false */
}

/*
 * In a pattern, a class may name two alphabets, and a letter after a backslash is not part of a
 * word.
 */
static void look_at_words(const struct scalar_look *look)
{
	struct str rest = look->node->text;
	struct word word = { 0 };
	bool is_pattern = look->use == YAML_PATTERN, is_in_class = false, is_escaped = false;
	for (struct character c = { .number = 1 }; rest.length; c.number++) {
		take_character(&rest, &c);
		if (is_in_class && c.kind == CODE_POINT_DASH) {
			warn_dash(look, &c);
			return;
		}
		if (is_pattern && !is_escaped && (c.point == '[' || c.point == ']'))
			is_in_class = c.point == '[';
		bool is_part = is_letter(&c) && !is_in_class && !is_escaped;
		is_escaped = is_pattern && !is_escaped && c.point == '\\';
		if (!is_part && word_end(look, &word))
			return;
		if (!is_part)
			continue;
		word.has_ascii |= is_ascii_word(c.point);
		if (c.kind == CODE_POINT_LETTER && !word.has_odd) {
			word.has_odd = true;
			word.odd = c;
		}
	}
	word_end(look, &word);
}

void yaml_look(const struct yaml_node *node, enum yaml_use use, struct str source,
	struct problems *problems)
{
	const struct scalar_look look = {
		.node = node, .use = use, .source = source, .problems = problems
	};
	look_at_comment(&look);
	look_at_lines(&look);
	look_at_ends(&look);
	look_at_type(&look);
	look_at_each(&look);
	look_at_quotes(&look);
	look_at_words(&look);
}
