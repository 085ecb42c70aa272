/*
 * base/lines.h - the lines of a file, one after another, each within a bound: for files that are
 * larger than memory.
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include <stdbool.h>

struct lines;

/* Opens as file_open_argument() does. NULL when it cannot be read. */
struct lines *lines_open(const char *path, size_t longest, struct error *err);
void lines_free(struct lines *lines); /* closes it; NULL is fine */
OWNED_DEFINE(lines)

enum lines_read {
	LINES_ONE,   /* `*line` is valid until the next call; without the line's end */
	LINES_END,   /* there is none */
	LINES_ERROR, /* it cannot be read, or a line is too long */
};
enum lines_read lines_next(struct lines *lines, struct str *line, struct error *err);
/* The number of the line that lines_next() gave last, from 1. */
int64_t lines_number(const struct lines *lines);
