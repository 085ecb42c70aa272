/*
 * tests/unit/store_postgresql_test.c - what only a server can do: it goes away, is started again,
 * refuses, or serves several writers.
 */
#include "tests/unit/store_drivers.h"
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Another store than open_store()'s, for the same database. */
static struct store *try_open(enum store_mode mode, struct error *err)
{
	return store_open(&(struct store_address){ .url = folder.url }, mode, err);
}

#define assert_says(part) assert_non_null(strstr(err.message, (part)))

/* ---- several writers ---- */

static void processes_write_side_by_side(void **state)
{
	OWNED(store) first = open_store(STORE_WRITE);
	OWNED(store) second = open_store(STORE_WRITE);
	struct event_row row = event_of("wev_2");
	struct error err = { 0 };

	(void)state;
	add(first, event_of("wev_0")); /* a new ruleset's revision is added by one at a time */
	must(store_begin(first, &err));
	must(store_add_event(first, &row, NULL, &err) == ADDED_NEW);
	add(second, event_of("wev_1"));
	must(store_commit(first, &err));
	must(store_begin(second, &err));
	assert_true(store_add_event(second, &row, NULL, &err) == ADDED_DUPLICATE);
	must(store_commit(second, &err));
	assert_events(first, "5 3 1", .limit = 0);
}

/* ---- the server goes, and comes back ---- */

static void what_was_committed_is_there_after_a_crash_of_the_server(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	OWNED(store) reader = open_store(STORE_READ);
	struct event_row row = event_of("wev_2");
	struct error err = { 0 };

	(void)state;
	add(store, event_of("wev_1"));
	must(store_begin(store, &err));
	must(store_add_event(store, &row, NULL, &err) == ADDED_NEW);
	server_end(SIGQUIT);
	assert_false(store_commit(store, &err));
	assert_int_equal(err.kind, ERROR_TRANSIENT);
	assert_false(store_begin(store, &err));
	assert_int_equal(err.kind, ERROR_TRANSIENT);

	server_launch();
	assert_events(reader, "1", .limit = 0);
	row.event_id = "wev_3";
	must(store_begin(store, &err));
	must(store_add_event(store, &row, NULL, &err) == ADDED_NEW);
	must(store_commit(store, &err));
	assert_true(
		row.id > 3); /* the ids of what was lost may be left out, and never come again */
}

static void a_connection_that_was_closed_while_idle_costs_nothing(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	OWNED(store) reader = open_store(STORE_READ);

	(void)state;
	add(store, event_of("wev_1"));
	server_do("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
			      " application_name = 'refresh-router'");
	assert_events(reader, "1", .limit = 0);
	add(store, event_of("wev_2"));
	assert_events(reader, "3 1", .limit = 0);
}

/* The connection ends in the middle of a commit, which the server does not finish. */
static void a_commit_that_the_server_gave_up_does_not_count(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct event_row row = event_of("wev_1");
	struct error err = { 0 };

	(void)state;
	/* a deferred trigger runs within the commit, and lets it wait there for a moment */
	server_do(store_database(),
		"CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS"
		" 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';"
		"CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON event DEFERRABLE INITIALLY"
		" DEFERRED FOR EACH ROW EXECUTE FUNCTION linger()");
	must(store_begin(store, &err));
	must(store_add_event(store, &row, NULL, &err) == ADDED_NEW);
	pid_t child = fork();
	if (!child) {
		/* ends the commit, which is then known to be aborted */
		char sql[200];
		snprintf(sql, sizeof sql,
			"DO 'BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE "
			"wait_event ="
			" ''PgSleep'' AND datname = ''%s'') LOOP PERFORM pg_stat_clear_snapshot(); "
			"END"
			" LOOP; END'",
			store_database());
		server_do("postgres", sql);
		server_do("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
				      " wait_event = 'PgSleep'");
		_exit(0);
	}
	assert_false(store_commit(store, &err));
	waitpid(child, NULL, 0);
	assert_events(store, "", .limit = 0);
	server_do(store_database(), "DROP TRIGGER linger ON event");
	add(store, event_of("wev_1")); /* dbt sends it again */
	assert_events(store, "3", .limit = 0);
}

/*
 * Stands between the store and the server. When it sees a commit go by, it waits for the server's
 * answer, keeps that to itself, and ends the connection; the next connections are left alone.
 */
struct go_between {
	int listener, client, server;
	bool has_cut;
};

static bool pass_on(int from, int to, const char *sign, bool *is_seen)
{
	char bytes[16384];
	ssize_t length = read(from, bytes, sizeof bytes);

	if (length <= 0)
		return false;
	if (sign && memmem(bytes, (size_t)length, sign, strlen(sign)))
		*is_seen = true;
	return write(to, bytes, (size_t)length) == length;
}

static int connect_to_server(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", server.folder);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static void serve_one(struct go_between *between)
{
	bool is_commit = false, goes_on = true;
	char answer[1024];

	between->client = accept(between->listener, NULL, NULL);
	between->server = connect_to_server();
	while (goes_on && !(is_commit && !between->has_cut)) {
		struct pollfd fds[] = { { .fd = between->client, .events = POLLIN },
			{ .fd = between->server, .events = POLLIN } };

		if (poll(fds, 2, -1) < 0)
			break;
		if (fds[0].revents)
			goes_on = pass_on(between->client, between->server, "COMMIT", &is_commit);
		if (fds[1].revents)
			goes_on = goes_on && pass_on(between->server, between->client, NULL, NULL);
	}
	if (is_commit && !between->has_cut) {
		assert_true(read(between->server, answer, sizeof answer) > 0);
		between->has_cut = true;
	}
	close(between->client);
	close(between->server);
}

static void *serve_two(void *context)
{
	serve_one(context);
	serve_one(context);
	return NULL;
}

static void *serve(void *context)
{
	serve_one(context);
	return NULL;
}

/* Selections that are taken and not acted upon would wait for the next owner of their site. */
static void what_was_taken_by_a_commit_that_was_told_as_failed_is_taken_again(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct go_between between = { .listener = socket(AF_UNIX, SOCK_STREAM, 0) };
	const char *site = "finance";
	struct error err = { 0 };
	struct seen seen = { .text = "" }, again = { .text = "" };
	char url[200];
	pthread_t thread;

	(void)state;
	snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.7777", folder.path);
	assert_int_equal(bind(between.listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(between.listener, 4), 0);
	OWNED(store) direct = open_store(STORE_WRITE); /* whose migration also commits */
	add(direct, event_of("wev_1"));
	server_do(store_database(), "INSERT INTO site_owner VALUES ('finance', 7, 1, 0)");
	assert_int_equal(pthread_create(&thread, NULL, serve, &between), 0);
	snprintf(url, sizeof url, "postgresql://router@/%s?host=%s&port=7777", store_database(),
		folder.path);
	OWNED(store)
	store = store_open(&(struct store_address){ .url = url }, STORE_WRITE, &err);
	must(store != NULL);
	store_own(store, 7, site, 1);
	must(store_begin(store, &err));
	must(store_take_selections(store, &site, 1, false, see_selected, &seen, &err));
	assert_false(store_commit(store, &err)); /* nothing can be asked for long enough */
	pthread_join(thread, NULL);
	assert_true(between.has_cut);

	/* The listener, with what waits there, gives way to the server itself. */
	close(between.listener);
	unlink(address.sun_path);
	struct sockaddr_un itself = { .sun_family = AF_UNIX };
	snprintf(itself.sun_path, sizeof itself.sun_path, "%s/.s.PGSQL.5432", server.folder);
	assert_int_equal(symlink(itself.sun_path, address.sun_path), 0);
	must(store_begin(store, &err));
	must(store_take_selections(store, &site, 1, false, see_selected, &again, &err));
	must(store_commit(store, &err));
	assert_string_equal(again.text, "1:{\"site\":\"finance\"}@900");
	assert_string_equal(seen.text, again.text);
}

static void a_commit_whose_answer_is_lost_counts(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct go_between between = { .listener = socket(AF_UNIX, SOCK_STREAM, 0) };
	struct event_row row = event_of("wev_1");
	struct error err = { 0 };
	char url[200];
	pthread_t thread;

	(void)state;
	snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.7777", folder.path);
	assert_int_equal(bind(between.listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(between.listener, 4), 0);
	store_close(open_store(STORE_WRITE)); /* whose migration also commits */
	assert_int_equal(pthread_create(&thread, NULL, serve_two, &between), 0);
	snprintf(url, sizeof url, "postgresql://router@/%s?host=%s&port=7777", store_database(),
		folder.path);
	struct store *store = store_open(&(struct store_address){ .url = url }, STORE_WRITE, &err);
	must(store != NULL);
	must(store_begin(store, &err));
	must(store_add_event(store, &row, NULL, &err) == ADDED_NEW);
	must(store_commit(store, &err)); /* dbt gets its 200 */
	assert_true(between.has_cut);
	assert_events(store, "1", .limit = 0);
	store_close(store);
	pthread_join(thread, NULL);
	close(between.listener);
}

/* ---- refusals ---- */

static void a_schema_of_a_newer_release_is_refused_only_if_it_says_so(void **state)
{
	struct error err = { 0 };

	(void)state;
	store_close(open_store(STORE_WRITE));
	server_do(store_database(), "UPDATE refresh_router SET version = 900");
	store_close(open_store(STORE_WRITE)); /* it only added to what this one knows */
	store_close(open_store(STORE_READ));
	server_do(store_database(), "UPDATE refresh_router SET least = 899");
	assert_null(try_open(STORE_WRITE, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_says("schema version 900, for programs that know 899 or more");
	assert_null(try_open(STORE_READ, &err));
	assert_says("run the newer release");
}

static void a_reader_of_an_empty_database_is_told_what_creates_the_tables(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_null(try_open(STORE_READ, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_says("there are no tables yet; `refresh-router serve` creates them");
}

static void a_user_without_a_right_is_told_which_one(void **state)
{
	struct error err = { 0 };
	char url[200];

	(void)state;
	store_close(open_store(STORE_WRITE));
	server_do("postgres", "CREATE ROLE visitor LOGIN");
	snprintf(url, sizeof url, "postgresql://visitor@/%s?host=%s", store_database(),
		server.folder);
	assert_null(store_open(&(struct store_address){ .url = url }, STORE_WRITE, &err));
	server_do("postgres", "DROP ROLE visitor");
	assert_int_equal(err.kind, ERROR_SYSTEM);
	assert_says("permission denied for table refresh_router; grant it to the user of `store`");
}

static void a_database_in_another_encoding_is_refused(void **state)
{
	struct error err = { 0 };
	char sql[200];

	(void)state;
	snprintf(sql, sizeof sql, "DROP DATABASE \"%s\"", store_database());
	server_do("postgres", sql);
	snprintf(sql, sizeof sql,
		"CREATE DATABASE \"%s\" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
		store_database());
	server_do("postgres", sql);
	assert_null(try_open(STORE_WRITE, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_says("has the encoding LATIN1: create one with UTF8");
}

static void a_store_without_fsync_is_refused(void **state)
{
	struct error err = { 0 };

	(void)state;
	server_do("postgres", "ALTER SYSTEM SET fsync = off");
	server_do("postgres", "SELECT pg_reload_conf()");
	struct store *store = NULL;
	for (int tries = 0; (store = try_open(STORE_WRITE, &err)) && tries < 1000; tries++) {
		store_close(store); /* the server has not read it yet */
		usleep(10000);
	}
	server_do("postgres", "ALTER SYSTEM RESET fsync");
	server_do("postgres", "SELECT pg_reload_conf()");
	assert_null(store);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_says("the server has fsync = off, with which a power cut loses acknowledged events");
}

static void a_store_that_may_only_be_read_is_refused_to_a_writer(void **state)
{
	struct error err = { 0 };
	char sql[200];

	(void)state;
	store_close(open_store(STORE_WRITE));
	snprintf(sql, sizeof sql, "ALTER DATABASE \"%s\" SET default_transaction_read_only = on",
		store_database());
	server_do("postgres", sql);
	assert_null(try_open(STORE_WRITE, &err));
	assert_int_equal(err.kind, ERROR_SYSTEM); /* waiting does not help */
	assert_says("session is read-only; it is a standby, or was made read-only");
	store_close(open_store(STORE_READ));
}

/* A name in another encoding than UTF-8 fails its own entry, and not the store. */
static void a_text_that_is_no_text_is_its_entrys_fault(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct refresh_row row = refresh_of(2, REFRESH_WAITING, "l\xff");
	struct error err = { 0 };

	(void)state;
	must(store_begin(store, &err));
	assert_false(store_put_refresh(store, &row, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	store_rollback(store);
	add(store, event_of("wev_1"));
}

static void no_message_has_the_password(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_null(store_open(
		&(struct store_address){ .url = "postgresql://router:Geheim1@127.0.0.1:1/x" },
		STORE_WRITE, &err));
	assert_says("host=127.0.0.1 port=1");
	assert_null(strstr(err.message, "Geheim1"));
	assert_null(
		store_open(&(struct store_address){ .url = "postgresql://router:Geheim1@[bad/x" },
			STORE_WRITE, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_null(strstr(err.message, "Geheim1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		postgresql_store_test(processes_write_side_by_side),
		postgresql_store_test(what_was_committed_is_there_after_a_crash_of_the_server),
		postgresql_store_test(a_connection_that_was_closed_while_idle_costs_nothing),
		postgresql_store_test(a_commit_that_the_server_gave_up_does_not_count),
		postgresql_store_test(a_commit_whose_answer_is_lost_counts),
		postgresql_store_test(
			what_was_taken_by_a_commit_that_was_told_as_failed_is_taken_again),
		postgresql_store_test(a_schema_of_a_newer_release_is_refused_only_if_it_says_so),
		postgresql_store_test(
			a_reader_of_an_empty_database_is_told_what_creates_the_tables),
		postgresql_store_test(a_user_without_a_right_is_told_which_one),
		postgresql_store_test(a_database_in_another_encoding_is_refused),
		postgresql_store_test(a_store_without_fsync_is_refused),
		postgresql_store_test(a_store_that_may_only_be_read_is_refused_to_a_writer),
		postgresql_store_test(a_text_that_is_no_text_is_its_entrys_fault),
		postgresql_store_test(no_message_has_the_password),
	};

	return cmocka_run_group_tests_name("store, PostgreSQL", tests, server_start, server_stop);
}
