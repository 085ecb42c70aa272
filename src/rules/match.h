/*
 * rules/match.h - whether a rule matches an event, and what its patterns captured. Private to
 * rules/.
 */
#pragma once
#include "rules/decide.h"
#include "rules/rule.h"

struct memo { /* the result of a probe for the event of `epoch` */
	uint32_t epoch;
	enum search found;
	const struct str *captures; /* in the order of the pattern's names; NULL when it has none */
};

struct decide_scratch {
	uint32_t epoch; /* counts events, so that the arrays need no clearing between them */
	uint32_t *seen; /* by rule: the epoch in which it became a candidate */
	size_t seen_capacity;
	uint32_t *keys_seen; /* the same by key of the index */
	size_t key_capacity;
	struct memo *memos; /* by probe */
	size_t memo_capacity;
	uint32_t *candidates;
	size_t candidate_count, candidate_capacity;
	struct pattern_scratch *patterns;
	struct text expansion;
	bool is_linear; /* for tests: every rule is a candidate, without the index */
};

struct matching { /* one event against one ruleset */
	const struct ruleset *ruleset;
	const struct event *event;
	struct decide_scratch *scratch;
	struct arena *arena;
	uint32_t limit_probe; /* the probe whose search hit a limit last, or PROBE_NONE */
};

/* Call before each event. */
void matching_begin(struct matching *matching, const struct ruleset *ruleset,
	const struct event *event, struct decide_scratch *scratch, struct arena *arena);

/* The same event object again after it has changed, without more steps for its patterns. */
void matching_repeat(struct matching *matching);

/*
 * SEARCH_YES with the branch that holds; SEARCH_LIMIT (with limit_probe) when a search hit its
 * limit before a branch held. The condition that the index files a branch under is tested first, so
 * a rule that the index would skip fails before any pattern runs. A linear scan thus searches the
 * same patterns in the same order as the index, spends the same steps, and gives the same decision
 * and warnings.
 */
enum search rule_match(
	struct matching *matching, const struct rule *rule, const struct rule_branch **branch);
enum search branch_match(struct matching *matching, const struct rule_branch *branch);
/* How far the branch is from holding: conditions of `when` that do not hold, maps of `not` that do
 * (a search at its limit counts as the one that refuses), and written conditions of `when` that
 * hold. */
struct branch_misses {
	int missed, refused, held;
};
struct branch_misses branch_misses_of(struct matching *matching, const struct rule_branch *branch);
enum search map_match(struct matching *matching, const struct rule_map *map);
enum search condition_match(struct matching *matching, const struct rule_condition *condition);
enum search value_match(
	struct matching *matching, enum event_field field, const struct rule_value *value);
/* Fills values[] in the order of rule->captures; .at is NULL where nothing was captured. */
void matching_capture(struct matching *matching, const struct rule *rule,
	const struct rule_branch *branch, struct str *values);
