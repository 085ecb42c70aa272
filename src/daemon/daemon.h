/*
 * daemon/daemon.h - the daemon: journal, dispatcher, listeners, and the reload of their files.
 *
 * Belongs to the main thread, from start to stop.
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"
#include "base/problem/problem.h"

struct daemon;

struct daemon_options {
	const char *config;        /* the path */
	bool is_dry;               /* decides and records, but refreshes nothing */
	int log_format, log_level; /* instead of the configuration's; -1: none */
};

/* Loads configuration and rules, and sets up the log by them; NULL when there is an error, with all
 * of them in `problems`. */
struct daemon *daemon_new(const struct daemon_options *options, struct problems *problems);
void daemon_free(struct daemon *daemon); /* NULL is fine */
OWNED_DEFINE(daemon)

/*
 * Runs until SIGTERM or SIGINT and stops cleanly; a second signal ends the process at once. SIGHUP
 * reads the files again. False: it did not start. ERROR_INPUT means that only an edit helps; with
 * any other kind (a taken port, an address that does not exist yet, a locked store, a full disk)
 * the next start may succeed.
 */
bool daemon_run(struct daemon *daemon, struct error *err) MUST_USE;
