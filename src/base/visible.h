/*
 * base/visible.h - the one door through which texts of strangers reach a terminal, a log or a page.
 *
 * Job names, notes and answers are written by others. What moves a cursor, hides, or reorders what
 * is read (base/code_point.h knows which) becomes an escape that shows it: "\x1b" for an ASCII
 * control or a byte that is no UTF-8, "\u202e" and "\U000e0041" for the others.
 */
#pragma once
#include "base/text.h"

bool visible_is_hidden(int32_t point);
/* Appends the character that `rest` (not empty) begins with, or its escape. Returns its bytes. */
size_t visible_add_character(struct text *out, struct str rest);
/* Appends all of `value`. */
void visible_add(struct text *out, struct str value);
/* Columns of a terminal that a text takes: East Asian wide characters and emoji take two, combining
 * ones none. The text is visible. */
int visible_columns(struct str value);
/* The beginning of `value` that fits into so many columns. */
struct str visible_cut(struct str value, int columns);
