/* rules/explain.c - finds, for each rule that did not match, the first condition that does not
 * hold. */
#include "rules/explain.h"
#include <limits.h>

#define SHOWN_VALUES 10 /* values of an "any of" that a message shows */

static const char *values_written(struct matching *matching, const struct rule_condition *condition)
{
	if (condition->value_count == 1)
		return arena_str(matching->arena, condition->values[0].text);
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	text_add(&out, "any of ");
	for (uint32_t i = 0; i < condition->value_count && i < SHOWN_VALUES; i++) {
		text_add(&out, i ? ", " : "");
		text_add_str(&out, condition->values[i].text);
	}
	if (condition->value_count > SHOWN_VALUES)
		text_printf(&out, " and %u more", condition->value_count - SHOWN_VALUES);
	return arena_str(matching->arena, text_str(&out));
}

static const char *actual(struct matching *matching, enum event_field field)
{
	return arena_str(matching->arena, matching->event->fields[field]);
}

static void because_condition(
	struct matching *matching, const struct rule_condition *condition, struct unmatched *why)
{
	why->field = event_field_describe(condition->field)->name;
	why->expected = values_written(matching, condition);
	why->actual = actual(matching, condition->field);
}

/* All conditions of one map under `not` hold; its first condition is named as the reason. */
static void because_not(
	struct matching *matching, const struct rule_map *map, struct unmatched *why)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	text_add(&out, "not ");
	for (uint32_t i = 0; i < map->count; i++) {
		const struct rule_condition *condition = &map->conditions[i];
		if (i)
			text_printf(
				&out, " with %s ", event_field_describe(condition->field)->name);
		text_add(&out, values_written(matching, condition));
	}
	if (!map->count)
		return;
	enum event_field field = map->conditions[0].field;
	why->field = arena_printf(matching->arena, "not.%s", event_field_describe(field)->name);
	why->expected = arena_str(matching->arena, text_str(&out));
	why->actual = actual(matching, field);
}

static bool map_is_true(struct matching *matching, const struct rule_map *map)
{
	for (uint32_t i = 0; i < map->count; i++)
		if (condition_match(matching, &map->conditions[i]) == SEARCH_NO)
			return false;
	return true; /* also when a search hit its limit, because then the rule did not match */
}

/* The first condition of the branch that does not hold, in order of fields, then `not`. False when
 * all hold. */
static bool branch_explain(
	struct matching *matching, const struct rule_branch *branch, struct unmatched *why)
{
	why->missed = why->held = 0;
	for (uint32_t i = 0; i < branch->when.count; i++) {
		if (condition_match(matching, &branch->when.conditions[i]) != SEARCH_YES) {
			if (!why->missed++)
				because_condition(matching, &branch->when.conditions[i], why);
		} else if (!why->missed) {
			why->held++;
		}
	}
	for (uint32_t i = 0; i < branch->not_count; i++)
		if (map_is_true(matching, &branch->nots[i]) && !why->missed++)
			because_not(matching, &branch->nots[i], why);
	return why->missed;
}

static bool is_nearer(const struct unmatched *a, const struct unmatched *b)
{
	return a->missed != b->missed ? a->missed < b->missed : a->held > b->held;
}

static void rule_explain(struct matching *matching, const struct rule *rule, struct unmatched *why)
{
	*why = (struct unmatched){ .rule = rule->name,
		.file = rule->file,
		.line = rule->line,
		.field = "",
		.expected = "",
		.actual = "" };
	if (!rule->enabled) {
		why->disabled = true;
		why->field = "enabled";
		why->expected = "true";
		why->actual = "false";
		/* last in the order, because a disabled rule surprises nobody */
		why->missed = INT_MAX;
		return;
	}
	why->missed = INT_MAX;
	for (uint32_t i = 0; i < rule->branch_count; i++) {
		struct unmatched branch = *why;
		if (!branch_explain(matching, &rule->branches[i], &branch)) {
			/* All conditions hold, so it is the event that is never routed, such as a
			 * test delivery. */
			branch.field = "event";
			branch.expected = "a real event of a run";
			branch.actual = matching->event->why ? matching->event->why : "";
		}
		if (is_nearer(&branch, why))
			*why = branch;
	}
}

struct ranked {
	struct unmatched why;
	uint32_t rank;
};

static int by_nearness(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (is_nearer(&x->why, &y->why) || is_nearer(&y->why, &x->why))
		return is_nearer(&x->why, &y->why) ? -1 : 1;
	return (x->rank > y->rank) - (x->rank < y->rank);
}

const struct unmatched *unmatched_explain(
	struct matching *matching, const bool *is_match, size_t *count)
{
	const struct ruleset *ruleset = matching->ruleset;
	OWNED_MEMORY struct ranked *ranked = mem_alloc((ruleset->rule_count + 1) * sizeof *ranked);
	*count = 0;
	for (size_t i = 0; i < ruleset->rule_count; i++) {
		if (is_match[i])
			continue;
		ranked[*count].rank = ruleset->rules[i].rank;
		rule_explain(matching, &ruleset->rules[i], &ranked[(*count)++].why);
	}
	qsort(ranked, *count, sizeof *ranked, by_nearness);
	struct unmatched *unmatched = arena_array(matching->arena, struct unmatched, *count + 1);
	for (size_t i = 0; i < *count; i++)
		unmatched[i] = ranked[i].why;
	return unmatched;
}
