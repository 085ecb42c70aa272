/* rules/remedy_value.c - the texts with which a field of the event is tried. */
#include "base/pattern_sample.h"
#include "event/status.h"
#include "rules/hint.h"
#include "rules/remedy_inside.h"

#define SAMPLES_MOST 1000 /* of all rules of an explanation: each is searched for once */
#define TURNS 3           /* samples of one pattern */

static size_t value_add(
	struct remedy_value *values, size_t count, size_t most, struct remedy_value value)
{
	if (count < most)
		values[count++] = value;
	return count;
}

static size_t samples_of(struct remedy_search *search, const struct rule_value *value,
	struct remedy_value *values, size_t count, size_t most)
{
	const struct ruleset *ruleset = search->asked->ruleset;
	const struct pattern *pattern =
		ruleset->patterns[ruleset->probes[value->probe].pattern].compiled;
	OWNED_TEXT struct text sample = TEXT(PATTERN_SAMPLE_BYTES + 1);
	for (unsigned turn = 0; turn < TURNS && search->samples++ < SAMPLES_MOST; turn++)
		if (pattern_sample(pattern, turn, search->sampling, &sample))
			count = value_add(values, count, most,
				(struct remedy_value){
					.text = { arena_str(search->arena, text_str(&sample)),
						sample.length },
					.written = value->text.at });
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
			count = samples_of(search, value, values, count, most);
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
