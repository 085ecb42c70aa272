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
};

struct notify *notify_start(const struct notify_options *options, struct error *err) MUST_USE;
/* Ends the thread at once: what waits is in the store, and the next start delivers it. Before
 * journal_stop(). */
void notify_stop(struct notify *notify);
void notify_free(struct notify *notify); /* after journal_stop(); NULL is fine */
/* With a reference for the caller; NULL before the first. Any thread. */
struct notify_status *notify_latest_status(struct notify *notify);

/* Sends one message that says it is a test, and waits for the answer. False: `err` says why it was
 * not delivered, without the address. Needs no thread. */
bool notify_try(const struct config_receiver *receiver, struct error *err) MUST_USE;
