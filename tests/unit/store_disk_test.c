/* tests/unit/store_disk_test.c - opening, older and foreign databases, full and failing disks,
 * crashes. */
#include "base/file.h"
#include "build.h"
#include "tests/unit/store_folder.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void assert_refused_as(
	enum error_kind kind, const char *url, enum store_mode mode, const char *says)
{
	struct error err = { 0 };
	struct store *store = store_open(&(struct store_address){ .url = url }, mode, &err);

	assert_null(store);
	assert_int_equal(err.kind, kind);
	if (!strstr(err.message, says))
		fail_msg("'%s' does not say '%s'", err.message, says);
}

/* Refused with ERROR_INPUT: trying again does not help. */
static void assert_refused(const char *url, enum store_mode mode, const char *says)
{
	assert_refused_as(ERROR_INPUT, url, mode, says);
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *database = NULL;
	char *message = NULL;

	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	if (sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static const char *path_in(const char *name)
{
	static char path[160];

	snprintf(path, sizeof path, "%s/%s", folder.path, name);
	return path;
}

/* ---- opening ---- */

static void a_second_writer_is_refused_and_told_who_has_it(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	char pid[40];

	(void)state;
	snprintf(pid, sizeof pid, "in use by process %d;", (int)getpid());
	assert_refused_as(ERROR_TRANSIENT, folder.url, STORE_WRITE, pid);
	store_close(TAKE(store));
	store = open_store(STORE_WRITE);
}

static void the_lock_ends_with_the_process_that_is_killed(void **state)
{
	int ready[2];
	char byte;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (!child) {
		struct error err;
		struct store *store =
			store_open(&(struct store_address){ .url = folder.url }, STORE_WRITE, &err);

		if (!store || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_refused_as(ERROR_TRANSIENT, folder.url, STORE_WRITE, "in use by process");
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ready[0]);
	close(ready[1]);
	store_close(open_store(STORE_WRITE));
}

static void its_files_are_for_their_owner_only(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct stat about;

	(void)state;
	add(store, event_of("wev_1"));
	assert_int_equal(stat(path_in("state"), &about), 0);
	assert_int_equal(about.st_mode & 0777, 0700);
	assert_int_equal(stat(path_in("state/state.db"), &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	assert_int_equal(stat(path_in("state/state.db-wal"), &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
}

static void what_cannot_be_a_store_is_refused_with_what_to_do(void **state)
{
	char url[200];
	FILE *file;

	(void)state;
	assert_refused(folder.url, STORE_READ, "there is no database yet");
	assert_refused("sqlite:", STORE_WRITE, "write sqlite:/");
	assert_refused("mysql:x", STORE_WRITE, "write sqlite:/");
#ifndef HAVE_POSTGRESQL
	assert_refused(
		"postgresql://u:hunter2@h/d", STORE_WRITE, "this program was built without it");
#endif

	file = fopen(path_in("text"), "w");
	assert_non_null(file);
	for (int i = 0; i < 200; i++)
		fputs("this is a letter, not a database\n", file);
	fclose(file);
	snprintf(url, sizeof url, "sqlite:%s", path_in("text"));
	assert_refused(url, STORE_WRITE, "is not a SQLite database");
	assert_refused(url, STORE_READ, "is not a SQLite database");

	run_sql(path_in("other.db"), "CREATE TABLE bookmarks (url TEXT)");
	snprintf(url, sizeof url, "sqlite:%s", path_in("other.db"));
	assert_refused(url, STORE_WRITE, "database of another program");

	snprintf(url, sizeof url, "sqlite:%s", path_in("text/state.db"));
	assert_refused(url, STORE_WRITE, "Not a directory");
	snprintf(url, sizeof url, "sqlite:%s", folder.path);
	assert_refused(url, STORE_WRITE, "cannot be opened");
}

static int schema_version(const char *path)
{
	sqlite3 *database = NULL;
	sqlite3_stmt *query = NULL;

	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(database, "PRAGMA user_version", -1, &query, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(query), SQLITE_ROW);
	int version = sqlite3_column_int(query, 0);
	sqlite3_finalize(query);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
	return version;
}

static void a_newer_schema_is_refused_and_left_alone(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	char back[64]; /* a pragma and a small number */

	(void)state;
	add(store, event_of("wev_1"));
	store_close(TAKE(store));
	int version = schema_version(path_in("state/state.db"));
	run_sql(path_in("state/state.db"), "PRAGMA user_version = 9999");
	assert_refused(folder.url, STORE_WRITE, "schema version 9999");
	assert_refused(folder.url, STORE_READ, "schema version 9999");
	snprintf(back, sizeof back, "PRAGMA user_version = %d", version);
	run_sql(path_in("state/state.db"), back);
	store = open_store(STORE_WRITE);
	assert_events(store, "1", .limit = 0);
}

/* A database as release 0.1.0 made it. Do not change it: later releases must still open it. */
static const char version_1[] =
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"INSERT INTO meta VALUES ('last_event', 7), ('last_refresh', 12), ('fence', 3);"
	"CREATE TABLE ruleset (id INTEGER PRIMARY KEY, revision TEXT NOT NULL UNIQUE) STRICT;"
	"INSERT INTO ruleset VALUES (1, 'sha256:aa');"
	"CREATE TABLE event (id INTEGER PRIMARY KEY, source TEXT NOT NULL, webhook_id TEXT NOT"
	" NULL, event_id TEXT NOT NULL, received_at INTEGER NOT NULL, finished_at INTEGER NOT"
	" NULL, outcome TEXT NOT NULL, reason TEXT, matched TEXT NOT NULL, ruleset INTEGER,"
	" fields TEXT NOT NULL, selections TEXT, body BLOB NOT NULL) STRICT;"
	"INSERT INTO event VALUES (5, 'dbt-prod', 'wsu_1', 'wev_1', 1000, 900, 'routed', NULL,"
	" '[\"nightly\"]', 1, '{\"job_id\":\"1001\"}', '[]', x'7b7d');"
	"CREATE UNIQUE INDEX event_mark ON event (event_id, webhook_id)"
	" WHERE event_id <> '' OR webhook_id <> '';"
	"CREATE INDEX event_received ON event (received_at);"
	"CREATE TABLE selection (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;"
	"INSERT INTO selection VALUES (5242880, '{\"site\":\"finance\"}');"
	"CREATE TABLE refresh (id INTEGER PRIMARY KEY, site TEXT NOT NULL, kind INTEGER NOT NULL,"
	" luid TEXT NOT NULL, name TEXT NOT NULL, project TEXT NOT NULL, incremental INTEGER NOT"
	" NULL, state INTEGER NOT NULL, reason TEXT NOT NULL, priority INTEGER NOT NULL,"
	" created_at INTEGER NOT NULL, not_before INTEGER NOT NULL, give_up_at INTEGER NOT NULL,"
	" ended_at INTEGER NOT NULL, attempts INTEGER NOT NULL, sent_at INTEGER NOT NULL,"
	" sent_after INTEGER NOT NULL, seen_waiting_after INTEGER NOT NULL, job_id TEXT NOT NULL,"
	" job_created_at INTEGER NOT NULL, job_started_at INTEGER NOT NULL,"
	" job_completed_at INTEGER NOT NULL) STRICT;"
	"INSERT INTO refresh VALUES (10, 'finance', 1, 'l1', 'Sales', '', 0, 0, '', 50, 1, 0, 2,"
	" 0, 0, 0, 0, 0, '', 0, 0, 0), (8, 'finance', 1, 'l1', 'Sales', '', 0, 5, '', 50, 1, 0, 2,"
	" 1000, 1, 1, 3, 0, 'job', 0, 0, 0), (6, 'finance', 1, 'l1', 'Sales', '', 0, 5, '', 50, 1,"
	" 0, 2, 2000, 1, 1, 1, 0, 'job', 0, 0, 0);"
	"CREATE INDEX refresh_open ON refresh (id) WHERE state < 5;"
	"CREATE INDEX refresh_ended ON refresh (ended_at) WHERE state >= 5;"
	"CREATE TABLE cause (refresh INTEGER NOT NULL, event INTEGER NOT NULL, rule TEXT NOT"
	" NULL, arrived_at INTEGER NOT NULL, fresh_from INTEGER NOT NULL, PRIMARY KEY (refresh,"
	" event, rule)) STRICT, WITHOUT ROWID;"
	"INSERT INTO cause VALUES (10, 5, 'nightly', 1000, 900);"
	"CREATE INDEX cause_event ON cause (event);"
	"PRAGMA application_id = 1920103522; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;";

static void a_database_of_the_first_release_is_brought_up_to_date(void **state)
{
	OWNED(store) store = NULL;
	struct error err = { 0 };
	struct seen seen = { .text = "" };
	struct refresh_ids ids;

	(void)state;
	assert_int_equal(mkdir(path_in("state"), 0700), 0);
	run_sql(path_in("state/state.db"), version_1);
	store = open_store(STORE_WRITE);
	assert_events(store, "5", .rule = "nightly");
	assert_events(store, "5", .job_id = "1001");
	assert_events(store, "", .run_id = "1001");
	assert_refreshes(store, "10(5/nightly)", .state = "open");
	must(store_load_open_selections(store, NULL, see_selected, &seen, &err));
	assert_string_equal(seen.text, "5:{\"site\":\"finance\"}@900");
	must(store_take_refresh_ids(store, &ids, &err));
	assert_int_equal(ids.next, 14);
	assert_int_equal(add(store, event_of("wev_2")), 9);
	/* Open ones, then those that had a job, then the latest success. */
	seen = (struct seen){ .text = "" };
	must(store_load_refreshes(store, NULL, (struct wall){ 500 }, see_refresh, &seen, &err));
	assert_string_equal(seen.text, "10(5/nightly) 6() 8() 8()");
}

/* ---- files that go away while they are in use ---- */

static void assert_takes_nothing(struct store *store, const char *says)
{
	struct error err = { 0 };

	assert_false(store_begin(store, &err));
	if (!strstr(err.message, says))
		fail_msg("'%s' does not say '%s'", err.message, says);
}

static struct text read_file(const char *name)
{
	struct error err = { 0 };
	struct text bytes;

	bytes = TEXT(TEXT_UNBOUNDED);
	must(file_read(path_in(name), &bytes, &err));
	return bytes;
}

static void move(const char *from, const char *to)
{
	char source[160];

	snprintf(source, sizeof source, "%s", path_in(from));
	assert_int_equal(rename(source, path_in(to)), 0);
}

static void a_store_whose_files_were_moved_away_takes_nothing_until_they_are_back(void **state)
{
	static const char *const files[] = { "state/state.db", "state/state.db-wal",
		"state/state.db-shm" };
	OWNED(store) store = open_store(STORE_WRITE);
	int count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char event_id[16];

		move(files[i], "away");
		assert_takes_nothing(store, "No such file");
		move("away", files[i]);
		snprintf(event_id, sizeof event_id, "wev_%d", ++count);
		add(store, event_of(event_id));
	}
}

/* dbt sends it again, and nobody would act on the first one before the next start. */
static void what_was_told_as_failed_while_the_files_were_away_is_taken_back(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row first = event_of("wev_1"), second = event_of("wev_2");
	struct error err = { 0 };

	(void)state;
	add(store, event_of("wev_0"));
	must(store_begin(store, &err));
	must(store_add_event(store, &first, NULL, &err) == ADDED_NEW);
	must(store_add_event(store, &second, NULL, &err) == ADDED_NEW);
	move("state/state.db-wal", "away");
	assert_false(store_commit(store, &err));
	assert_takes_nothing(store, "No such file");
	move("away", "state/state.db-wal");
	must(store_begin(store, &err));
	must(store_add_event(store, &second, NULL, &err) == ADDED_NEW);
	must(store_commit(store, &err));
	assert_events(store, "7 1", .limit = 0);
	int64_t open;
	must(store_open_selections_of_event(store, 3, &open, &err));
	assert_int_equal(open, 0);
	must(store_open_selections_of_event(store, 7, &open, &err));
	assert_int_equal(open, 1);
	/* Only once, and only what was told so. */
	add(store, event_of("wev_3"));
	assert_events(store, "9 7 1", .limit = 0);
}

static void a_store_that_was_restored_over_takes_nothing(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row row = event_of("wev_2");
	struct error err = { 0 };

	(void)state;
	add(store, event_of("wev_1"));
	must(store_begin(store, &err));
	must(store_add_event(store, &row, NULL, &err) == ADDED_NEW);
	move("state/state.db", "away");
	run_sql(path_in("state/state.db"), "CREATE TABLE other (id)");
	/* nobody would find these rows, so the commit must fail */
	assert_false(store_commit(store, &err));
	assert_non_null(strstr(err.message, "was replaced while it was in use"));
	assert_takes_nothing(store, "was replaced while it was in use");
	sqlite_of(store)->is_suspect = true; /* and it does not connect to the other file */
	assert_takes_nothing(store, "was replaced while it was in use");
}

static void a_backup_that_was_put_in_its_place_is_not_written_to(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);

	(void)state;
	add(store, event_of("wev_1")); /* in the WAL */
	run_sql(path_in("backup"), "CREATE TABLE other (id)");
	move("state/state.db", "away");
	move("backup", "state/state.db");
	struct text before = read_file("state/state.db");
	store_settle(store);
	store_close(TAKE(store)); /* waits for the copying */
	struct text after = read_file("state/state.db");
	assert_int_equal(before.length, after.length);
	assert_memory_equal(before.at, after.at, before.length);
	text_clear(&before);
	text_clear(&after);
}

/* A file that grows while it is looked at has not become smaller. */
static void a_store_that_is_copied_into_goes_on_taking_writes(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	static char bytes[1 << 16];

	(void)state;
	for (int number = 0; number < 400; number++) {
		char event_id[32];

		snprintf(event_id, sizeof event_id, "wev_%d", number);
		struct event_row row = event_of(event_id);
		row.body = (struct str){ bytes, sizeof bytes };
		add(store, row);
		store_settle(store);
	}
}

/* ---- reading beside the writer ---- */

static void a_stopped_daemons_store_can_be_read(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);

	(void)state;
	add(store, event_of("wev_1"));
	store_close(TAKE(store));
	store = open_store(STORE_READ);
	assert_events(store, "1", .limit = 0);
}

/* ---- failing disks ---- */

static void set_page_limit(struct store *store, int pages)
{
	char sql[64];

	snprintf(sql, sizeof sql, "PRAGMA max_page_count = %d", pages);
	assert_int_equal(
		sqlite3_exec(sqlite_of(store)->database, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void a_full_disk_fails_the_transaction_and_heals(void **state)
{
	static char body[40000];
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row row = event_of("wev_2"), small = event_of("wev_3");
	struct error err = { 0 };
	bool is_added;

	(void)state;
	add(store, event_of("wev_1"));
	set_page_limit(store, 1); /* as many as there are */
	memset(body, 'x', sizeof body);
	row.body = (struct str){ body, sizeof body };
	must(store_begin(store, &err));
	is_added = store_add_event(store, &row, NULL, &err) == ADDED_NEW;
	assert_false(is_added);
	assert_int_equal(err.kind, ERROR_TRANSIENT);
	assert_non_null(strstr(err.message, "database or disk is full"));
	/* SQLite may have rolled back already; later writes must not be committed alone. */
	if (sqlite3_get_autocommit(sqlite_of(store)->database))
		assert_int_equal(store_add_event(store, &small, NULL, &err), ADDED_FAILED);
	store_rollback(store);
	assert_events(store, "1", .limit = 0);
	set_page_limit(store, 1000000);
	add(store, row);
	assert_events(store, "3 1", .limit = 0);
}

/* The default VFS, but xSync fails as the bits of `failing_syncs` say; bit 0 is the next call. */
static unsigned failing_syncs;
static sqlite3_vfs *real_vfs;
static sqlite3_vfs sync_vfs;
/* for a database, and for its WAL, which takes no locks */
static sqlite3_io_methods sync_methods[2];
static int (*real_sync)(sqlite3_file *, int);

static int sync_or_fail(sqlite3_file *file, int flags)
{
	bool fails = failing_syncs & 1;

	failing_syncs >>= 1;
	return fails ? SQLITE_IOERR_FSYNC : real_sync(file, flags);
}

static int open_with_sync(
	sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	int code = real_vfs->xOpen(real_vfs, name, file, flags, out);

	(void)vfs;
	if (code == SQLITE_OK && file->pMethods) {
		sqlite3_io_methods *methods = &sync_methods[(flags & SQLITE_OPEN_MAIN_DB) == 0];

		*methods = *file->pMethods;
		real_sync = methods->xSync;
		methods->xSync = sync_or_fail;
		file->pMethods = methods;
	}
	return code;
}

static struct store *open_with_failing_syncs(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	sync_vfs = *real_vfs;
	sync_vfs.zName = "failing-sync";
	sync_vfs.xOpen = open_with_sync;
	sqlite3_vfs_register(&sync_vfs, 1);
	failing_syncs = 0;

	struct store *store = open_store(STORE_WRITE);
	sqlite3_vfs_unregister(&sync_vfs); /* only this connection uses it */
	return store;
}

static void fail_a_commit(struct store *store, const char *event_id, unsigned failures)
{
	struct event_row row = event_of(event_id);
	struct error err = { 0 };

	must(store_begin(store, &err));
	must(store_add_event(store, &row, NULL, &err) == ADDED_NEW);
	failing_syncs = failures;
	assert_false(store_commit(store, &err));
	assert_non_null(strstr(err.message, "commit"));
	assert_true(sqlite_of(store)->is_suspect);
}

static void a_commit_whose_fsync_failed_never_happened(void **state)
{
	OWNED(store) store = open_with_failing_syncs();
	struct error err = { 0 };

	(void)state;
	add(store, event_of("wev_1"));
	fail_a_commit(store, "wev_2", 1);
	assert_events(store, "1", .limit = 0);
	/* The fence is written, and the checkpoint when the connection closes fails: the WAL is
	 * read again. */
	failing_syncs = 2;
	must(store_begin(store, &err));
	assert_int_equal(failing_syncs, 0);
	assert_false(sqlite_of(store)->is_suspect);
	store_rollback(store);
	assert_events(store, "1", .limit = 0);
	assert_int_equal(add(store, event_of("wev_2")), 5);
	store_close(TAKE(store));

	store = open_store(STORE_WRITE);
	assert_events(store, "5 1", .limit = 0);
}

static void nothing_is_written_while_fsync_goes_on_failing(void **state)
{
	OWNED(store) store = open_with_failing_syncs();
	sqlite3 *before = sqlite_of(store)->database;
	struct error err = { 0 };

	(void)state;
	fail_a_commit(store, "wev_1", 3);
	assert_false(store_begin(store, &err));
	assert_ptr_equal(sqlite_of(store)->database, before);
	assert_true(sqlite_of(store)->is_suspect);
	add(store, event_of("wev_1"));
	assert_events(store, "3", .limit = 0);
}

/* ---- a crash ---- */

static void write_until_killed(int out)
{
	struct error err;
	struct store *store =
		store_open(&(struct store_address){ .url = folder.url }, STORE_WRITE, &err);

	if (!store)
		_exit(1);
	for (int i = 0;; i++) {
		int64_t ids[3];
		bool is_written = store_begin(store, &err);

		for (size_t j = 0; j < 3 && is_written; j++) {
			char event_id[32];

			snprintf(event_id, sizeof event_id, "wev_%d_%zu", i, j);
			struct event_row row = event_of(event_id);
			is_written = store_add_event(store, &row, NULL, &err) == ADDED_NEW;
			ids[j] = row.id;
		}
		if (!is_written || !store_commit(store, &err) ||
			write(out, ids, sizeof ids) != sizeof ids)
			_exit(1);
	}
}

static bool count_event(const struct event_row *row, void *context)
{
	(void)row;
	++*(int64_t *)context;
	return true;
}

static void what_was_told_durable_survives_a_kill(void **state)
{
	int64_t answered = 0, ids[3], last = 0;

	(void)state;
	for (int round = 0; round < 5; round++) {
		int answers[2];
		int64_t count = 0;
		struct error err = { 0 };
		pid_t child;

		assert_int_equal(pipe(answers), 0);
		child = fork();
		if (!child)
			write_until_killed(answers[1]);
		close(answers[1]);
		for (int i = 0; i < 7 + round * 5; i++)
			assert_int_equal(read(answers[0], ids, sizeof ids), sizeof ids);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		while (read(answers[0], ids, sizeof ids) == sizeof ids)
			last = ids[2];
		last = ids[2];
		close(answers[0]);

		OWNED(store) store = open_store(STORE_WRITE);
		struct store_filter filter = { .before = last + 1, .limit = 1000000 };
		must(store_list_events(store, &filter, count_event, &count, &err));
		answered = (last + 1) / 2;
		assert_int_equal(count, answered);
		/* Only whole groups are there. */
		count = 0;
		must(store_list_events(store, &(struct store_filter){ .limit = 1000000 },
			count_event, &count, &err));
		assert_int_equal(count % 3, 0);
		must(store_begin(store, &err));
		must(sqlite3_exec(sqlite_of(store)->database,
			     "DELETE FROM event; DELETE FROM selection", NULL, NULL,
			     NULL) == SQLITE_OK);
		must(store_commit(store, &err));
	}
}

/* As one wrong byte of the disk leaves it. */
static void an_event_whose_rules_are_damaged_fails_no_search(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);

	(void)state;
	add(store, event_of("wev_1"));
	add(store, event_of("wev_2"));
	assert_events(store, "3 1", .rule = "nightly");
	run_sql(path_in("state/state.db"),
		"UPDATE event SET matched = '[\"nightly\"x' WHERE id = 1");
	assert_events(store, "3", .rule = "nightly");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(a_second_writer_is_refused_and_told_who_has_it),
		store_test(the_lock_ends_with_the_process_that_is_killed),
		store_test(its_files_are_for_their_owner_only),
		store_test(what_cannot_be_a_store_is_refused_with_what_to_do),
		store_test(a_newer_schema_is_refused_and_left_alone),
		store_test(a_database_of_the_first_release_is_brought_up_to_date),
		store_test(a_store_whose_files_were_moved_away_takes_nothing_until_they_are_back),
		store_test(what_was_told_as_failed_while_the_files_were_away_is_taken_back),
		store_test(a_store_that_was_restored_over_takes_nothing),
		store_test(a_backup_that_was_put_in_its_place_is_not_written_to),
		store_test(a_store_that_is_copied_into_goes_on_taking_writes),
		store_test(a_stopped_daemons_store_can_be_read),
		store_test(an_event_whose_rules_are_damaged_fails_no_search),
		store_test(a_full_disk_fails_the_transaction_and_heals),
		store_test(a_commit_whose_fsync_failed_never_happened),
		store_test(nothing_is_written_while_fsync_goes_on_failing),
		store_test(what_was_told_durable_survives_a_kill),
	};

	return cmocka_run_group_tests_name("store on disk", tests, NULL, NULL);
}
