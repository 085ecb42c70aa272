/*
 * rules/possible.h - warnings about conditions that never hold together. Private to rules/.
 */
#pragma once
#include "rules/load.h"

/* Reports event types and statuses that never come together. `when` is their map, or
 * NULL. */
void possible_check(struct loading *loading, const struct yaml_node *when,
	const struct rule_condition *event, const struct rule_condition *status);

/* Reports a map under 'not' (`excluded`, at `not_node`) that excludes every event that
 * `map` (at `when`) lets through. */
void possible_check_excluded(struct loading *loading, const struct yaml_node *when,
	const struct rule_map *map, const struct yaml_node *not_node,
	const struct rule_map *excluded);
