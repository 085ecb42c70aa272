/*
 * dispatch/edge.h - the outside of the dispatcher: Tableau, the journal and the clock, each as a
 * small table of functions.
 *
 * The daemon fills the tables with tableau.h, journal.h and clock.h (loop.c); the simulator
 * (tests/sim) with its world, so that it runs the same code as the daemon. Nothing here waits:
 * Tableau's answer comes by callback, the journal's by `written`, both later, on the dispatcher's
 * thread and never inside the call; but leaving a site answers its calls inside it.
 */
#pragma once
#include "schedule/schedule.h"
#include "store/journal.h"
#include "tableau/tableau.h"

/* Each does what the function of tableau.h with its name promises. */
struct edge_tableau {
	bool (*configure)(struct tableau *tableau, struct config *config, struct error *err);
	bool (*hurry)(struct tableau *tableau, const char *site);
	void (*leave)(struct tableau *tableau, const char *site, bool signs_out);
	bool (*has_left)(const struct tableau *tableau, const char *site);

	void (*resolve)(struct tableau *tableau, const struct selection *selection, bool uncached,
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
	/* Takes the entry; after the commit or its failure calls the entry's `done`, on the
	 * journal's thread. False when the journal has stopped: the entry stays the caller's. */
	bool (*add)(struct journal *journal, struct journal_entry *entry);
};

struct edge_clock {
	struct instant (*now)(void *clock);
};

struct edge { /* each table, and the first argument of its functions */
	const struct edge_tableau *ask;
	struct tableau *tableau;
	const struct edge_journal *keep;
	struct journal *journal;
	const struct edge_clock *time;
	void *clock;
	/* Called on the journal's thread when it is done with a batch; passes the result to the
	 * dispatcher's thread, for core_written(). */
	void (*written)(bool committed, void *context);
	/* Another node owns the site now, and nothing more can be written of it. NULL: nobody wants
	 * to know. On the dispatcher's thread. */
	void (*lost)(const char *site, void *context);
	/* A step of the schedule, before its actions are carried out. NULL: nobody watches. */
	void (*saw)(const struct input *input, const struct actions *actions, void *context);
	void *context;
};

static inline struct instant edge_now(const struct edge *edge)
{
	return edge->time->now(edge->clock);
}
