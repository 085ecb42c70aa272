/* base/metric.c - the counters, one atomic each, and their text for Prometheus. */
#include "base/metric.h"
#include <stdatomic.h>

static atomic_llong values[METRIC_COUNT];

static const struct {
	const char *name, *type, *help;
} infos[] = {
#define METRIC(name, type, help) [METRIC_##name] = { #name, #type, help },
#include "base/metric.def"
#undef METRIC
};

void metric_add(enum metric metric, int64_t n)
{
	atomic_fetch_add_explicit(&values[metric], n, memory_order_relaxed);
}

void metric_set(enum metric metric, int64_t value)
{
	atomic_store_explicit(&values[metric], value, memory_order_relaxed);
}

int64_t metric_get(enum metric metric)
{
	return atomic_load_explicit(&values[metric], memory_order_relaxed);
}

void metric_print(struct text *out)
{
	for (int i = 0; i < METRIC_COUNT; i++) {
		text_printf(out, "# HELP refresh_router_%s %s\n# TYPE refresh_router_%s %s\n",
			infos[i].name, infos[i].help, infos[i].name, infos[i].type);
		text_printf(out, "refresh_router_%s %lld\n", infos[i].name,
			(long long)metric_get((enum metric)i));
	}
}
