/*
 * cli/init/new_files.h - writes several files that were not there before: all of them or none.
 *
 * Nothing is overwritten, and nothing is written through a symbolic link below the folder.
 */
#pragma once
#include "base/error.h"
#include "base/text.h"

struct new_file {
	const char *path; /* below the folder: "a.yaml" or "rules/a.yaml"; ours */
	struct str bytes;
};

/* Appends a line for each of the files that is there already, whatever it is: "  rules/a.yaml". */
void new_files_find(
	const char *folder, const struct new_file *files, size_t count, struct text *there);
/*
 * Writes them, and makes `folder` (not its parents) and the folders in it where they are missing.
 * After a failure everything that was made is gone again. The files are complete before the first
 * appears under its name. ERROR_INPUT: `folder` cannot be used, or a file appeared meanwhile.
 */
bool new_files_write(
	const char *folder, const struct new_file *files, size_t count, struct error *err) MUST_USE;
