/*
 * dispatch/gate.h - what holds a site's calls up: a person who paused it, a breaker, Tableau that
 * asked to wait, budgets. And Tableau's clock, as far as it has told it. Private to the schedule;
 * pure.
 */
#pragma once
#include "base/text.h"
#include "dispatch/breaker.h"
#include "dispatch/budget.h"
#include "dispatch/schedule.h"

struct gate {
	struct breaker breaker;
	struct budget starts, queries;
	struct mono no_starts_before, no_queries_before; /* Retry-After */
	char *paused_by;                                 /* NULL: not paused */
	char *trouble;               /* the last failure, for people; NULL: none */
	int64_t clock_ahead;         /* Tableau's clock minus our struct mono, at least */
	struct mono clock_at;        /* when that was told; {0}: never */
	struct mono queries_kept_at; /* when what was spent was last handed out to be kept */
};

void gate_init(struct gate *gate);
void gate_clear(struct gate *gate);
void gate_set(struct gate *gate, const struct schedule_site *options);

/* When the next refresh may be requested, or the next job query made: now or earlier when it may;
 * INT64_MAX: when something else happens (a probe's answer, a person). */
struct mono gate_start_opens(struct gate *gate, struct mono now);
struct mono gate_query_opens(struct gate *gate, struct mono now);
/* The same for any other call. */
static inline struct mono gate_call_opens(const struct gate *gate)
{
	return breaker_opens(&gate->breaker);
}
/*
 * Why the nth in line for a start has to wait, and until when if that is known. False: it has not
 * to, but for its turn.
 */
bool gate_explain(struct gate *gate, struct instant now, const char *site, int64_t nth,
	struct text *reason, struct wall *until);

/* An answer came. True: the breaker opened or closed. */
bool gate_answered(struct gate *gate, struct instant now, const struct answer *answer,
	const struct schedule_options *options);
void gate_hold_starts(struct gate *gate, struct mono now, int64_t us);
void gate_hold_queries(struct gate *gate, struct mono now, int64_t us);

/* Now by Tableau's clock, and no later than that; {0}: not known. */
struct wall gate_tableau_now(const struct gate *gate, struct mono now);
