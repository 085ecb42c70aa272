/* rules/lint/lint.c - notes where rules stand, and runs what looks at several of them. */
#include "rules/lint/lint.h"

#include <assert.h>

#include "rules/lint/lint_inside.h"

/* For each kind of findings, in comparisons of two rules: about a second. */
#define WORK_MOST 40000000

struct noted_rule {
	struct place name;
	uint32_t file;
};

struct lint {
	struct str *sources; /* of files, owned */
	size_t source_count, source_capacity;
	struct noted_rule *rules;
	size_t rule_count, rule_capacity;
	struct place *selectors; /* of all rules, in order */
	size_t selector_count, selector_capacity;
};

struct lint *lint_new(void)
{
	return mem_new(struct lint);
}

void lint_free(struct lint *lint)
{
	if (!lint)
		return;
	for (size_t i = 0; i < lint->source_count; i++)
		mem_drop(lint->sources[i].at);
	free(lint->sources);
	free(lint->rules);
	free(lint->selectors);
	free(lint);
}

void lint_note_file(struct lint *lint, struct str source)
{
	mem_grow(&lint->sources, &lint->source_capacity, lint->source_count);
	lint->sources[lint->source_count++] =
		(struct str){ mem_copy_bytes(source.at, source.length), source.length };
}

void lint_note_rule(struct lint *lint, struct place name)
{
	mem_grow(&lint->rules, &lint->rule_capacity, lint->rule_count);
	lint->rules[lint->rule_count++] =
		(struct noted_rule){ name, (uint32_t)lint->source_count - 1 };
}

void lint_note_selector(struct lint *lint, struct place selector)
{
	mem_grow(&lint->selectors, &lint->selector_capacity, lint->selector_count);
	lint->selectors[lint->selector_count++] = selector;
}

struct place lint_place_of_rule(const struct linting *linting, uint32_t rule)
{
	return linting->lint->rules[rule].name;
}

struct place lint_place_of_ask(const struct linting *linting, const struct ask *ask)
{
	struct place place = linting->lint->selectors[ask->number];
	place.file = lint_place_of_rule(linting, ask->rule).file;
	return place;
}

struct str lint_source(const struct linting *linting, uint32_t rule)
{
	return linting->lint->sources[linting->lint->rules[rule].file];
}

static uint32_t map_size(const struct rule_map *map)
{
	uint32_t size = 0;
	for (uint32_t i = 0; i < map->count; i++)
		size += map->conditions[i].value_count;
	return size;
}

static uint32_t rule_size(const struct rule *rule)
{
	uint32_t size = 0;
	for (uint32_t i = 0; i < rule->branch_count; i++) {
		size += map_size(&rule->branches[i].when);
		for (uint32_t j = 0; j < rule->branches[i].not_count; j++)
			size += map_size(&rule->branches[i].nots[j]);
	}
	return size;
}

int64_t lint_work(const struct linting *linting, uint32_t a, uint32_t b)
{
	return 1 + (int64_t)linting->sizes[a] * linting->sizes[b] / 16;
}

bool lint_goes_on(struct linting *linting, uint32_t rule, int64_t work)
{
	linting->work += work;
	if (linting->work <= WORK_MOST)
		return true;
	if (!linting->is_over)
		problem_add(linting->problems, PROBLEM_NOT_COMPARED,
			lint_place_of_rule(linting, rule), lint_source(linting, rule),
			"comparing rules for %s has taken its share of time; further rules are not "
			"compared",
			problem_code_name(linting->code));
	linting->is_over = true;
	return false;
}

static void run(struct linting *linting, enum problem_code code, void (*find)(struct linting *))
{
	linting->code = code;
	linting->work = 0;
	linting->is_over = false;
	find(linting);
}

void lint_rules(struct lint *lint, const struct ruleset *ruleset, struct problems *problems)
{
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	OWNED(witnesses) witnesses = witnesses_new(ruleset);
	struct linting linting = { .lint = lint,
		.ruleset = ruleset,
		.problems = problems,
		.implying = { ruleset, scratch },
		.witnesses = witnesses };
	assert(lint->rule_count == ruleset->rule_count);
	OWNED_MEMORY uint32_t *sizes = mem_alloc((ruleset->rule_count + 1) * sizeof *sizes);
	for (size_t i = 0; i < ruleset->rule_count; i++)
		sizes[i] = rule_size(&ruleset->rules[i]);
	linting.sizes = sizes;
	asks_find(&linting.asks, ruleset);
	OWNED(partners) partners = partners_new(&linting.asks);
	linting.partners = partners;
	lint_redundant_selections(&linting);
	run(&linting, PROBLEM_REDUNDANT_RULE, lint_redundant_rules);
	run(&linting, PROBLEM_DIFFERENT_WISHES, lint_wishes);
	asks_clear(&linting.asks);
}
