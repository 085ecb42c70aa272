/* tests/unit/checkpoint_test.c - the WAL does not grow for ever under a writer that never rests. */
#include "base/clock.h"
#include "tests/unit/store_folder.h"
#include <sys/stat.h>

/* journal_size_limit of open.c: the size to which a WAL that starts again is cut */
#define LIMIT ((off_t)64 << 20)
#define BODY_BYTES ((size_t)1 << 20)
#define PATIENCE (60 * US_PER_SECOND)

static off_t wal_bytes(void)
{
	char path[128];
	struct stat about;

	snprintf(path, sizeof path, "%s/state/state.db-wal", folder.path);
	return stat(path, &about) ? 0 : about.st_size;
}

static bool is_awaited; /* somebody waits for each next commit */

static void write_event(struct store *store, int number, struct str body)
{
	struct error err;
	char event_id[32];

	snprintf(event_id, sizeof event_id, "wev_%d", number);
	struct event_row row = event_of(event_id);
	row.body = body;
	must(store_begin(store, &err));
	must(store_add_event(store, &row, NULL, &err) == ADDED_NEW);
	must(store_commit(store, &err));
	store_tidy(store, is_awaited);
}

static void assert_short_again(void)
{
	OWNED_MEMORY char *bytes = mem_alloc(BODY_BYTES);
	OWNED(store) store = open_store(STORE_WRITE);
	struct mono begun = clock_mono();
	off_t longest = 0;
	int number = 0;

	while (wal_bytes() <= LIMIT)
		write_event(store, number++, (struct str){ bytes, BODY_BYTES });
	longest = wal_bytes();
	while (wal_bytes() > LIMIT) {
		write_event(store, number++, (struct str){ bytes, BODY_BYTES });
		if (clock_mono().us - begun.us > PATIENCE)
			fail_msg("the WAL is still %lld bytes long", (long long)wal_bytes());
	}
	assert_true(longest > LIMIT);
}

static void a_writer_that_never_rests_still_finds_its_WAL_short_again(void **state)
{
	(void)state;
	is_awaited = false;
	assert_short_again();
}

static void so_does_one_whose_every_commit_is_waited_for(void **state)
{
	(void)state;
	is_awaited = true;
	assert_short_again();
}

static void what_was_copied_is_there_after_a_new_start(void **state)
{
	(void)state;
	OWNED_MEMORY char *bytes = mem_alloc(BODY_BYTES);
	struct store *store = open_store(STORE_WRITE);
	int64_t events;
	struct error err;

	for (int number = 0; number < 80; number++)
		write_event(store, number, (struct str){ bytes, BODY_BYTES });
	store_close(store);
	store = open_store(STORE_WRITE);
	sqlite3_stmt *query = NULL;
	assert_int_equal(sqlite3_prepare_v2(sqlite_of(store)->database,
				 "SELECT count(*) FROM event", -1, &query, NULL),
		SQLITE_OK);
	must(query_number(sqlite_of(store), query, "count", &events, &err));
	sqlite3_finalize(query);
	assert_int_equal(events, 80);
	store_close(store);
}

static bool has_event(const char *path)
{
	sqlite3 *database = NULL;
	sqlite3_stmt *query = NULL;
	bool has = sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
		   sqlite3_prepare_v2(database, "SELECT 1 FROM event", -1, &query, NULL) ==
			   SQLITE_OK &&
		   sqlite3_step(query) == SQLITE_ROW;

	sqlite3_finalize(query);
	sqlite3_close(database);
	return has;
}

static void when_it_rests_a_copy_of_the_file_alone_is_whole(void **state)
{
	(void)state;
	OWNED(store) store = open_store(STORE_WRITE);
	struct mono begun = clock_mono();
	char copied[512];
	int status = 1;

	write_event(store, 1, STR("{}"));
	store_settle(store);
	while (status) {
		snprintf(copied, sizeof copied, "cp %s/state/state.db %s/copy.db", folder.path,
			folder.path);
		assert_int_equal(system(copied), 0);
		snprintf(copied, sizeof copied, "%s/copy.db", folder.path);
		status = !has_event(copied);
		if (clock_mono().us - begun.us > PATIENCE)
			fail_msg("the copy has no event");
	}
}

static off_t database_bytes(void)
{
	char path[128];
	struct stat about;

	snprintf(path, sizeof path, "%s/state/state.db", folder.path);
	return stat(path, &about) ? 0 : about.st_size;
}

/* Everything is in the file, so that this has the database's size. */
static void settle(struct store *store)
{
	struct mono begun = clock_mono();

	store_settle(store);
	while (!checkpointer_is_whole(sqlite_of(store)->checkpointer)) {
		usleep(1000);
		if (clock_mono().us - begun.us > PATIENCE)
			fail_msg("the WAL is not copied");
	}
}

/* Deletes what write_event() wrote, and gives so many portions of its disk back. */
static void prune_and_give_back(struct store *store, int portions)
{
	bool is_more = true;
	int64_t deleted;
	struct error err = { 0 };

	for (int i = 0; i < portions && is_more; i++) {
		must(store_begin(store, &err));
		must(store_prune(store, (struct wall){ 2000 }, 100, &deleted, &err));
		must(store_give_back(store, 64, &is_more, &err));
		must(store_commit(store, &err));
	}
}

static struct store *open_with_events(void)
{
	OWNED_MEMORY char *bytes = mem_alloc(BODY_BYTES);
	struct store *store = open_store(STORE_WRITE);

	for (int number = 0; number < 4; number++) {
		struct event_row row = event_of("");
		row.body = (struct str){ bytes, BODY_BYTES };
		row.open_count = 0;
		add(store, row);
	}
	settle(store);
	assert_true(database_bytes() > (off_t)(4 * BODY_BYTES));
	return store;
}

static void disk_of_what_was_deleted_is_given_back_and_events_go_on(void **state)
{
	(void)state;
	is_awaited = false;
	struct store *store = open_with_events();

	prune_and_give_back(store, 1000);
	/* While the file has its old size, and when it has become smaller. */
	write_event(store, 1, STR("{}"));
	settle(store);
	assert_true(database_bytes() < (off_t)BODY_BYTES);
	write_event(store, 2, STR("{}"));
	store_close(store);
	store = open_store(STORE_WRITE);
	write_event(store, 3, STR("{}"));
	store_close(store);
}

static void a_start_after_a_kill_does_not_take_it_for_a_file_of_somebody_else(void **state)
{
	char copied[512];

	(void)state;
	is_awaited = false;
	struct store *store = open_with_events();
	prune_and_give_back(store, 20);
	/* As a kill leaves them: the WAL has pages that are not copied. */
	snprintf(copied, sizeof copied, "mkdir %s/killed && cp %s/state/state.db* %s/killed",
		folder.path, folder.path, folder.path);
	assert_int_equal(system(copied), 0);
	store_close(store);
	snprintf(folder.url, sizeof folder.url, "sqlite:%s/killed/state.db", folder.path);
	store = open_store(STORE_WRITE);
	write_event(store, 1, STR("{}"));
	settle(store);
	write_event(store, 2, STR("{}"));
	prune_and_give_back(store, 20);
	settle(store);
	write_event(store, 3, STR("{}"));
	store_close(store);
}

/* As an older, smaller copy that is written over it. */
static void a_transaction_that_is_rolled_back_allows_no_smaller_file(void **state)
{
	char path[128];
	bool is_more;
	int64_t deleted;
	struct error err = { 0 };

	(void)state;
	is_awaited = false;
	struct store *store = open_with_events();
	must(store_begin(store, &err));
	must(store_prune(store, (struct wall){ 2000 }, 100, &deleted, &err));
	must(store_give_back(store, 1 << 20, &is_more, &err));
	store_rollback(store);
	snprintf(path, sizeof path, "%s/state/state.db", folder.path);
	assert_int_equal(truncate(path, (off_t)(2 * BODY_BYTES)), 0);
	assert_false(store_begin(store, &err));
	assert_non_null(strstr(err.message, "became smaller while it was in use"));
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(a_writer_that_never_rests_still_finds_its_WAL_short_again),
		store_test(so_does_one_whose_every_commit_is_waited_for),
		store_test(what_was_copied_is_there_after_a_new_start),
		store_test(when_it_rests_a_copy_of_the_file_alone_is_whole),
		store_test(disk_of_what_was_deleted_is_given_back_and_events_go_on),
		store_test(a_start_after_a_kill_does_not_take_it_for_a_file_of_somebody_else),
		store_test(a_transaction_that_is_rolled_back_allows_no_smaller_file),
	};
	return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
