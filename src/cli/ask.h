/*
 * cli/ask.h - asks the daemon to do something about the refresh of the first argument.
 */
#pragma once
#include "cli/command.h"

/* `verb`: as in the path of the API. Prints the answer; the exit status. */
int ask_about_refresh(const struct command_line *line, const char *verb);
