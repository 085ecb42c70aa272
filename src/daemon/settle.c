/* daemon/settle.c - when to look at files again. */
#include "daemon/settle.h"

static struct mono earlier(struct mono a, struct mono b)
{
	return a.us < b.us ? a : b;
}

void settle_changed(struct settle *settle, struct mono now)
{
	if (!settle->is_changed)
		settle->first = now;
	settle->is_changed = true;
	settle->last = now;
}

void settle_looked(struct settle *settle, struct mono now)
{
	settle->is_changed = false;
	settle->looked = now;
}

struct mono settle_due(const struct settle *settle, bool is_told)
{
	struct mono due = mono_plus(settle->looked, is_told ? LOOK_EVERY_ANYWAY : LOOK_EVERY);
	if (!settle->is_changed)
		return due;
	due = earlier(due, mono_plus(settle->last, SETTLE_FOR));
	return earlier(due, mono_plus(settle->first, SETTLE_MOST));
}
