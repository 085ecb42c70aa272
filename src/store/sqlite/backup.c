/*
 * store/sqlite/backup.c - copies of the database: one is taken, marked and checked; and the first
 * start from one.
 *
 * VACUUM INTO copies within one read transaction: the database as it is at that moment, however
 * much the daemon writes meanwhile. SQLite's backup API begins again with each write of another
 * process, unless such a transaction is held open around it; then it copies page by page, the free
 * ones too, and keeps auto_vacuum as it is. VACUUM INTO leaves out free pages, writes the indexes
 * new, and the copy gives disk back after pruning whatever the original does (open.c).
 *
 * A copy is marked by its row of `copy`. Restored, what it has waiting may have been sent since it
 * was taken, and ids that it would give next may have been given. The first connection that writes
 * takes note of both in one transaction, so that a crash changes nothing about it.
 */
#include "store/sqlite/sqlite.h"
#include <stdio.h>

/* Instructions of SQLite's between two questions whether to go on: about a millisecond. */
#define GOES_ON_EVERY 5000
/* That many ids are skipped; 8 million events cannot have come since, at some thousand a day. */
#define SKIPPED_IDS "16777216"

_Static_assert(MOST_EVENT / 16777216 > 100000, "so many copies can be restored one after another");

static int ask_whether_to_stop(void *context)
{
	const struct store_backup *backup = context;

	return !backup->goes_on(backup->context);
}

/* The copy is like a store of its own, for its messages. */
static void close_copy(struct sqlite *copy)
{
	IGNORE(sqlite3_close(copy->database)); /* no statement is open */
	free(copy->path);
}

/* "interrupted" is what the caller wanted. */
static bool fail_copy(struct sqlite *store, const char *what, struct error *err)
{
	if (sqlite3_errcode(store->database) == SQLITE_INTERRUPT)
		return error_fail(
			err, ERROR_TRANSIENT, "store %s: %s: interrupted", store->path, what);
	return sqlite_fail(store, what, err);
}

static bool run_with_text(struct sqlite *store, const char *sql, const char *text, const char *what,
	struct error *err)
{
	sqlite3_stmt *query = NULL;
	bool is_run = sqlite3_prepare_v2(store->database, sql, -1, &query, NULL) == SQLITE_OK;

	if (is_run) {
		query_bind_text(query, 1, text);
		is_run = sqlite3_step(query) == SQLITE_DONE;
	}
	if (!is_run)
		IGNORE(fail_copy(store, what, err)); /* false, like is_run */
	IGNORE(sqlite3_finalize(query));             /* repeats a reported failure */
	return is_run;
}

static bool read_text(struct sqlite *store, const char *sql, const char *what, struct text *text,
	struct error *err)
{
	sqlite3_stmt *query = NULL;
	bool is_read = sqlite3_prepare_v2(store->database, sql, -1, &query, NULL) == SQLITE_OK &&
		       sqlite3_step(query) == SQLITE_ROW;

	if (is_read)
		text_add(text, query_column_text(query, 0));
	else
		IGNORE(fail_copy(store, what, err)); /* false, like is_read */
	IGNORE(sqlite3_finalize(query));             /* repeats a reported failure */
	return is_read;
}

/* `taken_at` is from before the copying, so that nothing of the copy is younger. */
static bool mark(struct sqlite *copy, struct wall taken_at, const struct store_backup *backup,
	struct error *err)
{
	char sql[160]; /* the statements, and a number of at most 20 digits */

	snprintf(sql, sizeof sql, "INSERT INTO copy VALUES (%lld, ?1, 0, 0)",
		(long long)taken_at.us);
	if (sqlite3_exec(copy->database, "DELETE FROM copy", NULL, NULL, NULL) != SQLITE_OK)
		return fail_copy(copy, "mark the copy", err);
	return run_with_text(copy, sql, backup->version, "mark the copy", err);
}

static bool check(struct sqlite *copy, struct error *err)
{
	OWNED_TEXT struct text verdict = TEXT(300);

	if (!read_text(copy, "PRAGMA integrity_check(1)", "check the copy", &verdict, err))
		return false;
	return text_is(verdict.at, "ok") ||
	       error_fail(err, ERROR_SYSTEM,
		       "the copy %s is damaged: %s; `refresh-router doctor` tells whether the store"
		       " is",
		       copy->path, verdict.at);
}

static bool finish(
	const struct store_backup *backup, struct store_contents *contents, struct error *err)
{
	__attribute__((cleanup(close_copy))) struct sqlite copy = { .path = mem_copy_text(
									    backup->path) };

	if (sqlite3_open_v2(backup->path, &copy.database,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return fail_copy(&copy, "open the copy", err);
	sqlite3_progress_handler(
		copy.database, GOES_ON_EVERY, ask_whether_to_stop, (void *)(uintptr_t)backup);
	return mark(&copy, contents->taken_at, backup, err) && check(&copy, err) &&
	       sqlite_number(&copy, "SELECT count(*) FROM event", "count events", &contents->events,
		       err) &&
	       sqlite_number(&copy, "SELECT count(*) FROM selection", "count selections",
		       &contents->open_selections, err) &&
	       sqlite_number(&copy,
		       "SELECT count(*) FROM refresh INDEXED BY refresh_open WHERE state < 5",
		       "count refreshes", &contents->open_refreshes, err);
}

/* Also the copy of a database that is not so (open.c); one that is keeps it. */
static bool make_incremental(struct sqlite *store, struct error *err)
{
	int64_t mode;

	if (!sqlite_number(store, "PRAGMA auto_vacuum", "copy it", &mode, err))
		return false;
	return mode ||
	       sqlite3_exec(store->database, "PRAGMA auto_vacuum = INCREMENTAL", NULL, NULL,
		       NULL) == SQLITE_OK ||
	       fail_copy(store, "copy it", err);
}

bool sqlite_take_backup(struct store *base, const struct store_backup *backup,
	struct store_contents *contents, struct error *err)
{
	struct sqlite *store = sqlite_of(base);

	contents->taken_at = clock_wall();
	if (!store->database)
		return sqlite_fail(store, "copy it", err);
	sqlite3_progress_handler(
		store->database, GOES_ON_EVERY, ask_whether_to_stop, (void *)(uintptr_t)backup);
	bool is_copied = make_incremental(store, err) &&
			 run_with_text(store, "VACUUM INTO ?1", backup->path, "copy it", err);
	sqlite3_progress_handler(store->database, 0, NULL, NULL);
	return is_copied && finish(backup, contents, err);
}

/* ---- the first start from a copy ---- */

static bool note(struct sqlite *store, struct error *err)
{
	char sql[800]; /* the statements, and a number of at most 20 digits */

	snprintf(sql, sizeof sql,
		"BEGIN IMMEDIATE;"
		"UPDATE copy SET restored_at = %lld, last_event = (SELECT max(value,"
		" coalesce((SELECT max(id) FROM event), 0)) FROM meta WHERE name = 'last_event')"
		" WHERE restored_at = 0;"
		"UPDATE refresh SET is_from_copy = 1 WHERE id IN"
		" (SELECT id FROM refresh INDEXED BY refresh_open WHERE state < 5);"
		"UPDATE meta SET value = " SKIPPED_IDS " + max(value, CASE name"
		" WHEN 'last_event' THEN coalesce((SELECT max(id) FROM event), 0)"
		" ELSE coalesce((SELECT max(id) FROM refresh), 0) END)"
		" WHERE name IN ('last_event', 'last_refresh');"
		"COMMIT",
		(long long)clock_wall().us);
	if (sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	IGNORE(sqlite_fail(store, "take note that it is a copy", err)); /* false, see below */
	/* May fail: there is nothing to roll back if BEGIN failed. */
	IGNORE(sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL));
	return false;
}

bool backup_notice(struct sqlite *store, struct error *err)
{
	int64_t is_new;

	if (!sqlite_number(store, "SELECT count(*) FROM copy WHERE restored_at = 0",
		    "read its mark", &is_new, err) ||
		(is_new && !note(store, err)))
		return false;
	return sqlite_number(store, "SELECT coalesce(max(last_event), 0) FROM copy",
		"read its mark", &store->last_copied, err);
}

bool sqlite_load_copy(
	struct store *base, struct arena *arena, const struct store_copy **copy, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	USED_QUERY query = sqlite_query(store, QUERY_LOAD_COPY,
		"SELECT taken_at, restored_at, version FROM copy ORDER BY taken_at DESC LIMIT 1",
		err);
	bool has_row;

	*copy = NULL;
	if (!query || !query_next(store, query, "read its mark", &has_row, err))
		return false;
	if (!has_row)
		return true;

	struct store_copy *found = arena_new_of(arena, struct store_copy);
	*found = (struct store_copy){ query_column_time(query, 0), query_column_time(query, 1),
		arena_text(arena, query_column_text(query, 2)) };
	*copy = found;
	return true;
}
