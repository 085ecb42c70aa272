/* rules/suite/coverage.c - counts which parts of the rules events have tested. */
#include "rules/suite/coverage.h"
#include "base/mem.h"
#include "base/text.h"
#include "rules/match.h"

#define MATCHED 1 /* bits of a rule's part; each other part has MATCHED alone */
#define MISSED 2

struct coverage {
	const struct ruleset *ruleset;
	uint8_t *parts; /* in the order of walk_parts() */
	size_t part_count;
};

enum part_kind { PART_RULE, PART_BRANCH, PART_VALUE, PART_NOT };

struct part {
	enum part_kind kind;
	const struct rule *rule;
	const struct rule_branch *branch;       /* but of PART_RULE */
	const struct rule_condition *condition; /* of PART_VALUE */
	const struct rule_value *value;         /* of PART_VALUE */
	const struct rule_map *map;             /* of PART_NOT */
};

typedef void part_visit(const struct part *part, size_t number, void *context);

struct coverage_walk {
	part_visit *visit;
	void *context;
	size_t number; /* of the next part */
};

static void walk_part(struct coverage_walk *walk, struct part part)
{
	walk->visit(&part, walk->number++, walk->context);
}

static void walk_branch(
	struct coverage_walk *walk, const struct rule *rule, const struct rule_branch *branch)
{
	if (rule->branch_count > 1)
		walk_part(walk, (struct part){ PART_BRANCH, rule, branch, NULL, NULL, NULL });
	for (uint32_t i = 0; i < branch->when.count; i++) {
		const struct rule_condition *condition = &branch->when.conditions[i];
		for (uint32_t j = 0; condition->value_count > 1 && j < condition->value_count; j++)
			walk_part(walk, (struct part){ PART_VALUE, rule, branch, condition,
						&condition->values[j], NULL });
	}
	for (uint32_t i = 0; i < branch->not_count; i++)
		walk_part(walk,
			(struct part){ PART_NOT, rule, branch, NULL, NULL, &branch->nots[i] });
}

/* Each part of each rule that is enabled, always in the same order. */
static size_t walk_parts(const struct ruleset *ruleset, part_visit *visit, void *context)
{
	struct coverage_walk walk = { .visit = visit, .context = context };
	for (size_t i = 0; i < ruleset->rule_count; i++) {
		const struct rule *rule = &ruleset->rules[i];
		if (!rule->enabled)
			continue;
		walk_part(&walk, (struct part){ PART_RULE, rule, NULL, NULL, NULL, NULL });
		for (uint32_t j = 0; j < rule->branch_count; j++)
			walk_branch(&walk, rule, &rule->branches[j]);
	}
	return walk.number;
}

static void part_ignore(const struct part *part, size_t number, void *context)
{
	(void)part, (void)number, (void)context;
}

struct coverage *coverage_new(const struct ruleset *ruleset)
{
	struct coverage *coverage = mem_new(struct coverage);
	coverage->ruleset = ruleset;
	coverage->part_count = walk_parts(ruleset, part_ignore, NULL);
	coverage->parts = mem_alloc(coverage->part_count + 1);
	return coverage;
}

void coverage_free(struct coverage *coverage)
{
	if (!coverage)
		return;
	free(coverage->parts);
	free(coverage);
}

/* ---- trying an event ---- */

struct trying {
	struct coverage *coverage;
	struct matching *matching;
};

static uint8_t part_try(const struct trying *trying, const struct part *part)
{
	struct matching *matching = trying->matching;
	const struct rule_branch *branch = part->branch;
	switch (part->kind) {
	case PART_RULE:
		return rule_match(matching, part->rule, &branch) == SEARCH_YES ? MATCHED : MISSED;
	case PART_BRANCH:
		return branch_match(matching, branch) == SEARCH_YES;
	case PART_VALUE:
		return value_match(matching, part->condition->field, part->value) == SEARCH_YES &&
		       branch_match(matching, branch) == SEARCH_YES;
	case PART_NOT:
		return map_match(matching, &branch->when) == SEARCH_YES &&
		       map_match(matching, part->map) == SEARCH_YES;
	}
	return 0;
}

static void part_add(const struct part *part, size_t number, void *context)
{
	const struct trying *trying = context;
	trying->coverage->parts[number] |= part_try(trying, part);
}

void coverage_add(struct coverage *coverage, const struct event *event,
	struct decide_scratch *scratch, struct arena *arena)
{
	struct matching matching;
	struct trying trying = { coverage, &matching };
	if (event->standing != EVENT_REAL)
		return;
	matching_begin(&matching, coverage->ruleset, event, scratch, arena);
	walk_parts(coverage->ruleset, part_add, &trying);
}

/* ---- the report ---- */

static bool is_covered(enum part_kind kind, uint8_t bits)
{
	return bits == (kind == PART_RULE ? MATCHED | MISSED : MATCHED);
}

struct counting {
	const struct coverage *coverage;
	size_t covered;
};

static void part_count(const struct part *part, size_t number, void *context)
{
	struct counting *counting = context;
	counting->covered += is_covered(part->kind, counting->coverage->parts[number]);
}

size_t coverage_of(const struct coverage *coverage)
{
	return coverage->part_count;
}

size_t coverage_covered(const struct coverage *coverage)
{
	struct counting counting = { .coverage = coverage };
	walk_parts(coverage->ruleset, part_count, &counting);
	return counting.covered;
}

int coverage_percent(const struct coverage *coverage)
{
	size_t of = coverage_of(coverage);
	return of ? (int)(coverage_covered(coverage) * 100 / of) : 100;
}

struct reporting {
	const struct coverage *coverage;
	coverage_visit *visit;
	void *context;
};

static void part_report(const struct part *part, size_t number, void *context)
{
	const struct reporting *reporting = context;
	const struct rule *rule = part->rule;
	uint8_t bits = reporting->coverage->parts[number];
	int line = rule->line;
	OWNED_TEXT struct text what = TEXT(TEXT_UNBOUNDED);
	if (is_covered(part->kind, bits))
		return;
	switch (part->kind) {
	case PART_RULE:
		text_add(&what, bits & MATCHED ? "never misses" : "never matches");
		break;
	case PART_BRANCH:
		line = part->branch->when.line;
		text_printf(&what, "item %d of 'when' never matches",
			(int)(part->branch - rule->branches) + 1);
		break;
	case PART_VALUE:
		line = part->value->line;
		text_printf(&what, "%s %s never matches",
			event_field_describe(part->condition->field)->name,
			part->value->text.length ? part->value->text.at : "\"\"");
		break;
	case PART_NOT:
		line = part->map->line;
		text_add(
			&what, "'not' never refuses an event that the rest of 'when' lets through");
		break;
	}
	reporting->visit(rule->name, rule->file, line, what.at, reporting->context);
}

void coverage_uncovered(const struct coverage *coverage, coverage_visit *visit, void *context)
{
	struct reporting reporting = { coverage, visit, context };
	walk_parts(coverage->ruleset, part_report, &reporting);
}
