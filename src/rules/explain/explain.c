/* rules/explain/explain.c - tests every condition of a rule, and orders the rules that did not
 * match by how near they came. */
#include "rules/explain/explain.h"
#include "rules/explain/hint.h"
#include "rules/explain/remedy.h"
#include <assert.h>
#include <limits.h>

#define SHOWN_VALUES 10       /* values of an "any of" that are shown */
#define NEAR_RULES_MOST 10000 /* rules of which is_near() is asked */

/* ---- texts ---- */

const char *explain_cut(struct str text, struct arena *arena)
{
	if (text.length <= EXPLAINED_BYTES)
		return text.at;
	struct str cut = str_cut(text, EXPLAINED_BYTES);
	return arena_printf(arena, "%.*s\u2026", (int)cut.length, cut.at);
}

const char *explain_values(const struct rule_condition *condition, struct arena *arena)
{
	if (condition->value_count == 1)
		return explain_cut(condition->values[0].text, arena);
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	text_add(&out, "any of ");
	for (uint32_t i = 0; i < condition->value_count && i < SHOWN_VALUES; i++) {
		struct str value = condition->values[i].text;
		text_add(&out, i ? ", " : "");
		text_add(&out, value.length ? explain_cut(value, arena) : "\"\"");
	}
	if (condition->value_count > SHOWN_VALUES)
		text_printf(&out, ", \u2026 (%u more)", condition->value_count - SHOWN_VALUES);
	return arena_str(arena, text_str(&out));
}

static const char *actual(const struct matching *matching, enum event_field field)
{
	return explain_cut(matching->event->fields[field], matching->arena);
}

/* ---- one rule, in full ---- */

/* The value of the condition that the event has, as written. */
static const char *value_found(struct matching *matching, const struct rule_condition *condition)
{
	for (uint32_t i = 0; i < condition->value_count; i++)
		if (value_match(matching, condition->field, &condition->values[i]) == SEARCH_YES)
			return condition->values[i].text.at;
	return NULL;
}

static struct explained_condition condition_explain(
	struct matching *matching, const struct rule_condition *condition, bool is_refusal)
{
	enum search found = condition_match(matching, condition);
	struct explained_condition explained = {
		.field = event_field_describe(condition->field)->name,
		.expected = explain_values(condition, matching->arena),
		.actual = actual(matching, condition->field),
		.holds = found == SEARCH_YES,
		.is_default = !rule_condition_is_written(condition),
		.is_undecided = found == SEARCH_LIMIT,
		.is_list = condition->value_count > 1,
		.line = condition->values[0].line,
		.column = condition->column,
	};
	if (explained.holds)
		explained.matched = value_found(matching, condition);
	else if (!is_refusal)
		explained.hint = hint_describe(condition, matching->event->fields[condition->field],
			matching->scratch->patterns, matching->arena);
	return explained;
}

static struct explained_map map_explain(
	struct matching *matching, const struct rule_map *map, bool is_refusal)
{
	struct explained_condition *conditions =
		arena_array(matching->arena, struct explained_condition, map->count);
	for (uint32_t i = 0; i < map->count; i++)
		conditions[i] = condition_explain(matching, &map->conditions[i], is_refusal);
	enum search found = map_match(matching, map);
	return (struct explained_map){ .holds = found == SEARCH_YES,
		.is_undecided = found == SEARCH_LIMIT,
		.condition_count = map->count,
		.conditions = conditions };
}

/* Explains those that refuse, or the others, while there is room. */
static void nots_explain(struct matching *matching, const struct rule_branch *branch, bool refuses,
	struct explained_map *nots, size_t *count)
{
	for (uint32_t i = 0; i < branch->not_count && *count < EXPLAINED_MAPS; i++)
		if ((map_match(matching, &branch->nots[i]) != SEARCH_NO) == refuses)
			nots[(*count)++] = map_explain(matching, &branch->nots[i], true);
}

static struct explained_branch branch_explain(
	struct matching *matching, const struct rule_branch *branch, size_t number)
{
	size_t room = branch->not_count < EXPLAINED_MAPS ? branch->not_count : EXPLAINED_MAPS;
	struct explained_branch explained = {
		.number = number,
		.holds = branch_match(matching, branch) == SEARCH_YES,
		.when = map_explain(matching, &branch->when, false),
	};
	struct explained_map *nots = arena_array(matching->arena, struct explained_map, room);
	nots_explain(matching, branch, true, nots, &explained.not_count);
	nots_explain(matching, branch, false, nots, &explained.not_count);
	explained.nots = nots;
	explained.not_left = branch->not_count - explained.not_count;
	return explained;
}

static struct explanation *rule_explain(
	struct matching *matching, const struct rule *rule, uint32_t nearest)
{
	size_t count = rule->branch_count < EXPLAINED_MAPS ? rule->branch_count : EXPLAINED_MAPS;
	struct explained_branch *branches =
		arena_array(matching->arena, struct explained_branch, count);
	struct explanation *explanation = arena_new_of(matching->arena, struct explanation);
	branches[0] = branch_explain(matching, &rule->branches[nearest], nearest + 1);
	for (uint32_t i = 0, at = 1; at < count; i++)
		if (i != nearest)
			branches[at++] = branch_explain(matching, &rule->branches[i], i + 1);
	*explanation = (struct explanation){ .branch_count = count,
		.branches = branches,
		.branch_left = rule->branch_count - count };
	return explanation;
}

/* ---- how near a rule came ---- */

struct ranked {
	const struct rule *rule;
	uint32_t branch; /* the nearest */
	int missed, refused, held;
	bool is_near; /* the only condition that does not hold nearly does */
};

/* Whether the only condition that does not hold is nearly met, as by a slip in a name. */
static bool is_near(struct matching *matching, const struct rule_branch *branch)
{
	for (uint32_t i = 0; i < branch->when.count; i++) {
		const struct rule_condition *condition = &branch->when.conditions[i];
		if (condition_match(matching, condition) != SEARCH_YES)
			return hint_value(condition, matching->event->fields[condition->field],
				matching->arena);
	}
	return false;
}

/* Where a search hit its limit, later branches were not looked at: the rule does not match. */
static uint32_t branches_that_count(struct matching *matching, const struct rule *rule)
{
	const struct rule_branch *branch;
	if (rule_match(matching, rule, &branch) != SEARCH_LIMIT)
		return rule->branch_count;
	return (uint32_t)(branch - rule->branches) + 1;
}

static struct ranked rule_rank(struct matching *matching, const struct rule *rule, int *near_rules)
{
	struct ranked ranked = { .rule = rule, .missed = INT_MAX };
	uint32_t count = branches_that_count(matching, rule);
	for (uint32_t i = 0; i < count; i++) {
		struct branch_misses misses = branch_misses_of(matching, &rule->branches[i]);
		int missed = misses.missed + misses.refused;
		if (missed > ranked.missed ||
			(missed == ranked.missed && misses.held <= ranked.held))
			continue;
		ranked.branch = i;
		ranked.missed = missed;
		ranked.refused = misses.refused;
		ranked.held = misses.held;
		ranked.is_near = missed == 1 && misses.missed &&
				 (*near_rules)++ < NEAR_RULES_MOST &&
				 is_near(matching, &rule->branches[i]);
	}
	ranked.missed += !rule->enabled;
	return ranked;
}

static int by_nearness(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->missed != y->missed)
		return x->missed < y->missed ? -1 : 1;
	if (x->rule->enabled != y->rule->enabled) /* a disabled one surprises less */
		return x->rule->enabled ? -1 : 1;
	if (x->is_near != y->is_near)
		return x->is_near ? -1 : 1;
	if (x->held != y->held)
		return x->held > y->held ? -1 : 1;
	if (x->refused != y->refused)
		return x->refused > y->refused ? -1 : 1;
	return (x->rule->rank > y->rule->rank) - (x->rule->rank < y->rule->rank);
}

/* ---- the first reason, in short ---- */

static void because_condition(
	struct matching *matching, const struct rule_condition *condition, struct unmatched *why)
{
	why->field = event_field_describe(condition->field)->name;
	why->expected = explain_values(condition, matching->arena);
	why->actual = actual(matching, condition->field);
}

/* All conditions of one map under `not` hold; its first condition is named as the reason. */
static void because_not(
	struct matching *matching, const struct rule_map *map, struct unmatched *why)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	text_add(&out, "not ");
	for (uint32_t i = 0; i < map->count; i++) {
		const struct rule_condition *condition = &map->conditions[i];
		if (i)
			text_printf(
				&out, " with %s ", event_field_describe(condition->field)->name);
		text_add(&out, explain_values(condition, matching->arena));
	}
	enum event_field field = map->conditions[0].field;
	why->field = arena_printf(matching->arena, "not.%s", event_field_describe(field)->name);
	why->expected = arena_str(matching->arena, text_str(&out));
	why->actual = actual(matching, field);
}

/* The first condition of the branch that does not hold, in order of fields, else the first map of
 * `not` that does. */
static bool because_branch(
	struct matching *matching, const struct rule_branch *branch, struct unmatched *why)
{
	for (uint32_t i = 0; i < branch->when.count; i++)
		if (condition_match(matching, &branch->when.conditions[i]) != SEARCH_YES) {
			because_condition(matching, &branch->when.conditions[i], why);
			return true;
		}
	for (uint32_t i = 0; i < branch->not_count; i++)
		if (map_match(matching, &branch->nots[i]) != SEARCH_NO) {
			because_not(matching, &branch->nots[i], why);
			return true;
		}
	return false;
}

static struct unmatched unmatched_of(struct matching *matching, const struct ranked *ranked)
{
	const struct rule *rule = ranked->rule;
	struct unmatched why = { .rule = rule->name,
		.file = rule->file,
		.line = rule->line,
		.disabled = !rule->enabled,
		.missed = ranked->missed,
		.held = ranked->held };
	if (why.disabled) {
		why.field = "enabled";
		why.expected = "true";
		why.actual = "false";
	} else if (!because_branch(matching, &rule->branches[ranked->branch], &why)) {
		/* All conditions hold, so it is the event that is never routed, such as a test
		 * delivery. */
		why.field = "event";
		why.expected = "a real event of a run";
		why.actual = matching->event->why ? matching->event->why : "";
	}
	return why;
}

/* ---- the decision ---- */

static bool is_chosen(const struct explain_scope *scope, size_t rule)
{
	return !scope->chosen || scope->chosen[rule];
}

static int by_rule_name(const void *a, const void *b)
{
	const struct match *x = a, *y = b;
	return strcmp(x->rule, y->rule);
}

/* The rules of the matches, in their order; NULL for those that are not chosen. */
static const struct rule **rules_of_matches(const struct ruleset *ruleset, const bool *is_match,
	const struct explain_scope *scope, const struct decision *decision)
{
	size_t count = decision->match_count;
	const struct rule **rules = mem_alloc((count + 1) * sizeof *rules);
	for (size_t i = 0; i < ruleset->rule_count; i++) {
		struct match key = { .rule = ruleset->rules[i].name };
		if (!is_match[i] || !is_chosen(scope, i))
			continue;
		const struct match *match =
			bsearch(&key, decision->matches, count, sizeof key, by_rule_name);
		assert(match);
		rules[match - decision->matches] = &ruleset->rules[i];
	}
	return rules;
}

static void matches_explain(struct matching *matching, const bool *is_match,
	const struct explain_scope *scope, struct decision *decision)
{
	OWNED_MEMORY const struct rule **rules =
		rules_of_matches(matching->ruleset, is_match, scope, decision);
	size_t count = decision->match_count, explained = 0;
	struct match *matches = arena_array(matching->arena, struct match, count + 1);
	for (size_t i = 0; i < count; i++) {
		matches[i] = decision->matches[i];
		if (!rules[i] || explained++ >= scope->most)
			continue;
		const struct rule_branch *branch = rules[i]->branches;
		IGNORE(rule_match(matching, rules[i], &branch)); /* yes, as before */
		matches[i].explanation =
			rule_explain(matching, rules[i], (uint32_t)(branch - rules[i]->branches));
	}
	decision->matches = matches;
}

static void misses_explain(struct matching *matching, const struct ranked *ranked, size_t count,
	struct unmatched *unmatched)
{
	OWNED(remedy_search) search = count ? remedy_search_new(matching) : NULL;
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = ranked[i].rule;
		struct explanation *explanation = rule_explain(matching, rule, ranked[i].branch);
		explanation->remedy = remedy_find(search, rule, ranked[i].branch);
		unmatched[i].explanation = explanation;
	}
}

void decision_explain(struct matching *matching, const bool *is_match,
	const struct explain_scope *scope, struct decision *decision)
{
	const struct ruleset *ruleset = matching->ruleset;
	OWNED_MEMORY struct ranked *ranked = mem_alloc((ruleset->rule_count + 1) * sizeof *ranked);
	size_t count = 0;
	int near_rules = 0;
	for (size_t i = 0; i < ruleset->rule_count; i++)
		if (!is_match[i] && is_chosen(scope, i))
			ranked[count++] = rule_rank(matching, &ruleset->rules[i], &near_rules);
	qsort(ranked, count, sizeof *ranked, by_nearness);
	struct unmatched *unmatched = arena_array(matching->arena, struct unmatched, count + 1);
	for (size_t i = 0; i < count; i++)
		unmatched[i] = unmatched_of(matching, &ranked[i]);
	misses_explain(matching, ranked, count < scope->most ? count : scope->most, unmatched);
	matches_explain(matching, is_match, scope, decision);
	decision->unmatched = unmatched;
	decision->unmatched_count = count;
}
