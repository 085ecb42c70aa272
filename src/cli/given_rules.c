/* cli/given_rules.c - loads the rules that a command line names. */
#include "cli/given_rules.h"
#include <unistd.h>

static struct ruleset *load(const char *const *paths, size_t count, const struct config *known,
	struct problems *problems)
{
	size_t site_count = known ? config_site_count(known) : 0,
	       source_count = known ? config_source_count(known) : 0;
	OWNED_MEMORY const char **sites = mem_alloc(sizeof *sites * (site_count + 1));
	OWNED_MEMORY const char **sources = mem_alloc(sizeof *sources * (source_count + 1));
	for (size_t i = 0; i < site_count; i++)
		sites[i] = config_site_at(known, i)->name;
	for (size_t i = 0; i < source_count; i++)
		sources[i] = config_source_at(known, i)->name;
	struct ruleset_known names = { 0 };
	if (known)
		names = (struct ruleset_known){ .sites = sites,
			.site_count = site_count,
			.sources = sources,
			.source_count = source_count };
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
