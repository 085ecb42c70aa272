/*
 * schedule/state.h - the inside of a schedule, shared by its files. Private to schedule/.
 */
#pragma once
#define HASH_FUNCTION                                                                              \
	HASH_FNV /* the default one falls through its cases, which clang does not let pass */
#include "base/timer.h"
#include "content/wish.h"
#include "schedule/evidence.h"
#include "schedule/gate.h"
#include "schedule/life.h"
#include "schedule/pace.h"
#include "schedule/patience.h"
#include "schedule/schedule.h"
#include <uthash.h>

/* Who waits for a kind of call of a site: why, since when, and the clock of their patience. */
enum call_kind { CALLS_LOOKUP, CALLS_START, CALLS_QUERY, CALLS_COUNT };
struct waiting {
	struct patience_clock clock;
	struct wait wait; /* as of the last step */
	struct mono since;
};

/* Whose patience is over while an answer is out is asked again whether it has come. */
#define ANSWER_SOON (5 * US_PER_SECOND)

struct site {
	char *name;
	bool is_known;      /* the configuration has it */
	bool was_dropped;   /* the last configuration had not */
	int64_t open;       /* refreshes that have not ended */
	int64_t selections; /* that are not resolved yet */
	struct waiting waiting[CALLS_COUNT];
	int64_t backlog;      /* microseconds until the budget has worked off what is ready */
	char *overdue;        /* that it is too much, for people; NULL: it is not */
	size_t overdue_count; /* so many waited when that was said */
	struct schedule_site options;
	struct gate gate;
	struct timer opening;   /* in schedule->timers: when the gate opens for what waits there */
	bool may_list;          /* until Tableau refuses the job list */
	bool is_listing;        /* a list was asked and not answered */
	bool is_greeting;       /* likewise */
	bool has_greeted;       /* greeting again would tell no more ... */
	bool needs_no_greeting; /* ... or it failed: the next request is to tell why */
	int unread_lists;       /* in a row */
	bool is_told_ill;       /* people were told that it is left alone */
	int64_t resolving;      /* selections that were asked for and not answered */
	struct want *parked, **parked_last; /* that are to be asked for, oldest first */
	int64_t sending;                    /* refreshes in REFRESH_SENDING */
	struct timer_heap ready;            /* refreshes that may be sent now, see ready_key() */
	struct refresh *in_flight; /* queued and running ones, a list through `flight_next` */
	int64_t in_flight_count;
	struct timer_heap looks; /* of those in flight: from when a look is worth a call */
	struct timer round;      /* in schedule->timers: the next round of looks */
	struct mono round_at;    /* of the last one */
	bool is_dirty; /* among schedule->dirty: the end of a step looks what can be asked */
	struct site *dirty_next;
	bool is_changed; /* among schedule->changed: likewise, why its work waits */
	struct site *changed_next;
	struct timer giving_up; /* in schedule->patience: when somebody's patience is over */
	UT_hash_handle by_name;
};

/* One content on one site. */
struct slot {
	char *key; /* "site\nkind\nluid" */
	struct site *site;
	struct refresh *current;           /* being retried, sent or followed */
	struct refresh *line, **line_last; /* what comes after it, oldest first */
	/* Of full refreshes, and of incremental ones: how long their jobs take, which succeeded
	 * last (0: none), and the evidence of all that did. */
	struct pace paces[2];
	int64_t last[2];
	struct evidence evidence[2];
	UT_hash_handle by_key;
};

/* A rule's held refreshes, which go on when it has had no event for `quiet`. */
struct quiet {
	const char *rule;     /* kept, see schedule_keep() */
	struct timer due;     /* in schedule->timers */
	struct refresh *held; /* a list through `held_next` */
	UT_hash_handle by_rule;
};

struct refresh {
	struct refresh_row row; /* luid, name, reason and job_id are owned, the others kept */
	struct slot *slot;
	struct cause_row *causes;
	size_t cause_count, cause_capacity;
	bool is_held;       /* by delay or quiet: `due` is in schedule->timers, or `quiet` is set */
	bool is_asked;      /* a request, poll, look or cancel is out */
	bool was_busy;      /* the last answer was 409093: the look may adopt any open job of the
			       content */
	bool was_refused;   /* the last answer was a doubtful no: the look decides */
	bool is_moved;      /* among schedule->moved */
	bool is_unrecorded; /* what stands behind it, or a look that saw its job waiting, has
			       changed its row, which is not recorded yet */
	int64_t recorded;   /* the step that recorded it last: once a step is enough */
	uint64_t told;      /* its state and reason, as they were last handed out; 0: never */
	int64_t failures;   /* in a row, for the backoff */
	int unsure_looks;   /* after the last request */
	int refused_looks, unknown_looks, unread_looks; /* at its job, in a row */
	struct mono born;                               /* when it was created, for its turn */
	struct mono sent;                               /* when it was last sent */
	/* In schedule->timers until it may be sent or looked for; then, to be sent, by its turn
	   in site->ready. */
	struct timer due;
	struct patience patience; /* what is left of give_up_after */
	struct timer look;        /* in site->looks while in flight and not asked */
	struct quiet *quiet;
	struct refresh *held_next;
	struct refresh *line_next;
	struct refresh *flight_next, *flight_previous;
	struct refresh *look_next;  /* during a round of looks */
	struct refresh *moved_next; /* waits for something else since this step */
	struct refresh *ended_next; /* freed at the next step */
	UT_hash_handle by_id;
};

/* A selection that is not resolved yet. */
struct want {
	int64_t id;
	struct schedule_selection selection; /* label is owned, the other texts are kept */
	int64_t stamp;
	int64_t failures;
	char *reason;      /* of the last failure, or NULL */
	struct mono holds; /* `delay` ends then */
	struct timer due;  /* in schedule->timers while it waits for another try */
	struct patience patience;
	bool is_asked, is_parked;
	struct want *parked_next;
	UT_hash_handle by_id;
};

/* A job that a refresh had: of the last so many, over all contents. */
#define KNOWN_AT_ONCE 1024
#define KNOWN_OF_SLOT 32 /* more jobs of one content are not made within seconds */
struct known_job {
	const struct slot *slot;
	char id[40]; /* a LUID has 36 */
};
struct known_list { /* of one look, freed at the next step */
	struct known_list *next;
	const char *ids[KNOWN_OF_SLOT + 1];
};

struct schedule {
	struct schedule_options options;
	struct refresh_ids ids; /* for new refreshes */
	int64_t horizon;        /* youngest stamp known */
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
	struct refresh *ended;        /* rows that actions may still point to */
	struct timer_heap timers;     /* keys: microseconds of struct mono; second: what it is, enum
					 timer_owner */
	struct timer_heap patience;   /* of sites, by when the first patience there is over */
	struct patience_clock trying; /* runs always: for whom Tableau is asked, or who waits after
					 a failure of its own */
	int64_t waiting, in_flight, causes;
	int64_t lived[LIFE_STATES][LIFE_STATES]; /* how often one state followed another */
	struct known_job *known;                 /* a ring of KNOWN_AT_ONCE */
	size_t known_count;                      /* ever */
	struct known_list *known_lists;
	struct action *actions;
	size_t action_count, action_capacity;
	struct cause_row **cause_actions; /* copies that actions point to, freed at the next step */
	size_t cause_action_count, cause_action_capacity;
	struct asked asked; /* the reply of this step, to a person's input */
};

/* A job that waits in Tableau's queue has no time limit there (src/tableau/README.md, Jobs); here
 * it has so many times give_up_after. */
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

/* ---- schedule.c ---- */

/* Whatever can be asked now is; and why the rest waits is known. */
void step_settle(struct schedule *schedule, struct instant now);

/* ---- act.c: what is to be done ---- */

void act_forget(struct schedule *schedule); /* what the last step answered */
void act_record(struct schedule *schedule, struct refresh *refresh);
void act_cause(struct schedule *schedule, int64_t refresh, const struct cause_row *cause,
	enum cause_fate fate);
void act_end_selection(struct schedule *schedule, int64_t selection);
void act_spent(struct schedule *schedule, const struct site *site, enum spent_kind kind,
	const struct budget_part *part);
/* The site is left alone, for that trouble, or (NULL) no longer. */
void act_tell(struct schedule *schedule, const struct site *site, const char *trouble);
void act_backlog(struct schedule *schedule, const struct site *site);
void act_resolve(struct schedule *schedule, int64_t selection);
void act_on_refresh(struct schedule *schedule, enum action_type type, struct refresh *refresh,
	struct wall since);
void act_greet(struct schedule *schedule, struct site *site);
void act_list(struct schedule *schedule, struct site *site, struct wall since);

/* ---- stamp.c: the order of wishes and requests ---- */

void stamp_hear(struct schedule *schedule, int64_t stamp); /* it may be the youngest */
/* Of a wish that begins now: younger than all before. */
int64_t stamp_next(struct schedule *schedule);

/* ---- keep.c ---- */

/* One copy of a text for as long as the schedule lives: names of rules and projects, of which there
 * are few. */
const char *schedule_keep(struct schedule *schedule, const char *text);
void schedule_keep_nothing(struct schedule *schedule); /* at its end */

/* ---- site.c ---- */

struct site *site_of(struct schedule *schedule, const char *name);         /* made when it is new */
struct site *site_find(const struct schedule *schedule, const char *name); /* or NULL */
void site_touch(struct schedule *schedule,
	struct site *site); /* the step's end looks whether something can be asked */
/* Why its work waits may have changed: the end of a step looks. */
void site_changed(struct schedule *schedule, struct site *site);
/* An answer of this site's came. */
void site_answered(struct schedule *schedule, struct instant now, const struct answer *answer);
/* Something waits for the gate, which opens at `at`. */
void site_wait(struct schedule *schedule, struct site *site, struct mono at);
/* Nobody wants to wait for what Tableau asked, nor for the next probe. False: nobody had to. */
bool site_go_on(struct schedule *schedule, struct instant now, struct site *site);
/* `count` job queries are made. */
void site_spend_queries(
	struct schedule *schedule, struct instant now, struct site *site, int64_t count);

/* What is to be looked for on the site is looked for at once. */
void site_look_again(struct schedule *schedule, struct instant now, const struct site *site);

/* ---- again.c: when something is tried again ---- */

/* `left` of give_up_after, as a restart finds it: what expired while nobody ran, or only seems to
 * have, by a clock that stepped, gets time for one more try. */
int64_t left_to_try(const struct schedule *schedule, int64_t left);
/* Full jitter: between 0 and initial * 2^failures, at most max; never below 1/8 of that so that it
 * is a wait. */
int64_t backoff(struct schedule *schedule, int64_t initial, int64_t failures);
/* A busy content (409093) is retried from 15 times the initial backoff: a job that is in the way
 * runs for minutes. */
#define BUSY_FACTOR 15
/* It waits for another try, because of the answer's reason. */
void refresh_try_again(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer, int64_t initial);
/* Somebody cancelled it, as its reason says, and nothing of it goes on. */
void refresh_end_as_asked(struct schedule *schedule, struct instant now, struct refresh *refresh);
/* Its patience is over. */
void refresh_expire(struct schedule *schedule, struct instant now, struct refresh *refresh);

/* ---- wait.c: why work waits, and whose patience runs ---- */

/* At the end of a step: why each site's work waits, and whose clocks run. */
void wait_settle(struct schedule *schedule, struct instant now);
/* Why the next call of that kind to the site has to wait. */
struct wait wait_of(const struct site *site, enum call_kind kind, struct mono now);
/* A budget, a pause, a place are our own doing; the rest is Tableau that could not be asked. */
bool wait_is_ours(enum wait_kind kind);
/* When somebody's patience at the site is over. */
void patience_arm(struct schedule *schedule, struct site *site);
/* The state of this refresh changed, and with it maybe what it waits for. */
void refresh_moved(struct schedule *schedule, struct refresh *refresh);

/* ---- words.c: the same in words for people ---- */

/* Why work of the site waits for that kind of call, for people, in words that live in `arena`;
 * nothing when it does not. */
struct schedule_wait wait_told(
	struct instant now, const struct site *site, enum call_kind kind, struct arena *arena);
/* The last thing that went wrong for who gives up: its own error, else the site's. */
void wait_add_trouble(struct mono now, const struct site *site, enum call_kind kind,
	const char *own, struct text *words);

/* ---- slot.c: the refreshes of a content ---- */

struct slot *slot_of(struct schedule *schedule, const char *site, const struct content *content);
struct refresh *refresh_find(const struct schedule *schedule, int64_t id);
/* In the slot's line. */
struct refresh *refresh_create(struct schedule *schedule, struct instant now, struct slot *slot,
	const struct content *content);
/* A row of the journal comes back with its own id and times, in the slot's line. */
struct refresh *refresh_adopt_row(struct schedule *schedule, const struct refresh_row *row);
void refresh_free(struct refresh *refresh);
/* NULL is ""; `text` may be what the member holds. */
void refresh_set_text(const char **member, const char *text);
void refresh_add_cause(
	struct schedule *schedule, struct refresh *refresh, const struct cause_row *cause);
/* How it is wanted, by all that it stands for. */
struct wish refresh_wish(const struct refresh *refresh);
/* It is wanted so too. True: that changes its row, which is to be recorded. */
bool refresh_wish_too(struct refresh *refresh, struct wish wish);
/* Its life goes on, as life.h has it. */
void refresh_enter(struct schedule *schedule, struct refresh *refresh, enum refresh_state state);
/* At a restart: one that was just adopted has left "waiting" before. */
void refresh_come_back(
	struct schedule *schedule, struct refresh *refresh, enum refresh_state state);
/* It may be sent now, but for its site. */
bool refresh_is_ready(const struct refresh *refresh);
bool refresh_in_flight(const struct refresh *refresh);
/* Does the evidence cover all that it stands for? */
bool refresh_is_served(const struct schedule *schedule, const struct refresh *refresh,
	const struct evidence *evidence, bool incremental);
/* Remembers its evidence; the row gets that of all before it. */
void slot_succeeded(struct slot *slot, struct refresh_row *row);
/* The refresh whose job, or one before it, covers them, and that evidence; 0: none. */
int64_t slot_has_served(const struct schedule *schedule, const struct slot *slot,
	const struct cause_row *causes, size_t count, bool incremental,
	const struct evidence **evidence);
/* Has a job that succeeded made it superfluous? Then it ends, and true. */
bool refresh_is_done_already(
	struct schedule *schedule, struct instant now, struct refresh *refresh);
/* The slot has no current refresh: this one of its line is it, and is sent when its turn comes. */
void refresh_promote(struct schedule *schedule, struct instant now, struct refresh *refresh);
/* The current refresh, which is to be sent (again), is as urgent as what stands behind it, and good
 * enough for that. */
void refresh_serve_line(struct refresh *refresh);
/* The current refresh is not sent yet: it does for this one too, and says so. */
void refresh_stand_behind(struct schedule *schedule, struct instant now, struct refresh *refresh);
/* That job was a refresh's, and is not to be taken for another's. */
void slot_know_job(struct schedule *schedule, const struct slot *slot, const char *job_id);
/* At a restart: the current refresh goes back to the line; one of the line becomes the current. */
void slot_step_back(struct schedule *schedule, struct slot *slot);
void slot_step_forward(struct schedule *schedule, struct refresh *refresh);
/* The first of the line that is not held, or NULL. */
struct refresh *slot_first(const struct slot *slot);
/* The end of it: recorded, out of every heap, and the next refresh of its content takes its place.
 */
void refresh_end(struct schedule *schedule, struct instant now, struct refresh *refresh,
	enum refresh_state state, const char *reason);
/* The same, when a job or Tableau's word ended it: so do those in line that its evidence covers. */
void refresh_end_with_line(struct schedule *schedule, struct instant now, struct refresh *refresh,
	enum refresh_state state, const char *reason);

/* ---- want.c: selections become refreshes ---- */

struct want *want_find(struct schedule *schedule, int64_t id);
struct wish want_wish(const struct want *want);
void want_free(struct schedule *schedule, struct want *want);
void want_due(struct schedule *schedule, struct instant now, struct want *want);
void want_expire(struct schedule *schedule, struct instant now, struct want *want);
/* Asks for what is parked, as long as there is room. */
void resolve_parked(struct schedule *schedule, struct instant now, struct site *site);
/* Joins `causes` to a refresh of `slot` whose request will be sent, or was sent late enough; the
 * refresh. */
struct refresh *slot_join(struct schedule *schedule, struct instant now, struct slot *slot,
	const struct content *content, const struct cause_row *causes, size_t count,
	struct wish wish);

/* ---- hold.c: delay and quiet ---- */

/* An event of the rule came: what is held for its quiet waits `quiet` more. */
void quiet_event(struct schedule *schedule, struct instant now, const char *rule, int64_t quiet_us);
/* How long an event of a quiet rule holds: also its delay must be over. */
int64_t quiet_time(const struct schedule_selection *selection);
/* Is the want to be held? Then a refresh of `slot` holds it. */
bool hold(struct schedule *schedule, struct instant now, const struct want *want, struct slot *slot,
	const struct content *content, const struct cause_row *causes);
void hold_restored(struct schedule *schedule, struct instant now, struct refresh *refresh);
/* What held it is over: it is a wish as of now. */
void hold_ended(struct schedule *schedule, struct instant now, struct refresh *refresh);
void quiet_ended(struct schedule *schedule, struct instant now, struct quiet *quiet);
void hold_forget(struct refresh *refresh);

/* ---- send.c: refreshes become requests ---- */

void refresh_wait_until(
	struct schedule *schedule, struct instant now, struct refresh *refresh, int64_t wait_us);
/* Its turn among those that are ready, by its priority. */
void refresh_queue_up(struct schedule *schedule, struct refresh *refresh);
/* All of them, after the worth of a priority has changed. */
void requeue_ready(struct schedule *schedule, struct site *site);
void send_ready(struct schedule *schedule, struct instant now, struct site *site);

/* ---- lost.c: is there a job of a request whose reply is lost? ---- */

/* Whether there is a job has to be found out before anything else is done. */
void refresh_lost(struct schedule *schedule, struct instant now, struct refresh *refresh,
	struct answer answer, bool at_once);
/* Looks for a job of it. False: not now; the gate opens at *opens. */
bool refresh_look(
	struct schedule *schedule, struct instant now, struct refresh *refresh, struct mono *opens);
/* It has waited: it is looked for, or sent in its turn. */
void refresh_due(struct schedule *schedule, struct instant now, struct refresh *refresh);
/* Its job is over, was found after a lost reply, and is no evidence for all that it stands for. */
void refresh_send_once_more(struct schedule *schedule, struct instant now, struct refresh *refresh);

/* ---- follow.c: jobs are followed to their end ---- */

void follow_job(struct schedule *schedule, struct instant now, struct refresh *refresh,
	const struct job_seen *job, int64_t asked_after);
/* When its job is worth a look; it is in flight and nothing is asked about it. */
void look_later(
	struct schedule *schedule, struct instant now, struct refresh *refresh, int64_t wait_us);
/* Somebody waits for its end now. */
void look_sooner(struct schedule *schedule, struct instant now, struct refresh *refresh);
void look_round(struct schedule *schedule, struct instant now, struct site *site);
void arm_round(struct schedule *schedule, struct instant now, struct site *site);

/* ---- what each input does, within a step that somebody else begins and ends ---- */

typedef void on_input(struct schedule *schedule, struct instant now, const struct input *input);
on_input on_restore, on_restore_spent, on_restore_pause; /* restore.c */
on_input on_tick;                                        /* tick.c */
on_input on_select, on_resolved;                         /* want.c */
on_input on_greeted;                                     /* send.c */
on_input on_sent, on_moved;                              /* reply.c */
on_input on_looked;                                      /* lost.c */
on_input on_polled, on_listed;                           /* follow.c */
on_input on_cancel, on_job_cancelled;                    /* ask.c */
on_input on_retry, on_again, on_pause;                   /* ask.c */
