/*
 * tests/unit/record_test.c - each record and its table say the same.
 *
 * The samples are filled by the tables, a value for each row, so that a member that is added is
 * tested although nothing here names it; one that has no row is found because it is not padding.
 */
#include "dispatch/status.h"
#include "tests/unit/store_drivers.h"

static struct refresh_row full_refresh;
static struct cause_row full_cause;
static struct spent full_spent;
static struct command_row full_command;
static struct event_row full_event;
static struct site_status full_site;
static struct selection full_selection;
static struct selection_status full_selection_status;

static const char *const selections[] = { "{}" };

#if __has_builtin(__builtin_clear_padding) /* gcc since 11 */
#define KNOWS_PADDING true
#define CLEAR_PADDING(record) __builtin_clear_padding(record)
#else
#define KNOWS_PADDING false
#define CLEAR_PADDING(record) (void)(record)
#endif

/* Sets what is padding in such a struct to 0. */
#define CLEAR(type)                                                                                \
	static void clear_##type(void *record)                                                     \
	{                                                                                          \
		CLEAR_PADDING((struct type *)record);                                              \
	}
CLEAR(refresh_row)
CLEAR(cause_row)
CLEAR(spent)
CLEAR(command_row)
CLEAR(event_row)
CLEAR(site_status)
CLEAR(selection)
CLEAR(selection_status)

static const struct record {
	const char *table; /* or what else it is */
	const struct member *members;
	void *sample;
	size_t size;
	void (*clear)(void *record);
} records[] = {
	{ "refresh", refresh_members, &full_refresh, sizeof full_refresh, clear_refresh_row },
	{ "cause", cause_members, &full_cause, sizeof full_cause, clear_cause_row },
	{ "spent", spent_members, &full_spent, sizeof full_spent, clear_spent },
	{ "command", command_members, &full_command, sizeof full_command, clear_command_row },
	{ "event", event_members, &full_event, sizeof full_event, clear_event_row },
	{ "site", site_members, &full_site, sizeof full_site, clear_site_status },
	{ "selection", selection_members, &full_selection, sizeof full_selection, clear_selection },
	{ "status of a selection", selection_status_members, &full_selection_status,
		sizeof full_selection_status, clear_selection_status },
};
#define RECORDS (sizeof records / sizeof *records)
#define TABLES 5 /* those that a store keeps: the first ones */

/* ---- the samples ---- */

static const char *const texts[] = { "one", "two", "three", "four", "five", "six", "seven" };

/* Neither 0 nor empty, and what a store may hold. */
static void fill_one(const struct member *member, void *record, int64_t number)
{
	const char *text = texts[(size_t)number % (sizeof texts / sizeof *texts)];

	if (member_is_text(member))
		member_set_text(member, record, text);
	else if (member->type == MEMBER_IS_BYTES)
		member_set_bytes(member, record, str_of(text));
	else if (member->type == MEMBER_IS_TEXTS)
		member_set_texts(member, record, selections, 1);
	else if (member->type == MEMBER_IS_CHOICE)
		member_set_choice(member, record, 1, text);
	else
		member_set_number(member, record,
			member->most && member->most < number ? member->most : number);
}

static int64_t fill(const struct member *members, void *record, int64_t number)
{
	for (const struct member *member = members; member->type; member++) {
		if (member->type == MEMBER_IS_OBJECT)
			number = fill(member->members, (char *)record + member->offset, number);
		else
			fill_one(member, record, ++number);
	}
	return number;
}

static int fill_all(void **state)
{
	for (size_t i = 0; i < RECORDS; i++)
		fill(records[i].members, records[i].sample, 0);
	full_refresh.id = full_cause.refresh = 4;
	full_event.id = 3;
	return drivers_start(state);
}

/* ---- every member has a row ---- */

static size_t size_of(const struct member *member)
{
	static const size_t sizes[] = {
		[MEMBER_IS_TEXT] = sizeof(const char *),
		[MEMBER_IS_OPTIONAL] = sizeof(const char *),
		[MEMBER_IS_JSON] = sizeof(const char *),
		[MEMBER_IS_TEXTS] = sizeof(const char *const *),
		[MEMBER_IS_BYTES] = sizeof(struct str),
		[MEMBER_IS_COUNT] = sizeof(int64_t),
		[MEMBER_IS_INT] = sizeof(int),
		[MEMBER_IS_UNSIGNED] = sizeof(unsigned),
		[MEMBER_IS_FLAG] = sizeof(bool),
		[MEMBER_IS_WORD] = sizeof(int),
		[MEMBER_IS_CHOICE] = sizeof(int),
		[MEMBER_IS_TIME] = sizeof(struct wall),
		[MEMBER_IS_DURATION] = sizeof(int64_t),
		[MEMBER_IS_ELSEWHERE] = 0,
	};
	return sizes[member->type];
}

static void cover(const struct member *members, bool *covered)
{
	for (const struct member *member = members; member->type; member++) {
		if (member->type == MEMBER_IS_OBJECT)
			cover(member->members, covered + member->offset);
		else
			memset(covered + member->offset, true, size_of(member));
		if (member->type == MEMBER_IS_TEXTS)
			memset(covered + member->count_offset, true, sizeof(size_t));
		if (member->type == MEMBER_IS_CHOICE)
			memset(covered + member->count_offset, true, sizeof(const char *));
	}
}

static void cover_bytes(bool *covered, size_t offset, size_t size)
{
	memset(covered + offset, true, size);
}

static void every_member_of_a_record_has_a_row(void **state)
{
	(void)state;
	if (!KNOWS_PADDING)
		skip();
	for (size_t i = 0; i < RECORDS; i++) {
		bool covered[1024] = { 0 };
		unsigned char bytes[1024];

		assert_true(records[i].size <= sizeof covered);
		memset(bytes, 0xff, sizeof bytes);
		records[i].clear(bytes);
		cover(records[i].members, covered);
		if (records[i].members == event_members) {
			/* Given by the store, and what has rows of its own. */
			cover_bytes(covered, offsetof(struct event_row, stamp), sizeof(int64_t));
			cover_bytes(
				covered, offsetof(struct event_row, open_count), sizeof(size_t));
			cover_bytes(
				covered, offsetof(struct event_row, open), sizeof(const int64_t *));
		}
		for (size_t byte = 0; byte < records[i].size; byte++)
			if (bytes[byte] && !covered[byte])
				fail_msg("the member at byte %zu of %s has no row in its table",
					byte, records[i].table);
	}
}

/* ---- copies ---- */

static void assert_same_text(const char *a, const char *b, bool is_copy)
{
	assert_string_equal(a, b);
	assert_true(!is_copy || a != b);
}

static void assert_same(const struct member *members, const void *a, const void *b, bool is_copy)
{
	for (const struct member *member = members; member->type; member++) {
		const char *x = (const char *)a + member->offset,
			   *y = (const char *)b + member->offset;

		if (member->type == MEMBER_IS_OBJECT) {
			assert_same(member->members, x, y, is_copy);
		} else if (member_is_text(member)) {
			assert_same_text(member_text_of(member, a), member_text_of(member, b),
				is_copy && !member->outlives);
		} else if (member->type == MEMBER_IS_BYTES) {
			struct str here = member_bytes(member, a), there = member_bytes(member, b);
			assert_int_equal(here.length, there.length);
			assert_memory_equal(here.at, there.at, here.length);
			assert_true(!is_copy || here.at != there.at);
		} else if (member->type == MEMBER_IS_TEXTS) {
			assert_int_equal(
				member_texts_count(member, a), member_texts_count(member, b));
			for (size_t i = 0; i < member_texts_count(member, a); i++)
				assert_same_text(member_texts(member, a)[i],
					member_texts(member, b)[i], is_copy);
		} else {
			assert_int_equal(member_number(member, a), member_number(member, b));
		}
		if (member->type == MEMBER_IS_CHOICE)
			assert_same_text(member_choice_text(member, a),
				member_choice_text(member, b), is_copy);
	}
}

static void a_copy_borrows_nothing(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	for (size_t i = 0; i < RECORDS; i++) {
		void *copy = arena_alloc(arena, records[i].size);

		record_copy(records[i].members, records[i].sample, copy, records[i].size, arena);
		assert_same(records[i].members, records[i].sample, copy, true);
	}
}

/* ---- columns ---- */

static const char *column_type(const struct member *member)
{
	if (text_is(member->column, "ruleset")) /* a number in the place of the revision */
		return "INTEGER";
	if (member->type == MEMBER_IS_BYTES)
		return "BLOB";
	return member_is_text(member) ? "TEXT" : "INTEGER";
}

static void expect_columns(const struct member *members, const char *table, struct text *out)
{
	for (const struct member *member = members; member->type; member++) {
		if (member->type == MEMBER_IS_OBJECT)
			expect_columns(member->members, table, out);
		else if (member->column)
			text_printf(out, "%s.%s %s\n", table, member->column, column_type(member));
	}
}

static void see_columns(sqlite3 *database, const char *table, const struct text *expected)
{
	sqlite3_stmt *query = NULL;
	OWNED_TEXT struct text line = TEXT(TEXT_UNBOUNDED);
	size_t seen = 0;

	assert_int_equal(sqlite3_prepare_v2(database,
				 "SELECT name, type FROM pragma_table_info(?1)", -1, &query, NULL),
		SQLITE_OK);
	query_bind_text(query, 1, table);
	while (sqlite3_step(query) == SQLITE_ROW) {
		/* The key of a table whose record has none. */
		if (text_is(table, "command") && text_is(query_column_text(query, 0), "id"))
			continue;
		text_reset(&line);
		text_printf(&line, "%s.%s %s\n", table, query_column_text(query, 0),
			query_column_text(query, 1));
		if (!strstr(expected->at, line.at))
			fail_msg("no member of the record is the column %s", line.at);
		seen += line.length;
	}
	if (seen != expected->length)
		fail_msg("table %s has not all of its record's columns:\n%s", table, expected->at);
	sqlite3_finalize(query);
}

static void the_columns_of_the_database_are_those_of_the_records(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);

	(void)state;
	for (size_t i = 0; i < TABLES; i++) {
		OWNED_TEXT struct text expected = TEXT(TEXT_UNBOUNDED);

		expect_columns(records[i].members, records[i].table, &expected);
		see_columns(
			((struct sqlite *)(void *)store)->database, records[i].table, &expected);
	}
}

/* ---- rows ---- */

static bool same_refresh(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	assert_same(refresh_members, &full_refresh, row, false);
	assert_int_equal(count, 1);
	assert_same(cause_members, &full_cause, causes, false);
	*(bool *)context = true;
	return true;
}

static bool same_event(const struct event_row *row, void *context)
{
	assert_same(event_members, &full_event, row, false);
	*(bool *)context = true;
	return true;
}

static bool same_spent(const struct spent *spent, void *context)
{
	assert_same(spent_members, &full_spent, spent, false);
	*(bool *)context = true;
	return true;
}

static bool same_command(const struct command_row *row, void *context)
{
	assert_same(command_members, &full_command, row, false);
	*(bool *)context = true;
	return true;
}

static void write_all(struct store *store)
{
	struct event_row first = event_of("wev_0"), event = full_event;
	struct error err = { 0 };

	must(store_begin(store, &err));
	assert_int_equal(store_add_event(store, &first, NULL, &err), ADDED_NEW); /* has id 1 */
	assert_int_equal(store_add_event(store, &event, NULL, &err), ADDED_NEW);
	must(store_put_refresh(store, &full_refresh, &err));
	must(store_put_cause(store, &full_cause, &err));
	must(store_put_spent(store, &full_spent, &err));
	must(store_add_command(store, &full_command, &err));
	must(store_commit(store, &err));
}

static void every_member_is_read_back_as_it_was_written(void **state)
{
	OWNED(store) store = open_store(STORE_WRITE);
	struct error err = { 0 };
	bool found = false, is_same[4] = { false };

	(void)state;
	write_all(store);
	must(store_find_refresh(store, 4, same_refresh, &is_same[0], &found, &err));
	must(store_find_event(store, 3, same_event, &is_same[1], &found, &err));
	must(store_load_spent(store, NULL, same_spent, &is_same[2], &err));
	must(store_list_commands(store, full_command.subject, same_command, &is_same[3], &err));
	assert_true(is_same[0] && is_same[1] && is_same[2] && is_same[3]);
}

/* ---- a selection ---- */

static void selections_that_want_the_same_differ_in_nothing_else(void **state)
{
	(void)state;
	struct selection other = full_selection;
	other.priority = 8;
	other.shadow = other.allow_many = other.allow_none = false;
	other.rule_count = 0;
	assert_int_equal(selection_compare(&full_selection, &other), 0);
	/* All the rest counts, also what is added later. */
	for (const struct member *member = selection_members; member->type; member++) {
		if (member->may_differ || member->type == MEMBER_IS_OBJECT)
			continue;
		other = full_selection;
		if (member_is_text(member))
			member_set_text(member, &other, "other");
		else
			member_set_number(member, &other, 0);
		if (!selection_compare(&full_selection, &other))
			fail_msg("'%s' makes no difference", member->key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_of_a_record_has_a_row),
		cmocka_unit_test(a_copy_borrows_nothing),
		cmocka_unit_test(selections_that_want_the_same_differ_in_nothing_else),
		store_test(the_columns_of_the_database_are_those_of_the_records),
		every_store_test(every_member_is_read_back_as_it_was_written),
	};
	return cmocka_run_group_tests_name("records", tests, fill_all, drivers_stop);
}
