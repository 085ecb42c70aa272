/*
 * cli/print.h - results for people: aligned columns, and strangers' texts that cannot play with the
 * terminal.
 */
#pragma once
#include "base/json.h"
#include "base/text.h"
#include <stdio.h>

/* `text` with control characters made visible (\x1b), in `out`. */
void print_clean(const char *text, struct text *out);

struct table;
/* Columns' headings, NULL ends them. */
struct table *table_new(const char *const *headings);
void table_free(struct table *table);
OWNED_DEFINE(table)
void table_cell(
	struct table *table, const char *text); /* the next cell, row by row; cleaned and copied */
/* On a terminal the widest columns are cut until a row fits. */
void table_print(const struct table *table, FILE *out);

/* JSON and a line's end: indented, or all on one line. Controls beyond ASCII's are escaped too. */
void print_json(const cJSON *json, FILE *out);
void print_json_line(const cJSON *json, FILE *out);
