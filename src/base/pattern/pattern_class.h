/*
 * base/pattern/pattern_class.h - an example of what a class or an escape of a pattern matches.
 * Private to base/pattern/pattern_atoms.c and base/pattern/pattern_sample.c.
 */
#pragma once
#include "base/str.h"

/* Where the class that begins at `at` ends: behind its ']', or at the end of `body`. */
size_t pattern_class_end(struct str body, size_t at);
/* A character that "[...]" matches, of ASCII's printable ones. False when it matches none. */
bool pattern_class_example(struct str written, bool is_caseless, char *example);
/* A character that "\c" matches; "" when it matches none; NULL when it stands for `c` itself. */
const char *pattern_class_escape(char c);
