/*
 * cli/notify.c - `notify`: sends a test message to one receiver.
 */
#include "notify/notify.h"
#include "base/suggest.h"
#include "cli/given_config.h"
#include "cli/print.h"

static int unknown(const struct command_line *line, const struct config *config, const char *name)
{
	OWNED(arena) arena = arena_new();
	struct texts names = config_receiver_names(config, arena);
	if (!names.count)
		return command_usage(line, "the configuration has no `notify`");
	return command_usage(line, "there is no receiver '%s'%s", name,
		suggest_hint(name, names.items, names.count, arena));
}

static int run(const struct command_line *line)
{
	struct error err;
	const char *name = line->arguments[0];
	OWNED(config) config = given_config_load(line);
	if (!config)
		return EXIT_USAGE;
	const struct config_receiver *receiver = config_receiver_named(config, name);
	if (!receiver)
		return unknown(line, config, name);
	if (!notify_try(receiver, &err)) {
		print_line(stderr, "refresh-router notify: receiver '%s': %s", name, err.message);
		return err.kind == ERROR_INPUT ? EXIT_USAGE : EXIT_NO;
	}
	print_line(stdout, "%s: delivered", name);
	return EXIT_YES;
}

static const struct option_spec options[] = {
	{ "config", OPTION_VALUE, "FILE", "the configuration, for its receivers" },
	{ 0 },
};

const struct command command_notify = {
	.name = "notify",
	.arguments = "RECEIVER",
	.summary = "send a test message to a receiver of `notify`",
	.description =
		"Sends one message that says it is a test, from here and not by the daemon, with "
		"the secrets that this configuration refers to.\n"
		"Exit status: 0 it was delivered, 1 it was not, 2 there is no such receiver, or a "
		"secret is missing.",
	.options = options,
	.least_arguments = 1,
	.most_arguments = 1,
	.run = run,
};
