/*
 * cli/check/finding_key.h - what other programs know a finding by: its file, and a key that stays
 * the same when lines move.
 */
#pragma once
#include "base/arena.h"
#include "base/fingerprint.h"
#include "base/problem/problem.h"

/* A problem of a list, kept or suppressed. */
typedef const struct problem *finding_at(const struct problems *problems, size_t index);

/*
 * The key of the problem at `index`, in hexadecimal: of its code, its file, the text of its line
 * (the message, where there is none to show), and how many such stand before it in the list. So a
 * finding keeps its key when other lines come or go.
 */
void finding_key(const struct problems *problems, finding_at *at, size_t index,
	char out[FINGERPRINT_TEXT_SIZE]);
/* A path below the working folder relative to it; any other as it is. In `arena`; NULL stays
 * NULL. */
const char *finding_key_path(const char *path, struct arena *arena);
