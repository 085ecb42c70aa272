/*
 * base/yaml/yaml_comments.c - what stands between libyaml's tokens is blanks and comments.
 *
 * One position goes over the file once, in bytes, characters and lines. Where a block text begins
 * (`|` and `>`) the rest of its first line is outside of it.
 */
#include "base/yaml/yaml_comments.h"

#include <yaml.h>

#include "base/mem.h"
#include "base/problem/problem_lines.h"

/* Deeper is refused when the file is read, and takes libyaml's scanner long (it looks at the keys
 * of all open brackets for each token). */
#define DEPTH_MOST 100

struct comment_reader {
	struct str source;
	const char *word;
	yaml_comment_visit *visit;
	void *context;
	size_t offset, index; /* in bytes and in characters */
	int line, column;
	int token_line; /* where the last token ended */
	int depth;
	size_t count;                 /* comments found */
	struct yaml_comment *pending; /* alone on their lines; the next token decides */
	size_t pending_count, pending_capacity;
};

/* ---- the position ---- */

static void advance(struct comment_reader *reader)
{
	struct str left = { reader->source.at + reader->offset,
		reader->source.length - reader->offset };
	size_t bytes = problem_lines_break(reader->source, reader->offset);
	if (bytes) {
		/* to libyaml CR LF are two characters */
		reader->index += left.at[0] == '\r' && bytes == 2 ? 2 : 1;
		reader->line++;
		reader->column = 1;
	} else {
		bytes = str_character(left);
		bytes = bytes ? bytes : 1;
		reader->index++;
		reader->column++;
	}
	reader->offset += bytes;
}

static bool is_before(const struct comment_reader *reader, size_t index)
{
	return reader->index < index && reader->offset < reader->source.length;
}

/* ---- comments ---- */

static void found(struct comment_reader *reader, const struct yaml_comment *comment)
{
	if (reader->count == YAML_COMMENTS_MOST)
		return;
	reader->count++;
	if (comment->about) {
		reader->visit(comment, reader->context);
		return;
	}
	mem_grow(&reader->pending, &reader->pending_capacity, reader->pending_count);
	reader->pending[reader->pending_count++] = *comment;
}

static void take_comment(struct comment_reader *reader)
{
	struct yaml_comment comment = { .line = reader->line,
		.column = reader->column,
		.about = reader->token_line == reader->line ? reader->line : 0 };
	size_t begin = reader->offset + 1;
	while (reader->offset < reader->source.length &&
		!problem_lines_break(reader->source, reader->offset))
		advance(reader);
	comment.text = (struct str){ reader->source.at + begin, reader->offset - begin };
	if (str_starts(str_trim(comment.text), reader->word))
		found(reader, &comment);
}

static void decide_pending(struct comment_reader *reader, int about)
{
	for (size_t i = 0; i < reader->pending_count; i++) {
		reader->pending[i].about = about;
		reader->visit(&reader->pending[i], reader->context);
	}
	reader->pending_count = 0;
}

/* ---- tokens ---- */

static void walk_gap(struct comment_reader *reader, size_t index)
{
	while (is_before(reader, index))
		if (reader->source.at[reader->offset] == '#')
			take_comment(reader);
		else
			advance(reader);
}

/* The first line of a block text: "|-2  # a comment". */
static void walk_header(struct comment_reader *reader, size_t index)
{
	while (is_before(reader, index) && !problem_lines_break(reader->source, reader->offset))
		if (reader->source.at[reader->offset] == '#')
			take_comment(reader);
		else
			advance(reader);
}

static bool is_block_text(const yaml_token_t *token)
{
	return token->type == YAML_SCALAR_TOKEN &&
	       (token->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
		       token->data.scalar.style == YAML_FOLDED_SCALAR_STYLE);
}

static void take_token(struct comment_reader *reader, const yaml_token_t *token)
{
	yaml_mark_t start = token->start_mark, end = token->end_mark;
	walk_gap(reader, start.index);
	if (end.index <= start.index) /* libyaml's own, not written */
		return;
	decide_pending(reader, (int)start.line + 1);
	reader->token_line = (int)start.line + 1;
	if (is_block_text(token))
		walk_header(reader, end.index);
	while (is_before(reader, end.index))
		advance(reader);
	reader->token_line = (int)end.line + (end.column > 0);
}

static void count_depth(struct comment_reader *reader, yaml_token_type_t type)
{
	reader->depth +=
		type == YAML_FLOW_SEQUENCE_START_TOKEN || type == YAML_FLOW_MAPPING_START_TOKEN ||
		type == YAML_BLOCK_SEQUENCE_START_TOKEN || type == YAML_BLOCK_MAPPING_START_TOKEN;
	reader->depth -= type == YAML_FLOW_SEQUENCE_END_TOKEN ||
			 type == YAML_FLOW_MAPPING_END_TOKEN || type == YAML_BLOCK_END_TOKEN;
}

static void read_tokens(struct comment_reader *reader, yaml_parser_t *parser)
{
	bool is_end = false;
	while (!is_end && reader->depth <= DEPTH_MOST && reader->count < YAML_COMMENTS_MOST) {
		yaml_token_t token;
		if (!yaml_parser_scan(parser, &token))
			return;
		is_end = token.type == YAML_STREAM_END_TOKEN;
		count_depth(reader, token.type);
		take_token(reader, &token);
		yaml_token_delete(&token);
	}
}

void yaml_comments_read(
	struct str source, const char *word, yaml_comment_visit *visit, void *context)
{
	struct comment_reader reader = { .source = source,
		.word = word,
		.visit = visit,
		.context = context,
		.line = 1,
		.column = 1 };
	yaml_parser_t parser;
	if (!source.length || !memmem(source.at, source.length, word, strlen(word)))
		return;
	if (!yaml_parser_initialize(&parser))
		return;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)source.at, source.length);
	read_tokens(&reader, &parser);
	yaml_parser_delete(&parser);
	decide_pending(&reader, 0);
	free(reader.pending);
}
