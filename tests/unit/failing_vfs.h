/*
 * tests/unit/failing_vfs.h - a disk, and memory, of which the n-th call fails; or the process is
 * killed there.
 *
 * failing_start() comes before SQLite is used, and stands between it and everything below it from
 * then on. Nothing is synced, because a process that is killed loses nothing that it wrote.
 */
#pragma once
#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum failing_call { /* bits */
	CALL_OPEN = 1 << 0,
	CALL_DELETE = 1 << 1,
	CALL_ACCESS = 1 << 2,
	CALL_READ = 1 << 3,
	CALL_WRITE = 1 << 4,
	CALL_TRUNCATE = 1 << 5,
	CALL_SYNC = 1 << 6,
	CALL_SIZE = 1 << 7,
	CALL_LOCK = 1 << 8,
	CALL_SHM_MAP = 1 << 9,
	CALL_SHM_LOCK = 1 << 10,
	CALL_MEMORY = 1 << 11,
	CALLS_ON_FILES = CALL_MEMORY - 1,
};

struct failing_plan {
	unsigned calls; /* of these, the one with the number `at` fails; 0: none does */
	long at;
	bool goes_on; /* and all after it */
	bool kills;   /* the process, before the call */
	int code;     /* that the call returns */
};

static struct failing_plan failing;
static atomic_long failing_count;  /* such calls since failing_plan() */
static atomic_long failing_hits;   /* of them failed */
static atomic_llong failing_bytes; /* that SQLite has and has not freed */

static inline void failing_plan(struct failing_plan plan)
{
	failing = (struct failing_plan){ .calls = 0 };
	atomic_store(&failing_count, 0);
	atomic_store(&failing_hits, 0);
	failing = plan;
}

/* SQLITE_OK: the call is made. */
static inline int failing_code(enum failing_call call)
{
	if (!(failing.calls & call))
		return SQLITE_OK;
	long number = atomic_fetch_add(&failing_count, 1) + 1;
	if (!failing.at || number < failing.at || (number > failing.at && !failing.goes_on))
		return SQLITE_OK;
	atomic_fetch_add(&failing_hits, 1);
	if (failing.kills)
		kill(getpid(), SIGKILL);
	return failing.code;
}

/* ---- files ---- */

static sqlite3_vfs *failing_real;

struct failing_file {
	sqlite3_file file; /* first member; the real one follows */
};

static inline sqlite3_file *failing_real_file(sqlite3_file *file)
{
	return (sqlite3_file *)(void *)((struct failing_file *)(void *)file + 1);
}

/* `call` may fail; else the real file's method. */
#define FAILING(call, file, method, ...)                                                           \
	int code_ = failing_code(call);                                                            \
	sqlite3_file *real_ = failing_real_file(file);                                             \
	return code_ ? code_ : real_->pMethods->method(real_, ##__VA_ARGS__)

static inline int failing_close(sqlite3_file *file)
{
	sqlite3_file *real = failing_real_file(file);
	return real->pMethods->xClose(real);
}

static inline int failing_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 at)
{
	FAILING(CALL_READ, file, xRead, bytes, length, at);
}

/* A write that fails for want of room has written a part. */
static inline int failing_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 at)
{
	int code = failing_code(CALL_WRITE);
	sqlite3_file *real = failing_real_file(file);
	int written = code ? length / 2 : length;
	int real_code = code && code != SQLITE_FULL
				? SQLITE_OK
				: real->pMethods->xWrite(real, bytes, written, at);

	return code ? code : real_code;
}

static inline int failing_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	FAILING(CALL_TRUNCATE, file, xTruncate, size);
}

static inline int failing_sync(sqlite3_file *file, int flags)
{
	(void)file, (void)flags;
	return failing_code(CALL_SYNC);
}

static inline int failing_size(sqlite3_file *file, sqlite3_int64 *size)
{
	FAILING(CALL_SIZE, file, xFileSize, size);
}

static inline int failing_lock(sqlite3_file *file, int level)
{
	FAILING(CALL_LOCK, file, xLock, level);
}

static inline int failing_unlock(sqlite3_file *file, int level)
{
	sqlite3_file *real = failing_real_file(file);
	return real->pMethods->xUnlock(real, level);
}

static inline int failing_check_lock(sqlite3_file *file, int *is_reserved)
{
	FAILING(CALL_LOCK, file, xCheckReservedLock, is_reserved);
}

static inline int failing_control(sqlite3_file *file, int operation, void *argument)
{
	sqlite3_file *real = failing_real_file(file);
	return real->pMethods->xFileControl(real, operation, argument);
}

static inline int failing_sector(sqlite3_file *file)
{
	sqlite3_file *real = failing_real_file(file);
	return real->pMethods->xSectorSize(real);
}

static inline int failing_traits(sqlite3_file *file)
{
	sqlite3_file *real = failing_real_file(file);
	return real->pMethods->xDeviceCharacteristics(real);
}

static inline int failing_shm_map(
	sqlite3_file *file, int region, int size, int extend, void volatile **at)
{
	FAILING(CALL_SHM_MAP, file, xShmMap, region, size, extend, at);
}

/* To unlock does not fail. */
static inline int failing_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	int code = flags & SQLITE_SHM_UNLOCK ? SQLITE_OK : failing_code(CALL_SHM_LOCK);
	sqlite3_file *real = failing_real_file(file);
	return code ? code : real->pMethods->xShmLock(real, offset, count, flags);
}

static inline void failing_shm_barrier(sqlite3_file *file)
{
	sqlite3_file *real = failing_real_file(file);
	real->pMethods->xShmBarrier(real);
}

static inline int failing_shm_unmap(sqlite3_file *file, int deletes)
{
	sqlite3_file *real = failing_real_file(file);
	return real->pMethods->xShmUnmap(real, deletes);
}

static const sqlite3_io_methods failing_methods = {
	.iVersion = 2,
	.xClose = failing_close,
	.xRead = failing_read,
	.xWrite = failing_write,
	.xTruncate = failing_truncate,
	.xSync = failing_sync,
	.xFileSize = failing_size,
	.xLock = failing_lock,
	.xUnlock = failing_unlock,
	.xCheckReservedLock = failing_check_lock,
	.xFileControl = failing_control,
	.xSectorSize = failing_sector,
	.xDeviceCharacteristics = failing_traits,
	.xShmMap = failing_shm_map,
	.xShmLock = failing_shm_lock,
	.xShmBarrier = failing_shm_barrier,
	.xShmUnmap = failing_shm_unmap,
};

static inline int failing_open(
	sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	sqlite3_file *real = failing_real_file(file);
	int code = failing_code(CALL_OPEN);

	(void)vfs;
	file->pMethods = NULL;
	real->pMethods = NULL;
	if (!code)
		code = failing_real->xOpen(failing_real, name, real, flags, out);
	if (real->pMethods)
		file->pMethods = &failing_methods;
	return code;
}

static inline int failing_delete(sqlite3_vfs *vfs, const char *name, int syncs)
{
	int code = failing_code(CALL_DELETE);

	(void)vfs, (void)syncs;
	return code ? code : failing_real->xDelete(failing_real, name, 0);
}

static inline int failing_access(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
	int code = failing_code(CALL_ACCESS);

	(void)vfs;
	return code ? code : failing_real->xAccess(failing_real, name, flags, result);
}

/* Who waits for a lock sleeps no real time. */
static inline int failing_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

/* ---- memory ---- */

static sqlite3_mem_methods failing_real_memory;

static inline void *failing_malloc(int size)
{
	void *block = failing_code(CALL_MEMORY) ? NULL : failing_real_memory.xMalloc(size);

	if (block)
		atomic_fetch_add(&failing_bytes, failing_real_memory.xSize(block));
	return block;
}

static inline void failing_free(void *block)
{
	atomic_fetch_sub(&failing_bytes, failing_real_memory.xSize(block));
	failing_real_memory.xFree(block);
}

static inline void *failing_realloc(void *block, int size)
{
	int before = failing_real_memory.xSize(block);
	void *moved = failing_code(CALL_MEMORY) ? NULL : failing_real_memory.xRealloc(block, size);

	if (moved)
		atomic_fetch_add(&failing_bytes, failing_real_memory.xSize(moved) - before);
	return moved;
}

static inline int failing_start(void)
{
	static sqlite3_vfs vfs;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &failing_real_memory);
	sqlite3_mem_methods memory = failing_real_memory;
	memory.xMalloc = failing_malloc;
	memory.xFree = failing_free;
	memory.xRealloc = failing_realloc;
	/* the store asks for the same, but then it is too late */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &memory) != SQLITE_OK ||
		sqlite3_initialize() != SQLITE_OK)
		return -1;
	failing_real = sqlite3_vfs_find(NULL);
	vfs = *failing_real;
	vfs.zName = "failing";
	vfs.szOsFile = (int)sizeof(struct failing_file) + failing_real->szOsFile;
	vfs.xOpen = failing_open;
	vfs.xDelete = failing_delete;
	vfs.xAccess = failing_access;
	vfs.xSleep = failing_sleep;
	return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK ? 0 : -1;
}
