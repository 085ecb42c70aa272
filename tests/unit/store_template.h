/*
 * tests/unit/store_template.h - a store that is put into a new folder for each run, and what it
 * says, to be compared with what it says afterwards. For the tests of disks that fail and of
 * processes that are killed.
 */
#pragma once
#include "base/file.h"
#include "tests/unit/store_asked.h"
#include "tests/unit/store_sample.h"
#include "tests/unit/store_story.h"

static struct text template;           /* its database file */
static struct text answers[QUESTIONS]; /* what it says */

static inline const char *path_in(const char *name)
{
	static char path[160];

	snprintf(path, sizeof path, "%s/%s", folder.path, name);
	return path;
}

static inline void put_file(const char *name, const char *bytes, size_t length)
{
	FILE *file = fopen(path_in(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

/* A folder with the template as its store. */
static inline void put_template(void)
{
	void *unused = NULL;

	assert_int_equal(store_folder_setup(&unused), 0);
	assert_int_equal(mkdir(path_in("state"), 0700), 0);
	put_file("state/state.db", template.at, template.length);
}

static inline void remove_template(void)
{
	void *unused = NULL;

	assert_int_equal(store_folder_teardown(&unused), 0);
}

/* The database file at `name` is the template from now on, and its answers those that are right. */
static inline void take_template(const char *name)
{
	struct error err = { 0 };

	text_clear(&template);
	template = TEXT(TEXT_UNBOUNDED);
	must(file_read(path_in(name), &template, &err));
	OWNED(store) store = open_store(STORE_WRITE);
	for (int question = 0; question < QUESTIONS; question++) {
		text_clear(&answers[question]);
		answers[question] = TEXT(TEXT_UNBOUNDED);
		must(ask(store, question, &answers[question], &err));
	}
}

static inline void clear_template(void)
{
	text_clear(&template);
	for (int question = 0; question < QUESTIONS; question++)
		text_clear(&answers[question]);
}

/* How many questions have failed; those that did not had the right answer. */
static inline int ask_all(struct store *store)
{
	int failed_count = 0;

	for (int question = 0; question < QUESTIONS; question++) {
		struct error err = { 0 };
		OWNED_TEXT struct text answer = TEXT(TEXT_UNBOUNDED);

		if (!ask(store, question, &answer, &err)) {
			failed_count += !failed_with_reason(&err);
		} else if (!text_is(answer.at, answers[question].at)) {
			fail_msg("%s: question %d: '%s' and not '%s'", during, question, answer.at,
				answers[question].at);
		}
	}
	return failed_count;
}

static inline void assert_whole(void)
{
	OWNED(store) store = open_store(STORE_WRITE);

	assert_int_equal(ask_all(store), 0);
}

static inline void fill_template(void)
{
	void *unused = NULL;

	assert_int_equal(store_folder_setup(&unused), 0);
	fill_store();
	take_template("state/state.db");
	remove_template();
}

/* ---- a copy ---- */

static inline bool goes_on_copying(void *context)
{
	(void)context;
	return true;
}

static inline bool take_copy(struct error *err)
{
	struct store_contents contents;
	OWNED_MEMORY char *path = mem_copy_text(path_in("copy"));
	const struct store_backup backup = { path, "1", goes_on_copying, NULL };
	OWNED(store)
	store = store_open(&(struct store_address){ .url = folder.url }, STORE_READ, err);

	return store && store_take_backup(store, &backup, &contents, err);
}

/* A copy that was never in use is the template. */
static inline void copy_template(void)
{
	void *unused = NULL;
	struct error err = { 0 };

	assert_int_equal(store_folder_setup(&unused), 0);
	fill_store();
	must(take_copy(&err));
	OWNED_MEMORY char *copy = mem_copy_text(path_in("copy"));
	assert_int_equal(unlink(path_in("state/state.db")), 0);
	assert_int_equal(rename(copy, path_in("state/state.db")), 0);
	take_template("state/state.db");
	assert_non_null(strstr(answers[QUESTIONS - 1].at, "16777"));
	remove_template();
}

/* A database of an earlier release is the template. */
static inline void sample_template(const char *release)
{
	void *unused = NULL;

	assert_int_equal(store_folder_setup(&unused), 0);
	put_sample(release);
	take_template("state/state.db");
	remove_template();
}
