/*
 * store/sqlite/sqlite.h - private to store/sqlite/: the connection and its prepared statements.
 *
 * A statement is prepared when it is first used and kept under its enum query, so that the SQL
 * stands beside the binding of its parameters:
 *
 *     USED_QUERY query = sqlite_query(store, QUERY_END_SELECTION, "DELETE FROM selection WHERE id =
 * ?1", err); if (!query) return false; query_bind_number(query, 1, id); return query_run(store,
 * query, "end a selection", err);
 *
 * USED_QUERY resets it at the end of the block. A statement has one use at a time: a visitor must
 * not list inside a list of the same kind.
 */
#pragma once
#include "base/text.h"
#include "store/driver.h"
#include <sqlite3.h>
#include <sys/types.h>

enum query {
	QUERY_BEGIN,
	QUERY_COMMIT,
	QUERY_ROLLBACK,
	QUERY_ADD_EVENT,
	QUERY_FIND_DUPLICATE,
	QUERY_ADD_SELECTION,
	QUERY_END_SELECTION,
	QUERY_FIND_RULESET,
	QUERY_ADD_RULESET,
	QUERY_PUT_REFRESH,
	QUERY_PUT_LATEST,
	QUERY_PUT_CAUSE,
	QUERY_PUT_SPENT,
	QUERY_PUT_PAUSE,
	QUERY_END_PAUSE,
	QUERY_ADD_COMMAND,
	QUERY_PUT_NOTE,
	QUERY_END_NOTE,
	QUERY_LOAD_NOTES,
	QUERY_LIST_EVENTS,
	QUERY_LIST_EVENTS_OF_JOB,
	QUERY_LIST_EVENTS_OF_RUN,
	QUERY_FIRST_SINCE,
	QUERY_FIND_EVENT,
	QUERY_LIST_REFRESHES,
	QUERY_LIST_OPEN_REFRESHES,
	QUERY_LIST_REFRESHES_OF_EVENT,
	QUERY_FIND_REFRESH,
	QUERY_CAUSES,
	QUERY_REFRESHES_OF_EVENT,
	QUERY_COUNT_OPEN_SELECTIONS,
	QUERY_LAST_EVENT,
	QUERY_LAST_REFRESH,
	QUERY_LOAD_SELECTIONS,
	QUERY_LOAD_SELECTED,
	QUERY_LOAD_NAMINGS,
	QUERY_NAMINGS_OF_REFRESH,
	QUERY_LOAD_OPEN,
	QUERY_LOAD_CAUSES,
	QUERY_LOAD_SUCCEEDED,
	QUERY_LOAD_RECENT,
	QUERY_LOAD_SPENT,
	QUERY_LOAD_PAUSES,
	QUERY_LIST_COMMANDS,
	QUERY_LOAD_COPY,
	QUERY_PRUNE_COPIES,
	QUERY_PRUNE_SPENT,
	QUERY_PRUNE_COMMANDS,
	QUERY_PRUNE_MARKS,
	QUERY_PRUNE_CAUSES,
	QUERY_PRUNE_LATEST,
	QUERY_PRUNE_REFRESHES,
	QUERY_PRUNE_EVENTS,
	QUERY_READ_ROWS,
	QUERY_WRITE_ROW,
	QUERY_COUNT,
};

struct place_file {
	dev_t device;
	ino_t inode;
	off_t size;
	int64_t changed_at; /* nanoseconds */
};
#define PLACE_FILES 3 /* the database, its WAL, and the WAL's index */

struct sqlite {
	struct store store; /* first member */
	enum store_mode mode;
	char *path;
	const struct store_upgrade *upgrade; /* while it is opened */
	int lock;                            /* descriptor of PATH.lock; -1: none, as for readers */
	sqlite3 *database; /* NULL after a failed sqlite_renew(); the next one may succeed */
	sqlite3_stmt *queries[QUERY_COUNT];
	bool is_suspect; /* a commit failed halfway: sqlite_renew() before the next */
	/* The first event of the open transaction, or of the last one; 0: it has none. */
	int64_t first_added;
	/* The last transaction is durable, but was told as failed: the next one begins without it.
	 */
	bool is_told_as_failed;
	int64_t last_event;  /* the highest id ever given to an event; stamps follow from ids */
	int64_t last_copied; /* of a writer: the id of the last event from a copy; 0: it is none */
	char *ruleset;       /* the last interned revision, and its id */
	int64_t ruleset_id;
	struct wall since; /* that the last search was for, and the lowest id it may list */
	int64_t first_since;
	struct checkpointer *checkpointer;    /* of a writer */
	struct place_file place[PLACE_FILES]; /* of a writer */
	/* The file may become as small as this, because the database gave pages back. */
	int64_t least_bytes;
	int64_t promised_bytes; /* the same once the open transaction is committed; 0: no change */
};

/*
 * A selection's id is its event's id followed by its position among the event's selections. So it
 * names both, and is never used again, as event ids are not.
 */
#define SELECTION_BITS 20
/* Follows from the id, because one process writes and gives ids in the order in which events become
 * durable. */
static inline int64_t sqlite_stamp_of_event(int64_t event)
{
	return event << STAMP_BITS;
}

#define SELECTIONS_PER_EVENT ((size_t)1 << SELECTION_BITS)

/* We write no larger id. */
#define MOST_EVENT (STAMP_MOST >> STAMP_BITS)
static inline bool sqlite_is_within(int64_t number, int64_t most)
{
	return number >= 0 && number <= most;
}

static inline struct sqlite *sqlite_of(const struct store *store)
{
	return (struct sqlite *)(uintptr_t)store;
}

/* ---- the driver's functions (driver.c has the table) ---- */

bool sqlite_begin(struct store *store, struct error *err);
bool sqlite_commit(struct store *store, struct error *err);
void sqlite_rollback(struct store *store);
void sqlite_tidy(struct store *store, bool is_awaited);
void sqlite_settle(struct store *store);
bool sqlite_sizes(const struct store *store, int64_t *database, int64_t *wal);
enum added sqlite_add_event(
	struct store *store, struct event_row *row, int64_t *selection_ids, struct error *err);
bool sqlite_end_selection(struct store *store, int64_t selection_id, struct error *err);
bool sqlite_put_refresh(struct store *store, const struct refresh_row *row, struct error *err);
bool sqlite_put_cause(struct store *store, const struct cause_row *row, struct error *err);
bool sqlite_put_spent(struct store *store, const struct spent *spent, struct error *err);
bool sqlite_put_pause(struct store *store, const char *site, const char *by, struct error *err);
bool sqlite_add_command(struct store *store, const struct command_row *row, struct error *err);
bool sqlite_put_note(struct store *store, const char *key, const char *value, struct error *err);
bool sqlite_load_notes(struct store *store, const char *prefix, note_visit *visit, void *context,
	struct error *err);
bool sqlite_prune(
	struct store *store, struct wall before, int most, int64_t *deleted, struct error *err);
bool sqlite_give_back(struct store *store, int most, bool *is_more, struct error *err);
bool sqlite_list_events(struct store *store, const struct store_filter *filter, event_visit *visit,
	void *context, struct error *err);
bool sqlite_list_refreshes(struct store *store, const struct store_filter *filter,
	refresh_visit *visit, void *context, struct error *err);
bool sqlite_list_commands(struct store *store, int64_t subject, command_visit *visit, void *context,
	struct error *err);
bool sqlite_find_event(struct store *store, int64_t id, event_visit *visit, void *context,
	bool *found, struct error *err);
bool sqlite_find_refresh(struct store *store, int64_t id, refresh_visit *visit, void *context,
	bool *found, struct error *err);
bool sqlite_refreshes_of_event(struct store *store, int64_t event, struct arena *arena,
	const int64_t **ids, size_t *count, struct error *err);
bool sqlite_open_selections_of_event(
	struct store *store, int64_t event, int64_t *count, struct error *err);
bool sqlite_load_open_selections(struct store *store, const char *site, selected_visit *visit,
	void *context, struct error *err);
bool sqlite_load_namings(struct store *store, const char *site, int64_t refresh,
	selected_visit *visit, void *context, struct error *err);
bool sqlite_load_refreshes(struct store *store, const char *site, struct wall since,
	refresh_visit *visit, void *context, struct error *err);
bool sqlite_load_spent(struct store *store, const char *site, spent_visit *visit, void *context,
	struct error *err);
bool sqlite_load_pauses(struct store *store, const char *site, pause_visit *visit, void *context,
	struct error *err);
bool sqlite_take_refresh_ids(struct store *store, struct refresh_ids *ids, struct error *err);
int64_t sqlite_last_stamp(const struct store *store);
bool sqlite_examine(
	struct store *store, struct arena *arena, struct store_health *health, struct error *err);
bool sqlite_take_backup(struct store *store, const struct store_backup *backup,
	struct store_contents *contents, struct error *err);
bool sqlite_load_copy(struct store *store, struct arena *arena, const struct store_copy **copy,
	struct error *err);

/* ---- transfers: transfer.c ---- */

extern const struct rows_driver sqlite_rows;

/* ---- connection: open.c ---- */

struct store *sqlite_open(const struct store_address *address, enum store_mode mode,
	const struct store_upgrade *upgrade, struct error *err);
void sqlite_close(struct store *store);

/*
 * After a commit that failed halfway: ensures that it has no effect, then opens a new connection.
 */
bool sqlite_renew(struct sqlite *store, struct error *err) MUST_USE;

/* ---- the files: place.c ---- */

/* Notes which files a new connection has. */
bool place_note(struct sqlite *store, struct error *err) MUST_USE;
/* Inside a transaction that makes the database smaller: the file may become so small when the WAL
 * is copied, if the transaction is committed. */
bool place_promise_size(struct sqlite *store, struct error *err) MUST_USE;
/* The transaction is committed, or not. */
void place_keep_promise(struct sqlite *store, bool is_committed);
/* Are the files still there, still the same, and the database not smaller? The second function
 * checks the database alone. */
bool place_holds(struct sqlite *store, struct error *err) MUST_USE;
bool place_holds_database(struct sqlite *store, struct error *err) MUST_USE;
/* Do the names of the database at `path` still lead to these files? Updates their sizes and times
 * of change. Any thread. */
bool place_is(const char *path, struct place_file files[static PLACE_FILES]) MUST_USE;

/* ---- checkpoints: checkpoint.c ---- */

struct checkpointer;
struct checkpointer *checkpointer_new(const char *path, struct error *err) MUST_USE;
void checkpointer_free(struct checkpointer *checkpointer);
/* The size of the database file after the last copy; 0: there was none, or this is a reader. */
int64_t checkpointer_size(const struct checkpointer *checkpointer);
/* The database file has this time of change, and it was not SQLite that changed it. False: that is
 * not sure, or this is a reader. For the journal's thread. */
bool checkpointer_is_overwritten(
	const struct checkpointer *checkpointer, sqlite3 *database, int64_t changed_at);
/* The WAL holds nothing more than the database file, so that this has its size. False: that is not
 * sure. For the journal's thread. */
bool checkpointer_is_whole(const struct checkpointer *checkpointer);
/* Watches the WAL of this connection, the writer's, from now on. */
void checkpointer_attach(struct checkpointer *checkpointer, sqlite3 *database);

/* ---- lock: lock.c ---- */

/* Returns the descriptor that holds PATH.lock, or -1. */
int lock_take(const char *path, struct error *err) MUST_USE;
void lock_release(int lock);
/* For a reader: takes it where there is one, and changes no file. *lock -1: there is none, so no
 * process has ever opened that store to write. */
bool lock_keep(const char *path, int *lock, struct error *err) MUST_USE;
/* The process that has PATH.lock, as it wrote there; 0: none does, or it is not known. */
int64_t lock_holder(const char *path);

/* ---- schema: schema.c ---- */

bool schema_migrate(struct sqlite *store, struct error *err) MUST_USE;
bool schema_check(struct sqlite *store,
	struct error *err) MUST_USE; /* for a reader: the version must be exactly ours */

/* ---- copies: backup.c ---- */

/* A writer's connection to a restored copy: the first one takes note of that (store/store.h). */
bool backup_notice(struct sqlite *store, struct error *err) MUST_USE;

/* ---- statements: query.c ---- */

/* NULL when it cannot be prepared. */
sqlite3_stmt *sqlite_query(
	struct sqlite *store, enum query query, const char *sql, struct error *err) MUST_USE;
static inline void query_release(sqlite3_stmt **query)
{
	if (*query) {
		/* A failure is reported already; reset only repeats it. */
		IGNORE(sqlite3_reset(*query));
		IGNORE(sqlite3_clear_bindings(*query));
	}
}
#define USED_QUERY __attribute__((cleanup(query_release))) sqlite3_stmt *

/* Of a damaged database. */
#define STORE_REMEDY                                                                               \
	"; stop the daemon, keep the files, and restore the last copy of `refresh-router backup`"

/* "store PATH: WHAT: SQLite's reason"; always false. */
bool sqlite_fail(struct sqlite *store, const char *what, struct error *err);
/* Runs a statement that has no rows. */
bool query_run(
	struct sqlite *store, sqlite3_stmt *query, const char *what, struct error *err) MUST_USE;
/* Steps to the next row: *has_row is false at the end. */
bool query_next(struct sqlite *store, sqlite3_stmt *query, const char *what, bool *has_row,
	struct error *err) MUST_USE;
/* Reads the single number that the statement yields. */
bool query_number(struct sqlite *store, sqlite3_stmt *query, const char *what, int64_t *number,
	struct error *err) MUST_USE;
/* The same of a statement that is not kept prepared, because it runs rarely. */
bool sqlite_number(struct sqlite *store, const char *sql, const char *what, int64_t *number,
	struct error *err) MUST_USE;
void query_forget(struct sqlite *store, enum query query);
void query_forget_all(struct sqlite *store);
/* False outside a transaction: on some failures (full disk) SQLite ends one by itself, and later
 * writes would be half of a group. */
bool sqlite_is_writing(struct sqlite *store, const char *what, struct error *err) MUST_USE;

/*
 * Parameters are borrowed until query_release(). Binding fails only without memory or for a wrong
 * index; the next step then reports it.
 */
static inline void query_bind_number(sqlite3_stmt *query, int index, int64_t value)
{
	IGNORE(sqlite3_bind_int64(query, index, value));
}
static inline void query_bind_time(sqlite3_stmt *query, int index, struct wall time)
{
	query_bind_number(query, index, time.us);
}
void query_bind_text(sqlite3_stmt *query, int index, const char *text);     /* NULL is "" */
void query_bind_optional(sqlite3_stmt *query, int index, const char *text); /* NULL is NULL */
static inline void query_bind_bytes(sqlite3_stmt *query, int index, struct str bytes)
{
	/* Because a NULL pointer would be bound as NULL, not as empty bytes. */
	IGNORE(sqlite3_bind_blob64(
		query, index, bytes.length ? bytes.at : "", bytes.length, SQLITE_STATIC));
}
static inline struct str query_column_bytes(sqlite3_stmt *query, int index)
{
	const void *at = sqlite3_column_blob(query, index);

	return (struct str){ at, at ? (size_t)sqlite3_column_bytes(query, index) : 0 };
}
static inline const char *query_column_optional(sqlite3_stmt *query, int index)
{
	return (const char *)sqlite3_column_text(query, index);
}
static inline const char *query_column_text(sqlite3_stmt *query, int index)
{
	const char *text = query_column_optional(query, index);

	return text ? text : "";
}
/* {0} for a value that is not between 1970 and the year 10000. */
static inline struct wall query_column_time(sqlite3_stmt *query, int index)
{
	int64_t us = sqlite3_column_int64(query, index);

	return (struct wall){ us >= 0 && us <= RECORD_MOST_TIME ? us : 0 };
}

/* ---- records: record.c ---- */

/* Appends `sql` with the names of records replaced by their columns (store/columns.h). */
void sqlite_expand(const char *sql, struct text *out);
/* Binds the values of an insertion, whose columns are the statement's first parameters. */
void sqlite_bind_record(sqlite3_stmt *query, const struct member *members, const void *record);
/*
 * Reads the statement's first columns into a record; texts are valid until the next step. False for
 * a row that we never write: row_is_damaged() with `what` and its first column.
 */
bool sqlite_read_record(struct sqlite *store, sqlite3_stmt *query, const char *what,
	const struct member *members, void *record, struct error *err) MUST_USE;

/* ---- rows: row.c ---- */

/* The error "the database is damaged" with the row; always false. */
bool row_is_damaged(const struct sqlite *store, const char *what, int64_t id, struct error *err);

/* The tables from which {event} is read. */
#define EVENT_TABLES "event LEFT JOIN ruleset ON ruleset.id = event.ruleset "

/* Texts are valid until the next step. */
static inline bool row_of_event(
	struct sqlite *store, sqlite3_stmt *query, struct event_row *row, struct error *err)
{
	*row = (struct event_row){ 0 };
	return sqlite_read_record(store, query, "event", event_members, row, err);
}
static inline bool row_of_refresh(
	struct sqlite *store, sqlite3_stmt *query, struct refresh_row *row, struct error *err)
{
	return sqlite_read_record(store, query, "refresh", refresh_members, row, err);
}

/*
 * The causes of one refresh, copied from a statement's rows, whose texts end with the next step.
 */
struct causes {
	size_t count, capacity;
	struct cause_row *rows;
	size_t *rule_offsets; /* where each row's rule begins in `rules` */
	size_t offset_capacity;
	struct text rules;
};
void causes_init(struct causes *causes);
void causes_clear(struct causes *causes);
void causes_reset(struct causes *causes);
bool causes_add(struct sqlite *store, struct causes *causes, sqlite3_stmt *query,
	struct error *err) MUST_USE;
/* The rows with their rules; valid until the next reset. */
const struct cause_row *causes_rows(struct causes *causes);
#define OWNED_CAUSES __attribute__((cleanup(causes_clear)))
