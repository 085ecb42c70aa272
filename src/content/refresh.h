/*
 * content/refresh.h - a refresh, the causes that want it, and its states: the record that
 * scheduler, journal and admin share.
 *
 * Plain data. Order between wishes and requests is told by stamps, never by a clock. The store
 * gives each event its stamp, in the order in which events become durable (which need not be that
 * of their ids); a wish that begins later (a delay that has passed, a retry) gets the next stamp
 * after the youngest one known. So "the request was sent after the event arrived" is `sent_after >=
 * cause.after`, which no clock step can make a lie.
 */
#pragma once
#include "base/record.h"
#include "content/content.h"
#include <assert.h>
#include <stdbool.h>

/* Stamps of two events differ by a multiple of this power of two: room for a million delays to pass
 * between them. */
#define STAMP_BITS 20
/* The highest that a store may hold: the sum of two cannot overflow. */
#define STAMP_MOST (INT64_MAX >> 2)
/* Of a cause that waits for its delay or for quiet: no request serves it yet. */
#define STAMP_NEVER INT64_MAX

/* Ids for new refreshes: even, as those of events are odd, so that one number names one thing. */
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
	REFRESH_SENDING, /* a request is out; after a crash it reads as unknown */
	REFRESH_UNKNOWN, /* sent, no reply: look for the job before sending again */
	REFRESH_QUEUED,
	REFRESH_RUNNING, /* Tableau has a job */
	REFRESH_SUCCEEDED,
	REFRESH_FAILED,
	REFRESH_CANCELLED,
	REFRESH_EXPIRED, /* ended */
};
const char *refresh_state_name(enum refresh_state state);
/* False when there is no state of that name. */
bool refresh_state_of(const char *name, enum refresh_state *state) MUST_USE;
static inline bool refresh_state_is_open(enum refresh_state state)
{
	return state < REFRESH_SUCCEEDED;
}

struct refresh_row {
	int64_t id; /* even; chosen by the scheduler */
	const char *site;
	struct content content; /* luid "" when the selection named none */
	bool incremental;
	enum refresh_state state;
	const char *reason; /* why it waits or how it ended, for a person; may be "" */
	int priority;       /* 0 to PRIORITY_MOST */
	struct wall created_at, ended_at; /* {0}: none */
	struct wall not_before; /* when it is tried again; while `waiting` and past: since when it
				   could be sent, but for its site; {0}: neither */
	int64_t patience;       /* microseconds of give_up_after that are left, as of this record */
	int64_t quiet;       /* microseconds that its rule must have had no event; 0: not held so */
	bool is_cancelling;  /* somebody asked to cancel it, and its job is not told yet */
	int64_t attempts;    /* requests sent */
	struct wall sent_at; /* of the last request; {0}: never */
	struct wall sent_at_tableau; /* the same by Tableau's clock, no earlier than it was; {0}:
					not known */
	int64_t sent_after; /* the youngest stamp known when that request was sent; 0: never */
	int64_t seen_waiting_after; /* the youngest stamp known when a look was asked that saw the
				       job still queued; 0: none */
	const char *job_id;         /* or "" */
	struct wall job_created_at, job_started_at, job_completed_at;
};

struct cause_row {
	int64_t refresh, event;
	const char *rule;
	int64_t after;          /* the stamp that a request for it must not be older than */
	struct wall arrived_at; /* when the event was received */
	struct wall fresh_from; /* what the job must not be older than, by dbt's clock: the event's
				   finished_at, and the rule's delay after it; {0}: not told */
};

/*
 * Where each member of them is stored and shown. To add one: the member above, its row in these
 * tables, a migration when it has a column (store/sqlite/schema.c), and `make schemas` when it has
 * a key.
 */
extern const struct member refresh_members[], cause_members[];

/* With their texts in `arena`. */
struct refresh_row refresh_row_copy(const struct refresh_row *row, struct arena *arena);
struct cause_row cause_row_copy(const struct cause_row *row, struct arena *arena);
