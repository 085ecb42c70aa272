/*
 * store/postgresql/value.c - the values of rows, which come in binary form, and rows as records.
 */
#include "store/postgresql/postgresql.h"
#include <endian.h>
#include <string.h>

int64_t value_number(const PGresult *result, int row, int column)
{
	const char *at = PQgetvalue(result, row, column);
	uint64_t eight;
	uint32_t four;

	switch (PQgetlength(result, row, column)) {
	case sizeof eight:
		memcpy(&eight, at, sizeof eight);
		return (int64_t)be64toh(eight);
	case sizeof four:
		memcpy(&four, at, sizeof four);
		return (int32_t)be32toh(four);
	case 1: /* a boolean */
		return *at;
	default: /* NULL */
		return 0;
	}
}

struct wall value_time(const PGresult *result, int row, int column)
{
	int64_t us = value_number(result, row, column);

	return (struct wall){ us >= 0 && us <= RECORD_MOST_TIME ? us : 0 };
}

/* An array in binary form: dimensions, a flag, the type, then length and lowest index of its one
 * dimension, then each value after its length (the server's array_send()). */
#define ARRAY_HEAD (3 * sizeof(uint32_t))
#define ARRAY_VALUES (5 * sizeof(uint32_t))

const int64_t *value_numbers(
	const PGresult *result, int row, int column, struct arena *arena, size_t *count)
{
	const char *at = PQgetvalue(result, row, column);
	size_t length = (size_t)PQgetlength(result, row, column);
	uint32_t values = 0;
	uint64_t value;

	*count = 0;
	if (length >= ARRAY_VALUES) {
		memcpy(&values, at + ARRAY_HEAD, sizeof values);
		*count = be32toh(values);
		if (*count > (length - ARRAY_VALUES) / (sizeof values + sizeof value))
			*count = 0; /* nobody sends that */
	}
	int64_t *numbers = arena_array(arena, int64_t, *count + 1);
	for (size_t i = 0; i < *count; i++) {
		memcpy(&value,
			at + ARRAY_VALUES + i * (sizeof values + sizeof value) + sizeof values,
			sizeof value);
		numbers[i] = (int64_t)be64toh(value);
	}
	return numbers;
}

/* ---- rows ---- */

struct value_reading {
	const PGresult *result;
	int row, column; /* the next column */
	bool is_damaged;
};

static void read_column(const struct member *member, void *record, void *context)
{
	struct value_reading *reading = context;
	int row = reading->row, column = reading->column++;
	bool is_null = value_is_null(reading->result, row, column);

	if (member_is_text(member)) {
		member_set_text(member, record,
			member_kept_text(
				member, is_null ? NULL : value_text(reading->result, row, column)));
	} else if (member->type == MEMBER_IS_BYTES) {
		member_set_bytes(member, record,
			(struct str){ PQgetvalue(reading->result, row, column),
				(size_t)PQgetlength(reading->result, row, column) });
	} else {
		int64_t number = value_number(reading->result, row, column);

		reading->is_damaged |= !member_may_be(member, number);
		member_set_number(member, record, member_kept_number(member, number));
	}
}

bool value_is_damaged(
	const struct postgresql *store, const char *what, int64_t id, struct error *err)
{
	return error_fail(err, ERROR_SYSTEM,
		"store %s: the database is damaged: %s %lld has values that nobody writes",
		store->name, what, (long long)id);
}

bool value_record(struct postgresql *store, const PGresult *result, int row, const char *what,
	const struct member *members, void *record, struct error *err)
{
	struct value_reading reading = { .result = result, .row = row };

	columns_each(members, record, read_column, &reading);
	return !reading.is_damaged ||
	       value_is_damaged(store, what, value_number(result, row, 0), err);
}
