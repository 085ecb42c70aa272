/*
 * base/yaml_look.h - names and patterns in a YAML file that say something else than they look.
 */
#pragma once
#include "base/yaml.h"

enum yaml_use { YAML_NAME, YAML_PATTERN };

/*
 * Adds a warning for each way in which the scalar deceives its reader: a comment that seems to be a
 * part of it, an escape that became a control character, lines that became one text, typographic
 * quotation marks, blanks that are none or stand at an end, characters that cannot be seen, letters
 * of two alphabets in one word. `source` (of its file) may be empty where no line may be shown;
 * then no comment is quoted.
 */
void yaml_look(const struct yaml_node *node, enum yaml_use use, struct str source,
	struct problems *problems);
