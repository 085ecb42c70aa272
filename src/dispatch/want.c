/*
 * dispatch/want.c - selections become refreshes: resolve, then join, satisfy or create.
 */
#include "base/mem.h"
#include "dispatch/schedule_state.h"
#include <stdio.h>

struct want *want_find(struct schedule *schedule, int64_t id)
{
	struct want *want = NULL;
	HASH_FIND(by_id, schedule->wants, &id, sizeof id, want);
	return want;
}

void want_free(struct schedule *schedule, struct want *want)
{
	HASH_DELETE(by_id, schedule->wants, want);
	timer_leave(&schedule->timers, &want->due);
	for (size_t i = 0; i < want->selection.rule_count; i++)
		mem_drop(want->selection.rules[i]);
	mem_drop(want->selection.rules);
	mem_drop(want->selection.label);
	free(want);
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
		rules[i] = mem_copy_text(selection->rules[i]);
	want->selection.rules = rules;
	want->expires_at = mono_plus(now.mono, schedule->options.give_up_after);
	HASH_ADD(by_id, schedule->wants, id, sizeof want->id, want);
	return want;
}

static struct cause_row cause_of(const struct want *want, size_t rule)
{
	return (struct cause_row){
		.event = want->selection.event,
		.rule = want->selection.rules[rule],
		.arrived_at = want->selection.arrived_at,
		.fresh_from = want->selection.fresh_from,
	};
}

/* A selection that names no content is a refresh that ended before it began: people find it where
 * they look for the others. */
static void end_unresolved(struct schedule *schedule, struct instant now, struct want *want,
	enum refresh_state state, const char *reason)
{
	struct refresh *refresh = mem_new(struct refresh);
	schedule->last_id += 2;
	refresh->row = (struct refresh_row){
		.id = schedule->last_id,
		.site = want->selection.site,
		.content = { .kind = want->selection.kind },
		.state = state,
		.incremental = want->selection.incremental,
		.priority = want->selection.priority,
		.created_at = now.wall,
		.ended_at = now.wall,
	};
	refresh_set_text(&refresh->row.content.luid, "");
	refresh_set_text(&refresh->row.content.name, want->selection.label);
	refresh_set_text(&refresh->row.content.project, "");
	refresh_set_text(&refresh->row.reason, reason);
	refresh_set_text(&refresh->row.job_id, "");
	refresh->ended_next = schedule->ended;
	schedule->ended = refresh;
	act_record(schedule, refresh);
	for (size_t i = 0; i < want->selection.rule_count; i++) {
		struct cause_row cause = cause_of(want, i);
		act_cause(schedule, refresh->row.id, &cause);
	}
	act_end_selection(schedule, want->id);
	want_free(schedule, want);
}

struct actions schedule_select(
	struct schedule *schedule, struct instant now, const struct schedule_selection *selection)
{
	act_begin(schedule);
	struct want *want = want_new(schedule, now, selection);
	if (site_of(schedule, selection->site)->is_known)
		act_resolve(schedule, want->id);
	else
		end_unresolved(schedule, now, want, REFRESH_FAILED,
			"the configuration has no site of this name; add it under `sites`, or "
			"change the rule");
	return act_end(schedule, now);
}

static bool may_serve(bool incremental, const struct want *want)
{
	return !incremental || want->selection.incremental;
}

static bool has_cause(const struct refresh *refresh, const struct cause_row *cause)
{
	for (size_t i = refresh->cause_count; i-- > 0 && refresh->causes[i].event == cause->event;)
		if (!strcmp(refresh->causes[i].rule, cause->rule))
			return true;
	return false;
}

static void join(struct schedule *schedule, struct refresh *refresh, const struct want *want)
{
	bool was_less_urgent = refresh->row.priority < want->selection.priority;
	if (was_less_urgent)
		refresh->row.priority = want->selection.priority;
	refresh->row.incremental = refresh->row.incremental && want->selection.incremental;
	act_record(schedule, refresh);
	for (size_t i = 0; i < want->selection.rule_count; i++) {
		struct cause_row cause = cause_of(want, i);
		if (has_cause(refresh, &cause))
			continue;
		refresh_add_cause(refresh, &cause);
		act_cause(schedule, refresh->row.id, &cause);
	}
	if (was_less_urgent && refresh->is_ready)
		timer_set(&refresh->slot->site->ready, &refresh->due, -refresh->row.priority,
			refresh->row.id);
}

/* The refresh that this want may still join, or NULL. */
static struct refresh *joinable(
	struct schedule *schedule, const struct slot *slot, const struct want *want)
{
	if (!slot->current)
		return NULL;
	if (slot->current->row.state == REFRESH_WAITING)
		return slot->current; /* its request will be sent after this event arrived */
	struct evidence evidence = evidence_of(&slot->current->row);
	struct cause_row cause = cause_of(want, 0);
	if (may_serve(slot->current->row.incremental, want) &&
		evidence_covers(&evidence, &cause, schedule->options.clock_skew))
		return slot->current;
	return slot->next;
}

static void want_content(struct schedule *schedule, struct instant now, const struct want *want,
	const struct content *content)
{
	struct slot *slot = slot_of(schedule, want->selection.site, content);
	struct cause_row first = cause_of(want, 0);
	if (slot->last && may_serve(slot->last_incremental, want) &&
		evidence_covers(&slot->last_evidence, &first, schedule->options.clock_skew)) {
		for (size_t i = 0; i < want->selection.rule_count; i++) {
			struct cause_row cause = cause_of(want, i);
			act_cause(schedule, slot->last, &cause);
		}
		return;
	}
	struct refresh *refresh = joinable(schedule, slot, want);
	if (!refresh) {
		refresh = refresh_create(schedule, now, slot, content);
		if (slot->current) {
			char reason[80]; /* a sentence and 20 digits */
			snprintf(reason, sizeof reason,
				"waits for refresh %lld of the same content to end",
				(long long)slot->current->row.id);
			refresh_set_text(&refresh->row.reason, reason);
			slot->next = refresh;
		} else {
			slot->current = refresh;
			refresh_wait_until(schedule, now, refresh, 0);
		}
	}
	join(schedule, refresh, want);
}

struct actions schedule_resolved(struct schedule *schedule, struct instant now, int64_t selection,
	const struct content *contents, size_t count)
{
	act_begin(schedule);
	struct want *want = want_find(schedule, selection);
	if (want) {
		for (size_t i = 0; i < count; i++)
			want_content(schedule, now, want, &contents[i]);
		act_end_selection(schedule, want->id);
		want_free(schedule, want);
	}
	return act_end(schedule, now);
}

struct actions schedule_unresolved(
	struct schedule *schedule, struct instant now, int64_t selection, struct answer answer)
{
	act_begin(schedule);
	struct want *want = want_find(schedule, selection);
	if (!want)
		return act_end(schedule, now);
	if (answer.verdict == VERDICT_FAIL) {
		end_unresolved(schedule, now, want, REFRESH_FAILED, answer.reason);
	} else if (now.mono.us >= want->expires_at.us) {
		end_unresolved(schedule, now, want, REFRESH_EXPIRED, answer.reason);
	} else {
		int64_t wait = backoff(schedule, schedule->options.retry_initial, want->failures++);
		if (wait < answer.retry_after)
			wait = answer.retry_after;
		timer_set(
			&schedule->timers, &want->due, mono_plus(now.mono, wait).us, TIMER_OF_WANT);
	}
	return act_end(schedule, now);
}

void want_due(struct schedule *schedule, struct instant now, struct want *want)
{
	if (site_of(schedule, want->selection.site)->is_known)
		act_resolve(schedule, want->id);
	else
		end_unresolved(schedule, now, want, REFRESH_FAILED,
			"the configuration has no site of this name any more; add it again, or "
			"change the rule");
}
