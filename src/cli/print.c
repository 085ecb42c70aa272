#include "cli/print.h"

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

void table_print(const struct table *table, FILE *out)
{
	int *widths = mem_alloc(sizeof *widths * table->columns);
	for (size_t i = 0; i < table->count; i++)
		if (width(table->cells[i]) > widths[i % table->columns])
			widths[i % table->columns] = width(table->cells[i]);
	for (size_t i = 0; i < table->count; i++) {
		bool is_last = (i + 1) % table->columns == 0;
		fprintf(out, "%s%*s", table->cells[i],
			is_last ? 0 : widths[i % table->columns] - width(table->cells[i]) + 2, "");
		if (is_last)
			fputc('\n', out);
	}
	free(widths);
}

void print_json(const cJSON *json, FILE *out)
{
	char *text = cJSON_Print(json);
	fprintf(out, "%s\n", text);
	free(text);
}
