/* rules/lint/lint_wishes.c - content that two rules want in different ways after one event, shown
 * by such an event. */
#include "base/units.h"
#include "rules/lint/lint_inside.h"
#include "rules/lookup.h"

/* In comparisons of rules: */
#define LOOKUP_WORK 5   /* of a pair that was searched for a witness already */
#define SEARCH_WORK 250 /* for a witness */

struct ask_wish { /* how a rule wants what it asks for */
	bool is_incremental, allows_many, allows_none, is_shadow;
	int priority;
	int64_t delay, quiet;
};

static struct ask_wish wish_of(const struct linting *linting, const struct ask *ask)
{
	const struct rule *rule = &linting->ruleset->rules[ask->rule];
	const struct rule_refresh *refresh = asks_refresh(&linting->asks, ask);
	return (struct ask_wish){ refresh->incremental, refresh->allow_many, refresh->allow_none,
		rule->shadow, rule->priority, rule->delay, rule->quiet };
}

static bool is_same(const struct ask_wish *a, const struct ask_wish *b)
{
	return a->is_incremental == b->is_incremental && a->allows_many == b->allows_many &&
	       a->allows_none == b->allows_none && a->is_shadow == b->is_shadow &&
	       a->priority == b->priority && a->delay == b->delay && a->quiet == b->quiet;
}

/* ---- what happens then ---------------------------------------------------------------------- */

static const char *allowed(const struct ask_wish *wish)
{
	if (wish->allows_many && wish->allows_none)
		return "many and none";
	return wish->allows_many ? "many" : wish->allows_none ? "none" : "nothing";
}

static void time_describe(const char *what, int64_t here, int64_t there, struct text *out)
{
	char a[UNIT_TEXT_SIZE], b[UNIT_TEXT_SIZE];
	if (here != there)
		text_printf(out, ", %s %s here and %s there", what, units_format_duration(here, a),
			units_format_duration(there, b));
}

static void difference_describe(
	const struct ask_wish *here, const struct ask_wish *there, struct text *out)
{
	if (here->is_shadow != there->is_shadow)
		text_printf(out, ", mode %s here and %s there", here->is_shadow ? "shadow" : "send",
			there->is_shadow ? "shadow" : "send");
	if (here->is_incremental != there->is_incremental)
		text_printf(out, ", %s here and %s there",
			here->is_incremental ? "incremental" : "full",
			there->is_incremental ? "incremental" : "full");
	if (here->priority != there->priority)
		text_printf(
			out, ", priority %d here and %d there", here->priority, there->priority);
	time_describe("delay", here->delay, there->delay, out);
	time_describe("quiet", here->quiet, there->quiet, out);
	if (here->allows_many != there->allows_many || here->allows_none != there->allows_none)
		text_printf(out, ", allowed %s here and %s there", allowed(here), allowed(there));
}

/* What becomes of it (rules/expand.c, content/wish.h, schedule/hold.c). */
static const char *outcome(
	const struct ask_wish *here, const struct ask_wish *there, bool is_one_rule)
{
	/* `quiet` gathers what one rule wants, and one `delay` what one event wants */
	bool is_held_apart =
		!is_one_rule && (here->delay != there->delay || here->quiet || there->quiet);
	bool is_shadow = here->is_shadow || there->is_shadow;
	if (is_held_apart && !is_shadow)
		return "it may be refreshed once for each of them";
	if (is_held_apart || (is_shadow && here->is_incremental != there->is_incremental))
		return "each is decided by itself";
	if (here->is_shadow != there->is_shadow)
		return "it is sent as the rule wants that is no shadow";
	if (here->is_incremental != there->is_incremental)
		return "one full refresh serves both";
	if (here->priority == there->priority)
		return "one refresh serves both, with only what both allow";
	return here->allows_many == there->allows_many && here->allows_none == there->allows_none
		       ? "one refresh serves both, with the higher priority"
		       : "one refresh serves both, with the higher priority and only what both "
			 "allow";
}

/* ---- the witness ---------------------------------------------------------------------------- */

struct claim { /* both ask for one content */
	const struct linting *linting;
	const struct ask *a, *b;
};

static const struct match *match_of(const struct decision *decision, const struct rule *rule)
{
	for (size_t i = 0; i < decision->match_count; i++)
		if (decision->matches[i].rule == rule->name)
			return &decision->matches[i];
	return NULL;
}

static const char *captured(const struct match *match, const char *name)
{
	for (size_t i = 0; match && i < match->capture_count; i++)
		if (text_is(match->capture_names[i], name))
			return match->capture_values[i];
	return NULL;
}

/* Do both rules put the same into the template, which is written alike in both? */
static bool is_filled_alike(
	const struct template *template, const struct match *a, const struct match *b)
{
	for (uint32_t i = 0; i < template->part_count; i++) {
		if (template->parts[i].source < TEMPLATE_CAPTURE)
			continue;
		const char *name = template->parts[i].literal.at, *value = captured(a, name);
		if (!value || !text_is(value, captured(b, name)))
			return false;
	}
	return true;
}

static bool is_asked_by(const struct selection *selection, const char *rule)
{
	for (size_t i = 0; i < selection->rule_count; i++)
		if (text_is(selection->rules[i], rule))
			return true;
	return false;
}

/* Is there content that both rules get? Selections of one content stand together, in order of what
 * else they want. */
static bool is_shared(const struct decision *decision, const char *a, const char *b)
{
	bool is_of_a = false, is_of_b = false;
	for (size_t i = 0; i < decision->selection_count; i++) {
		const struct selection *selection = &decision->selections[i];
		if (i && selection_compare_content(selection - 1, selection))
			is_of_a = is_of_b = false;
		is_of_a |= is_asked_by(selection, a);
		is_of_b |= is_asked_by(selection, b);
		if (is_of_a && is_of_b)
			return true;
	}
	return false;
}

static bool shows(const struct decision *decision, const void *context)
{
	const struct claim *claim = context;
	const struct linting *linting = claim->linting;
	const struct rule *a = &linting->ruleset->rules[claim->a->rule],
			  *b = &linting->ruleset->rules[claim->b->rule];
	const struct match *in_a = match_of(decision, a), *in_b = match_of(decision, b);
	const struct rule_refresh *refresh = asks_refresh(&linting->asks, claim->a);
	return is_filled_alike(&refresh->site, in_a, in_b) &&
	       is_filled_alike(&refresh->project, in_a, in_b) &&
	       is_filled_alike(&refresh->project_luid, in_a, in_b) &&
	       is_filled_alike(&refresh->tag, in_a, in_b) &&
	       is_filled_alike(&refresh->owner, in_a, in_b) &&
	       is_filled_alike(&asks_selector(&linting->asks, claim->a)->text, in_a, in_b) &&
	       is_shared(decision, a->name, b->name);
}

/* ---- the finding ---------------------------------------------------------------------------- */

struct wishing {
	struct linting *linting;
	struct lookup *pairs; /* of rules, to PAIR_...: each is searched for a witness once */
	struct arena *arena;
};

enum { PAIR_WITHOUT, PAIR_REPORTED };

/* Points to what is known of the pair: LOOKUP_NONE, nothing. */
static uint32_t *pair_of(struct wishing *wishing, const struct ask *ask, const struct ask *partner)
{
	uint32_t pair[] = { partner->rule, ask->rule };
	struct str key = { (const char *)pair, sizeof pair };
	if (lookup_find(wishing->pairs, 0, key) == LOOKUP_NONE)
		key.at = memcpy(arena_array(wishing->arena, uint32_t, 2), pair, sizeof pair);
	return lookup_add(wishing->pairs, 0, key);
}

/* The work of a search, but for the events that it decides. */
static int64_t search_work(
	const struct linting *linting, const struct ask *ask, const struct ask *partner)
{
	const uint32_t *first = linting->asks.first;
	return SEARCH_WORK + 3 * lint_work(linting, ask->rule, partner->rule) +
	       first[ask->rule + 1] - first[ask->rule] + first[partner->rule + 1] -
	       first[partner->rule];
}

static void report(struct linting *linting, const struct ask *ask, const struct ask *partner,
	const char *event)
{
	const struct rule *rules = linting->ruleset->rules;
	const struct ask_wish here = wish_of(linting, ask), there = wish_of(linting, partner);
	OWNED_TEXT struct text what = TEXT(TEXT_UNBOUNDED), how = TEXT(TEXT_UNBOUNDED);
	asks_describe(&linting->asks, ask, &what);
	difference_describe(&here, &there, &how);
	text_printf(&how, "; %s", outcome(&here, &there, ask->rule == partner->rule));
	if (ask->rule == partner->rule)
		problem_add(linting->problems, PROBLEM_DIFFERENT_WISHES,
			lint_place_of_ask(linting, ask), lint_source(linting, ask->rule),
			"rule '%s' asks twice for %s:%s", rules[ask->rule].name, what.at,
			how.at + 1);
	else
		problem_add(linting->problems, PROBLEM_DIFFERENT_WISHES,
			lint_place_of_ask(linting, ask), lint_source(linting, ask->rule),
			"rules '%s' and '%s' may match one event, and both ask for %s:%s",
			rules[ask->rule].name, rules[partner->rule].name, what.at, how.at + 1);
	problem_relate(linting->problems, lint_place_of_ask(linting, partner),
		lint_source(linting, partner->rule), "rule '%s' asks for it here",
		rules[partner->rule].name);
	problem_relate(linting->problems, (struct place){ 0 }, STR(""),
		ask->rule == partner->rule ? "an event that it matches: %s"
					   : "an event that both match: %s",
		event);
}

/* Returns false when no further partner is of interest: one is enough. */
static bool compare(void *context, const struct ask *ask, const struct ask *partner)
{
	struct wishing *wishing = context;
	struct linting *linting = wishing->linting;
	const struct ask_wish here = wish_of(linting, ask), there = wish_of(linting, partner);
	if (partner->number >= ask->number)
		return true; /* reported at the later one */
	if (!lint_goes_on(linting, ask->rule, 1))
		return false;
	if (is_same(&here, &there) || (here.is_shadow && there.is_shadow))
		return true; /* of two on trial, nothing is sent */
	uint32_t *pair = pair_of(wishing, ask, partner);
	if (*pair != LOOKUP_NONE)
		return *pair == PAIR_WITHOUT && lint_goes_on(linting, ask->rule, LOOKUP_WORK);
	int64_t before = witness_work(linting->witnesses);
	const struct claim claim = { linting, ask, partner };
	const char *event = witness_find(linting->witnesses, &linting->ruleset->rules[ask->rule],
		&linting->ruleset->rules[partner->rule], shows, &claim);
	*pair = event ? PAIR_REPORTED : PAIR_WITHOUT;
	if (event)
		report(linting, ask, partner, event);
	int64_t work = witness_work(linting->witnesses) - before;
	return lint_goes_on(linting, ask->rule, search_work(linting, ask, partner) + work) &&
	       !event;
}

/* Do not all in the group want it in one way? */
static bool is_mixed(const struct linting *linting, uint32_t begin, uint32_t end)
{
	const struct asks *asks = &linting->asks;
	const struct ask_wish first = wish_of(linting, &asks->items[asks->grouped[begin]]);
	for (uint32_t i = begin + 1; i < end; i++) {
		const struct ask_wish other = wish_of(linting, &asks->items[asks->grouped[i]]);
		if (!is_same(&first, &other))
			return true;
	}
	return false;
}

void lint_wishes(struct linting *linting)
{
	const struct asks *asks = &linting->asks;
	OWNED(lookup) pairs = lookup_new();
	OWNED(arena) arena = arena_new();
	struct wishing wishing = { linting, pairs, arena };
	for (uint32_t group = 0; group < asks->group_count; group++) {
		uint32_t begin = asks->group_begin[group], end = asks->group_begin[group + 1];
		if (!is_mixed(linting, begin, end) || !problems_are_read(linting->problems))
			continue;
		partners_file(linting->partners, group);
		for (uint32_t i = begin + 1; i < end && !linting->is_over; i++)
			partners_visit(linting->partners, &asks->items[asks->grouped[i]],
				PARTNERS_OVERLAP, compare, &wishing);
	}
}
