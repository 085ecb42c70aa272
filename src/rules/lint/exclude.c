/* rules/lint/exclude.c - finds alternatives that match nothing, with the conditions that exclude
 * each other. */
#include "rules/lint/exclude.h"

#include "event/status.h"
#include "rules/lint/implied.h"

#define RELATED_MOST 4     /* further places are not shown */
#define SEARCHES_MOST 4000 /* values times maps of one alternative */

struct excluding {
	struct loading *loading;
	const struct yaml_node *when_node, *not_node;
	const struct rule_branch *branch;
	struct implying implying;
	bool is_check;
};

static const struct yaml_node *item_of(const struct yaml_node *node, size_t index)
{
	return node->type == YAML_LIST ? node->items[index] : node;
}

/* "'nightly'", "/night/", "1 or 2" */
static const char *values_describe(
	const struct excluding *excluding, const struct rule_condition *condition)
{
	struct loading *loading = excluding->loading;
	const char *text = "";
	for (uint32_t i = 0; i < condition->value_count && i < RELATED_MOST; i++)
		text = arena_printf(loading->scratch, "%s%s%s", text, i ? " or " : "",
			condition->values[i].text.length
				? loading_quote(loading, condition->values[i].text)
				: "\"\"");
	if (condition->value_count > RELATED_MOST)
		text = arena_printf(loading->scratch, "%s, ...", text);
	return text;
}

static void relate(const struct excluding *excluding, struct place place, const char *what,
	const struct rule_condition *condition)
{
	problem_relate(excluding->loading->problems, place, excluding->loading->file->source,
		"%s %s: %s", what, event_field_describe(condition->field)->name,
		values_describe(excluding, condition));
}

/* ---- one map excludes all ------------------------------------------------------------------- */

/* Without the searches that only `check` makes. */
static bool is_implied(const struct excluding *excluding, const struct rule_map *when,
	const struct rule_map *excluded)
{
	for (uint32_t i = 0; !excluding->is_check && i < excluded->count; i++) {
		const struct rule_condition *same = implied_on(when, excluded->conditions[i].field);
		if (same && (same->has_pattern || excluded->conditions[i].has_pattern))
			return false;
	}
	return excluded->count && implied_map(&excluding->implying, when, excluded);
}

static const struct yaml_node *written(const struct yaml_node *map, enum event_field field)
{
	return yaml_get(map, event_field_describe(field)->name);
}

static void report_all(const struct excluding *excluding, uint32_t number)
{
	const struct rule_map *excluded = &excluding->branch->nots[number];
	const struct yaml_node *item = item_of(excluding->not_node, number);
	bool is_event_meant = implied_on(excluded, EVENT_EVENT) &&
			      !written(excluding->when_node, EVENT_EVENT),
	     is_status_meant = implied_on(excluded, EVENT_STATUS) &&
			       !written(excluding->when_node, EVENT_STATUS);
	loading_problem(excluding->loading, PROBLEM_NEVER_MATCHES, item->place,
		"this never matches: all that 'when' lets through is excluded here%s%s",
		is_event_meant ? "; without 'event' job.run.completed is meant" : "",
		is_status_meant ? "; without 'status' success is meant" : "");
	for (uint32_t i = 0; i < excluded->count && i < RELATED_MOST; i++) {
		const struct rule_condition *condition = &excluded->conditions[i];
		const struct yaml_node *when = written(excluding->when_node, condition->field),
				       *there = written(item, condition->field);
		if (when)
			relate(excluding, when->place, "'when' lets through",
				implied_on(&excluding->branch->when, condition->field));
		if (there)
			relate(excluding, there->place, "'not' excludes", condition);
	}
}

/* ---- maps that exclude all together --------------------------------------------------------- */

/* The number of a map that excludes every event with this value of the condition; not_count:
 * none. */
static uint32_t excluder_of(const struct excluding *excluding,
	const struct rule_condition *condition, const struct rule_value *value)
{
	const struct rule_map *when = &excluding->branch->when;
	struct rule_condition conditions[EVENT_FIELD_COUNT];
	for (uint32_t i = 0; i < when->count; i++)
		conditions[i] = when->conditions[i];
	struct rule_condition *one = &conditions[condition - when->conditions];
	one->values = value;
	one->value_count = 1;
	one->has_pattern = value->probe != PROBE_NONE;
	const struct rule_map narrowed = { .conditions = conditions, .count = when->count };
	uint32_t number = 0;
	while (number < excluding->branch->not_count &&
		!is_implied(excluding, &narrowed, &excluding->branch->nots[number]))
		number++;
	return number;
}

static void report_value(const struct excluding *excluding, const struct rule_condition *condition,
	uint32_t value, uint32_t excluder)
{
	const struct yaml_node *node = written(excluding->when_node, condition->field);
	if (!node)
		return;
	loading_problem(excluding->loading, PROBLEM_USELESS_VALUE, item_of(node, value)->place,
		"'%s' never gets through: 'not' excludes it",
		loading_quote(excluding->loading, condition->values[value].text));
	problem_relate(excluding->loading->problems, item_of(excluding->not_node, excluder)->place,
		excluding->loading->file->source, "it is excluded here");
}

static void report_together(const struct excluding *excluding,
	const struct rule_condition *condition, const uint32_t *excluders)
{
	const struct yaml_node *node = written(excluding->when_node, condition->field);
	struct loading *loading = excluding->loading;
	loading_problem(loading, PROBLEM_NEVER_MATCHES,
		node ? node->place : excluding->not_node->place,
		"this never matches: 'not' excludes each '%s' that 'when' lets through",
		event_field_describe(condition->field)->name);
	for (uint32_t i = 0; i < condition->value_count && i < RELATED_MOST; i++)
		problem_relate(loading->problems, item_of(excluding->not_node, excluders[i])->place,
			loading->file->source, "'%s' is excluded here",
			loading_quote(loading, condition->values[i].text));
}

/* True when it reported that all are excluded. */
static bool values_check(const struct excluding *excluding, const struct rule_condition *condition)
{
	const struct rule_branch *branch = excluding->branch;
	uint32_t excluded = 0;
	if (condition->value_count < 2 ||
		(int64_t)condition->value_count * branch->not_count > SEARCHES_MOST)
		return false;
	OWNED_MEMORY uint32_t *excluders = mem_alloc(condition->value_count * sizeof *excluders);
	for (uint32_t i = 0; i < condition->value_count; i++) {
		excluders[i] = excluder_of(excluding, condition, &condition->values[i]);
		excluded += excluders[i] < branch->not_count;
	}
	if (excluded == condition->value_count) {
		report_together(excluding, condition, excluders);
		return true;
	}
	for (uint32_t i = 0; i < condition->value_count; i++)
		if (excluders[i] < branch->not_count)
			report_value(excluding, condition, i, excluders[i]);
	return false;
}

/* ---- maps that exclude nothing -------------------------------------------------------------- */

static void report_nothing(const struct excluding *excluding, uint32_t number)
{
	const struct rule_map *when = &excluding->branch->when,
			      *excluded = &excluding->branch->nots[number];
	const struct yaml_node *item = item_of(excluding->not_node, number);
	for (uint32_t i = 0; i < excluded->count; i++) {
		const struct rule_condition *condition = &excluded->conditions[i],
					    *same = implied_on(when, condition->field);
		if (!same || !implied_disjoint(&excluding->implying, same, condition))
			continue;
		const struct yaml_node *node = written(excluding->when_node, condition->field);
		const char *name = event_field_describe(condition->field)->name;
		loading_problem(excluding->loading, PROBLEM_USELESS_NOT, item->place,
			"this excludes nothing: the %s is never %s here, because %s", name,
			values_describe(excluding, condition),
			node ? "'when' wants another"
			     : arena_printf(excluding->loading->scratch, "without '%s' %s is meant",
				       name, values_describe(excluding, same)));
		if (node)
			relate(excluding, node->place, "'when' lets through", same);
		return;
	}
}

/* ---- status and its code -------------------------------------------------------------------- */

/* The status of a code without a text. */
static struct str status_of_code(const struct excluding *excluding, const struct rule_value *code)
{
	return status_canonical(code->text, STR(""), excluding->loading->scratch);
}

/* May an event have this code and a status for which the condition holds? Without a code, the text
 * decides, which may be any. */
static bool is_code_possible(const struct excluding *excluding, const struct rule_value *code,
	const struct rule_condition *status)
{
	if (code->probe != PROBE_NONE || !code->text.length || status->has_pattern)
		return true;
	return implied_by_text(&excluding->implying, status_of_code(excluding, code), status);
}

static void codes_check(const struct excluding *excluding)
{
	struct loading *loading = excluding->loading;
	const struct rule_map *when = &excluding->branch->when;
	const struct rule_condition *code = implied_on(when, EVENT_STATUS_CODE),
				    *status = implied_on(when, EVENT_STATUS);
	if (!code)
		return;
	for (uint32_t i = 0; i < code->value_count; i++)
		if (is_code_possible(excluding, &code->values[i], status))
			return;
	const struct yaml_node *code_node = written(excluding->when_node, EVENT_STATUS_CODE),
			       *status_node = written(excluding->when_node, EVENT_STATUS);
	struct str first = status_of_code(excluding, &code->values[0]);
	const char *quoted = loading_quote(loading, code->values[0].text);
	if (status_of_rule(first))
		loading_problem(loading, PROBLEM_NEVER_MATCHES, code_node->place,
			"this never matches: the code '%s' is the status '%s'%s", quoted,
			loading_quote(loading, first),
			status_node ? "" : ", and without 'status' success is meant");
	else
		loading_problem(loading, PROBLEM_NEVER_MATCHES, code_node->place,
			"this never matches: '%s' is the code of no status that dbt is known to "
			"send%s",
			quoted, status_node ? "" : ", and without 'status' success is meant");
	if (status_node)
		problem_relate(loading->problems, status_node->place, loading->file->source,
			"'when' wants another status here");
}

void exclude_check(struct loading *loading, const struct yaml_node *when_node,
	const struct yaml_node *not_node, const struct rule_branch *branch)
{
	bool is_check = loading->known && loading->known->is_check, is_reported = false;
	if (!branch->not_count && !is_check)
		return;
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	const struct excluding excluding = { loading, when_node, not_node, branch,
		{ loading->ruleset, scratch }, is_check };
	for (uint32_t i = 0; i < branch->not_count; i++)
		if (is_implied(&excluding, &branch->when, &branch->nots[i])) {
			report_all(&excluding, i);
			is_reported = true;
		}
	if (!is_check)
		return;
	codes_check(&excluding);
	for (uint32_t i = 0; i < branch->not_count; i++)
		report_nothing(&excluding, i);
	for (uint32_t i = 0; branch->not_count && !is_reported && i < branch->when.count; i++)
		is_reported = values_check(&excluding, &branch->when.conditions[i]);
}
