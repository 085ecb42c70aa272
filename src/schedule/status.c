/*
 * schedule/status.c - answers queries about the state.
 */
#include "schedule/state.h"

int64_t schedule_lived(
	const struct schedule *schedule, enum refresh_state from, enum refresh_state to)
{
	return schedule->lived[from][to];
}

struct schedule_counts schedule_count(const struct schedule *schedule)
{
	return (struct schedule_counts){ HASH_CNT(by_id, schedule->wants),
		HASH_CNT(by_id, schedule->refreshes), schedule->waiting, schedule->in_flight,
		schedule->causes };
}

const char *schedule_dropped_site(const struct schedule *schedule, size_t nth)
{
	for (const struct site *site = schedule->sites; site; site = site->by_name.next)
		if (!site->is_known && (site->open || site->selections) && !nth--)
			return site->name;
	return NULL;
}

struct schedule_site_status schedule_site_status_of(
	const struct schedule *schedule, struct instant now, const char *name, struct arena *arena)
{
	const struct site *site = site_find(schedule, name);
	if (!site)
		return (struct schedule_site_status){ 0 };
	const struct breaker *breaker = &site->gate.breaker;
	bool is_open = !breaker_is_closed(breaker);
	return (struct schedule_site_status){
		.is_configured = site->is_known,
		.open = site->open,
		.selections = site->selections,
		.lookups = wait_told(now, site, CALLS_LOOKUP, arena),
		.starts = wait_told(now, site, CALLS_START, arena),
		.queries = wait_told(now, site, CALLS_QUERY, arena),
		.oldest = site_awaited_since(site),
		.ready = (int64_t)site->ready.count,
		.sending = site->sending,
		.in_flight = site->in_flight_count,
		.starts_spent = budget_spent(&site->gate.starts, now.mono),
		.queries_spent = budget_spent(&site->gate.queries, now.mono),
		.paused_until = is_open ? wall_after(now.wall, breaker->until.us - now.mono.us)
					: (struct wall){ 0 },
		.failures = breaker->failures,
		.backlog = site->backlog,
		.overdue = arena_text(arena, site->overdue),
		.paused_by = arena_text(arena, site->gate.paused_by),
	};
}

const struct refresh_row *schedule_find(const struct schedule *schedule, int64_t id)
{
	const struct refresh *refresh = refresh_find(schedule, id);
	return refresh ? &refresh->row : NULL;
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
