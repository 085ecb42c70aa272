/*
 * base/yaml/yaml_look.h - names and patterns in a YAML file that do not mean what they seem to
 * mean.
 */
#pragma once
#include "base/yaml/yaml.h"

enum yaml_use { YAML_NAME, YAML_PATTERN };

/*
 * Adds a warning for each way in which the scalar deceives its reader: a comment that seems to be a
 * part of it, an escape that became a control character, lines that became one text, typographic
 * quotation marks, characters that only look like blanks, blanks at an end, invisible characters,
 * letters of two alphabets in one word, texts that other readers take for a number or a boolean.
 * `source` (of its file) is empty where no line may be shown; then no comment is quoted.
 */
void yaml_look(const struct yaml_node *node, enum yaml_use use, struct str source,
	struct problems *problems);
