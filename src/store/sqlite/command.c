/*
 * store/sqlite/command.c - what people asked for and what budgets gave out: small tables beside the
 * journal's own.
 */
#include "store/sqlite/sqlite.h"

bool sqlite_put_spent(struct store *base, const struct spent *spent, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	if (!sqlite_is_writing(store, "write what was spent", err))
		return false;

	USED_QUERY query = sqlite_query(store, QUERY_PUT_SPENT,
		"INSERT OR REPLACE INTO spent (site, kind, at, count) VALUES (?1, ?2, ?3, ?4)",
		err);
	if (!query)
		return false;
	bind_text(query, 1, spent->site);
	bind_number(query, 2, spent->kind);
	bind_time(query, 3, spent->at);
	bind_number(query, 4, spent->count);
	return query_run(store, query, "write what was spent", err);
}

bool sqlite_load_spent(struct store *base, spent_visit *visit, void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	USED_QUERY query = sqlite_query(store, QUERY_LOAD_SPENT,
		"SELECT site, kind, at, count FROM spent ORDER BY site, kind, at", err);
	bool has_row;

	if (!query)
		return false;
	for (;;) {
		if (!query_next(store, query, "load what was spent", &has_row, err))
			return false;
		if (!has_row)
			return true;

		struct spent spent = {
			.site = column_text(query, 0),
			.kind = sqlite3_column_int64(query, 1) == SPENT_STARTS ? SPENT_STARTS
									       : SPENT_QUERIES,
			.at = column_time(query, 2),
			.count = sqlite3_column_int64(query, 3),
		};
		if (!is_within(spent.count, MOST_COUNT))
			return row_is_damaged(store, "a budget's count", spent.count, err);
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
	bind_text(query, 1, site);
	if (by)
		bind_text(query, 2, by);
	return query_run(store, query, "write a pause", err);
}

bool sqlite_load_pauses(struct store *base, pause_visit *visit, void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	USED_QUERY query =
		sqlite_query(store, QUERY_LOAD_PAUSES, "SELECT site, by FROM pause", err);
	bool has_row;

	if (!query)
		return false;
	for (;;) {
		if (!query_next(store, query, "load pauses", &has_row, err))
			return false;
		if (!has_row || !visit(column_text(query, 0), column_text(query, 1), context))
			return true;
	}
}

bool sqlite_add_command(struct store *base, const struct command_row *row, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	if (!sqlite_is_writing(store, "write a command", err))
		return false;

	USED_QUERY query = sqlite_query(store, QUERY_ADD_COMMAND,
		"INSERT INTO command (at, who, verb, subject, site, result) VALUES (?1, ?2, ?3,"
		" ?4, ?5, ?6)",
		err);
	if (!query)
		return false;
	bind_time(query, 1, row->at);
	bind_text(query, 2, row->who);
	bind_text(query, 3, row->verb);
	bind_number(query, 4, row->subject);
	bind_text(query, 5, row->site);
	bind_number(query, 6, row->result);
	return query_run(store, query, "write a command", err);
}

bool sqlite_list_commands(
	struct store *base, int64_t subject, command_visit *visit, void *context, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	USED_QUERY query = sqlite_query(store, QUERY_LIST_COMMANDS,
		"SELECT at, who, verb, subject, site, result FROM command INDEXED BY"
		" command_subject WHERE subject = ?1 ORDER BY id",
		err);
	bool has_row;

	if (!query)
		return false;
	bind_number(query, 1, subject);
	for (;;) {
		if (!query_next(store, query, "list commands", &has_row, err))
			return false;
		if (!has_row)
			return true;

		struct command_row row = {
			.at = column_time(query, 0),
			.who = column_text(query, 1),
			.verb = column_text(query, 2),
			.subject = sqlite3_column_int64(query, 3),
			.site = column_text(query, 4),
			.result = sqlite3_column_int64(query, 5),
		};
		if (!visit(&row, context))
			return true;
	}
}
