/*
 * store/driver.h - private to store/: the interface between store.c and a kind of store.
 *
 * A driver is a table of functions; each does what the function of the same name in store.h
 * promises. Filters arrive complete: `before` and `limit` are set, `state` and `kind` are known
 * names. A driver's store begins with a struct store, which names the driver.
 */
#pragma once
#include "store/nodes.h"
#include "store/rows.h"
#include "store/store.h"

struct store {
	const struct store_driver *driver;
};

/* Each does what the function of nodes.h with its name promises. */
struct nodes_driver {
	bool (*join)(struct store *store, struct node_row *self, int64_t lease, struct error *err);
	bool (*renew)(struct store *store, const struct node_row *self, int64_t lease,
		bool *is_alive, struct error *err);
	bool (*drain)(struct store *store, int64_t node, bool is_draining, struct error *err);
	bool (*leave)(struct store *store, int64_t node, struct error *err);
	bool (*read)(struct store *store, node_visit *visit_node, owner_visit *visit_owner,
		void *context, struct error *err);
	bool (*claim)(struct store *store, const char *site, int64_t node, int64_t epoch,
		bool *is_ours, struct error *err);
	bool (*release)(struct store *store, const char *site, int64_t node, int64_t epoch,
		struct error *err);
	bool (*have_selections)(struct store *store, int64_t node, bool *is_so, struct error *err);
	bool (*want)(struct store *store, const char *site, int64_t node, bool *is_known,
		struct error *err);
	bool (*ask)(struct store *store, const struct request_row *row, struct error *err);
	bool (*take_requests)(struct store *store, int64_t node, int64_t us, request_visit *visit,
		void *context, struct error *err);
	bool (*answer)(struct store *store, const struct request_answer *answer, struct error *err);
	bool (*read_answers)(struct store *store, int64_t asker, answer_visit *visit, void *context,
		struct error *err);
	bool (*take_back)(struct store *store, int64_t asker, int64_t number, bool *is_taken,
		struct error *err);
	bool (*put_states)(struct store *store, int64_t node, const char *const *sites,
		const char *const *states, size_t count, struct error *err);
	bool (*read_states)(
		struct store *store, state_visit *visit, void *context, struct error *err);
};

struct store_driver {
	const char *scheme; /* the scheme of its URLs, with the colon: "sqlite:" */
	const char *alias;  /* another one that means the same; NULL: there is none */
	/* the name of the library that keeps the rows: "SQLite"; NULL: rows end with the process */
	const char *name;
	const char *(*version)(void);
	const struct nodes_driver *nodes; /* NULL: one process writes */
	const struct rows_driver *rows;   /* NULL: it cannot be transferred */
	bool is_path;                     /* a path, possibly relative, follows the scheme */

	/* `upgrade` is borrowed for the call; without `tell`, nobody wants to know */
	struct store *(*open)(const struct store_address *address, enum store_mode mode,
		const struct store_upgrade *upgrade, struct error *err);
	/* store_address_check(); NULL: any place will do, and there is no server */
	bool (*check)(const struct store_address *address, struct store_fault *fault);
	void (*close)(struct store *store);

	bool (*begin)(struct store *store, struct error *err);
	bool (*commit)(struct store *store, struct error *err);
	void (*rollback)(struct store *store);
	void (*tidy)(struct store *store, bool is_awaited); /* NULL: nothing to do */
	void (*settle)(struct store *store);                /* NULL: nothing to do */
	/* NULL: there are no files */
	bool (*sizes)(const struct store *store, int64_t *database, int64_t *wal);

	enum added (*add_event)(struct store *store, struct event_row *row, int64_t *selection_ids,
		struct error *err);
	/* NULL, all three: one process writes, and all sites are its own */
	void (*own)(struct store *store, int64_t node, const char *site, int64_t epoch);
	bool (*guard)(struct store *store, const char *site, bool *is_ours, struct error *err);
	bool (*take_selections)(struct store *store, const char *const *sites, size_t count,
		bool is_anew, selected_visit *visit, void *context, struct error *err);
	bool (*end_selection)(struct store *store, int64_t selection_id, struct error *err);
	bool (*put_refresh)(struct store *store, const struct refresh_row *row, struct error *err);
	bool (*put_cause)(struct store *store, const struct cause_row *row, struct error *err);
	bool (*put_spent)(struct store *store, const struct spent *spent, struct error *err);
	bool (*put_pause)(struct store *store, const char *site, const char *by, struct error *err);
	bool (*add_command)(struct store *store, const struct command_row *row, struct error *err);
	bool (*put_note)(
		struct store *store, const char *key, const char *value, struct error *err);
	bool (*prune)(struct store *store, struct wall before, int most, int64_t *deleted,
		struct error *err);

	/* NULL: it takes no disk */
	bool (*give_back)(struct store *store, int most, bool *is_more, struct error *err);

	bool (*list_events)(struct store *store, const struct store_filter *filter,
		event_visit *visit, void *context, struct error *err);
	bool (*list_refreshes)(struct store *store, const struct store_filter *filter,
		refresh_visit *visit, void *context, struct error *err);
	bool (*list_commands)(struct store *store, int64_t subject, command_visit *visit,
		void *context, struct error *err);
	bool (*find_event)(struct store *store, int64_t id, event_visit *visit, void *context,
		bool *found, struct error *err);
	bool (*find_refresh)(struct store *store, int64_t id, refresh_visit *visit, void *context,
		bool *found, struct error *err);
	bool (*refreshes_of_event)(struct store *store, int64_t event, struct arena *arena,
		const int64_t **ids, size_t *count, struct error *err);
	bool (*open_selections_of_event)(
		struct store *store, int64_t event, int64_t *count, struct error *err);
	/* of `refresh`; 0: of all open ones of `site`, or of all sites */
	bool (*load_namings)(struct store *store, const char *site, int64_t refresh,
		selected_visit *visit, void *context, struct error *err);

	bool (*load_open_selections)(struct store *store, const char *site, selected_visit *visit,
		void *context, struct error *err);
	bool (*load_refreshes)(struct store *store, const char *site, struct wall since,
		refresh_visit *visit, void *context, struct error *err);
	bool (*load_spent)(struct store *store, const char *site, spent_visit *visit, void *context,
		struct error *err);
	bool (*load_pauses)(struct store *store, const char *site, pause_visit *visit,
		void *context, struct error *err);
	bool (*load_notes)(struct store *store, const char *prefix, note_visit *visit,
		void *context, struct error *err);
	bool (*take_refresh_ids)(struct store *store, struct refresh_ids *ids, struct error *err);
	int64_t (*last_stamp)(const struct store *store);

	/* NULL: there is nothing to examine */
	bool (*examine)(struct store *store, struct arena *arena, struct store_health *health,
		struct error *err);

	/* NULL: it cannot be copied so, and is never from a copy */
	bool (*take_backup)(struct store *store, const struct store_backup *backup,
		struct store_contents *contents, struct error *err);
	bool (*load_copy)(struct store *store, struct arena *arena, const struct store_copy **copy,
		struct error *err);
};

/* For a driver whose rows of selections have no site: a visitor that passes on those of one. */
struct selected_of_site {
	const char *site;
	selected_visit *visit;
	void *context;
};
bool selected_of_site_visit(const struct selected_row *row, void *context);

extern const struct store_driver sqlite_driver, memory_driver, postgresql_driver;

/* The driver of a URL; NULL: there is none. */
const struct store_driver *store_driver_of(const char *url);
/* What follows the scheme in a URL that has a driver. */
const char *store_driver_place(const char *url);
/* For check(): says what is wrong; always false. */
bool store_driver_refuse(struct store_fault *fault, const char *field, bool holds_secret,
	const char *format, ...) PRINTF_LIKE(4, 5);
