/*
 * store/sqlite/schema.c - the tables, and the migrations of databases of older releases.
 *
 * PRAGMA user_version is the number of migrations that a database has had. A released migration is
 * never edited: a change is a new one at the end. It runs in one transaction with the new number,
 * so that a crash leaves either the old or the new schema.
 *
 * Times are microseconds since 1970 (struct wall), 0 for none. `body` holds what dbt sent; its
 * run_reason often contains a person's e-mail address, so the files are readable for their owner
 * only and `history` bounds how long it is kept.
 */
#include "store/sqlite/sqlite.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

/* "rrtb", which marks our databases (PRAGMA application_id). */
#define APPLICATION_ID 0x72727462

/* Stored as numbers, so changing one is a migration. */
_Static_assert(
	REFRESH_RUNNING == 4 && REFRESH_SUCCEEDED == 5 && REFRESH_EXPIRED == 8, "in the SQL below");
_Static_assert(
	CONTENT_WORKBOOK == 0 && CONTENT_DATASOURCE == 1 && CONTENT_FLOW == 2 && CONTENT_TASK == 3,
	"in column refresh.kind");
_Static_assert(SPENT_STARTS == 0 && SPENT_QUERIES == 1, "in column spent.kind");
_Static_assert(STAMP_BITS == 20, "in the second migration");
_Static_assert(SELECTIONS_PER_EVENT == 2 * 524288, "in the seventh migration");

static const char *const migrations[] = {
	/*
	 * 0 to 1. Columns that lists filter by stand before the long ones, which may be on overflow
	 * pages. `event_mark` is the dedup mark. The two partial indexes of `refresh` are for open
	 * and for ended refreshes. `selection` holds only unresolved selections; the event is in
	 * the id (SELECTION_BITS). A number in `meta` never decreases.
	 */
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"INSERT INTO meta VALUES ('last_event', 0), ('last_refresh', 0), ('fence', 0);"
	"CREATE TABLE ruleset (id INTEGER PRIMARY KEY, revision TEXT NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE event (id INTEGER PRIMARY KEY, source TEXT NOT NULL, webhook_id TEXT NOT"
	" NULL, event_id TEXT NOT NULL, received_at INTEGER NOT NULL, finished_at INTEGER NOT"
	" NULL, outcome TEXT NOT NULL, reason TEXT, matched TEXT NOT NULL, ruleset INTEGER,"
	" fields TEXT NOT NULL, selections TEXT, body BLOB NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX event_mark ON event (event_id, webhook_id)"
	" WHERE event_id <> '' OR webhook_id <> '';"
	"CREATE INDEX event_received ON event (received_at);"
	"CREATE TABLE selection (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;"
	"CREATE TABLE refresh (id INTEGER PRIMARY KEY, site TEXT NOT NULL, kind INTEGER NOT NULL,"
	" luid TEXT NOT NULL, name TEXT NOT NULL, project TEXT NOT NULL, incremental INTEGER NOT"
	" NULL, state INTEGER NOT NULL, reason TEXT NOT NULL, priority INTEGER NOT NULL,"
	" created_at INTEGER NOT NULL, not_before INTEGER NOT NULL, give_up_at INTEGER NOT NULL,"
	" ended_at INTEGER NOT NULL, attempts INTEGER NOT NULL, sent_at INTEGER NOT NULL,"
	" sent_after INTEGER NOT NULL, seen_waiting_after INTEGER NOT NULL, job_id TEXT NOT"
	" NULL, job_created_at INTEGER NOT NULL, job_started_at INTEGER NOT NULL,"
	" job_completed_at INTEGER NOT NULL) STRICT;"
	"CREATE INDEX refresh_open ON refresh (id) WHERE state < 5;"
	"CREATE INDEX refresh_ended ON refresh (ended_at) WHERE state >= 5;"
	"CREATE TABLE cause (refresh INTEGER NOT NULL, event INTEGER NOT NULL, rule TEXT NOT"
	" NULL, arrived_at INTEGER NOT NULL, fresh_from INTEGER NOT NULL, PRIMARY KEY (refresh,"
	" event, rule)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX cause_event ON cause (event);",
	/*
	 * 1 to 2. Evidence is compared by stamps (content/refresh.h), which were ids of events;
	 * `after` is the stamp that a cause wants. `spent` has the used parts of budgets, `pause`
	 * the paused sites, `command` what people asked for.
	 */
	"ALTER TABLE refresh ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE refresh ADD COLUMN is_cancelling INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE refresh ADD COLUMN sent_at_tableau INTEGER NOT NULL DEFAULT 0;"
	"UPDATE refresh SET sent_after = sent_after << 20, seen_waiting_after ="
	" seen_waiting_after << 20;"
	"ALTER TABLE cause ADD COLUMN after INTEGER NOT NULL DEFAULT 0;"
	"UPDATE cause SET after = event << 20;"
	"CREATE TABLE spent (site TEXT NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL,"
	" count INTEGER NOT NULL, PRIMARY KEY (site, kind, at)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE pause (site TEXT PRIMARY KEY, by TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE command (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL,"
	" verb TEXT NOT NULL, subject INTEGER NOT NULL, site TEXT NOT NULL, result INTEGER NOT"
	" NULL) STRICT;"
	"CREATE INDEX command_subject ON command (subject);",
	/*
	 * 2 to 3. `latest` has, for each content, the success with the strongest evidence, so that
	 * a start reads one row for each content and not all of `history`. People search events by
	 * dbt's job and run.
	 */
	"CREATE TABLE latest (site TEXT NOT NULL, luid TEXT NOT NULL, incremental INTEGER NOT"
	" NULL, evidence INTEGER NOT NULL, refresh INTEGER NOT NULL, PRIMARY KEY (site, luid,"
	" incremental)) STRICT, WITHOUT ROWID;"
	"INSERT INTO latest SELECT site, luid, incremental, max(sent_after + seen_waiting_after +"
	" job_started_at), id FROM refresh INDEXED BY refresh_ended WHERE state >= 5 AND state = 5"
	" GROUP BY site, luid, incremental;"
	"CREATE INDEX event_job ON event (json_extract(fields, '$.job_id'));"
	"CREATE INDEX event_run ON event (json_extract(fields, '$.run_id'));",
	/*
	 * 3 to 4. Stores how much of give_up_after is left instead of its end, because its clock
	 * stands still while we hold a refresh back.
	 */
	"ALTER TABLE refresh RENAME COLUMN give_up_at TO patience;"
	"UPDATE refresh SET patience = max(0, patience - 1000000 * CAST(strftime('%s', 'now') AS"
	" INTEGER)) WHERE state < 5;",
	/*
	 * 4 to 5. An event's fields are in its body: what it is searched by has columns, and the
	 * rest is read when somebody looks at it.
	 */
	"CREATE TABLE event_5 (id INTEGER PRIMARY KEY, source TEXT NOT NULL, webhook_id TEXT NOT"
	" NULL, event_id TEXT NOT NULL, received_at INTEGER NOT NULL, finished_at INTEGER NOT"
	" NULL, outcome TEXT NOT NULL, reason TEXT, type TEXT NOT NULL, job_id TEXT NOT NULL,"
	" run_id TEXT NOT NULL, matched TEXT NOT NULL, ruleset INTEGER, selections TEXT, body BLOB"
	" NOT NULL) STRICT;"
	"INSERT INTO event_5 SELECT id, source, webhook_id, event_id, received_at, finished_at,"
	" outcome, reason, coalesce(json_extract(fields, '$.event'), ''),"
	" coalesce(json_extract(fields, '$.job_id'), ''),"
	" coalesce(json_extract(fields, '$.run_id'), ''), matched, ruleset, selections, body"
	" FROM event ORDER BY id;"
	"DROP TABLE event;"
	"ALTER TABLE event_5 RENAME TO event;"
	"CREATE UNIQUE INDEX event_mark ON event (event_id, webhook_id)"
	" WHERE event_id <> '' OR webhook_id <> '';"
	"CREATE INDEX event_received ON event (received_at);"
	"CREATE INDEX event_job ON event (job_id);"
	"CREATE INDEX event_run ON event (run_id);",
	/*
	 * 5 to 6. A selection of all content says so. Once it was a selection without a selector,
	 * which rules allow only where project, tag or owner narrow it; now that is refused when it
	 * is read (content/selection.h).
	 */
	"UPDATE selection SET body = json_set(body, '$.all', json('true')) WHERE json_valid(body)"
	" AND coalesce(json_extract(body, '$.name'), json_extract(body, '$.pattern'),"
	" json_extract(body, '$.luid'), json_extract(body, '$.all')) IS NULL"
	" AND coalesce(json_extract(body, '$.project'), json_extract(body, '$.tag'),"
	" json_extract(body, '$.owner')) IS NOT NULL;",
	/*
	 * 6 to 7. A selection is stored once, in its event's list, and its id has its position
	 * there. Those from before have a body of their own, and a position past every list's end.
	 * A cause knows the selection that named the content.
	 */
	"CREATE TABLE selection_7 (id INTEGER PRIMARY KEY, body TEXT) STRICT;"
	"INSERT INTO selection_7 SELECT id | 524288, body FROM selection;"
	"DROP TABLE selection;"
	"ALTER TABLE selection_7 RENAME TO selection;"
	"ALTER TABLE cause ADD COLUMN selection INTEGER NOT NULL DEFAULT 0;",
	/*
	 * 7 to 8. `copy` has a row in a copy that `backup` took; restored_at is 0 until the first
	 * start from it.
	 */
	"CREATE TABLE copy (taken_at INTEGER NOT NULL, version TEXT NOT NULL, restored_at INTEGER"
	" NOT NULL, last_event INTEGER NOT NULL) STRICT;"
	"ALTER TABLE refresh ADD COLUMN is_from_copy INTEGER NOT NULL DEFAULT 0;",
	/*
	 * 8 to 9. What is to be told (src/notify/README.md), under keys, in the order of ids.
	 */
	"CREATE TABLE note (id INTEGER PRIMARY KEY, key TEXT NOT NULL, value TEXT NOT NULL) STRICT;"
	/* a third literal, or clang takes the two for elements without a comma */
	"CREATE UNIQUE INDEX note_key"
	" ON note (key);",
};

#define NEWEST ((int64_t)(sizeof migrations / sizeof *migrations))

/*
 * *version is 0 for an empty database; a database of another program or of a newer release is
 * refused.
 */
static bool read_version(struct sqlite *store, int64_t *version, struct error *err)
{
	int64_t application = 0, tables = 0;

	static const char what[] = "read the schema's version";

	if (!sqlite_number(store, "PRAGMA user_version", what, version, err) ||
		!sqlite_number(store, "PRAGMA application_id", what, &application, err) ||
		!sqlite_number(store, "SELECT count(*) FROM sqlite_schema", what, &tables, err))
		return false;
	if (application != APPLICATION_ID && (application || tables))
		return error_fail(err, ERROR_INPUT,
			"store %s is a database of another program; give another `store`",
			store->path);
	if (*version > NEWEST)
		return error_fail(err, ERROR_INPUT,
			"store %s has schema version %lld and this program knows up to %lld: a"
			" newer release has used it; run that one, or restore a backup made before"
			" the upgrade",
			store->path, (long long)*version, (long long)NEWEST);
	return true;
}

bool schema_check(struct sqlite *store, struct error *err)
{
	int64_t version;

	if (!read_version(store, &version, err))
		return false;
	if (version < NEWEST)
		return error_fail(err, ERROR_INPUT,
			"store %s has schema version %lld and this program reads %lld;"
			" `refresh-router serve` brings it up to date when it starts",
			store->path, (long long)version, (long long)NEWEST);
	return true;
}

static bool migrate_once(struct sqlite *store, int64_t version, struct error *err)
{
	char marks[96]; /* two pragmas with numbers of at most 20 digits */

	snprintf(marks, sizeof marks,
		"PRAGMA application_id = %d; PRAGMA user_version = %lld; COMMIT;", APPLICATION_ID,
		(long long)version + 1);
	if (sqlite3_exec(store->database, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
		sqlite3_exec(store->database, migrations[version], NULL, NULL, NULL) == SQLITE_OK &&
		sqlite3_exec(store->database, marks, NULL, NULL, NULL) == SQLITE_OK)
		return true;
	IGNORE(sqlite_fail(store, "migrate the schema", err)); /* false, which is returned below */
	/* A failure is reported already, and closing the connection would roll back too. */
	IGNORE(sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL));
	return false;
}

/* ---- an upgrade ---- */

/* Instructions of SQLite's between two looks at the clock. */
#define LOOK_EVERY 1000000
#define TELL_EVERY (5 * US_PER_SECOND)
/*
 * The room that a step needs beside the store, as so many times the store, by the version that it
 * begins with. A step that copies the events writes them into the WAL and from there into the file,
 * and keeps old pages aside: measured three times the store, with a million events. One that writes
 * all refreshes: 1.6 times, of a store of nothing else. An index of the events: 0.4 times. Steps
 * that are not here add columns and tables, or change what waits.
 */
static const int rooms[] = { [1] = 2, [2] = 2, [4] = 4 };
#define LITTLE_STORE ((int64_t)64 << 20) /* a smaller one is not worth the question */

struct telling {
	struct store_upgrade upgrade;
	struct mono told_at;
};

static void tell(struct telling *telling)
{
	if (telling->upgrade.tell)
		telling->upgrade.tell(&telling->upgrade, telling->upgrade.context);
	telling->told_at = clock_mono();
}

static int tell_now_and_then(void *context)
{
	struct telling *telling = context;

	if (clock_mono().us - telling->told_at.us >= TELL_EVERY)
		tell(telling);
	return 0;
}

static int64_t room_of(int64_t version)
{
	size_t known = sizeof rooms / sizeof *rooms;
	int most = 0;

	/* the WAL is emptied after each step, so the largest counts */
	for (size_t i = (size_t)version; i < known; i++)
		most = rooms[i] > most ? rooms[i] : most;
	return most;
}

/* A full disk would undo a step after minutes, at each start again. */
static bool has_room(struct sqlite *store, int64_t version, int64_t bytes, struct error *err)
{
	int64_t needed = room_of(version) * bytes;
	struct statvfs disk;

	if (bytes < LITTLE_STORE || !needed)
		return true;
	if (statvfs(store->path, &disk))
		return error_fail(err, error_kind_of(errno),
			"store %s is of an older release; it cannot be seen whether its disk has "
			"the"
			" %lld MiB that it takes to bring it up to date: %s",
			store->path, (long long)(needed >> 20), strerror(errno));
	if (!disk.f_blocks)
		return true; /* a file system without a size, such as a tmpfs with size=0 */
	int64_t left = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
	return left >= needed ||
	       error_fail(err, ERROR_TRANSIENT,
		       "store %s is of an older release; to bring its %lld MiB up to date needs"
		       " %lld MiB more on its disk, and %lld MiB are left: make room, and start"
		       " again",
		       store->path, (long long)(bytes >> 20), (long long)(needed >> 20),
		       (long long)(left >> 20));
}

/*
 * A step keeps the pages that it changes aside, in case a statement fails: as much as the store,
 * which is too much for memory. They go beside the store, where room for them was found, and not
 * where SQLite puts them by default. Before other threads start, as sqlite3_temp_directory wants.
 */
static void keep_aside_on_disk(struct sqlite *store, bool is_on_disk)
{
	const char *name = strrchr(store->path, '/');

	sqlite3_free(sqlite3_temp_directory);
	sqlite3_temp_directory =
		is_on_disk ? sqlite3_mprintf("%.*s", (int)(name - store->path), store->path) : NULL;
	/* Cannot fail outside of a transaction. */
	IGNORE(sqlite3_exec(store->database,
		is_on_disk ? "PRAGMA temp_store = FILE" : "PRAGMA temp_store = MEMORY", NULL, NULL,
		NULL));
}

/* The WAL is emptied after each step, so that the room of one step is enough for all. */
static bool migrate_all(
	struct sqlite *store, int64_t version, struct telling *telling, struct error *err)
{
	for (; version < NEWEST; version++) {
		telling->upgrade.step = version + 1;
		tell(telling);
		if (!migrate_once(store, version, err))
			return false;
		/* If somebody reads, the checkpointer does it later. */
		IGNORE(sqlite3_wal_checkpoint_v2(
			store->database, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
	}
	return true;
}

bool schema_migrate(struct sqlite *store, struct error *err)
{
	int64_t version, pages, page_bytes;
	static const char what[] = "read its size";

	if (!read_version(store, &version, err))
		return false;
	if (version == NEWEST)
		return true;
	if (!version)
		return migrate_all(store, version, &(struct telling){ .told_at = { 0 } }, err);
	if (!sqlite_number(store, "PRAGMA page_count", what, &pages, err) ||
		!sqlite_number(store, "PRAGMA page_size", what, &page_bytes, err) ||
		!has_room(store, version, pages * page_bytes, err))
		return false;

	struct telling telling = { .upgrade = store->upgrade ? *store->upgrade
							     : (struct store_upgrade){ 0 } };
	telling.upgrade.from = version;
	telling.upgrade.to = NEWEST;
	telling.upgrade.bytes = pages * page_bytes;
	sqlite3_progress_handler(store->database, LOOK_EVERY, tell_now_and_then, &telling);
	keep_aside_on_disk(store, true);
	bool is_done = migrate_all(store, version, &telling, err);
	keep_aside_on_disk(store, false);
	sqlite3_progress_handler(store->database, 0, NULL, NULL);
	return is_done;
}
