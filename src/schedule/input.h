/*
 * schedule/input.h - what the schedule learns: an event, an answer, a person's command, that time
 * went by. Plain data, so that a history can be written down and replayed.
 */
#pragma once
#include "base/clock.h"
#include "content/refresh.h"
#include "content/selection.h"
#include "content/spent.h"
#include <stddef.h>

struct instant { /* now, on both clocks; timers use the second, which never steps */
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
		/* microseconds: not sent until `delay` after the event, nor until the rule has had
		 * no event for `quiet`. `quiet` only with one rule */
		quiet;
	struct wall arrived_at, fresh_from;
	const char *label; /* its selector, for the record of a selection that names nothing */
	enum content_kind kind;
	size_t rule_count;
	const char *const *rules;
	/* The selection itself: copied, and given back with ACTION_RESOLVE. NULL, in tests: the id
	 * is enough. */
	const struct selection *named;
	bool is_from_copy; /* content/refresh.h */
	bool uncached;     /* somebody wants it done again: earlier lookups do not count */
};

/* The result of an action, as far as it matters here. */
enum verdict {
	VERDICT_OK,
	VERDICT_RETRY,   /* not done, may work later */
	VERDICT_FAIL,    /* no, for good */
	VERDICT_BUSY,    /* 409093: a job for this content is queued or running */
	VERDICT_UNKNOWN, /* sent, no reply */
	VERDICT_DOUBT,   /* refused, but Tableau may have queued the job all the same */
	VERDICT_NONE,    /* looked, and there is none */
	VERDICT_CANNOT,  /* may not look */
	VERDICT_UNSURE,  /* a look cannot show (yet) whether there is one */
	VERDICT_UNREAD,  /* a poll or list with an unreadable answer */
	/* sent or polled, but it is not the content that the rules name any more */
	VERDICT_OTHER,
};
struct answer {
	const char *site; /* whose it is */
	/* the action's: after INPUT_LEAVE, answers to what was asked before mean nothing */
	int64_t life;
	enum verdict verdict;
	/* The site works: a failure is about the item asked for and not about the site. */
	bool is_alive;
	const char *reason;    /* for a person; NULL when OK */
	int64_t retry_after;   /* microseconds, from the answer; 0: none */
	struct told_time told; /* Tableau's clock */
	int64_t calls;         /* job queries that it took; 0 counts as 1 */
};

enum job_phase { PHASE_QUEUED, PHASE_RUNNING, PHASE_SUCCEEDED, PHASE_FAILED, PHASE_CANCELLED };
struct job_seen {
	const char *id;
	enum job_phase phase;
	struct wall created_at, started_at, completed_at; /* {0}: not known */
	const char *notes;                                /* of a failure; may be "" */
	const char *title;   /* the reported name of its content; may be "" */
	bool is_incremental; /* of a job found by a look: not a full refresh */
	bool is_bridge;      /* in a row of a list: done may only mean handed over */
};

enum input_type {
	/* The contents of the store, of sites that are not known yet: at a start, before
	 * INPUT_CONFIGURE; or at any time for one site, before INPUT_ADOPT. */
	/* an open refresh with its causes; the latest success of a content; or an ended refresh
	 * whose job might be taken for an open one's */
	INPUT_RESTORE,
	INPUT_RESTORE_SPENT, /* what was spent of a budget */
	INPUT_RESTORE_PAUSE, /* `by` has paused `site` */
	/* `site` is restored but for its open selections, which follow: from now on it is called.
	 * Without options when the configuration has no such site */
	INPUT_ADOPT,
	/* `site` and its work are somebody else's now: all of it is forgotten, and nothing recorded
	 */
	INPUT_LEAVE,

	/* the present options and sites. Work of a removed site waits for it to come back, until
	 * its patience is over */
	INPUT_CONFIGURE,
	INPUT_TICK, /* time went by, or everything is restored: does what is due */

	/* an event with selections became durable with this stamp; comes before its selections */
	INPUT_EVENT,
	INPUT_SELECT, /* a selection; one with a refusal ends at once, as failed */

	/* Answers to actions. */
	INPUT_RESOLVED, /* `contents` when OK */
	INPUT_GREETED,
	INPUT_SENT, /* `job` when OK */
	/* to ACTION_SEND or ACTION_POLL: the rules name other content now (published again,
	 * renamed), so requests for the old one do not count; the refresh goes on with the new
	 * one */
	INPUT_MOVED,
	/* `job` when OK; VERDICT_NONE: Tableau does not know it; VERDICT_CANNOT: we may not query
	 * it */
	INPUT_POLLED,
	INPUT_LISTED, /* VERDICT_CANNOT: from now on jobs of this site are queried one by one */
	/* when OK, `job` is the latest job of that content since the action's `since` */
	INPUT_LOOKED,
	INPUT_JOB_CANCELLED, /* VERDICT_NONE: the job had ended already */

	/* People's commands; `actions.asked` is the reply. */
	/* ends an open refresh in the name of `who`; its job, if any, is cancelled first */
	INPUT_CANCEL,
	/* an open refresh goes on at once: ends its hold, its again_backoff, and its site's wait
	 * for a Retry-After */
	INPUT_RETRY,
	/* an ended refresh is done again, for the same causes, by a request sent from now on */
	INPUT_AGAIN,
	/* pauses the site's refreshes in the name of `who`, or resumes them; jobs in flight are
	 * followed. Resuming also ends the wait for a Retry-After and the breaker's pause, and
	 * tries a sign-in that failed */
	INPUT_PAUSE,
	INPUT_COUNT,
};

/* One input; the data that it points to is borrowed for the step. */
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
			const char *site;
			const struct schedule_site *options; /* or NULL */
		} adopt;
		struct {
			const char *site;
		} leave;
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
			/* why the selection cannot be resolved; NULL: it can */
			const char *refusal;
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
			struct wall sent_at; /* when the request was sent; {0}: it was not */
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
			bool signs_in; /* not paused: signing in failed, and is tried now */
		} pause;
	};
};
