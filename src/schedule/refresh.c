/*
 * schedule/refresh.c - one refresh: its texts and causes, how it is wanted, its state.
 */
#include "base/mem.h"
#include "schedule/state.h"
#include <assert.h>

/* ---- texts, of which empty ones take no memory ---- */

static const char nothing[] = "";

static void text_drop(const char *text)
{
	if (text != nothing)
		mem_drop(text);
}

void refresh_set_text(const char **member, const char *text)
{
	const char *before = *member;
	*member = text && *text ? mem_copy_text(text) : nothing;
	text_drop(before);
}

void refresh_set_content(
	struct schedule *schedule, struct refresh_row *row, const struct content *content)
{
	row->content.kind = content->kind;
	refresh_set_text(&row->content.luid, content->luid);
	refresh_set_text(&row->content.name, content->name);
	row->content.project = schedule_keep(schedule, content->project);
}

void refresh_free(struct refresh *refresh)
{
	text_drop(refresh->row.content.luid);
	text_drop(refresh->row.content.name);
	text_drop(refresh->row.reason);
	text_drop(refresh->row.job_id);
	free(refresh->causes);
	free(refresh);
}

void refresh_add_cause(
	struct schedule *schedule, struct refresh *refresh, const struct cause_row *cause)
{
	/* Most refreshes only ever have one cause. */
	if (!refresh->causes) {
		refresh->causes = mem_new(struct cause_row);
		refresh->cause_capacity = 1;
	}
	mem_grow(&refresh->causes, &refresh->cause_capacity, refresh->cause_count);
	struct cause_row *copy = &refresh->causes[refresh->cause_count++];
	schedule->causes++;
	*copy = *cause;
	copy->refresh = refresh->row.id;
	copy->rule = schedule_keep(schedule, cause->rule);
}

struct refresh *refresh_find(const struct schedule *schedule, int64_t id)
{
	struct refresh *refresh = NULL;
	HASH_FIND(by_id, schedule->refreshes, &id, sizeof id, refresh);
	return refresh;
}

struct wish refresh_wish(const struct refresh *refresh)
{
	return (struct wish){ .priority = refresh->row.priority,
		.incremental = refresh->row.incremental };
}

bool refresh_wish_too(struct refresh *refresh, struct wish wish)
{
	struct refresh_row *row = &refresh->row;
	wish = wish_merge(refresh_wish(refresh), wish);
	bool is_news = row->priority != wish.priority || row->incremental != wish.incremental;
	row->priority = wish.priority;
	row->incremental = wish.incremental;
	return is_news;
}

/* ---- states ---- */

void refresh_moved(struct schedule *schedule, struct refresh *refresh)
{
	site_changed(schedule, refresh->slot->site);
	if (refresh->is_moved)
		return;
	refresh->is_moved = true;
	refresh->moved_next = schedule->moved;
	schedule->moved = refresh;
}

bool refresh_is_ready(const struct refresh *refresh)
{
	return refresh->due.heap == &refresh->slot->site->ready;
}

bool refresh_in_flight(const struct refresh *refresh)
{
	return refresh->row.state == REFRESH_QUEUED || refresh->row.state == REFRESH_RUNNING;
}

static void flight_join(struct schedule *schedule, struct refresh *refresh)
{
	struct site *site = refresh->slot->site;
	refresh->flight_previous = NULL;
	refresh->flight_next = site->in_flight;
	if (site->in_flight)
		site->in_flight->flight_previous = refresh;
	site->in_flight = refresh;
	site->in_flight_count++;
	schedule->in_flight++;
}

static void flight_leave(struct schedule *schedule, struct refresh *refresh)
{
	struct site *site = refresh->slot->site;
	if (refresh->flight_previous)
		refresh->flight_previous->flight_next = refresh->flight_next;
	else
		site->in_flight = refresh->flight_next;
	if (refresh->flight_next)
		refresh->flight_next->flight_previous = refresh->flight_previous;
	refresh->flight_next = refresh->flight_previous = NULL;
	site->in_flight_count--;
	schedule->in_flight--;
	timer_leave(&refresh->look);
}

/* The only place that changes a state, with all that is counted by state. */
static void set_state(struct schedule *schedule, struct refresh *refresh, enum refresh_state state)
{
	struct site *site = refresh->slot->site;
	enum refresh_state before = refresh->row.state;
	bool was_in_flight = refresh_in_flight(refresh);
	refresh->row.state = state;
	schedule->waiting += (state == REFRESH_WAITING) - (before == REFRESH_WAITING);
	site->sending += (state == REFRESH_SENDING) - (before == REFRESH_SENDING);
	if (was_in_flight && !refresh_in_flight(refresh))
		flight_leave(schedule, refresh);
	if (!was_in_flight && refresh_in_flight(refresh))
		flight_join(schedule, refresh);
	refresh_moved(schedule, refresh);
	site_touch(schedule, site); /* a place may be free now */
}

void refresh_enter(struct schedule *schedule, struct refresh *refresh, enum refresh_state state)
{
	enum refresh_state before = refresh->row.state;
	if (before == state)
		return;
	assert(life_step(before, state));
	schedule->lived[before][state]++;
	set_state(schedule, refresh, state);
}

void refresh_come_back(struct schedule *schedule, struct refresh *refresh, enum refresh_state state)
{
	assert(refresh->row.state == REFRESH_WAITING);
	set_state(schedule, refresh, state);
}

/* ---- a hold ---- */

static void quiet_let_go(struct refresh *refresh)
{
	struct refresh **link = &refresh->quiet->held;
	while (*link != refresh)
		link = &(*link)->held_next;
	*link = refresh->held_next;
	refresh->held_next = NULL;
	refresh->quiet = NULL;
}

void refresh_hold(struct refresh *refresh)
{
	if (refresh->is_held)
		return;
	refresh->is_held = true;
	DL_DELETE2(refresh->slot->site->awaited, refresh, awaited_prev, awaited_next);
}

void refresh_forget_hold(struct refresh *refresh)
{
	if (refresh->quiet)
		quiet_let_go(refresh);
	if (!refresh->is_held)
		return;
	refresh->is_held = false;
	DL_APPEND2(refresh->slot->site->awaited, refresh, awaited_prev, awaited_next);
}

void refresh_forget(struct schedule *schedule, struct refresh *refresh)
{
	refresh_forget_hold(refresh);
	DL_DELETE2(refresh->slot->site->awaited, refresh, awaited_prev, awaited_next);
	timer_leave(&refresh->due);
	patience_go_by(&refresh->patience, NULL, (struct mono){ 0 });
	if (refresh_in_flight(refresh))
		flight_leave(schedule, refresh);
	schedule->waiting -= refresh->row.state == REFRESH_WAITING;
	schedule->causes -= (int64_t)refresh->cause_count;
	HASH_DELETE(by_id, schedule->refreshes, refresh);
	refresh_free(refresh);
}
