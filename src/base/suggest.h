/*
 * base/suggest.h - "did you mean": the nearest of the known names.
 */
#pragma once
#include "base/arena.h"
#include <stddef.h>

/* The name nearest to `word` by edits (case and '-' against '_' cost nothing), or NULL when none is
 * near. A name that looks the same (base/name.h) is the nearest, however long it is. */
const char *suggest(const char *word, const char *const *names, size_t count);
/* The only name that `word` can be a slip of; NULL: there is none, or more than one, or `word` is
 * the first part of several ("environment" of environment_id and environment_name), or a key and
 * its value without a blank ("job_id:1"). */
const char *suggest_only(const char *word, const char *const *names, size_t count);
/*
 * The end of a message: "; did you mean 'X'?", and where the two differ when they look alike; all
 * names of which `word` is the first part; or "". In `arena`.
 */
const char *suggest_hint(
	const char *word, const char *const *names, size_t count, struct arena *arena);
/* The same for a key of a YAML map, with what YAML wants in "X:1". */
const char *suggest_key_hint(
	const char *word, const char *const *names, size_t count, struct arena *arena);
