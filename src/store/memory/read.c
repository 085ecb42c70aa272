/*
 * store/memory/read.c - lists and single rows, newest first.
 */
#include "base/json.h"
#include "content/kind.h"
#include "store/memory/memory.h"

static bool passes(const char *filter, const char *value)
{
	return !filter || text_is(filter, value);
}

/* ---- events ---- */

static bool lists_rule(const char *matched, const char *rule)
{
	struct error ignored;
	OWNED_JSON names = json_parse(str_of(matched), &ignored);
	const cJSON *name = names ? names->child : NULL;

	while (name && !text_is(name->valuestring, rule))
		name = name->next;
	return name;
}

static bool event_passes(const struct event_row *row, const struct store_filter *filter)
{
	return (!wall_is_set(filter->since) || row->received_at.us >= filter->since.us) &&
	       passes(filter->source, row->source) && passes(filter->outcome, row->outcome) &&
	       passes(filter->job_id, row->job_id) && passes(filter->run_id, row->run_id) &&
	       (!filter->rule || lists_rule(row->matched, filter->rule));
}

bool memory_list_events(struct store *base, const struct store_filter *filter, event_visit *visit,
	void *context, struct error *err)
{
	OWNED(tables) tables = memory_reading(base);
	const struct rows *rows = &tables->rows[TABLE_EVENT];
	int left = filter->limit;

	(void)err;
	for (size_t i = rows->count; i-- > 0 && left > 0;) {
		const struct event_row *row = rows->at[i];

		if (row->id >= filter->before || !event_passes(row, filter))
			continue;
		left--;
		if (!visit(row, context))
			break;
	}
	return true;
}

bool memory_find_event(struct store *base, int64_t id, event_visit *visit, void *context,
	bool *found, struct error *err)
{
	OWNED(tables) tables = memory_reading(base);
	size_t index = tables_find(tables, TABLE_EVENT, &(struct event_row){ .id = id }, found);

	(void)err;
	if (*found)
		IGNORE(visit(tables->rows[TABLE_EVENT].at[index], context)); /* nothing to stop */
	return true;
}

/* ---- refreshes ---- */

static bool is_caused_by(const struct gathered *causes, int64_t event)
{
	for (size_t i = 0; i < causes->count; i++)
		if (causes->rows[i].event == event)
			return true;
	return false;
}

static bool has_state(const struct refresh_row *row, const char *state)
{
	return text_is(state, "open") ? refresh_state_is_open(row->state)
				      : passes(state, refresh_state_name(row->state));
}

static bool refresh_passes(const struct refresh_row *row, const struct gathered *causes,
	const struct store_filter *filter)
{
	return passes(filter->site, row->site) &&
	       passes(filter->kind, kind_name(row->content.kind)) &&
	       has_state(row, filter->state) &&
	       (!filter->content || text_is(filter->content, row->content.luid) ||
		       text_is(filter->content, row->content.name)) &&
	       (!filter->event || is_caused_by(causes, filter->event));
}

bool memory_list_refreshes(struct store *base, const struct store_filter *filter,
	refresh_visit *visit, void *context, struct error *err)
{
	OWNED(tables) tables = memory_reading(base);
	const struct rows *rows = &tables->rows[TABLE_REFRESH];
	GATHERED causes = { 0 };
	int left = filter->limit;

	(void)err;
	for (size_t i = rows->count; i-- > 0 && left > 0;) {
		const struct refresh_row *row = rows->at[i];

		if (row->id >= filter->before)
			continue;
		memory_gather(tables, row->id, &causes);
		if (!refresh_passes(row, &causes, filter))
			continue;
		left--;
		if (!visit(row, causes.rows, causes.count, context))
			break;
	}
	return true;
}

bool memory_find_refresh(struct store *base, int64_t id, refresh_visit *visit, void *context,
	bool *found, struct error *err)
{
	OWNED(tables) tables = memory_reading(base);
	size_t index = tables_find(tables, TABLE_REFRESH, &(struct refresh_row){ .id = id }, found);
	GATHERED causes = { 0 };

	(void)err;
	if (!*found)
		return true;
	memory_gather(tables, id, &causes);
	/* There is nothing to stop. */
	IGNORE(visit(tables->rows[TABLE_REFRESH].at[index], causes.rows, causes.count, context));
	return true;
}

/* ---- of one event, and of a subject ---- */

bool memory_refreshes_of_event(struct store *base, int64_t event, struct arena *arena,
	const int64_t **ids, size_t *count, struct error *err)
{
	OWNED(tables) tables = memory_reading(base);
	const struct rows *rows = &tables->rows[TABLE_CAUSE];
	int64_t *found = arena_array(arena, int64_t, rows->count + 1);

	(void)err;
	*count = 0;
	for (size_t i = 0; i < rows->count; i++) {
		const struct cause_row *row = rows->at[i];

		if (row->event == event && (!*count || found[*count - 1] != row->refresh))
			found[(*count)++] = row->refresh;
	}
	*ids = found;
	return true;
}

bool memory_open_selections_of_event(
	struct store *base, int64_t event, int64_t *count, struct error *err)
{
	OWNED(tables) tables = memory_reading(base);
	const struct rows *rows = &tables->rows[TABLE_SELECTION];

	(void)err;
	*count = 0;
	for (size_t i = 0; i < rows->count; i++)
		*count += ((const struct selection_at *)rows->at[i])->id >> SELECTION_BITS == event;
	return true;
}

bool memory_list_commands(
	struct store *base, int64_t subject, command_visit *visit, void *context, struct error *err)
{
	OWNED(tables) tables = memory_reading(base);
	const struct rows *rows = &tables->rows[TABLE_COMMAND];

	(void)err;
	for (size_t i = 0; i < rows->count; i++) {
		const struct command_row *row = rows->at[i];

		if (row->subject == subject && !visit(row, context))
			break;
	}
	return true;
}
