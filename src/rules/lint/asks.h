/*
 * rules/lint/asks.h - who asks for what: the selectors of all enabled rules, in groups that name
 * the same content. Private to rules/.
 */
#pragma once
#include "rules/rule.h"

struct ask { /* one selector of one selection of one rule */
	uint32_t rule, refresh, selector;
	uint32_t number; /* among the selectors of all rules, enabled or not */
	uint32_t group;
};

struct asks {
	const struct ruleset *ruleset;
	struct ask *items; /* by rule, as they are written */
	size_t count;
	uint32_t *first;   /* by rule: its first ask; one more than there are rules */
	uint32_t *grouped; /* asks by group, in each group by rule */
	uint32_t
		*group_begin; /* by group: the first in `grouped`; one more than there are groups */
	uint32_t group_count;
};

void asks_find(struct asks *asks, const struct ruleset *ruleset); /* borrows the ruleset */
void asks_clear(struct asks *asks);

const struct rule_refresh *asks_refresh(const struct asks *asks, const struct ask *ask);
const struct rule_selector *asks_selector(const struct asks *asks, const struct ask *ask);
/* Does what the ask names depend on what the rule's patterns capture? */
bool asks_has_capture(const struct asks *asks, const struct ask *ask);
/* Appends "workbook 'Revenue' of site 'finance'". */
void asks_describe(const struct asks *asks, const struct ask *ask, struct text *out);
