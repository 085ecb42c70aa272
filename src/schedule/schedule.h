/*
 * schedule/schedule.h - what to do next: which selection to resolve, which refresh to send, join,
 * retry, satisfy or give up.
 *
 * Pure: state, the time and an input go in; the new state and actions come out. No clock, socket,
 * thread or database inside, and a seed for the jitter, so that it is tested by simulation.
 * dispatch/core.c feeds it and carries out its actions.
 *
 * A refresh (the whole of its life is in schedule/life.h):
 *
 *     waiting --send--> sending --accepted--> queued --> running --> succeeded | failed | cancelled
 *        ^                 | no reply              (a look or poll of the job decides)
 *        |                 v
 *        +--not found-- unknown --found--> queued, running or its end
 *
 * Of each content at most one refresh is current (it is being retried, sent or followed). The
 * others stand in line: one collects the events that came too late for the current one's request,
 * and any number are held by a rule's `delay` or `quiet`. When the current one ends, so does every
 * refresh in line all of whose causes its evidence covers; the first of the rest takes its place.
 *
 * Evidence that a job is fresh enough for a cause (src/README.md, Evidence), any of: the request
 * was sent after the event arrived; a look asked after the event arrived saw the job still queued;
 * Tableau says that it started at least clock_skew after the run finished. The first two compare
 * stamps (content/refresh.h), never clocks.
 *
 * What holds a site's calls up is in schedule/gate.h. Who waits for a site goes by priority, then
 * age: a hundred points of priority are worth half of give_up_after, so that nobody starves.
 *
 * give_up_after measures patience (schedule/patience.h): the time in which Tableau could have been
 * asked and failed, or would not. It runs during backoff, while an answer is out, while the breaker
 * leaves the site alone or Tableau asked to wait, and while the configuration has no such site. It
 * stands while we hold work back: by `delay` and `quiet`, behind another refresh of the content, by
 * a pause, a budget (also one of job queries), or for want of a place. Whatever is heard of a job
 * renews it; but a job that Tableau leaves in its queue for QUEUE_PATIENCE times as long is given
 * up too. A restart goes on with what was left.
 *
 * Rows and texts given to an action are valid until the next step.
 */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "content/refresh.h"
#include "content/spent.h"
#include <stddef.h>

struct schedule;

struct instant { /* now, on both clocks; timers run on the second, which never steps */
	struct wall wall;
	struct mono mono;
};

struct schedule_options { /* all in microseconds */
	int64_t give_up_after;
	int64_t clock_skew;
	int64_t retry_initial, retry_max;
};

struct schedule_site {
	const char *name;
	int64_t max_requests;  /* refresh requests of ours out at once */
	int64_t max_running;   /* jobs of ours in flight at once; 0: no bound */
	int64_t poll_interval; /* microseconds */
	int64_t refreshes_per_hour, job_queries_per_day; /* 0: no bound */
};

struct schedule_selection {
	int64_t id, event;
	int64_t stamp; /* the event's */
	const char *site;
	bool incremental;
	int priority;
	int64_t delay,
		quiet; /* microseconds: not sent before that time after the event; nor before
			  the rule has had no event for so long. `quiet` only with one rule */
	struct wall arrived_at, fresh_from;
	const char *label; /* for the record of a selection that names nothing: its selector */
	enum content_kind kind;
	size_t rule_count;
	const char *const *rules;
};

enum action_type {
	ACTION_RECORD,        /* keep `refresh` as it is now */
	ACTION_CAUSE,         /* keep `cause` */
	ACTION_END_SELECTION, /* `selection` needs no more work */
	ACTION_SPENT, /* keep `spent`, which replaces what was kept of the same site, kind and `at`
		       */
	/* The ones above are to be durable, together, before the ones below of the same call are
	   carried out. */
	ACTION_RESOLVE, /* find the content of `selection`; answer: INPUT_RESOLVED */
	ACTION_GREET,   /* sign in to `site` if nobody is, so that its clock is known when a request
			   is recorded; answer: INPUT_GREETED */
	ACTION_SEND,    /* request `refresh`; answer: INPUT_SENT, or INPUT_MOVED */
	ACTION_POLL,    /* ask for the job of `refresh`; answer: INPUT_POLLED, or INPUT_MOVED */
	ACTION_LIST,    /* ask for the jobs of `site` since `since`; answer: INPUT_LISTED */
	ACTION_LOOK,    /* look for a job of the content of `refresh` created since `since`; answer:
			   INPUT_LOOKED */
	ACTION_CANCEL,  /* cancel the job of `refresh`; answer: INPUT_JOB_CANCELLED */
	ACTION_TELL,    /* people should know that `site` is left alone but for probes (`trouble`),
			   or that it answers again (NULL) */
	ACTION_BACKLOG, /* likewise: more waits for the starts of `site` than its budget works off
			   within give_up_after (`trouble`), or no longer (NULL) */
};

enum cause_fate {        /* what became of a cause, for the numbers */
	CAUSE_CREATED,   /* its refresh came to be for it */
	CAUSE_JOINED,    /* its refresh was there already */
	CAUSE_SATISFIED, /* its refresh had succeeded already, with a job that started late enough
			  */
	CAUSE_KEPT,      /* nothing new: it was recorded before */
};

struct action {
	enum action_type type;
	const struct refresh_row *refresh;
	bool is_news; /* RECORD: its state or reason is another one than before */
	const struct cause_row *cause;
	enum cause_fate fate; /* CAUSE */
	int64_t selection;
	struct spent spent;
	const char *site;
	const char *trouble;           /* TELL, BACKLOG */
	struct wall since;             /* by Tableau's clock */
	int64_t asked_after;           /* POLL, LIST, LOOK: hand it back with the answer */
	const char *const *known_jobs; /* LOOK: ids of jobs that are not meant, for other refreshes
					  had them; NULL ends it */
};

enum consent {
	CONSENT_YES,  /* done, or begun */
	CONSENT_NONE, /* there is no open refresh of this id, or no such site */
	CONSENT_NO,   /* not in this state; `words` say why */
};
struct asked { /* the reply to what a person asked for */
	enum consent consent;
	char words[160];
	int64_t refresh; /* that stands for it now */
};

struct actions { /* owned by the schedule, emptied by each step */
	size_t count;
	const struct action *items;
	const struct asked *asked; /* NULL: the input was no person's */
};

/* ---- what comes in ---- */

/* How an effect went, as far as the schedule cares. */
enum verdict {
	VERDICT_OK,
	VERDICT_RETRY,   /* not done, may work later */
	VERDICT_FAIL,    /* no, for good */
	VERDICT_BUSY,    /* 409093: a job for this content is queued or running */
	VERDICT_UNKNOWN, /* sent, no reply */
	VERDICT_DOUBT,   /* refused, but Tableau may have queued the job all the same */
	VERDICT_NONE,    /* looked, and there is none */
	VERDICT_CANNOT,  /* may not look */
	VERDICT_UNSURE,  /* looked, and cannot tell (yet) whether there is one; looked */
	VERDICT_UNREAD,  /* answered, but that cannot be read; polled or listed */
	VERDICT_OTHER,   /* it is not the content any more that the rules name; sent or polled */
};
struct answer {
	const char *site; /* whose it is */
	enum verdict verdict;
	/* The site answered as it should: what is wrong is wrong with what was asked for, and no
	   sign that the site is ill. */
	bool is_alive;
	const char *reason;    /* for a person; NULL when OK */
	int64_t retry_after;   /* microseconds, as the other side told; 0: it did not */
	struct told_time told; /* Tableau's clock */
	int64_t calls;         /* job queries that it took; 0 is 1 */
};

enum job_phase { PHASE_QUEUED, PHASE_RUNNING, PHASE_SUCCEEDED, PHASE_FAILED, PHASE_CANCELLED };
struct job_seen {
	const char *id;
	enum job_phase phase;
	struct wall created_at, started_at, completed_at; /* {0}: not told */
	const char *notes;                                /* of a failure; may be "" */
	const char *title;   /* the name of what it works on, as it is told with it; may be "" */
	bool is_incremental; /* that a look found: it is not a full refresh */
	bool is_bridge;      /* a row of a list: done may mean handed over only */
};

enum input_type {
	/* At start, before any other input: what the journal holds. */
	INPUT_RESTORE,       /* an open refresh with its causes; the latest success of a content, or
				one that had a job which might be taken for that of an open one */
	INPUT_RESTORE_SPENT, /* what was spent of a budget */
	INPUT_RESTORE_PAUSE, /* `by` has paused `site` */

	INPUT_CONFIGURE, /* the options and sites that there are now; work of a site that is gone
			    waits for it to come back, until its patience is over */
	INPUT_TICK,      /* time went by, or everything is restored: what is due is done */

	INPUT_EVENT,  /* an event of this stamp became durable, which asks for something; comes
			 before its selections */
	INPUT_SELECT, /* a selection; one with a refusal ends at once, as failed */

	/* Answers to actions. */
	INPUT_RESOLVED, /* `contents` when OK */
	INPUT_GREETED,
	INPUT_SENT,   /* `job` when OK */
	INPUT_MOVED,  /* to ACTION_SEND or ACTION_POLL: the rules name another content now
			 (published anew, renamed), so that whatever was sent for the old one does
			 not count; the refresh goes on with that one */
	INPUT_POLLED, /* `job` when OK; VERDICT_NONE: Tableau does not know it; VERDICT_CANNOT: we
			 may not ask */
	INPUT_LISTED, /* VERDICT_CANNOT: from now on jobs of this site are asked one by one */
	INPUT_LOOKED, /* `job`, when OK, is the latest job of that content since the action's
			 `since` */
	INPUT_JOB_CANCELLED, /* VERDICT_NONE: the job was over already */

	/* What people ask for; `actions.asked` is the reply. */
	INPUT_CANCEL, /* ends an open refresh in the name of `who`; when it has a job, Tableau is
			 asked to cancel that first */
	INPUT_RETRY,  /* an open refresh goes on at once: what held it is over, its backoff too, and
			 what Tableau asked its site to wait */
	INPUT_AGAIN,  /* a refresh that has ended is done again, for the same causes, by a request
			 that is sent from now on */
	INPUT_PAUSE,  /* sends no more refreshes to the site (`who` wants it so), or sends them
			 again; jobs in flight are followed. Resuming also ends what Tableau asked
			 to wait, and the breaker's pause */
	INPUT_COUNT,
};

/* One thing that happens; what it points to is borrowed for the step. */
struct input {
	enum input_type type;
	union {
		struct {
			const struct refresh_row *row;
			const struct cause_row *causes;
			size_t cause_count;
		} restore, again;
		const struct spent *restore_spent;
		struct {
			const char *site, *by;
		} restore_pause;
		struct {
			const struct schedule_options *options;
			const struct schedule_site *sites;
			size_t count;
		} configure;
		struct {
			int64_t stamp;
		} event;
		struct {
			const struct schedule_selection *selection;
			const char *refusal; /* why it cannot be acted upon; NULL: it can */
		} select;
		struct {
			int64_t selection;
			struct answer answer;
			const struct content *contents;
			size_t count;
		} resolved;
		struct {
			struct answer answer;
		} greeted;
		struct {
			int64_t refresh;
			struct answer answer;
			const struct job_seen *job;
			struct wall sent_at; /* when the request went out; {0}: it did not */
		} sent;
		struct {
			int64_t refresh;
			struct answer answer;
			const struct content *content;
		} moved;
		struct {
			int64_t refresh;
			struct answer answer;
			const struct job_seen *job;
			int64_t asked_after; /* the action's */
		} polled, looked;
		struct {
			struct answer answer;
			const struct job_seen *jobs;
			size_t count;
			int64_t asked_after; /* the action's */
		} listed;
		struct {
			int64_t refresh;
			struct answer answer;
		} job_cancelled;
		struct {
			int64_t refresh;
			const char *who;
		} cancel;
		struct {
			int64_t refresh;
		} retry;
		struct {
			const char *site;
			bool is_paused;
			const char *who;
		} pause;
	};
};

/* ---- life ---- */

/* `ids` are for new refreshes. */
struct schedule *schedule_new(
	const struct schedule_options *options, struct refresh_ids ids, uint64_t seed);
void schedule_free(struct schedule *schedule);
OWNED_DEFINE(schedule)

/* The one door: what is to be done now that `input` has happened. */
struct actions schedule_step(
	struct schedule *schedule, struct instant now, const struct input *input);
/* When INPUT_TICK has something to do next; INT64_MAX: nothing waits for time. */
struct mono schedule_next(const struct schedule *schedule);

/* ---- what is told: a query changes nothing ---- */

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
