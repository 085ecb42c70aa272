/*
 * store/postgresql/load.c - the rows that the dispatcher needs at a start, a page at a time, so
 * that neither side holds all of a hundred thousand.
 */
#include "store/postgresql/postgresql.h"
#include <stdio.h>

#define PAGE 1000
#define PAGE_TEXT "1000"

/* ---- selections ---- */

/* The last row of a page; the next page begins after it. */
struct selection_mark {
	int64_t selection, subject;
};

bool postgresql_visit_selected(struct postgresql *store, const PGresult *page, int i,
	selected_visit *visit, void *context, bool *goes_on, struct error *err)
{
	OWNED(arena) arena = arena_new();
	int64_t event = value_number(page, i, 0);
	size_t ignored; /* as many positions as ids */
	struct selected_row row = { .event = event,
		.stamp = postgresql_stamp_of_event(event),
		.is_from_copy = event <= store->last_copied,
		.received_at = value_time(page, i, 3),
		.finished_at = value_time(page, i, 4),
		.selections = value_text(page, i, 5),
		.is_replay = !strcmp(value_text(page, i, 6), "replay") };

	if (event < 0 || event > MOST_EVENT)
		return value_is_damaged(store, "selection of event", event, err);
	row.ids = value_numbers(page, i, 1, arena, &row.count);
	row.positions = value_numbers(page, i, 2, arena, &ignored);
	*goes_on = visit(&row, context);
	return true;
}

/*
 * `chosen` has a selection and what each is of (its subject), and orders by both; $1 and $2 are the
 * mark, $3 and $4 are given by the caller: a refresh or 0, a site or NULL.
 */
#define SELECTED(chosen)                                                                           \
	"SELECT event, subjects, positions, received_at, finished_at, selections, outcome, last,"  \
	" subject"                                                                                 \
	" FROM (SELECT selection >> 20 AS event,"                                                  \
	" array_agg(subject ORDER BY selection, subject) AS subjects,"                             \
	" array_agg(selection & 1048575 ORDER BY selection, subject) AS positions,"                \
	" max(selection) AS last,"                                                                 \
	" (array_agg(subject ORDER BY selection DESC, subject DESC))[1] AS subject"                \
	" FROM (" chosen " ORDER BY 1, 2 LIMIT " PAGE_TEXT ") AS page GROUP BY 1) AS grouped"      \
	" LEFT JOIN event ON event.id = grouped.event ORDER BY grouped.event"

static bool load_selected(struct postgresql *store, const char *sql, int64_t of, const char *site,
	selected_visit *visit, void *context, struct error *err)
{
	struct selection_mark mark = { INT64_MIN, INT64_MIN };
	bool goes_on = true;

	_Static_assert(SELECTION_BITS == 20, "in the statement above");
	while (goes_on) {
		OWNED_PARAMETERS struct parameters given = { 0 };

		parameters_add_number(&given, mark.selection);
		parameters_add_number(&given, mark.subject);
		parameters_add_number(&given, of);
		parameters_add_text(&given, site);
		OWNED_RESULT page = statement_run(store, sql, &given, "load selections", err);
		int count = page ? PQntuples(page) : 0;
		if (!count)
			return page;
		for (int i = 0; goes_on && i < count; i++)
			if (!postgresql_visit_selected(
				    store, page, i, visit, context, &goes_on, err))
				return false;
		mark.selection = value_number(page, count - 1, 7);
		mark.subject = value_number(page, count - 1, 8);
	}
	return true;
}

bool postgresql_load_open_selections(struct store *base, const char *site, selected_visit *visit,
	void *context, struct error *err)
{
	return load_selected(postgresql_of(base),
		SELECTED("SELECT id AS selection, id AS subject FROM selection"
			 " WHERE (id, id) > ($1, $2) AND $3 = 0 AND ($4 IS NULL OR site = $4)"),
		0, site, visit, context, err);
}

bool postgresql_load_namings(struct store *base, const char *site, int64_t refresh,
	selected_visit *visit, void *context, struct error *err)
{
	return load_selected(postgresql_of(base),
		refresh ? SELECTED("SELECT selection, refresh AS subject FROM cause"
				   " WHERE refresh = $3 AND selection <> 0"
				   " AND (selection, refresh) > ($1, $2) AND $4 IS NULL")
			: SELECTED("SELECT selection, refresh AS subject FROM refresh"
				   " JOIN cause ON cause.refresh = refresh.id"
				   " WHERE state < 5 AND selection <> 0 AND $3 = 0"
				   " AND ($4 IS NULL OR site = $4)"
				   " AND (selection, cause.refresh) > ($1, $2)"),
		refresh, site, visit, context, err);
}

/* ---- refreshes ---- */

static bool load_open(struct postgresql *store, const char *site, refresh_visit *visit,
	void *context, bool *goes_on, struct error *err)
{
	int64_t last = 0;

	*goes_on = true;
	while (*goes_on) {
		OWNED_PARAMETERS struct parameters given = { 0 };

		parameters_add_number(&given, last);
		parameters_add_text(&given, site);
		OWNED_RESULT page = statement_run(store,
			"SELECT {refresh} FROM refresh WHERE state < 5 AND id > $1"
			" AND ($2 IS NULL OR site = $2) ORDER BY id LIMIT " PAGE_TEXT,
			&given, "load refreshes", err);
		int count = page ? PQntuples(page) : 0;
		if (!count)
			return page;
		if (!postgresql_visit_refreshes(store, page, visit, context, goes_on, err))
			return false;
		last = value_number(page, count - 1, 0);
	}
	return true;
}

/* Lends each row to the visitor, without its causes. */
static bool visit_rows(struct postgresql *store, const PGresult *result, refresh_visit *visit,
	void *context, bool *goes_on, struct error *err)
{
	for (int i = 0; *goes_on && i < PQntuples(result); i++) {
		struct refresh_row row = { 0 };

		if (!value_record(store, result, i, "refresh", refresh_members, &row, err))
			return false;
		*goes_on = visit(&row, NULL, 0, context);
	}
	return true;
}

/* The youngest refreshes with a job, oldest first, so that none of their jobs is taken for the job
 * of a request with an unknown outcome. */
static bool load_recent(struct postgresql *store, const char *site, refresh_visit *visit,
	void *context, bool *goes_on, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, site);
	OWNED_RESULT result = statement_run(store,
		"SELECT {refresh} FROM (SELECT * FROM refresh WHERE state >= 5 AND job_id <> ''"
		" AND ($1 IS NULL OR site = $1)"
		" ORDER BY ended_at DESC LIMIT 2000) AS refresh ORDER BY created_at, id",
		&given, "load refreshes", err);

	return result && visit_rows(store, result, visit, context, goes_on, err);
}

static bool load_succeeded(struct postgresql *store, const char *site, struct wall since,
	refresh_visit *visit, void *context, bool *goes_on, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_time(&given, since);
	parameters_add_text(&given, site);
	OWNED_RESULT result = statement_run(store,
		"SELECT {refresh} FROM refresh WHERE id IN (SELECT refresh FROM latest)"
		" AND ended_at >= $1 AND ($2 IS NULL OR site = $2) ORDER BY id",
		&given, "load refreshes", err);
	return result && visit_rows(store, result, visit, context, goes_on, err);
}

bool postgresql_load_refreshes(struct store *base, const char *site, struct wall since,
	refresh_visit *visit, void *context, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	bool goes_on;

	return load_open(store, site, visit, context, &goes_on, err) &&
	       (!goes_on || load_recent(store, site, visit, context, &goes_on, err)) &&
	       (!goes_on || load_succeeded(store, site, since, visit, context, &goes_on, err));
}

/* ---- ids ---- */

int64_t postgresql_last_stamp(const struct store *base)
{
	return postgresql_of(base)->last_stamp;
}

/* So many ids are reserved at a time; half of them are even. */
#define REFRESH_IDS ((int64_t)1 << 28)

bool postgresql_take_refresh_ids(struct store *base, struct refresh_ids *ids, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, REFRESH_IDS);
	OWNED_RESULT result = statement_run(store,
		"UPDATE meta SET value = value + $1 WHERE name = 'next_refresh'"
		" RETURNING value - $1",
		&given, "reserve ids of refreshes", err);
	if (!result)
		return false;
	int64_t first = PQntuples(result) ? value_number(result, 0, 0) : -1;
	if (first < 0 || first > RECORD_MOST_COUNT || first % 2)
		return value_is_damaged(store, "meta: next_refresh", first, err);
	*ids = (struct refresh_ids){ first, first + REFRESH_IDS - 2 };
	return true;
}
