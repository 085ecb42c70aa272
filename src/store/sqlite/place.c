/*
 * store/sqlite/place.c - are the store's files still the ones that were opened?
 *
 * A file that is removed or replaced while a connection has it open goes on taking writes that no
 * later start will find (sqlite.org/howtocorrupt.html, section 2.4). So whoever restores a backup
 * under a running daemon must not get a promise from it: before and after each commit the names
 * are looked up again. What is overwritten in place keeps its inode and is not noticed.
 */
#include "store/sqlite/sqlite.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *const endings[PLACE_FILES] = { "", "-wal", "-shm" };

static bool look_up(
	const struct sqlite *store, size_t index, struct place_file *file, struct error *err)
{
	OWNED_MEMORY char *path = NULL;
	struct stat about;

	if (asprintf(&path, "%s%s", store->path, endings[index]) < 0)
		abort();
	if (stat(path, &about))
		return error_fail(err, ERROR_SYSTEM,
			"store %s: %s: %s; nothing is accepted until it is back or the daemon is"
			" started again",
			store->path, path, strerror(errno));
	*file = (struct place_file){ about.st_dev, about.st_ino };
	return true;
}

bool place_note(struct sqlite *store, struct error *err)
{
	struct place_file now[PLACE_FILES];

	for (size_t i = 0; i < PLACE_FILES; i++)
		if (!look_up(store, i, &now[i], err))
			return false;
	memcpy(store->place, now, sizeof now);
	return true;
}

static bool holds(const struct sqlite *store, size_t count, struct error *err)
{
	struct place_file now;

	for (size_t i = 0; i < count; i++) {
		if (!look_up(store, i, &now, err))
			return false;
		if (now.device != store->place[i].device || now.inode != store->place[i].inode)
			return error_fail(err, ERROR_SYSTEM,
				"store %s: %s%s was replaced while it was in use; nothing is"
				" accepted until the old one is back or the daemon is started"
				" again",
				store->path, store->path, endings[i]);
	}
	return true;
}

bool place_holds(const struct sqlite *store, struct error *err)
{
	return holds(store, PLACE_FILES, err);
}

bool place_holds_database(const struct sqlite *store, struct error *err)
{
	return holds(store, 1, err);
}
