#include "cli/print.h"
#include <limits.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LEAST_WIDTH 8 /* of a column that is cut to fit a terminal */

struct table {
	size_t columns, count, capacity;
	char **cells; /* the headings first */
};

void print_clean(const char *text, struct text *out)
{
	struct str view = str_of(text);
	bool is_utf8 = str_is_utf8(view);
	for (size_t i = 0; i < view.length; i++) {
		unsigned char c = (unsigned char)view.at[i];
		bool is_c1 = is_utf8 && c == 0xc2 && (unsigned char)view.at[i + 1] < 0xa0;
		if (c < 0x20 || c == 0x7f || is_c1 || (c >= 0x80 && !is_utf8))
			text_printf(out, "\\x%02x", is_c1 ? (unsigned char)view.at[++i] : c);
		else
			text_add_char(out, (char)c);
	}
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
	struct text clean;
	text_init(&clean, 4096);
	print_clean(text ? text : "", &clean);
	mem_grow(&table->cells, &table->capacity, table->count);
	table->cells[table->count++] = text_take(&clean);
}

/* Columns on a terminal, counted as code points: wide and combining characters are rare in names,
 * and only shift a line. */
static int width(const char *text)
{
	int count = 0;
	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

/* Columns of the terminal that `out` is; as good as endless when it is none, so that programs and
 * files get whole texts. */
static int columns_of(FILE *out)
{
	struct winsize size;
	int fd = fileno(out);
	return fd >= 0 && isatty(fd) && !ioctl(fd, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col
										     : INT_MAX;
}

/* Bytes of `text` that fill at most `columns`. */
static int bytes_within(const char *text, int columns)
{
	int bytes = 0;
	for (; text[bytes]; bytes++)
		if (((unsigned char)text[bytes] & 0xc0) != 0x80 && columns-- <= 0)
			break;
	return bytes;
}

/* Takes from the widest column, again and again, until a row fits: short columns stay whole, and so
 * does the last one, which says why, beside a long name. */
static void fit(int *widths, size_t count, int columns)
{
	int64_t row = 2 * (int64_t)(count - 1);
	for (size_t i = 0; i < count; i++)
		row += widths[i];
	for (; row > columns; row--) {
		size_t widest = 0;
		for (size_t i = 1; i < count; i++)
			if (widths[i] > widths[widest])
				widest = i;
		if (widths[widest] <= LEAST_WIDTH)
			return;
		widths[widest]--;
	}
}

static void print_cell(const char *cell, int columns, bool is_last, FILE *out)
{
	bool is_cut = width(cell) > columns;
	fprintf(out, "%.*s%s", bytes_within(cell, is_cut ? columns - 1 : columns), cell,
		is_cut ? "\u2026" : "");
	if (is_last)
		fputc('\n', out);
	else
		fprintf(out, "%*s", 2 + (is_cut ? 0 : columns - width(cell)), "");
}

void table_print(const struct table *table, FILE *out)
{
	OWNED_MEMORY int *widths = mem_alloc(sizeof *widths * table->columns);
	for (size_t i = 0; i < table->count; i++)
		if (width(table->cells[i]) > widths[i % table->columns])
			widths[i % table->columns] = width(table->cells[i]);
	fit(widths, table->columns, columns_of(out));
	for (size_t i = 0; i < table->count; i++)
		print_cell(table->cells[i], widths[i % table->columns],
			(i + 1) % table->columns == 0, out);
}

/* cJSON escapes what RFC 8259 asks for. DEL, and the one-character forms of terminal sequences
 * (U+0080 to U+009F), can stand only inside a string, where an escape means the same. */
static void print_escaped(const char *text, FILE *out)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (c[0] == 0x7f)
			fputs("\\u007f", out);
		else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			fprintf(out, "\\u%04x", *++c);
		else
			fputc(*c, out);
	fputc('\n', out);
}

void print_json(const cJSON *json, FILE *out)
{
	OWNED_MEMORY char *text = cJSON_Print(json);
	print_escaped(text, out);
}

void print_json_line(const cJSON *json, FILE *out)
{
	OWNED_MEMORY char *text = json_print(json);
	print_escaped(text, out);
}
