/*
 * store/postgresql/driver.c - opening and closing, and the driver's table.
 */
#include "store/postgresql/postgresql.h"
#include <stdio.h>

/* ---- the name for messages ---- */

/* What a person recognizes the store by; never the password. */
static bool is_shown(const PQconninfoOption *option)
{
	return option->val &&
	       (text_is(option->keyword, "host") || text_is(option->keyword, "port") ||
		       text_is(option->keyword, "dbname") || text_is(option->keyword, "user") ||
		       text_is(option->keyword, "service"));
}

/* NULL: it cannot be parsed, and err says why. */
static char *name_of(const char *url, struct error *err)
{
	OWNED_TEXT struct text name = TEXT(300);
	char *reason = NULL;
	PQconninfoOption *options = PQconninfoParse(url, &reason);

	if (!options) {
		/* libpq's reason may quote the URL, and with it a password */
		IGNORE(error_fail(err, ERROR_INPUT, "`store`: libpq cannot read the URL"));
		PQfreemem(reason);
		return NULL;
	}
	text_add(&name, "postgresql");
	for (const PQconninfoOption *option = options; option->keyword; option++)
		if (is_shown(option))
			text_printf(&name, " %s=%s", option->keyword, option->val);
	PQconninfoFree(options);
	return text_take(&name);
}

/* ---- life ---- */

/* A commit waits for a disk, and maybe for a standby; a search reads. */
#define ANSWER_WITHIN (10 * US_PER_SECOND)
/* A lease is for seconds, so that a call which is not answered is tried again soon. */
#define RENEW_WITHIN (2 * US_PER_SECOND)

static bool read_last_stamp(struct postgresql *store, struct error *err)
{
	OWNED_RESULT result = statement_run(store,
		"SELECT CASE WHEN is_called THEN 2 * last_value - 1 ELSE 0 END FROM event_number",
		NULL, "read the last event's id", err);

	if (!result)
		return false;
	int64_t last = value_number(result, 0, 0);
	if (last < 0 || last > MOST_EVENT)
		return value_is_damaged(store, "event", last, err);
	store->last_stamp = postgresql_stamp_of_event(last);
	return true;
}

static bool open_in(struct postgresql *store, struct error *err)
{
	if (!wire_open(store, err)) {
		/* it answers, and not to this user: waiting does not help */
		if (err->kind == ERROR_TRANSIENT && wire_has_server(store))
			err->kind = ERROR_SYSTEM;
		return false;
	}
	return store->mode == STORE_WRITE
		       ? postgresql_migrate(store, err) && read_last_stamp(store, err) &&
				 postgresql_read_last_copied(store, err)
		       : postgresql_check_schema(store, err);
}

/* Not connected yet. NULL: its URL cannot be read. */
static struct postgresql *new_store(
	const struct store_address *address, enum store_mode mode, struct error *err)
{
	struct postgresql *store = mem_new(struct postgresql);

	store->store.driver = &postgresql_driver;
	store->mode = mode;
	store->within = mode == STORE_SHARE ? RENEW_WITHIN : ANSWER_WITHIN;
	store->url = mem_copy_text(address->url);
	store->password = address->password;
	store->password.name = mem_copy_text(address->password.name);
	store->copied = TEXT(TEXT_UNBOUNDED);
	store->name = name_of(store->url, err);
	if (store->name)
		return store;
	postgresql_close(&store->store);
	return NULL;
}

struct store *postgresql_open(const struct store_address *address, enum store_mode mode,
	const struct store_upgrade *upgrade, struct error *err)
{
	struct postgresql *store = new_store(address, mode, err);

	(void)upgrade; /* what is added to tables takes no time */
	if (!store)
		return NULL;
	if (open_in(store, err))
		return &store->store;
	postgresql_close(&store->store);
	return NULL;
}

bool postgresql_is_there(const struct store_address *address, bool *is_there, struct error *err)
{
	struct postgresql *store = new_store(address, STORE_READ, err);
	bool is_known = store && wire_open(store, err) && schema_is_there(store, is_there, err);

	if (store)
		postgresql_close(&store->store);
	return is_known;
}

void postgresql_close(struct store *base)
{
	struct postgresql *store = postgresql_of(base);

	wire_close(store);
	text_clear(&store->copied);
	guard_forget_all(store);
	free(store->taken);
	free(store->url);
	free(store->name);
	mem_drop(store->password.name);
	free(store);
}

static const char *version(void)
{
	static char text[16]; /* "15.20" */
	int number = PQlibVersion();

	snprintf(text, sizeof text, "%d.%d", number / 10000, number % 10000);
	return text;
}

bool postgresql_examine(
	struct store *base, struct arena *arena, struct store_health *health, struct error *err)
{
	OWNED_RESULT result = statement_run(postgresql_of(base),
		"SELECT pg_database_size(current_database())", NULL, "ask for its size", err);

	(void)arena;
	if (!result)
		return false;
	health->bytes = value_number(result, 0, 0);
	return true;
}

const struct store_driver postgresql_driver = {
	.scheme = "postgresql:",
	.alias = "postgres:",
	.name = "libpq",
	.version = version,
	.nodes = &postgresql_nodes,
	.rows = &postgresql_rows,
	.open = postgresql_open,
	.check = postgresql_check,
	.close = postgresql_close,
	.begin = postgresql_begin,
	.commit = postgresql_commit,
	.rollback = postgresql_rollback,
	.add_event = postgresql_add_event,
	.own = postgresql_own,
	.guard = postgresql_guard,
	.take_selections = postgresql_take_selections,
	.end_selection = postgresql_end_selection,
	.put_refresh = postgresql_put_refresh,
	.put_cause = postgresql_put_cause,
	.put_spent = postgresql_put_spent,
	.put_pause = postgresql_put_pause,
	.add_command = postgresql_add_command,
	.put_note = postgresql_put_note,
	.prune = postgresql_prune,
	.list_events = postgresql_list_events,
	.list_refreshes = postgresql_list_refreshes,
	.list_commands = postgresql_list_commands,
	.find_event = postgresql_find_event,
	.find_refresh = postgresql_find_refresh,
	.refreshes_of_event = postgresql_refreshes_of_event,
	.open_selections_of_event = postgresql_open_selections_of_event,
	.load_namings = postgresql_load_namings,
	.load_open_selections = postgresql_load_open_selections,
	.load_refreshes = postgresql_load_refreshes,
	.load_spent = postgresql_load_spent,
	.load_pauses = postgresql_load_pauses,
	.load_notes = postgresql_load_notes,
	.take_refresh_ids = postgresql_take_refresh_ids,
	.last_stamp = postgresql_last_stamp,
	.examine = postgresql_examine,
	.load_copy = postgresql_load_copy,
};
