/*
 * cli/rule_paths.h - which of the paths that a person gave are rules, and which are tests of rules.
 */
#pragma once
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

/* Owned by the arena that they were made in. */
struct rule_paths {
	const char **rules, **tests; /* a folder is in both */
	size_t rule_count, test_count;
};

bool rule_paths_is_folder(const char *path);
bool rule_paths_is_test(const char *path); /* is it named *.test.yaml or *.test.yml? */
/* The folder whose rules a test file tests: the one that it stands in; a folder is its own. */
const char *rule_paths_beside(const char *path, struct arena *arena);
/* Sorts paths by what they are. A path that is neither a folder nor a test is of rules. */
struct rule_paths rule_paths_sort(const char *const *paths, size_t count, struct arena *arena);
