/*
 * cli/given_rules.h - the rules that a command line names: by --rules, else by the configuration;
 * without either ./rules.
 */
#pragma once
#include "cli/command.h"
#include "config/config.h"
#include "rules/ruleset.h"

/*
 * Loads them and prints their problems to stderr. `config` may be NULL. With `known`,
 * a site or source that this configuration lacks is an error; NULL: they may be any. On failure
 * NULL, and *status is EXIT_NO, or EXIT_USAGE for what cannot be read.
 */
struct ruleset *given_rules_load(const struct command_line *line, const struct config *config,
	const struct config *known, int *status);
