/*
 * base/field_schema.h - what loader (field.c) and documents (field_schema.c) share about a field.
 * For these two only.
 */
#pragma once
#include "base/field.h"
#include "base/text.h"

/* "from 1 to 64", "at least 1s", or nothing, in the field's unit. */
void field_format_bounds(const struct field *field, struct text *out);
/* A fallback or example of a table: YAML flow when it begins with a bracket, else one text as it
 * stands. */
const struct yaml_node *field_example_node(const char *written, struct arena *arena);
