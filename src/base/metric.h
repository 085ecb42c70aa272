/*
 * base/metric.h - what /metrics prints: families of counters, gauges and histograms, declared in
 * one table (base/metric.def). They are the only numbers that threads share; nothing is decided by
 * them.
 *
 * A family has labels. A label's values are either words of the table ("succeeded", "failed"), or
 * names of the configuration (a site, a source, a rule), so that their number is bounded. Code
 * counts by writing the values in the order of the table:
 *
 *     metric_add(METRIC_events_total, 1, event->source, "routed");
 *     metric_set(METRIC_ruleset_rules, count);
 *     metric_observe(METRIC_decision_seconds, clock_mono().us - began.us);
 *
 * To add a metric: a METRIC() line in the table, a line of code that counts, `make -s manual`, and
 * a line in tests/scenario/test_metrics.py that drives it. A new value of a label is a word more in
 * its LABEL() line. A metric of a kind of name that is new: LABEL(..., NAMES) and a call of
 * metric_names() where these names are (re)loaded.
 *
 * Names follow https://prometheus.io/docs/practices/naming/: base units (seconds, bytes), `_total`
 * for counters, `_info` for a 1 with labels. Where a bound can be reached, it is a gauge too.
 *
 * Threads: any. To count takes no lock: the cells of a name are found in a table that only grows.
 */
#pragma once
#include "base/text.h"
#include <stdbool.h>
#include <stdint.h>

enum metric_label {
	LABEL_none,
#define LABEL(id, name, values) LABEL_##id,
#define METRIC(name, type, labels, help)
#include "base/metric.def"
#undef LABEL
#undef METRIC
	METRIC_LABEL_COUNT,
};

enum metric {
#define LABEL(id, name, values)
#define METRIC(name, type, labels, help) METRIC_##name,
#include "base/metric.def"
#undef LABEL
#undef METRIC
	METRIC_COUNT,
};

#define METRIC_MOST_LABELS 3

/* ---- to count ---- */

/*
 * The values of the family's labels, all of them and in its order, follow `n`. A name may be new. A
 * value that is NULL counts nothing (a listener without a name). A word that the table lacks is a
 * bug, and ends the process. Times are in microseconds, and printed in seconds.
 */
#define metric_add(metric, n, ...) metric_add_at((metric), (n), METRIC_VALUES_(__VA_ARGS__))
#define metric_set(metric, value, ...) metric_set_at((metric), (value), METRIC_VALUES_(__VA_ARGS__))
/* Of a histogram. */
#define metric_observe(metric, value, ...)                                                         \
	metric_observe_at((metric), (value), METRIC_VALUES_(__VA_ARGS__))
/* The gauge has no value (any more), and is not printed until it is set. */
#define metric_unset(metric, ...) metric_set_at((metric), METRIC_UNSET, METRIC_VALUES_(__VA_ARGS__))
/* Its value; of a histogram how many were observed. A label's value of NULL stands for all: the
 * sum. 0 for a name that has counted nothing. For the status page and tests. */
#define metric_get(metric, ...) metric_get_at((metric), METRIC_VALUES_(__VA_ARGS__))

/*
 * These are the names of the configuration now. Series of other names are not printed any more; if
 * such a name comes back, it counts on. Called by the thread that loads the configuration.
 */
void metric_names(enum metric_label label, const char *const *names, size_t count);
/* Sets the only label of an `_info` family; the text is copied. */
void metric_tell(enum metric metric, const char *text);

/* ---- to print ---- */

/* All of them in Prometheus' text format 0.0.4. */
void metric_print(struct text *out);

struct metric_note {      /* one family, for the manual */
	const char *name; /* as it is printed */
	const char *type; /* "counter", "gauge", "histogram" */
	const char *help;
	size_t label_count;
	struct {
		const char *name;
		const char *const *words; /* NULL ends them; NULL itself: names */
	} labels[METRIC_MOST_LABELS];
};
/* In the order of the table. */
void metric_describe(void (*visit)(const struct metric_note *note, void *context), void *context);

/* ---- behind the macros ---- */

struct metric_values {
	size_t count;
	const char *const *items;
};
#define METRIC_VALUES_(...)                                                                        \
	((struct metric_values){                                                                   \
		sizeof((const char *[]){ NULL, ##__VA_ARGS__ }) / sizeof(const char *) - 1,        \
		(const char *[]){ NULL, ##__VA_ARGS__ } + 1 })
#define METRIC_UNSET INT64_MIN

void metric_add_at(enum metric metric, int64_t n, struct metric_values values);
void metric_set_at(enum metric metric, int64_t value, struct metric_values values);
void metric_observe_at(enum metric metric, int64_t value, struct metric_values values);
int64_t metric_get_at(enum metric metric, struct metric_values values);
