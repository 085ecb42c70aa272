/*
 * store/postgresql/command.c - the small tables: commands, pauses, spent budgets and notes.
 */
#include "store/postgresql/postgresql.h"

bool postgresql_put_spent(struct store *base, const struct spent *spent, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_record(&given, spent_members, spent);
	OWNED_RESULT result = statement_write(postgresql_of(base),
		"INSERT INTO spent {+spent} ON CONFLICT (site, kind, at)"
		" DO UPDATE SET count = excluded.count",
		&given, "write what was spent", err);
	return result;
}

bool postgresql_load_spent(
	struct store *base, const char *site, spent_visit *visit, void *context, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, site);
	OWNED_RESULT result = statement_run(store,
		"SELECT {spent} FROM spent WHERE $1 IS NULL OR site = $1 ORDER BY site, kind, at",
		&given, "load what was spent", err);

	if (!result)
		return false;
	for (int i = 0; i < PQntuples(result); i++) {
		struct spent spent = { 0 };

		if (!value_record(store, result, i, "a budget's count", spent_members, &spent, err))
			return false;
		if (!visit(&spent, context))
			break;
	}
	return true;
}

bool postgresql_put_pause(struct store *base, const char *site, const char *by, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, site);
	if (by)
		parameters_add_text(&given, by);
	OWNED_RESULT result = statement_write(postgresql_of(base),
		by ? "INSERT INTO pause (site, by) VALUES ($1, $2)"
		     " ON CONFLICT (site) DO UPDATE SET by = $2"
		   : "DELETE FROM pause WHERE site = $1",
		&given, "write a pause", err);
	return result;
}

bool postgresql_load_pauses(
	struct store *base, const char *site, pause_visit *visit, void *context, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, site);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"SELECT site, by FROM pause WHERE $1 IS NULL OR site = $1 ORDER BY site", &given,
		"load pauses", err);

	for (int i = 0; result && i < PQntuples(result); i++)
		if (!visit(value_text(result, i, 0), value_text(result, i, 1), context))
			break;
	return result;
}

bool postgresql_add_command(struct store *base, const struct command_row *row, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_record(&given, command_members, row);
	OWNED_RESULT result = statement_write(postgresql_of(base), "INSERT INTO command {+command}",
		&given, "write a command", err);
	return result;
}

bool postgresql_list_commands(
	struct store *base, int64_t subject, command_visit *visit, void *context, struct error *err)
{
	struct postgresql *store = postgresql_of(base);
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, subject);
	OWNED_RESULT result =
		statement_run(store, "SELECT {command} FROM command WHERE subject = $1 ORDER BY id",
			&given, "list commands", err);
	if (!result)
		return false;
	for (int i = 0; i < PQntuples(result); i++) {
		struct command_row row = { 0 };

		if (!value_record(store, result, i, "a command", command_members, &row, err))
			return false;
		if (!visit(&row, context))
			break;
	}
	return true;
}

/* A note that is put again stands behind all others, like a new one. */
bool postgresql_put_note(struct store *base, const char *key, const char *value, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, key);
	if (value)
		parameters_add_text(&given, value);
	OWNED_RESULT result = statement_write(postgresql_of(base),
		value ? "INSERT INTO note (key, value) VALUES ($1, $2)"
			" ON CONFLICT (key) DO UPDATE SET id = DEFAULT, value = $2"
		      : "DELETE FROM note WHERE key = $1",
		&given, "write a note", err);
	return result;
}

bool postgresql_load_notes(
	struct store *base, const char *prefix, note_visit *visit, void *context, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, prefix);
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"SELECT key, value FROM note WHERE starts_with(key, $1) ORDER BY id", &given,
		"load notes", err);
	for (int i = 0; result && i < PQntuples(result); i++)
		if (!visit(value_text(result, i, 0), value_text(result, i, 1), context))
			break;
	return result;
}
