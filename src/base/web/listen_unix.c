/* base/web/listen_unix.c - makes and removes the files of Unix sockets, and removes nothing that
 * is somebody else's. */
#include "base/web/listen_unix.h"
#include "base/mem.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024
#define GROUP_BYTES 65536 /* of a group's entry with all its members */
#define FILE_BYTES 32     /* "/proc/self/fd/" and ten digits */

const char *listen_unix_path(const char *address)
{
	return str_starts(str_of(address), "unix:") ? address + strlen("unix:") : NULL;
}

bool listen_unix_check(const char *path, struct error *err)
{
	size_t length = strlen(path);
	_Static_assert(LISTEN_UNIX_PATH_BYTES + 1 == sizeof((struct sockaddr_un){ 0 }.sun_path),
		"room for the path and its NUL");
	if (!length || path[length - 1] == '/')
		return error_fail(
			err, ERROR_INPUT, "'unix:%s' needs a path, like unix:/run/x.sock", path);
	return length <= LISTEN_UNIX_PATH_BYTES ||
	       error_fail(err, ERROR_INPUT,
		       "the path of a Unix socket has at most %d bytes, and this one %zu",
		       LISTEN_UNIX_PATH_BYTES, length);
}

bool listen_unix_mode(const char *text, unsigned *mode)
{
	size_t length = strlen(text);
	unsigned bits = 0;
	if (length < 3 || length > 4 || strspn(text, "01234567") != length)
		return false;
	for (; *text; text++)
		bits = bits * 8 + (unsigned)(*text - '0');
	if (bits > 0777)
		return false;
	*mode = bits;
	return true;
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	memcpy(address.sun_path, path, strlen(path) + 1); /* listen_unix_check() */
	return address;
}

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* ---- a file that stands there already ---- */

/* Only a refused connection proves it: EAGAIN is a full queue of somebody who listens. */
static bool is_dead(const char *path)
{
	struct sockaddr_un address = address_of(path);
	int fd = new_socket();
	bool is_refused = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) &&
			  errno == ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	return is_refused;
}

static bool make_room(const char *path, struct error *err)
{
	struct stat about;
	if (lstat(path, &about))
		return errno == ENOENT ||
		       error_fail(err, ERROR_INPUT, "'%s': %s", path, strerror(errno));
	if (!S_ISSOCK(about.st_mode))
		return error_fail(err, ERROR_INPUT,
			"'%s' is no socket, and is not replaced; remove it, or take another path",
			path);
	if (!is_dead(path))
		return error_fail(err, ERROR_TRANSIENT, "another process listens on '%s'", path);
	return !unlink(path) || error_fail(err, ERROR_INPUT,
					"'%s', which a dead process left, cannot be removed: %s",
					path, strerror(errno));
}

/* The descriptor whose close() ends the lock, or -1. */
static int lock_folder(const char *path, struct error *err)
{
	OWNED_MEMORY char *copy = mem_copy_text(path);
	const char *folder = dirname(copy);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		error_fail(err, ERROR_INPUT, "the folder '%s' of the socket: %s", folder,
			strerror(errno));
	} else if (flock(fd, LOCK_EX | LOCK_NB)) {
		error_fail(err, ERROR_TRANSIENT, "another process makes a socket in '%s': %s",
			folder, strerror(errno));
		close(fd);
		fd = -1;
	}
	return fd;
}

/* ---- the new one ---- */

static bool find_group(const char *name, gid_t *group, struct error *err)
{
	struct group entry, *found = NULL;
	OWNED_MEMORY char *buffer = mem_alloc(GROUP_BYTES);
	int64_t number;
	if (!getgrnam_r(name, &entry, buffer, GROUP_BYTES, &found) && found) {
		*group = found->gr_gid;
		return true;
	}
	if (str_to_count(str_of(name), &number) && number < UINT32_MAX) {
		*group = (gid_t)number;
		return true;
	}
	return error_fail(err, ERROR_INPUT, "there is no group '%s'", name);
}

/*
 * The descriptor of the file that bind() made, or -1. Who may write the folder can put something
 * else there meanwhile: what is no socket, is another user's, or has somebody who listens, while
 * our socket does not yet.
 */
static int open_bound(const char *path, char file[FILE_BYTES], struct error *err)
{
	struct stat about;
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		error_fail(err, ERROR_SYSTEM, "'%s': %s", path, strerror(errno));
		return -1;
	}
	str_print(file, FILE_BYTES, "/proc/self/fd/%d", fd);
	if (!fstat(fd, &about) && S_ISSOCK(about.st_mode) && about.st_uid == geteuid() &&
		is_dead(file))
		return fd;
	close(fd);
	error_fail(err, ERROR_INPUT,
		"somebody replaced the socket '%s' when it was new; let nobody else write its "
		"folder",
		path);
	return -1;
}

/* Nobody can connect before listen(), so the bits that umask(2) leaves are no gap. */
static bool set_rights(const struct listen_unix *options, int bound, const char *file,
	struct listen_unix_mark *mark, struct error *err)
{
	struct stat about;
	gid_t group = (gid_t)-1;
	if (fstat(bound, &about))
		return error_fail(err, ERROR_SYSTEM, "'%s': %s", options->path, strerror(errno));
	*mark = (struct listen_unix_mark){ about.st_dev, about.st_ino };
	if (options->group) {
		if (!find_group(options->group, &group, err))
			return false;
		if (fchownat(bound, "", (uid_t)-1, group, AT_EMPTY_PATH))
			return error_fail(err, ERROR_INPUT,
				"'%s' cannot be given to the group '%s', which the process must "
				"belong to: %s",
				options->path, options->group, strerror(errno));
	}
	/* fchmod() takes no descriptor of O_PATH */
	return !chmod(file, options->mode) ||
	       error_fail(err, ERROR_SYSTEM, "'%s': %s", options->path, strerror(errno));
}

static bool bind_there(
	int fd, const struct listen_unix *options, struct listen_unix_mark *mark, struct error *err)
{
	struct sockaddr_un address = address_of(options->path);
	char file[FILE_BYTES];
	if (bind(fd, (struct sockaddr *)&address, sizeof address))
		return error_fail(err, errno == EADDRINUSE ? ERROR_TRANSIENT : ERROR_INPUT,
			"cannot listen on '%s': %s", options->path, strerror(errno));
	int bound = open_bound(options->path, file, err);
	if (bound < 0)
		return false;
	bool is_fine = set_rights(options, bound, file, mark, err);
	if (is_fine && listen(fd, BACKLOG))
		is_fine = error_fail(err, ERROR_SYSTEM, "cannot listen on '%s': %s", options->path,
			strerror(errno));
	close(bound);
	if (!is_fine)
		listen_unix_remove(options->path, mark);
	return is_fine;
}

int listen_unix_open(
	const struct listen_unix *options, struct listen_unix_mark *mark, struct error *err)
{
	if (!listen_unix_check(options->path, err))
		return -1;
	int lock = lock_folder(options->path, err);
	if (lock < 0)
		return -1;
	int fd = -1;
	if (make_room(options->path, err) && (fd = new_socket()) < 0)
		error_fail(err, ERROR_SYSTEM, "socket: %s", strerror(errno));
	if (fd >= 0 && !bind_there(fd, options, mark, err)) {
		close(fd);
		fd = -1;
	}
	close(lock);
	return fd;
}

bool listen_unix_is_for_all(const char *path)
{
	struct stat about;
	return !lstat(path, &about) && S_ISSOCK(about.st_mode) && about.st_mode & S_IWOTH;
}

void listen_unix_remove(const char *path, const struct listen_unix_mark *mark)
{
	struct stat about;
	if (!lstat(path, &about) && S_ISSOCK(about.st_mode) && about.st_dev == mark->device &&
		about.st_ino == mark->inode)
		unlink(path);
}
