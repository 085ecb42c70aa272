/*
 * store/memory/write.c - copies rows and puts them into the tables of the open transaction.
 */
#include "base/json.h"
#include "store/memory/memory.h"
#include <string.h>

#define SELECTIONS_PER_EVENT ((size_t)1 << SELECTION_BITS)
/* Budgets look back a day, so older parts are deleted. */
#define SPENT_KEPT (25 * 3600 * US_PER_SECOND)

static struct arena *rows_of(const struct store *store)
{
	return memory_of(store)->memory->rows;
}

/* ---- events ---- */

static struct event_row *copy_event(const struct event_row *row, int64_t id, struct arena *arena)
{
	struct event_row *copy = arena_new_of(arena, struct event_row);

	record_copy(event_members, row, copy, sizeof *copy, arena);
	record_keep(event_members, copy);
	copy->id = id;
	copy->stamp = 0;
	copy->open_count = 0;
	copy->open = NULL;
	return copy;
}

static bool is_same(const char *kept, const char *text)
{
	return text_is(kept, text ? text : "");
}

static bool is_same_run(const struct event_row *kept, const struct event_row *row)
{
	return is_same(kept->source, row->source) && is_same(kept->run_id, row->run_id) &&
	       is_same(kept->type, row->type);
}

/* The event with the mark of `row`, or NULL. */
static const struct event_row *marked(const struct tables *tables, const struct event_row *row)
{
	const struct rows *events = &tables->rows[TABLE_EVENT];

	if (!*row->event_id && !*row->webhook_id)
		return NULL;
	for (size_t i = 0; i < events->count; i++) {
		const struct event_row *event = events->at[i];

		if (text_is(event->event_id, row->event_id) &&
			text_is(event->webhook_id, row->webhook_id))
			return event;
	}
	return NULL;
}

enum added memory_add_event(
	struct store *base, struct event_row *row, int64_t *selection_ids, struct error *err)
{
	struct memory_store *store = memory_of(base);
	struct tables *tables = memory_writing(base, "add an event", err);

	if (!tables)
		return ADDED_FAILED;
	if (row->open_count >= SELECTIONS_PER_EVENT) {
		IGNORE(error_fail(err, ERROR_INPUT, "an event with %zu selections; %zu is the most",
			row->open_count,
			SELECTIONS_PER_EVENT - 1)); /* false, which is returned below */
		return ADDED_FAILED;
	}

	const struct event_row *first = marked(tables, row);
	if (first && !is_same_run(first, row))
		return ADDED_MARK_TAKEN;
	if (first) {
		row->id = first->id;
		return ADDED_DUPLICATE;
	}
	row->id = store->last_event = (store->last_event + 1) | 1;
	tables->last_event = row->id;
	/* In the order of commits, and deliberately not computed from ids, so that no caller relies
	 * on that. */
	tables->last_stamp += INT64_C(3) << STAMP_BITS;
	row->stamp = tables->last_stamp;
	tables_put(tables, TABLE_EVENT, copy_event(row, row->id, rows_of(base)));
	for (size_t i = 0; i < row->open_count; i++) {
		struct selection_at *selection = arena_new_of(rows_of(base), struct selection_at);

		*selection = (struct selection_at){ (row->id << SELECTION_BITS) + row->open[i],
			row->stamp };
		tables_put(tables, TABLE_SELECTION, selection);
		if (selection_ids)
			selection_ids[i] = selection->id;
	}
	return ADDED_NEW;
}

bool memory_end_selection(struct store *base, int64_t selection_id, struct error *err)
{
	struct tables *tables = memory_writing(base, "end a selection", err);
	bool is_there;

	if (!tables)
		return false;
	size_t index = tables_find(
		tables, TABLE_SELECTION, &(struct selection_at){ .id = selection_id }, &is_there);
	if (is_there)
		tables_remove(tables, TABLE_SELECTION, index);
	return true;
}

/* ---- refreshes, budgets, pauses, commands ---- */

bool memory_put_refresh(struct store *base, const struct refresh_row *row, struct error *err)
{
	struct tables *tables = memory_writing(base, "write a refresh", err);
	struct refresh_row *copy = arena_new_of(rows_of(base), struct refresh_row);

	if (!tables)
		return false;
	*copy = refresh_row_copy(row, rows_of(base));
	record_keep(refresh_members, copy);
	tables_put(tables, TABLE_REFRESH, copy);
	if (row->id > tables->last_refresh)
		tables->last_refresh = row->id;
	return true;
}

bool memory_put_cause(struct store *base, const struct cause_row *row, struct error *err)
{
	struct tables *tables = memory_writing(base, "write a cause", err);
	struct cause_row *copy = arena_new_of(rows_of(base), struct cause_row);
	bool is_there;

	if (!tables)
		return false;
	*copy = cause_row_copy(row, rows_of(base));
	record_keep(cause_members, copy);
	size_t index = tables_find(tables, TABLE_CAUSE, row, &is_there);
	if (is_there) /* arrived_at does not change */
		copy->arrived_at =
			((const struct cause_row *)tables->rows[TABLE_CAUSE].at[index])->arrived_at;
	tables_put(tables, TABLE_CAUSE, copy);
	return true;
}

bool memory_put_spent(struct store *base, const struct spent *spent, struct error *err)
{
	struct tables *tables = memory_writing(base, "write what was spent", err);
	struct spent *copy = arena_new_of(rows_of(base), struct spent);

	if (!tables)
		return false;
	record_copy(spent_members, spent, copy, sizeof *copy, rows_of(base));
	tables_put(tables, TABLE_SPENT, copy);
	return true;
}

bool memory_put_pause(struct store *base, const char *site, const char *by, struct error *err)
{
	struct tables *tables = memory_writing(base, "write a pause", err);
	struct pause_at *pause = arena_new_of(rows_of(base), struct pause_at);
	bool is_there;

	if (!tables)
		return false;
	*pause =
		(struct pause_at){ arena_text(rows_of(base), site), arena_text(rows_of(base), by) };
	size_t index = tables_find(tables, TABLE_PAUSE, pause, &is_there);
	if (by)
		tables_put(tables, TABLE_PAUSE, pause);
	else if (is_there)
		tables_remove(tables, TABLE_PAUSE, index);
	return true;
}

bool memory_add_command(struct store *base, const struct command_row *row, struct error *err)
{
	struct tables *tables = memory_writing(base, "write a command", err);
	struct command_row *copy = arena_new_of(rows_of(base), struct command_row);

	if (!tables)
		return false;
	record_copy(command_members, row, copy, sizeof *copy, rows_of(base));
	record_keep(command_members, copy);
	tables_put(tables, TABLE_COMMAND, copy);
	return true;
}

bool memory_put_note(struct store *base, const char *key, const char *value, struct error *err)
{
	struct tables *tables = memory_writing(base, "write a note", err);
	struct note_at *note = arena_new_of(rows_of(base), struct note_at);

	if (!tables)
		return false;
	for (size_t i = 0; i < tables_count(tables, TABLE_NOTE); i++)
		if (text_is(((const struct note_at *)tables->rows[TABLE_NOTE].at[i])->key, key)) {
			tables_remove(tables, TABLE_NOTE, i);
			break;
		}
	*note = (struct note_at){ arena_text(rows_of(base), key),
		arena_text(rows_of(base), value) };
	if (value)
		tables_put(tables, TABLE_NOTE, note);
	return true;
}

/* ---- pruning ---- */

static bool has_cause(const struct tables *tables, int64_t event)
{
	const struct rows *causes = &tables->rows[TABLE_CAUSE];

	for (size_t i = 0; i < causes->count; i++)
		if (((const struct cause_row *)causes->at[i])->event == event)
			return true;
	return false;
}

static bool has_selection(const struct tables *tables, int64_t event)
{
	const struct rows *selections = &tables->rows[TABLE_SELECTION];

	for (size_t i = 0; i < selections->count; i++)
		if (((const struct selection_at *)selections->at[i])->id >> SELECTION_BITS == event)
			return true;
	return false;
}

static void forget_causes(struct tables *tables, int64_t refresh)
{
	bool ignored;
	struct cause_row first = { .refresh = refresh, .event = INT64_MIN, .rule = "" };
	size_t index = tables_find(tables, TABLE_CAUSE, &first, &ignored);
	const struct rows *causes = &tables->rows[TABLE_CAUSE];

	while (index < causes->count &&
		((const struct cause_row *)causes->at[index])->refresh == refresh)
		tables_remove(tables, TABLE_CAUSE, index);
}

/* The index of the refresh that ended first, if before that time; else the number of refreshes. */
static size_t oldest_refresh(const struct tables *tables, struct wall before)
{
	const struct rows *rows = &tables->rows[TABLE_REFRESH];
	size_t oldest = rows->count;
	struct wall ended_at = before;

	for (size_t i = 0; i < rows->count; i++) {
		const struct refresh_row *row = rows->at[i];

		if (!refresh_state_is_open(row->state) && row->ended_at.us < ended_at.us) {
			ended_at = row->ended_at;
			oldest = i;
		}
	}
	return oldest;
}

static size_t oldest_event(const struct tables *tables, struct wall before)
{
	const struct rows *rows = &tables->rows[TABLE_EVENT];
	size_t oldest = rows->count;
	struct wall received_at = before;

	for (size_t i = 0; i < rows->count; i++) {
		const struct event_row *row = rows->at[i];

		if (row->received_at.us < received_at.us && !has_selection(tables, row->id) &&
			!has_cause(tables, row->id)) {
			received_at = row->received_at;
			oldest = i;
		}
	}
	return oldest;
}

static void prune_notes(struct tables *tables, struct wall before, int most)
{
	const struct rows *commands = &tables->rows[TABLE_COMMAND];
	const struct rows *spents = &tables->rows[TABLE_SPENT];
	struct wall youngest = { 0 };

	for (size_t i = 0; i < commands->count && most > 0;)
		if (((const struct command_row *)commands->at[i])->at.us < before.us) {
			tables_remove(tables, TABLE_COMMAND, i);
			most--;
		} else {
			i++;
		}
	for (size_t i = 0; i < spents->count; i++) {
		struct wall at = ((const struct spent *)spents->at[i])->at;
		youngest = at.us > youngest.us ? at : youngest;
	}
	for (size_t i = spents->count; i-- > 0;)
		if (((const struct spent *)spents->at[i])->at.us < youngest.us - SPENT_KEPT)
			tables_remove(tables, TABLE_SPENT, i);
}

bool memory_prune(
	struct store *base, struct wall before, int most, int64_t *deleted, struct error *err)
{
	struct tables *tables = memory_writing(base, "prune", err);
	size_t index;

	if (!tables)
		return false;
	*deleted = 0;
	if (most > 0)
		prune_notes(tables, before, most);
	while (*deleted < most &&
		(index = oldest_refresh(tables, before)) < tables_count(tables, TABLE_REFRESH)) {
		const struct refresh_row *row = tables->rows[TABLE_REFRESH].at[index];

		forget_causes(tables, row->id);
		tables_remove(tables, TABLE_REFRESH, index);
		++*deleted;
	}
	while (*deleted < most &&
		(index = oldest_event(tables, before)) < tables_count(tables, TABLE_EVENT)) {
		tables_remove(tables, TABLE_EVENT, index);
		++*deleted;
	}
	return true;
}
