/*
 * rules/suite/suite_inside.h - what the files that read tests of rules share.
 *
 * Private to rules/suite/.
 */
#pragma once
#include "base/record/field.h"
#include "rules/suite/suite_load.h"

struct test_table { /* one item of `tests`, as it is written */
	const char *name, *description, *event_file, *at;
	const struct yaml_node *event, *events, *expect, *expect_contains;
	struct texts rules, not_rules;
};

struct suite_reading {
	struct suite *suite;
	const struct ruleset *ruleset;
	const char **rule_names; /* of the ruleset, for suggestions */
	const struct yaml_file *file;
	struct problems *problems;
	struct arena *scratch;
	size_t first_test; /* of this file */
};

/* Always false. */
#define reading_problem(reading, code, place, ...)                                                 \
	problem_add((reading)->problems, (code), (place), (reading)->file->source, __VA_ARGS__)

/* ---- suite_load.c: files, tests, names ---- */

/* The suite's copy of a name, in normal form C, as names are compared. */
const char *suite_name(struct suite_reading *reading, struct str text);

/* ---- suite_event.c: when what arrives ---- */

/* A time as it is written; a time of day is the first one that is not before `earliest`. */
bool suite_time_read(struct suite_reading *reading, const struct yaml_node *node, int64_t earliest,
	struct test *test, int64_t *us);
/* The event or the events of the test at `node`. */
bool suite_events_read(struct suite_reading *reading, const struct yaml_node *node,
	const struct test_table *table, struct test *test);

/* ---- suite_expect.c: what is to be refreshed ---- */

extern const struct field suite_expect_fields[]; /* of one item of `expect` */
/* Times of expectations count from the test's first event. */
bool suite_expectations_read(struct suite_reading *reading, const struct yaml_node *node,
	const struct test_table *table, struct test *test);
