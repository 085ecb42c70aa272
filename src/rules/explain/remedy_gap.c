/*
 * rules/explain/remedy_gap.c - closes one gap of a branch: a condition that does not hold, or a map
 * of `not` that refuses. The value with which the branch comes nearest to holding stays.
 */
#include "rules/explain/remedy_inside.h"

#define VALUES_MOST 64

struct gap { /* a condition that has to hold, or, of a map of `not`, one that must not */
	const struct rule_condition *condition;
	bool is_refusal;
	struct branch_misses before, best;
	struct remedy_value value; /* the best */
};

static bool is_better(struct branch_misses a, struct branch_misses b)
{
	return a.missed != b.missed ? a.missed < b.missed : a.refused < b.refused;
}

/* Is it the best that closing this one gap can bring? */
static bool is_closed(const struct gap *gap)
{
	return gap->is_refusal ? !gap->best.refused
			       : gap->best.missed < gap->before.missed && !gap->best.refused;
}

static void try_value(
	struct remedy_search *search, struct gap *gap, const struct remedy_value *value)
{
	enum event_field field = gap->condition->field;
	struct str kept = search->event.fields[field];
	if (is_closed(gap) || remedy_is_over(search) || str_equal(value->text, kept))
		return;
	search->event.fields[field] = value->text;
	struct branch_misses misses = remedy_misses(search);
	search->event.fields[field] = kept;
	if (!is_better(misses, gap->best))
		return;
	gap->best = misses;
	gap->value = *value;
}

/* `wanted` is the condition of `when` on the field, or NULL. */
static void try_values(
	struct remedy_search *search, struct gap *gap, const struct rule_condition *wanted)
{
	struct remedy_value values[VALUES_MOST];
	size_t count = 0;
	gap->best = gap->before;
	if (wanted)
		count = remedy_value_add_wanted(search, wanted, values, count, VALUES_MOST);
	if (!wanted || wanted->has_pattern)
		count = remedy_value_add_other(
			search, gap->condition->field, values, count, VALUES_MOST);
	for (size_t i = 0; i < count; i++)
		try_value(search, gap, &values[i]);
}

/* ---- words ---- */

static const char *words_of(struct remedy_search *search, const struct gap *gap)
{
	struct arena *arena = search->asked->arena;
	const struct rule_condition *condition = gap->condition;
	const char *name = event_field_describe(condition->field)->name;
	bool is_one = condition->value_count == 1;
	if (gap->value.is_exact)
		return remedy_words(search, condition->field, gap->value.text);
	const char *values = explain_values(condition, arena);
	if (!gap->is_refusal && gap->value.written) /* a pattern, and a text that it finds */
		return arena_printf(arena, "%s matched %s, as '%s' does", name, gap->value.written,
			explain_cut(gap->value.text, arena));
	if (!gap->is_refusal)
		return arena_printf(arena, is_one ? "%s matched %s" : "%s were %s", name, values);
	if (is_one && condition->values[0].probe != PROBE_NONE)
		return arena_printf(arena, "%s did not match %s", name, values);
	if (is_one && !condition->values[0].text.length)
		return arena_printf(arena, "%s were not empty", name);
	return arena_printf(arena, is_one ? "%s were not '%s'" : "%s were not %s", name, values);
}

static void add_words(struct remedy_search *search, const struct gap *gap)
{
	const char **words = &search->words[gap->condition->field];
	const char *more = words_of(search, gap);
	if (!*words || gap->value.is_exact)
		*words = more;
	else if (!strstr(*words, more) && strlen(*words) < EXPLAINED_BYTES)
		*words = arena_printf(search->asked->arena, "%s and %s", *words, more);
}

/* Keeps the best value; false when none is better than what there was. */
static bool gap_close(struct remedy_search *search, const struct gap *gap)
{
	if (!is_better(gap->best, gap->before))
		return false;
	search->event.fields[gap->condition->field] = gap->value.text;
	add_words(search, gap);
	return true;
}

/* Nothing is known that closes it: for a pattern the words say what would, else nothing does. */
static void gap_leave(struct remedy_search *search, struct gap *gap, bool has_pattern)
{
	gap->value = (struct remedy_value){ 0 };
	if (has_pattern) {
		search->is_open[gap->condition->field] = true;
		add_words(search, gap);
	} else {
		search->is_hopeless = true;
	}
}

/* ---- gaps ---- */

void remedy_gap_close_condition(
	struct remedy_search *search, const struct rule_condition *condition)
{
	struct gap gap = { .condition = condition, .before = remedy_misses(search) };
	if (condition_match(&search->trial, condition) == SEARCH_YES)
		return;
	try_values(search, &gap, condition);
	if (!gap_close(search, &gap))
		gap_leave(search, &gap, condition->has_pattern);
}

/* Tries to make this condition of the map not hold; `left` is the gap to speak of if no condition
 * can be: one for which there may be a text that was not thought of. */
static bool refusal_close(struct remedy_search *search, const struct rule_condition *condition,
	const struct rule_condition *wanted, struct gap *left, bool *may_close)
{
	struct gap gap = {
		.condition = condition, .is_refusal = true, .before = remedy_misses(search)
	};
	bool may = !wanted || wanted->has_pattern;
	try_values(search, &gap, wanted);
	if (gap_close(search, &gap))
		return true;
	if (!left->condition || (may && !*may_close))
		*left = gap;
	*may_close |= may;
	return false;
}

/* A map of `not` refuses no more when one of its conditions does not hold. A field on which `when`
 * has no condition is changed rather than one on which it has. */
void remedy_gap_close_refusal(struct remedy_search *search, const struct rule_map *map)
{
	struct gap left = { 0 };
	bool may_close = false;
	matching_repeat(&search->trial);
	if (map_match(&search->trial, map) == SEARCH_NO)
		return;
	for (int is_bound = 0; is_bound < 2; is_bound++)
		for (uint32_t i = 0; i < map->count; i++) {
			const struct rule_condition *condition = &map->conditions[i];
			const struct rule_condition *wanted =
				remedy_same_field(&search->branch->when, condition->field);
			if ((wanted != NULL) == is_bound &&
				refusal_close(search, condition, wanted, &left, &may_close))
				return;
		}
	gap_leave(search, &left, may_close);
}
