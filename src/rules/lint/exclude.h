/*
 * rules/lint/exclude.h - reports conditions of one alternative that exclude each other. Private to
 * rules/.
 */
#pragma once
#include "rules/load.h"

/*
 * Looks at one map under `when` (`when_node`, or NULL) and what stands under its `not` (`not_node`,
 * or NULL). What takes searches is looked for by `check` only: exact values that a pattern
 * excludes, maps that exclude all only together, single values that never get through, maps that
 * exclude nothing, and a status and status code that never come together (src/event/README.md,
 * Status).
 */
void exclude_check(struct loading *loading, const struct yaml_node *when_node,
	const struct yaml_node *not_node, const struct rule_branch *branch);
