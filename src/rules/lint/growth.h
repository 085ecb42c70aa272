/*
 * rules/lint/growth.h - reports patterns whose cost grows faster than the text they search, with an
 * example of such a text. Private to rules/.
 */
#pragma once
#include "rules/load.h"

/* Warns of a costly pattern on an event's field. For `check` only: it takes a millisecond or
 * more. */
void growth_look_of_field(struct loading *loading, const struct yaml_node *node,
	const struct pattern *pattern, enum event_field field);
/* Warns of a costly pattern that names content. */
void growth_look(
	struct loading *loading, const struct yaml_node *node, const struct pattern *pattern);
