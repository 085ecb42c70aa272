/*
 * cli/diff/git.h - the rule files of a revision, read with git(1), without a checkout.
 */
#pragma once
#include "rules/ruleset.h"

struct git_files {
	size_t count;
	const struct rule_source *items;
};

/*
 * The files below PATH of "REV:PATH", in the order of their paths; without ":PATH" those below
 * "rules". PATH is relative to the working folder, or a file. Names for messages are
 * "git:REV:path". Everything lives in `arena`. Fails when git cannot be started, does not know the
 * revision, or has no rule file there, and when there is more than ruleset_load() would take; git
 * itself writes to stderr too.
 */
bool git_read(
	const char *spec, struct arena *arena, struct git_files *files, struct error *err) MUST_USE;
