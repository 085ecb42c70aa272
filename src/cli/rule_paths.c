/* cli/rule_paths.c - paths are told apart by their names, and folders by looking. */
#include "cli/rule_paths.h"

#include <sys/stat.h>

bool rule_paths_is_folder(const char *path)
{
	struct stat status;
	return !stat(path, &status) && S_ISDIR(status.st_mode);
}

bool rule_paths_is_test(const char *path)
{
	return str_ends(str_of(path), ".test.yaml") || str_ends(str_of(path), ".test.yml");
}

const char *rule_paths_beside(const char *path, struct arena *arena)
{
	if (rule_paths_is_folder(path))
		return path;
	const char *slash = strrchr(path, '/');
	if (!slash)
		return ".";
	return slash == path ? "/" : arena_str(arena, (struct str){ path, (size_t)(slash - path) });
}

struct rule_paths rule_paths_sort(const char *const *paths, size_t count, struct arena *arena)
{
	struct rule_paths sorted = { .rules = arena_array(arena, const char *, count + 1),
		.tests = arena_array(arena, const char *, count + 1) };
	for (size_t i = 0; i < count; i++) {
		bool is_folder = rule_paths_is_folder(paths[i]);
		bool is_test = !is_folder && rule_paths_is_test(paths[i]);
		if (!is_test)
			sorted.rules[sorted.rule_count++] = paths[i];
		if (is_folder || is_test)
			sorted.tests[sorted.test_count++] = paths[i];
	}
	return sorted;
}
