/*
 * rules/lint/possible.h - warnings about conditions that never hold together. Private to rules/.
 */
#pragma once
#include "rules/load.h"

/* Reports event types and statuses that never come together. `when` is their map, or
 * NULL. */
void possible_check(struct loading *loading, const struct yaml_node *when,
	const struct rule_condition *event, const struct rule_condition *status);

/* May an event of this type come with this status? */
bool possible_together(struct str event, struct str status);
