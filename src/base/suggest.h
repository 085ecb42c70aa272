/*
 * base/suggest.h - "did you mean": the nearest of the known names.
 */
#pragma once
#include <stddef.h>

/* The name nearest to `word` by edits (case and '-' against '_' cost nothing), or NULL when none is
 * near. names[count]. */
const char *suggest(const char *word, const char *const *names, size_t count);
