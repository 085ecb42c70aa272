#include "cli/print.h"
#include <limits.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

static int print_cell(const char *cell, int padded, int left, FILE *out)
{
	int used = width(cell) < left ? width(cell) : left,
	    pad = padded - used < left - used ? padded - used : left - used;
	fprintf(out, "%.*s%*s", bytes_within(cell, left), cell, pad > 0 ? pad : 0, "");
	return left - used - (pad > 0 ? pad : 0);
}

void table_print(const struct table *table, FILE *out)
{
	int *widths = mem_alloc(sizeof *widths * table->columns);
	const int columns = columns_of(out);
	int left = columns;
	for (size_t i = 0; i < table->count; i++)
		if (width(table->cells[i]) > widths[i % table->columns])
			widths[i % table->columns] = width(table->cells[i]);
	for (size_t i = 0; i < table->count; i++) {
		bool is_last = (i + 1) % table->columns == 0;
		left = print_cell(
			table->cells[i], is_last ? 0 : widths[i % table->columns] + 2, left, out);
		if (is_last) {
			fputc('\n', out);
			left = columns;
		}
	}
	free(widths);
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
