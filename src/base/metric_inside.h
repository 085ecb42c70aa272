/*
 * base/metric_inside.h - the table of metrics, and a walk over their cells. Private to
 * base/metric.c and base/metric_print.c.
 */
#pragma once
#include "base/metric.h"
#include <stdatomic.h>

enum metric_type { METRIC_IS_COUNTER, METRIC_IS_GAUGE, METRIC_IS_HISTOGRAM, METRIC_IS_INFO };

struct label {
	const char *name;
	const char *const *words; /* NULL: its values are names */
};

struct family {
	const char *name;
	enum metric_type type;
	bool is_sparse;       /* a series is printed only once it has counted, or has been set */
	bool is_seconds;      /* cells are microseconds */
	const double *bounds; /* of a histogram's buckets but the last, in the unit; 0 ends them */
	enum metric_label labels[METRIC_MOST_LABELS + 1]; /* LABEL_none ends them */
	const char *help;
};

extern const struct label metric_labels[];
extern const struct family metric_families[];

size_t family_label_count(const struct family *family);
size_t family_bucket_count(const struct family *family);

struct series { /* one combination of label values */
	const struct family *family;
	const char *values[METRIC_MOST_LABELS];
	const atomic_llong *cells; /* one; of a histogram its buckets, then the sum */
};

static inline int64_t series_value(const struct series *series, size_t cell)
{
	return atomic_load_explicit(&series->cells[cell], memory_order_relaxed);
}

/* By name in the order of their first mention, and then by word. `hidden_too`: also those of names
 * that are not configured any more. Not for `_info`. */
void series_each(enum metric metric, bool hidden_too,
	void (*visit)(const struct series *series, void *context), void *context);
/* What an `_info` family was told last, which the caller frees; NULL: nothing. */
char *family_told(enum metric metric);
