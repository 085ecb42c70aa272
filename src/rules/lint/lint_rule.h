/*
 * rules/lint/lint_rule.h - what `check` says about one rule by itself. Private to rules/.
 */
#pragma once
#include "rules/load.h"

/* Warns of each alternative that lets the runs of every dbt job through. `node` is the rule. */
void lint_rule_scope(
	struct loading *loading, const struct yaml_node *node, const struct rule *rule);
/* Warns of each alternative that another one of the rule lets in anyway. */
void lint_rule_alternatives(
	struct loading *loading, const struct yaml_node *node, const struct rule *rule);
/* Notes a list under `when` whose maps have one field each, of different subjects: they are
 * alternatives, and conditions that hold together may have been meant. */
void lint_rule_fields(
	struct loading *loading, const struct yaml_node *node, const struct rule *rule);
/* Notes captures that no selection of the rule uses. */
void lint_rule_captures(
	struct loading *loading, const struct captures *captures, const struct rule *rule);
/* Looks at a pattern on a field: notes one that is a plain word and so finds longer names too, and
 * warns of one that finds no status or event type. */
void lint_rule_pattern(struct loading *loading, const struct yaml_node *node,
	const struct pattern *pattern, enum event_field field);
/* Notes a plain word of a pattern that names content. */
void lint_rule_selector(struct loading *loading, const struct yaml_node *node);
