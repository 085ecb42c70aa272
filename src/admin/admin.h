/*
 * admin/admin.h - the listener for the people and programs that run the daemon: health, metrics,
 * API, reload, status page (README.md).
 *
 * Who may ask is decided by admin/access.h. The listener's thread answers health and metrics at
 * once. Queries and reloads, which may take time, are done in turn by another thread with its own
 * reader of the store, so that a search of seconds does not look like a daemon that hangs.
 */
#pragma once
#include "admin/trouble.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/config.h"
#include "dispatch/dispatch.h"
#include "notify/notify.h"
#include "rules/ruleset.h"
#include "store/journal.h"

struct admin;
struct access;

#define ADMIN_CONNECTIONS 100 /* at once */

struct admin_options { /* borrowed; all but `listen` and `store` outlive the listener */
	const struct config_listen *listen; /* its `admin` */
	int socket;                         /* that listens already; 0: `listen` is opened */
	const struct store_address *store;  /* opened for reading */
	const struct store_copy *copy;      /* that the store was restored from; NULL: none */
	struct journal *journal;
	struct dispatch *dispatch;
	struct notify *notify;
	struct ruleset_slot *rulesets;
	struct config_slot *configs;
	bool dry_run;                   /* replays are recorded but refresh nothing */
	struct trouble_slot *failures;  /* empty unless the last reload was refused */
	struct trouble_slot *unwatched; /* empty unless files cannot be watched */
	/* Reads configuration and rules again; blocks until that is done, and writes the result to
	 * `report`. */
	bool (*reload)(void *context, struct text *report);
	void *reload_context;
};

struct admin *admin_start(const struct admin_options *options, struct error *err) MUST_USE;
const char *admin_address(const struct admin *admin);
/* For web_renew(). */
struct web *admin_web(struct admin *admin);
/* Takes other tokens (admin/access.h), the caller's reference to them included. Any thread. */
void admin_configure(struct admin *admin, struct access *access);
void admin_stop(struct admin *admin);
void admin_free(struct admin *admin);
OWNED_DEFINE(admin)
