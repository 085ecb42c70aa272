/*
 * store/sqlite/examine.c - the state of the database and its files, for people.
 */
#include "store/sqlite/sqlite.h"
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

/* Reads all of the database, also while others write: what is compared is of one moment. */
static bool check(struct sqlite *store, struct arena *arena, const char **damage, struct error *err)
{
	sqlite3_stmt *query = NULL;
	bool is_read = sqlite3_prepare_v2(store->database, "PRAGMA integrity_check(1)", -1, &query,
			       NULL) == SQLITE_OK &&
		       sqlite3_step(query) == SQLITE_ROW;

	if (is_read && !text_is(query_column_text(query, 0), "ok"))
		*damage = arena_text(arena, query_column_text(query, 0));
	else if (!is_read && (sqlite3_errcode(store->database) == SQLITE_CORRUPT))
		*damage = arena_text(arena, sqlite3_errmsg(store->database));
	else if (!is_read)
		IGNORE(sqlite_fail(store, "check it", err)); /* false, like is_read */
	IGNORE(sqlite3_finalize(query));                     /* repeats a reported failure */
	return is_read || **damage;
}

static int64_t bytes_of(const char *path, const char *ending)
{
	OWNED_MEMORY char *whole = mem_printf("%s%s", path, ending);
	struct stat about;

	return stat(whole, &about) ? 0 : about.st_size;
}

/*
 * File systems of other machines, by their numbers in statfs(2). A WAL's index is shared by the
 * processes of one machine only (sqlite.org/wal.html, section 1), and so may a lock be (nfs(5),
 * local_lock; mount.cifs(8), nobrl).
 */
static const struct {
	uint32_t number;
	const char *name;
} networks[] = {
	{ 0x6969, "NFS" },
	{ 0xff534d42, "SMB" },
	{ 0xfe534d42, "SMB" },
	{ 0x517b, "SMB" },
	{ 0x01021997, "9P" },
	{ 0x5346414f, "AFS" },
	{ 0x6b414653, "AFS" },
	{ 0x00c36400, "CephFS" },
};

/* NULL: it is this machine's, or it cannot be told (FUSE). */
static const char *network_of(const char *path)
{
	struct statfs about;

	for (size_t i = 0; !statfs(path, &about) && i < sizeof networks / sizeof *networks; i++)
		if ((uint32_t)about.f_type == networks[i].number)
			return networks[i].name;
	return NULL;
}

bool sqlite_examine(
	struct store *base, struct arena *arena, struct store_health *health, struct error *err)
{
	struct sqlite *store = sqlite_of(base);
	int64_t page_bytes = 0, free_pages = 0;
	struct statvfs disk;

	if (!check(store, arena, &health->damage, err))
		return false;
	if (!*health->damage &&
		(!sqlite_number(store, "PRAGMA page_size", "examine it", &page_bytes, err) ||
			!sqlite_number(
				store, "PRAGMA freelist_count", "examine it", &free_pages, err)))
		return false;
	health->free_bytes = free_pages * page_bytes;
	health->bytes = bytes_of(store->path, "");
	health->wal_bytes = bytes_of(store->path, "-wal");
	if (!statvfs(store->path, &disk)) {
		health->disk_bytes = (int64_t)disk.f_blocks * (int64_t)disk.f_frsize;
		health->disk_free = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
	}
	health->network = network_of(store->path);
	health->holder = lock_holder(store->path);
	return true;
}
