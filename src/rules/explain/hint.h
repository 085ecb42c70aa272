/*
 * rules/explain/hint.h - whether an event's value is nearly what a condition wants. Private to
 * rules/.
 */
#pragma once
#include "rules/rule.h"

/* The exact value of the condition that `actual` looks like (case, blanks, look-alike characters)
 * or, of a field that is no id, differs from by a typing error; NULL: none. */
const char *hint_value(
	const struct rule_condition *condition, struct str actual, struct arena *arena);
/* Says so: "looks like 'Prod', but they differ at character 1: 'P' there, 'p' here"; or that a
 * pattern would find it without regard to case, which takes steps of the scratch. NULL: nothing is
 * near. */
const char *hint_describe(const struct rule_condition *condition, struct str actual,
	struct pattern_scratch *scratch, struct arena *arena);
