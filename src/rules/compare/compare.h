/*
 * rules/compare/compare.h - what differs between two rulesets: in the rules themselves, and in what
 * they decide about events.
 */
#pragma once
#include "rules/decide.h"

enum change { CHANGE_LOST, CHANGE_GAINED, CHANGE_ALTERED };

/* ---- what is decided ---- */

/* Content that one ruleset refreshes and the other does not, or otherwise. */
struct changed_content {
	enum change change;
	const struct selection *selection; /* of the new ruleset; of the old one when it is lost */
	const char *what; /* of an altered one: "priority 50 -> 80, delay 0 -> 10m"; else "" */
	/* Of a lost or gained one: why the rule that wants it in one ruleset does not match the
	 * first event in the other: "'nightly' no longer matches: status, wanted error". It has no
	 * text of the event. "": there is no such rule, or it matches and wants something else. */
	const char *because;
	int64_t event_count; /* events for which that is so */
	const char *example; /* the first of them, as comparison_add() was told */
	size_t rule_count;
	const char *const *rules; /* that want it, in that ruleset */
};

struct comparison;

/* Borrows both. One thread at a time. */
struct comparison *comparison_new(const struct ruleset *before, const struct ruleset *after);
void comparison_free(struct comparison *comparison);
OWNED_DEFINE(comparison)

/* Decides one event by both. `example` names it for people ("events.jsonl:12"). Memory grows with
 * the differences, not with the events. */
void comparison_add(struct comparison *comparison, const struct event *event, const char *example);

int64_t comparison_event_count(const struct comparison *comparison);
int64_t comparison_changed_count(const struct comparison *comparison); /* decided differently */

/* By content; valid until the next comparison_add(). */
const struct changed_content *comparison_contents(struct comparison *comparison, size_t *count);

/* ---- the rules ---- */

struct changed_rule {
	enum change change; /* CHANGE_GAINED: the new ruleset has it, and the old one has not */
	const char *rule, *file;
	int line;
	const char *what; /* of an altered one: which of its parts differ: "when, delay"; else "" */
};

/* By name, in `arena`. Descriptions, owners, files and lines are no difference. */
const struct changed_rule *rules_compare(const struct ruleset *before, const struct ruleset *after,
	struct arena *arena, size_t *count);
