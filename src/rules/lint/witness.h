/*
 * rules/lint/witness.h - an event that shows what is claimed about rules. Private to rules/.
 *
 * Made of the exact values of the rules' conditions and of samples of their patterns
 * (base/pattern/pattern_sample.h), and then decided: an event that is returned was seen to do it.
 * None is found when the conditions ask for more than that, or when one rule knows a dbt job by its
 * id and the other by its name, because whether these are one job nobody knows from the rules.
 */
#pragma once
#include "rules/decide.h"
#include "rules/lint/implied.h"

struct witnesses; /* belongs to one thread */

struct witnesses *witnesses_new(const struct ruleset *ruleset); /* borrows it */
void witnesses_free(struct witnesses *witnesses);
OWNED_DEFINE(witnesses)

/* Does the decision show it? */
typedef bool witness_shows(const struct decision *decision, const void *context);

/*
 * An event that the rules `a` and `b` (which may be the same) both match, in which no field that
 * their selections expand is empty, and for which `shows` is true: as the JSON of a flat event,
 * without what event_from_flat() adds. NULL: none was found. Valid until the next call.
 */
const char *witness_find(struct witnesses *witnesses, const struct rule *a, const struct rule *b,
	witness_shows *shows, const void *context);

/* What the deciding of events has cost so far, about 30 ns each. */
int64_t witness_work(const struct witnesses *witnesses);
