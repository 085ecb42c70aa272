/*
 * cli/check/check_run.h - everything that `check` checks: configuration, rules and tests of rules,
 * on the disk or from standard input.
 */
#pragma once
#include "config/config.h"
#include "rules/ruleset.h"

struct check_files {              /* what is checked; borrowed */
	const char *config;       /* NULL: none; "-": standard input */
	const char *const *paths; /* of rules and tests; none: those of the configuration */
	size_t path_count;        /* "-" is alone */
	/* What standard input holds, and the name of the file that it stands for, which says
	 * whether it is a test. */
	const char *stdin_name;
	struct str stdin_bytes;
	bool with_files;   /* open what the configuration names, as `serve` does */
	bool with_secrets; /* secrets too that may be missing on this machine */
	const char *today; /* "2026-11-27" */
};

struct check_run { /* what came out */
	struct problems *problems;
	struct config *config;   /* NULL: there is none, or it cannot be used */
	struct ruleset *ruleset; /* NULL: it has an error */
};

/* Checks everything. problems_finish() has not been called. */
void check_run_all(const struct check_files *files, struct check_run *run);
/* Are these all rules, as far as one can see: what the configuration names, or a folder? */
bool check_run_has_all(const struct check_files *files);
void check_run_clear(struct check_run *run);
/*
 * The problems of one file alone if it held these bytes; `run` has what is around it. To compare a
 * fixed file with what it was. The caller frees the list.
 */
struct problems *check_run_file(const struct check_files *files, const struct check_run *run,
	const char *path, struct str bytes);
