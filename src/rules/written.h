/*
 * rules/written.h - how content is written, under `refresh` of a rule and `expect` of a test alike.
 *
 * Private to rules/.
 */
#pragma once
#include "base/yaml/yaml.h"
#include "content/selection.h"

struct written { /* the file that is read */
	const struct yaml_file *file;
	struct problems *problems;
	struct arena *scratch; /* for messages */
};

/* The kinds that have a node, in order; returns how many. */
size_t written_kinds(const struct yaml_node *const nodes[static CONTENT_KIND_COUNT],
	enum content_kind kinds[static CONTENT_KIND_COUNT]);
/*
 * The value of the map `{id: LUID}`, or of another key that a selector has, and what it selects by;
 * *value is NULL when the map is empty. `field` is the map's own key. False when something else
 * stands there, which is reported.
 */
bool written_value(const struct written *written, const char *field, const struct yaml_node *map,
	const struct yaml_node **value, enum select_by *by);
/* A piece of a file for a message: at most 80 bytes of it, NUL-terminated, in `scratch`. */
const char *written_quote(struct str text, struct arena *scratch);
