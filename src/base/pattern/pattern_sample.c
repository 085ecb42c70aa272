/* base/pattern/pattern_sample.c - writes a text by a pattern, as one would read the pattern aloud.
 */
#include "base/pattern/pattern_sample.h"

#include <ctype.h>

#include "base/pattern/pattern_class.h"

#define GROUPS_DEEP 20
#define ALTERNATIVES_MOST 32 /* further ones are never taken */

struct sample_writer {
	struct str body;
	size_t at;
	unsigned turn;
	bool is_caseless, is_extended;
	bool is_lost; /* something was not understood, or the sample is too long */
	int depth;
	struct text *out;
};

static void alternatives_write(struct sample_writer *writer);

static char peek(const struct sample_writer *writer, size_t ahead)
{
	size_t at = writer->at + ahead;
	return at < writer->body.length ? writer->body.at[at] : '\0';
}

static bool is_end(const struct sample_writer *writer)
{
	return writer->is_lost || writer->at >= writer->body.length;
}

static void lose(struct sample_writer *writer)
{
	writer->is_lost = true;
}

static void add(struct sample_writer *writer, struct str piece)
{
	if (writer->out->length + piece.length > PATTERN_SAMPLE_BYTES)
		lose(writer);
	else
		text_add_str(writer->out, piece);
}

/* Takes back what was written since then. */
static void cut(struct sample_writer *writer, size_t length)
{
	if (writer->out->length == length)
		return;
	writer->out->length = length;
	writer->out->at[length] = '\0';
}

/* Moves behind `text`, which is ahead; lost when it is not. */
static void skip_past(struct sample_writer *writer, const char *text)
{
	size_t length = strlen(text);
	while (writer->at < writer->body.length) {
		struct str rest = { writer->body.at + writer->at,
			writer->body.length - writer->at };
		if (str_starts(rest, text)) {
			writer->at += length;
			return;
		}
		writer->at++;
	}
	lose(writer);
}

/* \Q...\E */
static void quoted_write(struct sample_writer *writer)
{
	size_t begin = writer->at;
	skip_past(writer, "\\E");
	if (!writer->is_lost)
		add(writer, (struct str){ writer->body.at + begin, writer->at - begin - 2 });
}

/* The character at the writer, which stands for itself. */
static void character_write(struct sample_writer *writer)
{
	size_t length = 1;
	while (((unsigned char)peek(writer, length) & 0xc0) == 0x80)
		length++;
	struct str piece = { writer->body.at + writer->at, length };
	writer->at += length;
	add(writer, piece);
}

static void escape_write(struct sample_writer *writer)
{
	char c = peek(writer, 1);
	writer->at += 2;
	if (c == 'Q') {
		quoted_write(writer);
		return;
	}
	/* numbers and names of groups, code points, controls */
	if (!c || (isalnum((unsigned char)c) && !strchr("dwDSNXsWhnRvtbBAzZGKpP", c))) {
		lose(writer);
		return;
	}
	const char *example = pattern_class_escape(c);
	if (!example) {
		writer->at--;
		character_write(writer);
		return;
	}
	if (strchr("pP", c) && peek(writer, 0) == '{')
		skip_past(writer, "}");
	else if (strchr("pP", c))
		writer->at++;
	add(writer, str_of(example));
}

static void class_write(struct sample_writer *writer)
{
	size_t end = pattern_class_end(writer->body, writer->at);
	struct str written = { writer->body.at + writer->at, end - writer->at };
	char example;
	writer->at = end;
	if (pattern_class_example(written, writer->is_caseless, &example))
		add(writer, (struct str){ &example, 1 });
	else
		lose(writer);
}

/* The kind of group behind "(?". What only looks ahead or behind adds nothing to the text:
 * *is_silent. */
static void kind_read(struct sample_writer *writer, bool *is_silent)
{
	char kind = peek(writer, 0), next = peek(writer, 1);
	bool is_behind = kind == '<' && (next == '=' || next == '!');
	*is_silent = kind == '=' || kind == '!' || is_behind || kind == '#';
	if (*is_silent || (kind && strchr(":>|", kind)))
		writer->at += is_behind ? 2 : 1;
	else if (kind == '<' || (kind == 'P' && next == '<'))
		skip_past(writer, ">");
	else if (kind == '\'') {
		writer->at++;
		skip_past(writer, "'");
	} else
		lose(writer); /* flags, conditions, calls */
}

static void group_write(struct sample_writer *writer)
{
	size_t before = writer->out->length;
	bool is_silent = false;
	writer->at++;
	if (peek(writer, 0) == '*' || ++writer->depth > GROUPS_DEEP) {
		lose(writer);
		return;
	}
	if (peek(writer, 0) == '?') {
		writer->at++;
		kind_read(writer, &is_silent);
	}
	alternatives_write(writer);
	if (peek(writer, 0) != ')')
		lose(writer);
	writer->at++;
	writer->depth--;
	if (is_silent && !writer->is_lost)
		cut(writer, before);
}

static void atom_write(struct sample_writer *writer)
{
	switch (peek(writer, 0)) {
	case '\\':
		escape_write(writer);
		break;
	case '[':
		class_write(writer);
		break;
	case '(':
		group_write(writer);
		break;
	case '^':
	case '$':
		writer->at++;
		break;
	case '.':
		writer->at++;
		add(writer, STR("a"));
		break;
	case '#':
		if (writer->is_extended) {
			lose(writer);
			break;
		}
		__attribute__((fallthrough));
	default:
		if (writer->is_extended && isspace((unsigned char)peek(writer, 0)))
			writer->at++;
		else
			character_write(writer);
	}
}

/* "{2,5}" at the writer? Then past it, and *least is 2. */
static bool counts_read(struct sample_writer *writer, int64_t *least)
{
	struct str rest = { writer->body.at + writer->at, writer->body.length - writer->at };
	const char *end = memchr(rest.at, '}', rest.length);
	const char *comma = end ? memchr(rest.at, ',', (size_t)(end - rest.at)) : NULL;
	if (!end || !str_to_count((struct str){ rest.at + 1,
					  (size_t)((comma ? comma : end) - rest.at) - 1 },
			    least))
		return false;
	writer->at += (size_t)(end - rest.at) + 1;
	return true;
}

/* How often the part before the writer is to be written. */
static int64_t times_read(struct sample_writer *writer)
{
	int64_t times = 1;
	char c = peek(writer, 0);
	if (c == '*' || c == '?')
		times = writer->turn % 2;
	if (c == '*' || c == '?' || c == '+')
		writer->at++;
	else if (c != '{' || !counts_read(writer, &times))
		return 1;
	if (peek(writer, 0) == '?' || peek(writer, 0) == '+')
		writer->at++;
	return times;
}

static void repeated_write(struct sample_writer *writer)
{
	size_t before = writer->out->length;
	atom_write(writer);
	if (writer->is_lost)
		return;
	int64_t times = times_read(writer);
	struct str piece = { writer->out->at + before, writer->out->length - before };
	OWNED_MEMORY char *copy = mem_copy_bytes(piece.at, piece.length);
	cut(writer, before);
	for (int64_t i = 0; i < times && piece.length && !writer->is_lost; i++)
		add(writer, (struct str){ copy, piece.length });
}

/* Writes every alternative up to the end of the group, and keeps the one whose turn it is. */
static void alternatives_write(struct sample_writer *writer)
{
	size_t begins[ALTERNATIVES_MOST + 1] = { writer->out->length }, count = 1;
	while (!is_end(writer) && peek(writer, 0) != ')') {
		if (peek(writer, 0) != '|') {
			repeated_write(writer);
			continue;
		}
		writer->at++;
		if (count == ALTERNATIVES_MOST)
			lose(writer);
		else
			begins[count++] = writer->out->length;
	}
	begins[count] = writer->out->length;
	if (writer->is_lost)
		return;
	size_t turn = writer->turn % count, length = begins[turn + 1] - begins[turn];
	if (writer->out->length)
		memmove(writer->out->at + begins[0], writer->out->at + begins[turn], length);
	cut(writer, begins[0] + length);
}

bool pattern_sample(const struct pattern *pattern, unsigned turn, struct pattern_scratch *scratch,
	struct text *out)
{
	struct str written = str_of(pattern_written(pattern));
	size_t end = written.length;
	while (end > 1 && written.at[end - 1] != '/')
		end--;
	struct str flags = { written.at + end, written.length - end };
	struct sample_writer writer = { .body = { written.at + 1, end > 1 ? end - 2 : 0 },
		.turn = turn,
		.is_caseless = flags.length && memchr(flags.at, 'i', flags.length),
		.is_extended = flags.length && memchr(flags.at, 'x', flags.length),
		.out = out };
	text_reset(out);
	alternatives_write(&writer);
	pattern_allowance_renew(scratch);
	return !writer.is_lost && writer.at == writer.body.length &&
	       pattern_search(pattern, text_str(out), scratch) == SEARCH_YES;
}
