/*
 * store/sqlite/command.c - the small tables: commands, pauses, spent budgets and notes.
 */
#include "store/sqlite/sqlite.h"

bool sqlite_put_spent(struct store *base, const struct spent *spent, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	if (!sqlite_is_writing(store, "write what was spent", err))
		return false;

	USED_QUERY query =
		sqlite_query(store, QUERY_PUT_SPENT, "INSERT OR REPLACE INTO spent {+spent}", err);
	if (!query)
		return false;
	sqlite_bind_record(query, spent_members, spent);
	return query_run(store, query, "write what was spent", err);
}

bool sqlite_load_spent(
	struct store *base, const char *site, spent_visit *visit, void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	USED_QUERY query = sqlite_query(store, QUERY_LOAD_SPENT,
		"SELECT {spent} FROM spent WHERE ?1 IS NULL OR site = ?1 ORDER BY site, kind, at",
		err);
	struct spent spent;
	bool has_row;

	if (!query)
		return false;
	query_bind_optional(query, 1, site);
	for (;;) {
		if (!query_next(store, query, "load what was spent", &has_row, err))
			return false;
		if (!has_row)
			return true;

		if (!sqlite_read_record(
			    store, query, "a budget's count", spent_members, &spent, err))
			return false;
		if (!visit(&spent, context))
			return true;
	}
}

bool sqlite_put_pause(struct store *base, const char *site, const char *by, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	if (!sqlite_is_writing(store, "write a pause", err))
		return false;

	USED_QUERY query =
		by ? sqlite_query(store, QUERY_PUT_PAUSE,
			     "INSERT OR REPLACE INTO pause (site, by) VALUES (?1, ?2)", err)
		   : sqlite_query(store, QUERY_END_PAUSE, "DELETE FROM pause WHERE site = ?1", err);
	if (!query)
		return false;
	query_bind_text(query, 1, site);
	if (by)
		query_bind_text(query, 2, by);
	return query_run(store, query, "write a pause", err);
}

bool sqlite_load_pauses(
	struct store *base, const char *site, pause_visit *visit, void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	USED_QUERY query = sqlite_query(store, QUERY_LOAD_PAUSES,
		"SELECT site, by FROM pause WHERE ?1 IS NULL OR site = ?1", err);
	bool has_row;

	if (!query)
		return false;
	query_bind_optional(query, 1, site);
	for (;;) {
		if (!query_next(store, query, "load pauses", &has_row, err))
			return false;
		if (!has_row ||
			!visit(query_column_text(query, 0), query_column_text(query, 1), context))
			return true;
	}
}

bool sqlite_add_command(struct store *base, const struct command_row *row, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	if (!sqlite_is_writing(store, "write a command", err))
		return false;

	USED_QUERY query =
		sqlite_query(store, QUERY_ADD_COMMAND, "INSERT INTO command {+command}", err);
	if (!query)
		return false;
	sqlite_bind_record(query, command_members, row);
	return query_run(store, query, "write a command", err);
}

bool sqlite_list_commands(
	struct store *base, int64_t subject, command_visit *visit, void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	USED_QUERY query = sqlite_query(store, QUERY_LIST_COMMANDS,
		"SELECT {command} FROM command INDEXED BY command_subject WHERE subject = ?1 ORDER "
		"BY id",
		err);
	struct command_row row;
	bool has_row;

	if (!query)
		return false;
	query_bind_number(query, 1, subject);
	for (;;) {
		if (!query_next(store, query, "list commands", &has_row, err))
			return false;
		if (!has_row)
			return true;

		if (!sqlite_read_record(store, query, "a command", command_members, &row, err))
			return false;
		if (!visit(&row, context))
			return true;
	}
}

/* A note that is put again stands behind all others, like a new one. */
bool sqlite_put_note(struct store *base, const char *key, const char *value, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	if (!sqlite_is_writing(store, "write a note", err))
		return false;

	USED_QUERY query =
		value ? sqlite_query(store, QUERY_PUT_NOTE,
				"INSERT OR REPLACE INTO note (key, value) VALUES (?1, ?2)", err)
		      : sqlite_query(store, QUERY_END_NOTE, "DELETE FROM note WHERE key = ?1", err);
	if (!query)
		return false;
	query_bind_text(query, 1, key);
	if (value)
		query_bind_text(query, 2, value);
	return query_run(store, query, "write a note", err);
}

bool sqlite_load_notes(
	struct store *base, const char *prefix, note_visit *visit, void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	/* the last code point ends the keys with this beginning */
	USED_QUERY query = sqlite_query(store, QUERY_LOAD_NOTES,
		"SELECT key, value FROM note INDEXED BY note_key WHERE key >= ?1 AND key < ?1 || "
		"char(1114111)"
		" ORDER BY id",
		err);
	bool has_row;

	if (!query)
		return false;
	query_bind_text(query, 1, prefix);
	for (;;) {
		if (!query_next(store, query, "load notes", &has_row, err))
			return false;
		if (!has_row ||
			!visit(query_column_text(query, 0), query_column_text(query, 1), context))
			return true;
	}
}
