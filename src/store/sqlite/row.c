/*
 * store/sqlite/row.c - causes collected from a statement's rows, and the error for damaged rows.
 */
#include "store/sqlite/sqlite.h"

bool row_is_damaged(const struct sqlite *store, const char *what, int64_t id, struct error *err)
{
	return error_fail(err, ERROR_SYSTEM,
		"store %s: the database is damaged: %s %lld has values that nobody "
		"writes" STORE_REMEDY,
		store->path, what, (long long)id);
}

void causes_init(struct causes *causes)
{
	*causes = (struct causes){ 0 };
	causes->rules = TEXT(TEXT_UNBOUNDED);
}

void causes_clear(struct causes *causes)
{
	free(causes->rows);
	free(causes->rule_offsets);
	text_clear(&causes->rules);
}

void causes_reset(struct causes *causes)
{
	causes->count = 0;
	text_reset(&causes->rules);
}

bool causes_add(struct sqlite *store, struct causes *causes, sqlite3_stmt *query, struct error *err)
{
	mem_grow(&causes->rows, &causes->capacity, causes->count);
	mem_grow(&causes->rule_offsets, &causes->offset_capacity, causes->count);
	struct cause_row *row = &causes->rows[causes->count];
	if (!sqlite_read_record(store, query, "a cause of refresh", cause_members, row, err))
		return false;
	causes->rule_offsets[causes->count++] = causes->rules.length;
	text_add(&causes->rules, row->rule);
	text_add_char(&causes->rules, '\0');
	return true;
}

const struct cause_row *causes_rows(struct causes *causes)
{
	/* Only now, because `rules` moves while it grows. */
	for (size_t i = 0; i < causes->count; i++)
		causes->rows[i].rule = causes->rules.at + causes->rule_offsets[i];
	return causes->rows;
}
