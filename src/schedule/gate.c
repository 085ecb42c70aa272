/*
 * schedule/gate.c - the reasons to hold a call back, in the order in which they count.
 */
#include "schedule/gate.h"
#include "base/mem.h"

#define HOUR (3600 * US_PER_SECOND)
#define DAY (24 * HOUR)

void gate_init(struct gate *gate)
{
	budget_init(&gate->starts, HOUR);
	budget_init(&gate->queries, DAY);
}

void gate_clear(struct gate *gate)
{
	budget_clear(&gate->starts);
	budget_clear(&gate->queries);
	free(gate->paused_by);
	free(gate->trouble);
	*gate = (struct gate){ 0 };
}

void gate_set(struct gate *gate, struct mono now, const struct schedule_site *options)
{
	budget_limit(&gate->starts, options->refreshes_per_hour);
	budget_limit(&gate->queries, options->job_queries_per_day);
	/* The change may have mended what was wrong; a probe shows whether it has. */
	IGNORE(!breaker_hurry(&gate->breaker, now));
}

static struct mono later(struct mono a, struct mono b)
{
	return a.us > b.us ? a : b;
}

static struct wait wait_for(
	const struct gate *gate, struct mono now, struct mono asked_until, struct mono budget_until)
{
	struct mono probe = breaker_opens(&gate->breaker);
	if (probe.us > now.us)
		return (struct wait){ WAIT_BREAKER, probe };
	if (asked_until.us > now.us)
		return (struct wait){ WAIT_TABLEAU, asked_until };
	if (budget_until.us > now.us)
		return (struct wait){ WAIT_BUDGET, budget_until };
	return (struct wait){ WAIT_NOT, now };
}

struct wait gate_start_wait(const struct gate *gate, struct mono now)
{
	if (gate->paused_by)
		return (struct wait){ WAIT_PAUSE, { INT64_MAX } };
	return wait_for(gate, now, gate->no_starts_before, budget_allows(&gate->starts, now, 1));
}

struct wait gate_query_wait(const struct gate *gate, struct mono now)
{
	return wait_for(gate, now, gate->no_queries_before, budget_allows(&gate->queries, now, 1));
}

struct wait gate_call_wait(const struct gate *gate, struct mono now)
{
	return wait_for(gate, now, gate->no_calls_before, now);
}

struct mono gate_query_opens(const struct gate *gate, struct mono now)
{
	struct mono at = later(breaker_opens(&gate->breaker), gate->no_queries_before);
	return later(at, budget_allows(&gate->queries, now, 1));
}

static void set_trouble(struct gate *gate, const char *reason)
{
	free(gate->trouble);
	gate->trouble = mem_copy_text(reason);
}

struct wall gate_tableau_time(const struct gate *gate, struct mono at)
{
	struct wall earliest, latest;
	if (!distant_clock_at(&gate->clock, at, &earliest, &latest))
		return (struct wall){ 0 };
	return earliest;
}

bool gate_tableau_between(
	const struct gate *gate, struct mono at, struct wall *earliest, struct wall *latest)
{
	return !gate->is_clock_wrong && distant_clock_at(&gate->clock, at, earliest, latest);
}

struct wall gate_tableau_surely(const struct gate *gate, struct mono at)
{
	struct wall earliest, latest;
	if (!gate_tableau_between(gate, at, &earliest, &latest) ||
		latest.us - earliest.us > GATE_SURE_WITHIN)
		return (struct wall){ 0 };
	return latest;
}

void gate_made_job(struct gate *gate, const struct told_time *told, struct wall created_at)
{
	struct wall earliest, latest, ignored;
	if (!wall_is_set(told->at) || !wall_is_set(created_at) ||
		!distant_clock_at(&gate->clock, told->after, &earliest, &ignored) ||
		!distant_clock_at(&gate->clock, told->before, &ignored, &latest))
		return;
	/* The time is a whole second, perhaps of a node whose clock differs a little. */
	gate->is_clock_wrong = created_at.us + 2 * US_PER_SECOND <= earliest.us ||
			       created_at.us > latest.us + US_PER_SECOND;
}

bool gate_answered(struct gate *gate, struct instant now, const struct answer *answer,
	const struct schedule_options *options)
{
	/* A server that sends Retry-After is alive. */
	bool is_bad = (answer->verdict == VERDICT_UNKNOWN || answer->verdict == VERDICT_RETRY) &&
		      !answer->is_alive && !answer->retry_after;
	bool is_unheard = answer->verdict == VERDICT_UNKNOWN || answer->verdict == VERDICT_RETRY ||
			  answer->verdict == VERDICT_UNREAD;
	distant_clock_hear(&gate->clock, &answer->told);
	/* Also a failure that the breaker does not count: it may become the reason of a refresh
	 * that is given up. */
	if (is_unheard || answer->retry_after)
		set_trouble(gate, answer->reason);
	return breaker_answered(&gate->breaker, now.mono, !is_bad,
		BREAKER_FAILURES * options->retry_initial, options->retry_max);
}

void gate_hold(struct mono *before, struct mono now, int64_t us)
{
	*before = later(*before, mono_plus(now, us));
}

bool gate_go_on(struct gate *gate, struct mono now)
{
	bool was_held = breaker_hurry(&gate->breaker, now);
	struct mono *const asked[] = { &gate->no_starts_before, &gate->no_queries_before,
		&gate->no_calls_before };
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		was_held |= asked[i]->us > now.us;
		*asked[i] = (struct mono){ 0 };
	}
	return was_held;
}
