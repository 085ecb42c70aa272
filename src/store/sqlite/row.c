/*
 * store/sqlite/row.c - from a statement's columns to rows.
 */
#include "store/sqlite/sqlite.h"

struct event_row row_of_event(sqlite3_stmt *query)
{
	struct event_row row = {
		.id = sqlite3_column_int64(query, 0),
		.source = column_text(query, 1),
		.webhook_id = column_text(query, 2),
		.event_id = column_text(query, 3),
		.received_at = column_time(query, 4),
		.finished_at = column_time(query, 5),
		.outcome = column_text(query, 6),
		.reason = column_optional(query, 7),
		.matched = column_text(query, 8),
		.ruleset = column_optional(query, 9),
		.fields = column_text(query, 10),
		.all_selections = column_optional(query, 11),
	};

	row.body.at = sqlite3_column_blob(query, 12);
	row.body.length = row.body.at ? (size_t)sqlite3_column_bytes(query, 12) : 0;
	return row;
}

bool row_is_damaged(const struct sqlite *store, const char *what, int64_t id, struct error *err)
{
	return error_fail(err, ERROR_SYSTEM,
		"store %s: the database is damaged: %s %lld has values that nobody writes",
		store->path, what, (long long)id);
}

static bool is_refresh(sqlite3_stmt *query)
{
	return is_within(sqlite3_column_int64(query, 0), MOST_COUNT) &&
	       is_within(sqlite3_column_int64(query, 2), CONTENT_KIND_COUNT - 1) &&
	       is_within(sqlite3_column_int64(query, 7), REFRESH_EXPIRED) &&
	       is_within(sqlite3_column_int64(query, 9), PRIORITY_MOST) &&
	       is_within(sqlite3_column_int64(query, 14), MOST_COUNT) &&
	       is_within(sqlite3_column_int64(query, 16), MOST_STAMP) &&
	       is_within(sqlite3_column_int64(query, 17), MOST_STAMP) &&
	       is_within(sqlite3_column_int64(query, 22), MOST_TIME);
}

bool row_of_refresh(
	struct sqlite *store, sqlite3_stmt *query, struct refresh_row *row, struct error *err)
{
	int64_t id = sqlite3_column_int64(query, 0);

	if (!is_refresh(query))
		return row_is_damaged(store, "refresh", id, err);
	*row = (struct refresh_row){
		.id = id,
		.site = column_text(query, 1),
		.content = { (enum content_kind)sqlite3_column_int(query, 2), column_text(query, 3),
			column_text(query, 4), column_text(query, 5) },
		.incremental = sqlite3_column_int64(query, 6) != 0,
		.state = (enum refresh_state)sqlite3_column_int(query, 7),
		.reason = column_text(query, 8),
		.priority = sqlite3_column_int(query, 9),
		.created_at = column_time(query, 10),
		.not_before = column_time(query, 11),
		.patience = column_time(query, 12).us, /* as bounded as a time */
		.ended_at = column_time(query, 13),
		.attempts = sqlite3_column_int64(query, 14),
		.sent_at = column_time(query, 15),
		.sent_after = sqlite3_column_int64(query, 16),
		.seen_waiting_after = sqlite3_column_int64(query, 17),
		.job_id = column_text(query, 18),
		.job_created_at = column_time(query, 19),
		.job_started_at = column_time(query, 20),
		.job_completed_at = column_time(query, 21),
		.quiet = sqlite3_column_int64(query, 22),
		.is_cancelling = sqlite3_column_int64(query, 23) != 0,
		.sent_at_tableau = column_time(query, 24),
	};
	return true;
}

void causes_init(struct causes *causes)
{
	*causes = (struct causes){ 0 };
	text_init(&causes->rules, TEXT_UNBOUNDED);
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
	int64_t after = sqlite3_column_int64(query, 5);

	if (!is_within(sqlite3_column_int64(query, 1), MOST_EVENT) ||
		(!is_within(after, MOST_STAMP) && after != STAMP_NEVER))
		return row_is_damaged(
			store, "a cause of refresh", sqlite3_column_int64(query, 0), err);
	mem_grow(&causes->rows, &causes->capacity, causes->count);
	mem_grow(&causes->rule_offsets, &causes->offset_capacity, causes->count);
	causes->rows[causes->count] = (struct cause_row){
		.refresh = sqlite3_column_int64(query, 0),
		.event = sqlite3_column_int64(query, 1),
		.arrived_at = column_time(query, 3),
		.fresh_from = column_time(query, 4),
		.after = after,
	};
	causes->rule_offsets[causes->count++] = causes->rules.length;
	text_add(&causes->rules, column_text(query, 2));
	text_add_char(&causes->rules, '\0');
	return true;
}

const struct cause_row *causes_rows(struct causes *causes)
{
	/* Only now: `rules` moves while it grows. */
	for (size_t i = 0; i < causes->count; i++)
		causes->rows[i].rule = causes->rules.at + causes->rule_offsets[i];
	return causes->rows;
}
