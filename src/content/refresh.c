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

struct refresh_row refresh_row_copy(const struct refresh_row *row, struct arena *arena)
{
	struct refresh_row copy = *row;
	copy.site = arena_text(arena, row->site);
	copy.content.luid = arena_text(arena, row->content.luid);
	copy.content.name = arena_text(arena, row->content.name);
	copy.content.project = arena_text(arena, row->content.project);
	copy.reason = arena_text(arena, row->reason);
	copy.job_id = arena_text(arena, row->job_id);
	return copy;
}

struct cause_row cause_row_copy(const struct cause_row *row, struct arena *arena)
{
	struct cause_row copy = *row;
	copy.rule = arena_text(arena, row->rule);
	return copy;
}
