/*
 * rules/rule_files.h - which files hold rules, or tests of them: the paths given, folders walked.
 * Private to rules/.
 */
#pragma once
#include "base/problem.h"

struct rule_file {
	char *path;       /* as a message names it */
	const char *name; /* the part of `path` below the folder that was given, so that a moved
			     tree keeps its revision */
};

struct rule_files {
	struct rule_file *items;
	size_t count, capacity;
	char **folders; /* that were walked, as a message names them */
	size_t folder_count, folder_capacity;
};

enum rule_files_of {
	RULE_FILES_OF_RULES, /* *.yaml and *.yml that are no tests; a folder without any is a
				problem */
	RULE_FILES_OF_TESTS, /* *.test.yaml and *.test.yml */
};

/*
 * Folders in name order, recursively, through symlinks (a ConfigMap is made of them) as long as
 * these stay within `paths`; a file or folder that is reached twice counts once. A path that is a
 * file is taken whatever its name is, and a path may be a link to anywhere. Nothing is opened but
 * folders. Bounded: by depth, by entries looked at, by rule files and by their bytes. Where a bound
 * is passed the walk ends, with a problem, and there are no files: nothing is to be read.
 */
void rule_files_find(struct rule_files *files, enum rule_files_of what, const char *const *paths,
	size_t count, struct problems *problems);
void rule_files_clear(struct rule_files *files);
