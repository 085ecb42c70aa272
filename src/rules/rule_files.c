#include "rules/rule_files.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#define HASH_FUNCTION                                                                              \
	HASH_SAX /* the default one falls through its cases, which clang does not let pass */
#include "base/str.h"
#include <uthash.h>

#define FOLDER_DEPTH 32 /* deeper trees are a mistake; symlink loops end earlier, by inode */

struct inode {
	dev_t device;
	ino_t number;
};

struct seen {
	struct inode inode;
	UT_hash_handle hh;
};

struct walk {
	struct rule_files *files;
	struct problems *problems;
	struct seen *seen;
	size_t name_at; /* where in a path the name below the given folder begins */
};

static void unreadable(struct walk *walk, const char *path, const char *why)
{
	problem_add(walk->problems, PROBLEM_UNREADABLE, (struct place){ .file = path },
		(struct str){ 0 }, "cannot be read: %s", why);
}

/* False when it was seen before. */
static bool is_first(struct walk *walk, const struct stat *status)
{
	struct seen *seen;
	struct inode inode;
	memset(&inode, 0, sizeof inode); /* padding is part of the key */
	inode.device = status->st_dev;
	inode.number = status->st_ino;
	HASH_FIND(hh, walk->seen, &inode, sizeof inode, seen);
	if (seen)
		return false;
	seen = mem_new(struct seen);
	memcpy(&seen->inode, &inode, sizeof inode);
	HASH_ADD(hh, walk->seen, inode, sizeof inode, seen);
	return true;
}

static void file_add(struct walk *walk, const char *path)
{
	struct rule_files *files = walk->files;
	mem_grow(&files->items, &files->capacity, files->count);
	char *copy = mem_copy_text(path);
	files->items[files->count++] =
		(struct rule_file){ .path = copy, .name = copy + walk->name_at };
}

static bool is_rule_file(const char *name)
{
	struct str view = str_of(name);
	return (str_ends(view, ".yaml") || str_ends(view, ".yml")) &&
	       !str_ends(view, ".test.yaml") && !str_ends(view, ".test.yml");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void folder_walk(struct walk *walk, const char *path, int depth);

static void entry_walk(struct walk *walk, const char *folder, const char *name, int depth)
{
	char path[PATH_MAX];
	struct stat status;
	size_t length = strlen(folder);
	const char *slash = length && folder[length - 1] == '/' ? "" : "/";
	int written = snprintf(path, sizeof path, "%s%s%s", folder, slash, name);
	if (written < 0 || (size_t)written >= sizeof path)
		return unreadable(walk, folder, "a path in it is too long");
	if (stat(path, &status) < 0) {
		if (is_rule_file(name))
			unreadable(walk, path, strerror(errno));
		return; /* a dangling link of another name is not ours */
	}
	if (S_ISDIR(status.st_mode)) {
		if (is_first(walk, &status))
			folder_walk(walk, path, depth + 1);
	} else if (is_rule_file(name) && is_first(walk, &status)) {
		file_add(walk, path);
	}
}

static void folder_walk(struct walk *walk, const char *path, int depth)
{
	struct dirent **entries;
	if (depth > FOLDER_DEPTH) {
		problem_add(walk->problems, PROBLEM_TOO_DEEP, (struct place){ .file = path },
			(struct str){ 0 }, "more than %d folders deep", FOLDER_DEPTH);
		return;
	}
	int count = scandir(path, &entries, is_visible, by_name);
	if (count < 0)
		return unreadable(walk, path, strerror(errno));
	for (int i = 0; i < count; i++) {
		entry_walk(walk, path, entries[i]->d_name, depth);
		free(entries[i]);
	}
	free(entries);
}

static void path_walk(struct walk *walk, const char *path)
{
	struct stat status;
	size_t before = walk->files->count, errors = problems_error_count(walk->problems);
	if (stat(path, &status) < 0)
		return unreadable(walk, path, strerror(errno));
	if (!S_ISDIR(status.st_mode)) {
		const char *slash = strrchr(path, '/');
		walk->name_at = slash ? (size_t)(slash - path) + 1 : 0;
		if (is_first(walk, &status))
			file_add(walk, path);
		return;
	}
	if (!is_first(walk, &status))
		return;
	size_t length = strlen(path);
	walk->name_at = length + (path[length - 1] != '/');
	folder_walk(walk, path, 0);
	if (walk->files->count == before && problems_error_count(walk->problems) == errors)
		problem_add(walk->problems, PROBLEM_NO_RULES, (struct place){ .file = path },
			(struct str){ 0 }, "no rule file (*.yaml, *.yml) in this folder");
}

void rule_files_find(
	struct rule_files *files, const char *const *paths, size_t count, struct problems *problems)
{
	struct walk walk = { .files = files, .problems = problems };
	struct seen *seen, *next;
	for (size_t i = 0; i < count; i++)
		path_walk(&walk, paths[i]);
	HASH_ITER(hh, walk.seen, seen, next)
	{
		HASH_DEL(walk.seen, seen);
		free(seen);
	}
}

void rule_files_clear(struct rule_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].path);
	free(files->items);
	*files = (struct rule_files){ 0 };
}
