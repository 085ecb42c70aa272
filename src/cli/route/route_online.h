/*
 * cli/route/route_online.h - `route --online`: which content the selections of a decision name now.
 */
#pragma once
#include "cli/online.h"
#include "rules/decide.h"

struct route_online { /* {0} at first */
	/* For each selection, in their order: {"selection", "contents"}, and where it names nothing
	 * that can be refreshed, "problem", "error" and "candidates". The caller owns it. */
	cJSON *list;
	bool has_failed, is_unreachable;
};

/* False after a message: nobody can be asked, and *status says why. */
bool route_online_ask(struct route_online *online, const struct command_line *line,
	struct config *config, const struct decision *decision, int *status);
void route_online_print(const struct route_online *online, FILE *out);
