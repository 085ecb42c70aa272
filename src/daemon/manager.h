/*
 * daemon/manager.h - what the daemon tells the service manager of itself: what it serves, that its
 * threads are alive, and why a start takes long. systemd.h sends it.
 *
 * Belongs to the main thread.
 */
#pragma once
#include "daemon/watchdog.h"
#include <stdbool.h>

struct admin;         /* admin/admin.h */
struct dispatch;      /* dispatch/dispatch.h */
struct intake;        /* intake/intake.h */
struct journal;       /* store/journal.h */
struct reload;        /* daemon/reload.h */
struct store_upgrade; /* store/store.h */

struct manager {
	/* borrowed from the daemon, which has started them */
	struct reload *reload;
	struct dispatch *dispatch;
	struct journal *journal;
	struct intake *intake;
	struct admin *admin;
	bool is_dry;
	struct watchdog watchdog;
	const char *hung; /* the thread for which the watchdog is not told; NULL: none */
};

/* Serving, after a start or a reload: with the line of `systemctl status`, which says what is
 * served, and why the last reload was refused. */
void manager_tell_ready(const struct manager *manager);
/* Tells the watchdog that all is well, when that is due and no thread hangs. A thread that begins
 * to hang is logged. */
void manager_feed_watchdog(struct manager *manager);
/* Asks for time and logs, because nobody is answered while the store is brought up to date.
 * store_upgrade.tell; without a context. */
void manager_tell_upgrade(const struct store_upgrade *upgrade, void *context);
