/*
 * store/sqlite/place.c - checks that the store's files are still those that were opened.
 *
 * A file that is removed or replaced while a connection has it open still takes writes, which no
 * later start finds (sqlite.org/howtocorrupt.html, section 2.4). So that a daemon whose database is
 * replaced by a backup promises nothing, the names are looked up again before and after each
 * commit. A file that is overwritten in place keeps its inode, but an older copy is mostly smaller,
 * and a database shrinks only to a size that it told before (prune.c). Its time of change shows
 * more when the daemon is at rest (checkpointer_is_overwritten()); else it also changes when the
 * WAL is copied, by us or by another program.
 */
#include "store/sqlite/sqlite.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *const endings[PLACE_FILES] = { "", "-wal", "-shm" };

static bool look_up(const char *database, size_t index, struct place_file *file, struct error *err)
{
	OWNED_MEMORY char *path = mem_printf("%s%s", database, endings[index]);
	struct stat about;

	if (stat(path, &about))
		return error_fail(err, ERROR_SYSTEM,
			"store %s: %s: %s; nothing is accepted until it is back or the daemon is"
			" started again",
			database, path, strerror(errno));
	*file = (struct place_file){ about.st_dev, about.st_ino, about.st_size,
		about.st_mtim.tv_sec * INT64_C(1000000000) + about.st_mtim.tv_nsec };
	return true;
}

static bool read_size(struct sqlite *store, int64_t *bytes, struct error *err)
{
	int64_t pages, page_bytes;

	if (!sqlite_number(store, "PRAGMA page_count", "read its size", &pages, err) ||
		!sqlite_number(store, "PRAGMA page_size", "read its size", &page_bytes, err))
		return false;
	*bytes = pages * page_bytes;
	return true;
}

static void allow(struct sqlite *store, int64_t bytes)
{
	if (bytes < store->least_bytes)
		store->least_bytes = bytes;
}

bool place_promise_size(struct sqlite *store, struct error *err)
{
	return read_size(store, &store->promised_bytes, err);
}

void place_keep_promise(struct sqlite *store, bool is_committed)
{
	if (is_committed && store->promised_bytes)
		allow(store, store->promised_bytes);
	store->promised_bytes = 0;
}

bool place_note(struct sqlite *store, struct error *err)
{
	struct place_file now[PLACE_FILES];

	for (size_t i = 0; i < PLACE_FILES; i++)
		if (!look_up(store->path, i, &now[i], err))
			return false;
	memcpy(store->place, now, sizeof now);
	/* A life before may have given pages back of which the file does not know yet. */
	int64_t bytes;
	if (!read_size(store, &bytes, err))
		return false;
	allow(store, bytes);
	return true;
}

static bool is_same(const struct place_file *a, const struct place_file *b)
{
	return a->device == b->device && a->inode == b->inode;
}

bool place_is(const char *path, struct place_file files[static PLACE_FILES])
{
	for (size_t i = 0; i < PLACE_FILES; i++) {
		struct place_file now;
		struct error ignored;

		if (!look_up(path, i, &now, &ignored) || !is_same(&now, &files[i]))
			return false;
		files[i] = now;
	}
	return true;
}

static bool fail(const struct sqlite *store, size_t index, const char *what, struct error *err)
{
	return error_fail(err, ERROR_SYSTEM,
		"store %s: %s%s %s while it was in use; nothing is accepted until the old one is"
		" back or the daemon is started again",
		store->path, store->path, endings[index], what);
}

static bool holds(struct sqlite *store, size_t count, struct error *err)
{
	/* Read before the file's size, because the file may grow in between. */
	int64_t copied = checkpointer_size(store->checkpointer);
	bool is_whole = store->checkpointer && checkpointer_is_whole(store->checkpointer);
	struct place_file now;

	for (size_t i = 0; i < count; i++) {
		struct place_file *known = &store->place[i];

		if (!look_up(store->path, i, &now, err))
			return false;
		if (!is_same(&now, known))
			return fail(store, i, "was replaced", err);
		/* Only the database: another program may have emptied the WAL. */
		if (i == 0 && now.size < store->least_bytes &&
			(now.size < known->size || now.size < copied))
			return fail(store, i, "became smaller", err);
		if (i == 0 && checkpointer_is_overwritten(
				      store->checkpointer, store->database, now.changed_at))
			return fail(store, i, "was overwritten", err);
		known->size = now.size;
	}
	/* The file has become as small as it will. */
	if (is_whole)
		store->least_bytes = INT64_MAX;
	return true;
}

bool place_holds(struct sqlite *store, struct error *err)
{
	return holds(store, PLACE_FILES, err);
}

bool place_holds_database(struct sqlite *store, struct error *err)
{
	return holds(store, 1, err);
}

bool sqlite_sizes(const struct store *store, int64_t *database, int64_t *wal)
{
	struct place_file files[2];
	struct error ignored;

	for (size_t i = 0; i < 2; i++)
		if (!look_up(sqlite_of(store)->path, i, &files[i], &ignored))
			return false;
	*database = files[0].size;
	*wal = files[1].size;
	return true;
}
