/*
 * tableau/filter.h - Tableau's filter grammar and its traps (README.md, Filters). Pure. Private to
 * tableau/.
 */
#pragma once
#include "base/text.h"

/*
 * Appends the value of `filter=name:eq:VALUE` for an exact name, percent-encoded. The characters
 * that the grammar cannot express become the wildcard `*`; true when that happened: then other
 * names come back too, and an old server without wildcards finds nothing. Names are compared
 * afterwards in any case.
 */
bool filter_name(const char *name, struct text *out);
/* Percent-encodes for a query (RFC 3986: unreserved characters stay; a blank is %20, a plus %2B).
 */
void filter_encode(struct str value, struct text *out);
