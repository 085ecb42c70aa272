/* cli/test/test_paths.c - finds the rules and the tests that a command line means. */
#include "cli/test/test_paths.h"
#include "cli/rule_paths.h"

bool test_paths_find(const struct command_line *line, struct config **config,
	struct problems *problems, struct arena *arena, struct test_paths *paths)
{
	static const char *const usual[] = { "rules" };
	const char **rules = arena_array(
		arena, const char *, line->value_count + (size_t)line->argument_count + 1);
	*paths = (struct test_paths){ .rules = rules };
	for (const char *path; (path = command_line_nth(line, "rules", paths->rule_count));)
		rules[paths->rule_count++] = path;
	const char *config_path = command_line_value(line, "config");
	if (!config_path && !line->argument_count && !paths->rule_count)
		config_path = config_find(NULL);
	if (config_path) {
		*config = config_load(config_path, problems);
		if (!*config)
			return false;
	}
	if (!paths->rule_count && *config) {
		paths->rules = (*config)->rules.items;
		paths->rule_count = (*config)->rules.count;
	}
	for (int i = 0; !*config && !command_line_value(line, "rules") && i < line->argument_count;
		i++)
		rules[paths->rule_count++] = rule_paths_beside(line->arguments[i], arena);
	if (!paths->rule_count && !*config) {
		paths->rules = usual;
		paths->rule_count = 1;
	}
	paths->tests = line->argument_count ? (const char *const *)line->arguments : paths->rules;
	paths->test_count = line->argument_count ? (size_t)line->argument_count : paths->rule_count;
	return true;
}
