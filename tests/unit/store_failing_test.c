/*
 * tests/unit/store_failing_test.c - each call of SQLite's to the disk and for memory fails once,
 * and then for good: the store says so or has succeeded, a later start finds what was told as
 * durable and no half of a transaction, and nothing is left open or allocated.
 */
#include "tests/unit/store_template.h"
#include <dirent.h>

/* ---- what fails, and how ---- */

struct fault {
	const char *name;
	unsigned calls;
	int code;
};

static const struct fault faults[] = {
	{ "open: CANTOPEN", CALL_OPEN, SQLITE_CANTOPEN },
	{ "open: IOERR", CALL_OPEN, SQLITE_IOERR },
	{ "delete: IOERR", CALL_DELETE, SQLITE_IOERR_DELETE },
	{ "access: IOERR", CALL_ACCESS, SQLITE_IOERR_ACCESS },
	{ "read: IOERR", CALL_READ, SQLITE_IOERR_READ },
	{ "read: CORRUPT", CALL_READ, SQLITE_CORRUPT },
	{ "read: NOTADB", CALL_READ, SQLITE_NOTADB },
	{ "read: NOMEM", CALL_READ, SQLITE_IOERR_NOMEM },
	{ "write: FULL", CALL_WRITE, SQLITE_FULL },
	{ "write: IOERR", CALL_WRITE, SQLITE_IOERR_WRITE },
	{ "write: READONLY", CALL_WRITE, SQLITE_READONLY },
	{ "truncate: IOERR", CALL_TRUNCATE, SQLITE_IOERR_TRUNCATE },
	{ "sync: IOERR", CALL_SYNC, SQLITE_IOERR_FSYNC },
	{ "size: IOERR", CALL_SIZE, SQLITE_IOERR_FSTAT },
	{ "lock: BUSY", CALL_LOCK, SQLITE_BUSY },
	{ "lock: IOERR", CALL_LOCK, SQLITE_IOERR_LOCK },
	{ "WAL index: IOERR", CALL_SHM_MAP, SQLITE_IOERR_SHMMAP },
	{ "WAL index: NOMEM", CALL_SHM_MAP, SQLITE_IOERR_NOMEM },
	{ "WAL index: READONLY", CALL_SHM_MAP, SQLITE_READONLY_CANTINIT },
	{ "WAL lock: BUSY", CALL_SHM_LOCK, SQLITE_BUSY },
	{ "WAL lock: IOERR", CALL_SHM_LOCK, SQLITE_IOERR_SHMLOCK },
	{ "memory", CALL_MEMORY, SQLITE_NOMEM },
};
#define FAULTS (sizeof faults / sizeof *faults)

/* So many of the calls of a long row fail, each in a run of its own; which, the seed says. All of
 * them: with -DMOST_RUNS=100000, which takes a quarter of an hour. */
#ifndef MOST_RUNS
#define MOST_RUNS 5
#endif

static int open_files(void)
{
	DIR *folder_of = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(folder_of);
	while (readdir(folder_of))
		count++;
	closedir(folder_of);
	return count;
}

typedef void run(const struct fault *fault, bool goes_on);

static long calls_of(run *one, const struct fault *fault)
{
	failing_plan((struct failing_plan){ .calls = fault->calls });
	one(fault, false);
	return atomic_load(&failing_count);
}

/* tests/run draws a seed, so that each run of it tries others; a message names the call. */
static long first_call(long step)
{
	const char *seed = getenv("REFRESH_ROUTER_SEED");
	return seed ? (long)(strtoul(seed, NULL, 10) % (unsigned long)step) : 0;
}

/* The run with the first, second, third... call failing. */
static void fail_each(run *one, const struct fault *fault, bool goes_on)
{
	long calls = calls_of(one, fault), step = calls / MOST_RUNS + 1;
	int files = open_files();
	long long bytes = atomic_load(&failing_bytes);

	for (long at = 1 + first_call(step); at <= calls; at += step) {
		free(during);
		during = mem_printf("%s, at call %ld of %ld%s", fault->name, at, calls,
			goes_on ? " and from then on" : "");
		failing_plan((struct failing_plan){
			.calls = fault->calls, .at = at, .goes_on = goes_on, .code = fault->code });
		one(fault, goes_on);
		if (open_files() != files)
			fail_msg("%s: a file is left open", during);
		if (atomic_load(&failing_bytes) > bytes)
			fail_msg("%s: %lld bytes of SQLite's are left", during,
				(long long)atomic_load(&failing_bytes) - bytes);
	}
}

static void fail_everywhere(run *one)
{
	for (size_t i = 0; i < FAULTS; i++) {
		fail_each(one, &faults[i], false);
		fail_each(one, &faults[i], true);
	}
	free(during);
	during = NULL;
}

static void heal(void)
{
	failing_plan((struct failing_plan){ .calls = 0 });
}

/* ---- a life that begins with nothing ---- */

/* Without its -shm, the next start reads all of the WAL. */
static void copy_as_after_a_crash(void)
{
	static const char *const endings[] = { "", "-wal" };
	struct error err = { 0 };

	assert_int_equal(mkdir(path_in("crashed"), 0700), 0);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		char name[40];
		OWNED_TEXT struct text bytes = TEXT(TEXT_UNBOUNDED);

		snprintf(name, sizeof name, "state/state.db%s", endings[i]);
		if (!file_read(path_in(name), &bytes, &err))
			continue; /* the story did not come so far */
		snprintf(name, sizeof name, "crashed/state.db%s", endings[i]);
		put_file(name, bytes.at, bytes.length);
	}
}

static void assert_story_after_a_crash(const struct told *told)
{
	struct store_folder whole = folder;

	snprintf(folder.url, sizeof folder.url, "sqlite:%.60s/crashed/state.db", folder.path);
	assert_story(told);
	folder = whole;
}

static void write_first(const struct fault *fault, bool goes_on)
{
	void *unused = NULL;
	struct told told = { .failed = 0 };
	bool was_planned = failing.at;

	(void)fault;
	assert_int_equal(store_folder_setup(&unused), 0);
	story_before_close = copy_as_after_a_crash;
	story(0, &told);
	long calls = atomic_load(&failing_count);
	bool is_hit = atomic_load(&failing_hits);
	heal();
	if (is_hit && !goes_on && told.is_opened && told.failed > 1)
		fail_msg("%s: one failure failed %d transactions", during, told.failed);
	if (!was_planned)
		assert_int_equal(told.failed, 0);
	assert_story(&told);
	if (told.is_opened)
		assert_story_after_a_crash(&told);
	assert_int_equal(store_folder_teardown(&unused), 0);
	atomic_store(&failing_count, calls);
}

static void what_is_told_of_a_write_is_so_whatever_fails(void **state)
{
	(void)state;
	fail_everywhere(write_first);
}

/* ---- a store that is there ---- */

/* A life that only reads, with what follows it. */
static void read_in(enum store_mode mode, bool goes_on)
{
	struct error err = { 0 };

	put_template();
	struct store *store = store_open(&(struct store_address){ .url = folder.url }, mode, &err);
	if (!store)
		IGNORE(failed_with_reason(&err));
	/* one that fails once is well again */
	else if (ask_all(store) > 1 && !goes_on)
		fail_msg("%s: one failure failed several questions", during);
	store_close(store);
	long calls = atomic_load(&failing_count);
	heal();
	assert_whole();
	remove_template();
	atomic_store(&failing_count, calls);
}

static void read_beside(const struct fault *fault, bool goes_on)
{
	(void)fault;
	read_in(STORE_READ, goes_on);
}

static void read_at_start(const struct fault *fault, bool goes_on)
{
	(void)fault;
	read_in(STORE_WRITE, goes_on);
}

static void an_answer_is_right_or_a_failure_for_people(void **state)
{
	(void)state;
	fill_template();
	fail_everywhere(read_beside);
	clear_template();
}

static void what_a_start_goes_on_with_is_right_or_a_failure(void **state)
{
	(void)state;
	fill_template();
	fail_everywhere(read_at_start);
	clear_template();
}

/* ---- an upgrade ---- */

static void a_failed_upgrade_is_done_by_the_next_start(void **state)
{
	(void)state;
	sample_template("schema-4");
	fail_everywhere(read_at_start);
	clear_template();
}

/* ---- a copy ---- */

static void copy_it(const struct fault *fault, bool goes_on)
{
	struct error err = { 0 };

	(void)fault, (void)goes_on;
	put_template();
	bool is_taken = take_copy(&err);
	long calls = atomic_load(&failing_count);
	heal();
	assert_whole();
	if (is_taken) {
		sqlite3 *copy = NULL;
		sqlite3_stmt *query = NULL;

		must(sqlite3_open(path_in("copy"), &copy) == SQLITE_OK);
		must(sqlite3_prepare_v2(copy,
			     "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM copy"
			     " WHERE restored_at = 0), integrity_check FROM pragma_integrity_check",
			     -1, &query, NULL) == SQLITE_OK);
		assert_int_equal(sqlite3_step(query), SQLITE_ROW);
		assert_int_equal(sqlite3_column_int(query, 0), ASKED_EVENTS);
		assert_int_equal(sqlite3_column_int(query, 1), 1);
		assert_string_equal(sqlite3_column_text(query, 2), "ok");
		sqlite3_finalize(query);
		assert_int_equal(sqlite3_close(copy), SQLITE_OK);
	} else {
		IGNORE(failed_with_reason(&err));
	}
	remove_template();
	atomic_store(&failing_count, calls);
}

static void a_copy_is_whole_or_a_failure(void **state)
{
	(void)state;
	fill_template();
	fail_everywhere(copy_it);
	clear_template();
}

static void a_failed_first_start_from_a_copy_is_done_by_the_next(void **state)
{
	(void)state;
	copy_template();
	fail_everywhere(read_at_start);
	clear_template();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_told_of_a_write_is_so_whatever_fails),
		cmocka_unit_test(an_answer_is_right_or_a_failure_for_people),
		cmocka_unit_test(what_a_start_goes_on_with_is_right_or_a_failure),
		cmocka_unit_test(a_failed_upgrade_is_done_by_the_next_start),
		cmocka_unit_test(a_copy_is_whole_or_a_failure),
		cmocka_unit_test(a_failed_first_start_from_a_copy_is_done_by_the_next),
	};

	if (failing_start())
		return 1;
	return cmocka_run_group_tests_name("store that fails", tests, NULL, NULL);
}
