/* base/file.c - reads whole files, and refuses what is not a regular file before a byte of it is
 * read. */
#include "base/file.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/units.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define WRITER_WAIT (5 * US_PER_SECOND) /* for the first writer of a pipe */
#define WRITER_LOOK_MS 50

const char *file_kind(const struct stat *status)
{
	switch (status->st_mode & S_IFMT) {
	case S_IFREG:
		return NULL;
	case S_IFDIR:
		return "a folder";
	case S_IFIFO:
		return "a pipe";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device";
	}
}

static bool too_large(const char *path, const struct text *text, struct error *err)
{
	char size[UNIT_TEXT_SIZE];
	return error_fail(err, ERROR_INPUT, "%s: larger than %s", path,
		units_format_size((int64_t)text->ceiling, size));
}

/* False when it is not a regular file, or is larger than `text` may grow. */
static bool check_status(
	const char *path, const struct stat *status, struct text *text, struct error *err)
{
	const char *kind = file_kind(status);
	if (kind)
		return error_fail(
			err, ERROR_INPUT, "%s: this is %s, not a regular file", path, kind);
	/* Checked before a byte is read: a sparse file of any size costs its author nothing. */
	if (status->st_size <= 0 || (size_t)status->st_size <= text->ceiling - text->length)
		return true;
	text->is_full = true;
	return too_large(path, text, err);
}

/*
 * -1 when it cannot be read. The file is checked before it is opened, because opening a device may
 * have effects, and again when it is open, because it may have been replaced. O_NONBLOCK: opening a
 * FIFO that took its place does not wait for a writer.
 */
static int open_regular(const char *path, struct text *text, struct error *err)
{
	struct stat status;
	int fd = -1;
	if (!stat(path, &status)) {
		if (!check_status(path, &status, text, err))
			return -1;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	}
	if (fd < 0 || fstat(fd, &status) < 0)
		error_fail(err, ERROR_INPUT, "%s: %s", path, strerror(errno));
	else if (check_status(path, &status, text, err))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool read_all(int fd, const char *path, struct text *text, struct error *err)
{
	char buffer[16384];
	ssize_t length;
	bool fits = true;
	while (fits && (length = read(fd, buffer, sizeof buffer)) > 0)
		fits = text_add_bytes(text, buffer, (size_t)length);
	int cause = errno;
	secret_wipe(buffer, sizeof buffer); /* secrets are read here too */
	if (!fits)
		return too_large(path, text, err);
	return length == 0 || error_fail(err, ERROR_INPUT, "%s: %s", path, strerror(cause));
}

bool file_read(const char *path, struct text *text, struct error *err)
{
	if (!strcmp(path, "-"))
		return read_all(STDIN_FILENO, path, text, err);
	int fd = open_regular(path, text, err);
	if (fd < 0)
		return false;
	bool is_read = read_all(fd, path, text, err);
	close(fd);
	return is_read;
}

/* ---- pipes ---- */

/* Has somebody opened the pipe for writing, or done so and gone? tee(2) says it and takes nothing
 * out of the pipe: 0 bytes mean that there is no writer, EAGAIN that he has not written yet. */
static bool has_writer(int fd)
{
	int copy[2];
	if (pipe2(copy, O_CLOEXEC) < 0)
		return true; /* then reading it waits for him */
	bool has = tee(fd, copy[1], 1, SPLICE_F_NONBLOCK) != 0;
	close(copy[0]);
	close(copy[1]);
	return has;
}

static bool wait_for_writer(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct mono end = mono_plus(clock_mono(), WRITER_WAIT);
	while (!has_writer(fd)) {
		if (poll(&poll_fd, 1, WRITER_LOOK_MS) > 0)
			return true; /* there are bytes, or he has gone again */
		if (clock_mono().us > end.us)
			return false;
	}
	return true;
}

/* Opens a pipe for reading. A named one that nobody ever writes to is given up. */
static int open_pipe(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fcntl(fd, F_SETFL, 0) < 0) {
		error_fail(err, ERROR_INPUT, "%s: %s", path, strerror(errno));
	} else if (!wait_for_writer(fd)) {
		error_fail(err, ERROR_INPUT, "%s: this is a pipe, and nobody writes to it", path);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

bool file_read_argument(const char *path, struct text *text, struct error *err)
{
	struct stat status;
	if (!strcmp(path, "-") || stat(path, &status) || !S_ISFIFO(status.st_mode))
		return file_read(path, text, err);
	int fd = open_pipe(path, err);
	if (fd < 0)
		return false;
	bool is_read = read_all(fd, path, text, err);
	close(fd);
	return is_read;
}

int file_open_argument(const char *path, struct error *err)
{
	struct stat status;
	int fd;
	if (!strcmp(path, "-"))
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	else if (!stat(path, &status) && S_ISFIFO(status.st_mode)) {
		return open_pipe(path, err);
	} else if (!stat(path, &status) && file_kind(&status)) {
		error_fail(err, ERROR_INPUT, "%s: this is %s, not a regular file", path,
			file_kind(&status));
		return -1;
	} else {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	}
	if (fd < 0)
		error_fail(err, ERROR_INPUT, "%s: %s", path, strerror(errno));
	return fd;
}

const char *file_beside(const char *base_file, const char *path, struct arena *arena)
{
	const char *slash = base_file ? strrchr(base_file, '/') : NULL;
	if (*path == '/' || !slash)
		return arena_text(arena, path);
	return arena_printf(arena, "%.*s/%s", (int)(slash - base_file), base_file, path);
}
