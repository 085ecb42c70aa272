/*
 * rules/match.h - whether a rule matches an event, and what its patterns captured. Private to
 * rules/.
 */
#pragma once
#include "rules/decide.h"
#include "rules/rule.h"

struct memo { /* what a probe said about the event of `epoch` */
	uint32_t epoch;
	enum search found;
	const struct str *captures; /* as the pattern's names; NULL when it has none */
};

struct decide_scratch {
	uint32_t epoch; /* counts events, so that nothing is cleared between them */
	uint32_t *seen; /* by rule: the epoch in which it became a candidate */
	size_t seen_capacity;
	uint32_t *keys_seen; /* likewise by key of the index */
	size_t key_capacity;
	struct memo *memos; /* by probe */
	size_t memo_capacity;
	uint32_t *candidates;
	size_t candidate_count, candidate_capacity;
	struct pattern_scratch *patterns;
	struct text expansion;
	bool is_linear; /* of tests: every rule is a candidate, no index */
};

struct matching { /* one event against one ruleset */
	const struct ruleset *ruleset;
	const struct event *event;
	struct decide_scratch *scratch;
	struct arena *arena;
	uint32_t limit_probe; /* the probe whose search hit a limit last, or PROBE_NONE */
};

/* Each event of a scratch begins here. */
void matching_begin(struct matching *matching, const struct ruleset *ruleset,
	const struct event *event, struct decide_scratch *scratch, struct arena *arena);

/*
 * SEARCH_YES with the branch that holds; SEARCH_LIMIT (with limit_probe) when a search hit a limit
 * before that was clear. A branch's key is asked first, so what the index skips ends before any
 * pattern is searched: indexed and linear decisions search the same patterns in the same order, so
 * they spend the same steps and say the same, warnings too.
 */
enum search rule_matches(
	struct matching *matching, const struct rule *rule, const struct rule_branch **branch);
enum search branch_holds(struct matching *matching, const struct rule_branch *branch);
enum search map_holds(struct matching *matching, const struct rule_map *map);
enum search condition_holds(struct matching *matching, const struct rule_condition *condition);
enum search value_holds(
	struct matching *matching, enum event_field field, const struct rule_value *value);
/* values[] as rule->captures, at NULL where nothing was captured. */
void rule_capture(struct matching *matching, const struct rule *rule,
	const struct rule_branch *branch, struct str *values);
