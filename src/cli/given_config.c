/* cli/given_config.c - loads the configuration that a command line names. */
#include "cli/given_config.h"
#include <unistd.h>

struct config *given_config_load(const struct command_line *line)
{
	OWNED(problems) problems = problems_new();
	const char *path = config_find(command_line_value(line, "config"));
	if (!path) {
		/* the status is the caller's */
		IGNORE(command_usage(line, "no configuration file: give --config FILE"));
		return NULL;
	}
	struct config *config = config_load(path, problems);
	problems_print(problems, stderr, isatty(STDERR_FILENO));
	return config;
}
