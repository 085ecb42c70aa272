/* dispatch/status.c - the snapshot, and the reason why a refresh waits. */
#include "dispatch/status.h"
#include <string.h>

static void status_destroy(struct dispatch_status *status)
{
	config_free(status->config);
	dispatch_status_free(status->base);
	arena_free(status->arena); /* the struct itself is in the arena too */
}

SHARED_DEFINE(dispatch_status, status_destroy)

struct dispatch_status *dispatch_status_with_sites(struct dispatch_status *status,
	const struct site_status *sites, const struct schedule_counts *counts, struct arena *arena)
{
	struct dispatch_status *other = arena_new_of(arena, struct dispatch_status);
	*other = (struct dispatch_status){
		.at = status->at,
		.counts = *counts,
		.site_count = status->site_count,
		.sites = sites,
		.selections = status->selections,
		.selection_count = status->selection_count,
		.arena = arena,
		.config = status->config,
		.base = status,
	};
	SHARED_INIT(dispatch_status, other);
	if (other->config)
		config_ref(other->config);
	return other;
}

/* What the client lends is kept; what the configuration lends lives as long as the snapshot. */
static void keep_site(struct site_status *kept, struct arena *arena, struct instant now,
	const struct schedule *schedule, struct tableau_site_status client)
{
	struct site_status lent = { .client = client };
	record_copy(site_members, &lent, kept, sizeof *kept, arena);
	kept->queue = schedule_site_status_of(schedule, now, client.name, arena);
}

/* Adds the refresh's own last error, unless the wait's reason contains it. */
static void add_earlier(const char *earlier, struct text *words)
{
	if (*earlier && !strstr(words->at, earlier))
		text_printf(words, "; before that: %s", earlier);
}

static const char *why(struct arena *arena, const struct schedule_selection_status *from)
{
	const char *trouble = from->trouble ? from->trouble : "";
	OWNED_TEXT struct text words = TEXT(TEXT_UNBOUNDED);
	if (!from->wait.reason && !from->is_asked)
		return arena_text(arena, trouble);
	text_add(&words, from->wait.reason ? from->wait.reason : "its content is being looked up");
	add_earlier(trouble, &words);
	return arena_text(arena, words.at);
}

static struct selection_status selection_of(
	struct arena *arena, const struct schedule_selection_status *from)
{
	const struct schedule_selection *selection = from->selection;
	const char **rules = arena_array(arena, const char *, selection->rule_count + 1);
	for (size_t i = 0; i < selection->rule_count; i++)
		rules[i] = arena_text(arena, selection->rules[i]);
	return (struct selection_status){
		.event = from->event,
		.site = arena_text(arena, selection->site),
		.label = arena_text(arena, selection->label),
		.kind = selection->kind,
		.rule_count = selection->rule_count,
		.rules = rules,
		.reason = why(arena, from),
		.since = from->wait.since,
		.until = from->wait.until,
	};
}

static void add_selections(
	struct dispatch_status *status, struct instant now, const struct schedule *schedule)
{
	struct schedule_selection_status found[MOST_SELECTIONS];
	struct selection_status *selections =
		arena_array(status->arena, struct selection_status, MOST_SELECTIONS);
	status->selection_count =
		schedule_selections(schedule, now, found, MOST_SELECTIONS, status->arena);
	for (size_t i = 0; i < status->selection_count; i++)
		selections[i] = selection_of(status->arena, &found[i]);
	status->selections = selections;
}

static size_t count_dropped(const struct schedule *schedule)
{
	size_t count = 0;
	while (schedule_dropped_site(schedule, count))
		count++;
	return count;
}

struct dispatch_status *dispatch_status_new(
	struct instant now, const struct schedule *schedule, const struct tableau *tableau)
{
	struct arena *arena = arena_new();
	struct dispatch_status *status = arena_new_of(arena, struct dispatch_status);
	size_t configured = tableau_site_count(tableau), dropped = count_dropped(schedule);
	SHARED_INIT(dispatch_status, status);
	status->arena = arena;
	status->config = tableau_config(tableau);
	if (status->config)
		config_ref(status->config);
	status->at = now.wall;
	status->counts = schedule_count(schedule);
	status->site_count = configured + dropped;
	struct site_status *sites = arena_array(arena, struct site_status, status->site_count + 1);
	for (size_t i = 0; i < configured; i++)
		keep_site(&sites[i], arena, now, schedule, tableau_site_status_of(tableau, i));
	for (size_t i = 0; i < dropped; i++)
		keep_site(&sites[configured + i], arena, now, schedule,
			(struct tableau_site_status){
				.name = arena_text(arena, schedule_dropped_site(schedule, i)),
				.server = "",
				.content_url = "",
				.api_version = "",
				.last_error = "",
			});
	add_selections(status, now, schedule);
	status->sites = sites;
	return status;
}

/* ---- why a refresh waits ---- */

static const struct schedule_wait *wait_of(
	const struct dispatch_status *status, const struct refresh_row *row)
{
	const struct schedule_site_status *queue = NULL;
	for (size_t i = 0; i < status->site_count && !queue; i++)
		if (!strcmp(status->sites[i].client.name, row->site))
			queue = &status->sites[i].queue;
	if (!queue || !refresh_state_is_open(row->state) || row->state == REFRESH_SENDING)
		return NULL;
	if (row->state != REFRESH_WAITING)
		return &queue->queries;
	/* Otherwise it waits for its backoff, a hold, or another refresh of its content. */
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
	text_add(words, wait->reason);
	add_earlier(row->reason, words);
	told.reason = words->at;
	told.not_before = wait->until;
	return told;
}
