/*
 * schedule/slot.c - the refreshes of one content: the current one, the line behind it, and the
 * transitions of each to its end.
 */
#include "base/mem.h"
#include "base/text.h"
#include "schedule/state.h"
#include <stdio.h>

/* ---- slots ---- */

struct slot *slot_of(struct schedule *schedule, const char *site, const struct content *content)
{
	OWNED_TEXT struct text key = TEXT(TEXT_UNBOUNDED);
	text_printf(&key, "%s\n%s\n%s", site, kind_name(content->kind), content->luid);
	struct slot *slot = NULL;
	HASH_FIND(by_key, schedule->slots, key.at, key.length, slot);
	if (slot)
		return slot;
	slot = mem_new(struct slot);
	slot->key = mem_copy_text(key.at); /* copied without spare capacity */
	slot->site = site_of(schedule, site);
	slot->line_last = &slot->line;
	HASH_ADD_KEYPTR(by_key, schedule->slots, slot->key, strlen(slot->key), slot);
	return slot;
}

void slot_forget(struct schedule *schedule, struct slot *slot)
{
	HASH_DELETE(by_key, schedule->slots, slot);
	free(slot->key);
	free(slot);
}

static void line_add(struct slot *slot, struct refresh *refresh)
{
	refresh->line_next = NULL;
	*slot->line_last = refresh;
	slot->line_last = &refresh->line_next;
}

/* A walk, because a line mostly has one or two refreshes, or as many as a delay holds. */
static void line_leave(struct slot *slot, struct refresh *refresh)
{
	struct refresh **link = &slot->line;
	while (*link != refresh)
		link = &(*link)->line_next;
	*link = refresh->line_next;
	if (!refresh->line_next)
		slot->line_last = link;
	refresh->line_next = NULL;
}

/* ---- refreshes begin ---- */

static struct refresh *enroll(struct schedule *schedule, struct refresh *refresh, struct slot *slot)
{
	refresh->slot = slot;
	refresh->row.site = slot->site->name;
	HASH_ADD(by_id, schedule->refreshes, row.id, sizeof refresh->row.id, refresh);
	schedule->waiting++; /* each begins so; see refresh_come_back() */
	slot->site->open++;
	DL_APPEND2(slot->site->awaited, refresh, awaited_prev, awaited_next);
	line_add(slot, refresh);
	refresh_moved(schedule, refresh);
	return refresh;
}

struct refresh *refresh_create(struct schedule *schedule, struct instant now, struct slot *slot,
	const struct content *content, bool is_from_copy)
{
	struct refresh *refresh = mem_new(struct refresh);
	refresh->row = (struct refresh_row){
		.id = refresh_ids_take(&schedule->ids),
		.state = REFRESH_WAITING,
		.incremental = true, /* until a cause wants a full refresh */
		.created_at = now.wall,
		.is_from_copy = is_from_copy,
	};
	refresh->born = now.mono;
	patience_set(&refresh->patience, now.mono, schedule->options.give_up_after);
	refresh_set_text(&refresh->row.reason, "");
	refresh_set_text(&refresh->row.job_id, "");
	refresh_set_content(schedule, &refresh->row, content);
	return enroll(schedule, refresh, slot);
}

struct refresh *refresh_adopt_row(struct schedule *schedule, const struct refresh_row *row)
{
	struct refresh *refresh = mem_new(struct refresh);
	refresh->row = *row;
	refresh->row.state = REFRESH_WAITING;
	refresh->row.content = (struct content){ 0 };
	refresh->row.reason = refresh->row.job_id = NULL;
	refresh_set_content(schedule, &refresh->row, &row->content);
	refresh_set_text(&refresh->row.reason, row->reason);
	refresh_set_text(&refresh->row.job_id, row->job_id);
	return enroll(schedule, refresh, slot_of(schedule, row->site, &row->content));
}

/* ---- the line ---- */

static bool covers_all(const struct schedule *schedule, const struct evidence *evidence,
	const struct cause_row *causes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!evidence_covers(evidence, &causes[i], schedule->options.clock_skew))
			return false;
	return true;
}

bool refresh_is_served(const struct schedule *schedule, const struct refresh *refresh,
	const struct evidence *evidence, bool incremental)
{
	if (incremental && !refresh->row.incremental)
		return false;
	return covers_all(schedule, evidence, refresh->causes, refresh->cause_count);
}

void slot_know_job(struct schedule *schedule, const struct slot *slot, const char *job_id)
{
	struct known_job *known = &schedule->known[schedule->known_count++ % KNOWN_AT_ONCE];
	known->slot = slot;
	snprintf(known->id, sizeof known->id, "%s", job_id);
}

static void learn_pace(struct pace *pace, const struct refresh_row *row)
{
	int64_t took = row->job_completed_at.us - row->job_created_at.us;
	if (wall_is_set(row->job_completed_at) && wall_is_set(row->job_created_at) && took >= 0)
		pace_learn(pace, took);
}

void slot_succeeded(struct slot *slot, struct refresh_row *row)
{
	learn_pace(&slot->paces[row->incremental], row);
	struct evidence evidence = evidence_of(row), *all = &slot->evidence[row->incremental];
	/* A look may find the job of a younger refresh first. */
	bool is_older =
		wall_is_set(evidence.started_at) && evidence.started_at.us < all->started_at.us;
	if (!is_older || !slot->last[row->incremental])
		slot->last[row->incremental] = row->id;
	evidence_merge(all, &evidence);
	/* The last row has the evidence of all before it, so that a restart needs no other. */
	row->sent_after = all->sent_after;
	row->seen_waiting_after = all->seen_waiting_after;
}

int64_t slot_has_served(const struct schedule *schedule, const struct slot *slot,
	const struct cause_row *causes, size_t count, bool incremental,
	const struct evidence **evidence)
{
	for (int kind = 0; kind <= (int)incremental; kind++) {
		*evidence = &slot->evidence[kind];
		if (slot->last[kind] && covers_all(schedule, *evidence, causes, count))
			return slot->last[kind];
	}
	return 0;
}

bool refresh_is_done_already(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	const struct evidence *evidence;
	int64_t done = slot_has_served(schedule, refresh->slot, refresh->causes,
		refresh->cause_count, refresh->row.incremental, &evidence);
	if (!done)
		return false;
	/* Its row has the evidence of that job from now on, also after a restart. */
	refresh->row.sent_after = evidence->sent_after;
	refresh->row.seen_waiting_after = evidence->seen_waiting_after;
	refresh->row.job_started_at = evidence->started_at;
	char reason[100]; /* a sentence and 20 digits */
	snprintf(reason, sizeof reason,
		"satisfied by the job of refresh %lld, which started late enough", (long long)done);
	refresh_end(schedule, now, refresh, REFRESH_SUCCEEDED, reason);
	return true;
}

void slot_step_back(struct schedule *schedule, struct slot *slot)
{
	struct refresh *refresh = slot->current;
	timer_leave(&refresh->due);
	slot->current = NULL;
	line_add(slot, refresh);
	refresh_moved(schedule, refresh);
}

void slot_step_forward(struct schedule *schedule, struct refresh *refresh)
{
	line_leave(refresh->slot, refresh);
	refresh->slot->current = refresh;
	refresh_moved(schedule, refresh);
}

static void serve_too(struct refresh *refresh, const struct refresh *other)
{
	refresh->is_unrecorded |= refresh_wish_too(refresh, refresh_wish(other));
}

void refresh_serve_line(struct refresh *refresh)
{
	const struct refresh *other = refresh->slot->line;
	for (; other; other = other->line_next)
		if (!other->is_held)
			serve_too(refresh, other);
}

static void say_behind(struct refresh *refresh)
{
	char reason[80]; /* a sentence and 20 digits */
	snprintf(reason, sizeof reason, "waits for refresh %lld of the same content to end",
		(long long)refresh->slot->current->row.id);
	refresh_set_text(&refresh->row.reason, reason);
}

void refresh_promote(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	slot_step_forward(schedule, refresh);
	refresh_serve_line(refresh);
	refresh_set_text(&refresh->row.reason, "");
	refresh_wait_until(schedule, now, refresh, 0);
	act_record(schedule, refresh);
	/* What stands in line waits for this one now. */
	for (struct refresh *other = refresh->slot->line; other; other = other->line_next) {
		if (other->is_held)
			continue;
		say_behind(other);
		act_record(schedule, other);
	}
}

void refresh_stand_behind(struct schedule *schedule, struct instant now, struct refresh *refresh)
{
	struct refresh *current = refresh->slot->current;
	say_behind(refresh);
	if (current->row.state != REFRESH_WAITING) {
		look_sooner(schedule, now, current);
		return;
	}
	serve_too(current, refresh);
	if (refresh_is_ready(current))
		refresh_queue_up(schedule, current);
	act_record(schedule, current);
}

/* ---- refreshes end ---- */

static void leave_heaps(struct instant now, struct refresh *refresh)
{
	patience_go_by(&refresh->patience, NULL, now.mono);
	timer_leave(&refresh->due);
	refresh_forget_hold(refresh);
}

void refresh_end(struct schedule *schedule, struct instant now, struct refresh *refresh,
	enum refresh_state state, const char *reason)
{
	struct slot *slot = refresh->slot;
	leave_heaps(now, refresh);
	if (slot->current == refresh && *refresh->row.job_id)
		slot_know_job(schedule, slot, refresh->row.job_id);
	refresh_enter(schedule, refresh, state);
	refresh->row.ended_at = now.wall;
	refresh->row.not_before = (struct wall){ 0 };
	refresh->row.quiet = 0;
	refresh_set_text(&refresh->row.reason, reason);
	act_record(schedule, refresh);
	HASH_DELETE(by_id, schedule->refreshes, refresh);
	slot->site->open--;
	DL_DELETE2(slot->site->awaited, refresh, awaited_prev, awaited_next);
	schedule->causes -= (int64_t)refresh->cause_count;
	refresh->ended_next = schedule->ended;
	schedule->ended = refresh;
	if (slot->current != refresh) {
		line_leave(slot, refresh);
		return;
	}
	slot->current = NULL;
	struct refresh *next = slot_first(slot);
	if (next)
		refresh_promote(schedule, now, next);
}

static void end_like(struct schedule *schedule, struct instant now, struct refresh *refresh,
	const struct refresh *done, enum refresh_state state, const char *reason)
{
	OWNED_TEXT struct text words = TEXT(1000);
	refresh_set_text(&refresh->row.job_id, done->row.job_id);
	refresh->row.job_created_at = done->row.job_created_at;
	refresh->row.job_started_at = done->row.job_started_at;
	refresh->row.job_completed_at = done->row.job_completed_at;
	refresh->row.sent_after = done->row.sent_after;
	refresh->row.seen_waiting_after = done->row.seen_waiting_after;
	if (state == REFRESH_SUCCEEDED)
		text_printf(&words,
			"satisfied by the job of refresh %lld, which started late enough",
			(long long)done->row.id);
	else
		text_printf(&words, "as refresh %lld, which served it too: %s",
			(long long)done->row.id, reason);
	refresh_end(schedule, now, refresh, state, words.at);
}

void refresh_end_with_line(struct schedule *schedule, struct instant now, struct refresh *refresh,
	enum refresh_state state, const char *reason)
{
	struct evidence evidence = evidence_of(&refresh->row);
	struct refresh *other, *next;
	for (other = refresh->slot->line; other; other = next) {
		next = other->line_next;
		if (refresh_is_served(schedule, other, &evidence, refresh->row.incremental))
			end_like(schedule, now, other, refresh, state, reason);
	}
	refresh_end(schedule, now, refresh, state, reason);
}
