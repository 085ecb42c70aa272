/* tests/unit/journal_test.c - entries are committed together, answered in order, and fail alone. */
#include "base/metric.h"
#include "store/journal.h"
#include "tests/unit/store_drivers.h"
#include <pthread.h>
#include <semaphore.h>

/* An entry that adds an event. Its result is read by the test after journal_stop(). */
struct entry {
	struct journal_entry entry; /* first member */
	const char *event_id;
	bool is_bad;     /* it writes and then fails */
	sem_t *gate;     /* apply() waits for it, so that other entries gather */
	sem_t *answered; /* posted by done() */
	int runs;
	int order; /* its place in the order of answers, from 1 */
	bool is_committed;
	struct error err;
};

static int answers; /* written by the journal's thread; read after its end */

static bool apply(struct journal_entry *journal_entry, struct store *store, struct error *err)
{
	struct entry *entry = (struct entry *)journal_entry;
	struct event_row row = event_of(entry->event_id);

	if (entry->gate && !entry->runs)
		sem_wait(entry->gate);
	entry->runs++;
	if (store_add_event(store, &row, NULL, err) == ADDED_FAILED)
		return false;
	return !entry->is_bad || error_fail(err, ERROR_INPUT, "a bad entry");
}

static void done(struct journal_entry *journal_entry, bool committed, const struct error *err)
{
	struct entry *entry = (struct entry *)journal_entry;

	entry->order = ++answers;
	entry->is_committed = committed;
	if (!committed)
		entry->err = *err;
	if (entry->answered)
		sem_post(entry->answered);
}

static struct entry entry_of(const char *event_id)
{
	return (struct entry){ .entry = { .apply = apply, .done = done }, .event_id = event_id };
}

static struct journal *start(size_t most)
{
	struct error err = { 0 };
	struct journal *journal = journal_start(open_store(STORE_WRITE), most, &err);

	answers = 0;
	must(journal != NULL);
	return journal;
}

static void assert_stored(const char *expected)
{
	OWNED(store) store = open_store(STORE_READ);
	struct seen seen = { .text = "" };
	struct error err = { 0 };

	must(store_list_events(store, &(struct store_filter){ 0 }, see_event, &seen, &err));
	assert_string_equal(seen.text, expected);
}

static void what_waits_shares_a_commit_and_is_answered_in_order(void **state)
{
	struct entry entries[5];
	struct journal *journal = start(10);
	int64_t commits = metric_get(METRIC_journal_commit_seconds);
	sem_t gate;

	(void)state;
	sem_init(&gate, 0, 0);
	for (int i = 0; i < 5; i++) {
		entries[i] = entry_of("");
		entries[i].gate = i ? NULL : &gate;
		assert_true(journal_add(journal, &entries[i].entry));
	}
	sem_post(&gate);
	journal_stop(journal);
	for (int i = 0; i < 5; i++) {
		assert_true(entries[i].is_committed);
		assert_int_equal(entries[i].order, i + 1);
		assert_int_equal(entries[i].runs, 1);
	}
	/* The thread may have taken the first ones before the others came. */
	assert_in_range(metric_get(METRIC_journal_commit_seconds) - commits, 1, 2);
	assert_stored("9 7 5 3 1");
	sem_destroy(&gate);
}

struct common {             /* written by the journal's thread; read after its end */
	int calls, answers; /* of the last call: how many were answered by then */
};
static void after(void *of_all)
{
	struct common *common = of_all;

	common->calls++;
	common->answers = answers;
}

static void what_answers_have_in_common_is_done_once_for_a_group(void **state)
{
	struct common common[2] = { { 0, 0 }, { 0, 0 } };
	struct entry entries[6];
	struct journal *journal = start(10);
	sem_t gate;

	(void)state;
	sem_init(&gate, 0, 0);
	for (int i = 0; i < 6; i++) {
		entries[i] = entry_of("");
		entries[i].gate = i ? NULL : &gate;
		entries[i].entry.after = i == 2 ? NULL : after;
		entries[i].entry.of_all = &common[i == 5];
		assert_true(journal_add(journal, &entries[i].entry));
	}
	sem_post(&gate);
	journal_stop(journal);
	/* The thread may have taken the first ones before the others came. */
	assert_in_range(common[0].calls, 1, 2);
	assert_true(common[0].answers >= 5);
	assert_int_equal(common[1].calls, 1);
	assert_int_equal(common[1].answers, 6);
	sem_destroy(&gate);
}

static void a_bad_entry_fails_alone(void **state)
{
	struct entry first = entry_of("wev_0"), entries[4];
	struct journal *journal = start(10);
	char reason[480];
	sem_t gate;

	(void)state;
	sem_init(&gate, 0, 0);
	first.gate = &gate;
	assert_true(journal_add(journal, &first.entry));
	for (int i = 0; i < 4; i++) {
		static const char *const ids[] = { "wev_1", "wev_2", "wev_3", "wev_4" };

		entries[i] = entry_of(ids[i]);
		entries[i].is_bad = i == 1;
		assert_true(journal_add(journal, &entries[i].entry));
	}
	sem_post(&gate);
	while (journal_waiting(journal))
		sched_yield();
	assert_true(journal_is_healthy(journal, reason));
	journal_stop(journal);
	assert_true(first.is_committed);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(entries[i].is_committed, i != 1);
		assert_int_equal(entries[i].order, i + 2);
	}
	assert_string_equal(entries[1].err.message, "a bad entry");

	OWNED(store) store = open_store(STORE_READ);
	struct seen seen = { .text = "" };
	struct error err = { 0 };
	must(store_list_events(store, &(struct store_filter){ 0 }, see_event, &seen, &err));
	assert_int_equal(seen.count, 4);
	sem_destroy(&gate);
}

static void more_than_may_wait_are_refused_but_not_those_that_must_pass(void **state)
{
	struct entry entries[4];
	struct journal *journal = start(2);
	sem_t gate;
	size_t waiting;

	(void)state;
	sem_init(&gate, 0, 0);
	for (int i = 0; i < 4; i++)
		entries[i] = entry_of("");
	entries[0].gate = &gate;
	assert_true(journal_add(journal, &entries[0].entry));
	while (journal_waiting(journal))
		sched_yield();
	assert_true(journal_add(journal, &entries[1].entry));
	assert_true(journal_add(journal, &entries[2].entry));
	assert_false(journal_add(journal, &entries[3].entry));
	assert_true(journal_add_always(journal, &entries[3].entry));
	waiting = journal_waiting(journal);
	sem_post(&gate);
	journal_stop(journal);
	assert_int_equal(waiting, 3);
	for (int i = 0; i < 4; i++)
		assert_true(entries[i].is_committed);
	sem_destroy(&gate);
}

static void a_journal_without_space_says_so_and_goes_on_when_there_is_some(void **state)
{
	struct store *store = open_store(STORE_WRITE);
	struct entry full = entry_of("wev_1"), again = entry_of("wev_2");
	sqlite3 *database = sqlite_of(store)->database;
	struct error err = { 0 };
	struct journal *journal;
	char reason[480] = "";
	sem_t answered;

	(void)state;
	sem_init(&answered, 0, 0);
	full.answered = again.answered = &answered;
	must(sqlite3_exec(database,
		     "CREATE TABLE filler (x); PRAGMA max_page_count = 1;"
		     "CREATE TRIGGER fill BEFORE INSERT ON event BEGIN INSERT INTO filler VALUES "
		     "(zeroblob(40000)); END",
		     NULL, NULL, NULL) == SQLITE_OK ||
		sqlite3_errcode(database) == SQLITE_FULL);
	journal = journal_start(store, 10, &err);
	must(journal != NULL);
	assert_true(journal_add(journal, &full.entry));
	sem_wait(&answered);
	assert_false(full.is_committed);
	assert_int_equal(full.err.kind, ERROR_TRANSIENT);
	assert_false(journal_is_healthy(journal, reason));
	assert_string_equal(reason, full.err.message);
	assert_non_null(strstr(reason, "full"));
	/* The thread waits at its mailbox, so the connection is free. */
	must(sqlite3_exec(database, "PRAGMA max_page_count = 100000", NULL, NULL, NULL) ==
		SQLITE_OK);
	assert_true(journal_add(journal, &again.entry));
	sem_wait(&answered);
	assert_true(again.is_committed);
	assert_true(journal_is_healthy(journal, reason));
	journal_stop(journal);
	sem_destroy(&answered);
}

static void stopping_writes_what_waits(void **state)
{
	struct entry *entries = calloc(2000, sizeof *entries);
	struct journal *journal = start(2000);
	OWNED(store) store = NULL;
	struct seen seen = { .text = "" };
	struct error err = { 0 };

	(void)state;
	assert_non_null(entries);
	for (int i = 0; i < 2000; i++) {
		entries[i] = entry_of("");
		assert_true(journal_add(journal, &entries[i].entry));
	}
	journal_stop(journal);
	journal_stop(NULL);
	for (int i = 0; i < 2000; i++) {
		assert_true(entries[i].is_committed);
		assert_int_equal(entries[i].order, i + 1);
	}
	store = open_store(STORE_READ);
	must(store_list_events(
		store, &(struct store_filter){ .limit = 9999 }, see_event, &seen, &err));
	assert_int_equal(seen.count, 2000);
	free(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		every_store_test(what_waits_shares_a_commit_and_is_answered_in_order),
		every_store_test(what_answers_have_in_common_is_done_once_for_a_group),
		every_store_test(a_bad_entry_fails_alone),
		every_store_test(more_than_may_wait_are_refused_but_not_those_that_must_pass),
		store_test(a_journal_without_space_says_so_and_goes_on_when_there_is_some),
		every_store_test(stopping_writes_what_waits),
	};

	return cmocka_run_group_tests_name("journal", tests, drivers_start, drivers_stop);
}
