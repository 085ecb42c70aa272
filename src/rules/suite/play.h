/*
 * rules/suite/play.h - plays events against a ruleset in virtual time: which selections result, and
 * from when each may be sent. For rule tests.
 *
 * The time a selection is held follows src/schedule/hold.c: `delay` holds what each event wants,
 * `quiet` gathers what one rule wants until that rule has had no event for this long. It is assumed
 * that every rule gets quiet within `give_up_after`.
 */
#pragma once
#include "rules/decide.h"

struct play_event {
	const struct event *event;
	int64_t at; /* microseconds; not earlier than the event before it */
};

/* A selection, and the earliest time at which it would be sent. */
struct planned {
	struct selection selection;
	int64_t not_before;
	int64_t wanted_at; /* time of the last event that wants it */
};

struct play {
	size_t planned_count;
	const struct planned *planned; /* by selection, then by time */
	size_t match_count;
	const char *const *matches; /* names of the rules that matched any event, each once */
	size_t warning_count;
	const struct warning *warnings;
};

/* Lives in `arena`; names of rules are borrowed from the ruleset. */
const struct play *play_events(const struct ruleset *ruleset, const struct play_event *events,
	size_t count, struct decide_scratch *scratch, struct arena *arena);
