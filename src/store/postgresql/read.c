/*
 * store/postgresql/read.c - lists and single rows, for the API and the command line.
 *
 * As with SQLite, there are indexes for events of one dbt job or run, events since a time, open
 * refreshes, and refreshes of one event; any other filter reads from the newest down. Refreshes
 * are ordered by their creation: each node gives ids from a range of its own.
 */
#include "content/kind.h"
#include "store/postgresql/postgresql.h"
#include <string.h>

/* ---- events ---- */

static bool visit_events(struct postgresql *store, const PGresult *result, event_visit *visit,
	void *context, struct error *err)
{
	for (int i = 0; i < PQntuples(result); i++) {
		struct event_row row = { 0 };

		if (!value_record(store, result, i, "event", event_members, &row, err))
			return false;
		if (!visit(&row, context))
			break;
	}
	return true;
}

#define EVENT_TABLES "event LEFT JOIN ruleset ON ruleset.id = event.ruleset "

bool postgresql_list_events(struct store *base, const struct store_filter *filter,
	event_visit *visit, void *context, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, filter->before);
	parameters_add_number(&given, filter->limit);
	parameters_add_text(&given, filter->source);
	parameters_add_text(&given, filter->outcome);
	parameters_add_text(&given, filter->job_id);
	parameters_add_text(&given, filter->run_id);
	parameters_add_text(&given, filter->rule);
	parameters_add_number(&given, filter->since.us ? filter->since.us : INT64_MIN);
	OWNED_RESULT result = statement_run(store,
		"SELECT {event} FROM " EVENT_TABLES "WHERE event.id < $1 AND received_at >= $8"
		" AND ($3::text IS NULL OR source = $3) AND ($4::text IS NULL OR outcome = $4)"
		" AND ($5::text IS NULL OR job_id = $5) AND ($6::text IS NULL OR run_id = $6)"
		" AND ($7::text IS NULL OR EXISTS (SELECT 1 FROM"
		" json_array_elements_text(matched::json) AS name WHERE name = $7))"
		" ORDER BY event.id DESC LIMIT $2",
		&given, "read events", err);
	return result && visit_events(store, result, visit, context, err);
}

bool postgresql_find_event(struct store *base, int64_t id, event_visit *visit, void *context,
	bool *found, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, id);
	OWNED_RESULT result =
		statement_run(store, "SELECT {event} FROM " EVENT_TABLES "WHERE event.id = $1",
			&given, "read an event", err);
	if (!result)
		return false;
	*found = PQntuples(result) > 0;
	return visit_events(store, result, visit, context, err);
}

/* ---- refreshes ---- */

/* The column is among {refresh}: the first. */
static int64_t *ids_of(const PGresult *result)
{
	int count = PQntuples(result);
	int64_t *ids = mem_alloc(((size_t)count + 1) * sizeof *ids);

	for (int i = 0; i < count; i++)
		ids[i] = value_number(result, i, 0);
	return ids;
}

/* The causes of all these refreshes, in the order of refreshes' ids. */
static PGresult *causes_of(struct postgresql *store, const PGresult *refreshes, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };
	OWNED_MEMORY int64_t *ids = ids_of(refreshes);

	parameters_add_numbers(&given, ids, (size_t)PQntuples(refreshes));
	return statement_run(store,
		"SELECT {cause} FROM cause WHERE refresh = ANY($1) ORDER BY refresh, event, rule",
		&given, "read causes", err);
}

/* Where the causes of a refresh begin: the first row that is not of a lower one. */
static int first_cause(const PGresult *causes, int64_t refresh)
{
	int low = 0, high = PQntuples(causes);

	while (low < high) {
		int middle = low + (high - low) / 2;

		if (value_number(causes, middle, 0) < refresh)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* *rows is grown, and holds *count causes of the refresh. */
static bool read_causes(struct postgresql *store, const PGresult *causes, int64_t refresh,
	struct cause_row **rows, size_t *capacity, size_t *count, struct error *err)
{
	*count = 0;
	for (int i = first_cause(causes, refresh);
		i < PQntuples(causes) && value_number(causes, i, 0) == refresh; i++) {
		mem_grow(rows, capacity, *count);
		(*rows)[*count] = (struct cause_row){ 0 };
		if (!value_record(store, causes, i, "a cause of refresh", cause_members,
			    &(*rows)[(*count)++], err))
			return false;
	}
	return true;
}

bool postgresql_visit_refreshes(struct postgresql *store, const PGresult *result,
	refresh_visit *visit, void *context, bool *goes_on, struct error *err)
{
	OWNED_RESULT causes = causes_of(store, result, err);
	OWNED_MEMORY struct cause_row *rows = NULL;
	size_t capacity = 0, count;

	*goes_on = true;
	if (!causes)
		return false;
	for (int i = 0; *goes_on && i < PQntuples(result); i++) {
		struct refresh_row row = { 0 };

		if (!value_record(store, result, i, "refresh", refresh_members, &row, err) ||
			!read_causes(store, causes, row.id, &rows, &capacity, &count, err))
			return false;
		*goes_on = visit(&row, rows, count, context);
	}
	return true;
}

/* The row of the cursor may be pruned meanwhile; then ids must do. */
#define AFTER_CURSOR                                                                               \
	"(created_at, id) < (coalesce((SELECT mark.created_at FROM refresh AS mark"                \
	" WHERE mark.id = $1), 9223372036854775807), $1)"                                          \
	" AND (id < $1 OR EXISTS (SELECT 1 FROM refresh AS mark WHERE mark.id = $1))"

bool postgresql_list_refreshes(struct store *base, const struct store_filter *filter,
	refresh_visit *visit, void *context, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	OWNED_PARAMETERS struct parameters given = { 0 };
	enum refresh_state state = REFRESH_EXPIRED;
	bool wants_open = text_is(filter->state, "open"), goes_on;

	parameters_add_number(&given, filter->before);
	parameters_add_number(&given, filter->limit);
	parameters_add_text(&given, filter->site);
	if (filter->kind)
		parameters_add_number(&given, kind_of(filter->kind));
	else
		parameters_add_no_number(&given);
	/* the store has checked that it is one */
	if (filter->state && !wants_open && refresh_state_of(filter->state, &state))
		parameters_add_number(&given, state);
	else
		parameters_add_no_number(&given);
	parameters_add_text(&given, filter->content);
	parameters_add_number(&given, filter->event);
	OWNED_RESULT result = statement_run(store,
		wants_open || (filter->state && refresh_state_is_open(state))
			? "SELECT {refresh} FROM refresh WHERE state < 5 AND " AFTER_CURSOR
			  " AND ($3::text IS NULL OR site = $3) AND ($4::bigint IS NULL OR kind = "
			  "$4)"
			  " AND ($5::bigint IS NULL OR state = $5)"
			  " AND ($6::text IS NULL OR luid = $6 OR name = $6) AND ($7 = 0 OR id IN"
			  " (SELECT cause.refresh FROM cause WHERE cause.event = $7))"
			  " ORDER BY created_at DESC, id DESC LIMIT $2"
			: "SELECT {refresh} FROM refresh WHERE " AFTER_CURSOR
			  " AND ($3::text IS NULL OR site = $3) AND ($4::bigint IS NULL OR kind = "
			  "$4)"
			  " AND ($5::bigint IS NULL OR state = $5)"
			  " AND ($6::text IS NULL OR luid = $6 OR name = $6) AND ($7 = 0 OR id IN"
			  " (SELECT cause.refresh FROM cause WHERE cause.event = $7))"
			  " ORDER BY created_at DESC, id DESC LIMIT $2",
		&given, "read refreshes", err);
	return result && postgresql_visit_refreshes(store, result, visit, context, &goes_on, err);
}

bool postgresql_find_refresh(struct store *base, int64_t id, refresh_visit *visit, void *context,
	bool *found, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	OWNED_PARAMETERS struct parameters given = { 0 };
	bool goes_on;

	parameters_add_number(&given, id);
	OWNED_RESULT result = statement_run(store, "SELECT {refresh} FROM refresh WHERE id = $1",
		&given, "read a refresh", err);
	if (!result)
		return false;
	*found = PQntuples(result) > 0;
	return postgresql_visit_refreshes(store, result, visit, context, &goes_on, err);
}

/* ---- of one event ---- */

bool postgresql_refreshes_of_event(struct store *base, int64_t event, struct arena *arena,
	const int64_t **ids, size_t *count, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, event);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"SELECT DISTINCT refresh FROM cause WHERE event = $1 ORDER BY refresh", &given,
		"read an event's refreshes", err);
	if (!result)
		return false;
	*count = (size_t)PQntuples(result);
	int64_t *kept = arena_array(arena, int64_t, *count + 1);
	for (size_t i = 0; i < *count; i++)
		kept[i] = value_number(result, (int)i, 0);
	*ids = kept;
	return true;
}

bool postgresql_open_selections_of_event(
	struct store *base, int64_t event, int64_t *count, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	*count = 0;
	/* A stranger may ask for any number. */
	if (event < 0 || event >= INT64_MAX >> SELECTION_BITS)
		return true;
	parameters_add_number(&given, event << SELECTION_BITS);
	parameters_add_number(&given, (event + 1) << SELECTION_BITS);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"SELECT count(*) FROM selection WHERE id >= $1 AND id < $2", &given,
		"count selections", err);
	if (!result)
		return false;
	*count = value_number(result, 0, 0);
	return true;
}
