/*
 * store/sqlite/record.c - records (base/record/record.h) as columns: in SQL, as parameters, and in
 * rows.
 */
#include "store/sqlite/sqlite.h"
#include <assert.h>
#include <string.h>

static const struct {
	const char *table;
	const struct member *members;
} records[] = {
	{ "event", event_members },
	{ "refresh", refresh_members },
	{ "cause", cause_members },
	{ "spent", spent_members },
	{ "command", command_members },
};

static const struct member *members_of(struct str table)
{
	for (size_t i = 0; i < sizeof records / sizeof *records; i++)
		if (str_is(table, records[i].table))
			return records[i].members;
	return NULL;
}

/* ---- SQL ---- */

/* Lists the columns, each with `prefix` before it. */
struct column_list {
	struct text *sql;
	struct str table;
	size_t count;
};

static void list_read(struct column_list *list, const struct member *member)
{
	const char *comma = list->count++ ? ", " : "";

	if (member->select)
		text_printf(list->sql, "%s%s", comma, member->select);
	else
		text_printf(list->sql, "%s%.*s.%s", comma, (int)list->table.length, list->table.at,
			member->column);
}

static void list_name(struct column_list *list, const struct member *member)
{
	text_printf(list->sql, "%s%s", list->count++ ? ", " : "", member->column);
}

static void list_value(struct column_list *list, const struct member *member)
{
	text_printf(list->sql, "%s:%s", list->count++ ? ", " : "", member->column);
}

static void list_all(struct column_list *list, const struct member *members,
	void (*add)(struct column_list *list, const struct member *member))
{
	for (const struct member *member = members; member->type; member++) {
		if (member->type == MEMBER_IS_OBJECT)
			list_all(list, member->members, add);
		else if (member->column)
			add(list, member);
	}
}

static void add_columns(struct text *sql, struct str table, bool is_insert)
{
	const struct member *members = members_of(table);
	struct column_list list = { .sql = sql, .table = table };

	assert(members);
	if (!is_insert) {
		list_all(&list, members, list_read);
		return;
	}
	text_add_char(sql, '(');
	list_all(&list, members, list_name);
	text_add(sql, ") VALUES (");
	list.count = 0;
	list_all(&list, members, list_value);
	text_add_char(sql, ')');
}

void sqlite_expand(const char *sql, struct text *out)
{
	for (const char *open; (open = strchr(sql, '{')); sql = strchr(open, '}') + 1) {
		size_t length = strcspn(open + 1, "}");
		struct str name = { open + 1, length };
		bool is_insert = str_starts(name, "+");

		text_add_str(out, (struct str){ sql, (size_t)(open - sql) });
		add_columns(
			out, is_insert ? (struct str){ name.at + 1, length - 1 } : name, is_insert);
	}
	text_add(out, sql);
}

/* ---- parameters ---- */

/* Returns the number of the column after the bound ones. */
static int bind_all(
	sqlite3_stmt *query, int index, const struct member *members, const void *record)
{
	for (const struct member *member = members; member->type; member++) {
		if (member->type == MEMBER_IS_OBJECT) {
			index = bind_all(query, index, member->members,
				(const char *)record + member->offset);
			continue;
		}
		if (!member->column)
			continue;
		if (member_is_text(member))
			query_bind_optional(query, index,
				member_kept_text(member, member_text_of(member, record)));
		else if (member->type == MEMBER_IS_BYTES)
			query_bind_bytes(query, index, member_bytes(member, record));
		else
			query_bind_number(query, index, member_number(member, record));
		index++;
	}
	return index;
}

void sqlite_bind_record(sqlite3_stmt *query, const struct member *members, const void *record)
{
	bind_all(query, 1, members, record);
}

/* ---- rows ---- */

struct row_reading {
	sqlite3_stmt *query;
	int column; /* the next column */
	bool is_damaged;
};

static void read_one(struct row_reading *reading, const struct member *member, void *record)
{
	int column = reading->column++;

	if (member_is_text(member)) {
		member_set_text(member, record,
			member_kept_text(member, query_column_optional(reading->query, column)));
	} else if (member->type == MEMBER_IS_BYTES) {
		member_set_bytes(member, record, query_column_bytes(reading->query, column));
	} else {
		int64_t number = sqlite3_column_int64(reading->query, column);

		reading->is_damaged |= !member_may_be(member, number);
		member_set_number(member, record, member_kept_number(member, number));
	}
}

static void read_all(struct row_reading *reading, const struct member *members, void *record)
{
	for (const struct member *member = members; member->type; member++) {
		if (member->type == MEMBER_IS_OBJECT)
			read_all(reading, member->members, (char *)record + member->offset);
		else if (member->column)
			read_one(reading, member, record);
	}
}

bool sqlite_read_record(struct sqlite *store, sqlite3_stmt *query, const char *what,
	const struct member *members, void *record, struct error *err)
{
	struct row_reading reading = { .query = query };

	read_all(&reading, members, record);
	return !reading.is_damaged ||
	       row_is_damaged(store, what, sqlite3_column_int64(query, 0), err);
}
