/*
 * base/problem/problem_lines.h - the lines of a person's file, found by number. Private to
 * base/problem/ and base/yaml/.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"

/* Where the last line was found in its source, so that a thousand problems do not scan it a
 * thousand times. {0} has found nothing. */
struct problem_lines {
	struct str source;
	int line;
	size_t offset;
};

/*
 * Bytes of the line break at `offset`, 0 when there is none. The same set as libyaml's
 * (yaml_private.h, IS_BREAK_AT), because the line numbers are libyaml's.
 */
size_t problem_lines_break(struct str source, size_t offset);
/* The beginning of a line, counted from 1, as a copy in `arena`; NULL when there is no such
 * line. */
const char *problem_lines_get(
	struct problem_lines *lines, struct str source, int line, struct arena *arena);
/*
 * The column just behind the word that begins at `column`: at least one character, and as many as
 * come before a blank or one of YAML's marks.
 */
int problem_lines_word_end(const char *line, int column);
