/*
 * daemon/dropped.h - open work on sites that the configuration does not have (any more). It waits
 * until give_up_after, and goes on when the site is back (src/schedule/README.md).
 */
#pragma once
#include "base/text.h"
#include "config/config.h"
#include "dispatch/status.h"

/* Writes a line for each such site, also to the log. `status` may be NULL. */
void dropped_report(
	const struct dispatch_status *status, const struct config *config, struct text *report);
/* The sentence about one such site, without its full stop. */
void dropped_tell(const char *site, int64_t refreshes, int64_t selections, struct text *out);
