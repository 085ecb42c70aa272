/*
 * dispatch/core.h - the dispatcher without its thread: inputs go into the schedule, its actions
 * come out and are carried out, and what is to be kept is kept first.
 *
 * It is stepped. loop.c does so in the daemon, with mailbox and sockets around it; the simulator
 * (tests/sim) does so with a world around it. A turn is: inputs (what is below, and answers of
 * Tableau by their callbacks), then core_step().
 *
 * Records are written in batches: one batch is at the journal, the next one collects meanwhile. A
 * request leaves only after the batch that records it as `sending` is durable; everything else
 * (resolve, poll, look) changes nothing at Tableau and goes at once.
 *
 * Life: core_new, core_load (what the store still owes), then turns; core_stop, turns until
 * core_is_quiet(), core_free. One thread.
 */
#pragma once
#include "dispatch/dispatch.h"
#include "dispatch/edge.h"

struct core;

/* Borrows `edge`, takes a reference of `config`; `seed` is for the jitter. `is_dry`: sends nothing.
 */
struct core *core_new(
	const struct edge *edge, struct config *config, uint64_t seed, bool is_dry) MUST_USE;
void core_free(struct core *core);
OWNED_DEFINE(core)
/* Open selections and refreshes of the store come back, before any other input. */
bool core_load(struct core *core, struct store *store, struct error *err) MUST_USE;

/* ---- inputs ---- */

void core_event(struct core *core, const struct dispatch_event *event);
/* Takes a reference. */
void core_configure(struct core *core, struct config *config);
/* Takes the command: its `done` is called when it is durable, or refused. */
void core_command(struct core *core, struct dispatch_command *command);
/* The batch that was given to the journal is durable, or could not be written: then it is tried
 * again. */
void core_written(struct core *core, bool committed);
/* From now on nothing is sent, and nothing more is due. */
void core_stop(struct core *core);

/* Time went by: does what is due, and gives the journal what is to be kept if that is free. */
void core_step(struct core *core);
/* When core_step() has something to do next; INT64_MAX: nothing waits for time. */
struct mono core_next(const struct core *core);
/* Nothing is at the journal, nor to be given to it; or the journal could not write it. For the end:
 * after core_stop() there is one more try. */
bool core_is_quiet(const struct core *core);

/* ---- what is shown ---- */

const struct schedule *core_schedule(const struct core *core);

/* Tells whoever asked that the daemon is stopping. */
void core_refuse(struct dispatch_command *command);
/* Those whose command will not become durable any more. */
void core_refuse_waiting(struct core *core);
