#include "dispatch/status.h"

static void status_destroy(struct shared *shared)
{
	struct dispatch_status *status = (struct dispatch_status *)(void *)shared;
	arena_free(status->arena); /* the struct itself lives there too */
}

struct dispatch_status *dispatch_status_new(
	struct instant now, struct schedule *schedule, const struct tableau *tableau)
{
	struct arena *arena = arena_new();
	struct dispatch_status *status = arena_new_of(arena, struct dispatch_status);
	shared_init(&status->shared, status_destroy);
	status->arena = arena;
	status->at = now.wall;
	status->counts = schedule_counts(schedule);
	status->site_count = tableau_site_count(tableau);
	struct tableau_site_status *sites =
		arena_array(arena, struct tableau_site_status, status->site_count + 1);
	struct schedule_site_status *queues =
		arena_array(arena, struct schedule_site_status, status->site_count + 1);
	for (size_t i = 0; i < status->site_count; i++) {
		sites[i] = tableau_site_status(tableau, i);
		sites[i].name = arena_text(arena, sites[i].name);
		sites[i].server = arena_text(arena, sites[i].server);
		sites[i].content_url = arena_text(arena, sites[i].content_url);
		sites[i].api_version = arena_text(arena, sites[i].api_version);
		sites[i].last_error = arena_text(arena, sites[i].last_error);
		queues[i] = schedule_site_status(schedule, now, sites[i].name);
		queues[i].paused_by = arena_text(arena, queues[i].paused_by);
	}
	status->queues = queues;
	status->sites = sites;
	return status;
}
