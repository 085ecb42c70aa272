/*
 * base/problem.h - a problem in a person's file is a result, not a failure: all of them are
 * collected, and the run goes on.
 *
 * Printed as a compiler does: `rules/finance.yaml:12:15: error: unknown field 'job-id' in 'when';
 * did you mean 'job_id'? [unknown-field]`, on a terminal with the source line and a caret. Codes,
 * severities and explanations are one table, problem.def.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include <stdio.h>

enum problem_code {
#define PROBLEM(name, code, severity, help) PROBLEM_##name,
#include "base/problem.def"
#undef PROBLEM
	PROBLEM_CODE_COUNT,
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct place {            /* where; line and column count from 1, 0 is "the whole file" */
	const char *file; /* as the user named it */
	int line, column;
};

struct problem {
	enum problem_code code;
	enum severity severity;
	struct place place;      /* file is owned by the list */
	const char *message;     /* one line */
	const char *source_line; /* the line's text, or NULL */
};

struct problems; /* an append-only list; belongs to one thread */

struct problems *problems_new(void);
void problems_free(struct problems *problems);
OWNED_DEFINE(problems)

/* Adds one, unless it is in the list already; after 1,000 the rest is counted, not kept. `source`
 * (the file's bytes, may be empty) gives the source line. Always false. */
bool problem_add(struct problems *problems, enum problem_code code, struct place place,
	struct str source, const char *format, ...) PRINTF_LIKE(5, 6);

/* Is a problem that is added now likely to be read? No after the first 1,000, and after ten times
 * as many repeated ones. Then a costly part of a message, such as a suggestion, is left out. */
bool problems_are_read(const struct problems *problems);

size_t problems_count(const struct problems *problems); /* kept */
size_t problems_error_count(const struct problems *problems);
size_t problems_warning_count(const struct problems *problems);
/* valid until the next add or sort */
const struct problem *problems_at(const struct problems *problems, size_t index);
void problems_sort(struct problems *problems); /* by file, line, column */

const char *problem_code_name(enum problem_code code); /* "unknown-field" */
const char *problem_code_help(enum problem_code code); /* what to do, a sentence or two */
void problems_print(const struct problems *problems, FILE *out, bool is_terminal);
