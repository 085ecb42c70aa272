#include "cli/watch.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS                                                                                     \
	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |   \
		IN_MOVE_SELF | IN_ATTRIB)
#define DEPTH 16 /* of folders below a path, and of links along it */

struct watch {
	int fd;
};

struct watch *watch_new(struct error *err)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (fd < 0) {
		error_fail(err, ERROR_SYSTEM, "inotify: %s", strerror(errno));
		return NULL;
	}
	struct watch *watch = mem_new(struct watch);
	watch->fd = fd;
	return watch;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	close(watch->fd);
	free(watch);
}

int watch_fd(const struct watch *watch)
{
	return watch->fd;
}

void watch_clear(struct watch *watch)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	while (read(watch->fd, buffer, sizeof buffer) > 0)
		;
}

static void watch_folder(const struct watch *watch, const char *path)
{
	/* The same folder again only returns its number; one that cannot be watched is left to
	 * SIGHUP and /-/reload. */
	IGNORE(inotify_add_watch(watch->fd, *path ? path : ".", EVENTS | IN_ONLYDIR) < 0);
}

static void watch_below(const struct watch *watch, const char *path, int depth)
{
	DIR *folder = depth > 0 ? opendir(path) : NULL;
	if (!folder)
		return;
	watch_folder(watch, path);
	const struct dirent *entry;
	while ((entry = readdir(folder))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		OWNED_TEXT struct text below;
		struct stat info;
		text_init(&below, PATH_MAX);
		text_printf(&below, "%s/%s", path, entry->d_name);
		if (!stat(below.at, &info) && S_ISDIR(info.st_mode))
			watch_below(watch, below.at, depth - 1);
	}
	closedir(folder);
}

/* The folders that hold the links along `path`: where a swap shows. */
static void watch_links(const struct watch *watch, const char *path, int depth)
{
	OWNED_TEXT struct text part;
	text_init(&part, PATH_MAX);
	size_t folder_length = 0;
	for (const char *at = path; depth > 0 && *at;) {
		size_t step = strspn(at, "/") + strcspn(at + strspn(at, "/"), "/");
		text_add_str(&part, (struct str){ at, step });
		at += step;
		char target[PATH_MAX];
		ssize_t length = readlink(part.at, target, sizeof target - 1);
		if (length > 0) {
			OWNED_TEXT struct text folder, resolved;
			text_init(&folder, PATH_MAX);
			text_init(&resolved, PATH_MAX);
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
		watch_below(watch, path, DEPTH);
	if (slash)
		slash[slash == folder] = '\0';
	watch_folder(watch, slash ? folder : ".");
}
