/*
 * base/yaml/yaml_type.h - texts without quotes that other YAML readers take for something else.
 * Private to base/.
 *
 * Our reader takes every scalar for the text that stands there. A program that reads the same file
 * by the types of YAML 1.1 or 1.2 (yaml.org/type, and 10.3.2 of the specification of 1.2) and
 * writes it again changes `on` to `true`, `1.10` to `1.1` and `0123` to `83`.
 */
#pragma once
#include "base/str.h"

/* "a boolean", "a date", "a number to the base 60", ...: what some reader takes it for, when it
 * may then write it in another way. NULL: every reader keeps it, as `1001` and `1.5`. */
const char *yaml_type_elsewhere(struct str plain);
