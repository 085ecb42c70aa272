/*
 * schedule/wait.c - one notion of why work waits, since when, until when; and of whose patience
 * runs meanwhile.
 *
 * A refresh or selection waits for itself (its backoff, an answer: its patience runs), for another
 * refresh of its content or a hold of its rule (its patience stands), or for a kind of call of its
 * site: to look its content up, to start it, to query jobs. Each site has a clock for each of the
 * three, which stands while it is us who hold that kind of call back.
 */
#include "base/mem.h"
#include "base/units.h"
#include "schedule/state.h"

/* ---- what each refresh waits for ---- */

void refresh_moved(struct schedule *schedule, struct refresh *refresh)
{
	site_changed(schedule, refresh->slot->site);
	if (refresh->is_moved)
		return;
	refresh->is_moved = true;
	refresh->moved_next = schedule->moved;
	schedule->moved = refresh;
}

/* The clock that its patience goes by; NULL: it stands. */
static struct patience_clock *clock_of(struct schedule *schedule, const struct refresh *refresh)
{
	struct site *site = refresh->slot->site;
	if (refresh->is_held || refresh->slot->current != refresh)
		return NULL;
	switch (refresh->row.state) {
	case REFRESH_WAITING:
		return refresh_is_ready(refresh) ? &site->waiting[CALLS_START].clock
						 : &schedule->trying;
	case REFRESH_SENDING:
		return &schedule->trying;
	case REFRESH_UNKNOWN:
	case REFRESH_QUEUED:
	case REFRESH_RUNNING:
		return &site->waiting[CALLS_QUERY].clock;
	case REFRESH_SUCCEEDED:
	case REFRESH_FAILED:
	case REFRESH_CANCELLED:
	case REFRESH_EXPIRED:
		break;
	}
	return NULL;
}

/* ---- what each site's work waits for ---- */

static struct wait wait_of(const struct site *site, enum call_kind kind, struct mono now)
{
	if (!site->is_known)
		return (struct wait){ WAIT_SITE, { INT64_MAX } };
	struct wait wait = kind == CALLS_START   ? gate_start_wait(&site->gate, now)
			   : kind == CALLS_QUERY ? gate_query_wait(&site->gate, now)
						 : gate_call_wait(&site->gate, now);
	bool has_line =
		kind == CALLS_START ? site->ready.count > 0 : kind == CALLS_LOOKUP && site->parked;
	if (wait.kind == WAIT_NOT && has_line)
		return (struct wait){ WAIT_PLACE, { INT64_MAX } };
	return wait;
}

/* A budget, a pause, a place are our own doing; the rest is Tableau that could not be asked. */
static bool is_ours(enum wait_kind kind)
{
	return kind == WAIT_PAUSE || kind == WAIT_BUDGET || kind == WAIT_PLACE;
}

void patience_arm(struct schedule *schedule, struct site *site)
{
	int64_t at = INT64_MAX;
	for (int kind = 0; kind < CALLS_COUNT; kind++) {
		struct mono next = patience_clock_next(&site->waiting[kind].clock);
		at = next.us < at ? next.us : at;
	}
	if (at == INT64_MAX)
		timer_leave(&site->giving_up);
	else
		timer_set(&schedule->patience, &site->giving_up, at, 0);
}

static void settle_site(struct schedule *schedule, struct instant now, struct site *site)
{
	for (int kind = 0; kind < CALLS_COUNT; kind++) {
		struct waiting *waiting = &site->waiting[kind];
		struct wait wait = wait_of(site, (enum call_kind)kind, now.mono);
		if (wait.kind != waiting->wait.kind)
			waiting->since = now.mono;
		if (wait.kind != waiting->wait.kind ||
			waiting->clock.is_standing != is_ours(wait.kind))
			patience_clock_stand(&waiting->clock, now.mono, is_ours(wait.kind));
		waiting->wait = wait;
		/* When it ends, the clock may have to change. */
		if (wait.until.us > now.mono.us && waiting->clock.waiting.count)
			site_wait(schedule, site, wait.until);
	}
	patience_arm(schedule, site);
}

/* ---- a backlog that the budget cannot work off ---- */

static const char *roughly(int64_t us, char out[UNIT_TEXT_SIZE])
{
	int64_t unit = us > 2 * 3600 * US_PER_SECOND ? 3600 * US_PER_SECOND
		       : us > 120 * US_PER_SECOND    ? 60 * US_PER_SECOND
						     : US_PER_SECOND;
	return duration_format((us + unit - 1) / unit * unit, out);
}

static char *overdue_words(const struct schedule *schedule, const struct site *site)
{
	char last[UNIT_TEXT_SIZE], most[UNIT_TEXT_SIZE];
	OWNED_TEXT struct text words;
	text_init(&words, 500);
	text_printf(&words,
		"%zu refreshes wait, and refreshes_per_hour allows %lld: the last of them starts "
		"in %s, later than give_up_after (%s); raise the budget, or let the rules ask for "
		"less",
		site->ready.count, (long long)site->gate.starts.limit, roughly(site->backlog, last),
		duration_format(schedule->options.give_up_after, most));
	return mem_copy_text(words.at);
}

/* Told once when it begins, and once when half of it is worked off. */
static void watch_backlog(struct schedule *schedule, struct instant now, struct site *site)
{
	const struct budget *starts = &site->gate.starts;
	int64_t ready = (int64_t)site->ready.count, most = schedule->options.give_up_after;
	bool is_enough = budget_left(starts, now.mono) >= ready;
	site->backlog = is_enough ? 0 : budget_allows(starts, now.mono, ready).us - now.mono.us;
	bool was_overdue = site->overdue;
	bool is_overdue = site->backlog > (was_overdue ? most / 2 : most);
	if (is_overdue != was_overdue || (is_overdue && site->overdue_count != site->ready.count)) {
		free(site->overdue);
		site->overdue = is_overdue ? overdue_words(schedule, site) : NULL;
		site->overdue_count = site->ready.count;
	}
	if (is_overdue != was_overdue)
		act_backlog(schedule, site);
	if (is_overdue) /* until half of it is worked off */
		site_wait(schedule, site, mono_plus(now.mono, site->backlog - most / 2));
}

void wait_settle(struct schedule *schedule, struct instant now)
{
	while (schedule->moved) {
		struct refresh *refresh = schedule->moved;
		schedule->moved = refresh->moved_next;
		refresh->is_moved = false;
		patience_go_by(&refresh->patience, clock_of(schedule, refresh), now.mono);
	}
	while (schedule->changed) {
		struct site *site = schedule->changed;
		schedule->changed = site->changed_next;
		site->is_changed = false;
		settle_site(schedule, now, site);
		watch_backlog(schedule, now, site);
	}
}

/* ---- told to people ---- */

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

static void explain_place(const struct site *site, enum call_kind kind, struct text *words)
{
	if (kind == CALLS_LOOKUP)
		text_printf(words, "waits its turn: site '%s' looks up %lld names already",
			site->name, (long long)site->resolving);
	else
		text_printf(words,
			"waits its turn: site '%s' has %lld requests out and %lld jobs in flight "
			"(max_requests, max_running)",
			site->name, (long long)site->sending, (long long)site->in_flight_count);
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
		text_printf(words,
			"site '%s' is left alone between probes after %d failures in a row; last: "
			"%s",
			site->name, gate->breaker.failures, gate->trouble ? gate->trouble : "");
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
	/* As it is now: where nobody waits, nobody was woken when it changed. */
	struct wait wait = wait_of(site, kind, now.mono);
	struct mono since = wait.kind == waiting->wait.kind ? waiting->since : now.mono;
	OWNED_TEXT struct text words;
	text_init(&words, 1000);
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

size_t schedule_selections(const struct schedule *schedule, struct instant now,
	struct schedule_selection_status *out, size_t room, struct arena *arena)
{
	size_t count = 0;
	const struct site *last = NULL;
	struct schedule_wait wait = { 0 };
	for (const struct want *want = schedule->wants; want && count < room;
		want = want->by_id.next) {
		struct schedule_selection_status *status = &out[count++];
		*status = (struct schedule_selection_status){ .event = want->selection.event,
			.selection = &want->selection,
			.trouble = want->reason,
			.is_asked = want->is_asked };
		if (want->is_parked) {
			/* Neighbours often wait for one site, and for the same. */
			const struct site *site = site_find(schedule, want->selection.site);
			if (site != last)
				wait = wait_told(now, site, CALLS_LOOKUP, arena);
			last = site;
			status->wait = wait;
		} else if (!want->is_asked)
			status->wait.until = wall_after(now.wall, want->due.key - now.mono.us);
		status->wait.since = want->selection.arrived_at;
	}
	return count;
}

void wait_add_trouble(struct mono now, const struct site *site, enum call_kind kind,
	const char *own, struct text *words)
{
	enum wait_kind why = site->waiting[kind].wait.kind;
	bool is_last = why == WAIT_SITE || !own || !*own;
	if (is_last && why != WAIT_NOT && !is_ours(why))
		explain(now, site, kind, why, words);
	else if (own && *own)
		text_add(words, own);
	else
		text_add(words, site->gate.trouble ? site->gate.trouble : "no answer came");
}
