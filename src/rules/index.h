/*
 * rules/index.h - which rules an event could match at all: the others are not looked at. Private to
 * rules/.
 *
 * Every branch of every enabled rule is filed under one of its conditions, the one that fewest
 * others share: under each of its exact values, or under the literals that its patterns require. A
 * branch without such a condition is looked at for every event. Being found means nothing yet:
 * match.c asks all conditions.
 */
#pragma once
#include "rules/rule.h"

/* Sets the `key` of every branch. */
struct rule_index *rule_index_new(struct ruleset *ruleset);
void rule_index_free(struct rule_index *index);
size_t rule_index_bytes(const struct rule_index *index);

/* Exact values and literals, numbered from 0. */
size_t rule_index_key_count(const struct rule_index *index);

struct rule_search {    /* of one event */
	uint32_t *seen; /* by key: the epoch in which it was found last */
	uint32_t epoch;
	/* Called for every rule that could match; for some more than once, since a rule may be
	 * filed under several keys. */
	void (*found)(void *context, uint32_t rule);
	void *context;
};
void rule_index_search(const struct rule_index *index, const struct event *event,
	const struct rule_search *search);
