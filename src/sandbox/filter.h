/*
 * sandbox/filter.h - Tableau's filter grammar (src/tableau/README.md, Filters): FIELD:OP:VALUE, a
 * comma means AND, the last term of a field wins. Pure.
 */
#pragma once
#include "base/str.h"

enum filter_operator {
	FILTER_EQ = 1,
	FILTER_IN = 2,
	FILTER_GT = 4,
	FILTER_GTE = 8,
	FILTER_LT = 16,
	FILTER_LTE = 32,
	FILTER_HAS = 64,
};
#define FILTER_COMPARES (FILTER_EQ | FILTER_GT | FILTER_GTE | FILTER_LT | FILTER_LTE)

struct filter_field { /* a field that a resource can be filtered by; a table ends with name NULL */
	const char *name;
	unsigned operators; /* the operators that it takes, as bits */
};

#define FILTER_MOST 16 /* more than the fields of any resource */
struct filter_term {
	size_t field; /* index into the resource's table */
	enum filter_operator op;
	struct str value; /* borrowed from the text that was parsed */
};
struct filter {
	bool is_literal; /* '*' is not a wildcard, as on an old server */
	size_t count;
	struct filter_term terms[FILTER_MOST];
};

enum filter_error {
	FILTER_OK,
	FILTER_UNPARSABLE, /* 400065 */
	FILTER_UNKNOWN,    /* no such field or operator, or the field does not take the operator */
};
/* `text` is decoded; "" takes everything. On an error `bad` is the key of the wrong term, or the
 * term. */
enum filter_error box_filter_parse(const char *text, const struct filter_field *fields,
	struct filter *filter, struct str *bad) MUST_USE;

/* Does the value pass the term? Case-sensitive; `*` in the value of eq is a wildcard; gt, gte, lt,
 * lte compare times, numbers, else texts, and never match "". */
bool box_filter_takes(
	const struct filter *filter, const struct filter_term *term, const char *value);
/* Less, equal or greater than 0, by times, numbers or bytes. */
int box_filter_compare(const char *left, struct str right);
