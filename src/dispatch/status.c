#include "dispatch/status.h"
#include <string.h>

static void status_destroy(struct shared *shared)
{
	struct dispatch_status *status = (struct dispatch_status *)(void *)shared;
	arena_free(status->arena); /* the struct itself lives there too */
}

static void keep_wait(struct arena *arena, struct schedule_wait *wait)
{
	wait->reason = wait->reason ? arena_text(arena, wait->reason) : NULL;
}

static struct schedule_site_status queue_of(
	struct arena *arena, struct instant now, struct schedule *schedule, const char *site)
{
	struct schedule_site_status queue = schedule_site_status(schedule, now, site);
	queue.paused_by = queue.paused_by ? arena_text(arena, queue.paused_by) : NULL;
	keep_wait(arena, &queue.lookups);
	keep_wait(arena, &queue.starts);
	keep_wait(arena, &queue.queries);
	return queue;
}

static struct tableau_site_status site_of(
	struct arena *arena, const struct tableau *tableau, size_t index)
{
	struct tableau_site_status site = tableau_site_status(tableau, index);
	site.name = arena_text(arena, site.name);
	site.server = arena_text(arena, site.server);
	site.content_url = arena_text(arena, site.content_url);
	site.api_version = arena_text(arena, site.api_version);
	site.last_error = arena_text(arena, site.last_error);
	return site;
}

static size_t count_dropped(const struct schedule *schedule)
{
	size_t count = 0;
	while (schedule_dropped_site(schedule, count))
		count++;
	return count;
}

struct dispatch_status *dispatch_status_new(
	struct instant now, struct schedule *schedule, const struct tableau *tableau)
{
	struct arena *arena = arena_new();
	struct dispatch_status *status = arena_new_of(arena, struct dispatch_status);
	size_t configured = tableau_site_count(tableau), dropped = count_dropped(schedule);
	shared_init(&status->shared, status_destroy);
	status->arena = arena;
	status->at = now.wall;
	status->counts = schedule_counts(schedule);
	status->site_count = configured + dropped;
	struct tableau_site_status *sites =
		arena_array(arena, struct tableau_site_status, status->site_count + 1);
	struct schedule_site_status *queues =
		arena_array(arena, struct schedule_site_status, status->site_count + 1);
	for (size_t i = 0; i < configured; i++)
		sites[i] = site_of(arena, tableau, i);
	for (size_t i = 0; i < dropped; i++)
		sites[configured + i] = (struct tableau_site_status){
			.name = arena_text(arena, schedule_dropped_site(schedule, i)),
			.server = "",
			.content_url = "",
			.api_version = "",
			.last_error = "",
		};
	for (size_t i = 0; i < status->site_count; i++)
		queues[i] = queue_of(arena, now, schedule, sites[i].name);
	status->queues = queues;
	status->sites = sites;
	return status;
}

/* ---- why a refresh waits ---- */

static const struct schedule_wait *wait_of(
	const struct dispatch_status *status, const struct refresh_row *row)
{
	const struct schedule_site_status *queue = NULL;
	for (size_t i = 0; i < status->site_count && !queue; i++)
		if (!strcmp(status->sites[i].name, row->site))
			queue = &status->queues[i];
	if (!queue || !refresh_state_is_open(row->state) || row->state == REFRESH_SENDING)
		return NULL;
	if (row->state != REFRESH_WAITING)
		return &queue->queries;
	/* Else it waits for its backoff, a hold, or another refresh of its content. */
	bool is_ready = wall_is_set(row->not_before) && row->not_before.us <= clock_wall().us;
	return is_ready ? &queue->starts : NULL;
}

struct refresh_row dispatch_status_refresh(const struct dispatch_status *status,
	const struct refresh_row *row, struct text *words, struct wall *since)
{
	struct refresh_row told = *row;
	const struct schedule_wait *wait = status ? wait_of(status, row) : NULL;
	*since = (struct wall){ 0 };
	if (!wait || !wait->reason)
		return told;
	*since = row->state == REFRESH_WAITING ? row->not_before : wait->since;
	text_printf(
		words, "%s%s%s", wait->reason, *row->reason ? "; before that: " : "", row->reason);
	told.reason = words->at;
	told.not_before = wait->until;
	return told;
}
