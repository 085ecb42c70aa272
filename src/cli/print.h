/*
 * cli/print.h - results for people: aligned columns, and strangers' texts that cannot play with the
 * terminal.
 */
#pragma once
#include "base/json.h"
#include "base/text.h"
#include <stdio.h>

/* Prints a line that may quote strangers: formatted, made visible (base/visible.h), and ended. */
void print_line(FILE *out, const char *format, ...) PRINTF_LIKE(2, 3);
void print_line_args(FILE *out, const char *format, va_list args) PRINTF_LIKE(2, 0);

/*
 * Prints words of ours into the columns from `indent` on, of a line on which `column` columns are
 * filled; each '\n' begins a line. As wide as the terminal, but a line stays easy to read.
 */
void print_wrapped(FILE *out, int indent, int column, const char *text);

struct table;
/* Columns' headings, NULL ends them. */
struct table *table_new(const char *const *headings);
void table_free(struct table *table);
OWNED_DEFINE(table)
void table_cell(
	struct table *table, const char *text); /* the next cell, row by row; cleaned and copied */
/* The widest columns are cut until a row fits into the terminal, or into 120 columns elsewhere. */
void table_print(const struct table *table, FILE *out);

/* JSON and a line's end: indented, or all on one line. What hides is escaped, what is no UTF-8
 * replaced. */
void print_json(const cJSON *json, FILE *out);
void print_json_line(const cJSON *json, FILE *out);
