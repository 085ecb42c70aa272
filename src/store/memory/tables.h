/*
 * store/memory/tables.h - private to store/memory/: the rows, and how they are ordered.
 *
 * The tables of one moment are a snapshot that readers share; a writer works on a copy, which takes
 * its place when it is committed. Rows never change and live as long as the memory: a copy is one
 * of pointers.
 */
#pragma once
#include "base/shared.h"
#include "store/store.h"

/* A selection's id is its event's, followed by its position in the event's list. */
#define SELECTION_BITS 20
struct selection_at {
	int64_t id, stamp;
};
struct note_at {
	const char *key, *value;
};
struct pause_at {
	const char *site, *by;
};

enum memory_table {
	TABLE_EVENT,     /* struct event_row, by id */
	TABLE_SELECTION, /* struct selection_at, by id */
	TABLE_REFRESH,   /* struct refresh_row, by id */
	TABLE_CAUSE,     /* struct cause_row, by refresh, event and rule */
	TABLE_SPENT,     /* struct spent, by site, kind and time */
	TABLE_PAUSE,     /* struct pause_at, by site */
	TABLE_COMMAND,   /* struct command_row, oldest first */
	TABLE_NOTE,      /* struct note_at, oldest first */
	TABLE_COUNT,
};

struct rows {
	size_t count, capacity;
	const void **at;
};

struct tables {
	struct shared shared;
	struct rows rows[TABLE_COUNT];
	int64_t last_event, last_refresh; /* the highest ids ever given */
	int64_t last_stamp;
	int64_t last_copied; /* the last event from a copy; 0: none */
};

struct tables *tables_new(void); /* without rows */
struct tables *tables_copy(const struct tables *tables);
SHARED_DECLARE(tables)

/* The index of the row equal to `row` in the table's order, or where it belongs. */
size_t tables_find(
	const struct tables *tables, enum memory_table table, const void *row, bool *is_there);
/* Inserts the row, or replaces the row that is equal to it. */
void tables_put(struct tables *tables, enum memory_table table, const void *row);
void tables_remove(struct tables *tables, enum memory_table table, size_t index);

static inline size_t tables_count(const struct tables *tables, enum memory_table table)
{
	return tables->rows[table].count;
}
