/*
 * rules/hint.h - whether an event's value is nearly what a condition wants. Private to rules/.
 */
#pragma once
#include "rules/rule.h"

/* The exact value of the condition that `actual` looks like (case, blanks, look-alike characters)
 * or, of a field that is no id, differs from by a typing error; NULL: none. */
const char *hint_value(
	const struct rule_condition *condition, struct str actual, struct arena *arena);
/* Says so: "the rule has 'Prod': they differ at character 1: 'P' there, 'p' here"; NULL: no value
 * is near. */
const char *hint_describe(
	const struct rule_condition *condition, struct str actual, struct arena *arena);
