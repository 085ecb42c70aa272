/*
 * dispatch/dispatch.h - the dispatch thread: it runs the schedule (schedule/schedule.h), makes all
 * calls to Tableau, and records what happens.
 *
 * Life: dispatch_new, dispatch_load (what the store still owes), dispatch_start; then events and
 * configurations arrive from other threads; dispatch_stop signs out and ends the thread. Each
 * request is recorded before it is sent: a refresh is durable as `sending` before its request
 * leaves, so that after a crash the next start finds it and treats it as `unknown`.
 */
#pragma once
#include "base/arena.h"
#include "base/heartbeat.h"
#include "base/shared.h"
#include "config/config.h"
#include "content/selection.h"
#include "dispatch/command.h"
#include "dispatch/site_work.h"
#include "dispatch/status.h"
#include "store/journal.h"

struct dispatch;

/* Takes a reference to `config`. `dry_run`: sends nothing, not even open refreshes of the store. */
struct dispatch *dispatch_new(struct config *config, bool dry_run, struct error *err) MUST_USE;
void dispatch_free(struct dispatch *dispatch); /* after dispatch_stop(), or never started */
OWNED_DEFINE(dispatch)

/* Has all sites: restores open selections and refreshes from the store. Call before
 * dispatch_start(), on the same thread. */
bool dispatch_load(struct dispatch *dispatch, struct store *store, struct error *err) MUST_USE;
/* Instead, where several nodes share the store: it has no site before dispatch_adopt(), and none
 * past the time of dispatch_trust(). */
struct dispatch_sharing {
	/* An event was recorded here, so that its selections can be taken from the store. Any
	 * thread. */
	void (*recorded)(void *context);
	/* The site was left at once, because another node owns it, or may do so by now. On the
	 * dispatch thread. */
	void (*lost)(const char *site, void *context);
	/* Takes a command about a site that the configuration has, and this node does not; `done`
	 * is called when the owner has answered. On the dispatch thread. */
	void (*pass_on)(struct dispatch_command *command, void *context);
	void *context;
};
bool dispatch_load_nothing(struct dispatch *dispatch, struct store *store,
	const struct dispatch_sharing *sharing, struct error *err) MUST_USE;
bool dispatch_start(struct dispatch *dispatch, struct journal *journal, struct error *err) MUST_USE;

/* A durable event with its selections (without the shadow ones). */
struct dispatch_event {
	int64_t event; /* its id */
	int64_t stamp; /* given by the store */
	struct wall received_at, finished_at;
	bool is_replay; /* a person wants it done again: content is looked up without the cache */
	size_t count;
	const struct selection *const *selections;
	const int64_t *selection_ids;
	/* Holds everything, also this struct, except what belongs to the snapshot `rules`, to which
	 * the event has a reference. Both are released when the event was taken in. */
	struct arena *arena;
	struct shared *rules;
};
void dispatch_event_free(struct dispatch_event *event); /* NULL is fine */
/* Any thread, in the order in which events became durable. Takes the event. Where nodes share the
 * store, only tells (dispatch_sharing), because its sites may be other nodes'. */
void dispatch_take_event(struct dispatch *dispatch, struct dispatch_event *event);
/* Takes the command. Any thread. */
void dispatch_take_command(struct dispatch *dispatch, struct dispatch_command *command);
/* What a person asks about the content of one site, read-only (tableau/inquiry.h). */
struct dispatch_question {
	const char *site;
	const struct selection *selections; /* all of that site */
	size_t count;
	int64_t us;          /* after this time it is answered with what is known */
	struct arena *arena; /* holds everything, also this struct */
	/* Called once, on the dispatch thread; owns the question. `answer` is valid during the
	 * call; NULL: another question is open, the site is another node's, or the daemon is
	 * stopping. */
	void (*done)(struct dispatch_question *question, const cJSON *answer);
	void *context;
};
/* Takes the question. Any thread. One at a time, so that the daemon's own calls come first. */
void dispatch_take_question(struct dispatch *dispatch, struct dispatch_question *question);
/* ---- sites, where several nodes share the store ---- */

/* Goes on with the work of the site, which this node owns now, and which it does not have; takes
 * the work. It was read when dispatch_leave() was done, if it was here before. Any thread. */
void dispatch_adopt(struct dispatch *dispatch, struct site_work *work);
/* Goes on with selections that were taken from the store for its sites, and takes the work; where
 * nodes share the store, instead of dispatch_take_event(). Any thread. */
void dispatch_take_work(struct dispatch *dispatch, struct site_work *work);
/* Until when its sites are its own; then it leaves them all, as lost, by itself. Any thread. */
void dispatch_trust(struct dispatch *dispatch, struct mono until);
/* A site that is left: no call of it is made from now on, and other sites are not disturbed. */
struct dispatch_leaving {
	const char *site;
	/* Another node has it by now: nothing is sent or written of it any more. Otherwise it is
	 * signed out, and what was decided is still written. May follow an orderly one. */
	bool is_lost;
	int64_t us; /* the sign-out is awaited no longer than this */
	/* Called once, on the dispatch thread; owns the struct. `is_done`: no call of the site is
	 * in the air, and all its records are durable, or dropped if it was lost. False: the daemon
	 * is stopping. */
	void (*done)(struct dispatch_leaving *leaving, bool is_done);
	void *context;
	/* Private to dispatch/: */
	struct mono until;
	struct dispatch_leaving *next;
};
/* Takes it. Any thread. */
void dispatch_leave(struct dispatch *dispatch, struct dispatch_leaving *leaving);

/* The configuration changed; a reference is taken. Any thread. */
void dispatch_configure(struct dispatch *dispatch, struct config *config);

/* Is there as much open work as limits.waiting_refreshes allows: selections that are not resolved,
 * and causes (an event by a rule) of refreshes that have not ended? Intake sheds load then. Any
 * thread. */
bool dispatch_is_full(struct dispatch *dispatch);
/* The present status, at most a second old, with a reference for the caller; NULL
 * before the first. Any thread. */
struct dispatch_status *dispatch_latest_status(struct dispatch *dispatch);

/* The thread's; it beats at each turn. */
const struct heartbeat *dispatch_heartbeat(const struct dispatch *dispatch);

/* Sends nothing more, waits for open answers, and signs out, all within `us`. The next start finds
 * the rest. */
void dispatch_stop(struct dispatch *dispatch, int64_t us);
