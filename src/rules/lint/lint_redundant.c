/* rules/lint/lint_redundant.c - a rule that adds nothing, because another asks for the same
 * whenever it matches, and selections that stand twice. */
#include "rules/lint/lint_inside.h"

/* Would both rules be carried out alike? What `quiet` gathers is one rule's own (rules/expand.c),
 * and a shadow rule is there to be watched. */
static bool is_alike(const struct rule *a, const struct rule *b)
{
	return a->priority == b->priority && a->delay == b->delay && !a->quiet && !b->quiet &&
	       !a->shadow && !b->shadow;
}

static bool is_same_wish(const struct rule_refresh *a, const struct rule_refresh *b)
{
	return a->incremental == b->incremental && a->allow_many == b->allow_many &&
	       a->allow_none == b->allow_none;
}

static bool has_ask(const struct linting *linting, const struct ask *wanted, uint32_t rule)
{
	const struct asks *asks = &linting->asks;
	const struct rule_refresh *wish = asks_refresh(asks, wanted);
	for (uint32_t i = asks->first[rule]; i < asks->first[rule + 1]; i++)
		if (asks->items[i].group == wanted->group &&
			is_same_wish(wish, asks_refresh(asks, &asks->items[i])))
			return true;
	return false;
}

/* Does `other` match all that `rule` matches, and is it carried out alike? */
static bool is_wider(const struct linting *linting, uint32_t rule, uint32_t other)
{
	const struct rule *a = &linting->ruleset->rules[rule], *b = &linting->ruleset->rules[other];
	return is_alike(a, b) && implied_rule(&linting->implying, a, b);
}

/* Does `other`, which is wider, ask for all that `rule` asks for? */
static bool is_covered(struct linting *linting, uint32_t rule, uint32_t other)
{
	const struct asks *asks = &linting->asks;
	const struct rule *rules = linting->ruleset->rules;
	int64_t pairs = (int64_t)(asks->first[rule + 1] - asks->first[rule]) *
			(asks->first[other + 1] - asks->first[other]);
	bool has_capture = false;
	if (!lint_goes_on(linting, rule, pairs / 32))
		return false;
	for (uint32_t i = asks->first[rule]; i < asks->first[rule + 1]; i++) {
		if (!has_ask(linting, &asks->items[i], other))
			return false;
		has_capture |= asks_has_capture(asks, &asks->items[i]);
	}
	/* what one pattern captures, another may capture otherwise */
	return !has_capture || implied_same(&rules[rule], &rules[other]);
}

static bool is_enough(const struct decision *decision, const void *context)
{
	(void)decision;
	(void)context;
	return true;
}

/* About a third of a second, in the units of witness_work(): the findings are proven without. */
#define EVENTS_WORK 10000000

/* Shows an event that both match, when one is found in time. */
static void event_relate(struct linting *linting, uint32_t rule, uint32_t other)
{
	const struct rule *rules = linting->ruleset->rules;
	if (witness_work(linting->witnesses) > EVENTS_WORK || !problems_are_read(linting->problems))
		return;
	const char *event =
		witness_find(linting->witnesses, &rules[rule], &rules[other], is_enough, NULL);
	if (event)
		problem_relate(linting->problems, (struct place){ 0 }, STR(""),
			"an event that both match: %s", event);
}

static bool compare(void *context, const struct ask *ask, const struct ask *partner)
{
	struct linting *linting = context;
	uint32_t rule = ask->rule, other = partner->rule;
	if (rule == other)
		return true;
	if (!lint_goes_on(linting, rule, lint_work(linting, rule, other)))
		return false;
	if (!is_wider(linting, rule, other) || !is_covered(linting, rule, other))
		return true;
	if (rule < other && is_wider(linting, other, rule) && is_covered(linting, other, rule))
		return true; /* reported at the later one */
	problem_add(linting->problems, PROBLEM_REDUNDANT_RULE, lint_place_of_rule(linting, rule),
		lint_source(linting, rule),
		"rule '%s' adds nothing: whenever it matches, rule '%s' matches too and asks for "
		"the same",
		linting->ruleset->rules[rule].name, linting->ruleset->rules[other].name);
	problem_relate(linting->problems, lint_place_of_rule(linting, other),
		lint_source(linting, other), "rule '%s' is here",
		linting->ruleset->rules[other].name);
	event_relate(linting, rule, other);
	return false;
}

/* The ask that fewest rules share: a rule that covers this one is among those. */
static const struct ask *rarest_ask(const struct linting *linting, uint32_t rule)
{
	const struct asks *asks = &linting->asks;
	const struct ask *rarest = NULL;
	uint32_t fewest = UINT32_MAX;
	for (uint32_t i = asks->first[rule]; i < asks->first[rule + 1]; i++) {
		uint32_t group = asks->items[i].group,
			 count = asks->group_begin[group + 1] - asks->group_begin[group];
		if (count >= fewest)
			continue;
		fewest = count;
		rarest = &asks->items[i];
	}
	return fewest > 1 ? rarest : NULL;
}

/* By group, so that each is filed once. */
void lint_redundant_rules(struct linting *linting)
{
	const struct asks *asks = &linting->asks;
	for (uint32_t group = 0; group < asks->group_count; group++) {
		uint32_t begin = asks->group_begin[group], end = asks->group_begin[group + 1];
		bool is_filed = false;
		for (uint32_t i = begin; end - begin > 1 && i < end && !linting->is_over; i++) {
			const struct ask *ask = &asks->items[asks->grouped[i]];
			if (rarest_ask(linting, ask->rule) != ask)
				continue;
			if (!is_filed)
				partners_file(linting->partners, group);
			is_filed = true;
			partners_visit(linting->partners, ask, PARTNERS_COVER, compare, linting);
		}
	}
}

void lint_redundant_selections(struct linting *linting)
{
	const struct asks *asks = &linting->asks;
	for (size_t i = 1; i < asks->count; i++) {
		const struct ask *first = &asks->items[asks->grouped[i - 1]],
				 *again = &asks->items[asks->grouped[i]];
		OWNED_TEXT struct text what = TEXT(TEXT_UNBOUNDED);
		if (first->group != again->group || first->rule != again->rule ||
			!is_same_wish(asks_refresh(asks, first), asks_refresh(asks, again)))
			continue;
		asks_describe(asks, again, &what);
		problem_add(linting->problems, PROBLEM_REPEATED_SELECTION,
			lint_place_of_ask(linting, again), lint_source(linting, again->rule),
			"rule '%s' asks for %s a second time",
			linting->ruleset->rules[again->rule].name, what.at);
		problem_relate(linting->problems, lint_place_of_ask(linting, first),
			lint_source(linting, first->rule), "it asks for it here already");
	}
}
