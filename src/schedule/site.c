/*
 * schedule/site.c - the sites by name, and marks for the end of the step.
 */
#include "base/mem.h"
#include "schedule/state.h"

void site_touch(struct schedule *schedule, struct site *site)
{
	site_changed(schedule, site);
	if (site->is_dirty)
		return;
	site->is_dirty = true;
	site->dirty_next = schedule->dirty;
	schedule->dirty = site;
}

void site_changed(struct schedule *schedule, struct site *site)
{
	if (site->is_changed)
		return;
	site->is_changed = true;
	site->changed_next = schedule->changed;
	schedule->changed = site;
}

struct site *site_find(const struct schedule *schedule, const char *name)
{
	struct site *site = NULL;
	HASH_FIND(by_name, schedule->sites, name, strlen(name), site);
	return site;
}

struct site *site_of(struct schedule *schedule, const char *name)
{
	struct site *site = site_find(schedule, name);
	if (site)
		return site;
	site = mem_new(struct site);
	site_changed(schedule, site);
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
