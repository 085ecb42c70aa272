/*
 * store/postgresql/transfer.c - the tables as rows of plain values (store/rows.h).
 *
 * They are read through a cursor and written by COPY in binary form, both inside a transaction.
 */
#include "store/postgresql/postgresql.h"
#include <endian.h>
#include <poll.h>
#include <stdio.h>

/* For some bytes to leave, or for the next answer. */
#define MOVE_WITHIN (10 * US_PER_SECOND)

/* ---- who else has it ---- */

/* A connection that was closed is seen for a moment more. */
#define ASK_WITHIN (2 * US_PER_SECOND)
#define ASK_EVERY_MS 100

static bool find_user(struct postgresql *store, struct text *user, struct error *err)
{
	static const char what[] = "ask who has it open";
	OWNED_RESULT cleared =
		statement_run(store, "SELECT pg_stat_clear_snapshot()", NULL, what, err);
	OWNED_RESULT result = !cleared ? NULL
				       : statement_run(store,
						 "SELECT 'node ' || name FROM node WHERE until >"
						 " clock_timestamp() UNION ALL"
						 " SELECT 'process ' || pid || ' of the server''s'"
						 " FROM pg_stat_activity"
						 " WHERE datname = current_database()"
						 " AND application_name = 'refresh-router'"
						 " AND pid <> pg_backend_pid() LIMIT 1",
						 NULL, what, err);

	text_reset(user);
	if (result && PQntuples(result))
		text_add(user, value_text(result, 0, 0));
	return result;
}

static bool check_nobody(struct postgresql *store, struct error *err)
{
	struct mono until = mono_plus(clock_mono(), ASK_WITHIN);
	OWNED_TEXT struct text user = TEXT(200);

	for (;;) {
		if (!find_user(store, &user, err))
			return false;
		if (!user.length)
			return true;
		if (clock_mono().us >= until.us)
			return error_fail(err, ERROR_TRANSIENT,
				"store %s is in use: %s is a refresh-router; stop it (a pooler "
				"keeps"
				" connections a while: name the server itself)",
				store->name, user.at);
		IGNORE(poll(NULL, 0, ASK_EVERY_MS)); /* a wait that a signal ends is good too */
	}
}

/*
 * Nobody writes a row until the transaction ends; and nobody starts, because a start reads the
 * version of the schema first.
 */
static bool lock_tables(struct postgresql *store, const char *mode, struct error *err)
{
	OWNED_TEXT struct text sql = TEXT(TEXT_UNBOUNDED);

	text_add(&sql, "LOCK TABLE refresh_router IN ACCESS EXCLUSIVE MODE; LOCK TABLE ");
	for (const struct rows_table *table = rows_tables; table->name; table++)
		text_printf(&sql, "%s%s", table == rows_tables ? "" : ", ", table->name);
	text_printf(&sql, " IN %s MODE", mode);
	return statement_do(store, sql.at, "lock its tables", err) && check_nobody(store, err);
}

static bool hold(struct store *base, struct error *err)
{
	struct postgresql *store = postgresql_of(base);

	if (!statement_do(store, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "begin", err))
		return false;
	store->is_writing = true; /* in a transaction: no statement is tried again */
	return lock_tables(store, "SHARE", err);
}

/* It may be idle for as long as the other store takes for some rows. */
static bool lock(struct store *base, struct error *err)
{
	struct postgresql *store = postgresql_of(base);

	return statement_do(store, "SET LOCAL idle_in_transaction_session_timeout = 0",
		       "lock its tables", err) &&
	       lock_tables(store, "EXCLUSIVE", err);
}

/* ---- columns ---- */

/* A selection has no list of its own here: SQLite's from before its schema 7 may. */
static bool is_lacking(const struct rows_table *table, const char *column)
{
	return text_is(table->name, "selection") && text_is(column, "body");
}

/* `none` stands for a column that is lacking; NULL: it is left out. */
static void add_names(const struct rows_table *table, const char *none, struct text *sql)
{
	struct rows_column columns[ROWS_COLUMNS];
	size_t count = rows_columns(table, columns), added = 0;

	for (size_t i = 0; i < count; i++) {
		const char *name = is_lacking(table, columns[i].name) ? none : columns[i].name;

		if (name)
			text_printf(sql, "%s%s", added++ ? ", " : "", name);
	}
}

/* ---- reading ---- */

/* So many rows come at a time, unless they are long. */
#define FETCH_MOST 1000
#define FETCH_FIRST 50
#define FETCH_BYTES ((size_t)1 << 20)

static int64_t next_count(int64_t count, const PGresult *result)
{
	if (PQresultMemorySize(result) > FETCH_BYTES)
		return count > 1 ? count / 2 : 1;
	return count * 2 < FETCH_MOST ? count * 2 : FETCH_MOST;
}

/* Sorted by an index where there is one: the tables may be new, so that the server does not know
 * yet how large they are. */
static bool open_cursor(struct postgresql *store, const struct rows_table *table, struct error *err)
{
	OWNED_TEXT struct text sql = TEXT(TEXT_UNBOUNDED);

	text_add(&sql, "SET LOCAL enable_sort = off; DECLARE moved NO SCROLL CURSOR FOR SELECT ");
	add_names(table, "NULL::text", &sql);
	text_printf(&sql, " FROM %s ", table->name);
	rows_add_order(table, " COLLATE \"C\"", &sql);
	return statement_do(store, sql.at, table->name, err);
}

static bool visit_rows(const PGresult *result, const struct rows_table *table, rows_visit *visit,
	void *context, struct error *err)
{
	struct rows_column columns[ROWS_COLUMNS];
	struct rows_value values[ROWS_COLUMNS];
	size_t count = rows_columns(table, columns);

	for (int row = 0; row < PQntuples(result); row++) {
		for (size_t i = 0; i < count; i++)
			values[i] = (struct rows_value){
				.is_null = value_is_null(result, row, (int)i),
				.number = columns[i].type == ROWS_NUMBER
						  ? value_number(result, row, (int)i)
						  : 0,
				.bytes = { PQgetvalue(result, row, (int)i),
					(size_t)PQgetlength(result, row, (int)i) },
			};
		if (!visit(values, context, err))
			return false;
	}
	return true;
}

static bool read_rows(struct store *base, const struct rows_table *table, rows_visit *visit,
	void *context, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	int64_t count = FETCH_FIRST;
	char sql[64]; /* the statement with a number of at most 20 digits */

	if (!open_cursor(store, table, err))
		return false;
	for (;;) {
		snprintf(sql, sizeof sql, "FETCH %lld FROM moved", (long long)count);
		OWNED_RESULT result = statement_run(store, sql, NULL, table->name, err);
		if (!result)
			return false;
		if (!PQntuples(result))
			return statement_do(store, "CLOSE moved", table->name, err);
		if (!visit_rows(result, table, visit, context, err))
			return false;
		count = next_count(count, result);
	}
}

/* ---- writing: COPY in binary form (PostgreSQL's manual, COPY, "Binary Format") ---- */

#define COPY_HEAD "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"
#define COPY_TAIL "\377\377"
#define COPY_BYTES ((size_t)64 << 10) /* go at a time */

/* The context says which row it was: "COPY event, line 17, column source". */
static bool fail_copy(struct postgresql *store, const struct rows_table *table, PGresult *result,
	struct error *err)
{
	const char *context = result ? PQresultErrorField(result, PG_DIAG_CONTEXT) : NULL;
	OWNED_TEXT struct text what = TEXT(100);

	if (context)
		text_add_str(&what, (struct str){ context, strcspn(context, "\n:") });
	else
		text_printf(&what, "write table %s", table->name);
	IGNORE(wire_fail(store, what.at, result, err)); /* false, which is returned below */
	PQclear(result);
	if (!result)
		wire_close(store);
	return false;
}

static bool send_copied(struct postgresql *store, const struct rows_table *table, struct error *err)
{
	bool is_sent = PQputCopyData(store->connection, store->copied.at,
			       (int)store->copied.length) == 1 &&
		       statement_flush(store, mono_plus(clock_mono(), MOVE_WITHIN));

	text_reset(&store->copied);
	return is_sent || fail_copy(store, table, NULL, err);
}

static bool begin_copy(struct postgresql *store, const struct rows_table *table, struct error *err)
{
	struct mono until = mono_plus(clock_mono(), MOVE_WITHIN);
	OWNED_TEXT struct text sql = TEXT(TEXT_UNBOUNDED);
	bool is_lost;

	text_printf(&sql, "COPY %s (", table->name);
	add_names(table, NULL, &sql);
	text_add(&sql, ") FROM STDIN (FORMAT binary)");
	if (!PQsendQuery(store->connection, sql.at) || !statement_flush(store, until))
		return fail_copy(store, table, NULL, err);
	PGresult *result = statement_next(store, until, &is_lost);
	if (PQresultStatus(result) != PGRES_COPY_IN)
		return fail_copy(store, table, result, err);
	PQclear(result);
	store->is_copying = true;
	text_reset(&store->copied);
	text_add_bytes(&store->copied, COPY_HEAD, sizeof COPY_HEAD - 1);
	return true;
}

static void add_length(struct text *out, int64_t length)
{
	uint32_t sent = htobe32((uint32_t)length);

	text_add_bytes(out, &sent, sizeof sent);
}

static void add_value(struct text *out, enum rows_type type, const struct rows_value *value)
{
	uint64_t number = htobe64((uint64_t)value->number);

	if (value->is_null) {
		add_length(out, -1);
	} else if (type == ROWS_NUMBER) {
		add_length(out, sizeof number);
		text_add_bytes(out, &number, sizeof number);
	} else {
		add_length(out, (int64_t)value->bytes.length);
		text_add_str(out, value->bytes);
	}
}

static bool write_row(struct store *base, const struct rows_table *table,
	const struct rows_value *values, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	struct rows_column columns[ROWS_COLUMNS];
	size_t count = rows_columns(table, columns);
	unsigned there = 0;

	if (!store->is_copying &&
		(!statement_may_write(store, table->name, err) || !begin_copy(store, table, err)))
		return false;
	for (size_t i = 0; i < count; i++)
		there += !is_lacking(table, columns[i].name);
	uint16_t sent = htobe16((uint16_t)there);
	text_add_bytes(&store->copied, &sent, sizeof sent);
	for (size_t i = 0; i < count; i++) {
		if (!is_lacking(table, columns[i].name))
			add_value(&store->copied, columns[i].type, &values[i]);
		else if (!values[i].is_null)
			return error_fail(err, ERROR_INPUT,
				"selection %lld waits since a release of before schema 7, and"
				" cannot be moved: let `serve` resolve it with the other store"
				" first",
				(long long)values[0].number);
	}
	return store->copied.length < COPY_BYTES || send_copied(store, table, err);
}

static bool end_copy(struct postgresql *store, const struct rows_table *table, struct error *err)
{
	struct mono until = mono_plus(clock_mono(), MOVE_WITHIN);
	PGresult *result, *next;
	bool is_lost;

	text_add_bytes(&store->copied, COPY_TAIL, sizeof COPY_TAIL - 1);
	store->is_copying = false;
	if (!send_copied(store, table, err))
		return false;
	if (PQputCopyEnd(store->connection, NULL) != 1 || !statement_flush(store, until))
		return fail_copy(store, table, NULL, err);
	result = statement_next(store, until, &is_lost);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		return fail_copy(store, table, result, err);
	PQclear(result);
	next = statement_next(store, until, &is_lost); /* the end */
	PQclear(next);
	return !is_lost || fail_copy(store, table, NULL, err);
}

/* So many selections at a time get their site, which their events say. */
#define SITES_AT_ONCE "10000"

static bool add_sites(struct postgresql *store, struct error *err)
{
	int64_t last = -1;

	_Static_assert(SELECTION_BITS == 20, "in the statement below");
	for (;;) {
		OWNED_PARAMETERS struct parameters given = { 0 };

		parameters_add_number(&given, last);
		OWNED_RESULT result = statement_write(store,
			"WITH part AS (SELECT id FROM selection WHERE id > $1 ORDER BY id LIMIT"
			" " SITES_AT_ONCE "), changed AS (UPDATE selection SET site ="
			" coalesce((SELECT event.selections::json -> (selection.id & 1048575)::int"
			" ->> 'site' FROM event WHERE event.id = selection.id >> 20), '')"
			" WHERE id IN (SELECT id FROM part))"
			" SELECT max(id) FROM part",
			&given, "write the sites of selections", err);
		if (!result || value_is_null(result, 0, 0))
			return result;
		last = value_number(result, 0, 0);
	}
}

static bool end_rows(struct store *base, const struct rows_table *table, struct error *err)
{
	struct postgresql *store = postgresql_of(base);

	if (!store->is_copying)
		return true;
	return end_copy(store, table, err) &&
	       (!text_is(table->name, "selection") || add_sites(store, err));
}

/* ---- ids ---- */

/* `meta` has the next id of a refresh, the sequence the number of the last event. */
static bool read_ids(struct store *base, struct rows_ids *ids, struct error *err)
{
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"SELECT greatest(CASE WHEN is_called THEN 2 * last_value - 1 ELSE 0 END,"
		" (SELECT max(id) FROM event)),"
		" greatest(value - 2, (SELECT max(id) FROM refresh))"
		" FROM event_number, meta WHERE name = 'next_refresh'",
		NULL, "read the last ids", err);

	if (!result)
		return false;
	if (PQntuples(result) != 1)
		return value_is_damaged(
			postgresql_of(base), "meta: next_refresh", PQntuples(result), err);
	*ids = (struct rows_ids){ value_number(result, 0, 0), value_number(result, 0, 1) };
	return true;
}

/* Sequences are no part of the transaction: if it fails, ids begin later in an empty store. */
#define GO_ON_AFTER(table)                                                                         \
	"setval(pg_get_serial_sequence('" table "', 'id'), (SELECT max(id) FROM " table "))"

static bool write_ids(struct store *base, const struct rows_ids *ids, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, ids->event ? (ids->event + 1) / 2 : 1);
	parameters_add_number(&given, ids->event);
	parameters_add_number(&given, ids->refresh + 2);
	OWNED_RESULT result = statement_write(postgresql_of(base),
		"WITH next AS (UPDATE meta SET value = $3 WHERE name = 'next_refresh')"
		" SELECT setval('event_number', $1, $2 > 0)," GO_ON_AFTER(
			"ruleset") ", " GO_ON_AFTER("command") ", " GO_ON_AFTER("note"),
		&given, "write the last ids down", err);
	return result;
}

const struct rows_driver postgresql_rows = {
	.is_there = postgresql_is_there,
	.hold = hold,
	.lock = lock,
	.read = read_rows,
	.write = write_row,
	.end = end_rows,
	.read_ids = read_ids,
	.write_ids = write_ids,
};
