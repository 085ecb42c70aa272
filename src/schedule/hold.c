/*
 * schedule/hold.c - `delay` and `quiet`: refreshes that are not due yet.
 *
 * A held refresh stands in the line of its content with causes that no request serves
 * (STAMP_NEVER). When the hold ends, its causes get the next stamp, as if their event had arrived
 * now, so that earlier requests do not count for it.
 *
 * `delay` holds the refreshes of each event separately. `quiet` gathers the refreshes of a rule:
 * each event of the rule makes all of them wait again, until the rule has had no event for this
 * long (and its delay, if any, is over too). No refresh is held longer than give_up_after, so that
 * a rule that never gets quiet starves nothing.
 */
#include "base/mem.h"
#include "base/text.h"
#include "schedule/state.h"

/* ---- quiet rules ---- */

static struct quiet *quiet_of(struct schedule *schedule, const char *rule)
{
	struct quiet *quiet = NULL;
	HASH_FIND(by_rule, schedule->quiets, rule, strlen(rule), quiet);
	if (quiet)
		return quiet;
	quiet = mem_new(struct quiet);
	quiet->rule = schedule_keep(schedule, rule);
	HASH_ADD_KEYPTR(by_rule, schedule->quiets, quiet->rule, strlen(quiet->rule), quiet);
	return quiet;
}

static void quiet_until(struct schedule *schedule, struct quiet *quiet, struct mono until)
{
	if (!timer_is_set(&quiet->due) || quiet->due.key < until.us)
		timer_set(&schedule->timers, &quiet->due, until.us, TIMER_OF_QUIET);
}

/* When a held refresh goes on, as far as is known; for people, and for a restart. */
static void tell_until(struct refresh *refresh, struct instant now, struct mono until)
{
	refresh->row.not_before = wall_after(now.wall, until.us - now.mono.us);
}

void quiet_event(struct schedule *schedule, struct instant now, const char *rule, int64_t quiet_us)
{
	struct quiet *quiet = quiet_of(schedule, rule);
	quiet_until(schedule, quiet, mono_plus(now.mono, quiet_us));
	for (struct refresh *refresh = quiet->held; refresh; refresh = refresh->held_next) {
		tell_until(refresh, now, (struct mono){ quiet->due.key });
		act_record(schedule, refresh);
	}
}

int64_t quiet_time(const struct schedule_selection *selection)
{
	return selection->quiet > selection->delay ? selection->quiet : selection->delay;
}

static void quiet_hold(struct quiet *quiet, struct refresh *refresh)
{
	refresh->quiet = quiet;
	refresh->held_next = quiet->held;
	quiet->held = refresh;
}

void quiet_ended(struct schedule *schedule, struct instant now, struct quiet *quiet)
{
	struct refresh *refresh = quiet->held, *next;
	quiet->held = NULL;
	HASH_DELETE(by_rule, schedule->quiets, quiet);
	for (; refresh; refresh = next) {
		next = refresh->held_next;
		refresh->held_next = NULL;
		refresh->quiet = NULL;
		hold_ended(schedule, now, refresh);
	}
	free(quiet);
}

/* ---- held refreshes ---- */

static void hold_until(struct schedule *schedule, struct refresh *refresh, struct mono until)
{
	timer_set(&schedule->timers, &refresh->due, until.us, TIMER_OF_HELD);
}

/* Held until the rule is quiet, but no longer than give_up_after; after a restart for `quiet` at
 * least, because the wall clock may have stepped. */
static void hold_in(
	struct schedule *schedule, struct instant now, struct refresh *refresh, struct quiet *quiet)
{
	int64_t most = schedule->options.give_up_after;
	struct mono since = mono_plus(now.mono, -most);
	if (since.us < refresh->born.us)
		since = refresh->born;
	quiet_hold(quiet, refresh);
	hold_until(schedule, refresh, mono_plus(since, refresh->row.quiet + most));
}

static void add_causes(struct schedule *schedule, struct refresh *refresh, const struct want *want,
	const struct cause_row *causes)
{
	enum cause_fate fate = refresh->cause_count ? CAUSE_JOINED : CAUSE_CREATED;
	refresh_wish_too(refresh, want_wish(want)); /* recorded anyway, below */
	for (size_t i = 0; i < want->selection.rule_count; i++) {
		struct cause_row cause = causes[i];
		cause.after = STAMP_NEVER;
		refresh_add_cause(schedule, refresh, &cause);
		act_cause(schedule, refresh->row.site, refresh->row.id, &cause, fate);
	}
	act_record(schedule, refresh);
}

static struct refresh *held_by_quiet(const struct slot *slot, const struct quiet *quiet)
{
	struct refresh *refresh = slot->line;
	while (refresh && refresh->quiet != quiet)
		refresh = refresh->line_next;
	return refresh;
}

/* The refresh of another selection of the same event that wants this content with the same delay;
 * or NULL. */
static struct refresh *held_by_delay(const struct slot *slot, const struct want *want)
{
	struct refresh *refresh = slot->line;
	while (refresh &&
		!(refresh->is_held && !refresh->quiet && refresh->due.key == want->holds.us &&
			refresh->causes[0].event == want->selection.event))
		refresh = refresh->line_next;
	return refresh;
}

static void hold_for_quiet(struct schedule *schedule, struct instant now, const struct want *want,
	struct slot *slot, const struct content *content, const struct cause_row *causes,
	struct quiet *quiet)
{
	struct refresh *refresh = held_by_quiet(slot, quiet);
	if (!refresh) {
		refresh =
			refresh_create(schedule, now, slot, content, want->selection.is_from_copy);
		refresh_hold(refresh);
		refresh->row.quiet = quiet_time(&want->selection);
		hold_in(schedule, now, refresh, quiet);
	}
	refresh->row.quiet = quiet_time(&want->selection);
	tell_until(refresh, now, (struct mono){ quiet->due.key });
	OWNED_TEXT struct text reason = TEXT(500);
	text_printf(&reason, "held by `quiet`: rule '%s' has events", quiet->rule);
	refresh_set_text(&refresh->row.reason, reason.at);
	add_causes(schedule, refresh, want, causes);
}

static void hold_for_delay(struct schedule *schedule, struct instant now, const struct want *want,
	struct slot *slot, const struct content *content, const struct cause_row *causes)
{
	struct refresh *refresh = held_by_delay(slot, want);
	if (!refresh) {
		refresh =
			refresh_create(schedule, now, slot, content, want->selection.is_from_copy);
		refresh_hold(refresh);
		hold_until(schedule, refresh, want->holds);
		tell_until(refresh, now, want->holds);
		OWNED_TEXT struct text reason = TEXT(500);
		text_printf(&reason, "held by `delay` of rule '%s'", want->selection.rules[0]);
		refresh_set_text(&refresh->row.reason, reason.at);
	}
	add_causes(schedule, refresh, want, causes);
}

bool hold(struct schedule *schedule, struct instant now, const struct want *want, struct slot *slot,
	const struct content *content, const struct cause_row *causes)
{
	struct quiet *quiet = NULL;
	const char *rule = want->selection.rule_count ? want->selection.rules[0] : "";
	if (want->selection.quiet)
		HASH_FIND(by_rule, schedule->quiets, rule, strlen(rule), quiet);
	if (quiet)
		hold_for_quiet(schedule, now, want, slot, content, causes, quiet);
	else if (want->holds.us > now.mono.us)
		hold_for_delay(schedule, now, want, slot, content, causes);
	else
		return false;
	return true;
}

void hold_ended(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	struct slot *slot = refresh->slot;
	timer_leave(&refresh->due);
	refresh_forget_hold(refresh);
	refresh->unheld_at = now.wall;
	refresh_moved(schedule, refresh);
	refresh->row.quiet = 0;
	refresh->row.not_before = (struct wall){ 0 };
	refresh_set_text(&refresh->row.reason, "");
	int64_t stamp = stamp_next(schedule);
	for (size_t i = 0; i < refresh->cause_count; i++) {
		refresh->causes[i].after = stamp;
		act_cause(schedule, refresh->row.site, refresh->row.id, &refresh->causes[i],
			CAUSE_KEPT);
	}
	if (refresh_is_done_already(schedule, now, refresh))
		return;
	if (slot->current)
		refresh_stand_behind(schedule, now, refresh);
	else
		refresh_promote(schedule, now, refresh);
	act_record(schedule, refresh);
}

void hold_restored(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	/* Bounded, because the wall clock may have stepped meanwhile. */
	int64_t left = refresh->row.not_before.us - now.wall.us;
	refresh_hold(refresh);
	if (refresh->row.quiet) {
		struct quiet *quiet = quiet_of(schedule, refresh->causes[0].rule);
		left = left < 0 ? 0 : left < refresh->row.quiet ? left : refresh->row.quiet;
		quiet_until(schedule, quiet, mono_plus(now.mono, left));
		hold_in(schedule, now, refresh, quiet);
		return;
	}
	int64_t most = refresh->row.not_before.us - refresh->row.created_at.us;
	left = left < 0 ? 0 : left < most ? left : most;
	hold_until(schedule, refresh, mono_plus(now.mono, left));
}
