/*
 * store/postgresql/wire.c - connecting, and the server's failures as our errors.
 */
#include "base/log/log.h"
#include "store/postgresql/postgresql.h"
#include <errno.h>
#include <poll.h>
#include <string.h>

#define CONNECT_WITHIN (5 * US_PER_SECOND)

/* SQLSTATE (PostgreSQL's manual, appendix A). */
#define STATE_LENGTH 5
#define STATE_NO_RIGHT "42501"
#define STATE_READ_ONLY "25006"
#define STATE_NO_TABLE "42P01"
#define STATE_DISK_FULL "53100"

/* ---- failures ---- */

/* Of a class ("08"), or one state. */
static bool is_state(const char *state, const char *wanted)
{
	return state && !strncmp(state, wanted, strlen(wanted));
}

static enum error_kind kind_of_state(const char *state)
{
	/* 22: a value that the database cannot hold; it is the entry's own fault */
	if (is_state(state, "22"))
		return ERROR_INPUT;
	if (is_state(state, STATE_NO_RIGHT) || is_state(state, STATE_NO_TABLE))
		return ERROR_SYSTEM;
	return ERROR_TRANSIENT;
}

/* libpq's own words have no state: target_session_attrs, of a writer, is read-write. */
static const char *remedy_of(const char *state, const char *reason)
{
	if (is_state(state, STATE_NO_RIGHT))
		return "; grant it to the user of `store`";
	if (is_state(state, STATE_READ_ONLY) || (!state && strstr(reason, "session is read-only")))
		return "; it is a standby, or was made read-only: `store` must lead to the primary";
	if (is_state(state, STATE_NO_TABLE))
		return "; somebody removed it, or search_path is another one";
	if (is_state(state, STATE_DISK_FULL))
		return "; its disk is full: make room there";
	return "";
}

/* libpq's messages have several lines, and end with a line break. */
static void one_line(const char *message, char out[static 300])
{
	size_t length = 0;

	while (length < 297) {
		size_t line = strcspn(message, "\n");

		for (size_t i = 0; i < line && length < 297; i++)
			if (message[i] != '\t')
				out[length++] = message[i];
		message += line + (message[line] == '\n');
		if (!*message)
			break;
		out[length++] = ';';
		out[length++] = ' ';
	}
	out[length] = '\0';
}

bool wire_fail(
	const struct postgresql *store, const char *what, const PGresult *result, struct error *err)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	char reason[300];

	if (!message)
		message = store->connection ? PQerrorMessage(store->connection) : "no connection";
	one_line(message, reason);
	return error_fail(err, kind_of_state(state), "store %s: %s: %s%s", store->name, what,
		*reason ? reason : "the connection was lost", remedy_of(state, reason));
}

/* ---- connecting ---- */

bool wire_wait(const struct postgresql *store, short events, struct mono until)
{
	for (;;) {
		struct pollfd fd = { .fd = PQsocket(store->connection), .events = events };
		int64_t left = until.us - clock_mono().us;

		if (left <= 0 || fd.fd < 0)
			return false;
		int ready = poll(&fd, 1, (int)(left / US_PER_MS) + 1);
		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR)
			return false;
	}
}

/*
 * What the URL says goes before what stands above it here. A server that is cut off is noticed
 * within seconds (tcp_user_timeout, in milliseconds), although our own deadlines come first.
 */
static PGconn *start(const struct postgresql *store, const char *password)
{
	const char *keys[] = { "application_name", "connect_timeout", "tcp_user_timeout",
		"keepalives_idle", "keepalives_interval", "keepalives_count",
		"target_session_attrs", "password", "dbname", "client_encoding", NULL };
	const char *values[] = { "refresh-router", "5", "4000", "5", "2", "2",
		store->mode == STORE_READ ? "any" : "read-write", password, store->url, "UTF8",
		NULL };

	return PQconnectStartParams(keys, values, 1);
}

/* NULL: it failed. */
static PGconn *start_with_password(const struct postgresql *store, struct error *err)
{
	OWNED(secret) password = NULL;
	PGconn *connection;

	if (store->password.name) {
		password = secret_load(&store->password, err);
		if (!password) {
			IGNORE(error_context(err, "store %s: password", store->name));
			return NULL;
		}
	}
	/* a secret ends in NUL, which is not counted */
	connection = start(store, password ? secret_bytes(password).at : NULL);
	if (!connection)
		IGNORE(error_fail(err, ERROR_SYSTEM, "store %s: connect: no memory", store->name));
	return connection;
}

static int64_t connect_within(const struct postgresql *store)
{
	return store->within < CONNECT_WITHIN ? store->within : CONNECT_WITHIN;
}

static bool finish_connecting(struct postgresql *store)
{
	struct mono until = mono_plus(clock_mono(), connect_within(store));

	for (;;) {
		switch (PQconnectPoll(store->connection)) {
		case PGRES_POLLING_OK:
			return true;
		case PGRES_POLLING_READING:
			if (!wire_wait(store, POLLIN, until))
				return false;
			break;
		case PGRES_POLLING_WRITING:
			if (!wire_wait(store, POLLOUT, until))
				return false;
			break;
		case PGRES_POLLING_FAILED:
		case PGRES_POLLING_ACTIVE: /* no longer used */
			return false;
		}
	}
}

static bool fail_to_connect(struct postgresql *store, struct error *err)
{
	if (PQstatus(store->connection) != CONNECTION_BAD)
		return error_fail(err, ERROR_TRANSIENT, "store %s: connect: no answer within %d s",
			store->name, (int)(connect_within(store) / US_PER_SECOND));
	return wire_fail(store, "connect", NULL, err);
}

/* Settings under which an acknowledged event could be lost. */
static bool check_settings(struct postgresql *store, struct error *err)
{
	OWNED_RESULT result = statement_run(store,
		"SELECT current_setting('fsync'), current_setting('synchronous_commit'),"
		" current_setting('server_encoding')",
		NULL, "read its settings", err);

	if (!result)
		return false;
	if (!text_is(value_text(result, 0, 0), "on"))
		return error_fail(err, ERROR_INPUT,
			"store %s: the server has fsync = %s, with which a power cut loses"
			" acknowledged events: set it to on",
			store->name, value_text(result, 0, 0));
	if (!text_is(value_text(result, 0, 2), "UTF8"))
		return error_fail(err, ERROR_INPUT,
			"store %s: the database has the encoding %s: create one with UTF8",
			store->name, value_text(result, 0, 2));
	if (text_is(value_text(result, 0, 1), "off"))
		log_warning(
			"synchronous_commit is off: a crash of the server loses the last events",
			KV("store", (const char *)store->name));
	return true;
}

static void drop_notice(void *context, const char *message)
{
	(void)context, (void)message;
}

bool wire_open(struct postgresql *store, struct error *err)
{
	if (store->connection)
		return true;
	store->connection = start_with_password(store, err);
	if (!store->connection)
		return false;
	if (PQstatus(store->connection) == CONNECTION_BAD || !finish_connecting(store)) {
		IGNORE(fail_to_connect(store, err)); /* false, which is returned below */
		wire_close(store);
		return false;
	}
	/* So that a large body cannot block the caller for longer than its deadline. It fails only
	 * for a connection that is broken, which the next statement reports. */
	IGNORE(PQsetnonblocking(store->connection, 1));
	/* What it notices would be written to stderr, between the lines of the log. */
	PQsetNoticeProcessor(store->connection, drop_notice, NULL);
	if (store->mode == STORE_WRITE && !check_settings(store, err)) {
		wire_close(store);
		return false;
	}
	return true;
}

bool wire_has_server(const struct postgresql *store)
{
	const char *keys[] = { "connect_timeout", "dbname", NULL };
	const char *values[] = { "2", store->url, NULL };

	return PQpingParams(keys, values, 1) == PQPING_OK;
}

void wire_close(struct postgresql *store)
{
	PQfinish(store->connection);
	store->connection = NULL;
	store->is_writing = false;
	free(store->ruleset);
	store->ruleset = NULL;
}
