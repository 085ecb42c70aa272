/*
 * store/postgresql/postgresql.h - private to store/postgresql/: a connection, statements with their
 * parameters, and rows.
 *
 * Nothing outlives a transaction at the server: no prepared statement, no SET, no temporary table,
 * no lock of a session. So a pooler in transaction mode may stand between (pgbouncer). Each call
 * has a deadline, because a server that is stopped or out of reach may never answer.
 *
 *     OWNED_PARAMETERS struct parameters given = { 0 };
 *     parameters_add_number(&given, id);
 *     OWNED_RESULT result = statement_run(store, "DELETE FROM selection WHERE id = $1", &given,
 *         "end a selection", err);
 *     return result;
 */
#pragma once
#include "base/text.h"
#include "store/columns.h"
#include "store/driver.h"
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

struct postgresql {
	struct store store; /* first member */
	enum store_mode mode;
	int64_t within; /* it is given up after so many microseconds: a connection, a statement */
	char *url;      /* a test's may hold a password */
	char *name;     /* for messages: the URL without what is secret */
	/* read at each connection; its name is owned, NULL: libpq finds a password, or needs none
	 */
	struct secret_ref password;
	PGconn *connection; /* NULL: the next call connects */
	bool is_writing;    /* between begin and commit or rollback, and the connection is whole */
	char transaction[24]; /* its number, as text: what became of a commit without an answer? */
	bool is_in_doubt;     /* `transaction` may or may not have become durable */
	/* selections that the transaction, or the last one, has taken */
	int64_t *taken;
	size_t taken_count, taken_capacity;
	int64_t node;         /* this life (store/nodes.h); 0: it shares the store with nobody */
	struct owned *owned;  /* its sites: guard.c */
	int64_t transactions; /* counts them */
	bool is_copying;      /* rows of a table are on their way (transfer.c) ... */
	struct text copied;   /* ... and these are not sent yet */
	int64_t last_stamp;   /* of a writer */
	int64_t last_copied;  /* of a writer: the id of the last event from a copy; 0: it is none */
	char *ruleset;        /* the last interned revision, and its id */
	int64_t ruleset_id;
};

static inline struct postgresql *postgresql_of(const struct store *store)
{
	return (struct postgresql *)(uintptr_t)store;
}

/* A selection's id is its event's id followed by its position among the event's selections, as with
 * SQLite. */
#define SELECTION_BITS 20
#define SELECTIONS_PER_EVENT ((size_t)1 << SELECTION_BITS)
#define MOST_EVENT (STAMP_MOST >> STAMP_BITS)

/*
 * Follows from the id, which is the next of a sequence. An event with a lower id may become durable
 * after one with a higher id, but it was received before the other got its id; so a request that
 * was sent by somebody who knew the higher one was sent after both had been received.
 */
static inline int64_t postgresql_stamp_of_event(int64_t event)
{
	return event << STAMP_BITS;
}

/* ---- the driver's functions (driver.c has the table) ---- */

bool postgresql_check(const struct store_address *address, struct store_fault *fault);
struct store *postgresql_open(const struct store_address *address, enum store_mode mode,
	const struct store_upgrade *upgrade, struct error *err);
void postgresql_close(struct store *store);
bool postgresql_begin(struct store *store, struct error *err);
bool postgresql_commit(struct store *store, struct error *err);
void postgresql_rollback(struct store *store);
enum added postgresql_add_event(
	struct store *store, struct event_row *row, int64_t *selection_ids, struct error *err);
bool postgresql_end_selection(struct store *store, int64_t selection_id, struct error *err);
bool postgresql_put_refresh(struct store *store, const struct refresh_row *row, struct error *err);
bool postgresql_put_cause(struct store *store, const struct cause_row *row, struct error *err);
bool postgresql_put_spent(struct store *store, const struct spent *spent, struct error *err);
bool postgresql_put_pause(struct store *store, const char *site, const char *by, struct error *err);
bool postgresql_add_command(struct store *store, const struct command_row *row, struct error *err);
bool postgresql_put_note(
	struct store *store, const char *key, const char *value, struct error *err);
bool postgresql_prune(
	struct store *store, struct wall before, int most, int64_t *deleted, struct error *err);
bool postgresql_list_events(struct store *store, const struct store_filter *filter,
	event_visit *visit, void *context, struct error *err);
bool postgresql_list_refreshes(struct store *store, const struct store_filter *filter,
	refresh_visit *visit, void *context, struct error *err);
bool postgresql_list_commands(struct store *store, int64_t subject, command_visit *visit,
	void *context, struct error *err);
bool postgresql_find_event(struct store *store, int64_t id, event_visit *visit, void *context,
	bool *found, struct error *err);
bool postgresql_find_refresh(struct store *store, int64_t id, refresh_visit *visit, void *context,
	bool *found, struct error *err);
bool postgresql_refreshes_of_event(struct store *store, int64_t event, struct arena *arena,
	const int64_t **ids, size_t *count, struct error *err);
bool postgresql_open_selections_of_event(
	struct store *store, int64_t event, int64_t *count, struct error *err);
bool postgresql_load_open_selections(struct store *store, const char *site, selected_visit *visit,
	void *context, struct error *err);
bool postgresql_load_namings(struct store *store, const char *site, int64_t refresh,
	selected_visit *visit, void *context, struct error *err);
bool postgresql_load_refreshes(struct store *store, const char *site, struct wall since,
	refresh_visit *visit, void *context, struct error *err);
bool postgresql_load_spent(struct store *store, const char *site, spent_visit *visit, void *context,
	struct error *err);
bool postgresql_load_pauses(struct store *store, const char *site, pause_visit *visit,
	void *context, struct error *err);
bool postgresql_load_notes(struct store *store, const char *prefix, note_visit *visit,
	void *context, struct error *err);
bool postgresql_load_copy(struct store *store, struct arena *arena, const struct store_copy **copy,
	struct error *err);
bool postgresql_take_refresh_ids(struct store *store, struct refresh_ids *ids, struct error *err);
int64_t postgresql_last_stamp(const struct store *store);
bool postgresql_examine(
	struct store *store, struct arena *arena, struct store_health *health, struct error *err);

extern const struct nodes_driver postgresql_nodes;
bool postgresql_join(struct store *store, struct node_row *self, int64_t lease, struct error *err);
bool postgresql_renew(struct store *store, const struct node_row *self, int64_t lease,
	bool *is_alive, struct error *err);
bool postgresql_drain(struct store *store, int64_t node, bool is_draining, struct error *err);
bool postgresql_leave(struct store *store, int64_t node, struct error *err);
bool postgresql_read_nodes(struct store *store, node_visit *visit_node, owner_visit *visit_owner,
	void *context, struct error *err);
bool postgresql_claim(struct store *store, const char *site, int64_t node, int64_t epoch,
	bool *is_ours, struct error *err);
bool postgresql_release(
	struct store *store, const char *site, int64_t node, int64_t epoch, struct error *err);
bool postgresql_have_selections(struct store *store, int64_t node, bool *is_so, struct error *err);
bool postgresql_want(
	struct store *store, const char *site, int64_t node, bool *is_known, struct error *err);

bool postgresql_ask(struct store *store, const struct request_row *row, struct error *err);
bool postgresql_take_requests(struct store *store, int64_t node, int64_t us, request_visit *visit,
	void *context, struct error *err);
bool postgresql_answer(struct store *store, const struct request_answer *answer, struct error *err);
bool postgresql_read_answers(
	struct store *store, int64_t asker, answer_visit *visit, void *context, struct error *err);
bool postgresql_put_states(struct store *store, int64_t node, const char *const *sites,
	const char *const *states, size_t count, struct error *err);
bool postgresql_read_states(
	struct store *store, state_visit *visit, void *context, struct error *err);
bool postgresql_take_back(
	struct store *store, int64_t asker, int64_t number, bool *is_taken, struct error *err);

/* ---- parameters: parameters.c ---- */

#define PARAMETERS_MOST 40 /* a refresh has 24 columns */

struct parameters {
	int count;
	Oid types[PARAMETERS_MOST];
	const char *values[PARAMETERS_MOST]; /* NULL is NULL */
	int lengths[PARAMETERS_MOST];
	int formats[PARAMETERS_MOST];     /* 1: binary */
	int64_t numbers[PARAMETERS_MOST]; /* as they are sent */
	char *lists[PARAMETERS_MOST];     /* owned: lists as text */
};
void parameters_clear(struct parameters *given);
#define OWNED_PARAMETERS __attribute__((cleanup(parameters_clear)))

/* Texts and bytes are borrowed until the statement has run. */
void parameters_add_number(struct parameters *given, int64_t value);
static inline void parameters_add_time(struct parameters *given, struct wall time)
{
	parameters_add_number(given, time.us);
}
void parameters_add_no_number(struct parameters *given);              /* NULL, for a number */
void parameters_add_text(struct parameters *given, const char *text); /* NULL is NULL */
void parameters_add_bytes(struct parameters *given, struct str bytes);
void parameters_add_texts(struct parameters *given, const char *const *texts, size_t count);
void parameters_add_numbers(struct parameters *given, const int64_t *values, size_t count);
/* The columns of a record, as {+refresh} names them. */
void parameters_add_record(
	struct parameters *given, const struct member *members, const void *record);
/* Replaces the parameter of a column that parameters_add_record() gave first, as the record's
 * first parameters. */
void parameters_put_number(
	struct parameters *given, const struct member *members, const char *column, int64_t number);
void parameters_put_none(
	struct parameters *given, const struct member *members, const char *column);

/* ---- statements: statement.c ---- */

/*
 * Runs one statement, in which records may be named (store/columns.h); `given` may be NULL. Outside
 * of a transaction it is tried once more when the connection was lost. NULL: it failed.
 */
PGresult *statement_run(struct postgresql *store, const char *sql, const struct parameters *given,
	const char *what, struct error *err) MUST_USE;
/* The same for one that writes: fails outside a transaction, or in one that failed already. */
PGresult *statement_write(struct postgresql *store, const char *sql, const struct parameters *given,
	const char *what, struct error *err) MUST_USE;
/* Runs statements without parameters, as one message. */
bool statement_do(
	struct postgresql *store, const char *sql, const char *what, struct error *err) MUST_USE;
/* Is there a transaction, and did none of its statements fail? */
bool statement_may_write(struct postgresql *store, const char *what, struct error *err) MUST_USE;

static inline void statement_clear(PGresult **result)
{
	PQclear(*result);
}
#define OWNED_RESULT __attribute__((cleanup(statement_clear))) PGresult *

/* Sends what libpq holds back; false: the connection is of no use any more. */
bool statement_flush(struct postgresql *store, struct mono until) MUST_USE;
/* The next result of what was sent. *is_lost: there may be none any more; else NULL is the end. */
PGresult *statement_next(struct postgresql *store, struct mono until, bool *is_lost) MUST_USE;

/* ---- transfers: transfer.c ---- */

extern const struct rows_driver postgresql_rows;
bool postgresql_is_there(const struct store_address *address, bool *is_there, struct error *err);

/* ---- values of rows: value.c ---- */

static inline bool value_is_null(const PGresult *result, int row, int column)
{
	return PQgetisnull(result, row, column);
}
int64_t value_number(const PGresult *result, int row, int column);
/* "" for NULL; lives as long as the result. */
static inline const char *value_text(const PGresult *result, int row, int column)
{
	return PQgetvalue(result, row, column);
}
/* {0} for a value that is not between 1970 and the year 10000. */
struct wall value_time(const PGresult *result, int row, int column);
/* The numbers of an array of bigint, in `arena`. */
const int64_t *value_numbers(
	const PGresult *result, int row, int column, struct arena *arena, size_t *count);

/*
 * Reads a row's first columns into a record, whose texts live as long as the result. False for a
 * row that we never write; `what` names it, with the first column.
 */
bool value_record(struct postgresql *store, const PGresult *result, int row, const char *what,
	const struct member *members, void *record, struct error *err) MUST_USE;
/* The error "the database is damaged" with the row; always false. */
bool value_is_damaged(
	const struct postgresql *store, const char *what, int64_t id, struct error *err);

/* ---- the copy that the store goes on from: copy.c ---- */

/* Of a writer's connection: sets last_copied. */
bool postgresql_read_last_copied(struct postgresql *store, struct error *err) MUST_USE;

/* ---- refreshes with their causes: read.c ---- */

/* Visits each row of `result`, which has {refresh}, with its causes; *goes_on: the visitor did not
 * stop. */
bool postgresql_visit_refreshes(struct postgresql *store, const PGresult *result,
	refresh_visit *visit, void *context, bool *goes_on, struct error *err) MUST_USE;

/* ---- selections: load.c ---- */

/* Visits a row with an event, ids, positions, received_at, finished_at, selections and outcome. */
bool postgresql_visit_selected(struct postgresql *store, const PGresult *page, int i,
	selected_visit *visit, void *context, bool *goes_on, struct error *err) MUST_USE;

/* ---- owners: guard.c ---- */

void postgresql_own(struct store *store, int64_t node, const char *site, int64_t epoch);
bool postgresql_guard(struct store *store, const char *site, bool *is_ours, struct error *err);
bool postgresql_take_selections(struct store *store, const char *const *sites, size_t count,
	bool is_anew, selected_visit *visit, void *context, struct error *err);
void guard_forget_all(struct postgresql *store);

/* ---- connection: wire.c ---- */

/* Connects, if there is no connection. */
bool wire_open(struct postgresql *store, struct error *err) MUST_USE;
void wire_close(struct postgresql *store);
/* Is there a server that takes connections, whatever it says to this one? */
bool wire_has_server(const struct postgresql *store);
/* Waits until the socket is ready, at most until `until`. */
bool wire_wait(const struct postgresql *store, short events, struct mono until) MUST_USE;
/* "store NAME: WHAT: reason", the reason from the result or, without one, from the connection;
 * always false. */
bool wire_fail(const struct postgresql *store, const char *what, const PGresult *result,
	struct error *err);

/* ---- schema: schema.c ---- */

/* A writer's connection: creates the tables, or brings them up to date. A reader's: can this
 * program read them? */
bool postgresql_migrate(struct postgresql *store, struct error *err) MUST_USE;
bool postgresql_check_schema(struct postgresql *store, struct error *err) MUST_USE;
/* Are there tables of ours, of whatever version? */
bool schema_is_there(struct postgresql *store, bool *is_there, struct error *err) MUST_USE;
