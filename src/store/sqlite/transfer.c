/*
 * store/sqlite/transfer.c - the tables as rows of plain values (store/rows.h).
 */
#include "store/sqlite/sqlite.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* ---- who else has it ---- */

static bool is_there(const struct store_address *address, bool *is_there, struct error *err)
{
	const char *path = store_address_path(address);
	struct stat about;

	if (stat(path, &about))
		return (*is_there = false, errno == ENOENT) ||
		       error_fail(err, error_kind_of(errno), "store %s: %s", path, strerror(errno));
	*is_there = about.st_size > 0;
	return true;
}

/* A daemon that starts is kept out by the lock. */
static bool hold(struct store *base, struct error *err)
{
	struct sqlite *store = sqlite_of(base);

	return lock_keep(store->path, &store->lock, err) &&
	       (sqlite3_exec(store->database, "BEGIN", NULL, NULL, NULL) == SQLITE_OK ||
		       sqlite_fail(store, "begin to read", err));
}

/* ---- reading ---- */

static void add_names(const struct rows_column *columns, size_t count, struct text *sql)
{
	for (size_t i = 0; i < count; i++)
		text_printf(sql, "%s%s", i ? ", " : "", columns[i].name);
}

static struct rows_value value_of(sqlite3_stmt *query, int index, enum rows_type type)
{
	if (sqlite3_column_type(query, index) == SQLITE_NULL)
		return (struct rows_value){ .is_null = true };
	if (type == ROWS_NUMBER)
		return (struct rows_value){ .number = sqlite3_column_int64(query, index) };
	/* texts are UTF-8 in the database, so both kinds come as the bytes that are there */
	return (struct rows_value){ .bytes = query_column_bytes(query, index) };
}

static bool fail_to_read(struct sqlite *store, const char *table, struct error *err)
{
	int code = sqlite3_errcode(store->database);

	if ((code & 0xff) != SQLITE_CORRUPT)
		return sqlite_fail(store, table, err);
	return error_fail(err, ERROR_SYSTEM,
		"store %s: the database is damaged: table %s: %s; restore the last"
		" `refresh-router backup`",
		store->path, table, sqlite3_errmsg(store->database));
}

static bool visit_rows(struct sqlite *store, sqlite3_stmt *query, const struct rows_table *table,
	rows_visit *visit, void *context, struct error *err)
{
	struct rows_column columns[ROWS_COLUMNS];
	struct rows_value values[ROWS_COLUMNS];
	size_t count = rows_columns(table, columns);
	int code;

	while ((code = sqlite3_step(query)) == SQLITE_ROW) {
		for (size_t i = 0; i < count; i++)
			values[i] = value_of(query, (int)i, columns[i].type);
		if (!visit(values, context, err))
			return false;
	}
	return code == SQLITE_DONE || fail_to_read(store, table->name, err);
}

static bool read_rows(struct store *base, const struct rows_table *table, rows_visit *visit,
	void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	struct rows_column columns[ROWS_COLUMNS];
	size_t count = rows_columns(table, columns);
	OWNED_TEXT struct text sql = TEXT(TEXT_UNBOUNDED);

	text_add(&sql, "SELECT ");
	add_names(columns, count, &sql);
	text_printf(&sql, " FROM %s ", table->name);
	rows_add_order(table, "", &sql);
	sqlite3_stmt *query = sqlite_query(store, QUERY_READ_ROWS, sql.at, err);
	bool is_read = query && visit_rows(store, query, table, visit, context, err);
	query_forget(store, QUERY_READ_ROWS); /* the next table has another one */
	return is_read;
}

/* ---- writing ---- */

static sqlite3_stmt *insertion(
	struct sqlite *store, const struct rows_table *table, struct error *err)
{
	struct rows_column columns[ROWS_COLUMNS];
	size_t count = rows_columns(table, columns);
	OWNED_TEXT struct text sql = TEXT(TEXT_UNBOUNDED);

	if (store->queries[QUERY_WRITE_ROW])
		return store->queries[QUERY_WRITE_ROW];
	text_printf(&sql, "INSERT INTO %s (", table->name);
	add_names(columns, count, &sql);
	text_add(&sql, ") VALUES (");
	for (size_t i = 0; i < count; i++)
		text_add(&sql, i ? ", ?" : "?");
	text_add_char(&sql, ')');
	return sqlite_query(store, QUERY_WRITE_ROW, sql.at, err);
}

static void bind_value(
	sqlite3_stmt *query, int index, enum rows_type type, const struct rows_value *value)
{
	if (value->is_null)
		IGNORE(sqlite3_bind_null(query, index)); /* the next step reports it */
	else if (type == ROWS_NUMBER)
		query_bind_number(query, index, value->number);
	else if (type == ROWS_BYTES)
		query_bind_bytes(query, index, value->bytes);
	else
		IGNORE(sqlite3_bind_text64(query, index, value->bytes.length ? value->bytes.at : "",
			value->bytes.length, SQLITE_STATIC, SQLITE_UTF8));
}

static bool write_row(struct store *base, const struct rows_table *table,
	const struct rows_value *values, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	struct rows_column columns[ROWS_COLUMNS];
	size_t count = rows_columns(table, columns);
	char what[64]; /* the words and the name of a table */

	snprintf(what, sizeof what, "write table %s", table->name);
	if (!sqlite_is_writing(store, what, err))
		return false;
	USED_QUERY query = insertion(store, table, err);
	if (!query)
		return false;
	for (size_t i = 0; i < count; i++)
		bind_value(query, (int)i + 1, columns[i].type, &values[i]);
	return query_run(store, query, what, err);
}

static bool end_rows(struct store *base, const struct rows_table *table, struct error *err)
{
	(void)table, (void)err;
	query_forget(sqlite_of(base), QUERY_WRITE_ROW);
	return true;
}

/* ---- ids ---- */

#define LAST_ID(mark, table)                                                                       \
	"SELECT max(value, coalesce((SELECT max(id) FROM " table "), 0)) FROM meta"                \
	" WHERE name = '" mark "'"

/* The last one that may have been given: numbers in `meta` are odd or even as it comes. */
static bool read_ids(struct store *base, struct rows_ids *ids, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	static const char what[] = "read the last ids";

	if (!sqlite_number(store, LAST_ID("last_event", "event"), what, &ids->event, err) ||
		!sqlite_number(store, LAST_ID("last_refresh", "refresh"), what, &ids->refresh, err))
		return false;
	ids->event = ids->event ? (ids->event - 1) | 1 : 0;
	ids->refresh &= ~INT64_C(1);
	return true;
}

static bool write_ids(struct store *base, const struct rows_ids *ids, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	char sql[200]; /* the statements with two numbers of at most 20 digits */

	snprintf(sql, sizeof sql,
		"UPDATE meta SET value = %lld WHERE name = 'last_event';"
		"UPDATE meta SET value = %lld WHERE name = 'last_refresh'",
		(long long)ids->event, (long long)ids->refresh);
	return sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       sqlite_fail(store, "write the last ids down", err);
}

/* Its own lock file keeps others out. */
const struct rows_driver sqlite_rows = {
	.is_there = is_there,
	.hold = hold,
	.read = read_rows,
	.write = write_row,
	.end = end_rows,
	.read_ids = read_ids,
	.write_ids = write_ids,
};
