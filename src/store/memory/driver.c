/*
 * store/memory/driver.c - opening, closing, and transactions: a commit replaces the tables by a
 * changed copy.
 */
#include "base/thread.h"
#include "store/memory/memory.h"
#include <pthread.h>
#include <string.h>

/* All stores of the process, by name, until it ends. */
static struct {
	pthread_mutex_t mutex;
	struct memory *first;
} memories = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static struct memory *find(const char *name)
{
	struct memory *memory = memories.first;

	while (memory && !text_is(memory->name, name))
		memory = memory->next;
	return memory;
}

static struct memory *find_or_make(const char *name)
{
	struct memory *memory = find(name);

	if (memory)
		return memory;
	memory = mem_new(struct memory);
	memory->name = mem_copy_text(name);
	memory->committed = tables_slot_new();
	memory->rows = arena_new();
	tables_slot_put(memory->committed, tables_new());
	memory->next = memories.first;
	return memories.first = memory;
}

/* NULL: it has a writer already, or there is nothing to read. */
static struct memory *take(const char *name, enum store_mode mode)
{
	pthread_mutex_lock(&memories.mutex);
	struct memory *memory = mode == STORE_WRITE ? find_or_make(name) : find(name);
	if (memory && mode == STORE_WRITE) {
		if (memory->has_writer)
			memory = NULL;
		else
			memory->has_writer = true;
	}
	pthread_mutex_unlock(&memories.mutex);
	return memory;
}

static struct store *memory_open(const struct store_address *address, enum store_mode mode,
	const struct store_upgrade *upgrade, struct error *err)
{
	(void)upgrade;
	const char *place = store_driver_place(address->url);
	struct memory *memory = take(place, mode);

	if (!memory && mode == STORE_WRITE)
		IGNORE(error_fail(err, ERROR_TRANSIENT, "store memory:%s is in use by this process",
			place)); /* false; NULL is returned */
	else if (!memory)
		IGNORE(error_fail(
			err, ERROR_INPUT, "store memory:%s: nobody has written it yet", place));
	if (!memory)
		return NULL;

	struct memory_store *store = mem_new(struct memory_store);
	store->store.driver = &memory_driver;
	store->mode = mode;
	store->memory = memory;

	OWNED(tables) tables = memory_reading(&store->store);
	store->last_event = tables->last_event;
	return &store->store;
}

void memory_forget(const char *name)
{
	pthread_mutex_lock(&memories.mutex);
	struct memory **at = &memories.first;
	while (*at && !text_is((*at)->name, name))
		at = &(*at)->next;
	struct memory *memory = *at;
	if (memory)
		*at = memory->next;
	pthread_mutex_unlock(&memories.mutex);
	if (!memory)
		return;
	tables_slot_free(memory->committed);
	arena_free(memory->rows);
	free(memory->name);
	free(memory);
}

struct tables *memory_copy(const char *name)
{
	pthread_mutex_lock(&memories.mutex);
	struct tables *copy = tables_slot_get(find_or_make(name)->committed);
	pthread_mutex_unlock(&memories.mutex);
	return copy;
}

static void bear_mark(struct tables *tables, struct arena *rows)
{
	const struct rows *refreshes = &tables->rows[TABLE_REFRESH];

	tables->last_copied = tables->last_event;
	for (size_t i = 0; i < refreshes->count; i++) {
		struct refresh_row *row = arena_new_of(rows, struct refresh_row);

		*row = *(const struct refresh_row *)refreshes->at[i];
		row->is_from_copy |= refresh_state_is_open(row->state);
		refreshes->at[i] = row;
	}
}

void memory_put_back(const char *name, const struct tables *copy)
{
	pthread_mutex_lock(&memories.mutex);
	struct memory *memory = find_or_make(name);
	OWNED(tables) present = tables_slot_get(memory->committed);
	struct tables *tables = tables_copy(copy);

	bear_mark(tables, memory->rows);
	tables->last_event = present->last_event;
	tables->last_refresh = present->last_refresh;
	tables->last_stamp = present->last_stamp;
	tables_slot_put(memory->committed, tables);
	pthread_mutex_unlock(&memories.mutex);
}

static void memory_rollback(struct store *base)
{
	struct memory_store *store = memory_of(base);

	tables_free(store->open);
	store->open = NULL;
}

static void memory_close(struct store *base)
{
	struct memory_store *store = memory_of(base);

	memory_rollback(base);
	if (store->mode == STORE_WRITE) {
		pthread_mutex_lock(&memories.mutex);
		store->memory->has_writer = false;
		pthread_mutex_unlock(&memories.mutex);
	}
	free(store);
}

static bool memory_begin(struct store *base, struct error *err)
{
	struct memory_store *store = memory_of(base);

	thread_assert(THREAD_JOURNAL);
	if (store->mode != STORE_WRITE)
		return error_fail(err, ERROR_SYSTEM, "store memory:%s: it was opened to read",
			store->memory->name);
	memory_rollback(base);

	OWNED(tables) committed = memory_reading(base);
	store->open = tables_copy(committed);
	return true;
}

static bool memory_commit(struct store *base, struct error *err)
{
	struct memory_store *store = memory_of(base);

	if (!memory_writing(base, "commit", err))
		return false;
	tables_slot_put(store->memory->committed, TAKE(store->open));
	return true;
}

struct tables *memory_writing(struct store *base, const char *what, struct error *err)
{
	struct memory_store *store = memory_of(base);

	if (!store->open)
		IGNORE(error_fail(err, ERROR_SYSTEM, "store memory:%s: %s: there is no transaction",
			store->memory->name, what)); /* false; NULL is returned */
	return store->open;
}

struct tables *memory_reading(const struct store *base)
{
	return tables_slot_get(memory_of(base)->memory->committed);
}

static const char *memory_version(void)
{
	return "";
}

const struct store_driver memory_driver = {
	.scheme = "memory:",
	.version = memory_version,
	.open = memory_open,
	.close = memory_close,
	.begin = memory_begin,
	.commit = memory_commit,
	.rollback = memory_rollback,
	.add_event = memory_add_event,
	.end_selection = memory_end_selection,
	.put_refresh = memory_put_refresh,
	.put_cause = memory_put_cause,
	.put_spent = memory_put_spent,
	.put_pause = memory_put_pause,
	.add_command = memory_add_command,
	.put_note = memory_put_note,
	.prune = memory_prune,
	.list_events = memory_list_events,
	.list_refreshes = memory_list_refreshes,
	.list_commands = memory_list_commands,
	.find_event = memory_find_event,
	.find_refresh = memory_find_refresh,
	.refreshes_of_event = memory_refreshes_of_event,
	.open_selections_of_event = memory_open_selections_of_event,
	.load_namings = memory_load_namings,
	.load_open_selections = memory_load_open_selections,
	.load_refreshes = memory_load_refreshes,
	.load_spent = memory_load_spent,
	.load_pauses = memory_load_pauses,
	.load_notes = memory_load_notes,
	.take_refresh_ids = memory_take_refresh_ids,
	.last_stamp = memory_last_stamp,
};
