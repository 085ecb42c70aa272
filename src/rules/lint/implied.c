/* rules/lint/implied.c - proves from written values that one condition follows from another. */
#include "rules/lint/implied.h"

static bool is_exact(const struct rule_value *value)
{
	return value->probe == PROBE_NONE;
}

static bool is_found(const struct implying *implying, uint32_t probe, struct str text)
{
	const struct ruleset *ruleset = implying->ruleset;
	const struct rule_pattern *pattern = &ruleset->patterns[ruleset->probes[probe].pattern];
	if (pattern->literal.length &&
		(!text.length || !memmem(text.at, text.length, pattern->literal.at,
					 pattern->literal.length)))
		return false;
	pattern_allowance_renew(implying->scratch);
	return pattern_search(pattern->compiled, text, implying->scratch) == SEARCH_YES;
}

/* Is this value of a condition among the exact ones of another? Texts are interned: one text, one
 * place. */
static bool has_value(const struct rule_condition *condition, const struct rule_value *value)
{
	for (uint32_t i = 0; i < condition->value_count; i++)
		if (condition->values[i].text.at == value->text.at &&
			is_exact(&condition->values[i]))
			return true;
	return false;
}

static bool is_found_by_any(
	const struct implying *implying, struct str text, const struct rule_condition *condition)
{
	for (uint32_t i = 0; condition->has_pattern && i < condition->value_count; i++)
		if (!is_exact(&condition->values[i]) &&
			is_found(implying, condition->values[i].probe, text))
			return true;
	return false;
}

/* The condition holds when the field is this exact value. */
static bool holds_for(const struct implying *implying, const struct rule_value *value,
	const struct rule_condition *condition)
{
	return has_value(condition, value) || is_found_by_any(implying, value->text, condition);
}

bool implied_by_text(
	const struct implying *implying, struct str text, const struct rule_condition *condition)
{
	for (uint32_t i = 0; i < condition->value_count; i++)
		if (is_exact(&condition->values[i]) && str_equal(condition->values[i].text, text))
			return true;
	return is_found_by_any(implying, text, condition);
}

static bool has_probe(const struct rule_condition *condition, uint32_t probe)
{
	for (uint32_t i = 0; condition->has_pattern && i < condition->value_count; i++)
		if (condition->values[i].probe == probe)
			return true;
	return false;
}

bool implied_condition(const struct implying *implying, const struct rule_condition *stronger,
	const struct rule_condition *weaker)
{
	for (uint32_t i = 0; i < stronger->value_count; i++) {
		const struct rule_value *value = &stronger->values[i];
		if (is_exact(value) ? !holds_for(implying, value, weaker)
				    : !has_probe(weaker, value->probe))
			return false;
	}
	return true;
}

/* All values of `exact` are exact, and `other` holds for none of them. */
static bool holds_for_none(const struct implying *implying, const struct rule_condition *exact,
	const struct rule_condition *other)
{
	if (exact->has_pattern)
		return false;
	for (uint32_t i = 0; i < exact->value_count; i++)
		if (holds_for(implying, &exact->values[i], other))
			return false;
	return true;
}

bool implied_disjoint(const struct implying *implying, const struct rule_condition *a,
	const struct rule_condition *b)
{
	return holds_for_none(implying, a, b) || holds_for_none(implying, b, a);
}

const struct rule_condition *implied_on(const struct rule_map *map, enum event_field field)
{
	for (uint32_t i = 0; i < map->count; i++)
		if (map->conditions[i].field == field)
			return &map->conditions[i];
	return NULL;
}

bool implied_map(const struct implying *implying, const struct rule_map *stronger,
	const struct rule_map *weaker)
{
	for (uint32_t i = 0; i < weaker->count; i++) {
		const struct rule_condition *same =
			implied_on(stronger, weaker->conditions[i].field);
		if (!same || !implied_condition(implying, same, &weaker->conditions[i]))
			return false;
	}
	return true;
}

bool implied_maps_disjoint(
	const struct implying *implying, const struct rule_map *a, const struct rule_map *b)
{
	/* conditions are in order of fields */
	for (uint32_t i = 0, j = 0; i < a->count && j < b->count;) {
		const struct rule_condition *x = &a->conditions[i], *y = &b->conditions[j];
		if (x->field == y->field && implied_disjoint(implying, x, y))
			return true;
		i += x->field <= y->field;
		j += y->field <= x->field;
	}
	return false;
}

/* Is `excluded` out of the question when `branch` holds, whose own exclusions are among the
 * reasons? */
static bool is_ruled_out(const struct implying *implying, const struct rule_branch *branch,
	const struct rule_map *excluded)
{
	if (implied_maps_disjoint(implying, &branch->when, excluded))
		return true;
	for (uint32_t i = 0; i < branch->not_count; i++) {
		const struct rule_map *own = &branch->nots[i];
		bool is_same = true;
		for (uint32_t j = 0; is_same && j < own->count; j++) {
			const struct rule_condition *condition = &own->conditions[j],
						    *when = implied_on(
							    &branch->when, condition->field),
						    *there = implied_on(excluded, condition->field);
			is_same = (when && implied_condition(implying, when, condition)) ||
				  (there && implied_condition(implying, there, condition));
		}
		if (is_same)
			return true;
	}
	return false;
}

bool implied_branch(const struct implying *implying, const struct rule_branch *stronger,
	const struct rule_branch *weaker)
{
	if (!implied_map(implying, &stronger->when, &weaker->when))
		return false;
	for (uint32_t i = 0; i < weaker->not_count; i++)
		if (!is_ruled_out(implying, stronger, &weaker->nots[i]))
			return false;
	return true;
}

bool implied_rule(
	const struct implying *implying, const struct rule *stronger, const struct rule *weaker)
{
	for (uint32_t i = 0; i < stronger->branch_count; i++) {
		bool is_implied = false;
		for (uint32_t j = 0; !is_implied && j < weaker->branch_count; j++)
			is_implied = implied_branch(
				implying, &stronger->branches[i], &weaker->branches[j]);
		if (!is_implied)
			return false;
	}
	return true;
}

static bool is_same_map(const struct rule_map *a, const struct rule_map *b)
{
	bool is_same = a->count == b->count;
	for (uint32_t i = 0; is_same && i < a->count; i++) {
		const struct rule_condition *x = &a->conditions[i], *y = &b->conditions[i];
		is_same = x->field == y->field && x->value_count == y->value_count;
		for (uint32_t j = 0; is_same && j < x->value_count; j++)
			is_same = x->values[j].probe == y->values[j].probe &&
				  str_equal(x->values[j].text, y->values[j].text);
	}
	return is_same;
}

bool implied_same(const struct rule *a, const struct rule *b)
{
	bool is_same = a->branch_count == b->branch_count;
	for (uint32_t i = 0; is_same && i < a->branch_count; i++) {
		const struct rule_branch *x = &a->branches[i], *y = &b->branches[i];
		is_same = is_same_map(&x->when, &y->when) && x->not_count == y->not_count;
		for (uint32_t j = 0; is_same && j < x->not_count; j++)
			is_same = is_same_map(&x->nots[j], &y->nots[j]);
	}
	return is_same;
}
