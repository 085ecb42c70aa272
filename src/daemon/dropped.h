/*
 * daemon/dropped.h - work that is open on sites that a configuration does not have (any more). It
 * waits there until give_up_after, and goes on when the site is back (src/schedule/README.md).
 */
#pragma once
#include "base/text.h"
#include "config/config.h"
#include "dispatch/status.h"

/* A line for each such site, also in the log. `status` may be NULL. */
void dropped_report(
	const struct dispatch_status *status, const struct config *config, struct text *report);
/* What is said of one such site, as a sentence without its full stop. */
void dropped_tell(const char *site, int64_t refreshes, int64_t selections, struct text *out);
