/*
 * cli/junit.h - results as JUnit's XML, which CI servers read: suites of cases. Whatever a text
 * holds, the document stays valid (base/visible.h).
 */
#pragma once
#include <stddef.h>
#include <stdio.h>

struct junit_counts {
	size_t tests, failures, skipped;
};

/* "refresh-router test": the name of all suites together. */
void junit_begin(FILE *out, const char *name, struct junit_counts counts);
void junit_begin_suite(FILE *out, const char *name, struct junit_counts counts);
/* A case that passed; `detail`: what else there is to know; NULL: nothing. */
void junit_pass(FILE *out, const char *file, const char *name, const char *detail);
/* A case that failed: the kind of failure in a word, one line about it, and any number of lines
 * more, or "". */
void junit_fail(FILE *out, const char *file, const char *name, const char *type,
	const char *message, const char *detail);
/* A case that could not be tried. */
void junit_skip(FILE *out, const char *file, const char *name, const char *why);
void junit_end_suite(FILE *out);
void junit_end(FILE *out);
