#include "dispatch/gate.h"
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

void gate_set(struct gate *gate, const struct schedule_site *options)
{
	budget_limit(&gate->starts, options->refreshes_per_hour);
	budget_limit(&gate->queries, options->job_queries_per_day);
	/* Whoever changed the configuration may have mended what was wrong. */
	gate->breaker = (struct breaker){ 0 };
}

static struct mono later(struct mono a, struct mono b)
{
	return a.us > b.us ? a : b;
}

struct mono gate_start_opens(struct gate *gate, struct mono now)
{
	struct mono at = later(breaker_opens(&gate->breaker), gate->no_starts_before);
	if (gate->paused_by)
		return (struct mono){ INT64_MAX };
	return later(at, budget_allows(&gate->starts, now, 1));
}

struct mono gate_query_opens(struct gate *gate, struct mono now)
{
	struct mono at = later(breaker_opens(&gate->breaker), gate->no_queries_before);
	return later(at, budget_allows(&gate->queries, now, 1));
}

static struct wall wall_of(struct instant now, struct mono at)
{
	return wall_after(now.wall, at.us - now.mono.us);
}

bool gate_explain(struct gate *gate, struct instant now, const char *site, int64_t nth,
	struct text *reason, struct wall *until)
{
	*until = (struct wall){ 0 };
	if (gate->paused_by) {
		text_printf(reason, "site '%s' is paused by %s until somebody resumes it", site,
			gate->paused_by);
	} else if (!breaker_is_closed(&gate->breaker)) {
		if (gate->breaker.until.us > now.mono.us)
			*until = wall_of(now, gate->breaker.until);
		text_printf(reason,
			"site '%s' is left alone between probes after %d failures in a row; last: "
			"%s",
			site, gate->breaker.failures, gate->trouble ? gate->trouble : "");
	} else if (gate->no_starts_before.us > now.mono.us) {
		*until = wall_of(now, gate->no_starts_before);
		text_printf(reason, "Tableau asked site '%s' to wait: %s", site,
			gate->trouble ? gate->trouble : "");
	} else if (budget_left(&gate->starts, now.mono) < nth) {
		*until = wall_of(now, budget_allows(&gate->starts, now.mono, nth));
		text_printf(reason,
			"waits its turn: site '%s' may start %lld refreshes an hour "
			"(refreshes_per_hour) and has started %lld",
			site, (long long)gate->starts.limit, (long long)gate->starts.spent);
	} else {
		return false;
	}
	return true;
}

static void set_trouble(struct gate *gate, const char *reason)
{
	free(gate->trouble);
	gate->trouble = mem_copy_text(reason);
}

/*
 * Tableau tells whole seconds, and told them some time before we read them, so each answer gives a
 * lower bound; the highest is the best. It sinks slowly, lest a clock that was put back over there
 * be mistaken for ever.
 */
static void hear_clock(struct gate *gate, struct mono now, struct wall told_at)
{
	int64_t ahead = told_at.us - now.us;
	int64_t best = gate->clock_ahead - (now.us - gate->clock_at.us) / 100;
	if (!wall_is_set(told_at))
		return;
	gate->clock_ahead = gate->clock_at.us && best > ahead ? best : ahead;
	gate->clock_at = now;
}

struct wall gate_tableau_now(const struct gate *gate, struct mono now)
{
	return (struct wall){ gate->clock_at.us ? now.us + gate->clock_ahead : 0 };
}

bool gate_answered(struct gate *gate, struct instant now, const struct answer *answer,
	const struct schedule_options *options)
{
	/* Who says when to come again is alive. */
	bool is_bad = (answer->verdict == VERDICT_UNKNOWN || answer->verdict == VERDICT_RETRY) &&
		      !answer->is_alive && !answer->retry_after;
	hear_clock(gate, now.mono, answer->told_at);
	if (is_bad || answer->retry_after)
		set_trouble(gate, answer->reason);
	return breaker_answered(&gate->breaker, now.mono, !is_bad,
		BREAKER_FAILURES * options->retry_initial, options->retry_max);
}

void gate_hold_starts(struct gate *gate, struct mono now, int64_t us)
{
	gate->no_starts_before = later(gate->no_starts_before, mono_plus(now, us));
}

void gate_hold_queries(struct gate *gate, struct mono now, int64_t us)
{
	gate->no_queries_before = later(gate->no_queries_before, mono_plus(now, us));
}
