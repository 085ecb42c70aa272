/*
 * cli/test/test_report.h - prints the results of `test`: for people, as JSON, as JUnit's XML, as
 * TAP.
 */
#pragma once
#include "rules/suite/suite.h"
#include <stdio.h>

struct test_report {
	const struct suite *suite;
	const size_t *ran; /* indices of the tests that ran */
	const struct suite_result *const *results;
	size_t count, failed;
	const struct coverage *coverage; /* NULL: not asked for */
};

void test_report_text(const struct test_report *report, FILE *out);
/* Matches schemas/test.schema.json. */
void test_report_json(const struct test_report *report, FILE *out);
/* A suite for each file; a name says file and line. */
void test_report_junit(const struct test_report *report, FILE *out);
void test_report_tap(const struct test_report *report, FILE *out);
