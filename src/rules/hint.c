/* rules/hint.c - the exact value that a condition and an event nearly agree on. */
#include "rules/hint.h"
#include "base/name.h"
#include "base/suggest.h"

#define VALUES_MOST 256   /* values of a list that are compared */
#define VALUE_BYTES 1000u /* longer texts are not */

static size_t names_of(const struct rule_condition *condition, const char **names)
{
	size_t count = 0;
	for (uint32_t i = 0; i < condition->value_count && count < VALUES_MOST; i++) {
		const struct rule_value *value = &condition->values[i];
		if (value->probe == PROBE_NONE && value->text.length &&
			value->text.length < VALUE_BYTES)
			names[count++] = value->text.at; /* interned, ends in NUL */
	}
	return count;
}

static bool looks_alike(const char *a, const char *b)
{
	OWNED_TEXT struct text difference = TEXT(TEXT_UNBOUNDED);
	name_difference(a, b, &difference);
	return difference.length > 0;
}

/* One id of dbt's is often a digit away from another. */
static bool may_be_slip(enum event_field field)
{
	return !event_field_describe(field)->is_id && field != EVENT_EVENT && field != EVENT_STATUS;
}

const char *hint_value(
	const struct rule_condition *condition, struct str actual, struct arena *arena)
{
	const char *names[VALUES_MOST];
	size_t count = names_of(condition, names);
	if (!count || !actual.length || actual.length >= VALUE_BYTES)
		return NULL;
	const char *written = arena_str(arena, actual), *near = suggest(written, names, count);
	if (!near || text_is(near, written))
		return NULL;
	return may_be_slip(condition->field) || looks_alike(written, near) ? near : NULL;
}

const char *hint_describe(
	const struct rule_condition *condition, struct str actual, struct arena *arena)
{
	const char *near = hint_value(condition, actual, arena);
	OWNED_TEXT struct text difference = TEXT(TEXT_UNBOUNDED);
	if (!near)
		return NULL;
	name_difference(arena_str(arena, actual), near, &difference);
	if (difference.length)
		return arena_printf(arena, "looks like '%s', but %s", near, difference.at);
	return arena_printf(arena, "nearly '%s': a slip in one of the two?", near);
}
