/* tests/unit/store_release_test.c - what earlier releases left is read by this one
 * (tests/samples/store/README.md). */
#include "tests/unit/store_sample.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>

static const char *const releases[] = { "schema-4-without-all", "schema-4", "schema-6" };

/* ---- a disk of any size ---- */

static struct statvfs *disk; /* NULL: the real one */
static int disk_failure;     /* statvfs() fails so; 0: it does not */

/* Instead of the C library's. */
int statvfs(const char *path, struct statvfs *about)
{
	if (disk_failure) {
		errno = disk_failure;
		return -1;
	}
	if (disk) {
		*about = *disk;
		return 0;
	}
	int file = open(path, O_RDONLY | O_CLOEXEC);
	int failed = fstatvfs(file, about);

	close(file);
	return failed;
}

/* ---- what is in a store, as lines ---- */

struct found {
	struct text lines;
	int events, refreshes, causes, spents, commands, selections;
};

static void add_value(
	struct text *lines, const char *table, int64_t key, const char *column, const char *value)
{
	size_t begin = lines->length + 1;

	text_printf(lines, "\n%s %lld %s=%s", table, (long long)key, column, value);
	for (size_t i = begin; i < lines->length; i++)
		if (lines->at[i] == '\n')
			lines->at[i] = ' ';
}

static void add_record(struct text *lines, const char *table, int64_t key,
	const struct member *members, const void *record)
{
	for (const struct member *member = members; member->type; member++) {
		char number[24]; /* a sign, 19 digits, NUL */
		OWNED_MEMORY char *bytes = NULL;
		const char *value = number;

		if (member->type == MEMBER_IS_OBJECT)
			add_record(lines, table, key, member->members,
				(const char *)record + member->offset);
		if (!member->column)
			continue;
		snprintf(number, sizeof number, "%lld", (long long)member_number(member, record));
		if (member_is_text(member))
			value = member_text_of(member, record);
		else if (member->type == MEMBER_IS_BYTES)
			value = bytes = mem_copy_bytes(member_bytes(member, record).at,
				member_bytes(member, record).length);
		if (value)
			add_value(lines, table, key, member->column, value);
	}
}

static bool find_event(const struct event_row *row, void *context)
{
	struct found *found = context;

	found->events++;
	add_record(&found->lines, "event", row->id, event_members, row);
	return true;
}

static bool find_refresh(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	struct found *found = context;

	found->refreshes++;
	found->causes += (int)count;
	add_record(&found->lines, "refresh", row->id, refresh_members, row);
	for (size_t i = 0; i < count; i++)
		add_record(&found->lines, "cause", row->id, cause_members, &causes[i]);
	return true;
}

static bool find_spent(const struct spent *spent, void *context)
{
	struct found *found = context;

	found->spents++;
	add_record(&found->lines, "spent", spent->at.us, spent_members, spent);
	return true;
}

static bool find_command(const struct command_row *row, void *context)
{
	struct found *found = context;

	found->commands++;
	add_record(&found->lines, "command", row->at.us, command_members, row);
	return true;
}

/* Each is also one that can be acted upon. */
static bool find_selected(const struct selected_row *row, void *context)
{
	struct found *found = context;
	struct error err = { 0 };
	struct selection selection;
	OWNED(arena) arena = arena_new();

	for (size_t i = 0; i < row->count; i++) {
		OWNED_MEMORY char *body = selected_text(row, i);
		OWNED_JSON json = json_parse(str_of(body), &err);
		char id[24];

		found->selections++;
		snprintf(id, sizeof id, "%lld", (long long)row->ids[i]);
		add_value(&found->lines, "selection", row->ids[i], "id", id);
		add_value(&found->lines, "selection", row->ids[i], "body", body);
		must(selection_parse(json, &selection, arena, &err));
	}
	return true;
}

static bool find_pause(const char *site, const char *by, void *context)
{
	assert_string_equal(site, "finance");
	assert_string_equal(by, "somebody at the admin listener");
	*(bool *)context = true;
	return true;
}

static void find_all(struct store *store, struct found *found)
{
	struct error err = { 0 };
	struct store_filter all = { .limit = 1000 };
	bool is_paused = false;

	must(store_list_events(store, &all, find_event, found, &err));
	must(store_list_refreshes(store, &all, find_refresh, found, &err));
	must(store_load_spent(store, NULL, find_spent, found, &err));
	must(store_load_open_selections(store, NULL, find_selected, found, &err));
	must(store_load_pauses(store, NULL, find_pause, &is_paused, &err));
	assert_true(is_paused);
	for (int64_t subject = 0; subject < 30; subject++)
		must(store_list_commands(store, subject, find_command, found, &err));
	text_printf(&found->lines,
		"\nevent rows=%d\nrefresh rows=%d\ncause rows=%d\nspent rows=%d\ncommand rows=%d"
		"\nselection rows=%d\n",
		found->events, found->refreshes, found->causes, found->spents, found->commands,
		found->selections);
}

static void assert_has_all(const char *release, const struct found *found)
{
	OWNED_MEMORY char *expected = sample(release, "rows");
	int lines = 0;

	for (char *line = expected, *end; (end = strchr(line, '\n')); line = end + 1) {
		OWNED_TEXT struct text wanted = TEXT(TEXT_UNBOUNDED);

		text_printf(&wanted, "\n%.*s\n", (int)(end - line), line);
		if (!strstr(found->lines.at, wanted.at))
			fail_msg("%s: not found:%s", release, wanted.at);
		lines++;
	}
	assert_true(lines > 200);
}

static void what_every_release_left_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof releases / sizeof *releases; i++) {
		struct found found = { .events = 0 };

		if (i)
			assert_int_equal(store_folder_setup(state), 0);
		put_sample(releases[i]);
		OWNED(store) store = open_store(STORE_WRITE);
		found.lines = TEXT(TEXT_UNBOUNDED);
		find_all(store, &found);
		assert_has_all(releases[i], &found);
		text_clear(&found.lines);
		store_close(TAKE(store));
		if (i + 1 < sizeof releases / sizeof *releases)
			assert_int_equal(store_folder_teardown(state), 0);
	}
}

static void a_reader_leaves_an_older_one_to_the_daemon(void **state)
{
	struct error err = { 0 };

	(void)state;
	put_sample("schema-4");
	assert_null(store_open(&(struct store_address){ .url = folder.url }, STORE_READ, &err));
	assert_non_null(strstr(err.message, "`refresh-router serve` brings it up to date"));
}

/* Only a large one asks for room. */
static void put_large_database(const char *release)
{
	char path[160];
	sqlite3 *database = NULL;

	put_sample(release);
	snprintf(path, sizeof path, "%s/state/state.db", folder.path);
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database,
				 "PRAGMA synchronous = OFF; CREATE TABLE filler (bytes BLOB);"
				 "INSERT INTO filler VALUES (zeroblob(70000000))",
				 NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void assert_not_upgraded(const char *says)
{
	struct error err = { 0 };

	assert_null(store_open(&(struct store_address){ .url = folder.url }, STORE_WRITE, &err));
	if (!strstr(err.message, says))
		fail_msg("'%s' does not say '%s'", err.message, says);
	/* it is as it was */
	assert_null(store_open(&(struct store_address){ .url = folder.url }, STORE_READ, &err));
	assert_non_null(strstr(err.message, "has schema version 4"));
}

static void an_upgrade_is_refused_without_room_or_when_that_is_not_known(void **state)
{
	struct statvfs full = { .f_blocks = 1000000, .f_frsize = 4096, .f_bavail = 10 };

	(void)state;
	put_large_database("schema-4");
	disk = &full;
	assert_not_upgraded("and 0 MiB are left");
	disk = NULL;
	disk_failure = EIO;
	assert_not_upgraded("it cannot be seen whether its disk has the 267 MiB");
	disk_failure = 0;
	store_close(open_store(STORE_WRITE));
}

static void a_disk_without_a_size_has_room(void **state)
{
	struct statvfs endless = { .f_frsize = 4096 };

	(void)state;
	put_large_database("schema-4");
	disk = &endless;
	store_close(open_store(STORE_WRITE));
	disk = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(what_every_release_left_is_found),
		store_test(a_reader_leaves_an_older_one_to_the_daemon),
		store_test(an_upgrade_is_refused_without_room_or_when_that_is_not_known),
		store_test(a_disk_without_a_size_has_room),
	};
	return cmocka_run_group_tests_name("releases", tests, NULL, NULL);
}
