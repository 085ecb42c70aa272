/*
 * schedule/want.c - selections become refreshes: resolve, then join, satisfy or create.
 */
#include "base/mem.h"
#include "base/text.h"
#include "schedule/state.h"

/* How many selections of a site are asked for at once; one list of the site's content answers them
 * all. */
#define RESOLVE_AT_ONCE 16

struct want *want_find(struct schedule *schedule, int64_t id)
{
	struct want *want = NULL;
	HASH_FIND(by_id, schedule->wants, &id, sizeof id, want);
	return want;
}

static void unpark(struct schedule *schedule, const struct want *want)
{
	struct site *site = site_of(schedule, want->selection.site);
	struct want **link = &site->parked;
	while (*link != want)
		link = &(*link)->parked_next;
	*link = want->parked_next;
	if (!*link)
		site->parked_last = link;
}

void want_free(struct schedule *schedule, struct want *want)
{
	HASH_DELETE(by_id, schedule->wants, want);
	timer_leave(&want->due);
	patience_go_by(&want->patience, NULL, (struct mono){ 0 });
	struct site *site = site_of(schedule, want->selection.site);
	site->selections--;
	DL_DELETE2(site->wanted, want, wanted_prev, wanted_next);
	site_changed(schedule, site);
	mem_drop(want->selection.rules);
	mem_drop(want->selection.label);
	arena_free(want->arena);
	free(want->reason);
	free(want);
}

static void park(struct schedule *schedule, struct instant now, struct want *want)
{
	struct site *site = site_of(schedule, want->selection.site);
	want->is_parked = true;
	want->parked_next = NULL;
	*site->parked_last = want;
	site->parked_last = &want->parked_next;
	patience_go_by(&want->patience, &site->waiting[CALLS_LOOKUP].clock, now.mono);
	site_touch(schedule, site);
}

/* How much of `us` after the event is left; for a restored selection, some of it is over. */
static int64_t still_to_go(
	const struct schedule_selection *selection, struct instant now, int64_t us)
{
	int64_t left = selection->arrived_at.us + us - now.wall.us;
	return left < 0 ? 0 : left < us ? left : us;
}

static void keep_named(struct want *want, const struct selection *named)
{
	if (!named)
		return;
	want->arena = arena_new();
	struct selection *copy = arena_new_of(want->arena, struct selection);
	selection_copy(named, copy, want->arena);
	want->selection.named = copy;
}

static struct want *want_new(
	struct schedule *schedule, struct instant now, const struct schedule_selection *selection)
{
	struct want *want = mem_new(struct want);
	want->id = selection->id;
	want->selection = *selection;
	want->selection.site = site_of(schedule, selection->site)->name;
	want->selection.label = mem_copy_text(selection->label);
	const char **rules = mem_alloc(sizeof *rules * (selection->rule_count + 1));
	for (size_t i = 0; i < selection->rule_count; i++)
		rules[i] = schedule_keep(schedule, selection->rules[i]);
	want->selection.rules = rules;
	keep_named(want, selection->named);
	want->stamp = selection->stamp;
	if (selection->delay)
		want->holds = mono_plus(now.mono, still_to_go(selection, now, selection->delay));
	int64_t left = still_to_go(selection, now, schedule->options.give_up_after);
	want->patience.owner = PATIENCE_OF_WANT;
	patience_set(&want->patience, now.mono, again_time_left(schedule, left));
	struct site *site = site_of(schedule, selection->site);
	site->selections++;
	DL_APPEND2(site->wanted, want, wanted_prev, wanted_next);
	HASH_ADD(by_id, schedule->wants, id, sizeof want->id, want);
	return want;
}

static struct cause_row cause_of(const struct want *want, size_t rule)
{
	struct wall fresh_from = want->selection.fresh_from;
	return (struct cause_row){
		.event = want->selection.event,
		.rule = want->selection.rules[rule],
		.selection = want->id,
		.after = want->stamp,
		.arrived_at = want->selection.arrived_at,
		.fresh_from = wall_is_set(fresh_from)
				      ? wall_after(fresh_from, want->selection.delay)
				      : fresh_from,
	};
}

/* A selection that names no content becomes a refresh that has ended already, so that people find
 * it among the others. */
static void end_unresolved(struct schedule *schedule, struct instant now, struct want *want,
	enum refresh_state state, const char *reason)
{
	struct refresh *refresh = mem_new(struct refresh);
	refresh->row = (struct refresh_row){
		.id = refresh_ids_take(&schedule->ids),
		.site = want->selection.site,
		.content = { .kind = want->selection.kind, .project = "" },
		.state = state,
		.incremental = want->selection.incremental,
		.priority = want->selection.priority,
		.created_at = now.wall,
		.ended_at = now.wall,
	};
	refresh_set_text(&refresh->row.content.luid, "");
	refresh_set_text(&refresh->row.content.name, want->selection.label);
	refresh_set_text(&refresh->row.reason, reason);
	refresh_set_text(&refresh->row.job_id, "");
	refresh->ended_next = schedule->ended;
	schedule->ended = refresh;
	act_record(schedule, refresh);
	for (size_t i = 0; i < want->selection.rule_count; i++) {
		struct cause_row cause = cause_of(want, i);
		refresh_add_cause(schedule, refresh, &cause);
		act_cause(schedule, refresh->row.site, refresh->row.id, &cause, CAUSE_CREATED);
	}
	schedule->causes -= (int64_t)refresh->cause_count; /* it has ended */
	act_end_selection(schedule, want);
	want_free(schedule, want);
}

void on_select(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct schedule_selection *selection = input->select.selection;
	struct want *want = want_new(schedule, now, selection);
	if (input->select.refusal) {
		end_unresolved(schedule, now, want, REFRESH_FAILED, input->select.refusal);
		return;
	}
	if (selection->quiet)
		quiet_event(schedule, now, want->selection.rules[0],
			still_to_go(selection, now, quiet_time(selection)));
	park(schedule, now, want);
}

void want_resolve_parked(struct schedule *schedule, struct instant now, struct site *site)
{
	while (site->is_known && site->parked && site->resolving < RESOLVE_AT_ONCE) {
		struct want *want = site->parked;
		struct wait wait = gate_call_wait(&site->gate, now.mono);
		if (wait.kind != WAIT_NOT) {
			site_wait(schedule, site, wait.until);
			return;
		}
		site->parked = want->parked_next;
		if (!site->parked)
			site->parked_last = &site->parked;
		want->is_parked = false;
		breaker_called(&site->gate.breaker);
		site->resolving++;
		want->is_asked = true;
		patience_go_by(&want->patience, &schedule->trying, now.mono);
		act_resolve(schedule, want);
	}
}

static struct cause_row *same_cause(const struct refresh *refresh, const struct cause_row *cause)
{
	for (size_t i = refresh->cause_count; i-- > 0 && refresh->causes[i].event == cause->event;)
		if (!strcmp(refresh->causes[i].rule, cause->rule))
			return &refresh->causes[i];
	return NULL;
}

static void join(struct schedule *schedule, struct refresh *refresh, const struct cause_row *causes,
	size_t count, struct wish wish)
{
	enum cause_fate fate = refresh->cause_count ? CAUSE_JOINED : CAUSE_CREATED;
	bool is_more = refresh_wish_too(refresh, wish);
	/* Another cause alone does not change the row. */
	if (is_more || refresh->is_unrecorded || !refresh->cause_count)
		act_record(schedule, refresh);
	for (size_t i = 0; i < count; i++) {
		struct cause_row *same = same_cause(refresh, &causes[i]);
		/* It is wanted once more, after a new stamp. */
		if (same && same->after < causes[i].after) {
			same->after = causes[i].after;
			same->fresh_from = causes[i].fresh_from;
			act_cause(schedule, refresh->row.site, refresh->row.id, same, CAUSE_KEPT);
		}
		if (same)
			continue;
		refresh_add_cause(schedule, refresh, &causes[i]);
		act_cause(schedule, refresh->row.site, refresh->row.id, &causes[i], fate);
	}
	if (is_more && refresh_is_ready(refresh))
		refresh_queue_up(schedule, refresh);
}

/* The refresh that the causes may still join, or NULL. */
static struct refresh *joinable(const struct schedule *schedule, const struct slot *slot,
	const struct cause_row *causes, size_t count, bool incremental)
{
	const struct refresh *current = slot->current;
	if (!current)
		return NULL;
	if (current->row.state == REFRESH_WAITING)
		return slot->current; /* its request will be sent later than this event arrived */
	struct evidence evidence = evidence_of(&current->row);
	bool is_served = incremental || !current->row.incremental;
	for (size_t i = 0; i < count; i++)
		is_served &= evidence_covers(&evidence, &causes[i], schedule->options.clock_skew);
	return is_served ? slot->current : slot_first(slot);
}

struct refresh *slot_join(struct schedule *schedule, struct instant now, struct slot *slot,
	const struct content *content, const struct cause_row *causes, size_t count,
	struct wish wish, bool is_from_copy)
{
	struct refresh *refresh = joinable(schedule, slot, causes, count, wish.incremental);
	bool is_new = !refresh;
	if (is_new)
		refresh = refresh_create(schedule, now, slot, content, is_from_copy);
	join(schedule, refresh, causes, count, wish);
	if (is_new && slot->current)
		refresh_stand_behind(schedule, now, refresh);
	else if (is_new)
		refresh_promote(schedule, now, refresh);
	return refresh;
}

static void want_content(struct schedule *schedule, struct instant now, const struct want *want,
	const struct content *content)
{
	struct slot *slot = slot_of(schedule, want->selection.site, content);
	size_t count = want->selection.rule_count;
	OWNED_MEMORY struct cause_row *causes = mem_alloc(sizeof *causes * (count + 1));
	for (size_t i = 0; i < count; i++)
		causes[i] = cause_of(want, i);
	if (hold(schedule, now, want, slot, content, causes))
		return;
	const struct evidence *evidence;
	int64_t done = slot_has_served(
		schedule, slot, causes, count, want->selection.incremental, &evidence);
	if (done) {
		for (size_t i = 0; i < count; i++)
			act_cause(schedule, slot->site->name, done, &causes[i], CAUSE_SATISFIED);
		return;
	}
	slot_join(schedule, now, slot, content, causes, count, want_wish(want),
		want->selection.is_from_copy);
}

static void resolved(struct schedule *schedule, struct instant now, struct want *want,
	const struct content *contents, size_t count)
{
	/* A wish with a delay or quiet that is over already begins now. */
	if (want->selection.delay || want->selection.quiet)
		want->stamp = stamp_next(schedule);
	for (size_t i = 0; i < count; i++)
		want_content(schedule, now, want, &contents[i]);
	act_end_selection(schedule, want);
	want_free(schedule, want);
}

static void not_resolved(struct schedule *schedule, struct instant now, struct want *want,
	const struct answer *answer)
{
	if (answer->verdict == VERDICT_FAIL) {
		end_unresolved(schedule, now, want, REFRESH_FAILED, answer->reason);
		return;
	}
	int64_t wait = again_backoff(schedule, schedule->options.retry_initial, want->failures++);
	free(want->reason);
	want->reason = mem_copy_text(answer->reason);
	timer_set(&schedule->timers, &want->due, mono_plus(now.mono, wait).us, TIMER_OF_WANT);
}

void on_resolved(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct answer *answer = &input->resolved.answer;
	struct want *want = want_find(schedule, input->resolved.selection);
	site_answered(schedule, now, answer);
	struct site *site = site_of(schedule, answer->site);
	/* It holds for the site, so that not each selection has to get one. */
	if (answer->retry_after)
		gate_hold(&site->gate.no_calls_before, now.mono, answer->retry_after);
	if (!want || !want->is_asked)
		return; /* the selection has ended meanwhile */
	want->is_asked = false;
	site->resolving--;
	site_touch(schedule, site);
	if (answer->verdict == VERDICT_OK)
		resolved(schedule, now, want, input->resolved.contents, input->resolved.count);
	else
		not_resolved(schedule, now, want, answer);
}

void want_due(struct schedule *schedule, struct instant now, struct want *want)
{
	park(schedule, now, want);
}

void want_expire(struct schedule *schedule, struct instant now, struct want *want)
{
	if (want->is_asked) { /* the answer may still name its content */
		patience_set(&want->patience, now.mono, ANSWER_SOON);
		return;
	}
	if (want->is_parked)
		unpark(schedule, want);
	OWNED_TEXT struct text reason = TEXT(1000);
	text_add(&reason, "given up after give_up_after, before its content was known; last: ");
	wait_add_trouble(now.mono, site_of(schedule, want->selection.site), CALLS_LOOKUP,
		want->reason, &reason);
	end_unresolved(schedule, now, want, REFRESH_EXPIRED, reason.at);
}
