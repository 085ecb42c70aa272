/*
 * schedule/wait.c - why work waits, since when and until when, and whether its patience runs
 * meanwhile.
 *
 * A refresh or selection waits for itself (its again_backoff, an answer: its patience runs), for
 * another refresh of its content or a hold of its rule (its patience stands), or for a kind of call
 * of its site: to look its content up, to start it, to query jobs. Each site has a clock for each
 * of the three; it stands while we hold that kind of call back.
 */
#include "base/mem.h"
#include "base/units.h"
#include "schedule/state.h"

/* ---- what each refresh waits for ---- */

/* The clock of its patience; NULL: it stands still. */
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

struct wait wait_of(const struct site *site, enum call_kind kind, struct mono now)
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

bool wait_is_ours(enum wait_kind kind)
{
	return kind == WAIT_PAUSE || kind == WAIT_BUDGET || kind == WAIT_PLACE;
}

void wait_arm_patience(struct schedule *schedule, struct site *site)
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
			waiting->clock.is_standing != wait_is_ours(wait.kind))
			patience_clock_stand(&waiting->clock, now.mono, wait_is_ours(wait.kind));
		waiting->wait = wait;
		/* When the wait ends, the clock may have to run or stand. */
		if (wait.until.us > now.mono.us && waiting->clock.waiting.count)
			site_wait(schedule, site, wait.until);
	}
	wait_arm_patience(schedule, site);
}

/* ---- a backlog that the budget cannot work off ---- */

static const char *roughly(int64_t us, char out[UNIT_TEXT_SIZE])
{
	int64_t unit = us > 2 * 3600 * US_PER_SECOND ? 3600 * US_PER_SECOND
		       : us > 120 * US_PER_SECOND    ? 60 * US_PER_SECOND
						     : US_PER_SECOND;
	return units_format_duration((us + unit - 1) / unit * unit, out);
}

static char *overdue_words(const struct schedule *schedule, const struct site *site)
{
	char last[UNIT_TEXT_SIZE], most[UNIT_TEXT_SIZE];
	OWNED_TEXT struct text words = TEXT(500);
	text_printf(&words,
		"%zu refreshes wait, and refreshes_per_hour allows %lld: the last of them starts "
		"in %s, later than give_up_after (%s); raise the budget, or let the rules ask for "
		"less",
		site->ready.count, (long long)site->gate.starts.limit, roughly(site->backlog, last),
		units_format_duration(schedule->options.give_up_after, most));
	return mem_copy_text(words.at);
}

/* Reported once when it begins, and once when half of it is worked off. */
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
