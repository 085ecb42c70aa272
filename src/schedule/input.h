/*
 * schedule/input.h - what happens, as the schedule is told it: an event, an answer, a person, time.
 * Plain data, so that a history can be written down and replayed.
 */
#pragma once
#include "base/clock.h"
#include "content/refresh.h"
#include "content/spent.h"
#include <stddef.h>

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
