/*
 * base/yaml/yaml.c - builds our tree from libyaml's events, without a second tree beside it.
 *
 * Nothing here recurses: open lists and maps are on a stack of fixed depth, their finished children
 * on one shared list. A scalar whose text stands in the file unchanged is a view into the file, not
 * a copy, which keeps a large ruleset small.
 */
#include "base/yaml/yaml.h"

#include <assert.h>
/* clang warns about uthash's default hash, whose cases fall through */
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>
#include <yaml.h>

#include "base/file.h"
#include "base/yaml/yaml_hint.h"
#include "base/yaml/yaml_map.h"
#include "base/yaml/yaml_scalar.h"

#define DEPTH_MOST 100    /* nested lists and maps */
#define DIRECTIVES_MOST 8 /* lines that begin with '%'; libyaml compares each %TAG with each */
#define NODE_BLOCK 256    /* nodes allocated at once */

struct anchor {
	const char *name;
	const struct yaml_node *node;
	size_t size; /* nodes below it, aliases followed; 0 while it is open */
	int height;  /* 0 for a scalar */
	bool is_used;
	UT_hash_handle hh;
};

struct frame { /* a list or map whose end has not come */
	struct yaml_node *node;
	struct anchor *anchor;
	size_t first; /* of its children in `children` */
	size_t size;  /* nodes so far, itself included */
	int height;
	bool is_flow; /* written with braces or brackets */
};

struct yaml_builder {
	struct yaml_file *file;
	struct arena *arena;
	struct problems *problems;
	yaml_parser_t parser;
	struct anchor *anchors; /* uthash by name */
	struct frame frames[DEPTH_MOST];
	int depth;
	const struct yaml_node **children; /* of all open frames, concatenated */
	size_t child_count, child_capacity;
	struct yaml_node *block;
	size_t block_used;
	const struct yaml_node *root;
	/* one position in characters and in bytes; it only moves forward */
	size_t mark_index, mark_offset;
};

/* ---- positions ------------------------------------------------------------------------------ */

static struct place place_of(const struct yaml_builder *b, yaml_mark_t mark)
{
	return (struct place){
		.file = b->file->path, .line = (int)mark.line + 1, .column = (int)mark.column + 1
	};
}

static void set_end(struct place *place, yaml_mark_t mark)
{
	place->end_line = (int)mark.line + 1;
	place->end_column = (int)mark.column + 1;
}

/* Line and column of a byte, counted as libyaml counts. */
static struct place place_at_offset(const struct yaml_file *file, size_t offset)
{
	struct place place = { .file = file->path, .line = 1, .column = 1 };
	for (size_t i = 0; i < offset && i < file->source.length; i++) {
		unsigned char c = (unsigned char)file->source.at[i];
		bool is_break = c == '\n' || (c == '\r' && !(i + 1 < file->source.length &&
								   file->source.at[i + 1] == '\n'));
		if (is_break) {
			place.line++;
			place.column = 1;
		} else if ((c & 0xc0) != 0x80 && c != '\r') {
			place.column++;
		}
	}
	return place;
}

static bool report(
	struct yaml_builder *b, enum problem_code code, yaml_mark_t mark, const char *what)
{
	return problem_add(b->problems, code, place_of(b, mark), b->file->source, "%s", what);
}

/* The byte offset of a mark. Events come in the order of the text, so the whole file is walked
 * once. */
static size_t mark_offset(struct yaml_builder *b, yaml_mark_t mark)
{
	struct str source = b->file->source;
	while (b->mark_index < mark.index && b->mark_offset < source.length) {
		b->mark_offset++;
		while (b->mark_offset < source.length &&
			((unsigned char)source.at[b->mark_offset] & 0xc0) == 0x80)
			b->mark_offset++;
		b->mark_index++;
	}
	return b->mark_offset;
}

/* ---- nodes ---------------------------------------------------------------------------------- */

/* Nodes that aliases repeat count each time, because code that walks the tree meets them each
 * time. */
static bool count_nodes(struct yaml_builder *b, size_t more, yaml_mark_t mark)
{
	b->file->node_count += more;
	return b->file->node_count <= YAML_NODES ||
	       report(b, PROBLEM_TOO_LARGE, mark,
		       "more than eight million values up to here, with those that aliases repeat; "
		       "split the file");
}

static struct yaml_node *new_node(struct yaml_builder *b, enum yaml_type type, yaml_mark_t mark)
{
	if (!count_nodes(b, 1, mark))
		return NULL;
	if (!b->block || b->block_used == NODE_BLOCK) {
		b->block = arena_array(b->arena, struct yaml_node, NODE_BLOCK);
		b->block_used = 0;
	}
	struct yaml_node *node = &b->block[b->block_used++];
	node->type = type;
	node->place = place_of(b, mark);
	return node;
}

/* `workbooks: &Sales Report` is an anchor and the text 'Report'. */
static void check_use(struct yaml_builder *b, const struct anchor *anchor)
{
	const struct yaml_node *node = anchor->node;
	if (!anchor->is_used && node->type == YAML_SCALAR && node->is_plain && !yaml_is_null(node))
		IGNORE(problem_add(b->problems, PROBLEM_UNUSED_ANCHOR, node->place, b->file->source,
			"the word with '&' is an anchor that no alias names, and no part of the "
			"text; quote the whole if it belongs to it")); /* false */
}

static void report_repeated(
	struct yaml_builder *b, const struct anchor *anchor, const struct yaml_node *node)
{
	struct place first = anchor->node->place;
	IGNORE(problem_add(b->problems, PROBLEM_DUPLICATE_ANCHOR, node->place, b->file->source,
		"the anchor '&%.60s' stands here again; from here on '*%.60s' means this one",
		anchor->name, anchor->name)); /* false */
	problem_relate(b->problems, first, b->file->source, "it stood here first");
}

static struct anchor *new_anchor(
	struct yaml_builder *b, const yaml_char_t *name, const struct yaml_node *node)
{
	if (!name)
		return NULL;
	struct anchor *anchor;
	HASH_FIND_STR(b->anchors, (const char *)name, anchor);
	if (!anchor) {
		anchor = arena_new_of(b->arena, struct anchor);
		anchor->name = arena_text(b->arena, (const char *)name);
		HASH_ADD_KEYPTR(hh, b->anchors, anchor->name, strlen(anchor->name), anchor);
	}
	if (anchor->node) {
		check_use(b, anchor);
		report_repeated(b, anchor, node);
	}
	/* A repeated anchor name means the later node from here on (YAML 1.1, 3.2.2.2). */
	anchor->node = node;
	anchor->size = 0;
	anchor->height = 0;
	anchor->is_used = false;
	return anchor;
}

/* Gives a finished node to the list or map that is open, or makes it the root. */
static void add_child(struct yaml_builder *b, const struct yaml_node *node, size_t size, int height)
{
	if (b->depth == 0) {
		b->root = node;
		return;
	}
	struct frame *frame = &b->frames[b->depth - 1];
	frame->size += size;
	if (frame->height < height + 1)
		frame->height = height + 1;
	mem_grow(&b->children, &b->child_capacity, b->child_count);
	b->children[b->child_count++] = node;
}

/* Tags of YAML's own types are ignored; any other asks for a conversion that we do not make. */
static bool check_tag(struct yaml_builder *b, const yaml_char_t *tag, yaml_mark_t mark)
{
	static const char *const known[] = { "!", YAML_STR_TAG, YAML_INT_TAG, YAML_FLOAT_TAG,
		YAML_BOOL_TAG, YAML_NULL_TAG, YAML_TIMESTAMP_TAG, YAML_SEQ_TAG, YAML_MAP_TAG };
	if (!tag)
		return true;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (text_is((const char *)tag, known[i]))
			return true;
	return report(b, PROBLEM_WRONG_TYPE, mark,
		"to YAML what begins with '!' is a tag, which means nothing here; quote it if it "
		"belongs to the text");
}

/* ---- events --------------------------------------------------------------------------------- */

/* Notes how the scalar is written, for base/yaml/yaml_look.h. `begin` is where it begins in the
 * source. */
static void note_writing(
	struct yaml_builder *b, const yaml_event_t *event, size_t begin, struct yaml_node *node)
{
	struct str source = b->file->source;
	yaml_scalar_style_t style = event->data.scalar.style;
	size_t end = mark_offset(b, event->end_mark);
	if (style == YAML_PLAIN_SCALAR_STYLE) {
		node->is_folded = event->end_mark.line != event->start_mark.line;
		node->has_close_comment = yaml_scalar_comment_is_close(source, end);
	} else if (style == YAML_DOUBLE_QUOTED_SCALAR_STYLE && end > begin) {
		struct str quoted = { source.at + begin, end - begin };
		node->has_escape = yaml_scalar_has_escape(quoted);
		node->has_blank_escape =
			node->has_escape && memmem(quoted.at, quoted.length, "\\_", 2);
	}
}

static bool add_scalar(struct yaml_builder *b, const yaml_event_t *event)
{
	struct str value = { (const char *)event->data.scalar.value, event->data.scalar.length };
	if (value.length && memchr(value.at, '\0', value.length))
		return report(b, PROBLEM_ENCODING, event->start_mark, "a NUL character in a text");
	if (!check_tag(b, event->data.scalar.tag, event->start_mark))
		return false;
	struct yaml_node *node = new_node(b, YAML_SCALAR, event->start_mark);
	if (!node)
		return false;
	set_end(&node->place, event->end_mark);
	bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->is_plain = is_plain && event->data.scalar.plain_implicit;
	size_t offset = mark_offset(b, event->start_mark) + !is_plain;
	struct str source = b->file->source;
	if (offset <= source.length && source.length - offset >= value.length &&
		memcmp(source.at + offset, value.at, value.length) == 0)
		node->text = (struct str){ source.at + offset, value.length };
	else
		node->text = (struct str){ arena_str(b->arena, value), value.length };
	note_writing(b, event, offset - !is_plain, node);
	struct anchor *anchor = new_anchor(b, event->data.scalar.anchor, node);
	if (anchor)
		anchor->size = 1;
	add_child(b, node, 1, 0);
	return true;
}

static bool open_frame(struct yaml_builder *b, enum yaml_type type, bool is_flow,
	const yaml_char_t *anchor, const yaml_char_t *tag, yaml_mark_t mark)
{
	if (b->depth == DEPTH_MOST)
		return report(b, PROBLEM_TOO_DEEP, mark, "lists and maps are nested too deeply");
	if (!check_tag(b, tag, mark))
		return false;
	struct yaml_node *node = new_node(b, type, mark);
	if (!node)
		return false;
	b->frames[b->depth++] = (struct frame){
		.node = node,
		.anchor = new_anchor(b, anchor, node),
		.first = b->child_count,
		.size = 1,
		.is_flow = is_flow,
	};
	return true;
}

/*
 * A list or map with brackets ends behind them. One of lines ends where the text behind it begins,
 * which is no end that anybody sees: what is marked of it is its first key, or its dash.
 */
static void set_frame_end(
	const struct frame *frame, const struct yaml_node *first, yaml_mark_t mark)
{
	struct place *place = &frame->node->place;
	if (frame->is_flow) {
		set_end(place, mark);
	} else if (frame->node->type == YAML_MAP && first && first->place.line == place->line) {
		place->end_line = first->place.end_line;
		place->end_column = first->place.end_column;
	} else {
		place->end_line = place->line;
		place->end_column = place->column + 1;
	}
}

static void close_frame(struct yaml_builder *b, yaml_mark_t end)
{
	struct frame *frame = &b->frames[--b->depth];
	size_t count = b->child_count - frame->first;
	const struct yaml_node **children = count ? b->children + frame->first : NULL;
	set_frame_end(frame, count ? children[0] : NULL, end);
	b->child_count = frame->first;
	if (frame->node->type == YAML_LIST) {
		const struct yaml_node **items =
			count ? arena_array(b->arena, const struct yaml_node *, count) : NULL;
		if (count)
			memcpy(items, children, count * sizeof *items);
		frame->node->items = items;
		frame->node->count = count;
	} else {
		/* Merged maps were counted with the aliases that name them. */
		yaml_map_fill(frame->node, children, count / 2, b->file, b->arena, b->problems);
	}
	if (frame->anchor && frame->anchor->node == frame->node) {
		frame->anchor->size = frame->size;
		frame->anchor->height = frame->height;
	}
	add_child(b, frame->node, frame->size, frame->height);
}

static bool add_alias(struct yaml_builder *b, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct anchor *anchor;
	HASH_FIND_STR(b->anchors, name, anchor);
	yaml_mark_t mark = event->start_mark;
	if (!anchor)
		return report(b, PROBLEM_SYNTAX, mark,
			"no anchor stands before this alias; a text that begins with '*' needs "
			"quotes");
	anchor->is_used = true;
	if (!anchor->size)
		return report(b, PROBLEM_TOO_DEEP, mark, "this alias contains itself");
	if (b->depth + anchor->height > DEPTH_MOST)
		return report(b, PROBLEM_TOO_DEEP, mark, "this alias nests too deeply");
	if (!count_nodes(b, anchor->size, mark))
		return false;
	add_child(b, anchor->node, anchor->size, anchor->height);
	return true;
}

/* False when the file cannot be used further. */
static bool take_event(struct yaml_builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return !b->root || report(b, PROBLEM_SYNTAX, event->start_mark,
					   "a second document begins here; a file holds one");
	case YAML_ALIAS_EVENT:
		return add_alias(b, event);
	case YAML_SCALAR_EVENT:
		return add_scalar(b, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_frame(b, YAML_LIST,
			event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
			event->data.sequence_start.anchor, event->data.sequence_start.tag,
			event->start_mark);
	case YAML_MAPPING_START_EVENT:
		return open_frame(b, YAML_MAP,
			event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
			event->data.mapping_start.anchor, event->data.mapping_start.tag,
			event->start_mark);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_frame(b, event->end_mark);
		break;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return true;
}

/* ---- the file ------------------------------------------------------------------------------- */

/* Where the first line of the unfinished construct begins, if the parser knows it. */
static size_t context_start(const struct yaml_builder *b, size_t offset)
{
	const yaml_parser_t *parser = &b->parser;
	const char *source = b->file->source.at;
	size_t lines = parser->problem_mark.line - parser->context_mark.line, from = offset;
	if (!parser->context || parser->context_mark.line > parser->problem_mark.line)
		return offset;
	for (; from && (lines || source[from - 1] != '\n'); from--)
		lines -= source[from - 1] == '\n';
	return from;
}

static bool report_parser(struct yaml_builder *b)
{
	const yaml_parser_t *parser = &b->parser;
	const char *what = parser->problem ? parser->problem : "not YAML";
	struct str source = b->file->source;
	if (parser->error == YAML_MEMORY_ERROR)
		return problem_add(b->problems, PROBLEM_TOO_LARGE,
			(struct place){ .file = b->file->path }, source, "out of memory");
	if (parser->error == YAML_READER_ERROR)
		return problem_add(b->problems, PROBLEM_ENCODING,
			place_at_offset(b->file, parser->problem_offset), source, "%s", what);
	struct place place = place_of(b, parser->problem_mark);
	size_t offset = mark_offset(b, parser->problem_mark);
	const struct yaml_stop stop = { what, parser->context, source, context_start(b, offset),
		offset };
	const char *hint = yaml_hint(&stop, b->arena);
	if (parser->context && parser->context_mark.line + 1 < (size_t)place.line)
		return problem_add(b->problems, PROBLEM_SYNTAX, place, source,
			"%s, %s that begins on line %d%s", what, parser->context,
			(int)parser->context_mark.line + 1, hint);
	return problem_add(b->problems, PROBLEM_SYNTAX, place, source, "%s%s%s%s", what,
		parser->context ? ", " : "", parser->context ? parser->context : "", hint);
}

static bool build(struct yaml_builder *b)
{
	for (bool is_end = false; !is_end;) {
		yaml_event_t event;
		if (!yaml_parser_parse(&b->parser, &event))
			return report_parser(b);
		is_end = event.type == YAML_STREAM_END_EVENT;
		bool is_good = take_event(b, &event);
		yaml_event_delete(&event);
		if (!is_good)
			return false;
	}
	return true;
}

/* The first byte that is NUL or no part of a UTF-8 character. */
static size_t first_bad_byte(struct str source)
{
	for (size_t at = 0; at < source.length;) {
		unsigned char lead = (unsigned char)source.at[at];
		size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
		if (length > source.length - at ||
			!str_is_utf8((struct str){ source.at + at, length }))
			return at;
		at += length;
	}
	return source.length;
}

static bool check_encoding(const struct yaml_file *file, struct problems *problems)
{
	if (str_is_utf8(file->source))
		return true;
	size_t bad = first_bad_byte(file->source);
	bool is_nul = bad < file->source.length && file->source.at[bad] == '\0';
	bool is_utf16 =
		str_starts(file->source, "\xff\xfe") || str_starts(file->source, "\xfe\xff");
	return problem_add(problems, PROBLEM_ENCODING, place_at_offset(file, bad), file->source,
		"%s%s", is_nul ? "a NUL byte" : "a byte that is not UTF-8",
		is_utf16 ? "; the file is UTF-16: save it as UTF-8" : "");
}

/* Does a line begin at `at`? By libyaml's line breaks (yaml_private.h, IS_BREAK_AT). */
static bool is_line_start(struct str source, size_t at)
{
	const unsigned char *u = (const unsigned char *)source.at + at;
	return !at || u[-1] == '\n' || u[-1] == '\r' ||
	       (at >= 2 && u[-2] == 0xc2 && u[-1] == 0x85) ||
	       (at >= 3 && u[-3] == 0xe2 && u[-2] == 0x80 && (u[-1] == 0xa8 || u[-1] == 0xa9));
}

static bool check_directives(const struct yaml_file *file, struct problems *problems)
{
	struct str source = file->source;
	size_t count = 0;
	for (size_t at = 0; at < source.length; at++) {
		const char *sign = memchr(source.at + at, '%', source.length - at);
		if (!sign)
			break;
		at = (size_t)(sign - source.at);
		count += is_line_start(source, at);
		if (count > DIRECTIVES_MOST)
			return problem_add(problems, PROBLEM_TOO_LARGE, place_at_offset(file, at),
				source,
				"more than %d lines begin with '%%'; directives mean nothing here",
				DIRECTIVES_MOST);
	}
	return true;
}

static bool report_file(
	const char *path, struct problems *problems, enum problem_code code, const char *what)
{
	return problem_add(problems, code, (struct place){ .file = path }, (struct str){ NULL, 0 },
		"%s", what);
}

static bool report_too_large(const char *path, struct problems *problems)
{
	static_assert(YAML_FILE_BYTES >> 20 == 64, "as the message says");
	return report_file(
		path, problems, PROBLEM_TOO_LARGE, "the file is larger than 64 MiB; split it");
}

/* Fills file->root from file->source. */
static bool parse_source(struct yaml_file *file, struct arena *arena, struct problems *problems)
{
	struct yaml_builder b = { .file = file, .arena = arena, .problems = problems };
	if (!yaml_parser_initialize(&b.parser))
		return report_file(file->path, problems, PROBLEM_TOO_LARGE, "out of memory");
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&b.parser, (const unsigned char *)file->source.at, file->source.length);
	bool is_good = build(&b);
	yaml_parser_delete(&b.parser);
	for (struct anchor *anchor = b.anchors; is_good && anchor; anchor = anchor->hh.next)
		check_use(&b, anchor);
	HASH_CLEAR(hh, b.anchors);
	mem_drop(b.children);
	if (!b.root || yaml_is_null(b.root)) { /* nothing, or comments only */
		struct yaml_node *empty = arena_new_of(arena, struct yaml_node);
		empty->type = YAML_MAP;
		empty->place = (struct place){ .file = file->path, .line = 1, .column = 1 };
		b.root = empty;
	}
	file->root = b.root;
	return is_good;
}

/* `bytes` live as long as `arena`. */
static const struct yaml_file *parse_owned(
	const char *path, struct str bytes, struct arena *arena, struct problems *problems)
{
	struct yaml_file *file = arena_new_of(arena, struct yaml_file);
	file->path = arena_text(arena, path);
	file->source = bytes;
	if (str_starts(bytes, "\xef\xbb\xbf")) /* a byte order mark */
		file->source = (struct str){ bytes.at + 3, bytes.length - 3 };
	if (!check_encoding(file, problems) || !check_directives(file, problems))
		return NULL;
	problems_suppress(problems, file->path, file->source);
	return parse_source(file, arena, problems) ? file : NULL;
}

const struct yaml_file *yaml_parse(
	const char *path, struct str bytes, struct arena *arena, struct problems *problems)
{
	if (bytes.length > YAML_FILE_BYTES) {
		IGNORE(report_too_large(path, problems)); /* false */
		return NULL;
	}
	return parse_owned(
		path, (struct str){ arena_str(arena, bytes), bytes.length }, arena, problems);
}

const struct yaml_file *yaml_load(const char *path, struct arena *arena, struct problems *problems)
{
	OWNED_TEXT struct text text = TEXT(YAML_FILE_BYTES);
	struct error err;
	if (!file_read(path, &text, &err)) {
		const char *cause = err.message;
		size_t length = strlen(path);
		if (strncmp(cause, path, length) == 0 && strncmp(cause + length, ": ", 2) == 0)
			cause += length + 2; /* the place names the path already */
		IGNORE(text.is_full ? report_too_large(path, problems)
				    : report_file(path, problems, PROBLEM_UNREADABLE,
					      cause)); /* false */
		return NULL;
	}
	struct str bytes = { arena_str(arena, text_str(&text)), text.length };
	text_clear(&text); /* before the tree grows */
	return parse_owned(path, bytes, arena, problems);
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (!map || map->type != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i++)
		if (str_is(map->items[2 * i]->text, key))
			return map->items[2 * i + 1];
	return NULL;
}

const char *yaml_type_name(const struct yaml_node *node)
{
	switch (node->type) {
	case YAML_SCALAR:
		return "a text";
	case YAML_LIST:
		return "a list";
	case YAML_MAP:
		return "a map";
	}
	return "";
}

bool yaml_is_null(const struct yaml_node *node)
{
	return node->type == YAML_SCALAR && node->is_plain &&
	       (!node->text.length || str_is(node->text, "~") || str_is(node->text, "null") ||
		       str_is(node->text, "Null") || str_is(node->text, "NULL"));
}

const char *yaml_null_hint(const struct yaml_node *node)
{
	return node->has_close_comment && !node->text.length
		       ? "; what begins with '#' is a comment to YAML: quote it if it is the value"
		       : "";
}
