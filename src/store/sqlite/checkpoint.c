/*
 * store/sqlite/checkpoint.c - copies pages from the WAL to the database file, beside the thread
 * that commits.
 *
 * SQLite would do this inside a commit, with two fsyncs and some milliseconds for which every
 * sender waits. Here a separate thread copies while commits go on, and the journal's thread copies
 * only the pages written meanwhile, when nobody waits for its next commit. The WAL starts again
 * when a writer finds all of it copied; under load, only a copy between two commits achieves that.
 * Under a load without a pause the WAL grows, to a bound.
 *
 *   idle --WAL is long--> copying --thread is through--> copied --journal's own copy--> idle
 *                            ^------ the rest is long ------'
 */
#include "base/log/log.h"
#include "base/mailbox.h"
#include "base/thread.h"
#include "store/sqlite/sqlite.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/*
 * Pages of 4 KiB: 64 MiB. Each copy ends in an fsync for which the commits beside it wait too; this
 * rarely, fewer than one request in a hundred notices. A start after a crash reads this much in a
 * tenth of a second.
 */
#define LONG_WAL 16000
/* 256 MiB: from here on the journal's own copy is not put off. */
#define MOST_WAL 64000
/* While it is put off, the thread copies again after so many pages, so that little is left. */
#define LONG_REST 4000
/* After a pass that copied fewer pages, little is left to copy, unless writing outruns copying. */
#define SHORT_PASS 200
#define MOST_PASSES 2

struct checkpointer {
	pthread_t thread;
	struct mailbox *mailbox;
	struct message wake; /* in the mailbox, or the thread's, while is_copying */
	char *path;
	/* the thread's, while is_copying: the files to copy */
	struct place_file place[PLACE_FILES];
	atomic_bool is_copying;
	bool is_failing;   /* the last copy failed; as `place`, and else the journal's */
	atomic_llong size; /* bytes of the database file after the last copy */
	/* When the database file was last changed, if that copy brought all of the WAL into it; or
	 * 0. */
	atomic_llong whole_at;
	/* Used by the journal's thread only: */
	bool is_copied;
	int wal_pages, due_at;
	int64_t commits, commits_then; /* ever; and when the last copy began */
	int64_t version_then;          /* data_version then */
	int copied_at;                 /* pages of the WAL when the thread last began to copy */
};

/* ---- the thread ---- */

/*
 * What is in the WAL is durable, and the next copy begins where this one failed. But the WAL grows
 * until one succeeds, so somebody has to know.
 */
static void note_copy(struct checkpointer *checkpointer, sqlite3 *database, int code)
{
	struct sqlite store = { .path = checkpointer->path, .database = database };
	struct error err;

	if ((code & 0xff) == SQLITE_BUSY) /* somebody else copies */
		return;
	if (code != SQLITE_OK && !checkpointer->is_failing) {
		IGNORE(sqlite_fail(&store, "copy", &err)); /* always false */
		log_error("the WAL cannot be copied into the database",
			KV("reason", (const char *)err.message));
	} else if (code == SQLITE_OK && checkpointer->is_failing) {
		log_info("the WAL is copied into the database again");
	}
	checkpointer->is_failing = code != SQLITE_OK;
}

/* Copies what it can without waiting for anybody. */
static int copy_passively(
	struct checkpointer *checkpointer, sqlite3 *database, int *pages, int *copied)
{
	int code =
		sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_PASSIVE, pages, copied);
	note_copy(checkpointer, database, code);
	return code;
}

/* Returns the number of copied pages; *is_whole: none is left. */
static int copy_pages(
	struct checkpointer *checkpointer, sqlite3 *database, int *copied_before, bool *is_whole)
{
	int pages = 0, copied = 0;

	*is_whole = false;
	if (copy_passively(checkpointer, database, &pages, &copied) != SQLITE_OK)
		return 0;
	int more = copied - *copied_before;
	*copied_before = copied;
	*is_whole = copied == pages;
	return more;
}

/* Opens a connection each time: nothing of it gets stale, and it takes no memory while idle. True:
 * the WAL holds nothing more than the database. */
static bool copy(struct checkpointer *checkpointer)
{
	bool is_whole = false;
	sqlite3 *database = NULL;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	int copied = 0;
	int code = sqlite3_open_v2(checkpointer->path, &database, flags, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_exec(database,
			"PRAGMA synchronous = FULL; SELECT 1 FROM meta LIMIT 1", NULL, NULL, NULL);
	if (code != SQLITE_OK)
		note_copy(checkpointer, database, code);
	for (int pass = 0; code == SQLITE_OK && pass < MOST_PASSES; pass++)
		if (copy_pages(checkpointer, database, &copied, &is_whole) < SHORT_PASS)
			break;
	IGNORE(sqlite3_close(database)); /* no statement is open */
	return is_whole;
}

/*
 * Checked because the connection is opened by name: a file that has replaced ours, such as a
 * restored backup, would get our pages.
 */
static void copy_if_ours(struct checkpointer *checkpointer)
{
	if (!place_is(checkpointer->path, checkpointer->place))
		return;
	bool is_whole = copy(checkpointer);
	if (!place_is(checkpointer->path, checkpointer->place))
		return;
	atomic_store(&checkpointer->size, (long long)checkpointer->place[0].size);
	if (is_whole)
		atomic_store(&checkpointer->whole_at, (long long)checkpointer->place[0].changed_at);
}

static void *run(void *context)
{
	struct checkpointer *checkpointer = context;

	while (mailbox_wait(checkpointer->mailbox)) {
		copy_if_ours(checkpointer);
		atomic_store(&checkpointer->is_copying, false);
	}
	return NULL;
}

/* ---- the journal's side ---- */

static int note_wal(void *context, sqlite3 *database, const char *name, int pages)
{
	struct checkpointer *checkpointer = context;

	(void)database;
	(void)name;
	/* The WAL has started again. */
	if (pages < checkpointer->wal_pages) {
		checkpointer->due_at = LONG_WAL;
		checkpointer->is_copied = false;
	}
	checkpointer->wal_pages = pages;
	checkpointer->commits++;
	return SQLITE_OK;
}

static void finish(struct checkpointer *checkpointer, sqlite3 *database)
{
	checkpointer->is_copied = false;
	atomic_store(&checkpointer->whole_at, 0); /* it writes the file too */
	/* A reader may still use the WAL, so do not try again at every commit. */
	checkpointer->due_at = checkpointer->wal_pages + LONG_WAL;
	/* A failure leaves the WAL longer, and is tried again when it has grown. */
	IGNORE(copy_passively(checkpointer, database, NULL, NULL));
}

/* Changes when another connection has committed; -1: cannot be told. */
static int64_t data_version(sqlite3 *database)
{
	sqlite3_stmt *query = NULL;
	int64_t version = -1;

	if (sqlite3_prepare_v2(database, "PRAGMA data_version", -1, &query, NULL) == SQLITE_OK &&
		sqlite3_step(query) == SQLITE_ROW)
		version = sqlite3_column_int64(query, 0);
	IGNORE(sqlite3_finalize(query)); /* repeats a reported failure */
	return version;
}

static void begin_copy(struct checkpointer *checkpointer, const struct sqlite *store)
{
	memcpy(checkpointer->place, store->place, sizeof checkpointer->place);
	atomic_store(&checkpointer->whole_at, 0);
	checkpointer->commits_then = checkpointer->commits;
	checkpointer->version_then = data_version(store->database);
	atomic_store(&checkpointer->is_copying, true);
	if (!mailbox_send(checkpointer->mailbox, &checkpointer->wake))
		atomic_store(&checkpointer->is_copying, false);
}

void sqlite_tidy(struct store *base, bool is_awaited)
{
	struct sqlite *store = sqlite_of(base);
	struct checkpointer *checkpointer = store->checkpointer;

	if (!store->database || checkpointer->wal_pages < checkpointer->due_at ||
		atomic_load(&checkpointer->is_copying))
		return;
	bool is_through = checkpointer->is_copied;
	if (is_through && (!is_awaited || checkpointer->wal_pages >= MOST_WAL)) {
		finish(checkpointer, store->database);
	} else if (!is_through || checkpointer->wal_pages - checkpointer->copied_at >= LONG_REST) {
		checkpointer->is_copied = true;
		checkpointer->copied_at = checkpointer->wal_pages;
		begin_copy(checkpointer, store);
	}
}

void sqlite_settle(struct store *base)
{
	struct sqlite *store = sqlite_of(base);
	struct checkpointer *checkpointer = store->checkpointer;

	if (store->database && checkpointer->wal_pages && !atomic_load(&checkpointer->is_copying))
		begin_copy(checkpointer, store);
}

void checkpointer_attach(struct checkpointer *checkpointer, sqlite3 *database)
{
	checkpointer->wal_pages = 0;
	checkpointer->due_at = LONG_WAL;
	sqlite3_wal_hook(database, note_wal, checkpointer); /* instead of SQLite's own */
}

int64_t checkpointer_size(const struct checkpointer *checkpointer)
{
	return checkpointer ? atomic_load(&checkpointer->size) : 0;
}

bool checkpointer_is_whole(const struct checkpointer *checkpointer)
{
	return !atomic_load(&checkpointer->is_copying) && atomic_load(&checkpointer->whole_at) &&
	       checkpointer->commits == checkpointer->commits_then;
}

/*
 * While the WAL holds nothing more than the database, SQLite has no reason to write into that: not
 * before somebody has committed, we or another program (replication does, and copies by itself).
 */
bool checkpointer_is_overwritten(
	const struct checkpointer *checkpointer, sqlite3 *database, int64_t changed_at)
{
	if (!checkpointer || !checkpointer_is_whole(checkpointer) ||
		atomic_load(&checkpointer->whole_at) == changed_at)
		return false;
	int64_t version = data_version(database);
	return version >= 0 && version == checkpointer->version_then;
}

struct checkpointer *checkpointer_new(const char *path, struct error *err)
{
	struct checkpointer *checkpointer = mem_new(struct checkpointer);

	checkpointer->path = mem_copy_text(path);
	checkpointer->mailbox = mailbox_new(1, NULL, err);
	if (checkpointer->mailbox && thread_start(&checkpointer->thread, THREAD_ANY, "checkpoint",
					     run, checkpointer, err))
		return checkpointer;
	mailbox_free(checkpointer->mailbox);
	free(checkpointer->path);
	free(checkpointer);
	return NULL;
}

void checkpointer_free(struct checkpointer *checkpointer)
{
	if (!checkpointer)
		return;
	mailbox_close(checkpointer->mailbox);
	thread_join(checkpointer->thread);
	mailbox_free(checkpointer->mailbox);
	free(checkpointer->path);
	free(checkpointer);
}
