/*
 * store/sqlite/record.c - records (base/record/record.h) as columns: in SQL, as parameters, and in
 * rows.
 */
#include "store/columns.h"
#include "store/sqlite/sqlite.h"

/* ---- SQL ---- */

static void add_parameter(struct text *sql, const struct member *member, size_t number)
{
	(void)number;
	text_printf(sql, ":%s", member->column);
}

void sqlite_expand(const char *sql, struct text *out)
{
	columns_expand(sql, add_parameter, out);
}

/* ---- parameters ---- */

struct binding {
	sqlite3_stmt *query;
	int index; /* of the last bound one */
};

static void bind_one(const struct member *member, void *part, void *context)
{
	struct binding *binding = context;
	int index = ++binding->index;

	if (member_is_text(member))
		query_bind_optional(binding->query, index,
			member_kept_text(member, member_text_of(member, part)));
	else if (member->type == MEMBER_IS_BYTES)
		query_bind_bytes(binding->query, index, member_bytes(member, part));
	else
		query_bind_number(binding->query, index, member_number(member, part));
}

void sqlite_bind_record(sqlite3_stmt *query, const struct member *members, const void *record)
{
	/* bind_one() only reads it */
	columns_each(
		members, (void *)(uintptr_t)record, bind_one, &(struct binding){ .query = query });
}

/* ---- rows ---- */

struct row_reading {
	sqlite3_stmt *query;
	int column; /* the next column */
	bool is_damaged;
};

static void read_one(const struct member *member, void *record, void *context)
{
	struct row_reading *reading = context;
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

bool sqlite_read_record(struct sqlite *store, sqlite3_stmt *query, const char *what,
	const struct member *members, void *record, struct error *err)
{
	struct row_reading reading = { .query = query };

	columns_each(members, record, read_one, &reading);
	return !reading.is_damaged ||
	       row_is_damaged(store, what, sqlite3_column_int64(query, 0), err);
}
