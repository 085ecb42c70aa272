/*
 * schedule/schedule.c - the one door: an input is handled, then the step ends (settle.c). Which
 * file decides what is in README.md.
 */
#include "schedule/schedule.h"
#include "base/mem.h"
#include "schedule/state.h"

/* ---- a step ---- */

/* FNV-1a, 64 bits: a hash of state and reason, to notice when they change. */
static uint64_t story_of(const struct refresh_row *row)
{
	uint64_t hash = 0xcbf29ce484222325u ^ (uint64_t)row->state;
	for (const char *at = row->reason; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
	return hash ? hash : 1;
}

/* The row as it is at the end of the step. */
static void finish_record(struct schedule *schedule, struct instant now, struct action *action)
{
	const struct refresh *told = container((uintptr_t)action->refresh, struct refresh, row);
	struct refresh *refresh = refresh_find(schedule, action->refresh->id);
	action->causes = told->causes;
	action->cause_count = told->cause_count;
	action->is_news = true; /* an end is always news */
	if (!refresh)
		return;
	uint64_t story = story_of(&refresh->row);
	action->is_news = story != refresh->told;
	refresh->told = story;
	refresh->row.patience = patience_left(&refresh->patience, now.mono);
}

/* ---- configuration ---- */

static void configure_site(
	struct schedule *schedule, struct instant now, const struct schedule_site *options)
{
	struct site *site = site_of(schedule, options->name);
	site->options = *options;
	site->options.name = site->name;
	site->is_known = true;
	site->may_list = true;
	site->unread_lists = 0;
	gate_set(&site->gate, now.mono, options);
}

static void on_configure(struct schedule *schedule, struct instant now, const struct input *input)
{
	const struct schedule_options *options = input->configure.options;
	bool is_turn_new = schedule->options.give_up_after != options->give_up_after;
	schedule->options = *options;
	for (struct site *site = schedule->sites; site; site = site->by_name.next)
		site->is_known = false;
	for (size_t i = 0; i < input->configure.count; i++)
		configure_site(schedule, now, &input->configure.sites[i]);
	for (struct site *site = schedule->sites; site; site = site->by_name.next) {
		if (is_turn_new)
			turn_requeue(schedule, site);
		site_touch(schedule, site);
		look_arm_round(schedule, now, site);
		if (site->is_known && site->was_dropped)
			site_look_again(schedule, now, site);
		site->was_dropped = !site->is_known;
	}
}

/* Not a configuration of all sites, after which those that fail would be probed at once. */
static void on_adopt(struct schedule *schedule, struct instant now, const struct input *input)
{
	struct site *site = site_of(schedule, input->adopt.site);
	if (input->adopt.options)
		configure_site(schedule, now, input->adopt.options);
	site->was_dropped = !site->is_known;
	site_touch(schedule, site);
	look_arm_round(schedule, now, site);
}

static void on_event(struct schedule *schedule, struct instant now, const struct input *input)
{
	(void)now;
	stamp_hear(schedule, input->event.stamp);
}

/* ---- the door ---- */

static on_input *const handlers[INPUT_COUNT] = {
	[INPUT_RESTORE] = on_restore,
	[INPUT_RESTORE_SPENT] = on_restore_spent,
	[INPUT_RESTORE_PAUSE] = on_restore_pause,
	[INPUT_ADOPT] = on_adopt,
	[INPUT_LEAVE] = on_leave,
	[INPUT_CONFIGURE] = on_configure,
	[INPUT_TICK] = on_tick,
	[INPUT_EVENT] = on_event,
	[INPUT_SELECT] = on_select,
	[INPUT_RESOLVED] = on_resolved,
	[INPUT_GREETED] = on_greeted,
	[INPUT_SENT] = on_sent,
	[INPUT_MOVED] = on_moved,
	[INPUT_POLLED] = on_polled,
	[INPUT_LISTED] = on_listed,
	[INPUT_LOOKED] = on_looked,
	[INPUT_JOB_CANCELLED] = on_job_cancelled,
	[INPUT_CANCEL] = on_cancel,
	[INPUT_RETRY] = on_retry,
	[INPUT_AGAIN] = on_again,
	[INPUT_PAUSE] = on_pause,
};

/* Where each answer is. */
static const size_t answers[INPUT_COUNT] = {
	[INPUT_RESOLVED] = offsetof(struct input, resolved.answer),
	[INPUT_GREETED] = offsetof(struct input, greeted.answer),
	[INPUT_SENT] = offsetof(struct input, sent.answer),
	[INPUT_MOVED] = offsetof(struct input, moved.answer),
	[INPUT_POLLED] = offsetof(struct input, polled.answer),
	[INPUT_LISTED] = offsetof(struct input, listed.answer),
	[INPUT_LOOKED] = offsetof(struct input, looked.answer),
	[INPUT_JOB_CANCELLED] = offsetof(struct input, job_cancelled.answer),
};

/* Was it asked before the site was left? Since then the site, its refreshes of the same ids and its
 * jobs may have had another owner, and may be here again. */
static bool is_outlived(const struct schedule *schedule, const struct input *input)
{
	size_t at = answers[input->type];
	if (!at)
		return false;
	const struct answer *answer = (const void *)((const char *)input + at);
	const struct site *site = site_find(schedule, answer->site);
	return !site || site->life != answer->life;
}

static bool is_of_person(enum input_type type)
{
	return type == INPUT_CANCEL || type == INPUT_RETRY || type == INPUT_AGAIN ||
	       type == INPUT_PAUSE;
}

struct actions schedule_step(
	struct schedule *schedule, struct instant now, const struct input *input)
{
	act_forget(schedule);
	if (!is_outlived(schedule, input))
		handlers[input->type](schedule, now, input);
	step_settle(schedule, now); /* fills free places with what is ready */
	for (size_t i = 0; i < schedule->action_count; i++)
		if (schedule->actions[i].type == ACTION_RECORD)
			finish_record(schedule, now, &schedule->actions[i]);
	return (struct actions){ schedule->action_count, schedule->actions,
		is_of_person(input->type) ? &schedule->asked : NULL };
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
	slot_forget(schedule, slot);
}

static void free_sites(struct schedule *schedule)
{
	struct site *site, *next;
	HASH_ITER(by_name, schedule->sites, site, next)
	site_forget(schedule, site);
}

static void free_texts(struct schedule *schedule)
{
	struct quiet *quiet, *next_quiet;
	HASH_ITER(by_rule, schedule->quiets, quiet, next_quiet)
	{
		HASH_DELETE(by_rule, schedule->quiets, quiet);
		free(quiet);
	}
	schedule_keep_nothing(schedule);
}

void schedule_free(struct schedule *schedule)
{
	if (!schedule)
		return;
	act_forget(schedule);
	/* First, because they leave heaps in which the refreshes are too. */
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
	timer_heap_clear(&schedule->patience);
	patience_clock_clear(&schedule->trying);
	free(schedule->known);
	free(schedule->actions);
	free(schedule->cause_actions);
	free(schedule);
}
