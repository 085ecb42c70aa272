/* daemon/watch.c - watches folders by inotify, and notes what cannot be watched. */
#include "daemon/watch.h"
#include "base/text.h"
#include <errno.h>
#include <limits.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS                                                                                     \
	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |   \
		IN_MOVE_SELF | IN_ATTRIB)
#define DEPTH 16        /* most links along a path */
#define CLEAR_MOST 1000 /* reads at once, because events may arrive faster than they are read */

struct watch {
	int fd; /* -1: none */
	bool is_in_trouble;
	struct error trouble;
};

/* Keeps the first cause; later ones are mostly the same. */
static void note(struct watch *watch, const char *path, const char *why)
{
	if (!watch->is_in_trouble)
		error_fail(&watch->trouble, ERROR_SYSTEM, "%s: %s", path, why);
	watch->is_in_trouble = true;
}

struct watch *watch_new(void)
{
	struct watch *watch = mem_new(struct watch);
	watch->fd = -1;
	watch_begin(watch);
	return watch;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch);
}

int watch_fd(const struct watch *watch)
{
	return watch->fd;
}

void watch_clear(struct watch *watch)
{
	char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	for (int i = 0; i < CLEAR_MOST && read(watch->fd, buffer, sizeof buffer) > 0; i++)
		;
}

void watch_begin(struct watch *watch)
{
	watch->is_in_trouble = false;
	if (watch->fd < 0)
		watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0)
		note(watch, "inotify",
			errno == EMFILE ? "no instance is left to this user (sysctl "
					  "fs.inotify.max_user_instances), or no descriptor"
					: strerror(errno));
}

const char *watch_trouble(const struct watch *watch)
{
	return watch->is_in_trouble ? watch->trouble.message : NULL;
}

static void watch_folder(struct watch *watch, const char *path)
{
	if (!*path)
		path = ".";
	/* Adding a folder twice only returns its number again. */
	if (watch->fd >= 0 && inotify_add_watch(watch->fd, path, EVENTS | IN_ONLYDIR) < 0)
		note(watch, path,
			errno == ENOSPC ? "inotify: no watch is left to this user (sysctl "
					  "fs.inotify.max_user_watches)"
					: strerror(errno));
}

/* Watches the folders that hold the links along `path`, where a swapped link shows. */
static void watch_links(struct watch *watch, const char *path, int depth)
{
	OWNED_TEXT struct text part = TEXT(PATH_MAX);
	size_t folder_length = 0;
	for (const char *at = path; depth > 0 && *at;) {
		size_t step = strspn(at, "/") + strcspn(at + strspn(at, "/"), "/");
		text_add_str(&part, (struct str){ at, step });
		at += step;
		char target[PATH_MAX];
		ssize_t length = readlink(part.at, target, sizeof target - 1);
		if (length > 0) {
			OWNED_TEXT struct text folder = TEXT(PATH_MAX);
			OWNED_TEXT struct text resolved = TEXT(PATH_MAX);
			text_add_str(&folder, (struct str){ part.at, folder_length });
			watch_folder(watch, folder.at);
			target[length] = '\0';
			if (*target != '/' && folder.length)
				text_printf(&resolved, "%s/", folder.at);
			text_printf(&resolved, "%s%s", target, at);
			watch_links(watch, resolved.at, depth - 1);
		}
		folder_length = part.length;
	}
}

void watch_add(struct watch *watch, const char *path)
{
	struct stat info;
	OWNED_MEMORY char *folder = mem_copy_text(path);
	char *slash = strrchr(folder, '/');
	watch_links(watch, path, DEPTH);
	if (!stat(path, &info) && S_ISDIR(info.st_mode))
		watch_folder(watch, path);
	if (slash)
		slash[slash == folder] = '\0';
	watch_folder(watch, slash ? folder : ".");
}
