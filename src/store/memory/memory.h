/*
 * store/memory/memory.h - private to store/memory/: a store in memory, lost when the process ends.
 *
 * For tests and simulations of restarts without a disk: "memory:NAME" is the same store each time a
 * process opens it.
 */
#pragma once
#include "store/driver.h"
#include "store/memory/tables.h"

/* The store of a name. One writer at a time. */
struct memory {
	char *name;
	struct tables_slot *committed;
	struct arena *rows; /* used by the writer, which alone makes rows */
	bool has_writer;
	struct memory *next;
};

/* An open store. */
struct memory_store {
	struct store store; /* first member */
	enum store_mode mode;
	struct memory *memory;
	struct tables *open; /* inside a transaction the tables to commit; else NULL */
	int64_t last_event;  /* the highest id given, also in transactions rolled back */
};

static inline struct memory_store *memory_of(const struct store *store)
{
	return (struct memory_store *)(uintptr_t)store;
}

/* The tables to write; NULL with "there is no transaction". */
struct tables *memory_writing(struct store *store, const char *what, struct error *err);
/* The committed tables, with a reference for the caller. */
struct tables *memory_reading(const struct store *store);

/* Forgets what was stored under that name, which nobody has open. */
void memory_forget(const char *name);
/* A copy of what is committed under that name, with a reference for the caller. */
struct tables *memory_copy(const char *name);
/* Puts a copy of that name back, as a start takes note of one (store_load_copy()); nobody has it
 * open. */
void memory_put_back(const char *name, const struct tables *copy);

/* ---- write.c ---- */

enum added memory_add_event(
	struct store *store, struct event_row *row, int64_t *selection_ids, struct error *err);
bool memory_end_selection(struct store *store, int64_t selection_id, struct error *err);
bool memory_put_refresh(struct store *store, const struct refresh_row *row, struct error *err);
bool memory_put_cause(struct store *store, const struct cause_row *row, struct error *err);
bool memory_put_spent(struct store *store, const struct spent *spent, struct error *err);
bool memory_put_pause(struct store *store, const char *site, const char *by, struct error *err);
bool memory_add_command(struct store *store, const struct command_row *row, struct error *err);
bool memory_put_note(struct store *store, const char *key, const char *value, struct error *err);
bool memory_prune(
	struct store *store, struct wall before, int most, int64_t *deleted, struct error *err);

/* ---- read.c ---- */

bool memory_list_events(struct store *store, const struct store_filter *filter, event_visit *visit,
	void *context, struct error *err);
bool memory_list_refreshes(struct store *store, const struct store_filter *filter,
	refresh_visit *visit, void *context, struct error *err);
bool memory_list_commands(struct store *store, int64_t subject, command_visit *visit, void *context,
	struct error *err);
bool memory_find_event(struct store *store, int64_t id, event_visit *visit, void *context,
	bool *found, struct error *err);
bool memory_find_refresh(struct store *store, int64_t id, refresh_visit *visit, void *context,
	bool *found, struct error *err);
bool memory_refreshes_of_event(struct store *store, int64_t event, struct arena *arena,
	const int64_t **ids, size_t *count, struct error *err);
bool memory_open_selections_of_event(
	struct store *store, int64_t event, int64_t *count, struct error *err);

/* ---- load.c ---- */

bool memory_load_open_selections(struct store *store, const char *site, selected_visit *visit,
	void *context, struct error *err);
bool memory_load_namings(struct store *store, const char *site, int64_t refresh,
	selected_visit *visit, void *context, struct error *err);
bool memory_load_refreshes(struct store *store, const char *site, struct wall since,
	refresh_visit *visit, void *context, struct error *err);
bool memory_load_spent(struct store *store, const char *site, spent_visit *visit, void *context,
	struct error *err);
bool memory_load_pauses(struct store *store, const char *site, pause_visit *visit, void *context,
	struct error *err);
bool memory_load_notes(struct store *store, const char *prefix, note_visit *visit, void *context,
	struct error *err);
bool memory_take_refresh_ids(struct store *store, struct refresh_ids *ids, struct error *err);
int64_t memory_last_stamp(const struct store *store);

/* The causes of one refresh, collected for a visitor. */
struct gathered {
	struct cause_row *rows;
	size_t count, capacity;
};
static inline void gathered_clear(struct gathered *gathered)
{
	free(gathered->rows);
}
#define GATHERED __attribute__((cleanup(gathered_clear))) struct gathered
void memory_gather(const struct tables *tables, int64_t refresh, struct gathered *causes);
