/*
 * schedule/gate.h - decides whether a site may be called now. What may forbid it: a pause, the
 * breaker, a wait that Tableau asked for, a budget. It also keeps what is known of Tableau's clock.
 * Private to schedule/.
 */
#pragma once
#include "base/text.h"
#include "schedule/breaker.h"
#include "schedule/budget.h"
#include "schedule/distant_clock.h"
#include "schedule/input.h"

struct gate {
	struct breaker breaker;
	struct budget starts, queries;
	struct mono no_starts_before, no_queries_before, no_calls_before; /* Retry-After */
	char *paused_by;                                                  /* NULL: not paused */
	char *trouble;               /* the last failure, in words for people; NULL: none */
	struct distant_clock clock;  /* Tableau's, or that of a proxy before it */
	bool is_clock_wrong;         /* jobs are stamped by another clock */
	struct mono queries_kept_at; /* when queries spent were last recorded */
};

void gate_init(struct gate *gate);
void gate_clear(struct gate *gate);
/* What is known of the site lasts; only the next probe, if there is to be one, is made at once. */
void gate_set(struct gate *gate, struct mono now, const struct schedule_site *options);

/* Why calls of a kind wait: the first reason that applies. */
enum wait_kind {
	WAIT_NOT,
	WAIT_SITE,    /* the configuration has no such site at present */
	WAIT_PAUSE,   /* a person paused it */
	WAIT_BREAKER, /* it keeps failing and is only probed */
	WAIT_TABLEAU, /* Tableau asked to wait */
	WAIT_BUDGET,  /* refreshes_per_hour, job_queries_per_day */
	WAIT_PLACE,   /* max_requests, max_running, and the turn of others */
};
struct wait {
	enum wait_kind kind;
	/* INT64_MAX: until an event such as a probe's answer or a person's command */
	struct mono until;
};
/* Why the next request of a refresh, job query, or other call has to wait. */
struct wait gate_start_wait(const struct gate *gate, struct mono now);
struct wait gate_query_wait(const struct gate *gate, struct mono now);
struct wait gate_call_wait(const struct gate *gate, struct mono now);
/* When the next job query may be made; now or earlier: at once. */
struct mono gate_query_opens(const struct gate *gate, struct mono now);
/* Ends the wait that Tableau asked for, and that for the next probe. False: there was neither. */
bool gate_go_on(struct gate *gate, struct mono now);

/* Takes in an answer. True: the breaker opened or closed. */
bool gate_answered(struct gate *gate, struct instant now, const struct answer *answer,
	const struct schedule_options *options);
/* Tableau asked to wait `us`; `before` is the member of the gate for that kind of call. */
void gate_hold(struct mono *before, struct mono now, int64_t us);

/* A request was answered with a new job. Checks that its stamp fits the clock of `Date`: a proxy
 * may write its own there. */
void gate_made_job(struct gate *gate, const struct told_time *told, struct wall created_at);
/* Bounds what Tableau's clock shows when ours shows `at`. False: that is not known. */
bool gate_tableau_between(const struct gate *gate, struct mono at, struct wall *earliest,
	struct wall *latest) MUST_USE;
/* The earliest time that Tableau's clock can show at `at`; {0}: not known. */
struct wall gate_tableau_time(const struct gate *gate, struct mono at);
/* The time of a request by Tableau's clock counts as known when its bounds are this narrow: a
 * second of reporting, and a second for the answer's way. */
#define GATE_SURE_WITHIN (2 * US_PER_SECOND)
/* `at` by Tableau's clock, and no earlier than it was, but not much later either: else the look for
 * the job of a request sent then would begin after it. {0}: that is not known. */
struct wall gate_tableau_surely(const struct gate *gate, struct mono at);
