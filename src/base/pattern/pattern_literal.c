/*
 * base/pattern/pattern_literal.c - finds a literal that every match of a pattern contains.
 * Conservative: reads only plain concatenations, and in doubt finds none, because a wrong literal
 * would silently keep a rule from matching.
 */
#include "base/pattern/pattern_literal.h"

#include "base/pattern/pattern.h"

#define SHORTEST 3

struct literal_reader {
	struct str body;
	size_t at;
	struct text run; /* literal bytes since the last part that is not a literal */
	struct text *best;
};

static void end_run(struct literal_reader *reader)
{
	if (reader->run.length > reader->best->length) {
		text_reset(reader->best);
		text_add_str(reader->best, text_str(&reader->run));
	}
	text_reset(&reader->run);
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* A quantifier that allows zero takes the last character out of the run; any quantifier ends it. */
static void drop_last_character(struct literal_reader *reader)
{
	struct text *run = &reader->run;
	while (run->length && is_continuation(run->at[run->length - 1]))
		run->length--;
	if (run->length)
		run->length--;
	run->at[run->length] = '\0';
}

/*
 * Skips an escape inside a group or class. False for escapes that take more than one character:
 * `\c)` would hide a bracket, `\Q` a whole stretch. \p and \x are fine: letters, digits and braces
 * follow, which are skipped like any others.
 */
static bool skip_escape(struct literal_reader *reader)
{
	if (reader->at + 1 >= reader->body.length)
		return false;
	char c = reader->body.at[reader->at + 1];
	bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	if (c == '\0' || (is_letter && !strchr("dDwWsSbBAzZtnrfpPx", c)))
		return false;
	reader->at += 2;
	return true;
}

static bool skip_class(struct literal_reader *reader)
{
	struct str body = reader->body;
	reader->at++;
	if (reader->at < body.length && body.at[reader->at] == '^')
		reader->at++;
	if (reader->at < body.length && body.at[reader->at] == ']')
		reader->at++; /* a ']' that comes first is a member */
	while (reader->at < body.length) {
		char c = body.at[reader->at];
		if (c == '[')
			return false; /* [:alpha:] and its kin */
		if (c == '\\') {
			if (!skip_escape(reader))
				return false;
			continue;
		}
		reader->at++;
		if (c == ']')
			return true;
	}
	return false;
}

/*
 * Only plain, named and non-capturing groups and lookbehinds: (?i), (*VERB), conditions and
 * comments change what follows.
 */
static bool is_plain_group(struct str rest)
{
	if (str_starts(rest, "*"))
		return false;
	return !str_starts(rest, "?") || str_starts(rest, "?:") || str_starts(rest, "?<") ||
	       str_starts(rest, "?P<");
}

/* Skips a group and all that is nested in it; false for a construct that this reader does not
 * understand. */
static bool skip_group(struct literal_reader *reader)
{
	int depth = 0;
	while (reader->at < reader->body.length) {
		char c = reader->body.at[reader->at];
		if (c == '\\' || c == '[') {
			if (!(c == '[' ? skip_class(reader) : skip_escape(reader)))
				return false;
			continue;
		}
		reader->at++;
		if (c == '(') {
			if (!is_plain_group((struct str){ reader->body.at + reader->at,
				    reader->body.length - reader->at }))
				return false;
			depth++;
		} else if (c == ')' && --depth == 0) {
			return true;
		}
	}
	return false;
}

static bool read_escape(struct literal_reader *reader)
{
	if (reader->at + 1 >= reader->body.length)
		return false;
	char c = reader->body.at[reader->at + 1];
	reader->at += 2;
	bool is_word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	if (!is_word) {
		/* pcre2pattern(3): a backslash before a non-alphanumeric stands for it */
		text_add_char(&reader->run, c);
		return (unsigned char)c < 0x80;
	}
	if (!strchr("dDwWsSbBAzZ", c))
		return false;
	end_run(reader);
	return true;
}

/*
 * Skips "3}", "3,}" or "3,5}". Any other brace is a character to PCRE2; this reader then gives up.
 */
static bool skip_counts(struct literal_reader *reader)
{
	size_t at = reader->at, commas = 0;
	for (; at < reader->body.length && reader->body.at[at] != '}'; at++) {
		bool is_comma = reader->body.at[at] == ',' && at > reader->at && !commas++;
		if (!is_comma && (reader->body.at[at] < '0' || reader->body.at[at] > '9'))
			return false;
	}
	if (at == reader->at || at == reader->body.length)
		return false;
	reader->at = at + 1;
	return true;
}

/* ?, *, + or {...}, with a lazy or possessive mark behind it. */
static bool read_quantifier(struct literal_reader *reader)
{
	char c = reader->body.at[reader->at++];
	if (c != '+')
		drop_last_character(reader); /* also for {1,}, which only loses a character */
	end_run(reader);
	if (c == '{' && !skip_counts(reader))
		return false;
	if (reader->at < reader->body.length && strchr("?+", reader->body.at[reader->at]))
		reader->at++;
	return true;
}

static bool read_one(struct literal_reader *reader)
{
	char c = reader->body.at[reader->at];
	switch (c) {
	case '\\':
		return read_escape(reader);
	case '(':
		end_run(reader);
		return skip_group(reader);
	case '[':
		end_run(reader);
		return skip_class(reader);
	case '|':
	case ')':
		return false;
	case '?':
	case '*':
	case '+':
	case '{':
		return read_quantifier(reader);
	case '^':
	case '$':
	case '.':
		end_run(reader);
		break;
	default:
		text_add_char(&reader->run, c);
	}
	reader->at++;
	return true;
}

bool pattern_literal_find(struct str written, struct text *out)
{
	size_t end = written.length;
	while (end > 0 && written.at[end - 1] != '/')
		end--;
	struct str flags = { written.at + end, written.length - end };
	text_reset(out);
	if (end < 3 || memchr(flags.at, 'i', flags.length) || memchr(flags.at, 'x', flags.length))
		return false;
	struct literal_reader reader = { .body = { written.at + 1, end - 2 }, .best = out };
	reader.run = TEXT(TEXT_UNBOUNDED);
	bool is_understood = true;
	while (is_understood && reader.at < reader.body.length)
		is_understood = read_one(&reader);
	end_run(&reader);
	text_clear(&reader.run);
	if (is_understood && out->length >= SHORTEST)
		return true;
	text_reset(out);
	return false;
}

struct str pattern_required_literal(struct str written, struct arena *arena)
{
	OWNED_TEXT struct text literal = TEXT(TEXT_UNBOUNDED);
	if (!pattern_literal_find(written, &literal))
		return (struct str){ 0 };
	return (struct str){ arena_str(arena, text_str(&literal)), literal.length };
}
