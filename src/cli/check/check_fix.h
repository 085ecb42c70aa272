/*
 * cli/check/check_fix.h - `check --fix`: makes the safe fixes (problem_set_fix()) in the files.
 *
 * A file that was fixed has one finding less for each fix and no new error, or it is not written.
 * It is replaced as a whole, by a file of the same mode beside it, so nobody reads half of it.
 */
#pragma once
#include "base/text.h"
#include "cli/check/check_run.h"

struct check_fixed {
	enum problem_code code;
	struct problem_fix fix; /* in the arena of the list */
};
struct check_fixes { /* those that were made */
	struct arena *arena;
	struct check_fixed *items;
	size_t count, capacity;
	/* What standard input holds now; without a fix it is empty. */
	struct text stdin_text;
};

void check_fixes_clear(struct check_fixes *fixes);
/*
 * Makes the fixes of `run`, whose problems are sorted, and appends them to `fixes`. 1: some were
 * made, so that everything has to be checked again; 0: none; -1: a file cannot be written.
 * Standard input becomes fixes->stdin_text.
 */
int check_fixes_make(const struct check_files *files, const struct check_run *run,
	struct check_fixes *fixes, struct error *err);
/* "rules/a.yaml:4:12: fixed: 'job-id' is now 'job_id' [unknown-field]", a line for each. */
void check_fixes_print(const struct check_fixes *fixes, FILE *out);
