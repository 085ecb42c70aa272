/*
 * rules/lint/implied.h - which conditions hold whenever others do, and which never hold together.
 * Private to rules/.
 *
 * Proven from the values as they are written: equal values, the same pattern, or an exact value
 * that a pattern finds. In doubt the answer is no. Bounds on the cost of patterns are left out of
 * it: a pattern that hits one makes its rule not match, whatever is said here.
 */
#pragma once
#include "rules/rule.h"

struct implying {
	const struct ruleset *ruleset;
	struct pattern_scratch *scratch;
};

/* Does the condition hold for a field of this text? */
bool implied_by_text(
	const struct implying *implying, struct str text, const struct rule_condition *condition);
/* Does `weaker` hold for every text for which `stronger` does? */
bool implied_condition(const struct implying *implying, const struct rule_condition *stronger,
	const struct rule_condition *weaker);
/* Is there no text for which both hold? */
bool implied_disjoint(const struct implying *implying, const struct rule_condition *a,
	const struct rule_condition *b);
/* The condition of the map on this field, or NULL. */
const struct rule_condition *implied_on(const struct rule_map *map, enum event_field field);
/* Does every event that meets `stronger` meet `weaker`? */
bool implied_map(const struct implying *implying, const struct rule_map *stronger,
	const struct rule_map *weaker);
/* Is there no event that meets both? */
bool implied_maps_disjoint(
	const struct implying *implying, const struct rule_map *a, const struct rule_map *b);
/* Does every event that meets `stronger`, map and exclusions, meet `weaker`? */
bool implied_branch(const struct implying *implying, const struct rule_branch *stronger,
	const struct rule_branch *weaker);
/* Does `weaker` match every event that `stronger` matches? */
bool implied_rule(
	const struct implying *implying, const struct rule *stronger, const struct rule *weaker);
/* Have both the same conditions, so that they also capture the same? */
bool implied_same(const struct rule *a, const struct rule *b);
