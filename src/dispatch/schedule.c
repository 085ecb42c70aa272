/*
 * dispatch/schedule.c - the state itself: sites, slots, refreshes, and the list of actions. What
 * happens to them is in want.c (selections become refreshes), send.c (refreshes become requests)
 * and follow.c (jobs end).
 */
#include "dispatch/schedule.h"
#include "base/mem.h"
#include "base/text.h"
#include "dispatch/schedule_state.h"

/* ---- actions ---- */

static void refresh_free(struct refresh *refresh)
{
	mem_drop(refresh->row.content.luid);
	mem_drop(refresh->row.content.name);
	mem_drop(refresh->row.content.project);
	mem_drop(refresh->row.reason);
	mem_drop(refresh->row.job_id);
	for (size_t i = 0; i < refresh->cause_count; i++)
		mem_drop(refresh->causes[i].rule);
	free(refresh->causes);
	free(refresh);
}

void act_begin(struct schedule *schedule)
{
	schedule->calls++;
	for (size_t i = 0; i < schedule->cause_action_count; i++) {
		mem_drop(schedule->cause_actions[i]->rule);
		free(schedule->cause_actions[i]);
	}
	schedule->cause_action_count = 0;
	schedule->action_count = 0;
	while (schedule->ended) {
		struct refresh *refresh = schedule->ended;
		schedule->ended = refresh->ended_next;
		refresh_free(refresh);
	}
}

struct actions act_end(struct schedule *schedule, struct instant now)
{
	while (schedule->dirty) {
		struct site *site = schedule->dirty;
		schedule->dirty = site->dirty_next;
		site->is_dirty = false;
		send_ready(schedule, now, site);
	}
	return (struct actions){ schedule->action_count, schedule->actions };
}

static struct action *act(struct schedule *schedule, enum action_type type)
{
	mem_grow(&schedule->actions, &schedule->action_capacity, schedule->action_count);
	struct action *action = &schedule->actions[schedule->action_count++];
	*action = (struct action){ .type = type, .asked_after = schedule->horizon };
	return action;
}

/* The action points to the row, so that it tells how the row is when the call is over. */
void act_record(struct schedule *schedule, struct refresh *refresh)
{
	if (refresh->recorded == schedule->calls)
		return;
	refresh->recorded = schedule->calls;
	act(schedule, ACTION_RECORD)->refresh = &refresh->row;
}

void act_cause(struct schedule *schedule, int64_t refresh, const struct cause_row *cause)
{
	struct cause_row *copy = mem_new(struct cause_row);
	*copy = *cause;
	copy->refresh = refresh;
	copy->rule = mem_copy_text(cause->rule);
	mem_grow(&schedule->cause_actions, &schedule->cause_action_capacity,
		schedule->cause_action_count);
	schedule->cause_actions[schedule->cause_action_count++] = copy;
	act(schedule, ACTION_CAUSE)->cause = copy;
}

void act_end_selection(struct schedule *schedule, int64_t selection)
{
	act(schedule, ACTION_END_SELECTION)->selection = selection;
}

void act_resolve(struct schedule *schedule, int64_t selection)
{
	act(schedule, ACTION_RESOLVE)->selection = selection;
}

void act_on_refresh(struct schedule *schedule, enum action_type type, struct refresh *refresh,
	struct wall since)
{
	struct action *action = act(schedule, type);
	action->refresh = &refresh->row;
	action->site = refresh->slot->site->name;
	action->since = since;
	refresh->is_asked = true;
}

void act_list(struct schedule *schedule, struct site *site, struct wall since)
{
	struct action *action = act(schedule, ACTION_LIST);
	action->site = site->name;
	action->since = since;
	site->is_listing = true;
}

/* ---- sites and slots ---- */

void site_touch(struct schedule *schedule, struct site *site)
{
	if (site->is_dirty)
		return;
	site->is_dirty = true;
	site->dirty_next = schedule->dirty;
	schedule->dirty = site;
}

struct site *site_of(struct schedule *schedule, const char *name)
{
	struct site *site = NULL;
	HASH_FIND(by_name, schedule->sites, name, strlen(name), site);
	if (site)
		return site;
	site = mem_new(struct site);
	site->name = mem_copy_text(name);
	site->may_list = true;
	HASH_ADD_KEYPTR(by_name, schedule->sites, site->name, strlen(site->name), site);
	return site;
}

struct slot *slot_of(struct schedule *schedule, const char *site, const struct content *content)
{
	OWNED_TEXT struct text key;
	text_init(&key, TEXT_UNBOUNDED);
	text_printf(&key, "%s\n%s\n%s", site, kind_name(content->kind), content->luid);
	struct slot *slot = NULL;
	HASH_FIND(by_key, schedule->slots, key.at, key.length, slot);
	if (slot)
		return slot;
	slot = mem_new(struct slot);
	slot->key = text_take(&key);
	slot->site = site_of(schedule, site);
	HASH_ADD_KEYPTR(by_key, schedule->slots, slot->key, strlen(slot->key), slot);
	return slot;
}

/* ---- refreshes ---- */

void refresh_set_text(const char **member, const char *text)
{
	const char *before = *member;
	*member = mem_copy_text(text ? text : "");
	mem_drop(before);
}

static struct refresh *refresh_enroll(struct schedule *schedule, struct refresh *refresh)
{
	HASH_ADD(by_id, schedule->refreshes, row.id, sizeof refresh->row.id, refresh);
	if (refresh->row.state == REFRESH_WAITING)
		schedule->waiting++;
	return refresh;
}

static void set_content(struct refresh_row *row, const struct content *content)
{
	row->content.kind = content->kind;
	refresh_set_text(&row->content.luid, content->luid);
	refresh_set_text(&row->content.name, content->name);
	refresh_set_text(&row->content.project, content->project);
}

struct refresh *refresh_create(struct schedule *schedule, struct instant now, struct slot *slot,
	const struct content *content)
{
	struct refresh *refresh = mem_new(struct refresh);
	schedule->last_id += 2;
	refresh->row = (struct refresh_row){
		.id = schedule->last_id,
		.site = slot->site->name,
		.state = REFRESH_WAITING,
		.incremental = true, /* until a cause wants a full one */
		.created_at = now.wall,
		.give_up_at = wall_after(now.wall, schedule->options.give_up_after),
	};
	set_content(&refresh->row, content);
	refresh_set_text(&refresh->row.reason, "");
	refresh_set_text(&refresh->row.job_id, "");
	refresh->slot = slot;
	timer_set(&schedule->expiries, &refresh->expiry,
		mono_plus(now.mono, schedule->options.give_up_after).us, refresh->row.id);
	return refresh_enroll(schedule, refresh);
}

struct refresh *refresh_adopt_row(struct schedule *schedule, const struct refresh_row *row)
{
	struct refresh *refresh = mem_new(struct refresh);
	refresh->slot = slot_of(schedule, row->site, &row->content);
	refresh->row = *row;
	refresh->row.site = refresh->slot->site->name;
	refresh->row.content = (struct content){ 0 };
	refresh->row.reason = refresh->row.job_id = NULL;
	set_content(&refresh->row, &row->content);
	refresh_set_text(&refresh->row.reason, row->reason);
	refresh_set_text(&refresh->row.job_id, row->job_id);
	return refresh_enroll(schedule, refresh);
}

void refresh_add_cause(struct refresh *refresh, const struct cause_row *cause)
{
	mem_grow(&refresh->causes, &refresh->cause_capacity, refresh->cause_count);
	struct cause_row *copy = &refresh->causes[refresh->cause_count++];
	*copy = *cause;
	copy->refresh = refresh->row.id;
	copy->rule = mem_copy_text(cause->rule);
}

static bool is_in_flight(enum refresh_state state)
{
	return state == REFRESH_QUEUED || state == REFRESH_RUNNING;
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
	if (!site->in_flight_count)
		timer_leave(&schedule->timers, &site->poll);
}

void refresh_enter(struct schedule *schedule, struct refresh *refresh, enum refresh_state state)
{
	struct site *site = refresh->slot->site;
	enum refresh_state before = refresh->row.state;
	if (before == state)
		return;
	if (before == REFRESH_WAITING)
		schedule->waiting--;
	if (before == REFRESH_SENDING)
		site->sending--;
	if (is_in_flight(before) && !is_in_flight(state))
		flight_leave(schedule, refresh);
	if (state == REFRESH_WAITING)
		schedule->waiting++;
	if (state == REFRESH_SENDING)
		site->sending++;
	if (is_in_flight(state) && !is_in_flight(before))
		flight_join(schedule, refresh);
	refresh->row.state = state;
	site_touch(schedule, site); /* a place may have become free */
}

static void promote_next(struct schedule *schedule, struct instant now, struct slot *slot)
{
	struct refresh *next = slot->next;
	slot->current = next;
	slot->next = NULL;
	if (!next)
		return;
	refresh_set_text(&next->row.reason, "");
	refresh_wait_until(schedule, now, next, 0);
	act_record(schedule, next);
}

static void leave_heaps(struct schedule *schedule, struct refresh *refresh)
{
	timer_leave(&schedule->expiries, &refresh->expiry);
	timer_leave(
		refresh->is_ready ? &refresh->slot->site->ready : &schedule->timers, &refresh->due);
	refresh->is_ready = false;
}

void refresh_end(struct schedule *schedule, struct instant now, struct refresh *refresh,
	enum refresh_state state, const char *reason)
{
	struct slot *slot = refresh->slot;
	leave_heaps(schedule, refresh);
	refresh_enter(schedule, refresh, state);
	refresh->row.ended_at = now.wall;
	refresh->row.not_before = (struct wall){ 0 };
	refresh_set_text(&refresh->row.reason, reason);
	act_record(schedule, refresh);
	HASH_DELETE(by_id, schedule->refreshes, refresh);
	refresh->ended_next = schedule->ended;
	schedule->ended = refresh;
	if (slot->next == refresh)
		slot->next = NULL;
	else if (slot->current == refresh)
		promote_next(schedule, now, slot);
}

struct refresh *refresh_find(struct schedule *schedule, int64_t id)
{
	struct refresh *refresh = NULL;
	HASH_FIND(by_id, schedule->refreshes, &id, sizeof id, refresh);
	return refresh;
}

const struct refresh_row *schedule_find(const struct schedule *schedule, int64_t id)
{
	struct refresh *refresh = NULL;
	HASH_FIND(by_id, schedule->refreshes, &id, sizeof id, refresh);
	return refresh ? &refresh->row : NULL;
}

/* ---- time ---- */

/* splitmix64, Sebastiano Vigna, public domain: a generator with one word of state. */
static uint64_t random_next(struct schedule *schedule)
{
	uint64_t z = schedule->random += 0x9e3779b97f4a7c15u;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

int64_t backoff(struct schedule *schedule, int64_t initial, int64_t failures)
{
	int64_t most = schedule->options.retry_max;
	int64_t ceiling = initial < 1 ? 1 : initial;
	for (int64_t i = 0; i < failures && ceiling < most; i++)
		ceiling *= 2;
	if (ceiling > most)
		ceiling = most > initial ? most : initial;
	int64_t least = ceiling / 8;
	return least + (int64_t)(random_next(schedule) % (uint64_t)(ceiling - least + 1));
}

static void run_timer(struct schedule *schedule, struct instant now, struct timer *timer)
{
	switch ((enum timer_owner)timer->second) {
	case TIMER_OF_REFRESH:
		refresh_due(schedule, now, container(timer, struct refresh, due));
		break;
	case TIMER_OF_WANT:
		want_due(schedule, now, container(timer, struct want, due));
		break;
	case TIMER_OF_SITE:
		poll_round(schedule, now, container(timer, struct site, poll));
		break;
	}
}

struct actions schedule_tick(struct schedule *schedule, struct instant now)
{
	act_begin(schedule);
	struct timer *timer;
	while ((timer = timer_first(&schedule->expiries)) && timer->key <= now.mono.us)
		refresh_expire(schedule, now, container(timer, struct refresh, expiry));
	while ((timer = timer_first(&schedule->timers)) && timer->key <= now.mono.us) {
		timer_leave(&schedule->timers, timer);
		run_timer(schedule, now, timer);
	}
	return act_end(schedule, now);
}

struct mono schedule_next(const struct schedule *schedule)
{
	const struct timer *due = timer_first(&schedule->timers),
			   *expiry = timer_first(&schedule->expiries);
	int64_t at = due ? due->key : INT64_MAX;
	if (expiry && expiry->key < at)
		at = expiry->key;
	return (struct mono){ at };
}

/* ---- life ---- */

struct schedule *schedule_new(
	const struct schedule_options *options, int64_t last_refresh_id, uint64_t seed)
{
	struct schedule *schedule = mem_new(struct schedule);
	schedule->options = *options;
	schedule->last_id = last_refresh_id + (last_refresh_id & 1);
	schedule->random = seed;
	return schedule;
}

struct actions schedule_configure(struct schedule *schedule, struct instant now,
	const struct schedule_options *options, const struct schedule_site *sites, size_t count)
{
	act_begin(schedule);
	schedule->options = *options;
	for (struct site *site = schedule->sites; site; site = site->by_name.next)
		site->is_known = false;
	for (size_t i = 0; i < count; i++) {
		struct site *site = site_of(schedule, sites[i].name);
		site->options = sites[i];
		site->options.name = site->name;
		site->is_known = true;
		site->may_list = true;
		site_touch(schedule, site);
	}
	struct refresh *refresh, *following;
	HASH_ITER(by_id, schedule->refreshes, refresh, following)
	{
		if (!refresh->slot->site->is_known)
			refresh_end(schedule, now, refresh, REFRESH_FAILED,
				"the configuration has no site of this name any more; add it "
				"again, or change the rule");
	}
	return act_end(schedule, now);
}

void schedule_event(struct schedule *schedule, int64_t event)
{
	if (event > schedule->horizon)
		schedule->horizon = event;
}

struct schedule_counts schedule_counts(const struct schedule *schedule)
{
	return (struct schedule_counts){ HASH_CNT(by_id, schedule->wants),
		HASH_CNT(by_id, schedule->refreshes), schedule->waiting, schedule->in_flight };
}

void schedule_free(struct schedule *schedule)
{
	if (!schedule)
		return;
	act_begin(schedule);
	struct refresh *refresh, *next_refresh;
	HASH_ITER(by_id, schedule->refreshes, refresh, next_refresh)
	{
		HASH_DELETE(by_id, schedule->refreshes, refresh);
		refresh_free(refresh);
	}
	struct want *want, *next_want;
	HASH_ITER(by_id, schedule->wants, want, next_want)
	want_free(schedule, want);
	struct slot *slot, *next_slot;
	HASH_ITER(by_key, schedule->slots, slot, next_slot)
	{
		HASH_DELETE(by_key, schedule->slots, slot);
		free(slot->key);
		free(slot);
	}
	struct site *site, *next_site;
	HASH_ITER(by_name, schedule->sites, site, next_site)
	{
		HASH_DELETE(by_name, schedule->sites, site);
		timer_heap_clear(&site->ready);
		free(site->name);
		free(site);
	}
	timer_heap_clear(&schedule->timers);
	timer_heap_clear(&schedule->expiries);
	free(schedule->actions);
	free(schedule->cause_actions);
	free(schedule);
}
