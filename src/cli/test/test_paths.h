/*
 * cli/test/test_paths.h - which rules and which test files `test` is about.
 *
 * Tests come from the arguments, or, without any, from the folders of the rules. Rules come from
 * --rules, else from a named configuration, else from beside the tests, else from the configuration
 * found by default, else from ./rules.
 */
#pragma once
#include "base/arena.h"
#include "cli/command.h"
#include "config/config.h"

struct test_paths { /* borrowed from the line, the configuration and the arena */
	const char *const *rules, *const *tests;
	size_t rule_count, test_count;
};

/*
 * Reads no rules. False when a configuration was named or found and cannot be used; why, is among
 * `problems`. *config is the caller's; NULL when none is needed. Also for commands with --config
 * and --rules that are not about tests: without arguments, their rules.
 */
bool test_paths_find(const struct command_line *line, struct config **config,
	struct problems *problems, struct arena *arena, struct test_paths *paths) MUST_USE;
