/*
 * cli/init/init_values.h - what the files of `init` are about: said by options, or asked for on a
 * terminal.
 *
 * Each value is judged by the loaders of configuration and rules, so what is accepted here is what
 * `check` accepts.
 */
#pragma once
#include "base/arena.h"
#include "cli/command.h"
#include "cli/init/first_files.h"

extern const struct option_spec init_values_options[];

/* Placeholders, which are valid. */
void init_values_default(struct first_values *values);
/*
 * Both change `values`, whose texts live in `arena` or in the line. False after a message: an
 * option is not valid, or the input has ended.
 */
bool init_values_take(
	const struct command_line *line, struct first_values *values, struct arena *arena) MUST_USE;
bool init_values_ask(struct first_values *values, struct arena *arena) MUST_USE;
