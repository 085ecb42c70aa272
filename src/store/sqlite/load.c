/*
 * store/sqlite/load.c - the rows that the dispatcher needs at start. A hundred thousand open
 * refreshes are one pass over two sorted statements, never a statement for each row; selections are
 * one statement for each event.
 */
#include "store/sqlite/sqlite.h"

/* ---- selections ---- */

/* Selections of one event, gathered for a visitor. */
struct selected_group {
	int64_t event;
	int64_t *ids, *positions;
	size_t count, id_capacity, position_capacity;
};

static void group_clear(struct selected_group *group)
{
	free(group->ids);
	free(group->positions);
}

static void group_add(struct selected_group *group, int64_t id, int64_t position)
{
	mem_grow(&group->ids, &group->id_capacity, group->count);
	mem_grow(&group->positions, &group->position_capacity, group->count);
	group->ids[group->count] = id;
	group->positions[group->count++] = position;
}

/* Lends what was gathered to the visitor, with the event's list, or with another one. */
static bool visit_group(struct sqlite *store, struct selected_group *group, const char *list,
	selected_visit *visit, void *context, bool *wants_more, struct error *err)
{
	USED_QUERY query = sqlite_query(store, QUERY_LOAD_SELECTED,
		"SELECT received_at, finished_at, coalesce(?2, selections) FROM event"
		" WHERE id = ?1",
		err);
	bool has_row;

	if (!query)
		return false;
	if (!group->count)
		return true;
	query_bind_number(query, 1, group->event);
	if (list)
		query_bind_text(query, 2, list);
	if (!query_next(store, query, "read selections", &has_row, err))
		return false;

	struct selected_row row = { .event = group->event,
		.stamp = sqlite_stamp_of_event(group->event),
		.is_from_copy = group->event <= store->last_copied,
		.received_at = has_row ? query_column_time(query, 0) : (struct wall){ 0 },
		.finished_at = has_row ? query_column_time(query, 1) : (struct wall){ 0 },
		.selections = has_row ? query_column_text(query, 2) : "",
		.count = group->count,
		.ids = group->ids,
		.positions = group->positions };

	*wants_more = visit(&row, context);
	group->count = 0;
	return true;
}

/* Takes a row of load_selected(), and visits the group that it does not belong to. */
static bool take_selected(struct sqlite *store, sqlite3_stmt *query, struct selected_group *group,
	selected_visit *visit, void *context, bool *wants_more, struct error *err)
{
	int64_t selection = sqlite3_column_int64(query, 1), event = selection >> SELECTION_BITS;
	bool has_list = sqlite3_column_type(query, 2) != SQLITE_NULL;

	if (!sqlite_is_within(event, MOST_EVENT))
		return row_is_damaged(store, "selection", selection, err);
	if ((event != group->event || has_list) &&
		!visit_group(store, group, NULL, visit, context, wants_more, err))
		return false;
	group->event = event;
	group_add(group, sqlite3_column_int64(query, 0),
		has_list ? 0 : selection % (int64_t)SELECTIONS_PER_EVENT);
	if (has_list && *wants_more)
		return visit_group(
			store, group, query_column_text(query, 2), visit, context, wants_more, err);
	return true;
}

/* The statement gives what each selection is of, the selection's id, in ascending order, and NULL
 * or a list of its own. */
static bool load_selected(struct sqlite *store, sqlite3_stmt *query, selected_visit *visit,
	void *context, struct error *err)
{
	__attribute__((cleanup(group_clear))) struct selected_group group = { 0 };
	bool has_row = true, wants_more = true;

	while (wants_more) {
		if (!query_next(store, query, "load selections", &has_row, err))
			return false;
		if (!has_row)
			return visit_group(store, &group, NULL, visit, context, &wants_more, err);
		if (!take_selected(store, query, &group, visit, context, &wants_more, err))
			return false;
	}
	return true;
}

/* Selections of before migration 7 have a list of their own. */
bool sqlite_load_open_selections(struct store *base, const char *site, selected_visit *visit,
	void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	struct selected_of_site of = { site, visit, context };
	USED_QUERY query = sqlite_query(store, QUERY_LOAD_SELECTIONS,
		"SELECT id, id, '[' || body || ']' FROM selection ORDER BY id", err);

	if (!query)
		return false;
	return site ? load_selected(store, query, selected_of_site_visit, &of, err)
		    : load_selected(store, query, visit, context, err);
}

static bool namings_of_refresh(struct sqlite *store, int64_t refresh, selected_visit *visit,
	void *context, struct error *err)
{
	USED_QUERY query = sqlite_query(store, QUERY_NAMINGS_OF_REFRESH,
		"SELECT refresh, selection, NULL FROM cause WHERE refresh = ?1 AND selection <> 0"
		" ORDER BY selection",
		err);

	if (!query)
		return false;
	query_bind_number(query, 1, refresh);
	return load_selected(store, query, visit, context, err);
}

bool sqlite_load_namings(struct store *base, const char *site, int64_t refresh,
	selected_visit *visit, void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	if (refresh)
		return namings_of_refresh(store, refresh, visit, context, err);

	USED_QUERY query = sqlite_query(store, QUERY_LOAD_NAMINGS,
		"SELECT refresh.id, cause.selection, NULL FROM refresh INDEXED BY refresh_open"
		" CROSS JOIN cause ON cause.refresh = refresh.id"
		" WHERE state < 5 AND (?1 IS NULL OR site = ?1) AND cause.selection <> 0"
		" ORDER BY cause.selection",
		err);
	if (!query)
		return false;
	query_bind_optional(query, 1, site);
	return load_selected(store, query, visit, context, err);
}

/* ---- refreshes ---- */

/*
 * Walks beside the refreshes in the order of their ids; with `has_row`, `query` holds the next
 * cause.
 */
struct cause_walk {
	sqlite3_stmt *query;
	bool has_row;
};

static bool gather_causes(struct sqlite *store, struct cause_walk *walk, int64_t refresh,
	struct causes *causes, struct error *err)
{
	causes_reset(causes);
	while (walk->has_row && sqlite3_column_int64(walk->query, 0) <= refresh) {
		if (sqlite3_column_int64(walk->query, 0) == refresh &&
			!causes_add(store, causes, walk->query, err))
			return false;
		if (!query_next(store, walk->query, "load causes", &walk->has_row, err))
			return false;
	}
	return true;
}

/* *wants_more: the visitor did not stop. */
static bool load_open(struct sqlite *store, const char *site, refresh_visit *visit, void *context,
	bool *wants_more, struct error *err)
{
	USED_QUERY query = sqlite_query(store, QUERY_LOAD_OPEN,
		"SELECT {refresh} FROM refresh INDEXED BY refresh_open WHERE state < 5"
		" AND (?1 IS NULL OR site = ?1) ORDER BY refresh.id",
		err);
	USED_QUERY cause_query = sqlite_query(store, QUERY_LOAD_CAUSES,
		"SELECT {cause} FROM refresh INDEXED BY refresh_open"
		" CROSS JOIN cause ON cause.refresh = refresh.id"
		" WHERE state < 5 AND (?1 IS NULL OR site = ?1)"
		" ORDER BY refresh.id, cause.event, cause.rule",
		err);
	OWNED_CAUSES struct causes causes;
	struct cause_walk walk = { .query = cause_query };
	struct refresh_row row;
	bool has_row;

	causes_init(&causes);
	if (!query || !cause_query)
		return false;
	query_bind_optional(query, 1, site);
	query_bind_optional(cause_query, 1, site);
	if (!query_next(store, cause_query, "load causes", &walk.has_row, err))
		return false;
	*wants_more = true;
	while (*wants_more) {
		if (!query_next(store, query, "load refreshes", &has_row, err))
			return false;
		if (!has_row)
			break;
		if (!row_of_refresh(store, query, &row, err) ||
			!gather_causes(store, &walk, row.id, &causes, err))
			return false;
		*wants_more = visit(&row, causes_rows(&causes), causes.count, context);
	}
	return true;
}

/* Lends each row of the statement to the visitor, without its causes. */
static bool visit_rows(struct sqlite *store, sqlite3_stmt *query, refresh_visit *visit,
	void *context, struct error *err)
{
	struct refresh_row row;
	bool has_row;

	for (;;) {
		if (!query_next(store, query, "load refreshes", &has_row, err))
			return false;
		if (!has_row)
			return true;
		if (!row_of_refresh(store, query, &row, err))
			return false;
		if (!visit(&row, NULL, 0, context))
			return true;
	}
}

/*
 * The youngest refreshes with a job, oldest first, so that none of their jobs is taken for the job
 * of a request with an unknown outcome. Chosen by ids, which needs neither clock nor index.
 */
static bool load_recent(struct sqlite *store, const char *site, refresh_visit *visit, void *context,
	struct error *err)
{
	USED_QUERY query = sqlite_query(store, QUERY_LOAD_RECENT,
		"SELECT {refresh} FROM refresh WHERE id > (SELECT max(id) - 4000 FROM refresh) AND "
		"state >= 5 AND"
		" job_id <> '' AND (?1 IS NULL OR site = ?1) ORDER BY id",
		err);

	if (!query)
		return false;
	query_bind_optional(query, 1, site);
	return visit_rows(store, query, visit, context, err);
}

static bool load_succeeded(struct sqlite *store, const char *site, struct wall since,
	refresh_visit *visit, void *context, struct error *err)
{
	USED_QUERY query = sqlite_query(store, QUERY_LOAD_SUCCEEDED,
		"SELECT {refresh} FROM refresh WHERE id IN (SELECT refresh FROM latest)"
		" AND ended_at >= ?1 AND (?2 IS NULL OR site = ?2)",
		err);

	if (!query)
		return false;
	query_bind_time(query, 1, since);
	query_bind_optional(query, 2, site);
	return visit_rows(store, query, visit, context, err);
}

bool sqlite_load_refreshes(struct store *base, const char *site, struct wall since,
	refresh_visit *visit, void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	bool wants_more;

	return load_open(store, site, visit, context, &wants_more, err) &&
	       (!wants_more || (load_recent(store, site, visit, context, err) &&
				       load_succeeded(store, site, since, visit, context, err)));
}

int64_t sqlite_last_stamp(const struct store *base)
{
	return sqlite_stamp_of_event(sqlite_of(base)->last_event);
}

/* One process writes, so all ids above the last one are its own. */
bool sqlite_take_refresh_ids(struct store *base, struct refresh_ids *ids, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	USED_QUERY query = sqlite_query(store, QUERY_LAST_REFRESH,
		"SELECT max(value, coalesce((SELECT max(id) FROM refresh), 0)) FROM meta"
		" WHERE name = 'last_refresh'",
		err);
	int64_t last;

	if (!query || !query_number(store, query, "read the last refresh's id", &last, err))
		return false;
	if (!sqlite_is_within(last, RECORD_MOST_COUNT))
		return row_is_damaged(store, "refresh", last, err);
	*ids = (struct refresh_ids){ (last | 1) + 1, INT64_MAX };
	return true;
}
