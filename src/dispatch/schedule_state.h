/*
 * dispatch/schedule_state.h - the inside of a schedule, shared by its files (schedule.c, want.c,
 * send.c, follow.c) and nobody else.
 */
#pragma once
#define HASH_FUNCTION                                                                              \
	HASH_FNV /* the default one falls through its cases, which clang does not let pass */
#include "dispatch/evidence.h"
#include "dispatch/schedule.h"
#include "dispatch/timer.h"
#include <uthash.h>

struct site {
	char *name;
	bool is_known; /* the configuration has it */
	struct schedule_site options;
	bool may_list;           /* until Tableau refuses the job list */
	bool is_listing;         /* a list was asked and not answered */
	int64_t sending;         /* refreshes in REFRESH_SENDING */
	struct timer_heap ready; /* refreshes that may be sent now: highest priority, then oldest */
	struct refresh
		*in_flight; /* queued and running ones, a ring-less list through `flight_next` */
	int64_t in_flight_count;
	struct timer poll; /* in schedule->timers while jobs are in flight */
	bool is_dirty;     /* among schedule->dirty: places may be free for what is ready */
	struct site *dirty_next;
	UT_hash_handle by_name;
};

/* One content on one site. */
struct slot {
	char *key; /* "site\nkind\nluid" */
	struct site *site;
	struct refresh *current; /* being retried, sent or followed */
	struct refresh *next;    /* collects what came too late for the current one's request */
	int64_t last;            /* the refresh that succeeded last; 0: none */
	bool last_incremental;
	struct evidence last_evidence;
	UT_hash_handle by_key;
};

struct refresh {
	struct refresh_row row; /* its texts are owned, see refresh_* in schedule.c */
	struct slot *slot;
	struct cause_row *causes; /* rules are owned */
	size_t cause_count, cause_capacity;
	bool is_ready; /* `due` is in site->ready, else (if at all) in schedule->timers */
	bool is_asked; /* a poll or look is out */
	bool was_busy; /* the last answer was 409093: the look may adopt any open job of the content
			*/
	int64_t recorded;    /* the call that recorded it last: once a call is enough */
	int64_t failures;    /* in a row, for the backoff */
	struct mono seen_at; /* when Tableau last told about its job */
	struct timer
		due; /* in schedule->timers until it may be sent or looked for, or in site->ready */
	struct timer expiry; /* in schedule->expiries while open */
	struct refresh *flight_next, *flight_previous;
	struct refresh *ended_next; /* freed at the next call */
	UT_hash_handle by_id;
};

/* A selection that is not resolved yet. */
struct want {
	int64_t id;
	struct schedule_selection selection; /* its texts are owned */
	int64_t failures;
	struct mono expires_at;
	struct timer due; /* in schedule->timers while it waits for another try */
	UT_hash_handle by_id;
};

struct schedule {
	struct schedule_options options;
	int64_t last_id; /* of a refresh */
	int64_t horizon; /* highest event id known */
	uint64_t random;
	int64_t calls; /* counts them */
	struct site *sites;
	struct slot *slots;
	struct refresh *refreshes; /* open ones */
	struct want *wants;
	struct site *dirty;
	struct refresh *ended;    /* rows that actions may still point to */
	struct timer_heap timers; /* keys: microseconds of struct mono; second: what it is, enum
				     timer_owner */
	struct timer_heap expiries;
	int64_t waiting, in_flight;
	struct action *actions;
	size_t action_count, action_capacity;
	struct cause_row **cause_actions; /* copies that actions point to, freed at the next call */
	size_t cause_action_count, cause_action_capacity;
};

enum timer_owner { TIMER_OF_REFRESH, TIMER_OF_WANT, TIMER_OF_SITE };

#define container(pointer, type, member)                                                           \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* schedule.c: what every file needs */
void act_begin(struct schedule *schedule); /* forgets the actions of the last call */
struct actions act_end(struct schedule *schedule,
	struct instant now); /* after filling free places with what is ready */
void act_record(struct schedule *schedule, struct refresh *refresh);
void act_cause(struct schedule *schedule, int64_t refresh, const struct cause_row *cause);
void act_end_selection(struct schedule *schedule, int64_t selection);
void act_resolve(struct schedule *schedule, int64_t selection);
void act_on_refresh(struct schedule *schedule, enum action_type type, struct refresh *refresh,
	struct wall since);
void act_list(struct schedule *schedule, struct site *site, struct wall since);

struct site *site_of(struct schedule *schedule, const char *name); /* made when it is new */
void site_touch(struct schedule *schedule,
	struct site *site); /* act_end() looks whether something can be sent */
struct slot *slot_of(struct schedule *schedule, const char *site, const struct content *content);
struct refresh *refresh_find(struct schedule *schedule, int64_t id);
struct want *want_find(struct schedule *schedule, int64_t id);
void want_free(struct schedule *schedule, struct want *want);

struct refresh *refresh_create(struct schedule *schedule, struct instant now, struct slot *slot,
	const struct content *content);
/* A row of the journal comes back with its own id and times. */
struct refresh *refresh_adopt_row(struct schedule *schedule, const struct refresh_row *row);
void refresh_set_text(const char **member, const char *text);
void refresh_add_cause(struct refresh *refresh, const struct cause_row *cause);
void refresh_enter(struct schedule *schedule, struct refresh *refresh, enum refresh_state state);
/* The end of it: recorded, out of every heap, and the next refresh of its content takes its place.
 */
void refresh_end(struct schedule *schedule, struct instant now, struct refresh *refresh,
	enum refresh_state state, const char *reason);

/* Full jitter: between 0 and initial * 2^failures, at most max; never below 1/8 of that so that it
 * is a wait. */
int64_t backoff(struct schedule *schedule, int64_t initial, int64_t failures);

/* want.c */
void want_due(struct schedule *schedule, struct instant now, struct want *want);
/* send.c: waits until `at`, then is ready */
void refresh_wait_until(
	struct schedule *schedule, struct instant now, struct refresh *refresh, int64_t wait_us);
void refresh_due(struct schedule *schedule, struct instant now, struct refresh *refresh);
void send_ready(struct schedule *schedule, struct instant now, struct site *site);
void refresh_expire(struct schedule *schedule, struct instant now, struct refresh *refresh);
/* follow.c */
void follow_job(struct schedule *schedule, struct instant now, struct refresh *refresh,
	const struct job_seen *job, int64_t asked_after);
void poll_round(struct schedule *schedule, struct instant now, struct site *site);
