/*
 * rules/expand.h - from matched rules to selections: templates expanded, equal selections merged.
 * Private to rules/.
 */
#pragma once
#include "rules/match.h"

struct draft { /* grows while a decision is made */
	struct selection *selections;
	size_t selection_count, selection_capacity;
	struct warning *warnings;
	size_t warning_count, warning_capacity;
};

void draft_warn(struct draft *draft, const char *rule, const char *text, bool is_pattern_limit);
/* Adds the selections of `rule`; captures[] has the order of rule->captures. */
void rule_expand(struct matching *matching, const struct rule *rule, const struct str *captures,
	struct draft *draft);
/* By content, then by rule. */
void draft_sort(struct draft *draft);
/* Merges selections that name the same content in the same way; they are sorted. */
void draft_merge(struct draft *draft, struct arena *arena);
