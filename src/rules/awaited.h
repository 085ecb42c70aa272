/*
 * rules/awaited.h - which events the rules of a ruleset wait for: by type, dbt job and source, as
 * far as exact values say so. For `verify`, which compares them with what dbt sends. Pure.
 */
#pragma once
#include "base/arena.h"
#include "rules/ruleset.h"

struct awaited_values { /* none: any value, or only patterns say which */
	const char *const *items;
	size_t count;
};

struct awaited {                 /* what one map under `when` waits for */
	const char *rule, *file; /* borrowed from the ruleset */
	int line;                /* of the rule */
	struct awaited_values events, jobs, sources;
};

struct awaited_list {
	const struct awaited *items; /* by file, line, and place in the rule */
	size_t count;
};

/* Of the enabled rules with these names; no names: of all. Lives in `arena` or in the ruleset. */
struct awaited_list ruleset_awaited(const struct ruleset *ruleset, const char *const *only,
	size_t only_count, struct arena *arena);
/* May an event of this source be meant? */
bool awaited_is_from(const struct awaited *awaited, const char *source);
