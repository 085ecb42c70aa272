/*
 * rules/explain/explain.h - explains the rules that matched and those that did not. Private to
 * rules/.
 */
#pragma once
#include "rules/match.h"

/* What an explanation shows of the values of a condition: "any of 1, 2, … (57 more)". */
const char *explain_values(const struct rule_condition *condition, struct arena *arena);
/* A text that ends in NUL, itself or, if it is longer than EXPLAINED_BYTES, its beginning. */
const char *explain_cut(struct str text, struct arena *arena);

/*
 * Fills in the unmatched rules of the decision, the nearest miss first, and the explanations that
 * `scope` wants. `is_match`, by rule, is set for each that matched.
 */
void decision_explain(struct matching *matching, const bool *is_match,
	const struct explain_scope *scope, struct decision *decision);
