/*
 * tests/unit/transfer_test.c - a store goes into another one as it is, whole or not at all.
 *
 * Each test runs with every pair of drivers whose stores can be moved.
 */
#include "store/transfer.h"
#include "tests/unit/store_drivers.h"
#include <openssl/sha.h>

/* ---- pairs of stores ---- */

static char from_url[200], to_url[200], back_url[200];
static void (*make_from)(const char *name, char *url);

static void sqlite_url(const char *name, char *url)
{
	snprintf(url, sizeof from_url, "sqlite:%s/%s/state.db", folder.path, name);
}

#ifdef HAVE_POSTGRESQL
/* A database for each name, which is made once and emptied then: that is quicker. */
static void postgresql_url(const char *name, char *url)
{
	char sql[100];
	PGconn *connection;

	server_url(name, url, sizeof from_url);
	connection = PQconnectdb(url);
	if (PQstatus(connection) == CONNECTION_OK) {
		server_do(name, "SET client_min_messages = warning; DROP SCHEMA public CASCADE;"
				" CREATE SCHEMA public");
	} else {
		snprintf(sql, sizeof sql, "CREATE DATABASE \"%s\"", name);
		server_do("postgres", sql);
	}
	PQfinish(connection);
}

static bool is_of_server(const char *url)
{
	return !strncmp(url, "postgresql:", strlen("postgresql:"));
}
#else
static bool is_of_server(const char *url)
{
	(void)url;
	return false;
}
#endif

static int pair_setup(
	void **state, void (*from)(const char *, char *), void (*to)(const char *, char *))
{
	int failed = store_folder_setup(state);

	if (failed)
		return failed;
	from("from", from_url);
	to("to", to_url);
	*back_url = '\0';
	make_from = from;
	return 0;
}

/* A third store, of the first one's driver. */
static const char *make_back(void)
{
	make_from("back", back_url);
	return back_url;
}

#define PAIR(from, to)                                                                             \
	static int from##_to_##to(void **state)                                                    \
	{                                                                                          \
		return pair_setup(state, from##_url, to##_url);                                    \
	}
PAIR(sqlite, sqlite)
#ifdef HAVE_POSTGRESQL
PAIR(sqlite, postgresql)
PAIR(postgresql, sqlite)
PAIR(postgresql, postgresql)
#endif

#define pair_test(name, pair) cmocka_unit_test_setup_teardown(name, pair, store_folder_teardown)
#ifdef HAVE_POSTGRESQL
/* For what only depends on one of the two. */
#define each_side_test(name)                                                                       \
	pair_test(name, sqlite_to_postgresql), pair_test(name, postgresql_to_sqlite)
#define every_pair_test(name)                                                                      \
	pair_test(name, sqlite_to_sqlite), pair_test(name, sqlite_to_postgresql),                  \
		pair_test(name, postgresql_to_sqlite), pair_test(name, postgresql_to_postgresql)
#else
#define every_pair_test(name) pair_test(name, sqlite_to_sqlite)
#define each_side_test every_pair_test
#endif

static struct store *open_at(const char *url, enum store_mode mode)
{
	struct error err = { 0 };
	struct store *store = store_open(&(struct store_address){ .url = url }, mode, &err);

	must(store != NULL);
	return store;
}

static void sqlite_do(const char *url, const char *sql)
{
	sqlite3 *database = NULL;
	char *message = NULL;

	assert_int_equal(sqlite3_open(url + strlen("sqlite:"), &database), SQLITE_OK);
	if (sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* A statement of either database's, by a connection of its own. */
static void run_sql(const char *url, const char *sql)
{
#ifdef HAVE_POSTGRESQL
	if (is_of_server(url)) {
		char database[64];

		snprintf(database, sizeof database, "%.*s",
			(int)strcspn(strrchr(url, '@') + 2, "?"), strrchr(url, '@') + 2);
		server_do(database, sql);
		return;
	}
#endif
	sqlite_do(url, sql);
}

/* ---- what is in a store ---- */

/* Each table's rows, with all of their values. */
struct row_dump {
	const struct rows_table *table;
	struct text *out;
};

static bool dump_row(const struct rows_value *values, void *context, struct error *err)
{
	struct row_dump *dump = context;
	struct rows_column columns[ROWS_COLUMNS];
	size_t count = rows_columns(dump->table, columns);

	(void)err;
	text_add(dump->out, dump->table->name);
	for (size_t i = 0; i < count; i++) {
		text_printf(dump->out, " %s=", columns[i].name);
		if (values[i].is_null)
			text_add(dump->out, "null");
		else if (columns[i].type == ROWS_NUMBER)
			text_printf(dump->out, "%lld", (long long)values[i].number);
		else
			for (size_t at = 0; at < values[i].bytes.length; at++)
				text_printf(
					dump->out, "%02x", (unsigned char)values[i].bytes.at[at]);
	}
	text_add_char(dump->out, '\n');
	return true;
}

/* The caller frees it. */
static char *dump_of(const char *url)
{
	OWNED(store) store = open_at(url, STORE_READ);
	struct text out = TEXT(TEXT_UNBOUNDED);
	struct rows_ids ids;
	struct error err = { 0 };

	must(store->driver->rows->hold(store, &err));
	for (const struct rows_table *table = rows_tables; table->name; table++)
		must(store->driver->rows->read(
			store, table, dump_row, &(struct row_dump){ table, &out }, &err));
	must(store->driver->rows->read_ids(store, &ids, &err));
	text_printf(&out, "ids %lld %lld\n", (long long)ids.event, (long long)ids.refresh);
	return text_take(&out);
}

static bool try_transfer(const char *from, const char *to, struct transfer *done, struct error *err)
{
	static const struct transfer_watch nobody = { 0 };

	return transfer_run(&(struct store_address){ .url = from },
		&(struct store_address){ .url = to }, &nobody, done, err);
}

static void transfer(const char *from, const char *to)
{
	struct transfer done;
	struct error err = { 0 };

	must(try_transfer(from, to, &done, &err));
}

#define assert_says(part)                                                                          \
	do {                                                                                       \
		if (!strstr(err.message, (part)))                                                  \
			fail_msg("not '%s': %s", (part), err.message);                             \
	} while (0)

#define HOSTILE "'; DROP TABLE event; -- \"\\ %s \xf0\x9f\x92\xa3 \x01\t\n,{}"

/* Something in every table, and the values that are hard to carry. */
static void fill(const char *url)
{
	OWNED(store) store = open_at(url, STORE_WRITE);
	struct event_row hostile = event_of("wev_2"), bare = event_of("");
	struct refresh_row open = refresh_of(2, REFRESH_WAITING, "a"),
			   ended = refresh_of(4, REFRESH_SUCCEEDED, "b");
	struct cause_row cause = { 2, 1, "nightly", 1 << 20, STAMP_NEVER, { 5 }, { 4 } },
			 other = { 2, 1, "Nightly", 0, 3, { 5 }, { 4 } },
			 third = { 4, 3, "\xc3\xa9t\xc3\xa9", 0, 3, { 5 }, { 4 } };
	struct spent spent = { .site = "finance", .kind = SPENT_QUERIES, .at = { 60 }, .count = 7 };
	struct command_row command = {
		.at = { 9 }, .who = HOSTILE, .verb = "cancel", .subject = 2, .site = "finance"
	};
	struct error err = { 0 };
	struct refresh_ids ids;
	int64_t selections[2];
	OWNED_TEXT struct text body = TEXT(TEXT_UNBOUNDED);

	for (int i = 0; i < 300000; i++) /* longer than what goes at a time */
		text_add_char(&body, (char)(i % 256));
	hostile.source = hostile.reason = hostile.run_id = HOSTILE;
	hostile.body = text_str(&body);
	hostile.open_count = 2;
	hostile.received_at = (struct wall){ INT64_MAX };
	hostile.finished_at = (struct wall){ -1 };
	bare.selections = bare.ruleset = NULL;
	bare.open_count = 0;
	bare.body = STR("");
	must(store_take_refresh_ids(store, &ids, &err));
	must(store_begin(store, &err));
	struct event_row first = event_of("wev_1");
	must(store_add_event(store, &first, NULL, &err) == ADDED_NEW);
	must(store_add_event(store, &hostile, selections, &err) == ADDED_NEW);
	must(store_add_event(store, &bare, NULL, &err) == ADDED_NEW);
	must(store_end_selection(store, selections[0], &err));
	must(store_put_refresh(store, &open, &err));
	must(store_put_refresh(store, &ended, &err));
	must(store_put_cause(store, &cause, &err));
	must(store_put_cause(store, &other, &err));
	must(store_put_cause(store, &third, &err));
	must(store_put_spent(store, &spent, &err));
	must(store_put_pause(store, "board", "ann", &err));
	must(store_put_pause(store, "Board", "\xc3\x84nn", &err));
	must(store_add_command(store, &command, &err));
	must(store_put_note(store, "notify/a", HOSTILE, &err));
	must(store_put_note(store, "notify/b", "", &err));
	must(store_put_note(store, "notify/a", "again", &err)); /* stands behind now */
	must(store_add_outcome(store, 4, &err));
	must(store_commit(store, &err));
	store_close(TAKE(store));
	run_sql(url, "INSERT INTO copy VALUES (100, '0.1', 200, 1)");
}

/* ---- everything goes ---- */

static void every_row_arrives_and_comes_back_as_it_was(void **state)
{
	(void)state;
	fill(from_url);
	OWNED_MEMORY char *before = dump_of(from_url);
	transfer(from_url, to_url);
	OWNED_MEMORY char *there = dump_of(to_url);
	assert_string_equal(there, before);
	transfer(to_url, make_back());
	OWNED_MEMORY char *back = dump_of(back_url);
	assert_string_equal(back, before);
	OWNED_MEMORY char *after = dump_of(from_url);
	assert_string_equal(after, before);
	for (const struct rows_table *table = rows_tables; table->name; table++) {
		OWNED_MEMORY char *line = mem_printf("\n%s ", table->name);
		assert_true(strstr(before, line + !strncmp(before, line + 1, strlen(line + 1))));
	}
}

struct seen_copied {
	int count, copied;
};

static bool see_copied(const struct selected_row *row, void *context)
{
	struct seen_copied *seen = context;

	seen->count += (int)row->count;
	seen->copied += row->is_from_copy ? (int)row->count : 0;
	return true;
}

/* As the dispatcher finds it. */
static void what_waits_goes_on_waiting(void **state)
{
	struct seen seen = { .text = "" }, finance = { .text = "" };
	struct seen_copied copied = { 0 };
	struct error err = { 0 };

	(void)state;
	fill(from_url);
	transfer(from_url, to_url);
	OWNED(store) to = open_at(to_url, STORE_WRITE);
	must(store_load_open_selections(to, NULL, see_selected, &seen, &err));
	assert_string_equal(seen.text, "1:{\"site\":\"finance\"}@900 3:{\"site\":\"board\"}@0");
	must(store_load_open_selections(to, "board", see_selected, &finance, &err));
	assert_string_equal(finance.text, "3:{\"site\":\"board\"}@0");
	must(store_load_open_selections(to, NULL, see_copied, &copied, &err));
	assert_int_equal(copied.count, 2);
	assert_int_equal(copied.copied, 1); /* the copy's last event is the first one */
	assert_refreshes(to, "2(1/Nightly 1/nightly)", .state = "open");
	assert_events(to, "3", .run_id = HOSTILE);
}

static void an_event_that_comes_again_is_known(void **state)
{
	struct event_row again = event_of("wev_1");
	struct error err = { 0 };

	(void)state;
	fill(from_url);
	transfer(from_url, to_url);
	OWNED(store) to = open_at(to_url, STORE_WRITE);
	must(store_begin(to, &err));
	assert_int_equal(store_add_event(to, &again, NULL, &err), ADDED_DUPLICATE);
	must(store_commit(to, &err));
	assert_int_equal(again.id, 1);
}

static void put_one_of_each(struct store *store)
{
	struct command_row command = {
		.at = { 10 }, .who = "ben", .verb = "retry", .subject = 3, .site = "finance"
	};
	struct error err = { 0 };

	must(store_begin(store, &err));
	must(store_add_command(store, &command, &err));
	must(store_put_note(store, "notify/c", "new", &err));
	must(store_commit(store, &err));
}

/* Also those whose rows are gone. */
static void no_id_is_given_twice(void **state)
{
	struct refresh_ids ids;
	struct error err = { 0 };
	int64_t deleted;
	struct event_row next = event_of("wev_9");

	(void)state;
	fill(from_url);
	OWNED(store) from = open_at(from_url, STORE_WRITE);
	must(store_begin(from, &err));
	must(store_end_selection(from, (3 << 20) + 1, &err));
	must(store_prune(from, (struct wall){ 2000 }, 100, &deleted, &err));
	must(store_commit(from, &err));
	assert_true(deleted > 1); /* the last event, and the ended refresh */
	store_close(TAKE(from));
	transfer(from_url, to_url);
	OWNED(store) to = open_at(to_url, STORE_WRITE);
	must(store_take_refresh_ids(to, &ids, &err));
	assert_true(ids.next >= 6);
	next.ruleset = "sha256:bb"; /* which gets an id, too */
	assert_int_equal(add(to, next), 7);
	assert_int_equal(store_last_stamp(to), INT64_C(7) << STAMP_BITS);
	put_one_of_each(to);
}

static bool see_copy(const char *url)
{
	OWNED(store) store = open_at(url, STORE_READ);
	OWNED(arena) arena = arena_new();
	const struct store_copy *copy;
	struct error err = { 0 };

	must(store_load_copy(store, arena, &copy, &err));
	return copy && copy->taken_at.us == 100 && copy->restored_at.us == 200 &&
	       text_is(copy->version, "0.1");
}

static void a_store_from_a_copy_stays_one_until_that_is_history(void **state)
{
	struct error err = { 0 };
	int64_t deleted;

	(void)state;
	fill(from_url);
	transfer(from_url, to_url);
	assert_true(see_copy(to_url));
	OWNED(store) to = open_at(to_url, STORE_WRITE);
	must(store_begin(to, &err));
	must(store_prune(to, (struct wall){ 201 }, 1, &deleted, &err));
	must(store_commit(to, &err));
	store_close(TAKE(to));
	assert_false(see_copy(to_url));
}

/* ---- or nothing ---- */

static void assert_empty(const char *url)
{
	OWNED(store) store = open_at(url, STORE_READ);

	assert_events(store, "", .limit = 0);
	assert_refreshes(store, "", .limit = 0);
}

static void a_store_that_has_rows_is_not_written_over(void **state)
{
	struct transfer done;
	struct error err = { 0 };

	(void)state;
	fill(from_url);
	OWNED(store) to = open_at(to_url, STORE_WRITE);
	must(store_begin(to, &err));
	must(store_put_pause(to, "board", "ben", &err));
	must(store_commit(to, &err));
	store_close(TAKE(to));
	OWNED_MEMORY char *before = dump_of(to_url);
	assert_false(try_transfer(from_url, to_url, &done, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_says("is not empty (its table pause has rows)");
	OWNED_MEMORY char *after = dump_of(to_url);
	assert_string_equal(after, before);
}

/* A trigger of somebody's changes what is written. */
static void what_does_not_arrive_as_it_was_is_taken_back(void **state)
{
	struct transfer done;
	struct error err = { 0 };

	(void)state;
	fill(from_url);
	store_close(open_at(to_url, STORE_WRITE));
	run_sql(to_url, is_of_server(to_url)
				? "CREATE FUNCTION spoil() RETURNS trigger AS $$BEGIN NEW.by = 'x';"
				  " RETURN NEW; END$$ LANGUAGE plpgsql;"
				  "CREATE TRIGGER spoil BEFORE INSERT ON pause FOR EACH ROW EXECUTE"
				  " FUNCTION spoil()"
				: "CREATE TRIGGER spoil AFTER INSERT ON pause BEGIN"
				  " UPDATE pause SET by = 'x' WHERE site = new.site; END");
	assert_false(try_transfer(from_url, to_url, &done, &err));
	assert_says("table pause: its 2 rows are not the same in both stores");
	assert_empty(to_url);
	run_sql(to_url,
		is_of_server(to_url) ? "DROP TRIGGER spoil ON pause" : "DROP TRIGGER spoil");
	run_sql(to_url,
		is_of_server(to_url)
			? "CREATE RULE lose AS ON DELETE TO pause DO NOTHING;"
			  "CREATE FUNCTION lose() RETURNS trigger AS $$BEGIN RETURN NULL; END$$"
			  " LANGUAGE plpgsql;"
			  "CREATE TRIGGER lose BEFORE INSERT ON command FOR EACH ROW EXECUTE"
			  " FUNCTION lose()"
			: "CREATE TRIGGER lose BEFORE INSERT ON command BEGIN"
			  " SELECT raise(IGNORE); END");
	assert_false(try_transfer(from_url, to_url, &done, &err));
	assert_says("table command: 1 rows were read, and 0 have arrived");
	assert_empty(to_url);
}

static void a_store_is_not_moved_into_itself(void **state)
{
	struct transfer done;
	struct error err = { 0 };

	(void)state;
	fill(from_url);
	assert_false(try_transfer(from_url, from_url, &done, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_says("both are the store");
}

static void without_a_store_nothing_is_made(void **state)
{
	struct transfer done;
	struct error err = { 0 };
	char path[200];
	struct stat about;

	(void)state;
	assert_false(try_transfer(from_url, to_url, &done, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_says(
		is_of_server(from_url) ? "there are no tables yet" : "there is no database yet");
	snprintf(path, sizeof path, "%s/to", folder.path);
	assert_int_equal(stat(path, &about), -1);
}

static void a_store_in_memory_is_not_moved(void **state)
{
	struct transfer done;
	struct error err = { 0 };

	(void)state;
	assert_false(try_transfer("memory:one", to_url, &done, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
}

/* ---- who has it open ---- */

static void a_store_in_use_is_refused(void **state)
{
	struct transfer done;
	struct error err = { 0 };

	(void)state;
	fill(from_url);
	OWNED(store) from = open_at(from_url, STORE_WRITE);
	assert_false(try_transfer(from_url, to_url, &done, &err));
	assert_int_equal(err.kind, ERROR_TRANSIENT);
	assert_says("is in use");
	store_close(TAKE(from));
	OWNED(store) to = open_at(to_url, STORE_WRITE);
	assert_false(try_transfer(from_url, to_url, &done, &err));
	assert_int_equal(err.kind, ERROR_TRANSIENT);
	assert_says("is in use");
	assert_events(to, "", .limit = 0);
}

/* ---- of another release ---- */

static void set_version(const char *url, int version)
{
	char sql[100];

	snprintf(sql, sizeof sql,
		is_of_server(url) ? "UPDATE refresh_router SET version = %d, least = %d"
				  : "PRAGMA user_version = %d",
		version, version);
	run_sql(url, sql);
}

static void an_older_or_newer_store_is_refused_and_not_changed(void **state)
{
	struct transfer done;
	struct error err = { 0 };

	(void)state;
	fill(from_url);
	set_version(from_url, 900);
	assert_false(try_transfer(from_url, to_url, &done, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_says("schema version 900");
	set_version(from_url, 1);
	assert_false(try_transfer(from_url, to_url, &done, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_says("`refresh-router serve` brings it up to date");
	/* the same from the other side: it is not brought up to date by the way */
	store_close(open_at(to_url, STORE_WRITE));
	store_close(open_at(make_back(), STORE_WRITE));
	set_version(to_url, 1);
	for (int i = 0; i < 2; i++) {
		assert_false(try_transfer(back_url, to_url, &done, &err));
		assert_says("schema version 1");
	}
}

#ifdef HAVE_POSTGRESQL
static void a_copy_that_nobody_has_gone_on_from_stays_with_sqlite(void **state)
{
	struct transfer done;
	struct error err = { 0 };

	(void)state;
	fill(from_url);
	run_sql(from_url, "UPDATE copy SET restored_at = 0");
	assert_false(try_transfer(from_url, to_url, &done, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_says("start `serve` with it once");
	store_close(open_at(from_url, STORE_WRITE));
	transfer(from_url, to_url);
}

static void a_selection_with_a_list_of_its_own_stays_with_sqlite(void **state)
{
	struct transfer done;
	struct error err = { 0 };

	(void)state;
	fill(from_url);
	run_sql(from_url, "INSERT INTO selection VALUES ((1 << 20) + 524288, '{}')");
	transfer(from_url, make_back());
	assert_false(try_transfer(from_url, to_url, &done, &err));
	assert_says("selection 1572864 waits since a release");
	assert_empty(to_url);
}

/* Values that only PostgreSQL refuses. */
static void a_row_that_cannot_be_kept_is_named_and_nothing_is(void **state)
{
	struct transfer done;
	struct error err = { 0 };

	(void)state;
	fill(from_url);
	run_sql(from_url, "UPDATE event SET source = CAST(x'6162ff' AS TEXT) WHERE id = 3");
	assert_false(try_transfer(from_url, to_url, &done, &err));
	assert_says("COPY event, line 2, column source: invalid byte sequence");
	assert_empty(to_url);
	run_sql(from_url, "UPDATE event SET source = 'ab' WHERE id = 3");
	transfer(from_url, to_url);
}

/* The lease is the database's: no clock of ours decides. */
static void a_living_node_has_it(void **state)
{
	struct transfer done;
	struct error err = { 0 };

	(void)state;
	fill(from_url);
	run_sql(from_url, "INSERT INTO node VALUES (1, 'host-a', '0.1', '', 0,"
			  " now() + interval '1 hour')");
	assert_false(try_transfer(from_url, to_url, &done, &err));
	assert_int_equal(err.kind, ERROR_TRANSIENT);
	assert_says("node host-a");
	run_sql(from_url, "UPDATE node SET until = now() - interval '1 second'");
	transfer(from_url, to_url);
}
#endif

/* ---- the list of tables ---- */

static bool is_staying(const char *name)
{
	for (const char *const *staying = rows_staying; *staying; staying++)
		if (text_is(*staying, name))
			return true;
	return false;
}

static bool is_listed(const char *table, const char *column)
{
	OWNED_MEMORY char *whole = mem_printf("%s.%s", table, column);
	struct rows_column columns[ROWS_COLUMNS];

	if (is_staying(table) || is_staying(whole))
		return true;
	for (const struct rows_table *listed = rows_tables; listed->name; listed++) {
		if (!text_is(listed->name, table))
			continue;
		size_t count = rows_columns(listed, columns);
		for (size_t i = 0; i < count; i++)
			if (text_is(columns[i].name, column))
				return true;
	}
	return false;
}

static void no_table_and_no_column_is_forgotten_sqlite(void **state)
{
	sqlite3 *database = NULL;
	sqlite3_stmt *query = NULL;
	int count = 0;

	(void)state;
	store_close(open_at(from_url, STORE_WRITE));
	assert_int_equal(sqlite3_open(from_url + strlen("sqlite:"), &database), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(database,
				 "SELECT t.name, c.name FROM sqlite_schema AS t,"
				 " pragma_table_info(t.name) AS c WHERE t.type = 'table'"
				 " AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
				 -1, &query, NULL),
		SQLITE_OK);
	for (; sqlite3_step(query) == SQLITE_ROW; count++)
		if (!is_listed(query_column_text(query, 0), query_column_text(query, 1)))
			fail_msg("%s.%s is neither transferred nor among what stays (rows.c)",
				query_column_text(query, 0), query_column_text(query, 1));
	assert_true(count > 60);
	assert_int_equal(sqlite3_finalize(query), SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

#ifdef HAVE_POSTGRESQL
static void no_table_and_no_column_is_forgotten_postgresql(void **state)
{
	(void)state;
	store_close(open_at(from_url, STORE_WRITE));
	PGconn *connection = PQconnectdb(from_url);
	PGresult *result =
		PQexec(connection, "SELECT table_name, column_name FROM information_schema.columns"
				   " WHERE table_schema = 'public'");

	assert_true(PQntuples(result) > 60);
	for (int i = 0; i < PQntuples(result); i++)
		if (!is_listed(PQgetvalue(result, i, 0), PQgetvalue(result, i, 1)))
			fail_msg("%s.%s is neither transferred nor among what stays (rows.c)",
				PQgetvalue(result, i, 0), PQgetvalue(result, i, 1));
	PQclear(result);
	PQfinish(connection);
}
#endif

/* ---- checksums ---- */

static void a_checksum_is_that_of_the_rows_as_text(void **state)
{
	static const char rows[] = "5:Board\n4:\xc3\x84nn\n5:board\n3:ann\n";
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char expected[TRANSFER_CHECKSUM_SIZE];
	struct transfer done;
	struct error err = { 0 };

	(void)state;
	SHA256((const unsigned char *)rows, sizeof rows - 1, digest);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(expected + 2 * i, 3, "%02x", digest[i]);
	fill(from_url);
	must(try_transfer(from_url, to_url, &done, &err));
	for (size_t i = 0; i < done.count; i++) {
		if (!text_is(done.parts[i].table, "pause"))
			continue;
		assert_int_equal(done.parts[i].rows, 2);
		assert_string_equal(done.parts[i].checksum, expected);
		return;
	}
	fail_msg("no table of that name was moved");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		every_pair_test(every_row_arrives_and_comes_back_as_it_was),
		every_pair_test(what_waits_goes_on_waiting),
		each_side_test(an_event_that_comes_again_is_known),
		every_pair_test(no_id_is_given_twice),
		each_side_test(a_store_from_a_copy_stays_one_until_that_is_history),
		each_side_test(a_store_that_has_rows_is_not_written_over),
		each_side_test(what_does_not_arrive_as_it_was_is_taken_back),
		each_side_test(a_checksum_is_that_of_the_rows_as_text),
		each_side_test(an_older_or_newer_store_is_refused_and_not_changed),
		each_side_test(without_a_store_nothing_is_made),
		pair_test(a_store_is_not_moved_into_itself, sqlite_to_sqlite),
		pair_test(a_store_in_memory_is_not_moved, sqlite_to_sqlite),
		pair_test(a_store_in_use_is_refused, sqlite_to_sqlite),
		pair_test(no_table_and_no_column_is_forgotten_sqlite, sqlite_to_sqlite),
#ifdef HAVE_POSTGRESQL
		pair_test(a_store_is_not_moved_into_itself, postgresql_to_postgresql),
		pair_test(a_store_in_use_is_refused, postgresql_to_postgresql),
		pair_test(no_table_and_no_column_is_forgotten_postgresql, postgresql_to_sqlite),
		pair_test(a_copy_that_nobody_has_gone_on_from_stays_with_sqlite,
			sqlite_to_postgresql),
		pair_test(
			a_selection_with_a_list_of_its_own_stays_with_sqlite, sqlite_to_postgresql),
		pair_test(a_row_that_cannot_be_kept_is_named_and_nothing_is, sqlite_to_postgresql),
		pair_test(a_living_node_has_it, postgresql_to_sqlite),
#endif
	};

	return cmocka_run_group_tests_name("transfer", tests, drivers_start, drivers_stop);
}
