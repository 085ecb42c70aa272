/*
 * store/journal.c - the journal's thread.
 *
 * All waiting entries are committed as a group. Those that arrive during the commit are the next
 * group, so groups grow with the load: one entry when it is quiet, hundreds for one fsync when it
 * is not.
 *
 * Other threads only use the mailbox, and read the reason why the store fails: an immutable
 * snapshot in a shared slot, which is empty while all is well.
 */
#include "store/journal.h"
#include "base/fault.h"
#include "base/log/log.h"
#include "base/metric.h"
#include "base/shared.h"
#include "base/thread.h"
#include <poll.h>
#include <stdio.h>

/* Bounds the memory of a group, and how long its first entry waits for its last. */
#define GROUP_MOST 512
/* After this long without anything to write, the WAL is copied into the database file. */
#define REST_AFTER_MS 1000
/* Far longer than the store lets what it has not copied yet grow by itself. */
#define LONG_WAL (INT64_C(1) << 30)

struct journal {
	struct mailbox *mailbox;
	struct write_failure_slot *failure; /* empty: healthy */
	pthread_t thread;
	struct heartbeat heartbeat;
	/* Used by the journal's thread only: */
	struct store *store;
	bool is_failing, is_wal_long;
};

struct write_failure {
	struct shared shared;
	char reason[sizeof((struct error *)0)->message];
};

static void failure_destroy(struct write_failure *failure)
{
	free(failure);
}

SHARED_DECLARE(write_failure)
SHARED_DEFINE(write_failure, failure_destroy)

/* ---- health ---- */

/* Logged when it changes, not for each entry: a full disk fails thousands of them. */
static void note_failure(struct journal *journal, const struct error *err)
{
	struct write_failure *failure = mem_new(struct write_failure);

	SHARED_INIT(write_failure, failure);
	snprintf(failure->reason, sizeof failure->reason, "%s", err->message);
	write_failure_slot_put(journal->failure, failure);
	metric_add(METRIC_journal_failures_total, 1);
	if (!journal->is_failing)
		log_error("journal cannot write", KV("reason", (const char *)failure->reason));
	journal->is_failing = true;
}

/* What a reader still sees cannot be copied, so the WAL grows until it is done, or the disk is
 * full.
 */
static void note_wal(struct journal *journal, int64_t wal)
{
	bool is_long = wal >= LONG_WAL;
	if (is_long == journal->is_wal_long)
		return;
	journal->is_wal_long = is_long;
	if (is_long)
		log_warning("the store's WAL grows: a program reads the database for long",
			KV("bytes", wal));
	else
		log_info("the store's WAL has started again", KV("bytes", wal));
}

static void note_sizes(struct journal *journal)
{
	int64_t database, wal;
	if (!store_sizes(journal->store, &database, &wal))
		return;
	metric_set(METRIC_store_database_bytes, database);
	metric_set(METRIC_store_wal_bytes, wal);
	note_wal(journal, wal);
}

static void note_success(struct journal *journal, size_t entries, struct mono began)
{
	metric_observe(METRIC_journal_commit_seconds, clock_mono().us - began.us);
	metric_observe(METRIC_journal_batch_entries, (int64_t)entries);
	note_sizes(journal);
	if (!journal->is_failing)
		return;
	journal->is_failing = false;
	write_failure_slot_put(journal->failure, NULL);
	log_info("journal writes again");
}

/* ---- groups ---- */

enum group_end { COMMITTED, ENTRY_FAILED, STORE_FAILED };

static bool begin(struct store *store, struct error *err)
{
	if (FAULT("journal.begin"))
		return error_fail(err, ERROR_SYSTEM, "journal: begin: fault");
	return store_begin(store, err);
}

static bool apply(struct journal_entry *entry, struct store *store, struct error *err)
{
	if (FAULT("journal.apply"))
		return error_fail(err, ERROR_SYSTEM, "journal: apply: fault");
	return entry->apply(entry, store, err);
}

static bool commit(struct store *store, struct error *err)
{
	if (FAULT("journal.commit")) {
		store_rollback(store);
		return error_fail(err, ERROR_SYSTEM, "journal: commit: fault");
	}
	if (!store_commit(store, err))
		return false;
	/* It cannot fail any more, but can die between commit and answers. */
	IGNORE(FAULT("journal.committed"));
	return true;
}

static struct journal_entry *next_of(const struct journal_entry *entry)
{
	return (struct journal_entry *)entry->message.next;
}

/*
 * One transaction of the first `count` entries. STORE_FAILED: it did not even begin, so no entry is
 * the cause.
 */
static enum group_end write_group(
	struct journal *journal, struct journal_entry *first, size_t count, struct error *err)
{
	struct journal_entry *entry = first;
	struct mono began = clock_mono();

	if (!begin(journal->store, err)) {
		note_failure(journal, err);
		return STORE_FAILED;
	}
	for (size_t i = 0; i < count; i++, entry = next_of(entry)) {
		if (!apply(entry, journal->store, err)) {
			store_rollback(journal->store);
			/* ERROR_INPUT is the entry's own fault; the store is well. */
			if (count == 1 && err->kind != ERROR_INPUT)
				note_failure(journal, err);
			return ENTRY_FAILED;
		}
	}
	if (!commit(journal->store, err)) {
		note_failure(journal, err);
		return ENTRY_FAILED;
	}
	note_success(journal, count, began);
	return COMMITTED;
}

/* Answers the first `count` entries in their order; returns the one after them. */
static struct journal_entry *answer(
	struct journal_entry *first, size_t count, bool committed, const struct error *err)
{
	struct journal_entry common = { .after = NULL };

	while (count--) {
		struct journal_entry next = *first; /* done() owns the entry */

		first->done(first, committed, err);
		if (common.after && next.after && next.of_all != common.of_all)
			common.after(common.of_all);
		if (next.after)
			common = next;
		first = next_of(&next);
	}
	if (common.after)
		common.after(common.of_all);
	return first;
}

static struct journal_entry *write_alone(
	struct journal *journal, struct journal_entry *first, size_t count)
{
	for (; count; count--) {
		struct error err = { 0 };

		heartbeat_beat(&journal->heartbeat);
		enum group_end outcome = write_group(journal, first, 1, &err);

		/* Each further entry would only fail after the same wait. */
		if (outcome == STORE_FAILED)
			return answer(first, count, false, &err);
		first = answer(first, 1, outcome == COMMITTED, &err);
	}
	return first;
}

static void write_all(struct journal *journal, struct journal_entry *first)
{
	while (first) {
		struct error err = { 0 };
		size_t count = 0;

		heartbeat_beat(&journal->heartbeat);

		for (struct journal_entry *entry = first; entry && count < GROUP_MOST;
			entry = next_of(entry))
			count++;

		enum group_end outcome = write_group(journal, first, count, &err);
		/* A group of one has been tried alone already. */
		if (outcome == ENTRY_FAILED && count > 1)
			first = write_alone(journal, first, count);
		else
			first = answer(first, count, outcome == COMMITTED, &err);
		store_tidy(journal->store, first || mailbox_count(journal->mailbox));
	}
}

/* Returns the next messages; if there are none for a while, lets the store settle first. */
static struct message *wait_for_messages(struct journal *journal)
{
	struct pollfd fd = { .fd = mailbox_fd(journal->mailbox), .events = POLLIN };

	heartbeat_beat(&journal->heartbeat);
	if (poll(&fd, 1, REST_AFTER_MS) == 0)
		store_settle(journal->store);
	do {
		heartbeat_beat(&journal->heartbeat);
		note_sizes(journal);
	} while (poll(&fd, 1, HEARTBEAT_EVERY / US_PER_MS) == 0);
	return mailbox_wait(journal->mailbox);
}

static void *journal_run(void *context)
{
	struct journal *journal = context;
	struct message *messages;

	while ((messages = wait_for_messages(journal)))
		write_all(journal, (struct journal_entry *)messages);
	return NULL;
}

/* ---- life ---- */

/* Frees entries left in the mailbox. There are none, because the thread empties it before it
 * ends. */
static void refuse_entry(struct message *message)
{
	struct journal_entry *entry = (struct journal_entry *)message;
	struct error err;

	IGNORE(error_fail(&err, ERROR_TRANSIENT, "the journal has stopped")); /* always false */
	entry->done(entry, false, &err);
}

static void journal_free(struct journal *journal)
{
	mailbox_free(journal->mailbox);
	write_failure_slot_free(journal->failure);
	store_close(journal->store);
	free(journal);
}

struct journal *journal_start(struct store *store, size_t most, struct error *err)
{
	struct journal *journal = mem_new(struct journal);

	journal->store = store;
	journal->mailbox = mailbox_new(most, refuse_entry, err);
	journal->failure = write_failure_slot_new();
	journal->heartbeat.thread = "journal";
	heartbeat_beat(&journal->heartbeat);
	if (!journal->mailbox || !thread_start(&journal->thread, THREAD_JOURNAL, "journal",
					 journal_run, journal, err)) {
		journal_free(journal);
		return NULL;
	}
	return journal;
}

bool journal_add(struct journal *journal, struct journal_entry *entry)
{
	return mailbox_send(journal->mailbox, &entry->message);
}

bool journal_add_always(struct journal *journal, struct journal_entry *entry)
{
	return mailbox_send_answer(journal->mailbox, &entry->message);
}

bool journal_is_healthy(struct journal *journal, char reason[static 480])
{
	OWNED(write_failure) failure = write_failure_slot_get(journal->failure);

	*reason = '\0';
	if (!failure)
		return true;
	snprintf(reason, 480, "%s", failure->reason);
	return false;
}

const struct heartbeat *journal_heartbeat(const struct journal *journal)
{
	return &journal->heartbeat;
}

size_t journal_waiting(struct journal *journal)
{
	return mailbox_count(journal->mailbox);
}

void journal_stop(struct journal *journal)
{
	if (!journal)
		return;
	mailbox_close(journal->mailbox);
	thread_join(journal->thread); /* it first writes the entries that wait */
	journal_free(journal);
}
