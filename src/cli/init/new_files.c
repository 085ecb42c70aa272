/*
 * cli/init/new_files.c - writes files under temporary names, then gives all of them their names.
 *
 * A file is NOTHING, then WRITTEN (under its temporary name), then NAMED. Whatever has been done is
 * undone from the state of each file.
 */
#include "cli/init/new_files.h"
#include "base/arena.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum progress { NOTHING, WRITTEN, NAMED };

struct writing {
	const char *folder;
	bool is_folder_new;
	int fd; /* of the folder */
	const struct new_file *files;
	size_t count;
	enum progress *progress;
	const char **temporary;
	bool *is_subfolder_new; /* made for this file */
	struct arena *arena;
};

/* ---- names ---- */

/* "rules" of "rules/a.yaml", or NULL. */
static const char *subfolder(const struct writing *writing, size_t i)
{
	const char *path = writing->files[i].path, *slash = strrchr(path, '/');
	return slash ? arena_str(writing->arena, (struct str){ path, (size_t)(slash - path) })
		     : NULL;
}

/* A hidden name beside the file's own, which no walk takes for rules. */
static const char *temporary_name(const struct writing *writing, size_t i)
{
	const char *path = writing->files[i].path, *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	return arena_printf(
		writing->arena, "%.*s.%s.%ld.new", (int)(name - path), path, name, (long)getpid());
}

void new_files_find(
	const char *folder, const struct new_file *files, size_t count, struct text *there)
{
	struct stat status;
	for (size_t i = 0; i < count; i++) {
		OWNED_TEXT struct text path = TEXT(TEXT_UNBOUNDED);
		text_printf(&path, "%s/%s", folder, files[i].path);
		if (!lstat(path.at, &status))
			text_printf(there, "  %s\n", files[i].path);
	}
}

/* ---- doing ---- */

static bool failed(const struct writing *writing, const char *path, struct error *err)
{
	return error_fail(err, errno == EEXIST ? ERROR_INPUT : ERROR_SYSTEM, "%s/%s: %s",
		writing->folder, path, strerror(errno));
}

static bool open_folder(struct writing *writing, struct error *err)
{
	writing->is_folder_new = !mkdir(writing->folder, 0777);
	if (writing->is_folder_new || errno == EEXIST)
		writing->fd = open(writing->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return writing->fd >= 0 ||
	       error_fail(err, ERROR_INPUT, "%s: %s", writing->folder, strerror(errno));
}

static bool make_subfolder(struct writing *writing, size_t i, struct error *err)
{
	struct stat status;
	const char *name = subfolder(writing, i);
	if (!name)
		return true;
	writing->is_subfolder_new[i] = !mkdirat(writing->fd, name, 0777);
	if (writing->is_subfolder_new[i])
		return true;
	if (errno == EEXIST && !fstatat(writing->fd, name, &status, AT_SYMLINK_NOFOLLOW)) {
		if (S_ISDIR(status.st_mode))
			return true;
		return error_fail(
			err, ERROR_INPUT, "%s/%s: this is no folder", writing->folder, name);
	}
	return failed(writing, name, err);
}

static bool write_bytes(int fd, struct str bytes)
{
	while (bytes.length) {
		ssize_t written = write(fd, bytes.at, bytes.length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		bytes.at += written;
		bytes.length -= (size_t)written;
	}
	return true;
}

static bool write_temporary(struct writing *writing, size_t i, struct error *err)
{
	const char *name = writing->temporary[i];
	int fd = openat(
		writing->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0)
		return failed(writing, name, err);
	writing->progress[i] = WRITTEN;
	bool is_written = write_bytes(fd, writing->files[i].bytes);
	int cause = errno;
	bool is_closed = !close(fd); /* some disks report here that they are full */
	if (is_written && is_closed)
		return true;
	errno = is_written ? errno : cause;
	return failed(writing, writing->files[i].path, err);
}

/* Never replaces what is there. Not every file system can rename so; all others can link. */
static bool give_name(struct writing *writing, size_t i, struct error *err)
{
	const char *from = writing->temporary[i], *to = writing->files[i].path;
	if (!renameat2(writing->fd, from, writing->fd, to, RENAME_NOREPLACE)) {
		writing->progress[i] = NAMED;
		return true;
	}
	if (errno == EEXIST || linkat(writing->fd, from, writing->fd, to, 0))
		return failed(writing, to, err);
	unlinkat(writing->fd, from, 0);
	writing->progress[i] = NAMED;
	return true;
}

static bool do_all(struct writing *writing, struct error *err)
{
	if (!open_folder(writing, err))
		return false;
	for (size_t i = 0; i < writing->count; i++)
		if (!make_subfolder(writing, i, err) || !write_temporary(writing, i, err))
			return false;
	for (size_t i = 0; i < writing->count; i++)
		if (!give_name(writing, i, err))
			return false;
	return true;
}

/* ---- undoing ---- */

static void undo_all(const struct writing *writing)
{
	for (size_t i = writing->count; i-- > 0;) {
		if (writing->progress[i] != NOTHING)
			unlinkat(writing->fd,
				writing->progress[i] == NAMED ? writing->files[i].path
							      : writing->temporary[i],
				0);
		if (writing->is_subfolder_new[i])
			unlinkat(writing->fd, subfolder(writing, i), AT_REMOVEDIR);
	}
	if (writing->is_folder_new)
		rmdir(writing->folder);
}

/* A person's Ctrl-C, or the end of the terminal, comes before or after, never between. */
static void hold_signals(sigset_t *before)
{
	sigset_t ends;
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, before);
}

bool new_files_write(
	const char *folder, const struct new_file *files, size_t count, struct error *err)
{
	sigset_t before;
	OWNED(arena) arena = arena_new();
	struct writing writing = {
		.folder = folder,
		.fd = -1,
		.files = files,
		.count = count,
		.progress = arena_array(arena, enum progress, count),
		.temporary = arena_array(arena, const char *, count),
		.is_subfolder_new = arena_array(arena, bool, count),
		.arena = arena,
	};
	for (size_t i = 0; i < count; i++) {
		writing.progress[i] = NOTHING;
		writing.is_subfolder_new[i] = false;
		writing.temporary[i] = temporary_name(&writing, i);
	}
	hold_signals(&before);
	bool is_done = do_all(&writing, err);
	if (!is_done)
		undo_all(&writing);
	if (writing.fd >= 0)
		close(writing.fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return is_done;
}
