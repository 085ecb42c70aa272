/* tests/unit/store_sample.h - a database as an earlier release left it
 * (tests/samples/store/README.md). */
#pragma once
#include "tests/unit/store_folder.h"
#include <sys/stat.h>

static inline char *sample(const char *name, const char *suffix)
{
	char path[300];
	const char *top = getenv("srcdir");
	OWNED_TEXT struct text all = TEXT(TEXT_UNBOUNDED);
	char part[4096];
	size_t length;

	snprintf(path, sizeof path, "%s/tests/samples/store/%s.%s", top ? top : ".", name, suffix);
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("%s cannot be opened", path);
	while ((length = fread(part, 1, sizeof part, file)) > 0)
		text_add_str(&all, (struct str){ part, length });
	fclose(file);
	return mem_copy_text(all.at);
}

/* As the store of the folder. */
static inline void put_sample(const char *release)
{
	OWNED_MEMORY char *sql = sample(release, "sql");
	char path[160], *message = NULL;
	sqlite3 *database = NULL;

	snprintf(path, sizeof path, "%s/state", folder.path);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/state/state.db", folder.path);
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	if (sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", release, message);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}
