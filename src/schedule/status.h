/*
 * schedule/status.h - how things stand: what waits, why and until when. A query changes nothing.
 */
#pragma once
#include "base/arena.h"
#include "schedule/input.h"

struct schedule;

/* For metrics and bounds. */
struct schedule_counts {
	int64_t selections, open, waiting, in_flight;
	int64_t causes; /* of those that are open: events by a rule */
};
struct schedule_counts schedule_counts(const struct schedule *schedule);
/* How often a refresh went from one state to another (schedule/life.h); for the simulation, which
 * has to see all that may happen. */
int64_t schedule_lived(
	const struct schedule *schedule, enum refresh_state from, enum refresh_state to);
/* The row of an open refresh, or NULL. */
const struct refresh_row *schedule_find(const struct schedule *schedule, int64_t refresh);

/* Why work of a site waits, and since when; reason NULL: it does not. */
struct schedule_wait {
	const char *reason;
	struct wall since, until; /* until {0}: until something happens */
};
struct schedule_site_status {
	bool is_configured;
	int64_t open, selections; /* that have not ended; that are not resolved yet */
	struct schedule_wait lookups, starts, queries; /* of content, refreshes, jobs */
	int64_t ready, sending, in_flight;   /* refreshes: that could be sent, and that have been */
	int64_t starts_spent, queries_spent; /* of the budgets' windows; 0 without a budget */
	struct wall paused_until;            /* by the breaker; {0}: it is closed */
	int failures;                        /* in a row */
	int64_t backlog;       /* microseconds until the budget of starts has worked off all that
				  waits; 0: at once */
	const char *overdue;   /* that this is later than give_up_after, for a person; or NULL */
	const char *paused_by; /* a person; NULL: nobody */
};
struct schedule_selection_status { /* one that is not resolved yet */
	int64_t event;
	const struct schedule_selection *selection; /* valid until the next step */
	const char *trouble;                        /* of its last try, or NULL; likewise */
	bool is_asked;                              /* it is being looked up */
	struct schedule_wait wait; /* for its site; else `until` is when it is tried again */
};
/* The oldest of them, as many as there is room for; why they wait lives in `arena`. */
size_t schedule_selections(const struct schedule *schedule, struct instant now,
	struct schedule_selection_status *out, size_t room, struct arena *arena);

/* The nth of the sites that the configuration has not and that have open work; NULL: no more. */
const char *schedule_dropped_site(const struct schedule *schedule, size_t nth);
/* Its texts live in `arena`. All zero: nothing is known of such a site. */
struct schedule_site_status schedule_site_status(
	const struct schedule *schedule, struct instant now, const char *site, struct arena *arena);
