/*
 * store/sqlite/write.c - the writes of the journal's thread, inside a transaction.
 */
#include "base/thread.h"
#include "store/sqlite/sqlite.h"
#include <stdio.h>

/*
 * The deliveries of a commit that was told as failed were answered 503 and come again: as repeats
 * of events on which nobody acts before the next start. So its events are removed. What else it
 * recorded is written again by those who heard that it failed.
 */
static bool take_back(struct sqlite *store, struct error *err)
{
	char sql[400]; /* the statements, and six numbers of at most 20 digits */
	long long first = store->first_added, last = store->last_event;

	if (!first)
		return true;
	snprintf(sql, sizeof sql,
		"BEGIN IMMEDIATE;"
		"DELETE FROM selection WHERE id >= %lld << %d AND id < (%lld + 1) << %d;"
		"DELETE FROM command WHERE verb = 'replay' AND result BETWEEN %lld AND %lld;"
		"DELETE FROM event WHERE id BETWEEN %lld AND %lld;"
		"COMMIT",
		first, SELECTION_BITS, last, SELECTION_BITS, first, last, first, last);
	if (sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	store->is_suspect |= (sqlite3_errcode(store->database) & 0xff) == SQLITE_IOERR;
	IGNORE(sqlite_fail(store, "take back what was told as failed", err)); /* see below */
	/* May fail: there is nothing to roll back if BEGIN failed. */
	IGNORE(sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL));
	return false;
}

bool sqlite_begin(struct store *base, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	thread_assert(THREAD_JOURNAL);
	if ((store->is_suspect || !store->database) && !sqlite_renew(store, err))
		return false;
	if (!place_holds(store, err) || (store->is_told_as_failed && !take_back(store, err)))
		return false;
	store->is_told_as_failed = false;
	store->first_added = 0;

	/* IMMEDIATE, so that waiting for a person's shell happens here and not within the
	 * transaction. */
	USED_QUERY query = sqlite_query(store, QUERY_BEGIN, "BEGIN IMMEDIATE", err);
	return query && query_run(store, query, "begin", err);
}

bool sqlite_commit(struct store *base, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	if (!sqlite_is_writing(store, "commit", err))
		return false;

	USED_QUERY query = sqlite_query(store, QUERY_COMMIT, "COMMIT", err);
	int code = query ? sqlite3_step(query) : SQLITE_ERROR;

	if (code == SQLITE_DONE) {
		place_keep_promise(store, true);
		/* durable only if a start would find the files */
		store->is_told_as_failed = !place_holds(store, err);
		return !store->is_told_as_failed;
	}
	if (query)
		IGNORE(sqlite_fail(store, "commit", err)); /* false, which is returned below */
	if ((code & 0xff) == SQLITE_IOERR)
		store->is_suspect = true;
	query_release(&query);
	sqlite_rollback(base);
	return false;
}

void sqlite_rollback(struct store *base)
{
	struct sqlite *store = sqlite_of(base);
	struct error ignored;

	place_keep_promise(store, false);
	/* Forgets an id that this transaction may have interned. */
	free(store->ruleset);
	store->ruleset = NULL;
	/* After some failures SQLite has rolled back by itself. */
	if (!store->database || sqlite3_get_autocommit(store->database))
		return;

	USED_QUERY query = sqlite_query(store, QUERY_ROLLBACK, "ROLLBACK", &ignored);
	if (!query || !query_run(store, query, "roll back", &ignored))
		store->is_suspect = true; /* a new connection begins without the transaction */
}

/* ---- events ---- */

static bool find_ruleset(struct sqlite *store, const char *revision, int64_t *id, struct error *err)
{
	USED_QUERY query = sqlite_query(
		store, QUERY_FIND_RULESET, "SELECT id FROM ruleset WHERE revision = ?1", err);
	bool has_row;

	if (!query)
		return false;
	query_bind_text(query, 1, revision);
	if (!query_next(store, query, "find a ruleset", &has_row, err))
		return false;
	*id = has_row ? sqlite3_column_int64(query, 0) : 0;
	return true;
}

static bool add_ruleset(struct sqlite *store, const char *revision, int64_t *id, struct error *err)
{
	USED_QUERY query = sqlite_query(
		store, QUERY_ADD_RULESET, "INSERT INTO ruleset (revision) VALUES (?1)", err);

	if (!query)
		return false;
	query_bind_text(query, 1, revision);
	if (!query_run(store, query, "add a ruleset", err))
		return false;
	*id = sqlite3_last_insert_rowid(store->database);
	return true;
}

/*
 * Returns a number for the revision, whose 71 bytes would otherwise be in every event. There are
 * few revisions, so they are not pruned.
 */
static bool intern_ruleset(struct sqlite *store, const char *revision, struct error *err)
{
	int64_t id;

	if (store->ruleset && text_is(store->ruleset, revision))
		return true;
	if (!find_ruleset(store, revision, &id, err) ||
		(!id && !add_ruleset(store, revision, &id, err)))
		return false;
	free(store->ruleset);
	store->ruleset = mem_copy_text(revision);
	store->ruleset_id = id;
	return true;
}

/* Finds the event with this mark, and whether it is the same event: a gateway may write one "id"
 * for all. */
static enum added find_duplicate(struct sqlite *store, struct event_row *row, struct error *err)
{
	USED_QUERY query = sqlite_query(store, QUERY_FIND_DUPLICATE,
		"SELECT CASE WHEN source = ?3 AND run_id = ?4 AND type = ?5 THEN id ELSE 0 END"
		" FROM event INDEXED BY event_mark WHERE event_id = ?1 AND webhook_id ="
		" ?2 AND (event_id <> '' OR webhook_id <> '')",
		err);
	int64_t id = 0;

	if (!query)
		return ADDED_FAILED;
	query_bind_text(query, 1, row->event_id);
	query_bind_text(query, 2, row->webhook_id);
	query_bind_text(query, 3, row->source);
	query_bind_text(query, 4, row->run_id);
	query_bind_text(query, 5, row->type);
	if (!query_number(store, query, "find the first delivery", &id, err))
		return ADDED_FAILED;
	if (!id)
		return ADDED_MARK_TAKEN;
	row->id = id;
	return ADDED_DUPLICATE;
}

static bool add_selection(struct sqlite *store, int64_t id, struct error *err)
{
	USED_QUERY query = sqlite_query(
		store, QUERY_ADD_SELECTION, "INSERT INTO selection (id) VALUES (?1)", err);

	if (!query)
		return false;
	query_bind_number(query, 1, id);
	return query_run(store, query, "add a selection", err);
}

static bool insert_event(
	struct sqlite *store, const struct event_row *row, int64_t id, struct error *err)
{
	struct event_row whole = *row;
	USED_QUERY query = sqlite_query(store, QUERY_ADD_EVENT,
		"INSERT INTO event {+event}"
		" ON CONFLICT (event_id, webhook_id) WHERE event_id <> '' OR webhook_id <> ''"
		" DO NOTHING",
		err);

	if (!query)
		return false;
	whole.id = id;
	sqlite_bind_record(query, event_members, &whole);
	if (row->ruleset) /* the ruleset's number */
		query_bind_number(
			query, sqlite3_bind_parameter_index(query, ":ruleset"), store->ruleset_id);
	return query_run(store, query, "add an event", err);
}

enum added sqlite_add_event(
	struct store *base, struct event_row *row, int64_t *selection_ids, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	int64_t id = (store->last_event + 1) | 1;

	if (!sqlite_is_writing(store, "add an event", err))
		return ADDED_FAILED;
	if (row->open_count >= SELECTIONS_PER_EVENT) {
		IGNORE(error_fail(err, ERROR_INPUT, "an event with %zu selections; %zu is the most",
			row->open_count,
			SELECTIONS_PER_EVENT - 1)); /* false, which is returned below */
		return ADDED_FAILED;
	}
	if (row->ruleset && !intern_ruleset(store, row->ruleset, err))
		return ADDED_FAILED;
	if (!insert_event(store, row, id, err))
		return ADDED_FAILED;
	if (!sqlite3_changes64(store->database))
		return find_duplicate(store, row, err);
	/* Kept even if this is rolled back, so that an id is not given twice. */
	store->last_event = id;
	if (!store->first_added)
		store->first_added = id;
	for (size_t i = 0; i < row->open_count; i++) {
		int64_t selection = (id << SELECTION_BITS) + row->open[i];

		if (!add_selection(store, selection, err))
			return ADDED_FAILED;
		if (selection_ids)
			selection_ids[i] = selection;
	}
	row->id = id;
	row->stamp = sqlite_stamp_of_event(id);
	return ADDED_NEW;
}

bool sqlite_end_selection(struct store *base, int64_t selection_id, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	if (!sqlite_is_writing(store, "end a selection", err))
		return false;

	USED_QUERY query = sqlite_query(
		store, QUERY_END_SELECTION, "DELETE FROM selection WHERE id = ?1", err);
	if (!query)
		return false;
	query_bind_number(query, 1, selection_id);
	return query_run(store, query, "end a selection", err);
}

/* ---- refreshes ---- */

/*
 * Which of a content's successes is the latest is decided by evidence, which only grows, and not by
 * a time: clocks can step.
 */
static bool put_latest(struct sqlite *store, const struct refresh_row *row, struct error *err)
{
	USED_QUERY query = sqlite_query(store, QUERY_PUT_LATEST,
		"INSERT INTO latest (site, luid, incremental, evidence, refresh)"
		" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET evidence = ?4, refresh = ?5"
		" WHERE ?4 >= evidence",
		err);
	if (!query)
		return false;
	query_bind_text(query, 1, row->site);
	query_bind_text(query, 2, row->content.luid);
	query_bind_number(query, 3, row->incremental);
	query_bind_number(
		query, 4, row->sent_after + row->seen_waiting_after + row->job_started_at.us);
	query_bind_number(query, 5, row->id);
	return query_run(store, query, "write the latest success", err);
}

bool sqlite_put_refresh(struct store *base, const struct refresh_row *row, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	if (!sqlite_is_writing(store, "write a refresh", err))
		return false;

	USED_QUERY query = sqlite_query(
		store, QUERY_PUT_REFRESH, "INSERT OR REPLACE INTO refresh {+refresh}", err);
	if (!query)
		return false;
	sqlite_bind_record(query, refresh_members, row);
	return query_run(store, query, "write a refresh", err) &&
	       (row->state != REFRESH_SUCCEEDED || put_latest(store, row, err));
}

bool sqlite_put_cause(struct store *base, const struct cause_row *row, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	if (!sqlite_is_writing(store, "write a cause", err))
		return false;

	USED_QUERY query = sqlite_query(store, QUERY_PUT_CAUSE,
		"INSERT INTO cause {+cause} ON CONFLICT DO UPDATE SET"
		" fresh_from = excluded.fresh_from, after = excluded.after",
		err);
	if (!query)
		return false;
	sqlite_bind_record(query, cause_members, row);
	return query_run(store, query, "write a cause", err);
}
