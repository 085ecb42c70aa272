/*
 * daemon/daemon.h - the daemon: journal, dispatcher, listeners, and what reads their files again.
 *
 * All of it belongs to the main thread, which runs it from start to stop.
 */
#pragma once
#include "base/error.h"
#include "base/mem.h"
#include "base/problem.h"

struct daemon;

/* Loads configuration and rules; NULL when anything is wrong with them, all of it in `problems`.
 * is_dry: it decides and records, and refreshes nothing. */
struct daemon *daemon_new(const char *config_path, bool is_dry, struct problems *problems);
void daemon_free(struct daemon *daemon); /* NULL is fine */
OWNED_DEFINE(daemon)

/*
 * Runs until SIGTERM or SIGINT and stops cleanly; a second signal ends the process at once. SIGHUP
 * reads the files again. False: it did not start. Of kind ERROR_INPUT is what only an edit mends; a
 * port that is taken, an address that is not there yet, a store that is still held or a full disk
 * may be well the next time.
 */
bool daemon_run(struct daemon *daemon, struct error *err) MUST_USE;
