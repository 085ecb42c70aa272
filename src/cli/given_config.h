/*
 * cli/given_config.h - the configuration that a command line names: by --config, else the one that
 * `serve` would find.
 */
#pragma once
#include "cli/command.h"
#include "config/config.h"

/*
 * Loads it and prints its problems to stderr. NULL: there is none, or it has an error; that was
 * said, and the command ends with EXIT_USAGE.
 */
struct config *given_config_load(const struct command_line *line);
