/* rules/rule_files.c - walks the paths of `rules` for rule files, within bounds, and refuses
 * links that lead out of them. */
#include "rules/rule_files.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
/* clang warns about uthash's default hash, whose cases fall through */
#define HASH_FUNCTION HASH_SAX
#include "base/file.h"
#include "base/str.h"
#include "base/yaml/yaml.h"
#include "rules/ruleset.h"
#include <uthash.h>

/* deeper trees are a mistake; circular links end because each inode is visited once */
#define FOLDER_DEPTH 32
#define ENTRIES_MOST 100000 /* entries of any kind in all folders together */
#define FILES_MOST 10000
#define BYTES_MOST ((off_t)256 << 20)

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
	enum rule_files_of what;
	struct problems *problems;
	struct seen *seen;
	char **roots; /* the given paths with links resolved; NULL: does not exist */
	size_t root_count;
	size_t name_at; /* where in a path the part below the given folder begins */
	size_t entry_count;
	off_t bytes;
	bool is_over; /* a bound was passed, so the walk ends */
};

#define WALK_PROBLEM(walk, code, path, ...)                                                        \
	IGNORE(problem_add((walk)->problems, (code), (struct place){ .file = (path) },             \
		(struct str){ 0 }, __VA_ARGS__))

static void unreadable(struct walk *walk, const char *path, const char *why)
{
	WALK_PROBLEM(walk, PROBLEM_UNREADABLE, path, "cannot be read: %s", why);
}

/* False when it was seen before. */
static bool is_first(struct walk *walk, const struct stat *status)
{
	struct seen *seen;
	struct inode inode;
	memset(&inode, 0, sizeof inode); /* uthash compares the padding too */
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

/* ---- files ---- */

static bool is_named_as(enum rule_files_of what, const char *name)
{
	struct str view = str_of(name);
	bool is_test = str_ends(view, ".test.yaml") || str_ends(view, ".test.yml");
	if (what == RULE_FILES_OF_TESTS)
		return is_test;
	return !is_test && (str_ends(view, ".yaml") || str_ends(view, ".yml"));
}

static bool is_wanted(const struct walk *walk, const char *name)
{
	return is_named_as(walk->what, name);
}

bool ruleset_is_rule_file(const char *path)
{
	return *path != '.' && !strstr(path, "/.") && is_named_as(RULE_FILES_OF_RULES, path);
}

static void file_add(struct walk *walk, const char *path, const struct stat *status)
{
	struct rule_files *files = walk->files;
	const char *kind = file_kind(status);
	if (kind) {
		WALK_PROBLEM(walk, PROBLEM_UNREADABLE, path,
			"cannot be read: this is %s, not a regular file", kind);
		return;
	}
	if (!is_first(walk, status))
		return;
	/* a larger file is refused when it is read */
	if (status->st_size <= (off_t)YAML_FILE_BYTES)
		walk->bytes += status->st_size;
	walk->is_over = files->count == FILES_MOST || walk->bytes > BYTES_MOST;
	if (walk->is_over) {
		WALK_PROBLEM(walk, PROBLEM_TOO_LARGE, path,
			"more than %d rule files, or more than %d MiB in them, up to here; is this "
			"the folder that you mean?",
			FILES_MOST, (int)(BYTES_MOST >> 20));
		return;
	}
	mem_grow(&files->items, &files->capacity, files->count);
	char *copy = mem_copy_text(path);
	files->items[files->count++] =
		(struct rule_file){ .path = copy, .name = copy + walk->name_at };
}

/* ---- links ---- */

static bool is_within(const char *path, const char *root)
{
	size_t length = strlen(root);
	if (strncmp(path, root, length) != 0)
		return false;
	return !path[length] || path[length] == '/' || root[length - 1] == '/';
}

/* May this link be followed? Only to a place inside the given paths: a person who can write to a
 * rules folder may decide what is refreshed, not which files of the machine are read. */
static bool stays_within(struct walk *walk, const char *path)
{
	OWNED_MEMORY char *target = realpath(path, NULL);
	if (!target) {
		unreadable(walk, path, strerror(errno));
		return false;
	}
	for (size_t i = 0; i < walk->root_count; i++)
		if (walk->roots[i] && is_within(target, walk->roots[i]))
			return true;
	WALK_PROBLEM(walk, PROBLEM_OUTSIDE_LINK, path,
		"this link leads out of the rules, to '%s'; name that path under 'rules' too, if "
		"it is meant",
		target);
	return false;
}

/* ---- folders ---- */

struct names {
	char **items;
	size_t count, capacity;
};

static void names_clear(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Could this entry be a file that is wanted, or a folder of them? */
static bool is_of_interest(const struct walk *walk, const struct dirent *entry)
{
	if (entry->d_name[0] == '.')
		return false; /* hidden entries, '.' and '..' */
	return is_wanted(walk, entry->d_name) || entry->d_type == DT_DIR ||
	       entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
}

static void folder_list(struct walk *walk, const char *path, struct names *names)
{
	DIR *folder = opendir(path);
	if (!folder)
		return unreadable(walk, path, strerror(errno));
	const struct dirent *entry;
	while (!walk->is_over && (entry = readdir(folder))) {
		walk->is_over = ++walk->entry_count > ENTRIES_MOST;
		if (!is_of_interest(walk, entry))
			continue;
		mem_grow(&names->items, &names->capacity, names->count);
		names->items[names->count++] = mem_copy_text(entry->d_name);
	}
	closedir(folder);
	if (walk->is_over)
		WALK_PROBLEM(walk, PROBLEM_TOO_LARGE, path,
			"more than %d files and folders up to here; is this the folder that you "
			"mean?",
			ENTRIES_MOST);
	if (names->count)
		qsort(names->items, names->count, sizeof *names->items, by_name);
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
	bool is_link = !lstat(path, &status) && S_ISLNK(status.st_mode);
	if (stat(path, &status) < 0) {
		if (is_wanted(walk, name))
			unreadable(walk, path, strerror(errno));
		return; /* a dangling link whose name is not that of a rule file */
	}
	bool is_folder = S_ISDIR(status.st_mode);
	if (!is_folder && !is_wanted(walk, name))
		return;
	if (is_link && !stays_within(walk, path))
		return;
	if (!is_folder)
		file_add(walk, path, &status);
	else if (is_first(walk, &status))
		folder_walk(walk, path, depth + 1);
}

static void folder_walk(struct walk *walk, const char *path, int depth)
{
	struct names names = { 0 };
	struct rule_files *files = walk->files;
	if (depth > FOLDER_DEPTH) {
		WALK_PROBLEM(
			walk, PROBLEM_TOO_DEEP, path, "more than %d folders deep", FOLDER_DEPTH);
		return;
	}
	mem_grow(&files->folders, &files->folder_capacity, files->folder_count);
	files->folders[files->folder_count++] = mem_copy_text(path);
	folder_list(walk, path, &names);
	for (size_t i = 0; i < names.count && !walk->is_over; i++)
		entry_walk(walk, path, names.items[i], depth);
	names_clear(&names);
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
		return file_add(walk, path, &status);
	}
	if (!is_first(walk, &status))
		return;
	size_t length = strlen(path);
	walk->name_at = length + (path[length - 1] != '/');
	folder_walk(walk, path, 0);
	if (walk->what == RULE_FILES_OF_RULES && walk->files->count == before &&
		problems_error_count(walk->problems) == errors)
		WALK_PROBLEM(walk, PROBLEM_NO_RULES, path,
			"no rule file (*.yaml, *.yml) in this folder");
}

static void items_clear(struct rule_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].path);
	free(files->items);
	files->items = NULL;
	files->count = files->capacity = 0;
}

void rule_files_find(struct rule_files *files, enum rule_files_of what, const char *const *paths,
	size_t count, struct problems *problems)
{
	struct walk walk = {
		.files = files, .what = what, .problems = problems, .root_count = count
	};
	struct seen *seen, *next;
	walk.roots = mem_alloc(sizeof *walk.roots * (count + 1));
	for (size_t i = 0; i < count; i++)
		walk.roots[i] = realpath(paths[i], NULL);
	for (size_t i = 0; i < count && !walk.is_over; i++)
		path_walk(&walk, paths[i]);
	HASH_ITER(hh, walk.seen, seen, next)
	{
		HASH_DEL(walk.seen, seen);
		free(seen);
	}
	for (size_t i = 0; i < count; i++)
		free(walk.roots[i]);
	free(walk.roots);
	if (walk.is_over)
		items_clear(files);
}

void rule_files_clear(struct rule_files *files)
{
	items_clear(files);
	for (size_t i = 0; i < files->folder_count; i++)
		free(files->folders[i]);
	free(files->folders);
	*files = (struct rule_files){ 0 };
}
