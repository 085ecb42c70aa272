/*
 * content/refresh.h - a refresh, the causes that want it, and its states: the record that
 * scheduler, journal and admin share.
 *
 * Plain data. The order of wishes and requests is decided by stamps, never by a clock. The store
 * gives each event its stamp, in the order in which events become durable (which need not be the
 * order of their ids). A wish that begins later (a delay has passed, a person retries) gets the
 * next stamp after the youngest known one. So "the request was sent after the event arrived" is
 * `sent_after >= cause.after`, whatever the clocks do.
 */
#pragma once
#include "base/record/record.h"
#include "content/content.h"
#include <assert.h>
#include <stdbool.h>

/* Stamps of two events differ by a multiple of 2 to this power, so that a million wishes can begin
 * between them. */
#define STAMP_BITS 20
/* The highest stamp that a store may hold, so that the sum of two cannot overflow. */
#define STAMP_MOST (INT64_MAX >> 2)
/* The stamp of a cause that waits for its delay or for quiet: no request serves it yet. */
#define STAMP_NEVER INT64_MAX

/* Ids for new refreshes: even, while those of events are odd, so that a number is one thing's
 * id. */
struct refresh_ids {
	int64_t next, last;
};
static inline int64_t refresh_ids_take(struct refresh_ids *ids)
{
	assert(ids->next <= ids->last);
	ids->next += 2;
	return ids->next - 2;
}

enum refresh_state {
	REFRESH_WAITING, /* to be sent */
	REFRESH_SENDING, /* a request is out; after a crash it counts as unknown */
	REFRESH_UNKNOWN, /* sent, no reply: look for the job before sending again */
	REFRESH_QUEUED,
	REFRESH_RUNNING, /* Tableau has a job */
	REFRESH_SUCCEEDED,
	REFRESH_FAILED,
	REFRESH_CANCELLED,
	REFRESH_EXPIRED, /* ended */
};
const char *refresh_state_name(enum refresh_state state);
/* False when no state has this name. */
bool refresh_state_of(const char *name, enum refresh_state *state) MUST_USE;
static inline bool refresh_state_is_open(enum refresh_state state)
{
	return state < REFRESH_SUCCEEDED;
}

struct refresh_row {
	int64_t id; /* even; chosen by the scheduler */
	const char *site;
	struct content content; /* luid "" when the selection found no content */
	bool incremental;
	enum refresh_state state;
	const char *reason; /* why it waits or how it ended, for a person; may be "" */
	int priority;       /* 0 to PRIORITY_MOST */
	struct wall created_at, ended_at; /* {0}: none */
	/* when it is tried again. In the past, while `waiting`: since when only its site keeps it
	 * from being sent. {0}: neither */
	struct wall not_before;
	int64_t patience;   /* microseconds of give_up_after left when this was recorded */
	int64_t quiet;      /* microseconds for which its rule must have had no event; 0: none */
	bool is_cancelling; /* a person asked to cancel it, and its job is not cancelled yet */
	/* open, in a copy of the store that was restored: it may have been sent since the copy was
	 * taken, so before it is sent, a job of it is looked for. False when that is done */
	bool is_from_copy;
	int64_t attempts;    /* requests sent */
	struct wall sent_at; /* of the last request; {0}: never */
	/* the same by Tableau's clock, never too early; {0}: not known */
	struct wall sent_at_tableau;
	int64_t sent_after; /* the youngest stamp known when that request was sent; 0: never */
	/* the youngest stamp known when a look was made that saw the job still queued; 0: none */
	int64_t seen_waiting_after;
	const char *job_id; /* or "" */
	struct wall job_created_at, job_started_at, job_completed_at;
};

struct cause_row {
	int64_t refresh, event;
	const char *rule;
	int64_t selection; /* that named the content; 0: not known */
	int64_t after;     /* a request that serves it has this stamp or a younger one */
	/* when the event was received; or a person asked once more for what had succeeded */
	struct wall arrived_at;
	/* the job must not have started before this, by dbt's clock: the event's finished_at plus
	 * the rule's delay; {0}: not known */
	struct wall fresh_from;
};

/*
 * Where each member is stored and shown. To add one: the member above, its row in these tables, a
 * migration if it has a column (store/sqlite/schema.c), and `make schemas` if it has a key.
 */
extern const struct member refresh_members[], cause_members[];

/* Copies whose texts live in `arena`. */
struct refresh_row refresh_row_copy(const struct refresh_row *row, struct arena *arena);
struct cause_row cause_row_copy(const struct cause_row *row, struct arena *arena);
