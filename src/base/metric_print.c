/*
 * base/metric_print.c - metrics as Prometheus' text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), and described for the manual.
 */
#include "base/metric_inside.h"
#include <string.h>

/* Names that are the same for all programs have none. */
static const char *prefix_of(const struct family *family)
{
	return strncmp(family->name, "process_", 8) ? "refresh_router_" : "";
}

static const char *type_name(const struct family *family)
{
	static const char *const names[] = {
		[METRIC_IS_COUNTER] = "counter",
		[METRIC_IS_GAUGE] = "gauge",
		[METRIC_IS_HISTOGRAM] = "histogram",
		[METRIC_IS_INFO] = "gauge",
	};
	return names[family->type];
}

/* Escaped are, in HELP, backslash and line feed; in a label's value also the quote. */
static void add_escaped(struct text *out, const char *value, bool is_quoted)
{
	for (; *value; value++) {
		if (*value == '\\' || (*value == '"' && is_quoted))
			text_add_char(out, '\\');
		if (*value == '\n')
			text_add(out, "\\n");
		else
			text_add_char(out, *value);
	}
}

static void add_label(struct text *out, const char *before, const char *name, const char *value)
{
	text_printf(out, "%s%s=\"", before, name);
	add_escaped(out, value, true);
	text_add_char(out, '"');
}

/* `bound`: of a bucket, else NULL. */
static void add_sample(
	struct text *out, const struct series *series, const char *suffix, const char *bound)
{
	const struct family *family = series->family;
	text_printf(out, "%s%s%s", prefix_of(family), family->name, suffix);
	const char *before = "{";
	for (size_t i = 0; i < family_label_count(family); i++, before = ",")
		add_label(out, before, metric_labels[family->labels[i]].name, series->values[i]);
	if (bound) {
		add_label(out, before, "le", bound);
		before = ",";
	}
	text_add(out, *before == ',' ? "} " : " ");
}

static void add_value(struct text *out, const struct family *family, int64_t value)
{
	if (family->is_seconds)
		text_printf(out, "%.16g\n", (double)value / 1e6);
	else
		text_printf(out, "%lld\n", (long long)value);
}

/* The count is the sum of the buckets that were read, so that they agree while others count. */
static void add_histogram(const struct series *series, struct text *out)
{
	const struct family *family = series->family;
	int64_t count = 0;
	for (size_t i = 0; i < family_bucket_count(family); i++) {
		OWNED_TEXT struct text bound = TEXT(32);
		count += series_value(series, i);
		if (family->bounds[i] > 0)
			text_printf(&bound, "%g", family->bounds[i]);
		else
			text_add(&bound, "+Inf");
		add_sample(out, series, "_bucket", bound.at);
		text_printf(out, "%lld\n", (long long)count);
	}
	add_sample(out, series, "_sum", NULL);
	add_value(out, family, series_value(series, family_bucket_count(family)));
	add_sample(out, series, "_count", NULL);
	text_printf(out, "%lld\n", (long long)count);
}

static void add_series(const struct series *series, void *context)
{
	const struct family *family = series->family;
	int64_t value = series_value(series, 0);
	if (family->type == METRIC_IS_HISTOGRAM) {
		add_histogram(series, context);
		return;
	}
	bool is_silent = family->is_sparse && family->type == METRIC_IS_COUNTER && !value;
	if (is_silent || value == METRIC_UNSET)
		return;
	add_sample(context, series, "", NULL);
	add_value(context, family, value);
}

static void add_info(struct text *out, enum metric metric)
{
	OWNED_MEMORY char *told = family_told(metric);
	struct series series = { .family = &metric_families[metric], .values = { told } };
	if (!told)
		return;
	add_sample(out, &series, "", NULL);
	text_add(out, "1\n");
}

void metric_print(struct text *out)
{
	for (int i = 0; i < METRIC_COUNT; i++) {
		const struct family *family = &metric_families[i];
		text_printf(out, "# HELP %s%s ", prefix_of(family), family->name);
		add_escaped(out, family->help, false);
		text_printf(out, "\n# TYPE %s%s %s\n", prefix_of(family), family->name,
			type_name(family));
		if (family->type == METRIC_IS_INFO)
			add_info(out, (enum metric)i);
		else
			series_each((enum metric)i, false, add_series, out);
	}
}

void metric_describe(void (*visit)(const struct metric_note *note, void *context), void *context)
{
	for (int i = 0; i < METRIC_COUNT; i++) {
		const struct family *family = &metric_families[i];
		OWNED_TEXT struct text name = TEXT(TEXT_UNBOUNDED);
		text_printf(&name, "%s%s", prefix_of(family), family->name);
		struct metric_note note = {
			.name = name.at,
			.type = type_name(family),
			.help = family->help,
			.label_count = family_label_count(family),
		};
		for (size_t j = 0; j < note.label_count; j++) {
			note.labels[j].name = metric_labels[family->labels[j]].name;
			note.labels[j].words = metric_labels[family->labels[j]].words;
		}
		visit(&note, context);
	}
}
