/*
 * rules/lint/exact.h - exact values that were meant to be something else: patterns without slashes,
 * lists without brackets. Private to rules/.
 */
#pragma once
#include "rules/load.h"

/* Warns of an exact name that has the form of a pattern. */
void exact_look(struct loading *loading, const struct yaml_node *node);
/* Warns also of a value that no event can have in `field`. */
void exact_look_of_field(
	struct loading *loading, const struct yaml_node *node, enum event_field field);
