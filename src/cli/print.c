/* cli/print.c - tables that fit the terminal, and JSON that hides nothing. */
#include "cli/print.h"
#include "base/code_point.h"
#include "base/visible.h"
#include <limits.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define GAP 2               /* columns between two cells */
#define ANY_COLUMNS INT_MAX /* a pipe or a file cuts nothing */
#define LONGEST_CELL 4096
#define COLUMNS_OF_PROSE 100

struct table {
	size_t columns, count, capacity;
	char **cells; /* the first row holds the headings */
};

void print_line(FILE *out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	print_line_args(out, format, args);
	va_end(args);
}

void print_line_args(FILE *out, const char *format, va_list args)
{
	OWNED_TEXT struct text line = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text visible = TEXT(TEXT_UNBOUNDED);
	text_print_args(&line, format, args);
	visible_add(&visible, text_str(&line));
	fprintf(out, "%s\n", visible.at);
}

struct table *table_new(const char *const *headings)
{
	struct table *table = mem_new(struct table);
	while (headings[table->columns])
		table->columns++;
	for (size_t i = 0; i < table->columns; i++)
		table_cell(table, headings[i]);
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}

void table_cell(struct table *table, const char *text)
{
	struct text clean = TEXT(LONGEST_CELL);
	visible_add(&clean, str_of(text ? text : ""));
	mem_grow(&table->cells, &table->capacity, table->count);
	table->cells[table->count++] = text_take(&clean);
}

static int width(const char *text)
{
	return visible_columns(str_of(text));
}

int print_columns(FILE *out, int elsewhere)
{
	struct winsize size;
	int fd = fileno(out);
	return fd >= 0 && isatty(fd) && !ioctl(fd, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col
										     : elsewhere;
}

bool print_is_coloured(FILE *out)
{
	const char *no_color = getenv("NO_COLOR"); /* no-color.org: any text but the empty one */
	int fd = fileno(out);
	return fd >= 0 && isatty(fd) && !(no_color && *no_color);
}

/* What of a word still fits into `room` columns, at least one character. */
static size_t piece_of(struct str word, int room)
{
	size_t length = visible_cut(word, room).length;
	return length ? length : str_character(word);
}

void print_wrapped_in(FILE *out, int columns, int indent, int column, const char *text)
{
	fprintf(out, "%s%*s", column > indent ? "\n" : "",
		column > indent ? indent : indent - column, "");
	column = indent;
	while (*text) {
		struct str word = { text, strcspn(text, " \n") };
		int wide = visible_columns(word);
		bool is_first = column == indent, is_full = column + 1 + wide > columns;
		if (!is_first && is_full)
			fprintf(out, "\n%*s", indent, "");
		column = is_first || is_full ? indent : column + 1;
		if (indent + wide > columns)
			word.length = piece_of(word, columns - indent);
		fprintf(out, "%s%.*s", is_first || is_full ? "" : " ", (int)word.length, word.at);
		column += visible_columns(word);
		text += word.length;
		if (*text == '\n') {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		}
		text += *text == ' ' || *text == '\n';
	}
	fputc('\n', out);
}

void print_wrapped(FILE *out, int indent, int column, const char *text)
{
	int columns = print_columns(out, COLUMNS_OF_PROSE);
	print_wrapped_in(
		out, columns < COLUMNS_OF_PROSE ? columns : COLUMNS_OF_PROSE, indent, column, text);
}

/* Narrows the widest column until a row fits: short columns stay whole, and so does the last one,
 * with the reason, beside a long name. */
static void fit(int *widths, size_t count, int columns)
{
	int64_t row = GAP * (int64_t)(count - 1);
	for (size_t i = 0; i < count; i++)
		row += widths[i];
	for (; row > columns; row--) {
		size_t widest = 0;
		for (size_t i = 1; i < count; i++)
			if (widths[i] > widths[widest])
				widest = i;
		if (widths[widest] == 1)
			return;
		widths[widest]--;
	}
}

static void print_cell(const char *cell, int columns, bool is_last, FILE *out)
{
	struct str shown = str_of(cell);
	const char *end = "";
	int filled = width(cell);
	if (filled > columns) {
		shown = visible_cut(shown, columns - 1);
		filled = visible_columns(shown) + 1;
		end = "\u2026";
	}
	fprintf(out, "%.*s%s", (int)shown.length, shown.at, end);
	if (is_last)
		fputc('\n', out);
	else
		fprintf(out, "%*s", GAP + columns - filled, "");
}

void table_print(const struct table *table, FILE *out)
{
	OWNED_MEMORY int *widths = mem_alloc(sizeof *widths * table->columns);
	for (size_t i = 0; i < table->count; i++)
		if (width(table->cells[i]) > widths[i % table->columns])
			widths[i % table->columns] = width(table->cells[i]);
	for (size_t i = 0; i < table->columns; i++)
		widths[i] += !widths[i]; /* a heading may be empty; a column is not */
	fit(widths, table->columns, print_columns(out, ANY_COLUMNS));
	for (size_t row = 0; row < table->count; row += table->columns) {
		size_t filled = table->columns;
		while (filled > 1 && !*table->cells[row + filled - 1])
			filled--;
		for (size_t i = 0; i < filled; i++)
			print_cell(table->cells[row + i], widths[i], i + 1 == filled, out);
	}
}

/* cJSON has escaped what RFC 8259 requires. Any other hidden character is inside a string, where an
 * escape means the same. */
static void add_escaped(const char *json, struct text *out)
{
	for (struct str left = str_of(json); left.length;) {
		size_t length;
		int32_t point = code_point_at(left, &length);
		unsigned code = point < 0 ? 0xfffd : (unsigned)point;
		bool is_kept = point >= 0 && (code < 0x7f || !visible_is_hidden(point));
		if (is_kept)
			text_add_str(out, (struct str){ left.at, length });
		else if (code > 0xffff)
			text_printf(out, "\\u%04x\\u%04x", 0xd7c0 + (code >> 10),
				0xdc00 + (code & 0x3ff));
		else
			text_printf(out, "\\u%04x", code);
		left.at += length;
		left.length -= length;
	}
	text_add_char(out, '\n');
}

void print_json_text(const cJSON *json, struct text *out)
{
	OWNED_MEMORY char *text = cJSON_Print(json);
	add_escaped(text, out);
}

static void put(const struct text *text, FILE *out)
{
	IGNORE(fwrite(text->at, 1, text->length, out) != text->length); /* command_main() asks */
}

void print_json(const cJSON *json, FILE *out)
{
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	print_json_text(json, &text);
	put(&text, out);
}

void print_json_line(const cJSON *json, FILE *out)
{
	OWNED_MEMORY char *line = json_print(json);
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	add_escaped(line, &text);
	put(&text, out);
}

/* ---- XML ---- */

/* U+FFFE and U+FFFF are no characters of XML 1.0 (section 2.2), and nothing else is left of those
 * when a text is visible. */
static size_t forbidden_bytes(const char *at)
{
	return !strncmp(at, "\xef\xbf\xbe", 3) || !strncmp(at, "\xef\xbf\xbf", 3) ? 3 : 0;
}

void print_xml(const char *text, FILE *out)
{
	OWNED_TEXT struct text visible = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text markup = TEXT(TEXT_UNBOUNDED);
	visible_add(&visible, str_of(text));
	text_add_markup(&markup, visible.at);
	for (const char *at = markup.at; *at;) {
		size_t forbidden = forbidden_bytes(at);
		if (forbidden)
			fprintf(out, "\\u%s", at[2] == '\xbe' ? "fffe" : "ffff");
		else
			fputc(*at, out);
		at += forbidden ? forbidden : 1;
	}
}

void print_url(const char *url, struct text *out)
{
	const char *begin = strstr(url, "://");
	begin = begin ? begin + strlen("://") : url;
	struct str host = { begin, strcspn(begin, "/?#") };
	for (size_t i = host.length; i--;)
		if (host.at[i] == '@') {
			host = (struct str){ host.at + i + 1, host.length - i - 1 };
			break;
		}
	text_add_str(out, (struct str){ url, (size_t)(begin - url) });
	text_add(out, host.at);
}
