/*
 * store/sqlite/load.c - the rows that the dispatcher needs at start. A hundred thousand open
 * refreshes are one pass over two sorted statements, never a statement for each row.
 */
#include "store/sqlite/sqlite.h"

bool sqlite_load_open_selections(
	struct store *base, selection_visit *visit, void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	_Static_assert(SELECTION_BITS == 20, "in the statement below");
	USED_QUERY query = sqlite_query(store, QUERY_LOAD_SELECTIONS,
		"SELECT selection.id, selection.id >> 20, received_at, finished_at,"
		" selection.body FROM selection LEFT JOIN event ON event.id = selection.id >> 20"
		" ORDER BY selection.id",
		err);
	bool has_row;

	if (!query)
		return false;
	for (;;) {
		if (!query_next(store, query, "load selections", &has_row, err))
			return false;
		if (!has_row)
			return true;

		struct selection_row row = {
			.id = sqlite3_column_int64(query, 0),
			.event = sqlite3_column_int64(query, 1),
			.received_at = query_column_time(query, 2),
			.finished_at = query_column_time(query, 3),
			.selection = query_column_text(query, 4),
		};
		if (!sqlite_is_within(row.event, MOST_EVENT))
			return row_is_damaged(store, "selection", row.id, err);
		row.stamp = sqlite_stamp_of_event(row.event);
		if (!visit(&row, context))
			return true;
	}
}

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
static bool load_open(struct sqlite *store, refresh_visit *visit, void *context, bool *wants_more,
	struct error *err)
{
	USED_QUERY query = sqlite_query(store, QUERY_LOAD_OPEN,
		"SELECT {refresh} FROM refresh INDEXED BY refresh_open WHERE state < 5 ORDER BY "
		"refresh.id",
		err);
	USED_QUERY cause_query = sqlite_query(store, QUERY_LOAD_CAUSES,
		"SELECT {cause} FROM refresh INDEXED BY refresh_open"
		" CROSS JOIN cause ON cause.refresh = refresh.id"
		" WHERE state < 5 ORDER BY refresh.id, cause.event, cause.rule",
		err);
	OWNED_CAUSES struct causes causes;
	struct cause_walk walk = { .query = cause_query };
	struct refresh_row row;
	bool has_row;

	causes_init(&causes);
	if (!query || !cause_query ||
		!query_next(store, cause_query, "load causes", &walk.has_row, err))
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
static bool load_recent(
	struct sqlite *store, refresh_visit *visit, void *context, struct error *err)
{
	USED_QUERY query = sqlite_query(store, QUERY_LOAD_RECENT,
		"SELECT {refresh} FROM refresh WHERE id > (SELECT max(id) - 4000 FROM refresh) AND "
		"state >= 5 AND"
		" job_id <> '' ORDER BY id",
		err);

	return query && visit_rows(store, query, visit, context, err);
}

static bool load_succeeded(struct sqlite *store, struct wall since, refresh_visit *visit,
	void *context, struct error *err)
{
	USED_QUERY query = sqlite_query(store, QUERY_LOAD_SUCCEEDED,
		"SELECT {refresh} FROM refresh WHERE id IN (SELECT refresh FROM latest)"
		" AND ended_at >= ?1",
		err);

	if (!query)
		return false;
	query_bind_time(query, 1, since);
	return visit_rows(store, query, visit, context, err);
}

bool sqlite_load_refreshes(struct store *base, struct wall since, refresh_visit *visit,
	void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	bool wants_more;

	return load_open(store, visit, context, &wants_more, err) &&
	       (!wants_more || (load_recent(store, visit, context, err) &&
				       load_succeeded(store, since, visit, context, err)));
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
