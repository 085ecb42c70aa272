/*
 * schedule/schedule.c - the state itself: sites, time, and the list of actions. What happens to
 * refreshes is in slot.c (the refreshes of a content), want.c (selections become refreshes), hold.c
 * (delay and quiet), send.c (refreshes become requests), follow.c (jobs end), restore.c (what a
 * restart finds) and ask.c (what people ask for); why something waits, and for how long, in wait.c.
 */
#include "schedule/schedule.h"
#include "base/mem.h"
#include "schedule/state.h"

#define KEEP_QUERIES_EVERY (60 * US_PER_SECOND)
#define LAST_TRY (60 * US_PER_SECOND)

/* ---- texts that are kept ---- */

struct kept {
	UT_hash_handle by_text;
	char text[];
};

const char *schedule_keep(struct schedule *schedule, const char *text)
{
	struct kept *kept = NULL;
	size_t length = strlen(text);
	HASH_FIND(by_text, schedule->kept, text, length, kept);
	if (kept)
		return kept->text;
	kept = mem_alloc(sizeof *kept + length + 1);
	memcpy(kept->text, text, length);
	HASH_ADD_KEYPTR(by_text, schedule->kept, kept->text, length, kept);
	return kept->text;
}

/* ---- actions ---- */

void act_begin(struct schedule *schedule)
{
	schedule->calls++;
	for (size_t i = 0; i < schedule->cause_action_count; i++)
		free(schedule->cause_actions[i]);
	schedule->cause_action_count = 0;
	schedule->action_count = 0;
	while (schedule->known_lists) {
		struct known_list *list = schedule->known_lists;
		schedule->known_lists = list->next;
		free(list);
	}
	while (schedule->ended) {
		struct refresh *refresh = schedule->ended;
		schedule->ended = refresh->ended_next;
		refresh_free(refresh);
	}
}

static void settle(struct schedule *schedule, struct instant now)
{
	while (schedule->dirty) {
		struct site *site = schedule->dirty;
		schedule->dirty = site->dirty_next;
		site->is_dirty = false;
		resolve_parked(schedule, now, site);
		send_ready(schedule, now, site);
	}
	wait_settle(schedule, now);
}

/* FNV-1a, 64 bits: tells one story from another. */
static uint64_t story_of(const struct refresh_row *row)
{
	uint64_t hash = 0xcbf29ce484222325u ^ (uint64_t)row->state;
	for (const char *at = row->reason; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
	return hash ? hash : 1;
}

/* The row as it is now that the call is over. */
static void finish_record(struct schedule *schedule, struct instant now, struct action *action)
{
	struct refresh *refresh = refresh_find(schedule, action->refresh->id);
	action->is_news = true; /* an end always is */
	if (!refresh)
		return;
	uint64_t story = story_of(&refresh->row);
	action->is_news = story != refresh->told;
	refresh->told = story;
	refresh->row.patience = patience_left(&refresh->patience, now.mono);
}

struct actions act_end(struct schedule *schedule, struct instant now)
{
	settle(schedule, now);
	for (size_t i = 0; i < schedule->action_count; i++)
		if (schedule->actions[i].type == ACTION_RECORD)
			finish_record(schedule, now, &schedule->actions[i]);
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
	refresh->is_unrecorded = false;
	if (refresh->recorded == schedule->calls)
		return;
	refresh->recorded = schedule->calls;
	act(schedule, ACTION_RECORD)->refresh = &refresh->row;
}

void act_cause(struct schedule *schedule, int64_t refresh, const struct cause_row *cause,
	enum cause_fate fate)
{
	struct cause_row *copy = mem_new(struct cause_row);
	*copy = *cause;
	copy->refresh = refresh;
	mem_grow(&schedule->cause_actions, &schedule->cause_action_capacity,
		schedule->cause_action_count);
	schedule->cause_actions[schedule->cause_action_count++] = copy;
	struct action *action = act(schedule, ACTION_CAUSE);
	action->cause = copy;
	action->fate = fate;
}

void act_end_selection(struct schedule *schedule, int64_t selection)
{
	act(schedule, ACTION_END_SELECTION)->selection = selection;
}

void act_spent(struct schedule *schedule, const struct site *site, enum spent_kind kind,
	const struct budget_part *part)
{
	if (part)
		act(schedule, ACTION_SPENT)->spent =
			(struct spent){ site->name, kind, part->began, part->count };
}

void act_backlog(struct schedule *schedule, const struct site *site)
{
	struct action *action = act(schedule, ACTION_BACKLOG);
	action->site = site->name;
	action->trouble = site->overdue;
}

void act_resolve(struct schedule *schedule, int64_t selection)
{
	act(schedule, ACTION_RESOLVE)->selection = selection;
}

static bool is_listed(const struct known_list *list, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(list->ids[i], id))
			return true;
	return false;
}

/* The youngest jobs that refreshes of this content had. */
static const char *const *known_jobs(struct schedule *schedule, const struct slot *slot)
{
	struct known_list *list = mem_new(struct known_list);
	size_t found = 0;
	list->next = schedule->known_lists;
	schedule->known_lists = list;
	for (size_t i = 0; i < KNOWN_AT_ONCE && i < schedule->known_count; i++) {
		const struct known_job *known =
			&schedule->known[(schedule->known_count - 1 - i) % KNOWN_AT_ONCE];
		if (known->slot == slot && found < KNOWN_OF_SLOT &&
			!is_listed(list, found, known->id))
			list->ids[found++] = known->id;
	}
	return list->ids;
}

void act_on_refresh(struct schedule *schedule, enum action_type type, struct refresh *refresh,
	struct wall since)
{
	struct action *action = act(schedule, type);
	action->refresh = &refresh->row;
	action->site = refresh->slot->site->name;
	action->since = since;
	refresh->is_asked = true;
	if (type == ACTION_LOOK)
		action->known_jobs = known_jobs(schedule, refresh->slot);
}

void act_greet(struct schedule *schedule, struct site *site)
{
	act(schedule, ACTION_GREET)->site = site->name;
	site->is_greeting = true;
}

void act_list(struct schedule *schedule, struct site *site, struct wall since)
{
	struct action *action = act(schedule, ACTION_LIST);
	action->site = site->name;
	action->since = since;
	site->is_listing = true;
}

/* ---- sites ---- */

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
	gate_init(&site->gate);
	site->parked_last = &site->parked;
	HASH_ADD_KEYPTR(by_name, schedule->sites, site->name, strlen(site->name), site);
	return site;
}

void site_wait(struct schedule *schedule, struct site *site, struct mono at)
{
	if (at.us != INT64_MAX && (!timer_is_set(&site->opening) || at.us < site->opening.key))
		timer_set(&schedule->timers, &site->opening, at.us, TIMER_OF_OPENING);
}

void site_answered(struct schedule *schedule, struct instant now, const struct answer *answer)
{
	struct site *site = site_of(schedule, answer->site);
	if (!gate_answered(&site->gate, now, answer, &schedule->options))
		return;
	bool is_closed = breaker_is_closed(&site->gate.breaker);
	/* Once, not again for each probe that fails. */
	if (site->is_told_ill == is_closed) {
		struct action *tell = act(schedule, ACTION_TELL);
		tell->site = site->name;
		tell->trouble = is_closed ? NULL : site->gate.trouble;
		site->is_told_ill = !is_closed;
	}
	if (is_closed)
		site_touch(schedule, site);
	else
		site_wait(schedule, site, site->gate.breaker.until);
	arm_round(schedule, now, site);
}

/* What is to be looked for is looked for at once. Rare enough to look at every refresh. */
static void look_again(struct schedule *schedule, struct instant now, const struct site *site)
{
	struct refresh *refresh, *following;
	HASH_ITER(by_id, schedule->refreshes, refresh, following)
	{
		if (refresh->slot->site == site && !refresh->is_asked &&
			refresh->row.state == REFRESH_UNKNOWN)
			refresh_wait_until(schedule, now, refresh, 0);
	}
}

bool site_go_on(struct schedule *schedule, struct instant now, struct site *site)
{
	if (!gate_go_on(&site->gate, now.mono))
		return false;
	look_again(schedule, now, site);
	site_touch(schedule, site);
	arm_round(schedule, now, site);
	return true;
}

void site_spend_queries(
	struct schedule *schedule, struct instant now, struct site *site, int64_t count)
{
	const struct budget_part *part =
		budget_spend(&site->gate.queries, now.mono, now.wall, count);
	bool is_new = part && part->count == count;
	/* A crash may forget the queries of a minute: a write for each would cost more than they
	 * do. */
	if (!part || (!is_new && now.mono.us - site->gate.queries_kept_at.us < KEEP_QUERIES_EVERY))
		return;
	if (is_new) /* the last ones of the part before it */
		act_spent(schedule, site, SPENT_QUERIES, budget_last_but_one(&site->gate.queries));
	site->gate.queries_kept_at = now.mono;
	act_spent(schedule, site, SPENT_QUERIES, part);
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

int64_t left_to_try(const struct schedule *schedule, int64_t left)
{
	int64_t most = schedule->options.give_up_after, least = most < LAST_TRY ? most : LAST_TRY;
	return left < least ? least : left > most ? most : left;
}

static void run_timer(struct schedule *schedule, struct instant now, struct timer *timer)
{
	struct site *site;
	switch ((enum timer_owner)timer->second) {
	case TIMER_OF_REFRESH:
		refresh_due(schedule, now, container(timer, struct refresh, due));
		break;
	case TIMER_OF_HELD:
		hold_ended(schedule, now, container(timer, struct refresh, due));
		break;
	case TIMER_OF_QUIET:
		quiet_ended(schedule, now, container(timer, struct quiet, due));
		break;
	case TIMER_OF_WANT:
		want_due(schedule, now, container(timer, struct want, due));
		break;
	case TIMER_OF_ROUND:
		look_round(schedule, now, container(timer, struct site, round));
		break;
	case TIMER_OF_OPENING:
		site = container(timer, struct site, opening);
		site_touch(schedule, site);
		arm_round(schedule, now, site);
		break;
	}
}

static struct timer *due(const struct timer_heap *heap, struct instant now)
{
	struct timer *timer = timer_first(heap);
	return timer && timer->key <= now.mono.us ? timer : NULL;
}

static void give_up(
	struct schedule *schedule, struct instant now, const struct patience_clock *clock)
{
	struct patience *patience;
	while ((patience = patience_clock_due(clock, now.mono))) {
		if (patience->owner == PATIENCE_OF_REFRESH)
			refresh_expire(
				schedule, now, container(patience, struct refresh, patience));
		else
			want_expire(schedule, now, container(patience, struct want, patience));
	}
}

struct actions schedule_tick(struct schedule *schedule, struct instant now)
{
	act_begin(schedule);
	struct timer *timer;
	while ((timer = due(&schedule->timers, now))) {
		timer_leave(&schedule->timers, timer);
		run_timer(schedule, now, timer);
	}
	settle(schedule, now); /* whoever may be tried now is, before anybody is given up */
	give_up(schedule, now, &schedule->trying);
	for (struct site *site = schedule->sites; site; site = site->by_name.next)
		for (int kind = 0; kind < CALLS_COUNT; kind++)
			give_up(schedule, now, &site->waiting[kind].clock);
	return act_end(schedule, now);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

struct mono schedule_next(const struct schedule *schedule)
{
	const struct timer *first = timer_first(&schedule->timers);
	int64_t at =
		earlier(first ? first->key : INT64_MAX, patience_clock_next(&schedule->trying).us);
	for (const struct site *site = schedule->sites; site; site = site->by_name.next)
		for (int kind = 0; kind < CALLS_COUNT; kind++)
			at = earlier(at, patience_clock_next(&site->waiting[kind].clock).us);
	return (struct mono){ at };
}

void hear_stamp(struct schedule *schedule, int64_t stamp)
{
	if (stamp != STAMP_NEVER && stamp > schedule->horizon)
		schedule->horizon = stamp;
}

void schedule_event(struct schedule *schedule, int64_t stamp)
{
	hear_stamp(schedule, stamp);
}

/* ---- configuration ---- */

static void configure_site(struct schedule *schedule, const struct schedule_site *options)
{
	struct site *site = site_of(schedule, options->name);
	site->options = *options;
	site->options.name = site->name;
	site->is_known = true;
	site->may_list = true;
	site->is_told_ill = false;
	site->unread_lists = 0;
	gate_set(&site->gate, options);
}

struct actions schedule_configure(struct schedule *schedule, struct instant now,
	const struct schedule_options *options, const struct schedule_site *sites, size_t count)
{
	act_begin(schedule);
	bool is_turn_new = schedule->options.give_up_after != options->give_up_after;
	schedule->options = *options;
	for (struct site *site = schedule->sites; site; site = site->by_name.next)
		site->is_known = false;
	for (size_t i = 0; i < count; i++)
		configure_site(schedule, &sites[i]);
	for (struct site *site = schedule->sites; site; site = site->by_name.next) {
		if (is_turn_new)
			requeue_ready(schedule, site);
		site_touch(schedule, site);
		arm_round(schedule, now, site);
		if (site->is_known && site->was_dropped)
			look_again(schedule, now, site);
		site->was_dropped = !site->is_known;
	}
	return act_end(schedule, now);
}

/* ---- what is told ---- */

struct schedule_counts schedule_counts(const struct schedule *schedule)
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

struct schedule_site_status schedule_site_status(
	struct schedule *schedule, struct instant now, const char *name)
{
	struct site *site = site_of(schedule, name);
	const struct breaker *breaker = &site->gate.breaker;
	bool is_open = !breaker_is_closed(breaker);
	IGNORE(budget_left(&site->gate.starts, now.mono));  /* for what has left the window */
	IGNORE(budget_left(&site->gate.queries, now.mono)); /* likewise */
	return (struct schedule_site_status){
		.is_configured = site->is_known,
		.open = site->open,
		.selections = site->selections,
		.lookups = wait_told(now, site, CALLS_LOOKUP),
		.starts = wait_told(now, site, CALLS_START),
		.queries = wait_told(now, site, CALLS_QUERY),
		.ready = (int64_t)site->ready.count,
		.sending = site->sending,
		.in_flight = site->in_flight_count,
		.starts_spent = site->gate.starts.spent,
		.queries_spent = site->gate.queries.spent,
		.paused_until = is_open ? wall_after(now.wall, breaker->until.us - now.mono.us)
					: (struct wall){ 0 },
		.failures = breaker->failures,
		.backlog = site->backlog,
		.overdue = site->overdue,
		.paused_by = site->gate.paused_by,
	};
}

const struct refresh_row *schedule_find(const struct schedule *schedule, int64_t id)
{
	const struct refresh *refresh = refresh_find(schedule, id);
	return refresh ? &refresh->row : NULL;
}

/* ---- life ---- */

struct schedule *schedule_new(
	const struct schedule_options *options, struct refresh_ids ids, uint64_t seed)
{
	struct schedule *schedule = mem_new(struct schedule);
	schedule->options = *options;
	schedule->ids = ids;
	schedule->random = seed;
	schedule->known = mem_alloc(sizeof *schedule->known * KNOWN_AT_ONCE);
	return schedule;
}

static void free_slots(struct schedule *schedule)
{
	struct slot *slot, *next;
	HASH_ITER(by_key, schedule->slots, slot, next)
	{
		HASH_DELETE(by_key, schedule->slots, slot);
		free(slot->key);
		free(slot);
	}
}

static void free_sites(struct schedule *schedule)
{
	struct site *site, *next;
	HASH_ITER(by_name, schedule->sites, site, next)
	{
		HASH_DELETE(by_name, schedule->sites, site);
		timer_heap_clear(&site->ready);
		timer_heap_clear(&site->looks);
		for (int kind = 0; kind < CALLS_COUNT; kind++) {
			patience_clock_clear(&site->waiting[kind].clock);
			free(site->waiting[kind].words);
		}
		gate_clear(&site->gate);
		free(site->overdue);
		free(site->name);
		free(site);
	}
}

static void free_texts(struct schedule *schedule)
{
	struct quiet *quiet, *next_quiet;
	HASH_ITER(by_rule, schedule->quiets, quiet, next_quiet)
	{
		HASH_DELETE(by_rule, schedule->quiets, quiet);
		free(quiet);
	}
	struct kept *kept, *next;
	HASH_ITER(by_text, schedule->kept, kept, next)
	{
		HASH_DELETE(by_text, schedule->kept, kept);
		free(kept);
	}
}

void schedule_free(struct schedule *schedule)
{
	if (!schedule)
		return;
	act_begin(schedule);
	/* First, for they leave the heaps that the refreshes are in. */
	struct want *want, *next_want;
	HASH_ITER(by_id, schedule->wants, want, next_want)
	want_free(schedule, want);
	struct refresh *refresh, *next_refresh;
	HASH_ITER(by_id, schedule->refreshes, refresh, next_refresh)
	{
		HASH_DELETE(by_id, schedule->refreshes, refresh);
		refresh_free(refresh);
	}
	free_slots(schedule);
	free_sites(schedule);
	free_texts(schedule);
	timer_heap_clear(&schedule->timers);
	patience_clock_clear(&schedule->trying);
	free(schedule->known);
	free(schedule->actions);
	free(schedule->cause_actions);
	free(schedule);
}
