/*
 * dispatch/edge.h - what the dispatcher speaks to: Tableau, the journal and the clock, each a small
 * table of functions.
 *
 * The daemon fills the tables with tableau.h, journal.h and clock.h (loop.c); the simulator
 * (tests/sim) with its world, so that it steps the very code that runs in the daemon. Nothing here
 * waits: a question to Tableau is answered by its callback, a record by `written`, both later, on
 * the dispatcher's thread and never inside the call that asked.
 */
#pragma once
#include "schedule/schedule.h"
#include "store/journal.h"
#include "tableau/tableau.h"

/* Each does what the function of tableau.h with its name promises. */
struct edge_tableau {
	bool (*configure)(struct tableau *tableau, struct config *config, struct error *err);
	void (*hurry)(struct tableau *tableau, const char *site);

	void (*resolve)(struct tableau *tableau, const struct selection *selection, bool anew,
		resolve_done *callback, void *context);
	void (*forget)(struct tableau *tableau, const char *site, const char *luid);
	bool (*contradicts)(
		struct tableau *tableau, const char *site, const struct content *content);
	void (*task_content)(struct tableau *tableau, const char *site, const char *task_luid,
		content_done *callback, void *context);

	void (*greet)(struct tableau *tableau, const char *site, done *callback, void *context);
	void (*refresh)(struct tableau *tableau, const char *site, const struct content *content,
		bool incremental, job_done *callback, void *context);
	void (*job)(struct tableau *tableau, const char *site, const char *job_id,
		job_done *callback, void *context);
	void (*jobs)(struct tableau *tableau, const char *site, struct wall since,
		jobs_done *callback, void *context);
	void (*cancel)(struct tableau *tableau, const char *site, const char *job_id,
		done *callback, void *context);
};

struct edge_journal {
	/* Takes the entry: applied and committed, or not, it is handed to its `done`, on the
	 * journal's thread. False when the journal has stopped: the entry is the caller's. */
	bool (*add)(struct journal *journal, struct journal_entry *entry);
};

struct edge_clock {
	struct instant (*now)(void *clock);
};

struct edge { /* each table, and what its functions are given first */
	const struct edge_tableau *ask;
	struct tableau *tableau;
	const struct edge_journal *keep;
	struct journal *journal;
	const struct edge_clock *time;
	void *clock;
	/* The journal is through with the batch that it was given, on its thread: to be brought to
	 * the dispatcher's, for core_written(). */
	void (*written)(bool committed, void *context);
	void *context;
};

static inline struct instant edge_now(const struct edge *edge)
{
	return edge->time->now(edge->clock);
}
