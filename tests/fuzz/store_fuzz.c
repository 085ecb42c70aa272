/*
 * Rows that a stranger wrote into the database: each line of the input is a table's initial, then
 * values with a blank between (a number, 'text, or - for NULL). The store's readers make JSON of
 * them; open work goes to the scheduler as at a start, which then runs for a day.
 */
#include "admin/row_json.h"
#include "base/thread.h"
#include "schedule/schedule.h"
#include "store/sqlite/sqlite.h"
#include "tests/fuzz/scratch.h"
#include <assert.h>

#define HOUR (3600 * US_PER_SECOND)
#define MOST_VALUES 32

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const struct table {
	char initial;
	const char *name;
} tables[] = {
	{ 'e', "event" },
	{ 's', "selection" },
	{ 'r', "refresh" },
	{ 'c', "cause" },
	{ 'b', "spent" },
	{ 'p', "pause" },
	{ 'x', "command" },
	{ 'l', "latest" },
};
#define TABLE_COUNT (sizeof tables / sizeof *tables)

/* ---- writing ---- */

static int column_count(sqlite3 *database, const char *table)
{
	char sql[64];
	sqlite3_stmt *query = NULL;
	snprintf(sql, sizeof sql, "SELECT * FROM %s", table);
	if (sqlite3_prepare_v2(database, sql, -1, &query, NULL) != SQLITE_OK)
		abort();
	int count = sqlite3_column_count(query);
	sqlite3_finalize(query);
	return count;
}

static void bind_value(sqlite3_stmt *query, int index, struct str value)
{
	int64_t number;
	bool is_negative = str_starts(value, "-") && value.length > 1;
	struct str digits = { value.at + is_negative, value.length - is_negative };
	if (str_to_count(digits, &number))
		sqlite3_bind_int64(query, index, is_negative ? -number : number);
	else if (value.length && value.at[0] == '\'')
		sqlite3_bind_text(query, index, value.at + 1, (int)value.length - 1, SQLITE_STATIC);
	else
		sqlite3_bind_null(query, index);
}

/* Columns without a value in the line are 0 or "", as their type allows. */
static void insert(sqlite3 *database, const struct table *table, struct str line)
{
	char sql[64 + 2 * MOST_VALUES];
	sqlite3_stmt *query = NULL;
	int columns = column_count(database, table->name);
	assert(columns > 0 && columns <= MOST_VALUES);
	int used = snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO %s VALUES (?", table->name);
	for (int i = 1; i < columns; i++)
		used += snprintf(sql + used, sizeof sql - (size_t)used, ",?");
	snprintf(sql + used, sizeof sql - (size_t)used, ")");
	if (sqlite3_prepare_v2(database, sql, -1, &query, NULL) != SQLITE_OK)
		abort();
	for (int i = 1; i <= columns; i++) {
		const char *blank = line.length ? memchr(line.at, ' ', line.length) : NULL;
		struct str value = { line.at, blank ? (size_t)(blank - line.at) : line.length };
		bind_value(query, i, line.length ? value : STR("0"));
		size_t taken = value.length + (blank != NULL);
		line = (struct str){ line.at + taken, line.length - taken };
	}
	/* The schema may refuse a row. */
	IGNORE(sqlite3_step(query));
	sqlite3_finalize(query);
}

static void insert_lines(sqlite3 *database, struct str text)
{
	while (text.length) {
		const char *end = memchr(text.at, '\n', text.length);
		struct str line = { text.at, end ? (size_t)(end - text.at) : text.length };
		for (size_t i = 0; line.length && i < TABLE_COUNT; i++)
			if (tables[i].initial == line.at[0])
				insert(database, &tables[i],
					(struct str){ line.at + 1, line.length - 1 });
		size_t taken = line.length + (end != NULL);
		text = (struct str){ text.at + taken, text.length - taken };
	}
}

static void write_rows(struct store *store, struct str text)
{
	char sql[64];
	sqlite3_exec(sqlite_of(store)->database, "BEGIN", NULL, NULL, NULL);
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		snprintf(sql, sizeof sql, "DELETE FROM %s", tables[i].name);
		sqlite3_exec(sqlite_of(store)->database, sql, NULL, NULL, NULL);
	}
	insert_lines(sqlite_of(store)->database, text);
	sqlite3_exec(sqlite_of(store)->database, "COMMIT", NULL, NULL, NULL);
}

/* ---- reading, as the admin listener does ---- */

static bool show_event(const struct event_row *row, void *context)
{
	(void)context;
	OWNED_JSON json = event_row_json(row);
	OWNED_MEMORY char *text = json_print(json);
	assert(str_is_utf8(str_of(text)));
	return true;
}

static bool show_refresh(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	(void)context;
	OWNED_JSON json = refresh_row_json(row, (struct wall){ 0 }, causes, count);
	OWNED_MEMORY char *text = json_print(json);
	assert(str_is_utf8(str_of(text)));
	return true;
}

static bool show_command(const struct command_row *row, void *context)
{
	(void)context;
	assert(row->who && row->verb && row->site);
	return true;
}

static void show_all(struct store *store)
{
	struct store_filter filter = { .limit = 50 }, open = { .limit = 50, .state = "open" },
			    job = { .limit = 50, .job_id = "1", .rule = "r" };
	struct error err;
	bool found;
	OWNED(arena) arena = arena_new();
	const int64_t *ids;
	size_t count;
	int64_t waiting;
	IGNORE(store_list_events(store, &filter, show_event, NULL, &err));
	IGNORE(store_list_events(store, &job, show_event, NULL, &err));
	IGNORE(store_list_refreshes(store, &filter, show_refresh, NULL, &err));
	IGNORE(store_list_refreshes(store, &open, show_refresh, NULL, &err));
	IGNORE(store_find_event(store, 1, show_event, NULL, &found, &err));
	IGNORE(store_refreshes_of_event(store, 1, arena, &ids, &count, &err));
	IGNORE(store_open_selections_of_event(store, 1, &waiting, &err));
	IGNORE(store_list_commands(store, 1, show_command, NULL, &err));
}

/* ---- a start ---- */

struct start {
	struct schedule *schedule;
	struct instant now;
};

static void step(struct start *start, const struct input *input)
{
	schedule_step(start->schedule, start->now, input);
}

static bool restore_refresh(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	struct start *start = context;
	step(start, &(struct input){ INPUT_RESTORE, .restore = { row, causes, count } });
	return true;
}

static bool restore_spent(const struct spent *spent, void *context)
{
	struct start *start = context;
	step(start, &(struct input){ INPUT_RESTORE_SPENT, .restore_spent = spent });
	return true;
}

static bool restore_pause(const char *site, const char *by, void *context)
{
	step(context, &(struct input){ INPUT_RESTORE_PAUSE, .restore_pause = { site, by } });
	return true;
}

/* As in dispatch/core.c. */
static void restore_selection(
	struct start *start, const struct selected_row *row, size_t i, const cJSON *json)
{
	struct selection selection = { 0 };
	struct error err;
	OWNED(arena) arena = arena_new();
	if (!json || !selection_parse(json, &selection, arena, &err))
		return;
	const struct schedule_selection wish = { .id = row->ids[i],
		.event = row->event,
		.site = selection.site,
		.incremental = selection.incremental,
		.priority = selection.priority,
		.delay = selection.delay,
		.quiet = selection.rule_count == 1 ? selection.quiet : 0,
		.arrived_at = row->received_at,
		.fresh_from = row->finished_at,
		.label = "it",
		.kind = selection.kind,
		.rule_count = selection.rule_count,
		.rules = selection.rules };
	step(start, &(struct input){ INPUT_SELECT, .select = { &wish, NULL } });
}

static bool restore_selections(const struct selected_row *row, void *context)
{
	OWNED(arena) arena = arena_new();
	const cJSON *const *items = selected_row_items(row, arena);
	for (size_t i = 0; i < row->count; i++)
		restore_selection(context, row, i, items[i]);
	return true;
}

static bool see_naming(const struct selected_row *row, void *context)
{
	struct selection selection;
	struct error err;
	OWNED(arena) arena = arena_new();
	const cJSON *const *items = selected_row_items(row, arena);
	(void)context;
	for (size_t i = 0; i < row->count; i++)
		IGNORE(!items[i] || selection_parse(items[i], &selection, arena, &err));
	return true;
}

static void run_for_a_day(struct start *start)
{
	static const struct schedule_options options = { 6 * HOUR, 60 * US_PER_SECOND,
		US_PER_SECOND, 300 * US_PER_SECOND };
	static const struct schedule_site site = { .name = "s",
		.max_requests = 8,
		.poll_interval = 10 * US_PER_SECOND,
		.refreshes_per_hour = 60,
		.job_queries_per_day = 20000 };
	step(start, &(struct input){ INPUT_CONFIGURE, .configure = { &options, &site, 1 } });
	for (int hour = 0; hour < 24; hour++) {
		step(start, &(struct input){ .type = INPUT_TICK });
		start->now.wall.us += HOUR;
		start->now.mono.us += HOUR;
	}
	struct schedule_counts counts = schedule_count(start->schedule);
	assert(counts.open >= 0 && counts.waiting >= 0 && counts.in_flight >= 0);
}

static void start_with(struct store *store)
{
	static const struct schedule_options options = { 6 * HOUR, 60 * US_PER_SECOND,
		US_PER_SECOND, 300 * US_PER_SECOND };
	struct start start = { .now = { { 1790000000 * US_PER_SECOND }, { HOUR } } };
	struct error err;
	struct refresh_ids ids;
	if (!store_take_refresh_ids(store, &ids, &err))
		return; /* here and below, a daemon would not start either */
	start.schedule = schedule_new(&options, ids, 1);
	step(&start, &(struct input){ INPUT_EVENT, .event = { 1 } });
	if (store_load_spent(store, NULL, restore_spent, &start, &err) &&
		store_load_pauses(store, NULL, restore_pause, &start, &err) &&
		store_load_refreshes(
			store, NULL, (struct wall){ 0 }, restore_refresh, &start, &err) &&
		store_load_open_selections(store, NULL, restore_selections, &start, &err) &&
		store_load_namings(store, NULL, see_naming, &start, &err))
		run_for_a_day(&start);
	schedule_free(start.schedule);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct store *store;
	struct error err;
	char url[128];
	json_setup();
	if (!store) {
		snprintf(url, sizeof url, "sqlite:%s/state.db", scratch_open());
		store = store_open(&(struct store_address){ .url = url }, STORE_WRITE, &err);
		assert(store);
	}
	write_rows(store, (struct str){ (const char *)bytes, length });
	show_all(store);
	start_with(store);
	return 0;
}
