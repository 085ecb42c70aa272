/*
 * store/sqlite/open.c - opening and closing a store, and starting again after a commit that failed
 * halfway.
 *
 * Durability: WAL with synchronous=FULL, so a COMMIT that returned is on the disk. Readers (our
 * threads, the command line) never block the writer. Foreign keys are off, because we delete in the
 * right order. A new database has auto_vacuum incremental, so that disk is given back when
 * `history` is shortened or a busy time is over (prune.c). One of an older release stays as it is:
 * only writing it whole could change it, for which a start may have neither time nor room. Its free
 * pages are used again; a copy of `backup` is incremental, so restoring one changes it.
 */
#include "store/sqlite/sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * How long a reader waits for a writer that recovers or checkpoints, and the daemon for a person's
 * sqlite3 shell.
 */
#define BUSY_MS 5000

/* Small caches keep an idle daemon small; checkpoint.c makes the checkpoints. */
static const char writer_setup[] =
	"PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; "
	"PRAGMA mmap_size = 0;"
	"PRAGMA cache_size = -2048; PRAGMA wal_autocheckpoint = 0;"
	"PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY;";
static const char reader_setup[] =
	"PRAGMA mmap_size = 0; PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY;";

/* With a folder, because SQLite gives some bare names a meaning (":memory:"), and may give one to
 * each that begins with a colon (https://www.sqlite.org/c3ref/open.html). */
static char *path_of(const char *place)
{
	bool has_folder = strchr(place, '/') && *place != ':';
	return has_folder ? mem_copy_text(place) : mem_printf("./%s", place);
}

static bool sync_folder(const char *folder)
{
	int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_synced = descriptor >= 0 && fsync(descriptor) == 0;

	if (descriptor >= 0)
		close(descriptor);
	return is_synced;
}

/* Makes the missing folders above `path`, for the owner only. */
static bool make_folders(const char *path, struct error *err)
{
	OWNED_MEMORY char *folder = mem_copy_text(path);

	for (char *at = strchr(folder + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(folder, 0700) && errno != EEXIST)
			return error_fail(err, error_kind_of(errno),
				"store %s: cannot make folder %s: %s", path, folder,
				strerror(errno));
		*at = '/';
	}
	return true;
}

/*
 * Creates the file for the owner only; SQLite would make it readable for all. Only if there is
 * none, because opening and closing a file that a connection of this process uses would drop its
 * POSIX locks (sqlite.org/howtocorrupt.html, section 2.2).
 */
static bool make_file(const char *path, struct error *err)
{
	OWNED_MEMORY char *folder = mem_copy_text(path);
	int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);

	if (descriptor < 0 && errno == EEXIST)
		return true;
	if (descriptor < 0)
		return error_fail(err, error_kind_of(errno), "store %s: cannot create it: %s", path,
			strerror(errno));
	close(descriptor);
	*strrchr(folder, '/') = '\0';
	if (!sync_folder(*folder ? folder : "/"))
		return error_fail(err, ERROR_SYSTEM, "store %s: fsync of its folder: %s", path,
			strerror(errno));
	return true;
}

/* Where the header tells how the database is written (sqlite.org/fileformat.html, 1.3.3): 1 in a
 * copy that `backup` took, 2 as soon as there is a WAL. */
#define HEADER_MODE 19
#define MODE_WITHOUT_WAL 1

/* 0: it cannot be read, which SQLite will tell. -1: there is none, in an empty file or no file. */
static int mode_of(const char *path)
{
	unsigned char mode = 0;
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (descriptor < 0)
		return errno == ENOENT ? -1 : 0;
	ssize_t length = pread(descriptor, &mode, 1, HEADER_MODE);
	close(descriptor);
	return length ? mode : -1;
}

/*
 * SQLite takes any WAL that is beside a database for its own: pages of the old store would go into
 * a copy that was put in its place; and beside an empty database it deletes the WAL, with the
 * newest events. Both are what an interrupted restore leaves. Our own lives do not: a database has
 * its header before it has a WAL. Only at a start after a crash there is a WAL, before anything of
 * this process has the database open (see make_file()).
 */
static bool is_own_wal(const char *path, struct error *err)
{
	OWNED_MEMORY char *wal = mem_printf("%s-wal", path);
	struct stat about;

	if (stat(wal, &about) || !about.st_size)
		return true;
	const char *name = strrchr(path, '/') + 1;
	int mode = mode_of(path);
	if (mode < 0)
		return error_fail(err, ERROR_INPUT,
			"store %s: there is %s-wal, but no database that it belongs to: was a"
			" restore interrupted? Put the database or a copy of it there; remove"
			" %s-wal only for a copy, or to begin with an empty store",
			path, name, name);
	return mode != MODE_WITHOUT_WAL ||
	       error_fail(err, ERROR_INPUT,
		       "store %s is a copy that was never in use, and %s-wal belongs to the store"
		       " that was there before: was a restore interrupted? Remove %s-wal and"
		       " %s-shm, and start again",
		       path, name, name, name);
}

/* A restored copy may be root's, which the daemon cannot open; else it is a person who looks. */
static const char *remedy(const struct sqlite *store, int number)
{
	if (number != EACCES)
		return "";
	return store->mode == STORE_WRITE ? "; give the file to the owner of its folder (chown)"
					  : "; run this as the daemon's user, or as root";
}

static bool fail_to_connect(struct sqlite *store, int code, struct error *err)
{
	int number = store->database ? sqlite3_system_errno(store->database) : 0;

	switch (code & 0xff) {
	case SQLITE_NOTADB:
		return error_fail(err, ERROR_INPUT,
			"store %s is not a SQLite database; give another `store`, or, if it was "
			"one,"
			" restore the last copy of `refresh-router backup`",
			store->path);
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return error_fail(err, error_kind_of(number), "store %s cannot be opened: %s%s",
			store->path, number ? strerror(number) : sqlite3_errstr(code),
			remedy(store, number));
	default:
		return sqlite_fail(store, "open", err);
	}
}

/* Only of a new database: with another one it would write, before it is known whose that is. */
static bool choose_vacuum(struct sqlite *store, struct error *err)
{
	int64_t pages;

	if (!sqlite_number(store, "PRAGMA page_count", "open", &pages, err))
		return false;
	return pages ||
	       sqlite3_exec(store->database, "PRAGMA auto_vacuum = INCREMENTAL", NULL, NULL,
		       NULL) == SQLITE_OK ||
	       sqlite_fail(store, "open", err);
}

static bool use_wal(struct sqlite *store, struct error *err)
{
	sqlite3_stmt *query = NULL;
	int code =
		sqlite3_prepare_v2(store->database, "PRAGMA journal_mode = WAL", -1, &query, NULL);
	bool is_wal = false;

	if (code == SQLITE_OK)
		code = sqlite3_step(query);
	if (code == SQLITE_ROW)
		is_wal = text_is_nocase(query_column_text(query, 0), "wal");
	if (code != SQLITE_ROW)
		IGNORE(fail_to_connect(store, code, err)); /* false, like is_wal */
	else if (!is_wal)
		IGNORE(error_fail(err, ERROR_INPUT,
			"store %s: its file system cannot share memory between processes"
			" (a network file system?); put it on a local disk",
			store->path));
	IGNORE(sqlite3_finalize(query)); /* repeats a reported failure */
	return is_wal;
}

static void disconnect(struct sqlite *store)
{
	query_forget_all(store);
	/* It can only fail with SQLITE_BUSY, for a statement not finalized, and all are. */
	IGNORE(sqlite3_close(store->database));
	store->database = NULL;
	free(store->ruleset);
	store->ruleset = NULL;
}

static bool connect_database(struct sqlite *store, struct error *err)
{
	bool is_writer = store->mode == STORE_WRITE;
	int flags = (is_writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
		    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int code = sqlite3_open_v2(store->path, &store->database, flags, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_busy_timeout(store->database, BUSY_MS);
	if (code == SQLITE_OK)
		code = sqlite3_exec(
			store->database, is_writer ? writer_setup : reader_setup, NULL, NULL, NULL);
	if (code != SQLITE_OK)
		return fail_to_connect(store, code, err);
	if (!is_writer)
		return schema_check(store, err);
	/* Without permission to write, SQLite opens for reading. */
	if (sqlite3_db_readonly(store->database, "main") == 1)
		return error_fail(
			err, ERROR_SYSTEM, "store %s: no permission to write it", store->path);
	return choose_vacuum(store, err) && use_wal(store, err) && schema_migrate(store, err) &&
	       backup_notice(store, err);
}

/*
 * Reads the highest id that an event ever had, which pruning stores before it deletes. Never lower
 * than an id given by this process, even if that event was rolled back.
 */
static bool read_last_event(struct sqlite *store, struct error *err)
{
	USED_QUERY query = sqlite_query(store, QUERY_LAST_EVENT,
		"SELECT max(value, coalesce((SELECT max(id) FROM event), 0)) FROM meta"
		" WHERE name = 'last_event'",
		err);
	int64_t last;

	if (!query || !query_number(store, query, "read the last event's id", &last, err))
		return false;
	if (!sqlite_is_within(last, MOST_EVENT))
		return row_is_damaged(store, "event", last, err);
	if (last > store->last_event)
		store->last_event = last;
	return true;
}

static bool connect_writer(struct sqlite *store, struct error *err)
{
	if (!connect_database(store, err) || !read_last_event(store, err))
		return false;
	checkpointer_attach(store->checkpointer, store->database);
	return true;
}

static bool open_writer(struct sqlite *store, struct error *err)
{
	if (!make_folders(store->path, err))
		return false;
	store->lock = lock_take(store->path, err);
	if (store->lock < 0 || !is_own_wal(store->path, err) || !make_file(store->path, err))
		return false;
	store->checkpointer = checkpointer_new(store->path, err);
	return store->checkpointer && connect_writer(store, err) && place_note(store, err);
}

static bool open_reader(struct sqlite *store, struct error *err)
{
	struct stat about;

	/* An empty file: a writer has just created it. */
	if (stat(store->path, &about) == 0 ? about.st_size == 0 : errno == ENOENT)
		return error_fail(err, ERROR_INPUT,
			"store %s: there is no database yet; `refresh-router serve` creates it",
			store->path);
	return connect_database(store, err);
}

struct store *sqlite_open(const struct store_address *address, enum store_mode mode,
	const struct store_upgrade *upgrade, struct error *err)
{
	struct sqlite *store = mem_new(struct sqlite);

	/*
	 * SQLite counts the bytes that it allocates, under a lock of the whole process, and nobody
	 * asks for them. Refused without harm when a store was opened before.
	 */
	IGNORE(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0));
	store->store.driver = &sqlite_driver;
	store->mode = mode;
	store->lock = -1;
	store->least_bytes = INT64_MAX;
	store->path = path_of(store_driver_place(address->url));
	store->upgrade = upgrade;
	bool is_open = mode == STORE_WRITE ? open_writer(store, err) : open_reader(store, err);
	store->upgrade = NULL;
	if (is_open)
		return &store->store;
	sqlite_close(&store->store);
	return NULL;
}

void sqlite_close(struct store *base)
{
	struct sqlite *store = sqlite_of(base);

	checkpointer_free(store->checkpointer);
	disconnect(store);
	lock_release(store->lock);
	free(store->path);
	free(store);
}

/*
 * Commits something over the frames that the failed commit may have left at the end of the WAL.
 * Otherwise they could count as committed when the WAL is read again, and an event that was
 * answered 503 would be in the store without anything acting on it.
 */
static bool fence(struct sqlite *store, struct error *err)
{
	static const char sql[] =
		"BEGIN IMMEDIATE; UPDATE meta SET value = value + 1 WHERE name = 'fence'; COMMIT";

	if (sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	/* false, which is returned below */
	IGNORE(sqlite_fail(store, "write after a failed commit", err));
	/* May fail: there is nothing to roll back if BEGIN failed. */
	IGNORE(sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL));
	return false;
}

/*
 * After a failed fsync Linux drops the error and marks the pages clean: a second fsync succeeds
 * although the bytes never reached the disk ("fsyncgate", PostgreSQL, 2018). So nothing written or
 * cached before is relied on: newly written frames fence off the failed commit, and a new
 * connection reads everything from the files.
 */
bool sqlite_renew(struct sqlite *store, struct error *err)
{
	if (store->database) {
		if (sqlite3_get_autocommit(store->database) && !fence(store, err))
			return false;
		disconnect(store);
	}
	/* WAL and index may be new files, because the last connection to close removes them. */
	if (!place_holds_database(store, err) || !connect_writer(store, err) ||
		!place_note(store, err)) {
		disconnect(store);
		return false;
	}
	store->is_suspect = false;
	return true;
}
