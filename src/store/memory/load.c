/*
 * store/memory/load.c - the rows that a start reads.
 */
#include "store/memory/memory.h"

/* Jobs of this many of the youngest refreshes are loaded, so that none is taken for the job of a
 * request with an unknown outcome. */
#define RECENT 4000

void memory_gather(const struct tables *tables, int64_t refresh, struct gathered *causes)
{
	bool ignored;
	struct cause_row first = { .refresh = refresh, .event = INT64_MIN, .rule = "" };
	const struct rows *rows = &tables->rows[TABLE_CAUSE];

	causes->count = 0;
	for (size_t i = tables_find(tables, TABLE_CAUSE, &first, &ignored); i < rows->count; i++) {
		const struct cause_row *row = rows->at[i];

		if (row->refresh != refresh)
			break;
		mem_grow(&causes->rows, &causes->capacity, causes->count);
		causes->rows[causes->count++] = *row;
	}
}

static const struct event_row *event_at(const struct tables *tables, int64_t id)
{
	bool is_there;
	size_t index = tables_find(tables, TABLE_EVENT, &(struct event_row){ .id = id }, &is_there);

	return is_there ? tables->rows[TABLE_EVENT].at[index] : NULL;
}

static bool visit_selected(const struct tables *tables, int64_t id, int64_t selection,
	int64_t stamp, selected_visit *visit, void *context)
{
	int64_t position = selection % (INT64_C(1) << SELECTION_BITS);
	int64_t number = selection >> SELECTION_BITS;
	const struct event_row *event = event_at(tables, number);
	struct selected_row row = { .event = number,
		.stamp = stamp,
		.is_from_copy = number <= tables->last_copied,
		.received_at = event ? event->received_at : (struct wall){ 0 },
		.finished_at = event ? event->finished_at : (struct wall){ 0 },
		.selections = event ? event->selections : "",
		.count = 1,
		.ids = &id,
		.positions = &position };

	return visit(&row, context);
}

bool memory_load_open_selections(struct store *base, const char *site, selected_visit *visit,
	void *context, struct error *err)
{
	OWNED(tables) tables = memory_reading(base);
	const struct rows *rows = &tables->rows[TABLE_SELECTION];
	struct selected_of_site of = { site, visit, context };

	(void)err;
	if (site) {
		visit = selected_of_site_visit;
		context = &of;
	}
	for (size_t i = 0; i < rows->count; i++) {
		const struct selection_at *at = rows->at[i];

		if (!visit_selected(tables, at->id, at->id, at->stamp, visit, context))
			break;
	}
	return true;
}

static bool is_of(const char *site, const char *row_site)
{
	return !site || text_is(site, row_site);
}

/* And of the site, if one is given? */
static bool is_open(const struct tables *tables, int64_t refresh, const char *site)
{
	bool is_there;
	size_t index = tables_find(
		tables, TABLE_REFRESH, &(struct refresh_row){ .id = refresh }, &is_there);
	const struct refresh_row *row = is_there ? tables->rows[TABLE_REFRESH].at[index] : NULL;

	return row && refresh_state_is_open(row->state) && is_of(site, row->site);
}

bool memory_load_namings(struct store *base, const char *site, int64_t refresh,
	selected_visit *visit, void *context, struct error *err)
{
	OWNED(tables) tables = memory_reading(base);
	const struct rows *rows = &tables->rows[TABLE_CAUSE];

	(void)err;
	for (size_t i = 0; i < rows->count; i++) {
		const struct cause_row *cause = rows->at[i];
		bool is_wanted =
			refresh ? cause->refresh == refresh : is_open(tables, cause->refresh, site);

		if (is_wanted && cause->selection &&
			!visit_selected(
				tables, cause->refresh, cause->selection, 0, visit, context))
			break;
	}
	return true;
}

static int64_t strength(const struct refresh_row *row)
{
	return row->sent_after + row->seen_waiting_after + row->job_started_at.us;
}

/* Is it the success with the strongest evidence of its content, full or incremental as it is? */
static bool is_latest(const struct tables *tables, const struct refresh_row *row)
{
	const struct rows *rows = &tables->rows[TABLE_REFRESH];

	if (row->state != REFRESH_SUCCEEDED)
		return false;
	for (size_t i = 0; i < rows->count; i++) {
		const struct refresh_row *other = rows->at[i];

		if (other->state == REFRESH_SUCCEEDED && text_is(other->site, row->site) &&
			text_is(other->content.luid, row->content.luid) &&
			other->incremental == row->incremental &&
			(strength(other) > strength(row) ||
				(strength(other) == strength(row) && other->id > row->id)))
			return false;
	}
	return true;
}

bool memory_load_refreshes(struct store *base, const char *site, struct wall since,
	refresh_visit *visit, void *context, struct error *err)
{
	OWNED(tables) tables = memory_reading(base);
	const struct rows *rows = &tables->rows[TABLE_REFRESH];
	GATHERED causes = { 0 };

	(void)err;
	for (size_t i = 0; i < rows->count; i++) {
		const struct refresh_row *row = rows->at[i];

		if (!refresh_state_is_open(row->state) || !is_of(site, row->site))
			continue;
		memory_gather(tables, row->id, &causes);
		if (!visit(row, causes.rows, causes.count, context))
			return true;
	}
	for (size_t i = 0; i < rows->count; i++) {
		const struct refresh_row *row = rows->at[i];

		if (row->id > tables->last_refresh - RECENT && *row->job_id &&
			!refresh_state_is_open(row->state) && is_of(site, row->site) &&
			!visit(row, NULL, 0, context))
			return true;
	}
	for (size_t i = 0; i < rows->count; i++) {
		const struct refresh_row *row = rows->at[i];

		if (row->ended_at.us >= since.us && is_of(site, row->site) &&
			is_latest(tables, row) && !visit(row, NULL, 0, context))
			return true;
	}
	return true;
}

bool memory_load_spent(
	struct store *base, const char *site, spent_visit *visit, void *context, struct error *err)
{
	OWNED(tables) tables = memory_reading(base);
	const struct rows *rows = &tables->rows[TABLE_SPENT];

	(void)err;
	for (size_t i = 0; i < rows->count; i++) {
		const struct spent *spent = rows->at[i];

		if (is_of(site, spent->site) && !visit(spent, context))
			break;
	}
	return true;
}

bool memory_load_pauses(
	struct store *base, const char *site, pause_visit *visit, void *context, struct error *err)
{
	OWNED(tables) tables = memory_reading(base);
	const struct rows *rows = &tables->rows[TABLE_PAUSE];

	(void)err;
	for (size_t i = 0; i < rows->count; i++) {
		const struct pause_at *pause = rows->at[i];

		if (is_of(site, pause->site) && !visit(pause->site, pause->by, context))
			break;
	}
	return true;
}

bool memory_take_refresh_ids(struct store *base, struct refresh_ids *ids, struct error *err)
{
	OWNED(tables) tables = memory_reading(base);

	(void)err;
	*ids = (struct refresh_ids){ (tables->last_refresh | 1) + 1, INT64_MAX };
	return true;
}

int64_t memory_last_stamp(const struct store *base)
{
	OWNED(tables) tables = memory_reading(base);

	return tables->last_stamp;
}

bool memory_load_notes(
	struct store *base, const char *prefix, note_visit *visit, void *context, struct error *err)
{
	OWNED(tables) tables = memory_reading(base);
	const struct rows *rows = &tables->rows[TABLE_NOTE];

	(void)err;
	for (size_t i = 0; i < rows->count; i++) {
		const struct note_at *note = rows->at[i];

		if (str_starts(str_of(note->key), prefix) &&
			!visit(note->key, note->value, context))
			break;
	}
	return true;
}
