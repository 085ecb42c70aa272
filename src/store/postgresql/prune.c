/*
 * store/postgresql/prune.c - deletes what ended longer ago than `history`, as with SQLite
 * (store/sqlite/prune.c). Several nodes may do it at the same time: each skips what another one is
 * deleting.
 */
#include "store/postgresql/postgresql.h"

static bool prune_with(struct postgresql *store, const char *sql, struct wall before, int64_t most,
	int64_t *deleted, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_time(&given, before);
	parameters_add_number(&given, most);
	OWNED_RESULT result = statement_write(store, sql, &given, "prune", err);
	if (!result)
		return false;
	if (deleted)
		*deleted = PQntuples(result) ? value_number(result, 0, 0) : 0;
	return true;
}

static const char refreshes_sql[] =
	"WITH old AS (SELECT id FROM refresh WHERE state >= 5 AND ended_at < $1"
	" ORDER BY ended_at, id LIMIT $2 FOR UPDATE SKIP LOCKED),"
	" causes AS (DELETE FROM cause WHERE refresh IN (SELECT id FROM old)),"
	" latests AS (DELETE FROM latest WHERE refresh IN (SELECT id FROM old)),"
	" gone AS (DELETE FROM refresh WHERE id IN (SELECT id FROM old) RETURNING id)"
	" SELECT count(*) FROM gone";

static const char events_sql[] =
	"WITH old AS (SELECT id FROM event WHERE received_at < $1"
	" AND NOT EXISTS (SELECT 1 FROM selection WHERE selection.id >= event.id << 20"
	" AND selection.id < (event.id + 1) << 20)"
	" AND NOT EXISTS (SELECT 1 FROM cause WHERE cause.event = event.id)"
	" ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED),"
	" gone AS (DELETE FROM event WHERE id IN (SELECT id FROM old) RETURNING id)"
	" SELECT count(*) FROM gone";

static const char commands_sql[] =
	"DELETE FROM command WHERE id IN (SELECT id FROM command WHERE at < $1 LIMIT $2"
	" FOR UPDATE SKIP LOCKED)";

/* Parts of budgets more than a day older than the youngest part, which needs no clock. */
static const char spent_sql[] =
	"DELETE FROM spent WHERE at < (SELECT max(at) FROM spent) - 90000000000"
	" AND $1 > 0 AND $2 > 0";

/* As with SQLite; the number is of no use to it. */
static const char copies_sql[] =
	"DELETE FROM copy WHERE restored_at > 0 AND restored_at < $1 AND $2 > 0";

bool postgresql_prune(
	struct store *base, struct wall before, int most, int64_t *deleted, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	int64_t refreshes = 0, events = 0;

	_Static_assert(SELECTION_BITS == 20, "in the statements above");
	if (!statement_may_write(store, "prune", err))
		return false;
	if (most > 0 &&
		(!prune_with(store, commands_sql, before, most, NULL, err) ||
			!prune_with(store, copies_sql, before, most, NULL, err) ||
			!prune_with(store, spent_sql, before, most, NULL, err) ||
			!prune_with(store, refreshes_sql, before, most, &refreshes, err) ||
			!prune_with(store, events_sql, before, most - refreshes, &events, err)))
		return false;
	*deleted = refreshes + events;
	return true;
}
