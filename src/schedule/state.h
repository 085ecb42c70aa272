/*
 * schedule/state.h - the inside of a schedule, shared by its files. Private to schedule/.
 */
#pragma once
/* clang warns about uthash's default hash, whose cases fall through */
#define HASH_FUNCTION HASH_FNV
#include "base/timer.h"
#include "content/wish.h"
#include "schedule/evidence.h"
#include "schedule/gate.h"
#include "schedule/life.h"
#include "schedule/pace.h"
#include "schedule/patience.h"
#include "schedule/schedule.h"
#include <uthash.h>
#include <utlist.h>

/* The work of a site that waits for a kind of call: why, since when, and the clock of its patience.
 */
enum call_kind { CALLS_LOOKUP, CALLS_START, CALLS_QUERY, CALLS_COUNT };
struct waiting {
	struct patience_clock clock;
	struct wait wait; /* as of the last step */
	struct mono since;
};

/* Patience that runs out while an answer is awaited is checked again after this time. */
#define ANSWER_SOON (5 * US_PER_SECOND)

struct site {
	char *name;
	int64_t life;       /* how often sites had been left when it was made */
	bool is_known;      /* the configuration has it */
	bool was_dropped;   /* the configuration before lacked it */
	int64_t open;       /* refreshes that have not ended */
	int64_t selections; /* selections that are not resolved yet */
	/* lists, oldest first: these selections, and the open refreshes that are not held */
	struct want *wanted;
	struct refresh *awaited;
	struct waiting waiting[CALLS_COUNT];
	int64_t backlog;      /* microseconds until the budget has started all that is ready */
	char *overdue;        /* a report for people that this is too long; NULL: it is not */
	size_t overdue_count; /* how many refreshes waited when that was reported */
	struct schedule_site options;
	struct gate gate;
	struct timer opening;   /* in schedule->timers: when the gate opens for waiting work */
	bool may_list;          /* until Tableau refuses the job list */
	bool is_listing;        /* a list is out */
	bool is_greeting;       /* a greeting is out */
	bool has_greeted;       /* no need to greet again ... */
	bool needs_no_greeting; /* ... or greeting failed: the next request shows why */
	int unread_lists;       /* in a row */
	bool is_told_ill;       /* it was reported that the site is only probed */
	int64_t resolving;      /* selections that are being resolved */
	struct want *parked, **parked_last; /* selections still to be asked for, oldest first */
	int64_t sending;                    /* refreshes in REFRESH_SENDING */
	struct timer_heap ready;            /* refreshes that may be sent now, see ready_key() */
	struct refresh *in_flight; /* queued and running ones, a list through `flight_next` */
	int64_t in_flight_count;
	struct timer_heap looks; /* of refreshes in flight: when a look is worth a call */
	struct timer round;      /* in schedule->timers: the next round of looks */
	struct mono round_at;    /* time of the last round */
	/* Among schedule->dirty: at the end of the step, see what can be asked. */
	bool is_dirty;
	struct site *dirty_next;
	/* Among schedule->changed: at the end of the step, see why its work waits. */
	bool is_changed;
	struct site *changed_next;
	/* In schedule->patience: when the first patience at this site is over. */
	struct timer giving_up;
	UT_hash_handle by_name;
};

/* A content on a site. */
struct slot {
	char *key; /* "site\nkind\nluid" */
	struct site *site;
	struct refresh *current;           /* being retried, sent or followed */
	struct refresh *line, **line_last; /* the refreshes behind it, oldest first */
	/* For full and for incremental refreshes: how long their jobs take, the last that succeeded
	 * (0: none), and the evidence of all successes. */
	struct pace paces[2];
	int64_t last[2];
	struct evidence evidence[2];
	UT_hash_handle by_key;
};

/* The held refreshes of a rule; they go on when the rule has had no event for `quiet`. */
struct quiet {
	const char *rule;     /* a text of schedule_keep() */
	struct timer due;     /* in schedule->timers */
	struct refresh *held; /* a list through `held_next` */
	UT_hash_handle by_rule;
};

struct refresh {
	/* luid, name, reason and job_id are owned, other texts are of schedule_keep() */
	struct refresh_row row;
	struct slot *slot;
	struct cause_row *causes;
	size_t cause_count, cause_capacity;
	bool is_held;  /* by delay or quiet: `due` is in schedule->timers, or `quiet` is set */
	bool is_asked; /* a request, poll, look or cancel is out */
	/* the last answer was 409093: a look may adopt any open job of the content */
	bool was_busy;
	bool was_refused; /* the last answer was a doubtful refusal: a look decides */
	bool is_moved;    /* in schedule->moved */
	/* its row was changed, by a refresh behind it or a look that saw its job queued, and is not
	 * recorded yet */
	bool is_unrecorded;
	int64_t recorded; /* the step that last recorded it, so that a step records it once */
	uint64_t told;    /* hash of its state and reason when last recorded; 0: never */
	int64_t failures; /* in a row, for the again_backoff */
	int unsure_looks; /* after the last request */
	/* looks at its job without a result, in a row */
	int refused_looks, unknown_looks, unread_looks;
	/* when it was created, which decides its turn */
	struct mono born;
	struct mono sent; /* when it was last sent */
	/* In schedule->timers until it may be sent or its job looked for; then, to be sent, in
	 * site->ready by its turn. */
	struct timer due;
	struct patience patience; /* what is left of give_up_after */
	struct timer look;        /* in site->looks while in flight and not asked */
	struct quiet *quiet;
	struct refresh *held_next;
	struct wall unheld_at;                       /* when its hold ended; {0}: it was not held */
	struct refresh *awaited_prev, *awaited_next; /* in site->awaited */
	struct refresh *line_next;
	struct refresh *flight_next, *flight_previous;
	struct refresh *look_next;  /* during a round of looks */
	struct refresh *moved_next; /* refreshes that wait for something else since this step */
	struct refresh *ended_next; /* freed at the next step */
	UT_hash_handle by_id;
};

/* A selection that is not resolved yet. */
struct want {
	int64_t id;
	/* label and the list of rules are owned, `named` is in `arena`, other texts are of
	 * schedule_keep() */
	struct schedule_selection selection;
	struct arena *arena; /* or NULL */
	int64_t stamp;
	int64_t failures;
	char *reason;      /* of the last failure, or NULL */
	struct mono holds; /* `delay` ends then */
	struct timer due;  /* in schedule->timers while it waits for another try */
	struct patience patience;
	bool is_asked, is_parked;
	struct want *parked_next;
	struct want *wanted_prev, *wanted_next; /* in site->wanted */
	UT_hash_handle by_id;
};

/* A job of a refresh. The last KNOWN_AT_ONCE over all contents are remembered. */
#define KNOWN_AT_ONCE 1024
#define KNOWN_OF_SLOT 32 /* one content does not get more jobs within seconds */
struct known_job {
	const struct slot *slot; /* NULL: its site was left */
	char id[40];             /* a LUID has 36 */
};
struct known_list { /* the known jobs of one look, freed at the next step */
	struct known_list *next;
	const char *ids[KNOWN_OF_SLOT + 1];
};

struct schedule {
	struct schedule_options options;
	struct refresh_ids ids; /* for new refreshes */
	int64_t horizon;        /* the youngest stamp known */
	int64_t leaves;         /* counts the sites that were left */
	uint64_t random;
	int64_t steps; /* counts them */
	struct kept *kept;
	struct site *sites;
	struct slot *slots;
	struct quiet *quiets;
	struct refresh *refreshes; /* open ones */
	struct want *wants;
	struct site *dirty, *changed;
	struct refresh *moved;
	struct refresh *ended;      /* freed at the next step: actions may point to their rows */
	struct timer_heap timers;   /* key: microseconds of struct mono; second: enum timer_owner */
	struct timer_heap patience; /* of sites, by the end of the first patience there */
	/* always runs: for work that awaits an answer, or another try after a failure of its own */
	struct patience_clock trying;
	int64_t waiting, in_flight, causes;
	int64_t lived[LIFE_STATES][LIFE_STATES]; /* how often one state followed another */
	struct known_job *known;                 /* a ring of KNOWN_AT_ONCE */
	size_t known_count;                      /* all jobs ever added */
	struct known_list *known_lists;
	struct action *actions;
	size_t action_count, action_capacity;
	struct cause_row **cause_actions; /* copies that actions point to, freed at the next step */
	size_t cause_action_count, cause_action_capacity;
	struct asked asked; /* the reply of this step, to a person's input */
};

/* Tableau sets no time limit for a job in its queue (src/tableau/README.md, Jobs); here it is this
 * many times give_up_after. */
#define QUEUE_PATIENCE 4

enum timer_owner {
	TIMER_OF_REFRESH,
	TIMER_OF_HELD,
	TIMER_OF_QUIET,
	TIMER_OF_WANT,
	TIMER_OF_ROUND,
	TIMER_OF_OPENING,
};

#define container(pointer, type, member)                                                           \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* The first refresh of the line that is not held, or NULL. */
static inline struct refresh *slot_first(const struct slot *slot)
{
	struct refresh *refresh = slot->line;
	while (refresh && refresh->is_held)
		refresh = refresh->line_next;
	return refresh;
}

static inline struct wish want_wish(const struct want *want)
{
	return (struct wish){ .priority = want->selection.priority,
		.incremental = want->selection.incremental };
}

/*
 * From the ground up: the functions of a file call those of its own and of files above it here
 * (tests/lint/layers.py), so that one can be read without the next.
 */

/* ---- stamp.c: the order of wishes and requests ---- */

/* This stamp was given; notes a stamp, which may be the youngest. */
void stamp_hear(struct schedule *schedule, int64_t stamp);
/* A new stamp for a wish that begins now, younger than all before. */
int64_t stamp_next(struct schedule *schedule);

/* ---- keep.c: texts that many rows share ---- */

/* Returns a shared copy that lives as long as the schedule: for names of rules and projects, of
 * which there are few. */
const char *schedule_keep(struct schedule *schedule, const char *text);
void schedule_keep_nothing(struct schedule *schedule); /* frees all copies */

/* ---- site.c: the sites by name, and marks for the end of the step ---- */

/* makes it if it is new */
struct site *site_of(struct schedule *schedule, const char *name);
struct site *site_find(const struct schedule *schedule, const char *name); /* or NULL */
/* Nothing points to it any more, but the sites that are marked for the end of the step. */
void site_forget(struct schedule *schedule, struct site *site);
/* At the end of the step, see what can be asked of it. */
void site_touch(struct schedule *schedule, struct site *site);
/* Why its work waits may have changed: see at the end of the step. */
void site_changed(struct schedule *schedule, struct site *site);
/* Since when the oldest event of the site waits for fresh content; {0}: none waits. */
struct wall site_awaited_since(const struct site *site);
/* Some work waits for the gate of the site, which opens at `at`. */
void site_wait(struct schedule *schedule, struct site *site, struct mono at);

/* ---- refresh.c: one refresh ---- */

struct refresh *refresh_find(const struct schedule *schedule, int64_t id);
void refresh_free(struct refresh *refresh);
/* Takes it out of everything but its slot, and frees it; nothing is recorded. */
void refresh_forget(struct schedule *schedule, struct refresh *refresh);
/* NULL counts as ""; `text` may be the present value. */
void refresh_set_text(const char **member, const char *text);
void refresh_set_content(
	struct schedule *schedule, struct refresh_row *row, const struct content *content);
void refresh_add_cause(
	struct schedule *schedule, struct refresh *refresh, const struct cause_row *cause);
/* Its priority and whether incremental will do, for all causes that it serves. */
struct wish refresh_wish(const struct refresh *refresh);
/* Merges another wish into it. True: its row has changed and is to be recorded. */
bool refresh_wish_too(struct refresh *refresh, struct wish wish);
/* Nothing but its site keeps it from being sent. */
bool refresh_is_ready(const struct refresh *refresh);
bool refresh_in_flight(const struct refresh *refresh);
/* What this refresh waits for may have changed. */
void refresh_moved(struct schedule *schedule, struct refresh *refresh);
/* Changes its state; life.h has each change that may happen. */
void refresh_enter(struct schedule *schedule, struct refresh *refresh, enum refresh_state state);
/* At a restart: a refresh that was just adopted gets the state that it had reached. */
void refresh_come_back(
	struct schedule *schedule, struct refresh *refresh, enum refresh_state state);
/* Held refreshes are not awaited: that is as their rule wants it. */
void refresh_hold(struct refresh *refresh);
void refresh_forget_hold(struct refresh *refresh);

/* ---- act.c: the actions of this step ---- */

void act_forget(struct schedule *schedule); /* drops the actions of the last step */
void act_record(struct schedule *schedule, struct refresh *refresh);
void act_cause(struct schedule *schedule, const char *site, int64_t refresh,
	const struct cause_row *cause, enum cause_fate fate);
void act_end_selection(struct schedule *schedule, const struct want *want);
void act_spent(struct schedule *schedule, const struct site *site, enum spent_kind kind,
	const struct budget_part *part);
/* The site is only probed from now on, because of `trouble`; NULL: no longer. */
void act_tell(struct schedule *schedule, const struct site *site, const char *trouble);
void act_backlog(struct schedule *schedule, const struct site *site);
void act_resolve(struct schedule *schedule, const struct want *want);
void act_on_refresh(struct schedule *schedule, enum action_type type, struct refresh *refresh,
	struct wall since);
void act_greet(struct schedule *schedule, struct site *site);
void act_list(struct schedule *schedule, struct site *site, struct wall since);

/* ---- turn.c: whose turn it is ---- */

/* Gives it its turn among those that are ready, by priority and age. */
void refresh_queue_up(struct schedule *schedule, struct refresh *refresh);
/* The same for all that are ready, after the weight of a priority has changed. */
void turn_requeue(struct schedule *schedule, struct site *site);
void refresh_wait_until(
	struct schedule *schedule, struct instant now, struct refresh *refresh, int64_t wait_us);

/* ---- look.c: when a job is worth a look ---- */

/* How old its job is, by Tableau's clock if that is known. */
int64_t look_job_age(const struct refresh *refresh, struct instant now);
/* The last query of its job alone had no result, so a list must suffice. */
bool refresh_is_blind(const struct refresh *refresh);
/* How long until a look at its job is worth a call. */
int64_t look_wait(
	const struct schedule *schedule, const struct refresh *refresh, struct instant now);
/* Plans the next look at its job. It is in flight, and no question about it is out. */
void look_later(
	struct schedule *schedule, struct instant now, struct refresh *refresh, int64_t wait_us);
/* Another refresh waits for its end now: plans an earlier look if that is worth a call. */
void look_sooner(struct schedule *schedule, struct instant now, struct refresh *refresh);
/* Sets the timer for the next round of looks at the site. */
void look_arm_round(struct schedule *schedule, struct instant now, struct site *site);

/* ---- wait.c: why work waits, and which patience runs ---- */

/* At the end of a step, updates why each changed site's work waits and which clocks run. */
void wait_settle(struct schedule *schedule, struct instant now);
/* Why the next call of this kind to the site must wait. */
struct wait wait_of(const struct site *site, enum call_kind kind, struct mono now);
/* Do we hold the work back (a budget, a pause, a place)? Else Tableau could not be asked. */
bool wait_is_ours(enum wait_kind kind);
/* Sets the timer for the first patience at the site that will be over. */
void wait_arm_patience(struct schedule *schedule, struct site *site);

/* ---- words.c: the same in words for people ---- */

/* Why work of the site waits for that kind of call, in words for people, which live in `arena`. All
 * zero when it does not wait. */
struct schedule_wait wait_told(
	struct instant now, const struct site *site, enum call_kind kind, struct arena *arena);
/* Appends the last thing that went wrong, for the reason of a refresh or selection that is given
 * up: its own error, else the site's. */
void wait_add_trouble(struct mono now, const struct site *site, enum call_kind kind,
	const char *own, struct text *words);

/* ---- calls.c: what calls cost, and what their answers mean for the site ---- */

/* An answer of the site came: for its gate, breaker and clock. */
void site_answered(struct schedule *schedule, struct instant now, const struct answer *answer);
/* Counts `count` job queries. */
void site_spend_queries(
	struct schedule *schedule, struct instant now, struct site *site, int64_t count);
/* Ends the wait that Tableau asked for, and that for the next probe. False: there was none. */
bool site_go_on(struct schedule *schedule, struct instant now, struct site *site);
/* Looks at once for every job of the site that is still to be looked for. */
void site_look_again(struct schedule *schedule, struct instant now, const struct site *site);

/* ---- slot.c: the refreshes of a content ---- */

struct slot *slot_of(struct schedule *schedule, const char *site, const struct content *content);
/* Its refreshes are gone already. */
void slot_forget(struct schedule *schedule, struct slot *slot);
/* Remembers the job as that of one refresh, so that no look takes it for another's. */
void slot_know_job(struct schedule *schedule, const struct slot *slot, const char *job_id);
/* Its job succeeded: the slot remembers the evidence, and the row gets that of all before it too.
 */
void slot_succeeded(struct slot *slot, struct refresh_row *row);
/* Id of the last succeeded refresh of this slot, if the evidence of all its successes covers every
 * cause; *evidence is then that evidence. 0 if it does not. */
int64_t slot_has_served(const struct schedule *schedule, const struct slot *slot,
	const struct cause_row *causes, size_t count, bool incremental,
	const struct evidence **evidence);
/* At a restart: puts the current refresh back into the line and makes one of the line the current
 * one. */
void slot_step_back(struct schedule *schedule, struct slot *slot);
void slot_step_forward(struct schedule *schedule, struct refresh *refresh);
/* A new refresh, at the end of the slot's line. */
struct refresh *refresh_create(struct schedule *schedule, struct instant now, struct slot *slot,
	const struct content *content, bool is_from_copy);
/* A refresh from a row of the journal, with its id and times, at the end of the slot's line. */
struct refresh *refresh_adopt_row(struct schedule *schedule, const struct refresh_row *row);
/* Does the evidence cover every cause of it? */
bool refresh_is_served(const struct schedule *schedule, const struct refresh *refresh,
	const struct evidence *evidence, bool incremental);
/* Ends it when the evidence of jobs that succeeded covers it, and returns true. */
bool refresh_is_done_already(
	struct schedule *schedule, struct instant now, struct refresh *refresh);
/* Makes this refresh of the line the current one, which the slot must lack; it is sent in its turn.
 */
void refresh_promote(struct schedule *schedule, struct instant now, struct refresh *refresh);
/* The next request of the current refresh serves the line too: merges the line's wishes into it. */
void refresh_serve_line(struct refresh *refresh);
/* A new refresh of the line waits for the current one: its reason says so, and if that is not sent
 * yet, it serves this one too. */
void refresh_stand_behind(struct schedule *schedule, struct instant now, struct refresh *refresh);
/* Ends it: it is recorded, leaves every heap, and the next refresh of its content takes its place.
 */
void refresh_end(struct schedule *schedule, struct instant now, struct refresh *refresh,
	enum refresh_state state, const char *reason);
/* The same where a job or Tableau's reply decided: refreshes in line that its evidence covers end
 * with it. */
void refresh_end_with_line(struct schedule *schedule, struct instant now, struct refresh *refresh,
	enum refresh_state state, const char *reason);

/* ---- again.c: another try, and the end of that ---- */

/* How much of give_up_after a restart allows, given what was `left`: a refresh whose time ran out
 * while the daemon was down, or seems to have because the wall clock stepped, gets enough for one
 * more try. */
int64_t again_time_left(const struct schedule *schedule, int64_t left);
/* A random wait up to initial * 2^failures, at most retry_max; never below 1/8 of that, so that it
 * is a wait. */
int64_t again_backoff(struct schedule *schedule, int64_t initial, int64_t failures);
/* A busy content (409093) is retried from 15 times the initial again_backoff: a job that is in the
 * way runs for minutes. */
#define BUSY_FACTOR 15
/* Waits for another try; the answer's reason says why. */
void refresh_try_again(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer, int64_t initial);
/* Its job, found after a lost reply, is over and does not cover all its causes: sends it again. */
void refresh_send_once_more(struct schedule *schedule, struct instant now, struct refresh *refresh);
/* Ends a refresh that a person cancelled, when no job of it goes on. Its reason names the
 * person. */
void refresh_end_as_asked(struct schedule *schedule, struct instant now, struct refresh *refresh);
/* Gives it up: its patience is over. */
void refresh_expire(struct schedule *schedule, struct instant now, struct refresh *refresh);

/* ---- hold.c: delay and quiet ---- */

/* An event of the rule came: its held refreshes wait for `quiet` once more. */
void quiet_event(struct schedule *schedule, struct instant now, const char *rule, int64_t quiet_us);
/* How long an event of a quiet rule holds refreshes: its delay must be over too. */
int64_t quiet_time(const struct schedule_selection *selection);
/* Holds the want's causes in a refresh of `slot` when its rule asks for that, and returns true. */
bool hold(struct schedule *schedule, struct instant now, const struct want *want, struct slot *slot,
	const struct content *content, const struct cause_row *causes);
void hold_restored(struct schedule *schedule, struct instant now, struct refresh *refresh);
/* Its hold is over: it is a wish that begins now. */
void hold_ended(struct schedule *schedule, struct instant now, struct refresh *refresh);
void quiet_ended(struct schedule *schedule, struct instant now, struct quiet *quiet);

/* ---- want.c: selections become refreshes ---- */

struct want *want_find(struct schedule *schedule, int64_t id);
void want_free(struct schedule *schedule, struct want *want);
void want_due(struct schedule *schedule, struct instant now, struct want *want);
void want_expire(struct schedule *schedule, struct instant now, struct want *want);
/* Asks for parked selections, as many as may be asked for at once. */
void want_resolve_parked(struct schedule *schedule, struct instant now, struct site *site);
/* Joins `causes` to a refresh of `slot` whose request is still to be sent, or was sent late enough,
 * else to a new one, which is_from_copy if they are. Returns that refresh. */
struct refresh *slot_join(struct schedule *schedule, struct instant now, struct slot *slot,
	const struct content *content, const struct cause_row *causes, size_t count,
	struct wish wish, bool is_from_copy);

/* ---- send.c: refreshes become requests ---- */

void send_ready(struct schedule *schedule, struct instant now, struct site *site);
/* Signs in, if it is not signed in, without another call. */
void send_greeting(struct schedule *schedule, struct site *site);

/* ---- follow.c: jobs are followed to their end ---- */

void follow_job(struct schedule *schedule, struct instant now, struct refresh *refresh,
	const struct job_seen *job, int64_t asked_after);
void follow_round(struct schedule *schedule, struct instant now, struct site *site);

/* ---- lost.c: is there a job of a request whose reply is lost? ---- */

/* Its reply is lost: whether there is a job is found out before anything else is done. */
void refresh_lost(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer, bool at_once);
/* Looks for a job of it. False: no look now; the gate opens at *opens. */
bool refresh_look(
	struct schedule *schedule, struct instant now, struct refresh *refresh, struct mono *opens);
/* Its wait is over: its job is looked for, or it is sent in its turn. */
void refresh_due(struct schedule *schedule, struct instant now, struct refresh *refresh);

/* ---- settle.c: the end of a step ---- */

/* Asks whatever can be asked now, and updates why the rest waits. */
void step_settle(struct schedule *schedule, struct instant now);

/* ---- what each input does; schedule_step() begins and ends the step ---- */

typedef void on_input(struct schedule *schedule, struct instant now, const struct input *input);
on_input on_restore, on_restore_spent, on_restore_pause; /* restore.c */
on_input on_leave;                                       /* leave.c */
on_input on_tick;                                        /* tick.c */
on_input on_select, on_resolved;                         /* want.c */
on_input on_greeted;                                     /* send.c */
on_input on_sent, on_moved;                              /* reply.c */
on_input on_looked;                                      /* lost.c */
on_input on_polled, on_listed;                           /* follow.c */
on_input on_cancel, on_job_cancelled;                    /* ask.c */
on_input on_retry, on_again, on_pause;                   /* ask.c */
