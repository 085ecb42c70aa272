/*
 * tests/sim/oracle.h - the oracle's own parts: oracle.c keeps what it remembers, and a file for
 * each kind of promise says what must hold.
 */
#pragma once
#include "tests/sim/sim.h"

/* ---- oracle.c ---- */
/* False when a restart has read times that a clock wrote which has stepped since. */
bool times_are_true(const struct world *world);

/* ---- fresh.c ---- */
/* The refresh succeeded: of which events is its job evidence? */
void fresh_mark_served(struct world *world, struct watched *of, const struct refresh_row *row);

/* ---- needed.c ---- */
void needed_check_send(
	struct world *world, const struct watched *of, const struct refresh_row *row);

/* ---- kind.c ---- */
void kind_call(struct world *world, const struct sim_call *call);
/* We were told that the job is over. */
void kind_told_end(struct world *world, const struct sim_job *job);

/* ---- lively.c ---- */
void lively_pass(struct world *world, int64_t until);

/* ---- turn.c ---- */
void turn_check_send(struct world *world, const struct refresh_row *row);
