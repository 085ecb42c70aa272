/*
 * rules/suite/suite.h - tests of rules: what *.test.yaml files expect, and whether a ruleset does
 * it.
 *
 * Times of a test are virtual. Those written as a time of day ("06:00") begin on a first day, which
 * is 1970-01-01 here; a time of day before the one of the event before it is on the next day.
 */
#pragma once
#include "rules/suite/coverage.h"
#include "rules/suite/play.h"

struct suite; /* the tests of all files */

/*
 * Loads the test files among `paths`: files, whatever their names are, and *.test.yaml, *.test.yml
 * of folders, walked as folders of rules are. Rules that a test names must be in `ruleset`. NULL
 * when there is any error; all problems of all files go to `problems`. Paths without any test file
 * are a suite without tests.
 */
struct suite *suite_load(const char *const *paths, size_t path_count, const struct ruleset *ruleset,
	struct problems *problems);
/* The same of one file whose bytes are there already; `path` is its name in messages. */
struct suite *suite_load_bytes(const char *path, struct str bytes, const struct ruleset *ruleset,
	struct problems *problems);
void suite_free(struct suite *suite);
OWNED_DEFINE(suite)

size_t suite_test_count(const struct suite *suite);

struct suite_test { /* borrowed from the suite */
	const char *name;
	struct place place;
};
struct suite_test suite_test_at(const struct suite *suite, size_t index); /* by file and line */

enum row_fate { ROW_BOTH, ROW_MISSING, ROW_UNEXPECTED };

/* A line of the comparison: what was expected, what would be refreshed, or both. */
struct suite_row {
	enum row_fate fate;
	const struct selection *selection;
	const char *when; /* "not before 06:10", or "" where time plays no part */
	/* Of a missing one: a rule that matched and asks for content of that site and name, so that
	 * the difference lies in the rest; else the rule that may ask for it and came nearest to a
	 * match; both NULL: no rule asks for it, whatever the event. */
	const char *asked_by;
	const struct unmatched *nearest;
};

/* A rule that was to match and did not, or was not to and did. */
struct suite_rule {
	const char *rule;
	bool was_expected;
	const struct unmatched *why; /* of one that did not match */
};

struct suite_result {
	bool ok;
	size_t row_count;
	const struct suite_row *rows; /* by selection */
	size_t rule_count;
	const struct suite_rule *rules;
	size_t warning_count;
	const struct warning *warnings; /* of the decisions */
};

/* Runs one test. The result lives in `arena`. Adds to `coverage` unless it is NULL. */
const struct suite_result *suite_run(const struct suite *suite, size_t index,
	const struct ruleset *ruleset, struct decide_scratch *scratch, struct coverage *coverage,
	struct arena *arena);

/* The JSON Schema of test files, from the same tables that the loader uses. The caller owns it. */
cJSON *suite_schema(void);
/* For the manual: the keys of a test, and of an entry of its `expect`. */
void suite_describe_test(field_visit *visit, void *context);
void suite_describe_expectation(field_visit *visit, void *context);
