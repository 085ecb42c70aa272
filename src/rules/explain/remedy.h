/*
 * rules/explain/remedy.h - looks for a change of the event, and of `enabled`, with which a rule
 * would match, and tries it. Private to rules/.
 */
#pragma once
#include "rules/match.h"

/* One for all rules of an explanation: the steps that patterns may take are shared. */
struct remedy_search;
struct remedy_search *remedy_search_new(const struct matching *matching); /* borrows it */
void remedy_search_free(struct remedy_search *search);
OWNED_DEFINE(remedy_search)

/* For a rule that does not match; `nearest` is its branch that comes nearest. In the matching's
 * arena. */
const struct remedy *remedy_find(
	struct remedy_search *search, const struct rule *rule, uint32_t nearest);
