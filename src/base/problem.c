/* base/problem.c - the list of problems in a person's files, and how it is printed. */
#include "base/problem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/visible.h"

#define KEPT_MOST 1000 /* nobody reads more */
#define KNOWN_MOST (10 * KEPT_MOST)
#define MESSAGE_BYTES 2000
#define SOURCE_LINE_BYTES 400 /* only the beginning of a longer line is shown */

static const struct {
	const char *name, *help;
	enum severity severity;
} codes[PROBLEM_CODE_COUNT] = {
#define PROBLEM(constant, code, level, what_to_do)                                                 \
	[PROBLEM_##constant] = { .name = code, .help = what_to_do, .severity = SEVERITY_##level },
#include "base/problem.def"
#undef PROBLEM
};

struct problems {
	struct arena *arena; /* texts of the problems */
	struct problem *items;
	size_t count, capacity;
	size_t error_count, warning_count; /* includes problems that are not kept */
	size_t known_count;                /* problems that were in the list already */
	/* in the arena; reused, because most problems in a row are of one file */
	const char *last_file;
	/* Where the last line was found in its source, so that a thousand problems do not scan it a
	 * thousand times. */
	struct str scanned;
	int scanned_line;
	size_t scanned_offset;
};

struct problems *problems_new(void)
{
	struct problems *problems = mem_new(struct problems);
	problems->arena = arena_new();
	return problems;
}

void problems_free(struct problems *problems)
{
	if (!problems)
		return;
	arena_free(problems->arena);
	free(problems->items);
	free(problems);
}

/* ---- source lines --------------------------------------------------------------------------- */

/*
 * Bytes of the line break at `offset`, 0 when there is none. The same set as libyaml's
 * (yaml_private.h, IS_BREAK_AT), because the line numbers are libyaml's.
 */
static size_t break_bytes(struct str source, size_t offset)
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

static const char *source_line(struct problems *problems, struct str source, int line)
{
	if (line < 1 || !source.length)
		return NULL;
	bool is_same =
		problems->scanned.at == source.at && problems->scanned.length == source.length;
	if (!is_same || problems->scanned_line > line) {
		problems->scanned = source;
		problems->scanned_line = 1;
		problems->scanned_offset = 0;
	}
	size_t offset = problems->scanned_offset;
	while (problems->scanned_line < line && offset < source.length) {
		size_t bytes = break_bytes(source, offset);
		offset += bytes ? bytes : 1;
		problems->scanned_line += bytes != 0;
	}
	problems->scanned_offset = offset;
	if (problems->scanned_line < line)
		return NULL;
	size_t end = offset;
	while (end < source.length && end - offset <= SOURCE_LINE_BYTES &&
		!break_bytes(source, end))
		end++;
	struct str line_text = { source.at + offset, end - offset };
	return arena_str(problems->arena, str_cut(line_text, SOURCE_LINE_BYTES));
}

/* ---- the list ------------------------------------------------------------------------------- */

static const char *own_file(struct problems *problems, const char *file)
{
	if (!file)
		return NULL;
	if (!text_is(problems->last_file, file)) {
		problems->last_file = arena_text(problems->arena, file);
		problems->scanned = (struct str){ NULL, 0 };
	}
	return problems->last_file;
}

/* Is it in the list already? An alias repeats a value, and with it the value's problems. */
static bool is_known(const struct problems *problems, enum problem_code code, struct place place,
	const char *message)
{
	for (size_t i = problems->count; i--;) {
		const struct problem *other = &problems->items[i];
		if (other->code == code && other->place.line == place.line &&
			other->place.column == place.column &&
			text_is(other->place.file, place.file) && !strcmp(other->message, message))
			return true;
	}
	return false;
}

bool problem_add(struct problems *problems, enum problem_code code, struct place place,
	struct str source, const char *format, ...)
{
	assert(problems && code < PROBLEM_CODE_COUNT);
	size_t *count = codes[code].severity == SEVERITY_ERROR ? &problems->error_count
							       : &problems->warning_count;
	if (problems->count == KEPT_MOST) {
		++*count;
		return false;
	}
	char message[MESSAGE_BYTES];
	va_list args;
	va_start(args, format);
	str_print_args(message, sizeof message, format, args);
	va_end(args);
	OWNED_TEXT struct text safe = TEXT(TEXT_UNBOUNDED);
	visible_add(&safe, str_of(message));

	if (is_known(problems, code, place, safe.at)) {
		problems->known_count++;
		return false;
	}
	++*count;
	place.file = own_file(problems, place.file);
	mem_grow(&problems->items, &problems->capacity, problems->count);
	problems->items[problems->count++] = (struct problem){
		.code = code,
		.severity = codes[code].severity,
		.place = place,
		.message = arena_text(problems->arena, safe.at),
		.source_line = source_line(problems, source, place.line),
	};
	return false;
}

bool problems_are_read(const struct problems *problems)
{
	return problems->count < KEPT_MOST && problems->known_count < KNOWN_MOST;
}

size_t problems_count(const struct problems *problems)
{
	return problems->count;
}

size_t problems_error_count(const struct problems *problems)
{
	return problems->error_count;
}

size_t problems_warning_count(const struct problems *problems)
{
	return problems->warning_count;
}

const struct problem *problems_at(const struct problems *problems, size_t index)
{
	assert(index < problems->count);
	return &problems->items[index];
}

static int compare_places(const void *left, const void *right)
{
	const struct problem *a = left, *b = right;
	const char *a_file = a->place.file ? a->place.file : "",
		   *b_file = b->place.file ? b->place.file : "";
	int order = strcmp(a_file, b_file);
	if (order)
		return order;
	if (a->place.line != b->place.line)
		return a->place.line < b->place.line ? -1 : 1;
	if (a->place.column != b->place.column)
		return a->place.column < b->place.column ? -1 : 1;
	if (a->code != b->code)
		return a->code < b->code ? -1 : 1;
	return strcmp(a->message, b->message);
}

void problems_sort(struct problems *problems)
{
	if (problems->count > 1)
		qsort(problems->items, problems->count, sizeof *problems->items, compare_places);
}

const char *problem_code_name(enum problem_code code)
{
	assert(code < PROBLEM_CODE_COUNT);
	return codes[code].name;
}

const char *problem_code_help(enum problem_code code)
{
	assert(code < PROBLEM_CODE_COUNT);
	return codes[code].help;
}

/* ---- printing ------------------------------------------------------------------------------- */

struct colours {
	const char *bold, *error, *warning, *caret, *end;
};

static int columns_since(const struct text *out, size_t begin)
{
	return visible_columns((struct str){ out->at + begin, out->length - begin });
}

static void add_source(
	struct text *out, const struct problem *problem, const struct colours *colours)
{
	if (!problem->source_line)
		return;
	int caret_at = -1, column = 1;
	text_printf(out, "%6d | ", problem->place.line);
	size_t begin = out->length;
	for (struct str left = str_of(problem->source_line); left.length; column++) {
		if (column == problem->place.column)
			caret_at = columns_since(out, begin);
		/* A tab would displace the caret, so print one blank. */
		size_t used = visible_add_character(out, left.at[0] == '\t' ? STR(" ") : left);
		left.at += used;
		left.length -= used;
	}
	if (column == problem->place.column) /* just after the line's end */
		caret_at = columns_since(out, begin);
	text_add(out, "\n");
	if (caret_at >= 0)
		text_printf(out, "       | %*s%s^%s\n", caret_at, "", colours->caret, colours->end);
}

static void add_problem(struct text *out, const struct problem *problem, bool with_source,
	const struct colours *colours)
{
	text_add(out, colours->bold);
	if (problem->place.file) {
		visible_add(out, str_of(problem->place.file));
		if (problem->place.line > 0)
			text_printf(out, ":%d", problem->place.line);
		if (problem->place.line > 0 && problem->place.column > 0)
			text_printf(out, ":%d", problem->place.column);
		text_add(out, ": ");
	}
	bool is_error = problem->severity == SEVERITY_ERROR;
	text_printf(out, "%s%s%s: ", colours->end, is_error ? colours->error : colours->warning,
		is_error ? "error" : "warning");
	text_add(out, colours->end);
	text_printf(out, "%s [%s]\n", problem->message, codes[problem->code].name);
	if (with_source)
		add_source(out, problem, colours);
}

void problems_print(const struct problems *problems, FILE *out, bool is_terminal)
{
	static const struct colours plain = { "", "", "", "", "" };
	static const struct colours ansi = { "\033[1m", "\033[1;31m", "\033[1;35m", "\033[1;32m",
		"\033[0m" };
	const char *no_color = getenv("NO_COLOR"); /* no-color.org: any text but the empty one */
	bool is_coloured = is_terminal && !(no_color && *no_color);

	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	for (size_t i = 0; i < problems->count; i++)
		add_problem(&text, &problems->items[i], is_terminal, is_coloured ? &ansi : &plain);
	size_t dropped = problems->error_count + problems->warning_count - problems->count;
	if (dropped)
		text_printf(&text, "%zu more problem%s not shown\n", dropped,
			dropped == 1 ? " is" : "s are");
	/* there is no other place to report to */
	IGNORE(fwrite(text.at, 1, text.length, out) != text.length);
}
