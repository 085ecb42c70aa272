/*
 * rules/growth.h - patterns whose cost grows faster than the text they search, told with such a
 * text. Private to rules/.
 */
#pragma once
#include "rules/load.h"

/* Warns of a pattern on an event's field. Only for `check`: it takes a millisecond and more. */
void growth_look_of_field(struct loading *loading, const struct yaml_node *node,
	const struct pattern *pattern, enum event_field field);
/* Of one that names content. */
void growth_look(
	struct loading *loading, const struct yaml_node *node, const struct pattern *pattern);
