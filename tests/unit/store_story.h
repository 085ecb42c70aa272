/*
 * tests/unit/store_story.h - groups of rows that are written one after the other, what their writer
 * was told of each, and the proof that a store keeps to it. For the tests of disks that fail and of
 * processes that are killed.
 */
#pragma once
#include "tests/unit/failing_vfs.h"
#include "tests/unit/store_folder.h"

static char *during; /* which run it is, for the message of a failure */

#define GROUPS 5
/* A story that is told again by another process writes more of them. */
#define MOST_GROUPS (2 * GROUPS)

struct told {                       /* to the writer */
	bool is_kept[MOST_GROUPS];  /* the commit succeeded */
	bool is_taken[MOST_GROUPS]; /* it failed, and a later transaction began: it is not there */
	int failed;                 /* transactions */
	bool is_opened;
};

/* Each failure has its reason. */
static inline bool failed_with_reason(const struct error *err)
{
	assert_true(strlen(err->message) > 10 && err->kind != ERROR_NONE);
	return false;
}

/* Large enough for several pages, so that a group is no single write. */
static char story_body[9000];

static inline bool story_rows(struct store *store, int group, struct error *err)
{
	char name[24], text[24];
	int64_t selection;

	snprintf(name, sizeof name, "wev_%d", group);
	snprintf(text, sizeof text, "of group %d", group);
	memset(story_body, 'a' + group, sizeof story_body);

	struct event_row event = event_of(name);
	event.run_id = text;
	event.body = (struct str){ story_body, sizeof story_body };
	if (store_add_event(store, &event, &selection, err) == ADDED_FAILED)
		return false;

	struct refresh_row refresh = refresh_of(2 * (group + 1), REFRESH_SUCCEEDED, name);
	struct cause_row cause = {
		.refresh = refresh.id, .event = event.id, .rule = "nightly", .selection = selection
	};
	struct spent spent = { .site = "finance", .at = { group + 1 }, .count = group };
	struct command_row command = { .at = { group + 1 },
		.who = "admin",
		.verb = "retry",
		.subject = refresh.id,
		.site = "" };
	return store_put_refresh(store, &refresh, err) && store_put_cause(store, &cause, err) &&
	       store_put_spent(store, &spent, err) && store_put_pause(store, name, "admin", err) &&
	       store_add_command(store, &command, err) && store_put_note(store, name, text, err) &&
	       store_end_selection(store, selection, err);
}

/* As the journal does. */
static inline void story_group(struct store *store, int group, struct told *told)
{
	struct error err = { 0 };

	if (!store_begin(store, &err)) {
		IGNORE(failed_with_reason(&err));
		told->failed++;
		return;
	}
	for (int before = 0; before < group; before++)
		told->is_taken[before] = !told->is_kept[before];
	if (!story_rows(store, group, &err)) {
		store_rollback(store);
		IGNORE(failed_with_reason(&err));
		told->failed++;
	} else if (!store_commit(store, &err)) {
		IGNORE(failed_with_reason(&err));
		told->failed++;
	} else {
		told->is_kept[group] = true;
	}
}

/* The rows are older than anything that is pruned. */
static inline void story_prune(struct store *store, struct told *told)
{
	struct error err = { 0 };
	int64_t deleted;
	bool is_more, is_done = store_begin(store, &err);

	if (is_done) {
		is_done = store_prune(store, (struct wall){ 1 }, 50, &deleted, &err) &&
			  store_give_back(store, 16, &is_more, &err);
		if (is_done)
			is_done = store_commit(store, &err);
		else
			store_rollback(store);
	}
	if (!is_done) {
		IGNORE(failed_with_reason(&err));
		told->failed++;
	}
}

static void (*story_before_close)(void); /* NULL: nothing */

/* A life of the daemon, from this group on: `told` is changed as it goes. */
static inline void story(int first, struct told *told)
{
	struct error err = { 0 };
	struct store *store =
		store_open(&(struct store_address){ .url = folder.url }, STORE_WRITE, &err);

	told->is_opened = store;
	if (!store) {
		IGNORE(failed_with_reason(&err));
		return;
	}
	for (int group = first; group < first + GROUPS; group++) {
		if (group == first + GROUPS / 2)
			story_prune(store, told);
		story_group(store, group, told);
		store_tidy(store, false);
	}
	if (story_before_close)
		story_before_close();
	store_settle(store);
	store_close(store);
}

/* ---- what is there ---- */

struct story_found {
	int events[MOST_GROUPS], refreshes[MOST_GROUPS], causes[MOST_GROUPS], spents[MOST_GROUPS],
		pauses[MOST_GROUPS], notes[MOST_GROUPS], commands[MOST_GROUPS];
};

static inline int story_group_of(const char *name)
{
	int group = -1;

	assert_int_equal(sscanf(name, "wev_%d", &group), 1);
	assert_in_range(group, 0, MOST_GROUPS - 1);
	return group;
}

static inline bool story_event(const struct event_row *row, void *context)
{
	struct story_found *found = context;
	int group = story_group_of(row->event_id);

	assert_int_equal(row->body.length, sizeof story_body);
	for (size_t i = 0; i < row->body.length; i++)
		assert_int_equal(row->body.at[i], 'a' + group);
	assert_string_equal(row->ruleset, "sha256:aa");
	found->events[group]++;
	return true;
}

static inline bool story_refresh(
	const struct refresh_row *row, const struct cause_row *causes, size_t count, void *context)
{
	struct story_found *found = context;
	int group = story_group_of(row->content.luid);

	found->refreshes[group]++;
	found->causes[group] += (int)count;
	for (size_t i = 0; i < count; i++)
		assert_string_equal(causes[i].rule, "nightly");
	return true;
}

static inline bool story_spent(const struct spent *spent, void *context)
{
	((struct story_found *)context)->spents[spent->count]++;
	return true;
}

static inline bool story_pause(const char *site, const char *by, void *context)
{
	assert_string_equal(by, "admin");
	((struct story_found *)context)->pauses[story_group_of(site)]++;
	return true;
}

static inline bool story_note(const char *key, const char *value, void *context)
{
	int group = story_group_of(key);
	char text[24];

	snprintf(text, sizeof text, "of group %d", group);
	assert_string_equal(value, text);
	((struct story_found *)context)->notes[group]++;
	return true;
}

static inline bool story_command(const struct command_row *row, void *context)
{
	((struct story_found *)context)->commands[row->at.us - 1]++;
	return true;
}

static inline bool story_selection(const struct selected_row *row, void *context)
{
	(void)row, (void)context;
	fail_msg("a selection is open"); /* each is ended in its own transaction */
	return false;
}

/* A new start on the same files: all of them can be read, and hold what was told. */
static inline void assert_story(const struct told *told)
{
	struct error err = { 0 };
	struct story_found found = { .events = { 0 } };
	struct store_filter all = { .limit = 1000 };
	struct store_health health;
	OWNED(arena) arena = arena_new();
	OWNED(store) store = open_store(STORE_WRITE);

	must(store_list_events(store, &all, story_event, &found, &err));
	must(store_list_refreshes(store, &all, story_refresh, &found, &err));
	must(store_load_spent(store, NULL, story_spent, &found, &err));
	must(store_load_pauses(store, NULL, story_pause, &found, &err));
	must(store_load_notes(store, "", story_note, &found, &err));
	must(store_load_open_selections(store, NULL, story_selection, NULL, &err));
	for (int group = 0; group < MOST_GROUPS; group++)
		must(store_list_commands(store, 2 * (group + 1), story_command, &found, &err));
	for (int group = 0; group < MOST_GROUPS; group++) {
		int here = found.events[group];

		assert_in_range(here, 0, 1);
		if (told->is_kept[group] && !here)
			fail_msg("%s: group %d was told as kept, and is not there", during, group);
		if (told->is_taken[group] && here)
			fail_msg("%s: group %d was told as failed, and is there", during, group);
		assert_int_equal(found.refreshes[group], here);
		assert_int_equal(found.causes[group], here);
		assert_int_equal(found.spents[group], here);
		assert_int_equal(found.pauses[group], here);
		assert_int_equal(found.notes[group], here);
		assert_int_equal(found.commands[group], here);
	}
	must(store_examine(&(struct store_address){ .url = folder.url }, arena, &health, &err));
	assert_string_equal(health.damage, "");
}
