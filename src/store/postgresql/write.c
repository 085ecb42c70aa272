/*
 * store/postgresql/write.c - the writes of the journal's thread, inside a transaction.
 */
#include "base/thread.h"
#include "store/postgresql/postgresql.h"
#include <poll.h>
#include <stdio.h>

/* How long a commit without an answer is asked for, and how long to wait in between. */
#define ASK_WITHIN (5 * US_PER_SECOND)
#define ASK_EVERY_MS 100

/* ---- transactions ---- */

enum fate { FATE_COMMITTED, FATE_ABORTED, FATE_OPEN, FATE_UNKNOWN };

/* What became of the transaction whose commit got no answer. */
static enum fate ask_fate(struct postgresql *store)
{
	OWNED_PARAMETERS struct parameters given = { 0 };
	struct error ignored;

	parameters_add_text(&given, store->transaction);
	OWNED_RESULT result = statement_run(store, "SELECT pg_xact_status($1::text::xid8)", &given,
		"ask what became of a commit", &ignored);
	/* The server may refuse the number: another one took over, and never saw it. */
	if (!result)
		return store->connection ? FATE_ABORTED : FATE_UNKNOWN;
	if (value_is_null(result, 0, 0)) /* too long ago */
		return FATE_UNKNOWN;
	if (text_is(value_text(result, 0, 0), "committed"))
		return FATE_COMMITTED;
	return text_is(value_text(result, 0, 0), "aborted") ? FATE_ABORTED : FATE_OPEN;
}

static enum fate find_fate(struct postgresql *store)
{
	struct mono until = mono_plus(clock_mono(), ASK_WITHIN);

	for (;;) {
		enum fate fate = ask_fate(store);

		if (fate == FATE_COMMITTED || fate == FATE_ABORTED || clock_mono().us >= until.us)
			return fate;
		IGNORE(poll(
			NULL, 0, ASK_EVERY_MS)); /* a wait that a signal ends early is good too */
	}
}

/* The transaction's selections, which were not told to anybody. */
static bool give_back_taken(struct postgresql *store, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	if (!store->taken_count)
		return true;
	parameters_add_numbers(&given, store->taken, store->taken_count);
	parameters_add_number(&given, store->node);
	OWNED_RESULT result = statement_run(store,
		"UPDATE selection SET taker = 0 WHERE id = ANY($1) AND taker = $2", &given,
		"give back what was told as failed", err);
	return result;
}

/*
 * Before the next transaction it must be known what became of the last one. If it was done after
 * all, its deliveries were answered 503 and come again, as repeats of events whose selections the
 * owners of the sites have found. What else it recorded is written again by those who heard that it
 * failed.
 */
static bool end_doubt(struct postgresql *store, struct error *err)
{
	enum fate fate = store->is_in_doubt ? find_fate(store) : FATE_ABORTED;

	if (fate == FATE_OPEN || fate == FATE_UNKNOWN)
		return error_fail(err, ERROR_TRANSIENT,
			"store %s: it is not known yet whether the last commit was done",
			store->name);
	if (fate == FATE_COMMITTED && !give_back_taken(store, err))
		return false;
	store->is_in_doubt = false;
	store->taken_count = 0;
	return true;
}

/* In the same breath: the transaction's number, by which the fate of its commit is found if the
 * answer is lost. And when the server ends it, if this process is stopped in the middle of it:
 * before a lease runs out (cluster/ownership.h), because the locks of its sites (guard.c) would
 * keep other nodes from claiming them. */
static bool begin(struct postgresql *store, struct error *err)
{
	if (!statement_do(store, "BEGIN", "begin", err))
		return false;
	store->is_writing = true;
	OWNED_RESULT result = statement_write(store,
		"SELECT pg_current_xact_id()::text,"
		" set_config('idle_in_transaction_session_timeout', '3s', true)",
		NULL, "begin", err);
	if (!result)
		return false;
	store->transactions++;
	snprintf(store->transaction, sizeof store->transaction, "%s", value_text(result, 0, 0));
	return true;
}

bool postgresql_begin(struct store *base, struct error *err)
{
	struct postgresql *store = postgresql_of(base);

	thread_assert(THREAD_JOURNAL);
	if (store->mode != STORE_WRITE)
		return error_fail(err, ERROR_SYSTEM, "store %s: begin: it was opened to be read",
			store->name);
	if (!wire_open(store, err) || !end_doubt(store, err))
		return false;
	if (begin(store, err))
		return true;
	/* A connection that was idle may have been closed by a pooler, or the server was started
	 * again: nothing was done by it, so a new one may. */
	bool is_lost = !store->connection;
	postgresql_rollback(base);
	if (is_lost && wire_open(store, err) && begin(store, err))
		return true;
	postgresql_rollback(base);
	return false;
}

bool postgresql_commit(struct store *base, struct error *err)
{
	struct postgresql *store = postgresql_of(base);

	if (!statement_may_write(store, "commit", err))
		return false;
	if (statement_do(store, "COMMIT", "commit", err)) {
		store->is_writing = false;
		return true;
	}
	if (store->connection) { /* the server's own word: it is rolled back */
		postgresql_rollback(base);
		return false;
	}
	switch (find_fate(store)) {
	case FATE_COMMITTED:
		return true;
	case FATE_ABORTED:
		return false;
	case FATE_OPEN:
	case FATE_UNKNOWN:
		store->is_in_doubt = true;
	}
	return false;
}

void postgresql_rollback(struct store *base)
{
	struct postgresql *store = postgresql_of(base);
	struct error ignored;

	/* Forgets an id that this transaction may have interned. */
	free(store->ruleset);
	store->ruleset = NULL;
	if (!store->is_writing)
		return;
	store->is_writing = false;
	/* A connection that is closed rolls back too. */
	if (!statement_do(store, "ROLLBACK", "roll back", &ignored))
		wire_close(store);
}

/* ---- events ---- */

static bool find_ruleset(
	struct postgresql *store, const char *revision, int64_t *id, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, revision);
	OWNED_RESULT result = statement_write(
		store, "SELECT id FROM ruleset WHERE revision = $1", &given, "find a ruleset", err);
	if (!result)
		return false;
	*id = PQntuples(result) ? value_number(result, 0, 0) : 0;
	return true;
}

static bool add_ruleset(struct postgresql *store, const char *revision, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, revision);
	OWNED_RESULT result = statement_write(store,
		"INSERT INTO ruleset (revision) VALUES ($1) ON CONFLICT DO NOTHING", &given,
		"add a ruleset", err);
	return result;
}

/* As with SQLite: a number for the revision, whose 71 bytes would otherwise be in every event. */
static bool intern_ruleset(struct postgresql *store, const char *revision, struct error *err)
{
	int64_t id;

	if (store->ruleset && text_is(store->ruleset, revision))
		return true;
	if (!find_ruleset(store, revision, &id, err))
		return false;
	/* another node may add it at the same time, so its number is looked for again */
	if (!id && (!add_ruleset(store, revision, err) || !find_ruleset(store, revision, &id, err)))
		return false;
	free(store->ruleset);
	store->ruleset = mem_copy_text(revision);
	store->ruleset_id = id;
	return true;
}

/* Finds the event with this mark, and whether it is the same event: a gateway may write one "id"
 * for all. */
static enum added find_duplicate(struct postgresql *store, struct event_row *row, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, row->event_id);
	parameters_add_text(&given, row->webhook_id);
	parameters_add_text(&given, row->source);
	parameters_add_text(&given, row->run_id);
	parameters_add_text(&given, row->type);
	OWNED_RESULT result = statement_write(store,
		"SELECT CASE WHEN source = $3 AND run_id = $4 AND type = $5 THEN id ELSE 0 END"
		" FROM event WHERE event_id = $1 AND webhook_id = $2",
		&given, "find the first delivery", err);
	if (!result)
		return ADDED_FAILED;
	if (PQntuples(result) != 1) {
		/* Another node has it in a transaction that is rolled back meanwhile. */
		IGNORE(error_fail(err, ERROR_TRANSIENT,
			"store %s: add an event: another node gave it up just now", store->name));
		return ADDED_FAILED;
	}
	row->id = value_number(result, 0, 0);
	return row->id ? ADDED_DUPLICATE : ADDED_MARK_TAKEN;
}

/*
 * The event and its selections, in one statement. Its id is taken from the sequence only if there
 * is no event with its mark, so that repeats use up no ids.
 */
static PGresult *insert_event(
	struct postgresql *store, const struct event_row *row, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	_Static_assert(SELECTION_BITS == 20, "in the statement below");
	parameters_add_record(&given, event_members, row);
	if (row->ruleset)
		parameters_put_number(&given, event_members, "ruleset", store->ruleset_id);
	else
		parameters_put_none(&given, event_members, "ruleset");
	parameters_add_numbers(&given, row->open, row->open_count); /* $16 */
	return statement_write(store,
		"WITH added AS (INSERT INTO event ({,event})"
		" SELECT 2 * nextval('event_number') - 1, {:event} WHERE NOT EXISTS"
		" (SELECT 1 FROM event WHERE event_id = $4 AND webhook_id = $3"
		" AND (event_id <> '' OR webhook_id <> ''))"
		" ON CONFLICT (event_id, webhook_id) WHERE event_id <> '' OR webhook_id <> ''"
		" DO NOTHING RETURNING id, selections),"
		" opened AS (INSERT INTO selection (id, site, taker)"
		" SELECT (id << 20) + position,"
		" coalesce(selections::json -> position::int ->> 'site', ''), 0"
		" FROM added, unnest($16) AS position)"
		" SELECT id FROM added",
		&given, "add an event", err);
}

enum added postgresql_add_event(
	struct store *base, struct event_row *row, int64_t *selection_ids, struct error *err)
{
	struct postgresql *store = postgresql_of(base);

	if (!statement_may_write(store, "add an event", err))
		return ADDED_FAILED;
	if (row->open_count >= SELECTIONS_PER_EVENT) {
		IGNORE(error_fail(err, ERROR_INPUT, "an event with %zu selections; %zu is the most",
			row->open_count, SELECTIONS_PER_EVENT - 1));
		return ADDED_FAILED;
	}
	if (row->ruleset && !intern_ruleset(store, row->ruleset, err))
		return ADDED_FAILED;
	OWNED_RESULT result = insert_event(store, row, err);
	if (!result)
		return ADDED_FAILED;
	if (!PQntuples(result))
		return find_duplicate(store, row, err);
	row->id = value_number(result, 0, 0);
	row->stamp = postgresql_stamp_of_event(row->id);
	store->last_stamp = row->stamp;
	for (size_t i = 0; selection_ids && i < row->open_count; i++)
		selection_ids[i] = (row->id << SELECTION_BITS) + row->open[i];
	return ADDED_NEW;
}

bool postgresql_end_selection(struct store *base, int64_t selection_id, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_number(&given, selection_id);
	OWNED_RESULT result = statement_write(postgresql_of(base),
		"DELETE FROM selection WHERE id = $1", &given, "end a selection", err);
	return result;
}

/* ---- refreshes ---- */

/*
 * Which of a content's successes is the latest is decided by evidence, which only grows, and not by
 * a time: clocks can step.
 */
static bool put_latest(struct postgresql *store, const struct refresh_row *row, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_text(&given, row->site);
	parameters_add_text(&given, row->content.luid);
	parameters_add_number(&given, row->incremental);
	parameters_add_number(
		&given, row->sent_after + row->seen_waiting_after + row->job_started_at.us);
	parameters_add_number(&given, row->id);
	OWNED_RESULT result = statement_write(store,
		"INSERT INTO latest (site, luid, incremental, evidence, refresh)"
		" VALUES ($1, $2, $3, $4, $5) ON CONFLICT (site, luid, incremental)"
		" DO UPDATE SET evidence = $4, refresh = $5 WHERE $4 >= latest.evidence",
		&given, "write the latest success", err);
	return result;
}

bool postgresql_put_refresh(struct store *base, const struct refresh_row *row, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_record(&given, refresh_members, row);
	OWNED_RESULT result = statement_write(postgresql_of(base),
		"INSERT INTO refresh {+refresh} ON CONFLICT (id) DO UPDATE SET {=refresh}", &given,
		"write a refresh", err);
	return result &&
	       (row->state != REFRESH_SUCCEEDED || put_latest(postgresql_of(base), row, err));
}

bool postgresql_put_cause(struct store *base, const struct cause_row *row, struct error *err)
{
	OWNED_PARAMETERS struct parameters given = { 0 };

	parameters_add_record(&given, cause_members, row);
	OWNED_RESULT result = statement_write(postgresql_of(base),
		"INSERT INTO cause {+cause} ON CONFLICT (refresh, event, rule) DO UPDATE SET"
		" fresh_from = excluded.fresh_from, after = excluded.after",
		&given, "write a cause", err);
	return result;
}
