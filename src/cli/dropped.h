/*
 * cli/dropped.h - work that is open on sites that a configuration does not have (any more). It
 * waits there until give_up_after, and goes on when the site is back (src/dispatch/README.md).
 */
#pragma once
#include "base/problem.h"
#include "base/text.h"
#include "cli/command.h"
#include "config/config.h"
#include "dispatch/status.h"

/* A line for each such site, also in the log. `status` may be NULL. */
void dropped_report(
	const struct dispatch_status *status, const struct config *config, struct text *report);
/* Asks the daemon of --url, and adds a problem for each such site. False: it cannot be asked;
 * *status is the exit status, after a message. */
bool dropped_check(const struct command_line *line, const struct config *config, const char *path,
	struct problems *problems, int *status) MUST_USE;
