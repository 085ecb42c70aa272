/*
 * rules/fixed.h - the selections of a ruleset that are the same whatever the event is, because
 * nothing in them is `${...}`. For `verify`. Pure.
 */
#pragma once
#include "base/arena.h"
#include "content/selection.h"
#include "rules/ruleset.h"

struct fixed_selection {
	struct selection selection; /* of one rule */
	const char *rule, *file;    /* borrowed from the ruleset */
	int line;                   /* of its selector */
};

struct fixed_selections {
	const struct fixed_selection *items; /* by file, line, and place in the rule */
	size_t count;
	size_t need_event; /* selections of enabled rules that are left out */
	size_t disabled;   /* rules that are left out */
};

/* Those of the rules with these names; no names: of all rules. Everything lives in `arena` or in
 * the ruleset. */
struct fixed_selections ruleset_fixed(const struct ruleset *ruleset, const char *const *only,
	size_t only_count, struct arena *arena);
