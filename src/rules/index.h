/*
 * rules/index.h - finds the rules that an event could match, so that the others cost nothing.
 * Private to rules/.
 *
 * Every branch of every enabled rule is filed under its condition that fewest other branches share:
 * under each of its exact values, or the literals that its patterns require. A branch without such
 * a condition is tested for every event. A rule that is found need not match: match.c tests all
 * conditions.
 */
#pragma once
#include "rules/rule.h"

/* Sets the `key` of every branch. */
struct rule_index *rule_index_new(struct ruleset *ruleset);
void rule_index_free(struct rule_index *index);
size_t rule_index_bytes(const struct rule_index *index);

/* Exact values and literals, numbered from 0. */
size_t rule_index_key_count(const struct rule_index *index);

struct rule_search {    /* the search of one event */
	uint32_t *seen; /* by key: the epoch in which the key was last found */
	uint32_t epoch;
	/* Called for every rule that could match; sometimes repeatedly, because a rule may be filed
	 * under several keys. */
	void (*found)(void *context, uint32_t rule);
	void *context;
};
void rule_index_search(const struct rule_index *index, const struct event *event,
	const struct rule_search *search);
