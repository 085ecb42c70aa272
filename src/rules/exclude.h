/*
 * rules/exclude.h - reports what `when` lets through and `not` excludes again. Private to rules/.
 */
#pragma once
#include "rules/load.h"

/*
 * Looks at one map under `when` (`when_node`, or NULL) and what stands under its `not`
 * (`not_node`). What takes searches is looked for by `check` only: exact values that a pattern
 * excludes, maps that exclude all only together, single values that never get through.
 */
void exclude_check(struct loading *loading, const struct yaml_node *when_node,
	const struct yaml_node *not_node, const struct rule_branch *branch);

/* Reports statuses and status codes that never come together (src/event/README.md, Status). */
void exclude_check_codes(
	struct loading *loading, const struct yaml_node *when_node, const struct rule_map *when);
