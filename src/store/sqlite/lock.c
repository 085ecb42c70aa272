/*
 * store/sqlite/lock.c - one writer for each store: an exclusive lock on PATH.lock, which ends with
 * the process in any case.
 *
 * SQLite's own locks last for a transaction only. The lock file holds the pid, for the message of a
 * second process. It is never removed, because a third process may just have locked it.
 */
#include "store/sqlite/sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PID_TEXT_SIZE 24 /* 20 digits, line break, NUL */

/* 0: it is empty, as while the process that has it is just starting. */
static int64_t read_pid(int lock)
{
	char text[PID_TEXT_SIZE];
	ssize_t length = pread(lock, text, sizeof text, 0);
	int64_t pid = 0;

	if (length <= 0 || !str_to_count(str_trim((struct str){ text, (size_t)length }), &pid))
		return 0;
	return pid;
}

static bool say_who_has_it(int lock, const char *path, struct error *err)
{
	int64_t pid = read_pid(lock);

	if (pid)
		return error_fail(err, ERROR_TRANSIENT,
			"store %s is in use by process %lld; stop it, or give this one another"
			" `store`",
			path, (long long)pid);
	return error_fail(err, ERROR_TRANSIENT,
		"store %s is in use by another process; stop it, or give this one another `store`",
		path);
}

int lock_take(const char *path, struct error *err)
{
	OWNED_MEMORY char *lock_path = mem_printf("%s.lock", path);
	char text[PID_TEXT_SIZE];
	int length = snprintf(text, sizeof text, "%lld\n", (long long)getpid());
	int lock;

	lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	if (lock < 0) {
		IGNORE(error_fail(err, error_kind_of(errno), "store %s: cannot open %s: %s", path,
			lock_path, strerror(errno))); /* false; -1 is returned */
		return -1;
	}
	if (flock(lock, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			IGNORE(say_who_has_it(lock, path, err));
		else
			IGNORE(error_fail(err, ERROR_SYSTEM, "store %s: cannot lock %s: %s", path,
				lock_path, strerror(errno)));
		close(lock);
		return -1;
	}
	/*
	 * On a full disk it stays empty: the lock holds all the same, only the message then lacks
	 * the pid.
	 */
	IGNORE(ftruncate(lock, 0) || pwrite(lock, text, (size_t)length, 0) != length);
	return lock;
}

bool lock_keep(const char *path, int *lock, struct error *err)
{
	OWNED_MEMORY char *lock_path = mem_printf("%s.lock", path);
	int kept = open(lock_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);

	*lock = -1;
	if (kept < 0)
		return errno == ENOENT ||
		       error_fail(err, error_kind_of(errno), "store %s: cannot open %s: %s", path,
			       lock_path, strerror(errno));
	if (!flock(kept, LOCK_EX | LOCK_NB)) {
		*lock = kept;
		return true;
	}
	if (errno == EWOULDBLOCK)
		IGNORE(say_who_has_it(kept, path, err)); /* false, which is returned below */
	else
		IGNORE(error_fail(err, ERROR_SYSTEM, "store %s: cannot lock %s: %s", path,
			lock_path, strerror(errno)));
	close(kept);
	return false;
}

void lock_release(int lock)
{
	if (lock < 0)
		return;
	/* Ignored, because the pid is only for messages. */
	IGNORE(ftruncate(lock, 0));
	close(lock);
}

/* The lock itself is not tried, because that could keep a daemon from starting. */
int64_t lock_holder(const char *path)
{
	OWNED_MEMORY char *lock_path = mem_printf("%s.lock", path);
	int lock = open(lock_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	int64_t pid = lock < 0 ? 0 : read_pid(lock);

	if (lock >= 0)
		close(lock);
	OWNED_MEMORY char *program = mem_printf("/proc/%lld/exe", (long long)pid);
	struct stat about;
	/* After a kill the number stays, and may be another program's. */
	return pid && !lstat(program, &about) ? pid : 0;
}
