/* tests/unit/store_folder.h - a temporary folder with a store in it, and rows to write. For the
 * tests of store/. */
#pragma once
#include "store/sqlite/sqlite.h"
#include "tests/unit/test.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct store_folder {
	char path[64]; /* "/tmp/store-XXXXXX" */
	char url[128];
};

static struct store_folder folder;

static inline int store_folder_setup(void **state)
{
	const char *parent = getenv("TMPDIR");

	(void)state;
	snprintf(folder.path, sizeof folder.path, "%.40s/store-XXXXXX", parent ? parent : "/tmp");
	if (!mkdtemp(folder.path))
		return -1;
	snprintf(folder.url, sizeof folder.url, "sqlite:%s/state/state.db", folder.path);
	return 0;
}

static inline int store_folder_remove_one(
	const char *path, const struct stat *about, int type, struct FTW *walk)
{
	(void)about, (void)type, (void)walk;
	return remove(path);
}

static inline int store_folder_teardown(void **state)
{
	(void)state;
	return nftw(folder.path, store_folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define store_test(name)                                                                           \
	cmocka_unit_test_setup_teardown(name, store_folder_setup, store_folder_teardown)

/* The same with a store in memory: every driver must pass. */
static inline int store_memory_setup(void **state)
{
	int failed = store_folder_setup(state);

	snprintf(folder.url, sizeof folder.url, "memory:%s", folder.path);
	return failed;
}

#define must(call)                                                                                 \
	do {                                                                                       \
		if (!(call))                                                                       \
			fail_msg("%s: %s", #call, err.message);                                    \
	} while (0)

static inline struct store *open_store(enum store_mode mode)
{
	struct error err = { 0 };
	struct store *store = store_open(&(struct store_address){ .url = folder.url }, mode, &err);

	must(store != NULL);
	return store;
}

static const int64_t positions[] = { 0, 1 };

static inline struct event_row event_of(const char *event_id)
{
	return (struct event_row){
		.source = "dbt-prod",
		.webhook_id = *event_id ? "wsu_1" : "",
		.event_id = event_id,
		.received_at = { 1000 },
		.finished_at = { 900 },
		.outcome = "routed",
		.type = "job.run.completed",
		.job_id = "1001",
		.run_id = "7",
		.matched = "[\"nightly\"]",
		.ruleset = "sha256:aa",
		.body = STR("{}"),
		.selections = "[{\"site\":\"finance\"},{\"site\":\"board\"}]",
		.open_count = 1,
		.open = positions,
	};
}

static inline struct refresh_row refresh_of(int64_t id, enum refresh_state state, const char *luid)
{
	return (struct refresh_row){
		.id = id,
		.site = "finance",
		.content = { CONTENT_WORKBOOK, luid, "Revenue", "Finance/Daily" },
		.state = state,
		.reason = "",
		.priority = 50,
		.created_at = { 10 },
		.ended_at = { refresh_state_is_open(state) ? 0 : 20 },
		.job_id = "",
	};
}

static inline int64_t add(struct store *store, struct event_row row)
{
	struct error err = { 0 };

	must(store_begin(store, &err));
	must(store_add_event(store, &row, NULL, &err) == ADDED_NEW);
	must(store_commit(store, &err));
	return row.id;
}

/* Visited ids as text: "5 3 1", a refresh with its causes: "4(1/a 3/b)". */
struct seen {
	char text[400];
	int most; /* stop after this many; 0: never */
	int count;
};

static inline void seen_add(struct seen *seen, const char *more)
{
	size_t length = strlen(seen->text);

	snprintf(seen->text + length, sizeof seen->text - length, "%s", more);
}

static inline bool see_event(const struct event_row *row, void *context)
{
	struct seen *seen = context;
	char id[32];

	snprintf(id, sizeof id, "%s%lld", seen->count++ ? " " : "", (long long)row->id);
	seen_add(seen, id);
	return seen->count != seen->most;
}

static inline bool see_refresh(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	struct seen *seen = context;
	char more[200];

	snprintf(more, sizeof more, "%s%lld(", seen->count++ ? " " : "", (long long)row->id);
	seen_add(seen, more);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(causes[i].refresh, row->id);
		snprintf(more, sizeof more, "%s%lld/%s", i ? " " : "", (long long)causes[i].event,
			causes[i].rule);
		seen_add(seen, more);
	}
	seen_add(seen, ")");
	return seen->count != seen->most;
}

/* The nth of the selections, printed. The caller frees it. */
static inline char *selected_text(const struct selected_row *row, size_t n)
{
	OWNED_JSON list = cJSON_Parse(row->selections); /* numbers as they are */

	assert_non_null(list);
	return cJSON_PrintUnformatted(cJSON_GetArrayItem(list, (int)row->positions[n]));
}

static inline bool see_selected(const struct selected_row *row, void *context)
{
	struct seen *seen = context;
	char more[200];

	for (size_t i = 0; i < row->count; i++) {
		OWNED_MEMORY char *selection = selected_text(row, i);

		snprintf(more, sizeof more, "%s%lld:%s@%lld", seen->count++ ? " " : "",
			(long long)row->event, selection, (long long)row->finished_at.us);
		seen_add(seen, more);
	}
	return seen->count != seen->most;
}

/* A function, because names inside a macro would shadow its caller's. */
static inline void check_events(
	struct store *store, const struct store_filter *filter, const char *expected)
{
	struct seen seen = { .text = "" };
	struct error err = { 0 };

	must(store_list_events(store, filter, see_event, &seen, &err));
	assert_string_equal(seen.text, expected);
}

static inline void check_refreshes(
	struct store *store, const struct store_filter *filter, const char *expected)
{
	struct seen seen = { .text = "" };
	struct error err = { 0 };

	must(store_list_refreshes(store, filter, see_refresh, &seen, &err));
	assert_string_equal(seen.text, expected);
}

#define assert_events(store, expected, ...)                                                        \
	check_events((store), &(struct store_filter){ __VA_ARGS__ }, (expected))
#define assert_refreshes(store, expected, ...)                                                     \
	check_refreshes((store), &(struct store_filter){ __VA_ARGS__ }, (expected))
