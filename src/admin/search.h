/*
 * admin/search.h - finds what a person asks for by a word: "why was Revenue not refreshed?"
 *
 * Names are compared as a reader takes them (name_skeleton() in base/name.h), by parts. It looks at
 * the newest SEARCH_REFRESHES refreshes and SEARCH_EVENTS events, so that one search does not hold
 * up other queries for long.
 */
#pragma once
#include "dispatch/status.h"
#include "rules/ruleset.h"
#include "store/store.h"

#define SEARCH_REFRESHES 5000
#define SEARCH_EVENTS 2000
#define SEARCH_MOST 50 /* found of each sort */
#define SEARCH_WORD_BYTES 200

struct search_found {
	/* The latest of each content: first of those whose name, LUID or id it is, then of those
	 * that a rule of this name refreshed; newest first. */
	int64_t refreshes[SEARCH_MOST];
	/* The latest of each dbt job whose name, id or run it is; or the one of this id. */
	int64_t events[SEARCH_MOST];
	/* Places in the ruleset: of this name, or that write it as a selector. */
	size_t rules[SEARCH_MOST];
	const struct selection_status *selections[SEARCH_MOST]; /* borrowed from the status */
	size_t refresh_count, event_count, rule_count, selection_count;
};

/*
 * `status` may be NULL. False: the word is empty or too long (ERROR_INPUT), or the store cannot be
 * read. Working memory lives in `arena`.
 */
bool search_run(struct search_found *search, const char *word, struct store *store,
	const struct ruleset *ruleset, const struct dispatch_status *status, struct arena *arena,
	struct error *err) MUST_USE;
