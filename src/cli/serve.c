/*
 * cli/serve.c - `serve`: runs the daemon; the exit status says whether starting it again may help.
 */
#include "base/log/log.h"
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

/* A terminal shows them as `check` does, with the lines of the files. */
static void report(const struct problems *problems)
{
	static const enum log_level levels[] = {
		[SEVERITY_ERROR] = LOG_LEVEL_ERROR,
		[SEVERITY_WARNING] = LOG_LEVEL_WARNING,
		[SEVERITY_NOTE] = LOG_LEVEL_INFO,
	};
	if (isatty(STDERR_FILENO)) {
		problems_print(problems, stderr, true);
		return;
	}
	for (size_t i = 0; i < problems_count(problems); i++) {
		const struct problem *problem = problems_at(problems, i);
		log_each(levels[problem->severity], "problem in a file",
			KV("file", problem->place.file), KV_ID("line", problem->place.line),
			KV_ID("column", problem->place.column),
			KV("code", problem_code_name(problem->code)),
			KV("reason", problem->message));
	}
}

/* `*index` becomes that of the option's value in `names`, or -1 if it is not given. */
static bool choose(
	const struct command_line *line, const char *option, const char *const *names, int *index)
{
	const char *value = command_line_value(line, option);
	for (*index = value ? 0 : -1; value && !text_is(names[*index], value); ++*index)
		if (!names[*index])
			return false;
	return true;
}

static int serve(const struct daemon_options *options)
{
	struct error err;
	OWNED(problems) problems = problems_new();
	OWNED(daemon) daemon = daemon_new(options, problems);
	report(problems);
	if (!daemon)
		return not_loaded(problems);
	if (daemon_run(daemon, &err))
		return EXIT_YES;
	log_error("not started", KV("reason", err.message));
	return err.kind == ERROR_INPUT ? EXIT_CONFIG : EXIT_NO;
}

static int run(const struct command_line *line)
{
	struct error err;
	struct daemon_options options = {
		.config = config_find(command_line_value(line, "config")),
		.is_dry = command_line_flag(line, "dry-run"),
	};
	if (!choose(line, "log-format", log_format_names, &options.log_format))
		return command_usage(line, "--log-format is auto, logfmt, json or journald");
	if (!choose(line, "log-level", log_level_names, &options.log_level))
		return command_usage(line, "--log-level is debug, info, warning or error");
	if (!options.config) {
		fprintf(stderr, "refresh-router serve: no configuration file: give --config FILE, "
				"set REFRESH_ROUTER_CONFIG, or write "
				"./refresh-router.yaml or /etc/refresh-router/config.yaml\n");
		return EXIT_CONFIG;
	}
	secret_protect_process();
	/* Until the configuration is loaded. */
	log_set_format(
		options.log_format < 0 ? LOG_FORMAT_AUTO : (enum log_format)options.log_format);
	if (!log_start(&err)) {
		print_line(stderr, "refresh-router serve: %s", err.message);
		return EXIT_NO;
	}
	int status = serve(&options);
	log_stop();
	return status;
}

static const struct option_spec options[] = {
	{ "config", OPTION_VALUE, "FILE", "the configuration file" },
	{ "dry-run", OPTION_FLAG, NULL, "decide and record events, but refresh nothing" },
	{ "log-format", OPTION_VALUE, "auto|logfmt|json|journald",
		"instead of `log.format` of the configuration" },
	{ "log-level", OPTION_VALUE, "debug|info|warning|error",
		"instead of `log.level` of the configuration" },
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
