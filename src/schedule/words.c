/*
 * schedule/words.c - why work of a site waits, in words for people.
 */
#include "base/text.h"
#include "schedule/state.h"

static void explain_budget(
	struct mono now, const struct site *site, enum call_kind kind, struct text *words)
{
	const struct gate *gate = &site->gate;
	if (kind == CALLS_START)
		text_printf(words,
			"waits its turn: site '%s' may start %lld refreshes an hour "
			"(refreshes_per_hour) and has started %lld",
			site->name, (long long)gate->starts.limit,
			(long long)budget_spent(&gate->starts, now));
	else
		text_printf(words,
			"site '%s' may ask for jobs %lld times a day (job_queries_per_day) and has "
			"asked %lld times",
			site->name, (long long)gate->queries.limit,
			(long long)budget_spent(&gate->queries, now));
}

static void explain_room(const struct site *site, struct text *words)
{
	text_printf(words, "waits its turn: site '%s' has ", site->name);
	text_add_count(words, (size_t)site->sending, "request");
	text_add(words, " out and ");
	text_add_count(words, (size_t)site->in_flight_count, "job");
	text_add(words, " in flight (max_requests, max_running)");
}

static void explain_place(const struct site *site, enum call_kind kind, struct text *words)
{
	if (kind == CALLS_LOOKUP)
		text_printf(words, "waits its turn: site '%s' looks up %lld names already",
			site->name, (long long)site->resolving);
	else
		explain_room(site, words);
}

static void explain(struct mono now, const struct site *site, enum call_kind kind,
	enum wait_kind why, struct text *words)
{
	const struct gate *gate = &site->gate;
	switch (why) {
	case WAIT_NOT:
		break;
	case WAIT_SITE:
		text_printf(words,
			"the configuration has no site '%s'; it goes on when the site is back, "
			"until give_up_after",
			site->name);
		break;
	case WAIT_PAUSE:
		text_printf(words, "site '%s' is paused by %s until somebody resumes it",
			site->name, gate->paused_by);
		break;
	case WAIT_BREAKER:
		text_printf(words, "site '%s' is left alone between probes after ", site->name);
		text_add_count(words, (size_t)gate->breaker.failures, "failure");
		text_printf(words, " in a row; last: %s", gate->trouble ? gate->trouble : "");
		break;
	case WAIT_TABLEAU:
		text_printf(words, "Tableau asked site '%s' to wait: %s", site->name,
			gate->trouble ? gate->trouble : "");
		break;
	case WAIT_BUDGET:
		explain_budget(now, site, kind, words);
		break;
	case WAIT_PLACE:
		explain_place(site, kind, words);
		break;
	}
}

struct schedule_wait wait_told(
	struct instant now, const struct site *site, enum call_kind kind, struct arena *arena)
{
	const struct waiting *waiting = &site->waiting[kind];
	/* As of now: where no work waits, no step has noticed a change. */
	struct wait wait = wait_of(site, kind, now.mono);
	struct mono since = wait.kind == waiting->wait.kind ? waiting->since : now.mono;
	OWNED_TEXT struct text words = TEXT(1000);
	explain(now.mono, site, kind, wait.kind, &words);
	if (!words.length)
		return (struct schedule_wait){ 0 };
	return (struct schedule_wait){
		.reason = arena_text(arena, words.at),
		.since = wall_after(now.wall, since.us - now.mono.us),
		.until = wait.until.us == INT64_MAX
				 ? (struct wall){ 0 }
				 : wall_after(now.wall, wait.until.us - now.mono.us),
	};
}

void wait_add_trouble(struct mono now, const struct site *site, enum call_kind kind,
	const char *own, struct text *words)
{
	enum wait_kind why = site->waiting[kind].wait.kind;
	bool is_last = why == WAIT_SITE || !own || !*own;
	if (is_last && why != WAIT_NOT && !wait_is_ours(why))
		explain(now, site, kind, why, words);
	else if (own && *own)
		text_add(words, own);
	else
		text_add(words, site->gate.trouble ? site->gate.trouble : "no answer came");
}
