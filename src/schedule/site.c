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
	site->life = schedule->leaves;
	site->may_list = true;
	gate_init(&site->gate);
	site->parked_last = &site->parked;
	HASH_ADD_KEYPTR(by_name, schedule->sites, site->name, strlen(site->name), site);
	return site;
}

static void unmark(struct schedule *schedule, const struct site *site)
{
	struct site **link = &schedule->dirty;
	while (*link && *link != site)
		link = &(*link)->dirty_next;
	if (*link)
		*link = site->dirty_next;
	link = &schedule->changed;
	while (*link && *link != site)
		link = &(*link)->changed_next;
	if (*link)
		*link = site->changed_next;
}

void site_forget(struct schedule *schedule, struct site *site)
{
	unmark(schedule, site);
	HASH_DELETE(by_name, schedule->sites, site);
	timer_heap_clear(&site->ready);
	timer_heap_clear(&site->looks);
	for (int kind = 0; kind < CALLS_COUNT; kind++)
		patience_clock_clear(&site->waiting[kind].clock);
	gate_clear(&site->gate);
	free(site->overdue);
	free(site->name);
	free(site);
}

void site_wait(struct schedule *schedule, struct site *site, struct mono at)
{
	if (at.us != INT64_MAX && (!timer_is_set(&site->opening) || at.us < site->opening.key))
		timer_set(&schedule->timers, &site->opening, at.us, TIMER_OF_OPENING);
}

/* The oldest cause is the first: others joined it. */
static struct wall refresh_awaited_since(const struct refresh *refresh)
{
	struct wall arrived =
		refresh->cause_count ? refresh->causes[0].arrived_at : refresh->row.created_at;
	return arrived.us > refresh->unheld_at.us ? arrived : refresh->unheld_at;
}

struct wall site_awaited_since(const struct site *site)
{
	struct wall since = { INT64_MAX };
	if (site->awaited)
		since = refresh_awaited_since(site->awaited);
	if (site->wanted && site->wanted->selection.arrived_at.us < since.us)
		since = site->wanted->selection.arrived_at;
	return since.us == INT64_MAX ? (struct wall){ 0 } : since;
}
