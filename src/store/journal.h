/*
 * store/journal.h - the thread that writes to the store: entries of all threads, committed in
 * groups.
 *
 * An entry has a function that runs inside a transaction and one that runs when that is durable.
 * All waiting entries share one commit. When a group fails, each of its entries is tried alone, so
 * that one bad entry does not fail the others; an entry that fails alone gets the error, and the
 * journal goes on (space on a full disk may be freed).
 *
 * Life: journal_start, any number of journal_add from any thread, journal_stop (writes what waits,
 * then ends the thread).
 */
#pragma once
#include "base/heartbeat.h"
#include "base/mailbox.h"
#include "store/store.h"

struct journal;

struct journal_entry {
	struct message message; /* first member */
	/* Inside a transaction, on the journal thread. May run twice (group, then alone): it must
	 * not keep state of the first run. */
	bool (*apply)(struct journal_entry *entry, struct store *store, struct error *err);
	/* After the commit (committed), or when it failed for good (not committed; err says why).
	 * On the journal thread; owns the entry from here on. */
	void (*done)(struct journal_entry *entry, bool committed, const struct error *err);
	/* NULL, or work that the answers of a group share, such as waking the threads that send
	 * them: called with `of_all` after the answers, once for all entries with the same one. */
	void (*after)(void *of_all);
	void *of_all;
};

/* Takes the store (also on failure). `most` entries may wait. */
struct journal *journal_start(struct store *store, size_t most, struct error *err) MUST_USE;
/* False when too many entries wait or the journal has stopped: the caller still owns the entry and
 * sheds load. */
bool journal_add(struct journal *journal, struct journal_entry *entry) MUST_USE;
/* Ignores the bound: for the dispatcher, whose own state bounds its entries. False only when the
 * journal has stopped. */
bool journal_add_always(struct journal *journal, struct journal_entry *entry) MUST_USE;
/* Did the last commit succeed? If not, `reason` is the error's text. Any thread. */
bool journal_is_healthy(struct journal *journal, char reason[static 480]);
size_t journal_waiting(struct journal *journal);
/* The thread's; it beats between commits. */
const struct heartbeat *journal_heartbeat(const struct journal *journal);
/* Closes the store too. No function of the journal may be called afterwards. NULL is fine. */
void journal_stop(struct journal *journal);
