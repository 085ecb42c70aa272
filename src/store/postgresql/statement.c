/*
 * store/postgresql/statement.c - statements, each within a deadline.
 */
#include "store/postgresql/postgresql.h"
#include <poll.h>

static void add_parameter(struct text *sql, const struct member *member, size_t number)
{
	(void)member;
	text_printf(sql, "$%zu", number);
}

bool statement_flush(struct postgresql *store, struct mono until)
{
	for (;;) {
		int left = PQflush(store->connection);

		if (left <= 0)
			return left == 0;
		/* The server may stop reading until we have read (libpq's manual, PQflush). */
		if (!wire_wait(store, POLLIN | POLLOUT, until) ||
			!PQconsumeInput(store->connection))
			return false;
	}
}

PGresult *statement_next(struct postgresql *store, struct mono until, bool *is_lost)
{
	*is_lost = false;
	while (PQisBusy(store->connection)) {
		if (wire_wait(store, POLLIN, until) && PQconsumeInput(store->connection))
			continue;
		*is_lost = true;
		return NULL;
	}
	return PQgetResult(store->connection);
}

/* The last result of what was sent; NULL: the connection is of no use any more. */
static PGresult *receive(struct postgresql *store, struct mono until)
{
	PGresult *last = NULL, *result;
	bool is_lost;

	for (;;) {
		result = statement_next(store, until, &is_lost);
		if (is_lost) {
			PQclear(last);
			return NULL;
		}
		if (!result)
			return last;
		/* the first failure is the one that is told */
		if (last && PQresultStatus(last) == PGRES_FATAL_ERROR) {
			PQclear(result);
			continue;
		}
		PQclear(last);
		last = result;
	}
}

static bool is_good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* Sends one message, and waits for its answer. *is_lost: there may be none any more. */
static PGresult *talk(struct postgresql *store, const char *sql, const struct parameters *given,
	const char *what, bool *is_lost, struct error *err)
{
	struct mono until = mono_plus(clock_mono(), store->within);
	int is_sent = given ? PQsendQueryParams(store->connection, sql, given->count, given->types,
				      given->values, given->lengths, given->formats, 1)
			    : PQsendQuery(store->connection, sql);
	PGresult *result = is_sent && statement_flush(store, until) ? receive(store, until) : NULL;

	*is_lost = !result || PQstatus(store->connection) == CONNECTION_BAD;
	if (result && is_good(result) && !*is_lost)
		return result;
	if (!result && clock_mono().us >= until.us)
		IGNORE(error_fail(err, ERROR_TRANSIENT, "store %s: %s: no answer within %d s",
			store->name, what, (int)(store->within / US_PER_SECOND)));
	else
		IGNORE(wire_fail(store, what, result, err)); /* false; NULL is returned */
	PQclear(result);
	if (*is_lost)
		wire_close(store);
	return NULL;
}

PGresult *statement_run(struct postgresql *store, const char *sql, const struct parameters *given,
	const char *what, struct error *err)
{
	OWNED_TEXT struct text whole = TEXT(TEXT_UNBOUNDED);
	static const struct parameters none = { 0 };
	bool may_repeat = !store->is_writing && store->connection;
	bool is_lost;

	columns_expand(sql, add_parameter, &whole);
	if (!wire_open(store, err))
		return NULL;
	struct mono until = mono_plus(clock_mono(), store->within);
	PGresult *result = talk(store, whole.at, given ? given : &none, what, &is_lost, err);
	/* The server was started again, or a pooler closed what was idle. One that is silent is not
	 * asked twice. */
	bool is_silent = clock_mono().us >= until.us;
	if (!result && is_lost && may_repeat && !is_silent && wire_open(store, err))
		result = talk(store, whole.at, given ? given : &none, what, &is_lost, err);
	return result;
}

bool statement_may_write(struct postgresql *store, const char *what, struct error *err)
{
	if (store->is_writing && PQtransactionStatus(store->connection) == PQTRANS_INTRANS)
		return true;
	return error_fail(err, ERROR_SYSTEM,
		"store %s: %s: there is no transaction, or a failure has ended it", store->name,
		what);
}

PGresult *statement_write(struct postgresql *store, const char *sql, const struct parameters *given,
	const char *what, struct error *err)
{
	return statement_may_write(store, what, err) ? statement_run(store, sql, given, what, err)
						     : NULL;
}

bool statement_do(struct postgresql *store, const char *sql, const char *what, struct error *err)
{
	bool is_lost;
	OWNED_RESULT result =
		wire_open(store, err) ? talk(store, sql, NULL, what, &is_lost, err) : NULL;

	return result;
}
