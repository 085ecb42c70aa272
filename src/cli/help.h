/*
 * cli/help.h - what --help prints, from the tables of command.h.
 */
#pragma once
#include "cli/command.h"

void help_print(const struct command *command); /* of one command */
void help_print_list(FILE *out);                /* of the program: all commands */
