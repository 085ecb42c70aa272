/*
 * rules/suite/suite_load.h - tests of rules in memory: loaded by suite_load.c, run by suite.c.
 * Private to rules/.
 */
#pragma once
#include "base/yaml/yaml.h"
#include "rules/suite/suite.h"

enum expected_time {
	TIME_ANY,   /* any */
	TIME_AT,    /* `not_before`: this time */
	TIME_AFTER, /* `after`: this long after the last event that wants it */
};

struct expectation {
	struct selection selection; /* without priority, `allow`, delay, quiet and rules */
	enum expected_time time;
	int64_t us; /* of TIME_AT and TIME_AFTER */
};

struct rule_names {
	bool is_written;
	size_t count;
	const char *const *items;
};

struct test {
	const char *name;
	struct place place;
	size_t event_count;
	const struct play_event *events;
	bool is_complete; /* `expect`: these and no others */
	size_t expectation_count;
	const struct expectation *expectations;
	struct rule_names rules, not_rules; /* `rules`: these and no others */
	bool has_dates;                     /* some time has a date */
};

struct suite {
	struct arena *arena;
	struct test *tests;
	size_t count, capacity;
};
