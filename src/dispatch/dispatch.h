/*
 * dispatch/dispatch.h - the thread that refreshes: it runs the schedule (schedule/schedule.h),
 * talks to Tableau and keeps the record.
 *
 * Life: dispatch_new, dispatch_load (what the store still owes), dispatch_start; then events and
 * configurations arrive from other threads; dispatch_stop signs out and ends the thread. What it
 * does is durable before it is done: a refresh is recorded as `sending` before its request leaves,
 * so that a crash at any point is found again as `unknown`.
 */
#pragma once
#include "base/arena.h"
#include "base/shared.h"
#include "config/config.h"
#include "content/selection.h"
#include "dispatch/status.h"
#include "store/journal.h"

struct dispatch;

/* Takes a reference of `config`. `dry_run`: sends nothing, also of what the store still owes. */
struct dispatch *dispatch_new(struct config *config, bool dry_run, struct error *err) MUST_USE;
void dispatch_free(struct dispatch *dispatch); /* after dispatch_stop(), or never started */
OWNED_DEFINE(dispatch)

/* Open selections and refreshes of the store come back. Before dispatch_start(), on the thread that
 * starts it. */
bool dispatch_load(struct dispatch *dispatch, struct store *store, struct error *err) MUST_USE;
bool dispatch_start(struct dispatch *dispatch, struct journal *journal, struct error *err) MUST_USE;

/* An event that is durable now, with the selections that it asks for (not the shadow ones). */
struct dispatch_event {
	int64_t event; /* its id */
	int64_t stamp; /* as the store gave it */
	struct wall received_at, finished_at;
	bool is_replay; /* somebody wants it done again: content is looked up anew */
	size_t count;
	const struct selection *const *selections;
	const int64_t *selection_ids;
	/* Everything lives here, also this struct, or belongs to the snapshot `rules`, of which it
	 * has a reference. Both are let go of when it was taken in. */
	struct arena *arena;
	struct shared *rules;
};
void dispatch_event_free(struct dispatch_event *event); /* NULL is fine */
/* Any thread, in the order in which events became durable. Takes the event. */
void dispatch_event(struct dispatch *dispatch, struct dispatch_event *event);
/* What somebody asks for (`retry`, `cancel`, `sites pause`, `sites resume`). */
enum dispatch_verb { DISPATCH_RETRY, DISPATCH_CANCEL, DISPATCH_PAUSE, DISPATCH_RESUME };
struct dispatch_command {
	struct message message; /* first member */
	enum dispatch_verb verb;
	const char *who;
	int64_t refresh;                 /* RETRY and CANCEL */
	const char *site;                /* PAUSE and RESUME */
	const struct refresh_row *ended; /* RETRY: how the store has it, if it has ended; else
					    NULL */
	const struct cause_row *causes;
	size_t cause_count;
	struct arena *arena; /* everything lives here, also this struct */
	/* The answer: */
	struct asked asked;
	/* Called once, when it is durable or refused, on the dispatch thread; owns the command. */
	void (*done)(struct dispatch_command *command);
	void *context;
};
/* Any thread. */
void dispatch_command(struct dispatch *dispatch, struct dispatch_command *command);
/* The configuration changed; a reference is taken. Any thread. */
void dispatch_configure(struct dispatch *dispatch, struct config *config);

/* Is there as much open work as limits.waiting_refreshes allows: selections that are not resolved,
 * and causes (an event by a rule) of refreshes that have not ended? Intake sheds load then. Any
 * thread. */
bool dispatch_is_full(struct dispatch *dispatch);
/* What is going on, a second old at most; with a reference for the caller (shared_unref), NULL
 * before the first. Any thread. */
struct dispatch_status *dispatch_status(struct dispatch *dispatch);

/* Sends nothing more, lets answers that are on their way come in, signs out: all within `us`. What
 * is left is found again at the next start. */
void dispatch_stop(struct dispatch *dispatch, int64_t us);
