/*
 * dispatch/core.h - the dispatcher without its thread: gives inputs to the schedule, makes its
 * records durable, and carries out its actions.
 *
 * It is driven by loop.c in the daemon, with mailbox and sockets, and by the simulator (tests/sim),
 * with a simulated world. A turn is: inputs (the functions below, and Tableau's answers by
 * callbacks), then core_step().
 *
 * Records are written in batches: one batch is at the journal, the next one collects meanwhile. A
 * request leaves only after the batch that records it as `sending` is durable; everything else
 * (resolve, poll, look) changes nothing at Tableau and goes at once.
 *
 * It has sites, whose work it does: all of them, where one process writes the store (core_load), or
 * those that it has adopted and not left since. It makes no call to another site, and takes in none
 * of its selections.
 *
 * Life: core_new, core_load or core_start, then turns; core_stop, turns until core_is_quiet(),
 * core_free. One thread.
 */
#pragma once
#include "dispatch/dispatch.h"
#include "dispatch/edge.h"
#include "dispatch/site_work.h"

struct core;

/* Borrows `edge`, takes a reference of `config`; `seed` is for the jitter. `is_dry`: sends nothing.
 */
struct core *core_new(
	const struct edge *edge, struct config *config, uint64_t seed, bool is_dry) MUST_USE;
void core_free(struct core *core);
OWNED_DEFINE(core)
/* Has no site yet. `store`: ids of refreshes are reserved there. */
bool core_start(struct core *core, struct store *store, struct error *err) MUST_USE;
/* The same, and has all sites: restores their work from the store. */
bool core_load(struct core *core, struct store *store, struct error *err) MUST_USE;

/* ---- sites ---- */

bool core_has(const struct core *core, const char *site);
/*
 * The site is ours: goes on with its work (borrowed), which was read when its last owner had
 * written all. Of the selections that become durable later, those of core_event() are taken in. Not
 * while it has the site, or while core_has_left() is false.
 */
void core_adopt(struct core *core, const struct site_work *work);
/*
 * Forgets the site, also what core_has() does not know. `is_lost`: another node has it by now, so
 * nothing is sent and nothing written of it any more; else what was decided is still written, and
 * the session signed out. What was to be sent is not. Nothing if it does not have the site, but
 * after an orderly leave it may still get lost.
 */
void core_leave(struct core *core, const char *site, bool is_lost);
/* Leaves all its sites as lost, and tells each (edge->lost). Only where it has adopted them. */
void core_lose_all(struct core *core);
/* No call of the site is in the air, and nothing of it is still to be written. */
bool core_has_left(const struct core *core, const char *site);

/* ---- inputs ---- */

void core_event(struct core *core, const struct dispatch_event *event);
/* Open selections that were taken from the store (borrowed), instead of events; those of sites that
 * it does not have any more are left to the next owner. */
void core_take(struct core *core, const struct site_work *work);
/* Takes a reference. */
void core_configure(struct core *core, struct config *config);
/* Is it about a site of the configuration that it does not have? Then it is for another node. */
bool core_is_elsewhere(const struct core *core, const struct dispatch_command *command);
/* Takes the command; its `done` is called when it is durable or refused. */
void core_command(struct core *core, struct dispatch_command *command);
/* The batch given to the journal is durable, or could not be written and is tried again. */
void core_written(struct core *core, bool committed);
/* From now on nothing is sent and nothing is due. */
void core_stop(struct core *core);

/* Does what is due, and gives the open batch to the journal if that is free. */
void core_step(struct core *core);
/* When core_step() has something to do next; INT64_MAX: nothing is timed. */
struct mono core_next(const struct core *core);
/* Nothing is at the journal, nor to be given to it. */
bool core_is_written(const struct core *core);
/* The same, or the journal could not write it. For the end: after core_stop() there is one more
 * try. */
bool core_is_quiet(const struct core *core);

/* ---- what is shown ---- */

const struct schedule *core_schedule(const struct core *core);

/* Answers the command with "the daemon is stopping". */
void core_refuse(struct dispatch_command *command);
/* Refuses the commands that will not become durable any more. */
void core_refuse_waiting(struct core *core);
