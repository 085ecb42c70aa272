/*
 * rules/rule_files.h - which files hold rules, or tests of them: the paths given, folders walked.
 * Private to rules/.
 */
#pragma once
#include "base/problem/problem.h"

struct rule_file {
	char *path; /* as messages name it */
	/* the part of `path` below the given folder, so that a moved tree keeps its revision */
	const char *name;
};

struct rule_files {
	struct rule_file *items;
	size_t count, capacity;
	char **folders; /* the folders walked, as messages name them */
	size_t folder_count, folder_capacity;
};

enum rule_files_of {
	/* *.yaml and *.yml that are no tests; a folder without any is a problem */
	RULE_FILES_OF_RULES,
	RULE_FILES_OF_TESTS, /* *.test.yaml and *.test.yml */
};

/*
 * Walks folders in name order, recursively, through symlinks (a ConfigMap consists of them) that
 * stay within `paths`; a file or folder that is reached twice counts once. A path that is a file
 * may have any name, and a path itself may link to anywhere. Opens only folders. Depth, entries,
 * rule files and their bytes are bounded: past a bound the walk ends with a problem and no files,
 * so that nothing is read.
 */
void rule_files_find(struct rule_files *files, enum rule_files_of what, const char *const *paths,
	size_t count, struct problems *problems);
void rule_files_clear(struct rule_files *files);
