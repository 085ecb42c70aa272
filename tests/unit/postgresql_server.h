/*
 * tests/unit/postgresql_server.h - a PostgreSQL server of a test program's own: made in a temporary
 * folder, reached by a socket there only, and gone with the program.
 *
 *     cmocka_run_group_tests_name("store", tests, server_start, server_stop);
 *
 * A server refuses to run as root, so for root it runs as another user.
 */
#pragma once
#include "tests/unit/test.h"
#include <ftw.h>
#include <glob.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	char folder[64], data[80], programs[128];
	pid_t process; /* 0: there is none */
} server;

/* Debian keeps the programs of each version in a folder of its own; the last one is the newest. */
static inline bool server_find_programs(void)
{
	glob_t found;
	bool is_there = !glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &found);

	if (is_there)
		snprintf(server.programs, sizeof server.programs, "%.*s",
			(int)(strrchr(found.gl_pathv[found.gl_pathc - 1], '/') -
				found.gl_pathv[found.gl_pathc - 1]),
			found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
	return is_there;
}

static inline const struct passwd *server_user(void)
{
	const struct passwd *user = getpwnam("postgres");

	return user ? user : getpwnam("nobody");
}

/* In the child. A server whose parent is killed ends too. */
static inline void server_become(const char *program, char *const *arguments)
{
	char path[192];
	const struct passwd *user = server_user();
	FILE *log;

	if (!getuid() && (setgid(user->pw_gid) || setuid(user->pw_uid)))
		_exit(3);
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
	snprintf(path, sizeof path, "%s/log", server.folder);
	log = fopen(path, "a");
	if (!log || dup2(fileno(log), 1) < 0 || dup2(fileno(log), 2) < 0 || chdir(server.folder))
		_exit(3);
	snprintf(path, sizeof path, "%s/%s", server.programs, program);
	execv(path, arguments);
	_exit(3);
}

static inline void server_print_log(void)
{
	char line[400];
	FILE *log;

	snprintf(line, sizeof line, "%s/log", server.folder);
	log = fopen(line, "r");
	while (log && fgets(line, sizeof line, log))
		print_error("%s", line);
	if (log)
		fclose(log);
}

static inline bool server_initialize(void)
{
	char *const arguments[] = { (char[]){ "initdb" }, (char[]){ "--no-sync" },
		(char[]){ "--auth=trust" }, (char[]){ "--username=router" },
		(char[]){ "--encoding=UTF8" }, (char[]){ "--locale=C.UTF-8" },
		(char[]){ "--pgdata" }, server.data, NULL };
	int status = 0;
	pid_t child = fork();

	if (!child)
		server_become("initdb", arguments);
	return waitpid(child, &status, 0) == child && WIFEXITED(status) && !WEXITSTATUS(status);
}

/* The URL of a database. */
static inline void server_url(const char *database, char *url, size_t size)
{
	snprintf(url, size, "postgresql://router@/%s?host=%s", database, server.folder);
}

static inline bool server_answers(void)
{
	char url[200];

	server_url("postgres", url, sizeof url);
	return PQping(url) == PQPING_OK;
}

static inline void server_launch(void)
{
	char *const arguments[] = { (char[]){ "postgres" }, (char[]){ "-D" }, server.data,
		(char[]){ "-k" }, server.folder, (char[]){ "-c" }, (char[]){ "listen_addresses=" },
		(char[]){ "-c" }, (char[]){ "shared_buffers=16MB" }, NULL };

	server.process = fork();
	if (!server.process)
		server_become("postgres", arguments);
	for (int tries = 0; !server_answers(); tries++) {
		if (waitpid(server.process, NULL, WNOHANG) == server.process || tries > 3000) {
			server.process = 0;
			server_print_log();
			fail_msg("PostgreSQL does not start");
		}
		usleep(10000);
	}
}

/* SIGQUIT: at once, as after a power cut; SIGINT: after the end of connections. */
static inline void server_end(int number)
{
	kill(server.process, number);
	waitpid(server.process, NULL, 0);
	server.process = 0;
}

static inline int server_start(void **state)
{
	const char *parent = getenv("TMPDIR");
	const struct passwd *user = server_user();

	(void)state;
	if (!server_find_programs()) {
		print_error("these tests need PostgreSQL's server: apt-get install postgresql, or"
			    " ./configure --without-postgresql\n");
		return -1;
	}
	snprintf(server.folder, sizeof server.folder, "%.30s/postgresql-XXXXXX",
		parent ? parent : "/tmp");
	if (!mkdtemp(server.folder) ||
		(!getuid() && chown(server.folder, user->pw_uid, user->pw_gid)))
		return -1;
	snprintf(server.data, sizeof server.data, "%s/data", server.folder);
	if (!server_initialize()) {
		server_print_log();
		return -1;
	}
	server_launch();
	return 0;
}

static inline int server_remove_one(
	const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)about, (void)type, (void)walk;
	return remove(path);
}

static inline int server_stop(void **state)
{
	(void)state;
	if (server.process)
		server_end(SIGQUIT);
	return nftw(server.folder, server_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* One statement, by a connection of the server's owner to that database. */
static inline void server_do(const char *database, const char *sql)
{
	char url[200];

	server_url(database, url, sizeof url);
	PGconn *connection = PQconnectdb(url);
	PGresult *result = PQexec(connection, sql);
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(connection));
	PQclear(result);
	PQfinish(connection);
}
