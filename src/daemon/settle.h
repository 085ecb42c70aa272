/*
 * daemon/settle.h - when files are read again after one of them changed. Pure.
 *
 * Editors and git write several files one after the other, so a change gets time to settle, but not
 * for ever, because a program may write beside the rules without end. Where changes are not
 * reported (inotify is exhausted, a volume is not mounted) files are checked every few seconds.
 * Elsewhere they are checked from time to time too, because changes on another machine's file
 * system are never reported.
 */
#pragma once
#include "base/clock.h"

#define SETTLE_FOR (200 * US_PER_MS)           /* after the last change */
#define SETTLE_MOST (2 * US_PER_SECOND)        /* after the first one */
#define LOOK_EVERY (5 * US_PER_SECOND)         /* where changes are not reported */
#define LOOK_EVERY_ANYWAY (60 * US_PER_SECOND) /* where they are */

struct settle { /* zeroed: nothing has changed, nothing was checked */
	bool is_changed;
	struct mono first, last; /* changes since the last look */
	struct mono looked;
};

void settle_changed(struct settle *settle, struct mono now);
void settle_looked(struct settle *settle, struct mono now);
/* When to check the files next. `is_told`: changes of all of them are reported. */
struct mono settle_due(const struct settle *settle, bool is_told);
