/*
 * cli/serve.c - `serve`: runs the daemon; the exit status says whether starting it again may help.
 */
#include "base/log.h"
#include "base/secret.h"
#include "cli/command.h"
#include "cli/print.h"
#include "config/config.h"
#include "daemon/daemon.h"
#include <unistd.h>

/* A checkout that is not finished, a volume that is not mounted, a secret that is not written yet:
 * if nothing else is wrong, no edit is needed. */
static int not_loaded(const struct problems *problems)
{
	for (size_t i = 0; i < problems_count(problems); i++) {
		const struct problem *problem = problems_at(problems, i);
		bool may_come = problem->code == PROBLEM_UNREADABLE ||
				problem->code == PROBLEM_NO_RULES ||
				problem->code == PROBLEM_SECRET_MISSING;
		if (problem->severity == SEVERITY_ERROR && !may_come)
			return EXIT_CONFIG;
	}
	return EXIT_NO;
}

static int run(const struct command_line *line)
{
	struct error err;
	OWNED(problems) problems = problems_new();
	const char *path = config_find(command_line_value(line, "config"));
	if (!path) {
		fprintf(stderr, "refresh-router serve: no configuration file: give --config FILE, "
				"set REFRESH_ROUTER_CONFIG, or write "
				"./refresh-router.yaml or /etc/refresh-router/config.yaml\n");
		return EXIT_CONFIG;
	}
	if (command_line_flag(line, "verbose"))
		log_set_level(LOG_LEVEL_DEBUG);
	secret_protect_process();
	OWNED(daemon) daemon = daemon_new(path, command_line_flag(line, "dry-run"), problems);
	problems_print(problems, stderr, isatty(STDERR_FILENO));
	if (!daemon)
		return not_loaded(problems);
	if (daemon_run(daemon, &err))
		return EXIT_YES;
	print_line(stderr, "refresh-router serve: %s", err.message);
	return err.kind == ERROR_INPUT ? EXIT_CONFIG : EXIT_NO;
}

static const struct option_spec options[] = {
	{ "config", OPTION_VALUE, "FILE", "the configuration file" },
	{ "dry-run", OPTION_FLAG, NULL, "decide and record events, but refresh nothing" },
	{ "verbose", OPTION_FLAG, NULL, "log every event" },
	{ 0 },
};

const struct command command_serve = {
	.name = "serve",
	.summary = "run the daemon",
	.description =
		"Receives signed dbt webhooks, decides by the rules, and refreshes content on the "
		"configured Tableau sites.\n"
		"SIGHUP, a change of the files on disk (also by the swap of a symbolic link), or "
		"`POST /-/reload` on the admin listener makes it read configuration, rules and "
		"secrets again: all or nothing. Where changes are not reported (inotify is "
		"exhausted, a folder is missing) it compares the files every 5 seconds, and "
		"`/readyz` says so; otherwise once a minute.\n"
		"SIGTERM stops it cleanly, a second SIGTERM at once; SIGHUP does nothing during a "
		"stop.\n"
		"Exit status: 78 when only an edit of the configuration helps, 1 when it may start "
		"the next time.",
	.options = options,
	.run = run,
};
