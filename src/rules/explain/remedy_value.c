/* rules/explain/remedy_value.c - the texts with which a field of the event is tried. */
#include "base/pattern/pattern_sample.h"
#include "event/status.h"
#include "rules/explain/hint.h"
#include "rules/explain/remedy_inside.h"

#define PATTERNS_MOST 500 /* of which samples are made, for all rules of an explanation */

static size_t value_add(
	struct remedy_value *values, size_t count, size_t most, struct remedy_value value)
{
	if (count < most)
		values[count++] = value;
	return count;
}

static void samples_make(struct remedy_search *search, struct remedy_samples *samples)
{
	OWNED_TEXT struct text text = TEXT(PATTERN_SAMPLE_BYTES + 1);
	const struct pattern *pattern = search->asked->ruleset->patterns[samples->pattern].compiled;
	for (unsigned turn = 0; turn < REMEDY_SAMPLES; turn++)
		if (pattern_sample(pattern, turn, search->sampling, &text))
			samples->texts[samples->count++] =
				(struct str){ arena_str(search->arena, text_str(&text)),
					text.length };
}

/* Those of the pattern, made once; NULL when too many were made. */
static const struct remedy_samples *samples_of(struct remedy_search *search, uint32_t pattern)
{
	for (size_t i = 0; i < search->sample_count; i++)
		if (search->samples[i].pattern == pattern)
			return &search->samples[i];
	if (search->sample_count == PATTERNS_MOST)
		return NULL;
	mem_grow(&search->samples, &search->sample_capacity, search->sample_count);
	struct remedy_samples *samples = &search->samples[search->sample_count++];
	*samples = (struct remedy_samples){ .pattern = pattern };
	samples_make(search, samples);
	return samples;
}

static size_t samples_add(struct remedy_search *search, const struct rule_value *value,
	struct remedy_value *values, size_t count, size_t most)
{
	const struct remedy_samples *samples =
		samples_of(search, search->asked->ruleset->probes[value->probe].pattern);
	for (size_t i = 0; samples && i < samples->count; i++)
		count = value_add(values, count, most,
			(struct remedy_value){
				.text = samples->texts[i], .written = value->text.at });
	return count;
}

size_t remedy_value_add_wanted(struct remedy_search *search, const struct rule_condition *condition,
	struct remedy_value *values, size_t count, size_t most)
{
	struct str now = search->event.fields[condition->field];
	const char *near = hint_value(condition, now, search->arena);
	if (near)
		count = value_add(
			values, count, most, (struct remedy_value){ str_of(near), near, true });
	for (uint32_t i = 0; i < condition->value_count && count < most; i++) {
		const struct rule_value *value = &condition->values[i];
		if (value->probe == PROBE_NONE)
			count = value_add(values, count, most,
				(struct remedy_value){ value->text, value->text.at, true });
		else
			count = samples_add(search, value, values, count, most);
	}
	return count;
}

size_t remedy_value_add_other(struct remedy_search *search, enum event_field field,
	struct remedy_value *values, size_t count, size_t most)
{
	static const char *const texts[] = { "", "x", "0", "1001", NULL };
	struct str now = str_cut(search->event.fields[field], EXPLAINED_BYTES);
	const char *const *known = field == EVENT_EVENT    ? event_types
				   : field == EVENT_STATUS ? status_names
							   : texts;
	for (; *known; known++)
		count = value_add(
			values, count, most, (struct remedy_value){ .text = str_of(*known) });
	const char *longer[] = { arena_printf(search->arena, "%.*sx", (int)now.length, now.at),
		arena_printf(search->arena, "x%.*s", (int)now.length, now.at) };
	for (size_t i = 0; i < sizeof longer / sizeof *longer; i++)
		count = value_add(
			values, count, most, (struct remedy_value){ .text = str_of(longer[i]) });
	return count;
}
