/*
 * daemon/settle.h - when files are read again after one of them changed. Pure.
 *
 * Editors and git write several files one after the other, so a change is left to settle; but
 * somebody may write beside the rules without end, so not for long. Where changes cannot be told
 * (inotify is exhausted, a volume is not mounted) files are looked at every few seconds, and now
 * and then even where they can: of a change on another machine's file system nobody tells.
 */
#pragma once
#include "base/clock.h"

#define SETTLE_FOR (200 * US_PER_MS)           /* after the last change */
#define SETTLE_MOST (2 * US_PER_SECOND)        /* after the first one */
#define LOOK_EVERY (5 * US_PER_SECOND)         /* where changes cannot be told */
#define LOOK_EVERY_ANYWAY (60 * US_PER_SECOND) /* where they can */

struct settle { /* zeroed: nothing has changed or was looked at */
	bool is_changed;
	struct mono first, last; /* changes since the last look */
	struct mono looked;
};

void settle_changed(struct settle *settle, struct mono now);
void settle_looked(struct settle *settle, struct mono now);
/* When files are to be looked at next. `is_told`: changes of all of them are told. */
struct mono settle_due(const struct settle *settle, bool is_told);
