/*
 * store/sqlite/query.c - prepared statements, and SQLite's failures as our errors.
 */
#include "store/sqlite/sqlite.h"
#include <assert.h>
#include <string.h>

static enum error_kind kind_of_code(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_FULL:
		return ERROR_TRANSIENT;
	default:
		return ERROR_SYSTEM;
	}
}

/* What a person can do about it, where SQLite's reason does not say so. */
static const char *remedy(int code)
{
	bool is_damaged = (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
	return is_damaged ? STORE_REMEDY : "";
}

bool sqlite_fail(struct sqlite *store, const char *what, struct error *err)
{
	sqlite3 *database = store->database;
	int code = database ? sqlite3_extended_errcode(database) : SQLITE_CANTOPEN;
	const char *reason = database ? sqlite3_errmsg(database) : "the database is not open";
	int number = 0;

	/* Only for I/O errors SQLite keeps the operating system's reason. */
	if (database && ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN))
		number = sqlite3_system_errno(database);
	if (number)
		return error_fail(err, kind_of_code(code), "store %s: %s: %s (%s)", store->path,
			what, reason, strerror(number));
	return error_fail(err, kind_of_code(code), "store %s: %s: %s%s", store->path, what, reason,
		remedy(code));
}

static bool prepare(struct sqlite *store, const char *sql, sqlite3_stmt **query)
{
	OWNED_TEXT struct text whole = TEXT(TEXT_UNBOUNDED);

	sqlite_expand(sql, &whole);
	return sqlite3_prepare_v3(store->database, whole.at, (int)whole.length,
		       SQLITE_PREPARE_PERSISTENT, query, NULL) == SQLITE_OK;
}

sqlite3_stmt *sqlite_query(
	struct sqlite *store, enum query query, const char *sql, struct error *err)
{
	sqlite3_stmt **kept = &store->queries[query];

	if (!store->database) {
		IGNORE(sqlite_fail(store, "use it", err)); /* false; NULL is returned */
		return NULL;
	}
	if (!*kept && !prepare(store, sql, kept)) {
		IGNORE(sqlite_fail(store, "prepare a statement", err));
		return NULL;
	}
	/* fails when a visitor lists inside a list of the same kind */
	assert(!sqlite3_stmt_busy(*kept));
	return *kept;
}

void query_forget(struct sqlite *store, enum query query)
{
	/* Repeats the failure of its last step, which is reported already. */
	IGNORE(sqlite3_finalize(store->queries[query]));
	store->queries[query] = NULL;
}

void query_forget_all(struct sqlite *store)
{
	for (int i = 0; i < QUERY_COUNT; i++)
		query_forget(store, (enum query)i);
}

bool query_run(struct sqlite *store, sqlite3_stmt *query, const char *what, struct error *err)
{
	return sqlite3_step(query) == SQLITE_DONE || sqlite_fail(store, what, err);
}

bool query_next(struct sqlite *store, sqlite3_stmt *query, const char *what, bool *has_row,
	struct error *err)
{
	int code = sqlite3_step(query);

	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return sqlite_fail(store, what, err);
	*has_row = code == SQLITE_ROW;
	return true;
}

bool query_number(struct sqlite *store, sqlite3_stmt *query, const char *what, int64_t *number,
	struct error *err)
{
	if (sqlite3_step(query) != SQLITE_ROW)
		return sqlite_fail(store, what, err);
	*number = sqlite3_column_int64(query, 0);
	return true;
}

bool sqlite_number(
	struct sqlite *store, const char *sql, const char *what, int64_t *number, struct error *err)
{
	sqlite3_stmt *query = NULL;
	bool is_read = sqlite3_prepare_v2(store->database, sql, -1, &query, NULL) == SQLITE_OK &&
		       query_number(store, query, what, number, err);

	if (!query)
		IGNORE(sqlite_fail(store, what, err)); /* false, like is_read */
	IGNORE(sqlite3_finalize(query));               /* repeats a reported failure */
	return is_read;
}

bool sqlite_is_writing(struct sqlite *store, const char *what, struct error *err)
{
	if (store->database && !sqlite3_get_autocommit(store->database))
		return true;
	return error_fail(err, ERROR_SYSTEM,
		"store %s: %s: there is no transaction, or it was rolled back by a failure",
		store->path, what);
}

void query_bind_text(sqlite3_stmt *query, int index, const char *text)
{
	IGNORE(sqlite3_bind_text(query, index, text ? text : "", -1, SQLITE_STATIC));
}

void query_bind_optional(sqlite3_stmt *query, int index, const char *text)
{
	IGNORE(sqlite3_bind_text(query, index, text, -1, SQLITE_STATIC));
}
