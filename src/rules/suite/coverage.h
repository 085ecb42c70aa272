/*
 * rules/suite/coverage.h - which parts of the rules were tested by some event.
 *
 * The parts, and when each counts as tested: a rule (an event matched, another did not); each value
 * of a list of several, and each map of a list of `when` (an event matched by it); each map under
 * `not` (it refused an event that the rest of its `when` lets through). Rules that are not enabled
 * do not count.
 */
#pragma once
#include "rules/decide.h"

struct coverage;

struct coverage *coverage_new(const struct ruleset *ruleset); /* borrows it */
void coverage_free(struct coverage *coverage);
OWNED_DEFINE(coverage)

void coverage_add(struct coverage *coverage, const struct event *event,
	struct decide_scratch *scratch, struct arena *arena);

size_t coverage_of(const struct coverage *coverage);      /* all parts */
size_t coverage_covered(const struct coverage *coverage); /* those tried */
int coverage_percent(const struct coverage *coverage);    /* rounded down; of no parts, 100 */

/* Calls `visit` for each part that is not covered, in order of file and line; `what` says what has
 * not happened: "job_id 1002 never matches". */
typedef void coverage_visit(
	const char *rule, const char *file, int line, const char *what, void *context);
void coverage_uncovered(const struct coverage *coverage, coverage_visit *visit, void *context);
