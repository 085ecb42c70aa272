/*
 * cli/ask.h - asks the daemon to act on the refresh of the first argument.
 */
#pragma once
#include "cli/command.h"

/* `verb` is that of the API's path. Prints the answer and returns the exit status. */
int ask_about_refresh(const struct command_line *line, const char *verb);
