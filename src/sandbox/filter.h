/*
 * sandbox/filter.h - Tableau's filter grammar (tableau-rest.md 4.2): FIELD:OP:VALUE, comma is AND,
 * the last of a field wins.
 */
#pragma once
#include "base/json.h"

#define FILTER_MOST 16
struct filter {
	size_t count;
	struct {
		char field[40], op[8], value[512];
	} terms[FILTER_MOST];
};

enum filter_error { FILTER_OK, FILTER_UNPARSABLE, FILTER_UNKNOWN };
/* `text` is decoded. `known` are the fields of the resource, NULL ends them. *bad gets the term
 * that is wrong. */
enum filter_error filter_parse(
	const char *text, const char *const *known, struct filter *filter, char bad[64]);

/* Does a value satisfy every term of this field? Case-sensitive; `*` in the value of eq is a
 * wildcard; gt, gte, lt, lte compare texts and times. */
bool filter_takes(const struct filter *filter, const char *field, const char *value);
/* The same for a field with several values (tags): one of them is enough. */
bool filter_takes_any(const struct filter *filter, const char *field, const cJSON *labels);
