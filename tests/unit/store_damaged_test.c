/*
 * tests/unit/store_damaged_test.c - a database of which each page was damaged, one after the other:
 * each question is answered or fails with a reason, a start goes on or stops with one, and nobody
 * reads beyond what is there (which AddressSanitizer looks at).
 */
#include "base/file.h"
#include "tests/unit/store_asked.h"
#include <sys/stat.h>

#define PAGE_BYTES 4096
#define WAYS 5

static uint64_t random_state;

static size_t draw(size_t below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(random_state >> 33) % below;
}

/* In each of the ways in which bytes go bad. */
static void damage(char *page, int way)
{
	switch (way) {
	case 0: /* the page's header, from which everything else follows */
		page[draw(12)] ^= (char)(1 << draw(8));
		break;
	case 1: /* where its cells are */
		page[8 + draw(64)] = (char)draw(256);
		break;
	case 2: /* a torn write */
		memset(page + PAGE_BYTES / 2, 0, PAGE_BYTES / 2);
		break;
	case 3: /* a page that was never written */
		memset(page, 0, PAGE_BYTES);
		break;
	default: /* some bytes, most of them in rows */
		for (int i = 0; i < 40; i++)
			page[draw(PAGE_BYTES)] = (char)draw(256);
	}
}

static void write_database(const char *bytes, size_t length)
{
	char path[160];

	for (int i = 0; i < 4; i++) {
		static const char *const endings[] = { "-wal", "-shm", "-journal", "" };

		snprintf(path, sizeof path, "%s/state/state.db%s", folder.path, endings[i]);
		IGNORE(unlink(path)); /* not each is there */
	}
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static int failed_count, answered_count;

static void note(bool is_done, const struct error *err)
{
	if (is_done)
		answered_count++;
	else if (strlen(err->message) < 10)
		fail_msg("it failed without a reason: '%s'", err->message);
	else if (strstr(err->message, "image is malformed") &&
		 !strstr(err->message, "refresh-router "))
		fail_msg("it does not say what to do: '%s'", err->message);
	else
		failed_count++;
}

static void ask_all(struct store *store)
{
	for (int question = 0; question < QUESTIONS; question++) {
		struct error err = { 0 };
		OWNED_TEXT struct text answer = TEXT(TEXT_UNBOUNDED);

		note(ask(store, question, &answer, &err), &err);
	}
}

static bool goes_on(void *context)
{
	(void)context;
	return true;
}

static void read_it(void)
{
	struct error err = { 0 };
	OWNED(arena) arena = arena_new();
	struct store_health health;
	struct store_contents contents;
	char path[160];
	OWNED(store)
	store = store_open(&(struct store_address){ .url = folder.url }, STORE_READ, &err);

	note(store, &err);
	if (store) {
		const struct store_backup backup = { path, "1", goes_on, NULL };

		ask_all(store);
		snprintf(path, sizeof path, "%s/copy", folder.path);
		note(store_take_backup(store, &backup, &contents, &err), &err);
		IGNORE(unlink(path)); /* a failure may have left none */
	}
	note(store_examine(&(struct store_address){ .url = folder.url }, arena, &health, &err),
		&err);
}

static void write_it(void)
{
	struct error err = { 0 };
	struct event_row event = event_of("wev_new");
	struct refresh_row refresh = refresh_of(8, REFRESH_SUCCEEDED, "luid-a");
	int64_t deleted;
	bool is_more;
	OWNED(store)
	store = store_open(&(struct store_address){ .url = folder.url }, STORE_WRITE, &err);

	note(store, &err);
	if (!store)
		return;
	ask_all(store);
	for (int step = 0; step < 2; step++) {
		bool is_done = store_begin(store, &err);
		if (is_done) {
			is_done =
				step ? store_prune(
					       store, (struct wall){ 1006 }, 50, &deleted, &err) &&
						store_give_back(store, 16, &is_more, &err)
				     : store_add_event(store, &event, NULL, &err) != ADDED_FAILED &&
						store_put_refresh(store, &refresh, &err) &&
						store_put_note(store, "wev_3", "x", &err);
			if (is_done)
				is_done = store_commit(store, &err);
			else
				store_rollback(store);
		}
		note(is_done, &err);
	}
	store_settle(store);
}

static void damage_in_any_page_is_survived(void **state)
{
	struct error err = { 0 };
	OWNED_TEXT struct text whole = TEXT(TEXT_UNBOUNDED);
	char path[160];

	(void)state;
	fill_store();
	snprintf(path, sizeof path, "%s/state/state.db", folder.path);
	must(file_read(path, &whole, &err));
	assert_int_equal(whole.length % PAGE_BYTES, 0);
	assert_true(whole.length > 40 * PAGE_BYTES);
	OWNED_MEMORY char *bytes = mem_copy_bytes(whole.at, whole.length);
	for (size_t page = 0; page < whole.length / PAGE_BYTES; page++) {
		for (int way = 0; way < WAYS; way++) {
			random_state = page * 1000 + (size_t)way;
			memcpy(bytes, whole.at, whole.length);
			damage(bytes + page * PAGE_BYTES, way);
			write_database(bytes, whole.length);
			read_it();
			write_it();
		}
	}
	assert_true(failed_count > 100 && answered_count > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_test(damage_in_any_page_is_survived),
	};
	return cmocka_run_group_tests_name("damaged store", tests, NULL, NULL);
}
