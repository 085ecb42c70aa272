/*
 * base/metric.h - counters that any thread may add to and /metrics prints. They are the only
 * numbers that threads share; nothing is decided by them.
 */
#pragma once
#include "base/text.h"
#include <stdint.h>

enum metric {
#define METRIC(name, type, help) METRIC_##name,
#include "base/metric.def"
#undef METRIC
	METRIC_COUNT,
};

void metric_add(enum metric metric, int64_t n);
void metric_set(enum metric metric, int64_t value);
int64_t metric_get(enum metric metric);
/* All of them as Prometheus text (version 0.0.4), names prefixed with refresh_router_. */
void metric_print(struct text *out);
