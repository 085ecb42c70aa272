/*
 * tests/sim/oracle.h - the oracle's own parts: oracle.c keeps what it remembers, and a file for
 * each kind of promise says what must hold.
 */
#pragma once
#include "tests/sim/sim.h"

/* One good answer makes Tableau's clock known for this long, because clocks drift. */
#define CLOCK_KEPT (40 * MINUTE)
/* After this many undecided looks there are no more (src/schedule/README.md). */
#define UNSURE_AFTER 8

static inline int64_t later_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- oracle.c ---- */
/* False when a restart has read times that a clock wrote which has stepped since. */
bool times_are_true(const struct world *world);
/* The effects that are begun, and not told. */
#define FOR_EACH_OUT(world, effect)                                                                \
	for (const struct effect *effect = (world)->effects;                                       \
		effect < (world)->effects + (world)->effect_end; effect++)                         \
		if (effect->is_there)

/* ---- fate.c ---- */
/* It ends as the row says. */
void fate_check(struct world *world, const struct watched *of, const struct refresh_row *row);

/* Is it so of this one, or of another one that ends now and whose request or job did for it too? */
bool fate_is_own_or_covered(
	const struct world *world, const struct watched *of, bool (*is_so)(const struct watched *));

/* ---- patience.c ---- */
/* Time goes on until then. */
void patience_pass(struct world *world, int64_t until);
void patience_recorded(const struct world *world, struct watched *of);
void patience_crashed(const struct world *world, struct watched *of);
void patience_asked(struct world *world, const struct sim_call *call);
/* Tableau tells of its job. */
void patience_told(const struct world *world, struct watched *of, int job, enum job_phase phase);
/* It was, and is followed on. */
void patience_check_followed(struct world *world, const struct watched *of, int64_t id);
/* The same for a selection that is not resolved. */
void patience_check_unresolved(
	struct world *world, const struct watched *of, const struct refresh_row *row);
void patience_check_expired(struct world *world, const struct watched *of, int64_t id);

/* ---- fresh.c ---- */
/* The refresh succeeded: of which events is its job evidence? */
void fresh_mark_served(struct world *world, const struct watched *of);
/* What the rule holds of that event is a wish from now on, or held. */
void fresh_wished(struct world *world, int content, int run, int rule, bool is_wish);
/* It has ended, and all that was said of it is known: not while its rule held it, and with success
 * only by a job that is evidence. */
void fresh_check_end(struct world *world, const struct watched *of, const struct refresh_row *row);
/* By a rule, as far as was told. */
bool fresh_is_held(const struct world *world, const struct watched *of);
/* Does the last request of `by`, or its job, do for all that `of` stands for? */
bool fresh_may_want_full(const struct world *world, const struct watched *of);
bool fresh_covers(const struct world *world, const struct watched *by, const struct watched *of);
/* Did that job start late enough for all that it stands for, by dbt's and Tableau's clocks? */
bool fresh_is_late_enough(
	const struct world *world, const struct watched *of, const struct sim_job *job);
/* Does its job do for all that it stands for, as far as was surely told? */
bool fresh_is_proven(const struct world *world, const struct watched *of);

/* ---- needed.c ---- */
void needed_check_send(
	struct world *world, const struct watched *of, const struct refresh_row *row);

/* ---- people.c ---- */
void people_check_send(struct world *world, const struct watched *of, int64_t id);
void people_check_end(struct world *world, const struct watched *of, const struct refresh_row *row);
void people_committed(struct world *world, int64_t generation);
void people_forget(struct world *world); /* what was not durable */
void people_crashed(const struct world *world, struct watched *of);

/* ---- older.c ---- */
/* Was it made after the copy was, and before that was put back? */
bool older_is_forgotten(const struct world *world, const struct sim_job *job);
/* It got a cause. */
void older_caused(const struct world *world, struct watched *of, int run);
bool older_is_to_be_looked_for(const struct watched *of);
void older_looked(struct world *world, struct watched *of, const struct sim_call *look);
void older_crashed(const struct world *world, struct watched *of);
/* Who ran on what is forgotten may have done it, and Tableau may tell so. */
void older_check_send(struct world *world, const struct watched *of, const struct refresh_row *row);

/* ---- told.c ---- */
/* The question goes back as far as it has to. */
void told_check_since(struct world *world, const struct sim_call *call);
/* A look is told that the job of the refresh before is not meant. */
void told_check_known(struct world *world, const struct effect *look);
/* Is a call about it out? */
bool oracle_is_asked(const struct world *world, int64_t refresh);

/* ---- kind.c ---- */
void kind_call(struct world *world, const struct sim_call *call);
/* Job queries beyond the one that each call is. */
void kind_queried(struct world *world, int site, int64_t count);
void kind_crashed(struct world *world);
/* What it has spent is as it was then. */
void kind_put_back(struct world *world, int site, int64_t at);
void kind_check_send(struct world *world, const struct watched *of);
/* We were told that the job is over. */
void kind_told_end(struct world *world, const struct sim_job *job);
/* Surely, as far as budgets and Retry-After go. */
bool kind_may_query(const struct world *world, int site);

/* ---- lively.c ---- */
void lively_pass(struct world *world, int64_t until);
/* May a rule hold it? */
bool lively_is_held(const struct world *world, const struct watched *of);

/* ---- turn.c ---- */
void turn_check_send(struct world *world, const struct watched *of);
