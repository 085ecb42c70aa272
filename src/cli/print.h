/*
 * cli/print.h - results for people: aligned columns, with strangers' texts made safe for a
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
/* The same for any text that is visible (base/visible.h), in this many columns; a word that is
 * longer than a line goes on in the next one. */
void print_wrapped_in(FILE *out, int columns, int indent, int column, const char *text);
/* The columns of the terminal; `elsewhere` when `out` is none. */
int print_columns(FILE *out, int elsewhere);
/* Is it a terminal, and NO_COLOR not set? */
bool print_is_coloured(FILE *out);

struct table;
/* `headings` of the columns, ended by NULL. */
struct table *table_new(const char *const *headings);
void table_free(struct table *table);
OWNED_DEFINE(table)
void table_cell(
	struct table *table, const char *text); /* the next cell, row by row; cleaned and copied */
/* The widest columns are cut until a row fits into the terminal; elsewhere nothing is cut. */
void table_print(const struct table *table, FILE *out);

/* Prints JSON, indented or on one line, and a line end. Escapes hidden characters, and replaces
 * bytes that are not UTF-8. */
void print_json(const cJSON *json, FILE *out);
void print_json_line(const cJSON *json, FILE *out);
/* Appends what print_json() prints. */
void print_json_text(const cJSON *json, struct text *out);

/* Prints the content of an attribute or element: hidden characters and bytes that are not UTF-8
 * become visible escapes, and so does what XML 1.0 forbids. */
void print_xml(const char *text, FILE *out);

/* Appends a URL as messages show it: without a user name and password. */
void print_url(const char *url, struct text *out);
