/*
 * cli/verify/verify_report.h - prints what `verify` found: for people, as JSON, as JUnit's XML.
 */
#pragma once
#include "cli/verify/verification.h"
#include <stdio.h>

/* The verdict first, then site by site and rule by rule. */
void verify_report_text(const struct verification *verification, FILE *out);
/* Matches schemas/verify.schema.json. */
void verify_report_json(const struct verification *verification, FILE *out);
/* A suite for each site; a case for the site itself and for each selection of a rule. */
void verify_report_junit(const struct verification *verification, FILE *out);
