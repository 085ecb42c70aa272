/*
 * store/postgresql/copy.c - the copy that the store goes on from.
 *
 * A copy is taken and restored with SQLite alone (store/sqlite/backup.c); what it is known by comes
 * here when that store is transferred (store/transfer.h). Copies by PostgreSQL's own tools have no
 * mark.
 */
#include "store/postgresql/postgresql.h"

bool postgresql_read_last_copied(struct postgresql *store, struct error *err)
{
	OWNED_RESULT result = statement_run(
		store, "SELECT coalesce(max(last_event), 0) FROM copy", NULL, "read its mark", err);

	if (!result)
		return false;
	store->last_copied = value_number(result, 0, 0);
	return true;
}

bool postgresql_load_copy(
	struct store *base, struct arena *arena, const struct store_copy **copy, struct error *err)
{
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"SELECT taken_at, restored_at, version FROM copy ORDER BY taken_at DESC LIMIT 1",
		NULL, "read its mark", err);

	*copy = NULL;
	if (!result)
		return false;
	if (!PQntuples(result))
		return true;

	struct store_copy *found = arena_new_of(arena, struct store_copy);
	*found = (struct store_copy){ value_time(result, 0, 0), value_time(result, 0, 1),
		arena_text(arena, value_text(result, 0, 2)) };
	*copy = found;
	return true;
}
