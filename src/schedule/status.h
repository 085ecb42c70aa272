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
	int64_t causes; /* of open refreshes: events by a rule */
};
struct schedule_counts schedule_count(const struct schedule *schedule);
/* How often a refresh went from one state to another (schedule/life.h); for the simulation, which
 * has to see all that may happen. */
int64_t schedule_lived(
	const struct schedule *schedule, enum refresh_state from, enum refresh_state to);
/* The row of an open refresh, or NULL. */
const struct refresh_row *schedule_find(const struct schedule *schedule, int64_t refresh);

/* Why work of a site waits, and since when; reason NULL: it does not. */
struct schedule_wait {
	const char *reason;
	struct wall since, until; /* until {0}: until an event */
};
struct schedule_site_status {
	bool is_configured;
	/* refreshes that have not ended; selections that are not resolved */
	int64_t open, selections;
	struct schedule_wait lookups, starts, queries; /* of content, refreshes, jobs */
	/* since when the oldest event waits for fresh content, without what is held; {0}: none */
	struct wall oldest;
	int64_t ready, sending, in_flight;   /* refreshes that could be sent, and that were */
	int64_t starts_spent, queries_spent; /* in the budgets' windows; 0 without a budget */
	struct wall paused_until;            /* until when the breaker is open; {0}: it is closed */
	int failures;                        /* in a row */
	/* microseconds until the budget has started all that waits; 0: at once */
	int64_t backlog;
	const char *overdue;   /* for a person: that `backlog` exceeds give_up_after; or NULL */
	const char *paused_by; /* a person; NULL: nobody */
};
struct schedule_selection_status { /* a selection that is not resolved yet */
	int64_t event;
	const struct schedule_selection *selection; /* valid until the next step */
	/* of its last try, or NULL; valid until the next step */
	const char *trouble;
	bool is_asked;             /* it is being looked up */
	struct schedule_wait wait; /* the wait for its site; otherwise `until` is the next try */
};
/* Fills in the oldest unresolved selections, as many as there is room for; the reasons live in
 * `arena`. */
size_t schedule_selections(const struct schedule *schedule, struct instant now,
	struct schedule_selection_status *out, size_t room, struct arena *arena);

/* The nth site with open work that the configuration lacks; NULL: no more. */
const char *schedule_dropped_site(const struct schedule *schedule, size_t nth);
/* Its texts live in `arena`. All zero: nothing is known of such a site. */
struct schedule_site_status schedule_site_status_of(
	const struct schedule *schedule, struct instant now, const char *site, struct arena *arena);
