/*
 * notify/notify.h - the thread that tells people what went wrong (README.md).
 *
 * Life: notify_start; notify_stop. It reads outcomes from the store with a reader of its own,
 * writes what it has to tell through the journal, and takes a changed configuration from its slot.
 */
#pragma once
#include "base/arena.h"
#include "config/config.h"
#include "notify/book.h"
#include "notify/status.h"
#include "store/journal.h"

struct notify;

typedef void notify_site_visit(const struct site_news *site, void *context);

struct notify_options {                    /* borrowed, and outlive the thread */
	const struct store_address *store; /* opened for reading */
	struct journal *journal;
	struct config_slot *configs;
	/* The owner of a rule, in `arena`; "" when it has none or is not there any more. Called on
	 * the notify thread. */
	const char *(*owner)(void *context, const char *rule, struct arena *arena);
	/* Visits the state of every site; on the notify thread. */
	void (*sites)(void *context, notify_site_visit *visit, void *visited);
	void *context;
	bool waits; /* does nothing before notify_lead() */
};

struct notify *notify_start(const struct notify_options *options, struct error *err) MUST_USE;
/* Ends the thread at once: what waits is in the store, and the next start delivers it. Before
 * journal_stop(). */
void notify_stop(struct notify *notify);
void notify_free(struct notify *notify); /* after journal_stop(); NULL is fine */

/* ---- one of several nodes tells ---- */

/* The one that owns this name, which no site can have, because of its brackets. */
#define NOTIFY_OWNER "(notify)"
/* This node tells from now on, and goes on with what the store has. Not while it does, or before
 * `done` of notify_rest() was called. Any thread. */
void notify_lead(struct notify *notify);
/* No message leaves from now on, except those that are in the air. `done` is called once, on the
 * notify thread, when nothing more is written; not when the thread ends before. Any thread. */
void notify_rest(struct notify *notify, void (*done)(void *context), void *context);
/* With a reference for the caller; NULL before the first. Any thread. */
struct notify_status *notify_latest_status(struct notify *notify);

/* Sends one message that says it is a test, and waits for the answer. False: `err` says why it was
 * not delivered, without the address. Needs no thread. */
bool notify_try(const struct config_receiver *receiver, struct error *err) MUST_USE;
