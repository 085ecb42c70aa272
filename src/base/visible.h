/*
 * base/visible.h - every text of a stranger that goes to a terminal, a log or a page passes through
 * here.
 *
 * Job names, notes and answers are written by others. Characters that move a cursor, are invisible
 * or reorder text (base/code_point.h knows them) become visible escapes: "\x1b" for an ASCII
 * control or a byte that is not UTF-8, "\u202e" and "\U000e0041" for others.
 */
#pragma once
#include "base/text.h"

bool visible_is_hidden(int32_t point);
/* Appends the first character of `rest` (not empty), or its escape. Returns how many bytes of
 * `rest` it has. */
size_t visible_add_character(struct text *out, struct str rest);
/* Appends all of `value`. */
void visible_add(struct text *out, struct str value);
/* Columns of a terminal that a text takes: East Asian wide characters and emoji take two, combining
 * ones none. The text is visible. */
int visible_columns(struct str value);
/* The beginning of `value` that fits into this many columns. */
struct str visible_cut(struct str value, int columns);
