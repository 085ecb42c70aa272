/* rules/explain/hint.c - the value or pattern on which a condition and an event nearly agree. */
#include "rules/explain/hint.h"
#include "base/name.h"
#include "base/suggest.h"

#define VALUES_MOST 256   /* values of a list that are compared */
#define PATTERNS_MOST 4   /* patterns of a list that are tried without regard to case */
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

static bool has_flag_i(struct str written)
{
	const char *flags = memrchr(written.at, '/', written.length);
	return flags && memchr(flags, 'i', (size_t)(written.at + written.length - flags));
}

/* Would the pattern be found if it had the flag i? */
static bool finds_without_case(
	struct str written, struct str actual, struct pattern_scratch *scratch)
{
	struct error err;
	size_t offset;
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	if (has_flag_i(written))
		return false;
	text_add_str(&text, written);
	text_add_char(&text, 'i');
	OWNED(pattern) pattern = pattern_compile(text_str(&text), &offset, &err);
	return pattern && pattern_search(pattern, actual, scratch) == SEARCH_YES;
}

static const char *describe_case(const struct rule_condition *condition, struct str actual,
	struct pattern_scratch *scratch, struct arena *arena)
{
	if (!actual.length || actual.length >= VALUE_BYTES)
		return NULL;
	for (uint32_t i = 0; i < condition->value_count && i < PATTERNS_MOST; i++) {
		const struct rule_value *value = &condition->values[i];
		if (value->probe != PROBE_NONE && finds_without_case(value->text, actual, scratch))
			return arena_printf(arena,
				"only upper and lower case differ: %si would find it",
				value->text.at);
	}
	return NULL;
}

const char *hint_describe(const struct rule_condition *condition, struct str actual,
	struct pattern_scratch *scratch, struct arena *arena)
{
	const char *near = hint_value(condition, actual, arena);
	OWNED_TEXT struct text difference = TEXT(TEXT_UNBOUNDED);
	if (!near)
		return describe_case(condition, actual, scratch, arena);
	name_difference(arena_str(arena, actual), near, &difference);
	if (difference.length)
		return arena_printf(arena, "looks like '%s', but %s", near, difference.at);
	return arena_printf(arena, "nearly '%s': a slip in one of the two?", near);
}
