/*
 * store/sqlite/prune.c - deletes what ended longer ago than `history`.
 *
 * A refresh is deleted with its causes. An event is deleted when it is older than the limit and
 * nothing refers to it any more: no waiting selection and no refresh. In small portions, because
 * intake waits for the same thread.
 */
#include "store/sqlite/sqlite.h"
#include <stdio.h>

/* Ids are never given twice, so the highest is stored before its row is deleted. */
static bool keep_last_ids(struct sqlite *store, struct error *err)
{
	USED_QUERY query = sqlite_query(store, QUERY_PRUNE_MARKS,
		"UPDATE meta SET value = max(value, CASE name WHEN 'last_event' THEN ?1"
		" ELSE coalesce((SELECT max(id) FROM refresh), 0) END)"
		" WHERE name IN ('last_event', 'last_refresh')",
		err);

	if (!query)
		return false;
	query_bind_number(query, 1, store->last_event);
	return query_run(store, query, "write the last ids down", err);
}

/* Runs a statement whose parameters are the limit in time and in number. */
static bool prune_with(struct sqlite *store, sqlite3_stmt *query, struct wall before, int64_t most,
	struct error *err)
{
	if (!query)
		return false;
	query_bind_time(query, 1, before);
	query_bind_number(query, 2, most);
	return query_run(store, query, "prune", err);
}

/* Each statement below uses the same rows. */
#define OLD_REFRESHES                                                                              \
	"(SELECT id FROM refresh INDEXED BY refresh_ended WHERE state >= 5 AND ended_at < ?1"      \
	" ORDER BY ended_at, id LIMIT ?2)"

static bool prune_refreshes(
	struct sqlite *store, struct wall before, int64_t most, int64_t *deleted, struct error *err)
{
	USED_QUERY causes = sqlite_query(store, QUERY_PRUNE_CAUSES,
		"DELETE FROM cause WHERE refresh IN " OLD_REFRESHES, err);
	if (!prune_with(store, causes, before, most, err))
		return false;

	USED_QUERY latest = sqlite_query(store, QUERY_PRUNE_LATEST,
		"DELETE FROM latest WHERE refresh IN " OLD_REFRESHES, err);
	if (!prune_with(store, latest, before, most, err))
		return false;

	USED_QUERY refreshes = sqlite_query(store, QUERY_PRUNE_REFRESHES,
		"DELETE FROM refresh WHERE id IN " OLD_REFRESHES, err);
	if (!prune_with(store, refreshes, before, most, err))
		return false;
	*deleted = sqlite3_changes64(store->database);
	return true;
}

/* Deletes old commands and copies, and parts of budgets more than a day older than the youngest
 * part, which needs no clock. */
static bool prune_notes(struct sqlite *store, struct wall before, int64_t most, struct error *err)
{
	USED_QUERY commands = sqlite_query(store, QUERY_PRUNE_COMMANDS,
		"DELETE FROM command WHERE id IN (SELECT id FROM command WHERE at < ?1 LIMIT ?2)",
		err);
	if (!prune_with(store, commands, before, most, err))
		return false;

	USED_QUERY copies = sqlite_query(store, QUERY_PRUNE_COPIES,
		"DELETE FROM copy WHERE restored_at > 0 AND restored_at < ?1", err);
	if (!copies)
		return false;
	query_bind_time(copies, 1, before);
	if (!query_run(store, copies, "prune", err))
		return false;

	USED_QUERY spent = sqlite_query(store, QUERY_PRUNE_SPENT,
		"DELETE FROM spent WHERE at < (SELECT max(at) FROM spent) - 90000000000", err);
	return spent && query_run(store, spent, "prune", err);
}

static bool prune_events(
	struct sqlite *store, struct wall before, int64_t most, int64_t *deleted, struct error *err)
{
	_Static_assert(SELECTION_BITS == 20, "in the statement below");
	USED_QUERY events = sqlite_query(store, QUERY_PRUNE_EVENTS,
		"DELETE FROM event WHERE id IN"
		" (SELECT id FROM event AS old INDEXED BY event_received WHERE received_at < ?1"
		" AND NOT EXISTS (SELECT 1 FROM selection"
		" WHERE selection.id >= old.id << 20 AND selection.id < (old.id + 1) << 20)"
		" AND NOT EXISTS (SELECT 1 FROM cause WHERE cause.event = old.id)"
		" ORDER BY received_at LIMIT ?2)",
		err);

	if (!prune_with(store, events, before, most, err))
		return false;
	*deleted = sqlite3_changes64(store->database);
	return true;
}

bool sqlite_prune(
	struct store *base, struct wall before, int most, int64_t *deleted, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	int64_t refreshes = 0, events = 0;

	if (!sqlite_is_writing(store, "prune", err))
		return false;
	/* A negative LIMIT would mean no limit. */
	if (most > 0 && (!keep_last_ids(store, err) || !prune_notes(store, before, most, err) ||
				!prune_refreshes(store, before, most, &refreshes, err) ||
				!prune_events(store, before, most - refreshes, &events, err)))
		return false;
	*deleted = refreshes + events;
	return true;
}

/* ---- disk that is given back ---- */

/* What is deleted in one hour is needed in the next: of so many pages, one may be free. */
#define KEPT_FREE 16

bool sqlite_give_back(struct store *base, int most, bool *is_more, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	static const char what[] = "give disk back";
	int64_t mode, free_pages, pages;
	char sql[64]; /* the pragma and a number */

	*is_more = false;
	if (!sqlite_is_writing(store, what, err) ||
		!sqlite_number(store, "PRAGMA auto_vacuum", what, &mode, err) ||
		!sqlite_number(store, "PRAGMA freelist_count", what, &free_pages, err) ||
		!sqlite_number(store, "PRAGMA page_count", what, &pages, err))
		return false;
	/* 2: incremental. A database of an older release is 0 (open.c). */
	if (mode != 2 || free_pages <= pages / KEPT_FREE)
		return true;
	snprintf(sql, sizeof sql, "PRAGMA incremental_vacuum(%d)", most);
	if (sqlite3_exec(store->database, sql, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_fail(store, what, err);
	*is_more = true;
	return place_promise_size(store, err);
}
