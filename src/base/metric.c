/*
 * base/metric.c - the cells of all metrics, and their text for Prometheus.
 *
 * The families with a label of names (a site, a source) have a drawer of cells for each name; the
 * others share one. A drawer is made when its name is first configured or counted, is found by a
 * hash table whose lists only grow, and is never freed: names are few, and one that is not
 * configured any more is only hidden. So counting needs no lock.
 */
#include "base/metric_inside.h"
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define BUCKETS 1024 /* of the hash table of drawers; a power of 2 */

const struct label metric_labels[] = {
#define NAMES NULL
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define LABEL(id, is, values) [LABEL_##id] = { #is, values },
#define METRIC(name, type, labels, help)
#include "base/metric.def"
#undef LABEL
#undef METRIC
};

const struct family metric_families[] = {
#define COUNTER .type = METRIC_IS_COUNTER
#define SECONDS_COUNTER .type = METRIC_IS_COUNTER, .is_seconds = true
#define COUNTER_OF_FEW .type = METRIC_IS_COUNTER, .is_sparse = true
#define GAUGE .type = METRIC_IS_GAUGE
#define GAUGE_IF_KNOWN .type = METRIC_IS_GAUGE, .is_sparse = true
#define SECONDS .type = METRIC_IS_GAUGE, .is_seconds = true
#define SECONDS_IF_KNOWN .type = METRIC_IS_GAUGE, .is_sparse = true, .is_seconds = true
#define SECONDS_IN(...)                                                                            \
	.type = METRIC_IS_HISTOGRAM, .is_seconds = true, .bounds = (const double[])                \
	{                                                                                          \
		__VA_ARGS__, 0                                                                     \
	}
#define NUMBER_IN(...)                                                                             \
	.type = METRIC_IS_HISTOGRAM, .bounds = (const double[])                                    \
	{                                                                                          \
		__VA_ARGS__, 0                                                                     \
	}
#define INFO .type = METRIC_IS_INFO
#define NO_LABEL                                                                                   \
	{                                                                                          \
		LABEL_none                                                                         \
	}
#define BY(a)                                                                                      \
	{                                                                                          \
		LABEL_##a                                                                          \
	}
#define BY2(a, b)                                                                                  \
	{                                                                                          \
		LABEL_##a, LABEL_##b                                                               \
	}
#define BY3(a, b, c)                                                                               \
	{                                                                                          \
		LABEL_##a, LABEL_##b, LABEL_##c                                                    \
	}
#define LABEL(id, name, values)
#define METRIC(id, kind, by, says)                                                                 \
	[METRIC_##id] = { .name = #id, kind, .labels = by, .help = says },
#include "base/metric.def"
#undef LABEL
#undef METRIC
};

struct drawer { /* the cells of one name */
	enum metric_label label;
	const char *name; /* "" of the drawer that all families without names share */
	atomic_bool is_hidden;
	bool is_named;                 /* used by metric_names() */
	struct drawer *next_in_bucket; /* never changes */
	_Atomic(struct drawer *) next; /* of the same label */
	atomic_llong *cells;
};

static struct {
	pthread_once_t once;
	size_t offset[METRIC_COUNT];            /* of a family's cells in its drawers */
	size_t drawer_size[METRIC_LABEL_COUNT]; /* cells */
	bool is_eager[METRIC_LABEL_COUNT];      /* its names have series that are not sparse */
	bool is_configured[METRIC_LABEL_COUNT]; /* metric_names() was called */
	_Atomic(struct drawer *) buckets[BUCKETS];
	_Atomic(struct drawer *) first[METRIC_LABEL_COUNT];
	struct drawer *last[METRIC_LABEL_COUNT];
	char *told[METRIC_COUNT]; /* of `_info` families */
	pthread_mutex_t lock;     /* guards adding drawers, and `told` */
} metrics = { .once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- where a family's cells are ---- */

size_t family_label_count(const struct family *family)
{
	size_t count = 0;
	while (family->labels[count])
		count++;
	return count;
}

static size_t word_count(enum metric_label label)
{
	size_t count = 0;
	while (metric_labels[label].words[count])
		count++;
	return count;
}

/* The label whose values are names; LABEL_none: all are words. */
static enum metric_label names_of(const struct family *family)
{
	for (const enum metric_label *label = family->labels; *label; label++)
		if (!metric_labels[*label].words)
			return *label;
	return LABEL_none;
}

/* A histogram has its sum after the buckets, the last of which has no bound. */
size_t family_bucket_count(const struct family *family)
{
	size_t count = 1;
	for (const double *bound = family->bounds; *bound > 0; bound++)
		count++;
	return count;
}

static size_t cells_of_series(const struct family *family)
{
	return family->type == METRIC_IS_HISTOGRAM ? family_bucket_count(family) + 1 : 1;
}

static size_t series_count(const struct family *family)
{
	size_t count = 1;
	for (const enum metric_label *label = family->labels; *label; label++)
		if (metric_labels[*label].words)
			count *= word_count(*label);
	return count;
}

static void lay_out(void)
{
	for (int i = 0; i < METRIC_COUNT; i++) {
		enum metric_label label = metric_families[i].type == METRIC_IS_INFO
						  ? LABEL_none
						  : names_of(&metric_families[i]);
		metrics.offset[i] = metrics.drawer_size[label];
		metrics.drawer_size[label] +=
			series_count(&metric_families[i]) * cells_of_series(&metric_families[i]);
		metrics.is_eager[label] |= !metric_families[i].is_sparse;
	}
}

/* ---- drawers ---- */

static size_t bucket_of(enum metric_label label, const char *name)
{
	uint32_t hash = 2166136261U + label; /* FNV-1a */
	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619U;
	return hash & (BUCKETS - 1);
}

static struct drawer *drawer_find(enum metric_label label, const char *name)
{
	struct drawer *drawer = atomic_load_explicit(
		&metrics.buckets[bucket_of(label, name)], memory_order_acquire);
	while (drawer && (drawer->label != label || strcmp(drawer->name, name) != 0))
		drawer = drawer->next_in_bucket;
	return drawer;
}

static void set_unknown(struct drawer *drawer)
{
	for (int i = 0; i < METRIC_COUNT; i++) {
		const struct family *family = &metric_families[i];
		bool is_gauge = family->type == METRIC_IS_GAUGE && family->is_sparse;
		for (size_t j = 0;
			is_gauge && names_of(family) == drawer->label && j < series_count(family);
			j++)
			drawer->cells[metrics.offset[i] + j] = METRIC_UNSET;
	}
}

static struct drawer *drawer_add(enum metric_label label, const char *name)
{
	struct drawer *drawer = mem_new(struct drawer);
	_Atomic(struct drawer *) *bucket = &metrics.buckets[bucket_of(label, name)];
	drawer->label = label;
	drawer->name = mem_copy_text(name);
	drawer->cells = mem_alloc(sizeof *drawer->cells * (metrics.drawer_size[label] + 1));
	drawer->next_in_bucket = *bucket;
	/* then only metric_names() makes the drawers that are shown */
	drawer->is_hidden = metrics.is_eager[label] && metrics.is_configured[label];
	set_unknown(drawer);
	_Atomic(struct drawer *) *next =
		metrics.last[label] ? &metrics.last[label]->next : &metrics.first[label];
	atomic_store_explicit(next, drawer, memory_order_release);
	atomic_store_explicit(bucket, drawer, memory_order_release);
	metrics.last[label] = drawer;
	return drawer;
}

static struct drawer *drawer_of(enum metric_label label, const char *name)
{
	pthread_once(&metrics.once, lay_out);
	struct drawer *drawer = drawer_find(label, name);
	if (drawer)
		return drawer;
	pthread_mutex_lock(&metrics.lock);
	drawer = drawer_find(label, name);
	if (!drawer)
		drawer = drawer_add(label, name);
	pthread_mutex_unlock(&metrics.lock);
	return drawer;
}

static struct drawer *drawer_configured(enum metric_label label, const char *name)
{
	struct drawer *drawer = drawer_find(label, name);
	return drawer || !metrics.is_eager[label] ? drawer : drawer_add(label, name);
}

void metric_names(enum metric_label label, const char *const *names, size_t count)
{
	pthread_once(&metrics.once, lay_out);
	pthread_mutex_lock(&metrics.lock);
	struct drawer *drawer = metrics.first[label];
	for (; drawer; drawer = drawer->next)
		drawer->is_named = false;
	for (size_t i = 0; i < count; i++)
		if ((drawer = drawer_configured(label, names[i])))
			drawer->is_named = true;
	metrics.is_configured[label] = true;
	for (drawer = metrics.first[label]; drawer; drawer = drawer->next)
		atomic_store(&drawer->is_hidden, !drawer->is_named);
	pthread_mutex_unlock(&metrics.lock);
}

/* ---- cells ---- */

static size_t word_index(enum metric_label label, const char *value)
{
	size_t index = 0;
	while (metric_labels[label].words[index] &&
		strcmp(metric_labels[label].words[index], value) != 0)
		index++;
	assert(metric_labels[label].words[index]);
	return index;
}

/* The first cell of the series; NULL: a value is NULL. */
static atomic_llong *cells_at(enum metric metric, struct metric_values values)
{
	const struct family *family = &metric_families[metric];
	const char *name = "";
	size_t series = 0;
	assert(values.count == family_label_count(family) && family->type != METRIC_IS_INFO);
	for (size_t i = 0; i < values.count; i++) {
		enum metric_label label = family->labels[i];
		if (!values.items[i])
			return NULL;
		if (metric_labels[label].words)
			series = series * word_count(label) + word_index(label, values.items[i]);
		else
			name = values.items[i];
	}
	struct drawer *drawer = drawer_of(names_of(family), name);
	return &drawer->cells[metrics.offset[metric] + series * cells_of_series(family)];
}

void metric_add_at(enum metric metric, int64_t n, struct metric_values values)
{
	atomic_llong *cell = cells_at(metric, values);
	if (cell)
		atomic_fetch_add_explicit(cell, n, memory_order_relaxed);
}

void metric_set_at(enum metric metric, int64_t value, struct metric_values values)
{
	atomic_llong *cell = cells_at(metric, values);
	if (cell)
		atomic_store_explicit(cell, value, memory_order_relaxed);
}

void metric_observe_at(enum metric metric, int64_t value, struct metric_values values)
{
	const struct family *family = &metric_families[metric];
	assert(family->type == METRIC_IS_HISTOGRAM);
	atomic_llong *cells = cells_at(metric, values);
	if (!cells)
		return;
	double unit = family->is_seconds ? 1e6 : 1;
	size_t bucket = 0;
	while (family->bounds[bucket] > 0 && (double)value > family->bounds[bucket] * unit)
		bucket++;
	atomic_fetch_add_explicit(&cells[bucket], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(
		&cells[family_bucket_count(family)], value > 0 ? value : 0, memory_order_relaxed);
}

void metric_tell(enum metric metric, const char *text)
{
	pthread_mutex_lock(&metrics.lock);
	free(metrics.told[metric]);
	metrics.told[metric] = mem_copy_text(text);
	pthread_mutex_unlock(&metrics.lock);
}

/* ---- every series of a family ---- */

static void each_of_drawer(const struct drawer *drawer, enum metric metric,
	void (*visit)(const struct series *series, void *context), void *context)
{
	const struct family *family = &metric_families[metric];
	struct series series = { .family = family };
	for (size_t i = 0; i < series_count(family); i++) {
		size_t left = i;
		for (size_t j = family_label_count(family); j--;) {
			enum metric_label label = family->labels[j];
			size_t count = metric_labels[label].words ? word_count(label) : 1;
			series.values[j] = metric_labels[label].words
						   ? metric_labels[label].words[left % count]
						   : drawer->name;
			left /= count;
		}
		series.cells = &drawer->cells[metrics.offset[metric] + i * cells_of_series(family)];
		visit(&series, context);
	}
}

void series_each(enum metric metric, bool hidden_too,
	void (*visit)(const struct series *series, void *context), void *context)
{
	enum metric_label label = names_of(&metric_families[metric]);
	if (!label) /* so that it is printed before it has counted */
		drawer_of(LABEL_none, "");
	for (const struct drawer *drawer = metrics.first[label]; drawer; drawer = drawer->next)
		if (hidden_too || !drawer->is_hidden)
			each_of_drawer(drawer, metric, visit, context);
}

struct sum {
	struct metric_values wanted;
	int64_t total;
};

static int64_t observed(const struct series *series)
{
	int64_t count = 0;
	for (size_t i = 0; i < family_bucket_count(series->family); i++)
		count += series_value(series, i);
	return count;
}

static void add_up(const struct series *series, void *context)
{
	struct sum *sum = context;
	for (size_t i = 0; i < sum->wanted.count; i++)
		if (sum->wanted.items[i] && strcmp(sum->wanted.items[i], series->values[i]) != 0)
			return;
	int64_t value = series->family->type == METRIC_IS_HISTOGRAM ? observed(series)
								    : series_value(series, 0);
	sum->total += value == METRIC_UNSET ? 0 : value;
}

int64_t metric_get_at(enum metric metric, struct metric_values values)
{
	struct sum sum = { .wanted = values };
	assert(values.count == family_label_count(&metric_families[metric]));
	pthread_once(&metrics.once, lay_out);
	series_each(metric, true, add_up, &sum);
	return sum.total;
}

char *family_told(enum metric metric)
{
	pthread_mutex_lock(&metrics.lock);
	char *told = mem_copy_text(metrics.told[metric]);
	pthread_mutex_unlock(&metrics.lock);
	return told;
}
