/*
 * store/sqlite/read.c - lists and single rows, for the API and the command line.
 *
 * Lists are newest first, by id. With a filter that few rows pass, reading goes on until `limit`
 * rows have passed: an index for every filter would cost each event more than it saves a rare
 * query. There are indexes for events of one dbt job or run, events since a time, open refreshes,
 * and refreshes of one event.
 */
#include "store/sqlite/sqlite.h"

/* ---- events ---- */

static bool visit_events(struct sqlite *store, sqlite3_stmt *query, event_visit *visit,
	void *context, struct error *err)
{
	struct event_row row;
	bool has_row;

	for (;;) {
		if (!query_next(store, query, "read events", &has_row, err))
			return false;
		if (!has_row)
			return true;

		if (!row_of_event(store, query, &row, err))
			return false;
		if (!visit(&row, context))
			return true;
	}
}

/*
 * Parsing each row's list of rule names is slow, so its text is first searched for the part of the
 * name that JSON does not escape. A list that is damaged names nothing, and fails no other row.
 */
#define EVENT_LIST                                                                                 \
	"SELECT {event} FROM " EVENT_TABLES                                                        \
	"WHERE event.id < ?1 AND event.id >= ?9 AND +received_at >= ?10 AND (?3 IS NULL OR "       \
	"source = ?3) AND (?4 IS NULL OR outcome = ?4)"                                            \
	" AND (?7 IS NULL OR (instr(matched, ?8) AND EXISTS (SELECT 1 FROM json_each("             \
	"CASE WHEN json_valid(matched) THEN matched ELSE '[]' END) WHERE json_each.value = ?7)))"
#define NEWEST_FIRST " ORDER BY event.id DESC LIMIT ?2"
#define IS_OF_JOB "job_id = ?5"
#define IS_OF_RUN "run_id = ?6"

static sqlite3_stmt *choose_events(
	struct sqlite *store, const struct store_filter *filter, struct error *err)
{
	if (filter->run_id)
		return sqlite_query(store, QUERY_LIST_EVENTS_OF_RUN,
			EVENT_LIST " AND " IS_OF_RUN " AND (?5 IS NULL OR " IS_OF_JOB
				   ")" NEWEST_FIRST,
			err);
	if (filter->job_id)
		return sqlite_query(store, QUERY_LIST_EVENTS_OF_JOB,
			EVENT_LIST " AND " IS_OF_JOB NEWEST_FIRST, err);
	return sqlite_query(store, QUERY_LIST_EVENTS, EVENT_LIST NEWEST_FIRST, err);
}

/* Binds the beginning of the name, up to a character that JSON escapes. */
static void bind_plain_start(sqlite3_stmt *query, int index, const char *name)
{
	size_t length = 0;

	if (!name)
		return;
	while ((unsigned char)name[length] >= 0x20 && name[length] != '"' && name[length] != '\\' &&
		name[length] != '/' && (unsigned char)name[length] < 0x7f)
		length++;
	/* the step reports a failure */
	IGNORE(sqlite3_bind_text(query, index, name, (int)length, SQLITE_STATIC));
}

/*
 * *first: the lowest id of the events since filter->since, 1 without it. Clocks step, so ids alone
 * do not follow from times; the index of times is read over the wanted span only, and once for all
 * pages of a list: younger events have higher ids.
 */
static bool find_first(
	struct sqlite *store, const struct store_filter *filter, int64_t *first, struct error *err)
{
	*first = 1;
	if (!wall_is_set(filter->since))
		return true;
	if (filter->since.us == store->since.us) {
		*first = store->first_since;
		return true;
	}
	USED_QUERY query = sqlite_query(store, QUERY_FIRST_SINCE,
		"SELECT coalesce(min(id), 0) FROM event INDEXED BY event_received WHERE"
		" received_at >= ?1",
		err);
	if (!query)
		return false;
	query_bind_number(query, 1, filter->since.us);
	if (!query_number(store, query, "find the first event since a time", first, err))
		return false;
	if (*first) {
		store->since = filter->since;
		store->first_since = *first;
	} else {
		*first = INT64_MAX;
	}
	return true;
}

bool sqlite_list_events(struct store *base, const struct store_filter *filter, event_visit *visit,
	void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	int64_t first;
	USED_QUERY query = choose_events(store, filter, err);

	if (!query || !find_first(store, filter, &first, err))
		return false;
	query_bind_number(query, 1, filter->before);
	query_bind_number(query, 2, filter->limit);
	query_bind_optional(query, 3, filter->source);
	query_bind_optional(query, 4, filter->outcome);
	query_bind_optional(query, 5, filter->job_id);
	query_bind_optional(query, 6, filter->run_id);
	query_bind_optional(query, 7, filter->rule);
	bind_plain_start(query, 8, filter->rule);
	query_bind_number(query, 9, first);
	query_bind_number(query, 10, filter->since.us ? filter->since.us : INT64_MIN);
	return visit_events(store, query, visit, context, err);
}

bool sqlite_find_event(struct store *base, int64_t id, event_visit *visit, void *context,
	bool *found, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	USED_QUERY query = sqlite_query(store, QUERY_FIND_EVENT,
		"SELECT {event} FROM " EVENT_TABLES "WHERE event.id = ?1", err);
	bool has_row;

	if (!query)
		return false;
	query_bind_number(query, 1, id);
	if (!query_next(store, query, "read an event", &has_row, err))
		return false;
	if (has_row) {
		struct event_row row;

		if (!row_of_event(store, query, &row, err))
			return false;
		IGNORE(visit(&row, context)); /* one row: nothing to stop */
	}
	*found = has_row;
	return true;
}

/* ---- refreshes ---- */

static bool read_causes(
	struct sqlite *store, int64_t refresh, struct causes *causes, struct error *err)
{
	USED_QUERY query = sqlite_query(store, QUERY_CAUSES,
		"SELECT {cause} FROM cause WHERE refresh = ?1 ORDER BY event, rule", err);
	bool has_row;

	if (!query)
		return false;
	query_bind_number(query, 1, refresh);
	causes_reset(causes);
	for (;;) {
		if (!query_next(store, query, "read causes", &has_row, err))
			return false;
		if (!has_row)
			return true;
		if (!causes_add(store, causes, query, err))
			return false;
	}
}

/* Adds to `*visited`, which may be NULL. */
static bool visit_refreshes(struct sqlite *store, sqlite3_stmt *query, refresh_visit *visit,
	void *context, int64_t *visited, struct error *err)
{
	OWNED_CAUSES struct causes causes;
	struct refresh_row row;
	bool has_row;

	causes_init(&causes);
	for (;;) {
		if (!query_next(store, query, "read refreshes", &has_row, err))
			return false;
		if (!has_row)
			return true;
		if (!row_of_refresh(store, query, &row, err) ||
			!read_causes(store, row.id, &causes, err))
			return false;
		if (visited)
			++*visited;
		if (!visit(&row, causes_rows(&causes), causes.count, context))
			return true;
	}
}

#define REFRESH_FILTER                                                                             \
	"refresh.id < ?1 AND (?3 IS NULL OR site = ?3) AND (?4 IS NULL OR kind = ?4)"              \
	" AND (?5 IS NULL OR state = ?5) AND (?6 IS NULL OR luid = ?6 OR refresh.name = ?6)"

/* ?7 is the event; "state < 5" must be written as in the index's condition (schema.c). */
static sqlite3_stmt *choose_list(
	struct sqlite *store, const struct store_filter *filter, bool is_open, struct error *err)
{
	if (filter->event)
		return sqlite_query(store, QUERY_LIST_REFRESHES_OF_EVENT,
			"SELECT {refresh} FROM refresh WHERE " REFRESH_FILTER
			" AND (NOT ?8 OR state < 5)"
			" AND refresh.id IN (SELECT cause.refresh FROM cause WHERE cause.event ="
			" ?7) ORDER BY refresh.id DESC LIMIT ?2",
			err);
	if (is_open)
		return sqlite_query(store, QUERY_LIST_OPEN_REFRESHES,
			"SELECT {refresh} FROM refresh INDEXED BY refresh_open WHERE"
			" state < 5 AND " REFRESH_FILTER " ORDER BY refresh.id DESC LIMIT ?2",
			err);
	return sqlite_query(store, QUERY_LIST_REFRESHES,
		"SELECT {refresh} FROM refresh WHERE " REFRESH_FILTER
		" ORDER BY refresh.id DESC LIMIT ?2",
		err);
}

bool sqlite_list_refreshes(struct store *base, const struct store_filter *filter,
	refresh_visit *visit, void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	bool wants_open = text_is(filter->state, "open");
	enum refresh_state state = REFRESH_EXPIRED;
	enum content_kind kind = filter->kind ? kind_of(filter->kind) : CONTENT_WORKBOOK;

	if (filter->state && !wants_open)
		IGNORE(refresh_state_of(filter->state, &state)); /* known to be a state */

	USED_QUERY query =
		choose_list(store, filter, wants_open || refresh_state_is_open(state), err);
	if (!query)
		return false;
	query_bind_number(query, 1, filter->before);
	query_bind_number(query, 2, filter->limit);
	query_bind_optional(query, 3, filter->site);
	if (filter->kind)
		query_bind_number(query, 4, kind);
	if (filter->state && !wants_open)
		query_bind_number(query, 5, state);
	query_bind_optional(query, 6, filter->content);
	if (filter->event) {
		query_bind_number(query, 7, filter->event);
		query_bind_number(query, 8, wants_open);
	}
	return visit_refreshes(store, query, visit, context, NULL, err);
}

bool sqlite_find_refresh(struct store *base, int64_t id, refresh_visit *visit, void *context,
	bool *found, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	USED_QUERY query = sqlite_query(
		store, QUERY_FIND_REFRESH, "SELECT {refresh} FROM refresh WHERE id = ?1", err);
	int64_t visited = 0;

	if (!query)
		return false;
	query_bind_number(query, 1, id);
	if (!visit_refreshes(store, query, visit, context, &visited, err))
		return false;
	*found = visited > 0;
	return true;
}

/* ---- of one event ---- */

bool sqlite_refreshes_of_event(struct store *base, int64_t event, struct arena *arena,
	const int64_t **ids, size_t *count, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	USED_QUERY query = sqlite_query(store, QUERY_REFRESHES_OF_EVENT,
		"SELECT DISTINCT refresh FROM cause WHERE event = ?1 ORDER BY refresh", err);
	OWNED_MEMORY int64_t *found = NULL;
	size_t found_count = 0, capacity = 0;
	bool has_row;

	if (!query)
		return false;
	query_bind_number(query, 1, event);
	for (;;) {
		if (!query_next(store, query, "read an event's refreshes", &has_row, err))
			return false;
		if (!has_row)
			break;
		mem_grow(&found, &capacity, found_count);
		found[found_count++] = sqlite3_column_int64(query, 0);
	}

	int64_t *kept = arena_array(arena, int64_t, found_count);
	if (found_count)
		memcpy(kept, found, found_count * sizeof *kept);
	*ids = kept;
	*count = found_count;
	return true;
}

bool sqlite_open_selections_of_event(
	struct store *base, int64_t event, int64_t *count, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	USED_QUERY query = sqlite_query(store, QUERY_COUNT_OPEN_SELECTIONS,
		"SELECT count(*) FROM selection WHERE id >= ?1 AND id < ?2", err);

	if (!query)
		return false;
	/* A stranger may ask for any number. */
	if (event < 0 || event >= INT64_MAX >> SELECTION_BITS) {
		*count = 0;
		return true;
	}
	query_bind_number(query, 1, event << SELECTION_BITS);
	query_bind_number(query, 2, (event + 1) << SELECTION_BITS);
	return query_number(store, query, "count selections", count, err);
}
