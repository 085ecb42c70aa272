/* base/pattern/pattern_atoms.c - splits a pattern into parts, with an example of each. */
#include "base/pattern/pattern_atoms.h"

#include <ctype.h>

#include "base/pattern/pattern_class.h"

#define ATOMS_MOST 48 /* only the beginning of a longer pattern is tried */
#define FEW_TURNS 10  /* {n,10} is too short a repetition to matter */

struct atoms_reader {
	struct str body, flags;
	size_t at;
	struct arena *arena;
	struct pattern_atoms *atoms;
	int repetitions;
	bool is_boundary, has_alternatives;
};

static bool has_flag(const struct atoms_reader *reader, char flag)
{
	return reader->flags.length && memchr(reader->flags.at, flag, reader->flags.length);
}

static char peek(const struct atoms_reader *reader, size_t ahead)
{
	size_t at = reader->at + ahead;
	return at < reader->body.length ? reader->body.at[at] : '\0';
}

static void add(struct atoms_reader *reader, struct str text)
{
	struct pattern_atoms *atoms = reader->atoms;
	if (!text.length || atoms->count == ATOMS_MOST)
		return;
	atoms->items[atoms->count++] = (struct pattern_atom){ .text = text,
		.begins_segment = reader->is_boundary || !atoms->count };
	reader->is_boundary = false;
}

/* Past the next `end`, or to the end of the body. */
static void skip_past(struct atoms_reader *reader, const char *ends)
{
	while (reader->at < reader->body.length && !strchr(ends, reader->body.at[reader->at]))
		reader->at++;
	if (reader->at < reader->body.length)
		reader->at++;
}

static void read_escape(struct atoms_reader *reader)
{
	char c = peek(reader, 1);
	const char *example = c ? pattern_class_escape(c) : "";
	if (!example) {
		add(reader, (struct str){ reader->body.at + reader->at + 1, 1 });
		reader->at += 2;
		return;
	}
	reader->at += c ? 2 : 1;
	if (strchr("pPxogkN", c) && peek(reader, 0) == '{')
		skip_past(reader, "}");
	add(reader, str_of(example));
}

static void read_class(struct atoms_reader *reader)
{
	size_t end = pattern_class_end(reader->body, reader->at);
	struct str written = { reader->body.at + reader->at, end - reader->at };
	char c;
	reader->at = end;
	if (pattern_class_example(written, has_flag(reader, 'i'), &c))
		add(reader, (struct str){ arena_str(reader->arena, (struct str){ &c, 1 }), 1 });
}

/* Moves past "(" and the characters that give the kind of group. */
static void read_group(struct atoms_reader *reader)
{
	reader->is_boundary = true;
	reader->at++;
	if (peek(reader, 0) == '*')
		skip_past(reader, ")");
	if (peek(reader, 0) != '?')
		return;
	char kind = peek(reader, 1), next = peek(reader, 2);
	bool is_named = (kind == '<' && next != '=' && next != '!') || kind == 'P' || kind == '\'';
	reader->at += kind == '\'' ? 2 : 1;
	skip_past(reader, is_named ? ">)'" : kind == '#' ? ")" : ":=!>|)");
}

/* A repetition makes the part before it a segment of its own. */
static void repetition(struct atoms_reader *reader)
{
	if (reader->atoms->count)
		reader->atoms->items[reader->atoms->count - 1].begins_segment = true;
	reader->is_boundary = true;
}

/* "{2,5}" at the reader? Then past it. */
static bool read_counts(struct atoms_reader *reader)
{
	size_t length = 1;
	int64_t most = 0, count;
	while (isdigit((unsigned char)peek(reader, length)) || peek(reader, length) == ',')
		length++;
	if (length == 1 || peek(reader, length) != '}')
		return false;
	struct str counts = { reader->body.at + reader->at + 1, length - 1 };
	const char *comma = memchr(counts.at, ',', counts.length);
	struct str last =
		comma ? (struct str){ comma + 1, counts.length - (size_t)(comma + 1 - counts.at) }
		      : counts;
	bool is_endless = !last.length || !str_to_count(last, &count);
	most = is_endless ? FEW_TURNS + 1 : count;
	reader->repetitions += most > FEW_TURNS;
	reader->at += length + 1;
	repetition(reader);
	return true;
}

static void read_one(struct atoms_reader *reader)
{
	char c = peek(reader, 0);
	size_t length = 1;
	switch (c) {
	case '\\':
		read_escape(reader);
		return;
	case '[':
		read_class(reader);
		return;
	case '(':
		read_group(reader);
		return;
	case '|':
		reader->has_alternatives = true;
		__attribute__((fallthrough));
	case ')':
		reader->is_boundary = true;
		break;
	case '*':
	case '+':
		reader->repetitions++;
		__attribute__((fallthrough));
	case '?':
		repetition(reader);
		break;
	case '{':
		if (read_counts(reader))
			return;
		add(reader, STR("{"));
		break;
	case '^':
	case '$':
		break;
	case '.':
		add(reader, STR("a"));
		break;
	default:
		while (((unsigned char)peek(reader, length) & 0xc0) == 0x80)
			length++;
		if (!has_flag(reader, 'x') || !isspace((unsigned char)c))
			add(reader, (struct str){ reader->body.at + reader->at, length });
	}
	reader->at += length;
}

struct pattern_atoms pattern_atoms_of(struct str written, struct arena *arena)
{
	size_t end = written.length;
	while (end > 1 && written.at[end - 1] != '/')
		end--;
	struct pattern_atoms atoms = {
		.items = arena_array(arena, struct pattern_atom, ATOMS_MOST),
	};
	struct atoms_reader reader = { .body = { written.at + 1, end > 1 ? end - 2 : 0 },
		.flags = { written.at + end, written.length - end },
		.arena = arena,
		.atoms = &atoms };
	bool is_anchored = str_starts(reader.body, "^") || str_starts(reader.body, "\\A");
	while (reader.at < reader.body.length)
		read_one(&reader);
	bool is_one_place = is_anchored && !reader.has_alternatives && !has_flag(&reader, 'm');
	atoms.may_grow = reader.repetitions > (is_one_place ? 1 : 0);
	return atoms;
}
