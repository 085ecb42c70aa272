/*
 * cli/check/check_report.h - what `check` found, in each of its formats.
 *
 * All but JSON and text are for other programs, and have a file each. Paths in them are relative to
 * the working folder where that is possible, because that is what a checkout's are.
 */
#pragma once
#include "base/json.h"
#include "base/problem/problem.h"
#include "rules/ruleset.h"

struct check_report {
	const struct problems *problems; /* sorted */
	const struct ruleset *ruleset;   /* NULL: there is no valid one */
};

/* Problems as a compiler prints them and their number to `messages`, "ok" to `out`. */
void check_report_text(const struct check_report *report, FILE *messages, FILE *out);
void check_report_json(const struct check_report *report, FILE *out);
/* GitHub's workflow commands; at most ten of each severity, which is what GitHub shows. */
void check_report_github(const struct check_report *report, FILE *out);
void check_report_gitlab(const struct check_report *report, FILE *out);     /* code quality */
void check_report_sarif(const struct check_report *report, FILE *out);      /* SARIF 2.1.0 */
void check_report_checkstyle(const struct check_report *report, FILE *out); /* XML */
