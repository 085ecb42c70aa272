/*
 * base/problem/problem.h - a problem in a person's file is a result, not a failure: all of them are
 * collected, and the run goes on.
 *
 * Printed as a compiler does: `rules/finance.yaml:12:15: error: unknown field 'job-id' in 'when';
 * did you mean 'job_id'? [unknown-field]`, on a terminal with the source line and the range under
 * it. Codes, severities and explanations are one table, problem.def.
 */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include <stdio.h>

enum problem_code {
#define PROBLEM(name, code, severity, help) PROBLEM_##name,
#include "base/problem/problem.def"
#undef PROBLEM
	PROBLEM_CODE_COUNT,
};

/* A note is worth knowing and asks for nothing: it never changes an exit status. */
enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

/*
 * Where: from `line` and `column` up to `end_line` and `end_column`, which is just behind the last
 * character. All count from 1. A line of 0 is "the whole file", an end of 0 is not known.
 */
struct place {
	const char *file; /* as the user named it */
	int line, column;
	int end_line, end_column;
};

/* What belongs to a problem and stands elsewhere: the other rule, or an event that shows it. */
struct problem_related {
	struct place place;      /* its file may be NULL: there is no place */
	const char *message;     /* one line */
	const char *source_line; /* or NULL */
	const struct problem_related *next;
};

/* A correction that is safe to make without asking: in `place`, `before` becomes `after`. */
struct problem_fix {
	struct place place;
	const char *before, *after;
};

/* A code that the author of a file allows on one of its lines (base/problem/suppression.h). */
struct suppression {
	enum problem_code code;
	struct place place; /* of the code in the comment */
	int about;          /* the line on which it allows it; 0: there is none */
	const char *until;  /* its last day, "2027-03-01"; NULL: for ever */
	const char *reason; /* one line */
	struct str source;  /* of the file, empty when a line of it may not be shown */
	struct problem_fix removal;
	bool is_used;
};

struct problem {
	enum problem_code code;
	enum severity severity;
	/* Its file is owned by the list. Where there is a line there is an end: an unknown one has
	 * become that of the word that begins there. */
	struct place place;
	const char *message;                   /* one line */
	const char *source_line;               /* the line's text, or NULL */
	const struct problem_related *related; /* in the order in which they were added, or NULL */
	const struct suppression *suppression; /* of a suppressed one, else NULL */
	const struct problem_fix *fix;         /* NULL: there is none, or it needs a decision */
};

struct problems; /* an append-only list; belongs to one thread */

struct problems *problems_new(void);
void problems_free(struct problems *problems);
OWNED_DEFINE(problems)

/* Adds one, unless it is in the list already; after 1,000 the rest is counted, not kept, but errors
 * take the place of what is less severe. `source`
 * (the file's bytes, may be empty) gives the source line. Always false. */
bool problem_add(struct problems *problems, enum problem_code code, struct place place,
	struct str source, const char *format, ...) PRINTF_LIKE(5, 6);

/* Problems that are added from now on have no source line: it may show a secret. */
void problems_hide_source(struct problems *problems, bool is_hidden);

/*
 * Adds a related line to the problem that problem_add() was called for last: "the other rule" with
 * the place of that rule, or with an empty place an event that shows the problem. Nothing happens
 * when that problem is not kept, or was in the list already.
 */
void problem_relate(struct problems *problems, struct place place, struct str source,
	const char *format, ...) PRINTF_LIKE(4, 5);

/*
 * Gives the problem that problem_add() was called for last its fix. Safe is what can only have been
 * meant (the one name that is near a misspelt one), or changes no decision (a comment). `place`
 * holds `before`, alone or in quotes; what does not is left alone when fixes are made. `after`
 * NULL: nothing happens.
 */
void problem_set_fix(
	struct problems *problems, struct place place, struct str before, const char *after);

/* Is a problem that is added now likely to be read? No after the first 1,000, and after ten times
 * as many repeated ones. Then a costly part of a message, such as a suggestion, is left out. */
bool problems_are_read(const struct problems *problems);
/* The same of an error, which takes the place of a warning. */
bool problems_errors_are_read(const struct problems *problems);

/*
 * From now on problems of `file` that its comments allow are suppressed: they are neither counted
 * nor listed with the others. Done by yaml_parse(), before anything else is found in the file.
 */
void problems_suppress(struct problems *problems, const char *file, struct str source);
/* The day by which suppressions expire, "2026-11-27"; without it none does. */
void problems_set_today(struct problems *problems, const char *date);
/*
 * The last call before the list is read, for `check`: adds problems for suppressions whose day has
 * passed and, unless there is an error (after which nothing else may have been looked for), for
 * those that have suppressed nothing. `has_all`: all rules and the configuration were there;
 * otherwise suppressions of what is found by comparing them are left alone.
 */
void problems_finish(struct problems *problems, bool has_all);

size_t problems_count(const struct problems *problems); /* kept */
size_t problems_error_count(const struct problems *problems);
size_t problems_warning_count(const struct problems *problems);
size_t problems_note_count(const struct problems *problems);
/* valid until the next add or sort */
const struct problem *problems_at(const struct problems *problems, size_t index);
/* those that were suppressed; as many are kept */
size_t problems_suppressed_count(const struct problems *problems);
size_t problems_suppressed_total(const struct problems *problems); /* with those not kept */
const struct problem *problems_suppressed_at(const struct problems *problems, size_t index);
void problems_sort(struct problems *problems); /* by file, line, column; both lists */

const char *problem_code_name(enum problem_code code);            /* "unknown-field" */
bool problem_code_find(struct str name, enum problem_code *code); /* false: there is none */
const char *problem_code_help(enum problem_code code); /* what to do, a sentence or two */
enum severity problem_code_severity(enum problem_code code);
const char *problem_severity_name(enum severity severity); /* "error", "warning", "note" */
/* Prints all of them, on a terminal with source lines. */
void problems_print(const struct problems *problems, FILE *out, bool is_terminal);
/* Its last line: how many are counted and not kept; nothing when there are none. */
void problems_print_dropped(const struct problems *problems, FILE *out);
