/*
 * store/memory/tables.c - sorted arrays of pointers to rows.
 */
#include "store/memory/tables.h"
#include <string.h>

static int order(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_event_id(const void *a, const void *b)
{
	return order(((const struct event_row *)a)->id, ((const struct event_row *)b)->id);
}

static int by_selection_id(const void *a, const void *b)
{
	return order(((const struct selection_at *)a)->id, ((const struct selection_at *)b)->id);
}

static int by_refresh_id(const void *a, const void *b)
{
	return order(((const struct refresh_row *)a)->id, ((const struct refresh_row *)b)->id);
}

static int by_cause(const void *a, const void *b)
{
	const struct cause_row *x = a, *y = b;
	int refresh = order(x->refresh, y->refresh), event = order(x->event, y->event);

	return refresh ? refresh : event ? event : strcmp(x->rule, y->rule);
}

static int by_part_of_budget(const void *a, const void *b)
{
	const struct spent *x = a, *y = b;
	int site = strcmp(x->site, y->site), kind = order(x->kind, y->kind);

	return site ? site : kind ? kind : order(x->at.us, y->at.us);
}

static int by_site(const void *a, const void *b)
{
	return strcmp(((const struct pause_at *)a)->site, ((const struct pause_at *)b)->site);
}

/* Any order will do, because each new row is appended. */
static int by_coming(const void *a, const void *b)
{
	(void)a, (void)b;
	return 1;
}

static int (*const orders[TABLE_COUNT])(const void *, const void *) = {
	[TABLE_EVENT] = by_event_id,
	[TABLE_SELECTION] = by_selection_id,
	[TABLE_REFRESH] = by_refresh_id,
	[TABLE_CAUSE] = by_cause,
	[TABLE_SPENT] = by_part_of_budget,
	[TABLE_PAUSE] = by_site,
	[TABLE_COMMAND] = by_coming,
	[TABLE_NOTE] = by_coming,
};

static void destroy(struct tables *tables)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		free(tables->rows[i].at);
	free(tables);
}

SHARED_DEFINE(tables, destroy)

struct tables *tables_new(void)
{
	struct tables *tables = mem_new(struct tables);

	SHARED_INIT(tables, tables);
	return tables;
}

struct tables *tables_copy(const struct tables *tables)
{
	struct tables *copy = tables_new();

	copy->last_event = tables->last_event;
	copy->last_refresh = tables->last_refresh;
	copy->last_stamp = tables->last_stamp;
	copy->last_copied = tables->last_copied;
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const struct rows *from = &tables->rows[i];
		struct rows *to = &copy->rows[i];

		if (!from->count)
			continue;
		to->at = mem_alloc(sizeof *to->at * from->count);
		memcpy(to->at, from->at, sizeof *to->at * from->count);
		to->count = to->capacity = from->count;
	}
	return copy;
}

size_t tables_find(
	const struct tables *tables, enum memory_table table, const void *row, bool *is_there)
{
	const struct rows *rows = &tables->rows[table];
	size_t low = 0, high = rows->count;

	*is_there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int found = orders[table](row, rows->at[middle]);

		if (!found) {
			*is_there = true;
			return middle;
		}
		if (found > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void tables_put(struct tables *tables, enum memory_table table, const void *row)
{
	struct rows *rows = &tables->rows[table];
	bool is_there;
	size_t index = tables_find(tables, table, row, &is_there);

	if (!is_there) {
		mem_grow(&rows->at, &rows->capacity, rows->count);
		memmove(rows->at + index + 1, rows->at + index,
			sizeof *rows->at * (rows->count++ - index));
	}
	rows->at[index] = row;
}

void tables_remove(struct tables *tables, enum memory_table table, size_t index)
{
	struct rows *rows = &tables->rows[table];

	memmove(rows->at + index, rows->at + index + 1, sizeof *rows->at * (--rows->count - index));
}
