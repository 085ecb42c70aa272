/*
 * store/store.h - what survives a restart: events, their selections, refreshes and their causes.
 *
 * An interface: the scheme of the URL (store/address.h) picks a driver (store/driver.h), and
 * nothing above may assume which. One process writes (a second one is refused); within it one
 * thread, the journal's (store/journal.h). Reading goes through a struct store opened with
 * STORE_READ, one per thread, at any time, also from another process.
 *
 * Ids: an event's is odd, a refresh's even, so that one number names one thing (`show ID`).
 */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "content/command.h"
#include "content/refresh.h"
#include "content/selection.h"
#include "content/spent.h"
#include "store/address.h"
#include <stdio.h>

struct store;
enum store_mode {
	STORE_WRITE,
	STORE_READ,
	STORE_SHARE, /* for store/nodes.h, and for reading */
};

/*
 * Opens a store. For writing, creates it if it is missing, keeps other processes from writing, and
 * migrates an older one. Failures say what to do: another process has it (ERROR_TRANSIENT, with its
 * pid if known), the disk is full or permission is missing (ERROR_SYSTEM), a newer program wrote it
 * or it is not a store (ERROR_INPUT).
 */
struct store *store_open(
	const struct store_address *address, enum store_mode mode, struct error *err) MUST_USE;
/* A store of an older release is being brought up to date, which may take minutes. */
struct store_upgrade {
	int64_t from, to; /* versions of its schema */
	int64_t step;     /* the version that it gets now */
	int64_t bytes;    /* its size */
	/* Called at each step, and again every few seconds. */
	void (*tell)(const struct store_upgrade *upgrade, void *context);
	void *context;
};
/* store_open() to write, by somebody who wants to know of an upgrade: `tell` and `context` of it
 * are given. ERROR_TRANSIENT, before anything is changed: there is no room for it. */
struct store *store_open_upgrading(const struct store_address *address,
	const struct store_upgrade *upgrade, struct error *err) MUST_USE;
void store_close(struct store *store); /* NULL is fine */
static inline void store_free(struct store *store)
{
	store_close(store);
}
OWNED_DEFINE(store)

/* ---- rows ---- */

struct event_row {
	int64_t id;    /* set by store_add_event() */
	int64_t stamp; /* set by store_add_event() (content/refresh.h); 0 in a row that is read */
	const char *source;
	const char *webhook_id, *event_id;    /* the dedup mark; both empty: not deduplicated */
	struct wall received_at, finished_at; /* finished_at {0}: dbt sent no time */
	const char *outcome;                  /* routed, unmatched, ignored, test, replay */
	const char *reason;                   /* for ignored and test; else NULL */
	/* The fields by which events are identified and searched; the others are read from the body
	 * (event/event.h). */
	const char *type, *job_id, *run_id;
	const char *matched;    /* JSON list of rule names */
	const char *ruleset;    /* revision, or NULL */
	struct str body;        /* as received */
	const char *selections; /* JSON list of the decision's, each printed by selection_json() */
	/* Only of a row that is being added: the positions in that list, ascending, of what is to
	 * be acted upon; not of shadow ones. */
	size_t open_count;
	const int64_t *open;
};

extern const char *const event_outcomes[]; /* NULL ends them */
/* Where each member of an event is stored and shown, except `stamp` and `selections`. */
extern const struct member event_members[];

struct selected_row {         /* some of an event's selections */
	int64_t event, stamp; /* the stamp: of open ones */
	bool is_from_copy;    /* content/refresh.h; the event is in a copy that was restored */
	bool is_replay;       /* a person wants it done again (where nodes share the store) */
	struct wall received_at, finished_at; /* the event's */
	const char *selections;               /* the event's list, or "" */
	size_t count;
	const int64_t *ids;       /* of the selections; of the refreshes whose content they named */
	const int64_t *positions; /* in the list, ascending; some may be past its end */
};
typedef bool selected_visit(const struct selected_row *row, void *context);
/* The selections themselves, one for each id, each as selection_json() printed it; NULL: it is not
 * there. They live in `arena`. */
const cJSON *const *selected_row_items(const struct selected_row *row, struct arena *arena);

/* ---- writing: inside a transaction, by the journal thread ---- */

/* False also when the store's files were removed or replaced while they were in use. */
bool store_begin(struct store *store, struct error *err) MUST_USE;
/* True: the transaction is durable. False: it is rolled back, or is in files that no start will
 * read. */
bool store_commit(struct store *store, struct error *err) MUST_USE;
void store_rollback(struct store *store);

/* Between two transactions: the store's regular upkeep. `is_awaited`: somebody waits for the next
 * transaction, so that what takes long is put off while possible. A failure is tried again later.
 */
void store_tidy(struct store *store, bool is_awaited);
/* After a while without writes: brings everything into the files that a backup copies, without
 * blocking the caller. */
void store_settle(struct store *store);
/* Bytes of the database, and of what is written and not copied into it yet. False: the store is in
 * memory, or its files cannot be seen. */
bool store_sizes(const struct store *store, int64_t *database, int64_t *wal);

enum added { ADDED_NEW, ADDED_DUPLICATE, ADDED_MARK_TAKEN, ADDED_FAILED };
/*
 * Adds the event, its dedup mark and its selections, and sets row->id, row->stamp and
 * selection_ids[row->open_count] (may be NULL). ADDED_DUPLICATE: the store has an event with
 * the same (webhook_id, event_id); row->id is its id and nothing was added. ADDED_MARK_TAKEN: that
 * event has another source, run or type, so the mark does not identify an event; nothing was added.
 */
enum added store_add_event(struct store *store, struct event_row *row, int64_t *selection_ids,
	struct error *err) MUST_USE;
/* Inserts or replaces the refresh of row->id. */
bool store_put_refresh(
	struct store *store, const struct refresh_row *row, struct error *err) MUST_USE;
bool store_put_cause(struct store *store, const struct cause_row *row,
	struct error *err) MUST_USE; /* again: replaces it */
/* The selection is resolved: its refreshes and causes are in this same transaction. */
bool store_end_selection(struct store *store, int64_t selection_id, struct error *err) MUST_USE;
/* Inserts or replaces a part of a budget. */
bool store_put_spent(struct store *store, const struct spent *spent, struct error *err) MUST_USE;
/* `by` paused the site; NULL: the site is resumed. */
bool store_put_pause(
	struct store *store, const char *site, const char *by, struct error *err) MUST_USE;
bool store_add_command(
	struct store *store, const struct command_row *row, struct error *err) MUST_USE;
/* Remembers a text under a key, behind all others; NULL forgets it. What notify/ has to tell is
 * kept so: few rows, each read at a start. */
bool store_put_note(
	struct store *store, const char *key, const char *value, struct error *err) MUST_USE;
/* The refresh, which ended in this same transaction, is an outcome that somebody is to be told;
 * again: nothing new. store_end_outcome() when that is seen to. */
bool store_add_outcome(struct store *store, int64_t refresh, struct error *err) MUST_USE;
bool store_end_outcome(struct store *store, int64_t refresh, struct error *err) MUST_USE;
/* Deletes at most `most` refreshes that ended before `before`, and older events without an open
 * selection or refresh; `*deleted` is the number of rows. */
bool store_prune(struct store *store, struct wall before, int most, int64_t *deleted,
	struct error *err) MUST_USE;

/* Gives free disk back, at most `most` pages of it, but for some that is soon needed again;
 * *is_more: there may be more. */
bool store_give_back(struct store *store, int most, bool *is_more, struct error *err) MUST_USE;

/* ---- sites of a store that several nodes share (store/nodes.h) ---- */

/* Between two transactions: this process, as `node`, owns the site from now on, with that epoch; 0:
 * no longer. */
void store_own(struct store *store, int64_t node, const char *site, int64_t epoch);
/* Inside a transaction, before anything is written about a site's refreshes: is the site still this
 * process's? Then it is so until the transaction ends. Where one process writes, always. */
bool store_guard(struct store *store, const char *site, bool *is_ours, struct error *err) MUST_USE;
/*
 * Inside a transaction: visits the open selections that nobody has taken, of those of the sites
 * that are still this process's, which takes them; `is_anew`: all, also those that are taken. None,
 * where one process writes: it knows them all.
 */
bool store_take_selections(struct store *store, const char *const *sites, size_t count,
	bool is_anew, selected_visit *visit, void *context, struct error *err) MUST_USE;

/* ---- reading ---- */

/* Rows are valid during the callback; it returns false to stop. */
typedef bool event_visit(const struct event_row *row, void *context);
typedef bool refresh_visit(const struct refresh_row *row, const struct cause_row *causes,
	size_t cause_count, void *context);
typedef bool spent_visit(const struct spent *spent, void *context);
typedef bool pause_visit(const char *site, const char *by, void *context);
typedef bool command_visit(const struct command_row *row, void *context);
typedef bool note_visit(const char *key, const char *value, void *context);

struct store_filter {   /* a member that is 0 or NULL does not filter */
	int64_t before; /* only ids below: the cursor; lists are newest first */
	int limit;      /* 0: 100 */
	const char *source, *outcome, *job_id, *run_id,
		*rule;     /* events (job_id and run_id are dbt's; rule: among the matched) */
	struct wall since; /* events received then or later, by the clock of that time */
	const char *site, *kind, *state,
		*content; /* refreshes (state: a name, or "open"; content: a LUID or name) */
	int64_t event;    /* refreshes that this event caused */
};
bool store_list_events(struct store *store, const struct store_filter *filter, event_visit *visit,
	void *context, struct error *err) MUST_USE;
bool store_list_refreshes(struct store *store, const struct store_filter *filter,
	refresh_visit *visit, void *context, struct error *err) MUST_USE;
/* Visits one event; *found: does it exist? */
bool store_find_event(struct store *store, int64_t id, event_visit *visit, void *context,
	bool *found, struct error *err) MUST_USE;
bool store_find_refresh(struct store *store, int64_t id, refresh_visit *visit, void *context,
	bool *found, struct error *err) MUST_USE;
/* Ids of the refreshes that an event caused, ascending, in `arena`. */
bool store_refreshes_of_event(struct store *store, int64_t event, struct arena *arena,
	const int64_t **ids, size_t *count, struct error *err) MUST_USE;
/* Selections of an event that wait to be resolved. */
bool store_open_selections_of_event(
	struct store *store, int64_t event, int64_t *count, struct error *err) MUST_USE;

/* Commands about an event or refresh, oldest first. */
bool store_list_commands(struct store *store, int64_t subject, command_visit *visit, void *context,
	struct error *err) MUST_USE;

/* The selections that named the content of a refresh, as far as its causes know them. */
bool store_namings_of_refresh(struct store *store, int64_t refresh, selected_visit *visit,
	void *context, struct error *err) MUST_USE;

/* What the dispatcher goes on with, of one site; NULL: of all. Selections: all open ones in order
 * of id; where one process writes, a damaged one is of no site. Refreshes: every open one, then the
 * youngest ended ones with a job, then, for each content, the latest full and the latest
 * incremental success since `since` (some appear twice). */
bool store_load_open_selections(struct store *store, const char *site, selected_visit *visit,
	void *context, struct error *err) MUST_USE;
/* The selections that named the content of open refreshes. */
bool store_load_namings(struct store *store, const char *site, selected_visit *visit, void *context,
	struct error *err) MUST_USE;
bool store_load_refreshes(struct store *store, const char *site, struct wall since,
	refresh_visit *visit, void *context, struct error *err) MUST_USE;
bool store_load_spent(struct store *store, const char *site, spent_visit *visit, void *context,
	struct error *err) MUST_USE;
bool store_load_pauses(struct store *store, const char *site, pause_visit *visit, void *context,
	struct error *err) MUST_USE;
/* Those whose key begins with `prefix`, in the order in which they were put last. */
bool store_load_notes(struct store *store, const char *prefix, note_visit *visit, void *context,
	struct error *err) MUST_USE;
/* The oldest `most` outcomes, in the order in which they became durable. One whose refresh was
 * pruned has only its id, and state REFRESH_CANCELLED. */
bool store_load_outcomes(struct store *store, size_t most, refresh_visit *visit, void *context,
	struct error *err) MUST_USE;
/* Reserves refresh ids for as long as the store is open: more than a process can use up. */
bool store_take_refresh_ids(
	struct store *store, struct refresh_ids *ids, struct error *err) MUST_USE;
/* The youngest stamp of a durable event; 0: there is none yet. For a writer. */
int64_t store_last_stamp(const struct store *store);

/* ---- for people who look after it ---- */

struct store_health {
	const char *damage; /* what is wrong with it; "": nothing was found */
	int64_t bytes, wal_bytes;
	int64_t free_bytes;            /* of `bytes`: used again by new rows */
	int64_t disk_bytes, disk_free; /* of its file system; 0: it has none */
	const char
		*network; /* the kind of its file system, if that is another machine's; or NULL */
	int64_t holder;   /* the process that writes it; 0: none, or not known */
};
/* Opens the store for reading and checks all of it, while others write. Texts are in `arena`. */
bool store_examine(const struct store_address *address, struct arena *arena,
	struct store_health *health, struct error *err) MUST_USE;

/* ---- copies ---- */

/* What a copy holds, and what of it is not done yet. */
struct store_contents {
	struct wall taken_at; /* shortly before the moment that it shows */
	int64_t events, open_selections, open_refreshes;
};
struct store_backup {
	const char *path;    /* of the copy: an empty file */
	const char *version; /* of the program that takes it */
	/* Asked every few milliseconds; false ends the copying with ERROR_TRANSIENT. It may sleep,
	 * to leave processor and disk to others. */
	bool (*goes_on)(void *context);
	void *context;
};
/*
 * Copies the store as it is at one moment to a file that a later store_open() takes, while others
 * write; then checks the copy and marks it as one. ERROR_INPUT: the driver cannot. The file is not
 * synced.
 */
bool store_take_backup(struct store *store, const struct store_backup *backup,
	struct store_contents *contents, struct error *err) MUST_USE;

/*
 * The copy that this store goes on from. The first store_open() to write it sets `restored_at`,
 * gives ids from then on that no life since `taken_at` has given, and sets is_from_copy of what
 * is open. Forgotten after `history`, like events.
 */
struct store_copy {
	struct wall taken_at, restored_at;
	const char *version;
};
/* *copy is in `arena`; NULL: the store is not from a copy. */
bool store_load_copy(struct store *store, struct arena *arena, const struct store_copy **copy,
	struct error *err) MUST_USE;

/* Prints the versions of the libraries that keep rows, one on each line. */
void store_versions(FILE *out);
