/*
 * cli/init/first_files.h - the text of a first configuration, with a rule, its tests and what
 * editors need.
 */
#pragma once
#include "base/arena.h"
#include "base/problem/problem.h"
#include "cli/init/new_files.h"

/* What the files are about, as a person wrote it; no member is NULL. */
struct first_values {
	const char *source, *source_secret; /* the name of its environment variable */
	const char *server, *content_url, *site;
	const char *pat_name, *pat_secret;
	const char *job;                /* digits: an id, else a name */
	const char *workbook, *project; /* project "": none is named */
};

enum { FIRST_FILE_COUNT = 8 };
#define FIRST_FILE_CONFIG 0 /* these two are what first_files_check() reads */
#define FIRST_FILE_RULES 1
#define FIRST_FILE_IGNORE 7 /* .gitignore, which many folders have */

/* Fills in all the files; their bytes live in `arena`. */
void first_files_make(const struct first_values *values, struct arena *arena,
	struct new_file files[FIRST_FILE_COUNT]);
/* Adds what `check` would say about the configuration and the rule. */
void first_files_check(const struct new_file files[FIRST_FILE_COUNT], struct problems *problems);
