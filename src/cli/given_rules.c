/* cli/given_rules.c - loads the rules that a command line names. */
#include "cli/given_rules.h"
#include <unistd.h>

static struct ruleset *load(const char *const *paths, size_t count, const struct config *known,
	struct problems *problems)
{
	OWNED(arena) arena = arena_new();
	struct ruleset_known names = { 0 };
	if (known) {
		names.sites = config_site_names(known, arena);
		names.sources = config_source_names(known, arena);
	}
	return ruleset_load(paths, count, &names, problems);
}

struct ruleset *given_rules_load(const struct command_line *line, const struct config *config,
	const struct config *known, int *status)
{
	static const char *const usual[] = { "rules" };
	OWNED(problems) problems = problems_new();
	OWNED_MEMORY const char **paths = mem_alloc(sizeof *paths * (line->value_count + 1));
	size_t count = 0;
	for (const char *path; (path = command_line_nth(line, "rules", count)); count++)
		paths[count] = path;
	const char *const *from = count ? paths : config ? config->rules.items : usual;
	size_t from_count = count ? count : config ? config->rules.count : 1;
	struct ruleset *ruleset = load(from, from_count, known, problems);
	problems_sort(problems);
	problems_print(problems, stderr, isatty(STDERR_FILENO));
	if (!ruleset)
		*status = EXIT_NO;
	for (size_t i = 0; !ruleset && i < problems_count(problems); i++)
		if (problems_at(problems, i)->code == PROBLEM_UNREADABLE)
			*status = EXIT_USAGE;
	return ruleset;
}
