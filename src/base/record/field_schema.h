/*
 * base/record/field_schema.h - what the loader (field.c) and the generated documents
 * (field_schema.c) share. Private to base/record/field.c and base/record/field_schema.c.
 */
#pragma once
#include "base/record/field.h"
#include "base/text.h"

/* "from 1 to 64", "at least 1s", or nothing, in the field's unit. */
void field_schema_bounds(const struct field *field, struct text *out);
/* A fallback or example from a table: YAML flow syntax when it begins with a bracket, else one text
 * as it stands. */
const struct yaml_node *field_schema_example(const char *written, struct arena *arena);
