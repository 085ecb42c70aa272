/*
 * store/postgresql/schema.c - creates the tables, and brings older ones up to date.
 *
 * The version is in the table `refresh_router`. A migration is never edited: a change is a new one
 * at the end. All that are missing run in one transaction, under a lock that ends with it, so that
 * nodes which start together do not disturb each other. A migration only adds, so that nodes of the
 * release before go on beside it: `least` is the oldest version of a program's that may use what is
 * there.
 *
 * Times are microseconds since 1970, 0 for none; every number is a bigint, so that a value has one
 * form on the wire. Tables whose rows change often keep half of a page free, for changed rows to
 * stay on their page, and are vacuumed early.
 */
#include "store/postgresql/postgresql.h"
#include <stdio.h>

_Static_assert(
	REFRESH_RUNNING == 4 && REFRESH_SUCCEEDED == 5 && REFRESH_EXPIRED == 8, "in the SQL below");

#define CHANGES_OFTEN                                                                              \
	" WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02,"                           \
	" autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0)"

/* clang-format off */
static const struct migration {
	int64_t least;
	const char *sql;
} migrations[] = {
	/*
	 * 0 to 1. What SQLite's tables have (store/sqlite/schema.c), and: ids of events come from a
	 * sequence, because several nodes give them. `selection` knows its site,
	 * whose owner takes it: `taker` is the life of a node that has it in memory; 0: nobody's.
	 */
	{ 1,
	"CREATE SEQUENCE event_number;"
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value BIGINT NOT NULL);"
	"INSERT INTO meta VALUES ('next_refresh', 2), ('writer', 0);"
	"CREATE TABLE ruleset (id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,"
	" revision TEXT NOT NULL UNIQUE);"
	"CREATE TABLE event (id BIGINT PRIMARY KEY, source TEXT NOT NULL, webhook_id TEXT NOT NULL,"
	" event_id TEXT NOT NULL, received_at BIGINT NOT NULL, finished_at BIGINT NOT NULL,"
	" outcome TEXT NOT NULL, reason TEXT, type TEXT NOT NULL, job_id TEXT NOT NULL,"
	" run_id TEXT NOT NULL, matched TEXT NOT NULL, ruleset BIGINT, selections TEXT,"
	" body BYTEA NOT NULL);"
	"CREATE UNIQUE INDEX event_mark ON event (event_id, webhook_id)"
	" WHERE event_id <> '' OR webhook_id <> '';"
	"CREATE INDEX event_received ON event (received_at);"
	"CREATE INDEX event_job ON event (job_id);"
	"CREATE INDEX event_run ON event (run_id);"
	"CREATE TABLE selection (id BIGINT PRIMARY KEY, site TEXT NOT NULL, taker BIGINT NOT NULL)"
	CHANGES_OFTEN ";"
	"CREATE INDEX selection_untaken ON selection (site) WHERE taker = 0;"
	"CREATE INDEX selection_site ON selection (site, id);"
	"CREATE TABLE refresh (id BIGINT PRIMARY KEY, site TEXT NOT NULL, kind BIGINT NOT NULL,"
	" luid TEXT NOT NULL, name TEXT NOT NULL, project TEXT NOT NULL, incremental BIGINT NOT NULL,"
	" state BIGINT NOT NULL, reason TEXT NOT NULL, priority BIGINT NOT NULL,"
	" created_at BIGINT NOT NULL, not_before BIGINT NOT NULL, patience BIGINT NOT NULL,"
	" quiet BIGINT NOT NULL, is_cancelling BIGINT NOT NULL, is_from_copy BIGINT NOT NULL,"
	" sent_at BIGINT NOT NULL, sent_at_tableau BIGINT NOT NULL, sent_after BIGINT NOT NULL,"
	" seen_waiting_after BIGINT NOT NULL, ended_at BIGINT NOT NULL, attempts BIGINT NOT NULL,"
	" job_id TEXT NOT NULL, job_created_at BIGINT NOT NULL, job_started_at BIGINT NOT NULL,"
	" job_completed_at BIGINT NOT NULL)" CHANGES_OFTEN ";"
	"CREATE INDEX refresh_open ON refresh (site, id) WHERE state < 5;"
	"CREATE INDEX refresh_ended ON refresh (ended_at) WHERE state >= 5;"
	"CREATE INDEX refresh_created ON refresh (created_at, id);"
	"CREATE TABLE cause (refresh BIGINT NOT NULL, event BIGINT NOT NULL, rule TEXT NOT NULL,"
	" selection BIGINT NOT NULL, arrived_at BIGINT NOT NULL, fresh_from BIGINT NOT NULL,"
	" after BIGINT NOT NULL, PRIMARY KEY (refresh, event, rule));"
	"CREATE INDEX cause_event ON cause (event);"
	"CREATE TABLE latest (site TEXT NOT NULL, luid TEXT NOT NULL, incremental BIGINT NOT NULL,"
	" evidence BIGINT NOT NULL, refresh BIGINT NOT NULL, PRIMARY KEY (site, luid, incremental))"
	CHANGES_OFTEN ";"
	"CREATE INDEX latest_refresh ON latest (refresh);"
	"CREATE TABLE spent (site TEXT NOT NULL, kind BIGINT NOT NULL, at BIGINT NOT NULL,"
	" count BIGINT NOT NULL, PRIMARY KEY (site, kind, at))" CHANGES_OFTEN ";"
	"CREATE TABLE pause (site TEXT PRIMARY KEY, by TEXT NOT NULL);"
	"CREATE TABLE command (id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY, at BIGINT NOT NULL,"
	" who TEXT NOT NULL, verb TEXT NOT NULL, subject BIGINT NOT NULL, site TEXT NOT NULL,"
	" result BIGINT NOT NULL);"
	"CREATE INDEX command_subject ON command (subject);"
	"CREATE TABLE note (id BIGINT GENERATED ALWAYS AS IDENTITY, key TEXT COLLATE \"C\" PRIMARY"
	" KEY, value TEXT NOT NULL)" CHANGES_OFTEN ";"
	"CREATE TABLE node (id BIGINT PRIMARY KEY, name TEXT NOT NULL,"
	" version TEXT NOT NULL, ruleset TEXT NOT NULL, is_draining BIGINT NOT NULL,"
	" until TIMESTAMPTZ NOT NULL)" CHANGES_OFTEN ";"
	"CREATE TABLE site_owner (site TEXT PRIMARY KEY, node BIGINT NOT NULL, epoch BIGINT NOT NULL,"
	" wanted BIGINT NOT NULL)" CHANGES_OFTEN ";" },
	/* 1 to 2: every process may write, and none replaces another. */
	{ 2, "DELETE FROM meta WHERE name = 'writer'" },
	/* 2 to 3: what people ask of sites of other nodes (`taker` as in `selection`), and what
	 * owners say of their sites, in JSON. */
	{ 2, "CREATE TABLE request (asker BIGINT NOT NULL, number BIGINT NOT NULL,"
	" asked_at TIMESTAMPTZ NOT NULL, site TEXT NOT NULL, verb TEXT NOT NULL, who TEXT NOT NULL,"
	" refresh BIGINT NOT NULL, taker BIGINT NOT NULL DEFAULT 0, consent BIGINT,"
	" words TEXT NOT NULL DEFAULT '', result BIGINT NOT NULL DEFAULT 0,"
	" PRIMARY KEY (asker, number))" CHANGES_OFTEN ";"
	"CREATE TABLE site_state (site TEXT PRIMARY KEY, node BIGINT NOT NULL, state TEXT NOT NULL)"
	CHANGES_OFTEN },
	/*
	 * 3 to 4. A store that was transferred (store/transfer.h) keeps what its mark says: `copy` as with
	 * SQLite. Its selections come as ids, and get their sites when their events are there.
	 */
	{ 2,
	"CREATE TABLE copy (taken_at BIGINT NOT NULL, version TEXT NOT NULL,"
	" restored_at BIGINT NOT NULL, last_event BIGINT NOT NULL);"
	"ALTER TABLE selection ALTER COLUMN site SET DEFAULT '', ALTER COLUMN taker SET DEFAULT 0" },
};
/* clang-format on */

#define NEWEST ((int64_t)(sizeof migrations / sizeof *migrations))

static const char reading[] = "read the schema's version";

bool schema_is_there(struct postgresql *store, bool *is_there, struct error *err)
{
	OWNED_RESULT result = statement_run(
		store, "SELECT to_regclass('refresh_router') IS NOT NULL", NULL, reading, err);

	*is_there = result && value_number(result, 0, 0);
	return result;
}

/* *version and *least are 0 when there are no tables yet. */
static bool read_version(
	struct postgresql *store, int64_t *version, int64_t *least, struct error *err)
{
	bool is_there;

	*version = *least = 0;
	if (!schema_is_there(store, &is_there, err))
		return false;
	if (!is_there)
		return true;
	OWNED_RESULT result = statement_run(
		store, "SELECT version, least FROM refresh_router", NULL, reading, err);
	if (!result)
		return false;
	if (PQntuples(result) != 1)
		return error_fail(err, ERROR_INPUT,
			"store %s: table refresh_router has %d rows and not one: restore it from a"
			" backup",
			store->name, PQntuples(result));
	*version = value_number(result, 0, 0);
	*least = value_number(result, 0, 1);
	return true;
}

static bool is_readable(
	const struct postgresql *store, int64_t version, int64_t least, struct error *err)
{
	return least <= NEWEST ||
	       error_fail(err, ERROR_INPUT,
		       "store %s has schema version %lld, for programs that know %lld or more, and"
		       " this one knows up to %lld: run the newer release",
		       store->name, (long long)version, (long long)least, (long long)NEWEST);
}

bool postgresql_check_schema(struct postgresql *store, struct error *err)
{
	int64_t version, least;

	if (!read_version(store, &version, &least, err))
		return false;
	if (version < NEWEST)
		return error_fail(err, ERROR_INPUT,
			version ? "store %s has schema version %lld and this program reads %lld;"
				  " `refresh-router serve` brings it up to date when it starts"
				: "store %s: there are no tables yet; `refresh-router serve`"
				  " creates them",
			store->name, (long long)version, (long long)NEWEST);
	return is_readable(store, version, least, err);
}

static bool run_missing(struct postgresql *store, int64_t version, struct error *err)
{
	char note[128]; /* the statement with two numbers of at most 20 digits */
	static const char what[] = "create or migrate its tables";

	if (!version && !statement_do(store,
				"CREATE TABLE refresh_router (version BIGINT NOT NULL, least "
				"BIGINT NOT NULL);"
				"INSERT INTO refresh_router VALUES (0, 0)",
				what, err))
		return false;
	for (; version < NEWEST; version++) {
		snprintf(note, sizeof note,
			"UPDATE refresh_router SET version = %lld, least = %lld",
			(long long)version + 1, (long long)migrations[version].least);
		if (!statement_do(store, migrations[version].sql, what, err) ||
			!statement_do(store, note, what, err))
			return false;
	}
	return true;
}

/* "rrtb", the key of the lock. */
#define BEGIN_ALONE "BEGIN; SELECT pg_advisory_xact_lock(1920103522)"

bool postgresql_migrate(struct postgresql *store, struct error *err)
{
	int64_t version, least;
	struct error ignored;

	if (!read_version(store, &version, &least, err) || !is_readable(store, version, least, err))
		return false;
	if (version >= NEWEST)
		return true;
	if (!statement_do(store, BEGIN_ALONE, "lock its tables", err))
		return false;
	/* another node may have done it while this one waited */
	if (read_version(store, &version, &least, err) && is_readable(store, version, least, err) &&
		run_missing(store, version, err) &&
		statement_do(store, "COMMIT", "create its tables", err))
		return true;
	/* reported already, and closing the connection would roll back too */
	IGNORE(store->connection && statement_do(store, "ROLLBACK", "roll back", &ignored));
	return false;
}
