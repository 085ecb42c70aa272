/*
 * rules/expand.h - from rules that matched to selections: templates expanded, equal ones merged.
 * Private to rules/.
 */
#pragma once
#include "rules/match.h"

struct outcome { /* grows while a decision is made */
	struct selection *selections;
	size_t selection_count, selection_capacity;
	struct warning *warnings;
	size_t warning_count, warning_capacity;
};

void outcome_warn(
	struct outcome *outcome, const char *rule, const char *text, bool is_pattern_limit);
/* Adds what `rule` refreshes; `captures` as its names. */
void rule_expand(struct matching *matching, const struct rule *rule, const struct str *captures,
	struct outcome *outcome);
/* Sorts, and makes one of those that name the same content in the same way. Rules must have been
 * added by name. */
void selections_merge(struct outcome *outcome, struct arena *arena);
