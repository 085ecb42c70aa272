#include "content/refresh.h"
#include <string.h>

static const char *const names[] = {
	[REFRESH_WAITING] = "waiting",
	[REFRESH_SENDING] = "sending",
	[REFRESH_UNKNOWN] = "unknown",
	[REFRESH_QUEUED] = "queued",
	[REFRESH_RUNNING] = "running",
	[REFRESH_SUCCEEDED] = "succeeded",
	[REFRESH_FAILED] = "failed",
	[REFRESH_CANCELLED] = "cancelled",
	[REFRESH_EXPIRED] = "expired",
};

const char *refresh_state_name(enum refresh_state state)
{
	return names[state];
}

bool refresh_state_of(const char *name, enum refresh_state *state)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i], name)) {
			*state = (enum refresh_state)i;
			return true;
		}
	return false;
}
