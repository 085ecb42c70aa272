/*
 * store/rows.c - the tables of a store as rows of plain values.
 */
#include "store/rows.h"
#include "store/columns.h"
#include "store/store.h"
#include <assert.h>

/* ---- tables that are no records ---- */

#define NUMBER(name)                                                                               \
	{                                                                                          \
		.type = MEMBER_IS_COUNT, .column = (name)                                          \
	}
#define WORDS(name)                                                                                \
	{                                                                                          \
		.type = MEMBER_IS_TEXT, .column = (name)                                           \
	}

static const struct member ruleset_columns[] = { NUMBER("id"), WORDS("revision"), { 0 } };
static const struct member selection_columns[] = { NUMBER("id"), WORDS("body"), { 0 } };
static const struct member latest_columns[] = { WORDS("site"), WORDS("luid"), NUMBER("incremental"),
	NUMBER("evidence"), NUMBER("refresh"), { 0 } };
static const struct member pause_columns[] = { WORDS("site"), WORDS("by"), { 0 } };
static const struct member note_columns[] = { NUMBER("id"), WORDS("key"), WORDS("value"), { 0 } };
static const struct member copy_columns[] = { NUMBER("taken_at"), WORDS("version"),
	NUMBER("restored_at"), NUMBER("last_event"), { 0 } };

const struct rows_table rows_tables[] = {
	{ "ruleset", NULL, ruleset_columns, { "id" } },
	{ "event", NULL, event_members, { "id" } },
	{ "selection", NULL, selection_columns, { "id" } },
	{ "refresh", NULL, refresh_members, { "id" } },
	{ "cause", NULL, cause_members, { "refresh", "event", "rule" } },
	{ "latest", NULL, latest_columns, { "site", "luid", "incremental" } },
	{ "spent", NULL, spent_members, { "site", "kind", "at" } },
	{ "pause", NULL, pause_columns, { "site" } },
	{ "command", "id", command_members, { "id" } },
	{ "note", NULL, note_columns, { "id" } },
	{ "copy", NULL, copy_columns, { "taken_at", "restored_at", "last_event" } },
	{ 0 },
};

const char *const rows_staying[] = {
	"meta",            /* rows_ids; the rest belongs to the database's processes */
	"refresh_router",  /* the version of its schema */
	"node",            /* processes */
	"site_owner",      /* and what they own */
	"site_state",      /* ... and say of it */
	"request",         /* what people ask of them, for seconds */
	"selection.site",  /* follows from the event */
	"selection.taker", /* a process */
	NULL,
};

/* ---- columns ---- */

struct rows_list {
	struct rows_column *columns;
	size_t count;
};

/* What is read from another table (a ruleset's revision) is a number here. */
static enum rows_type type_of(const struct member *member)
{
	if (member->type == MEMBER_IS_BYTES)
		return ROWS_BYTES;
	return member_is_text(member) && !member->select ? ROWS_TEXT : ROWS_NUMBER;
}

static void add_column(const struct member *member, void *part, void *context)
{
	struct rows_list *list = context;

	(void)part;
	assert(list->count < ROWS_COLUMNS); /* the tables are ours */
	list->columns[list->count++] = (struct rows_column){ member->column, type_of(member) };
}

size_t rows_columns(const struct rows_table *table, struct rows_column columns[static ROWS_COLUMNS])
{
	struct rows_list list = { .columns = columns };

	if (table->id)
		columns[list.count++] = (struct rows_column){ table->id, ROWS_NUMBER };
	columns_each(table->members, NULL, add_column, &list);
	return list.count;
}

static enum rows_type type_of_key(const struct rows_table *table, const char *key)
{
	struct rows_column columns[ROWS_COLUMNS];
	size_t count = rows_columns(table, columns), i = 0;

	while (!text_is(columns[i].name, key)) {
		i++;
		assert(i < count); /* each key is a column */
	}
	return columns[i].type;
}

void rows_add_order(const struct rows_table *table, const char *collation, struct text *sql)
{
	text_add(sql, "ORDER BY ");
	for (size_t i = 0; table->keys[i]; i++)
		text_printf(sql, "%s%s%s", i ? ", " : "", table->keys[i],
			type_of_key(table, table->keys[i]) == ROWS_TEXT ? collation : "");
}
