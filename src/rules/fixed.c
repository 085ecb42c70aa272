/* rules/fixed.c - expands, as for an event, the selections for which any event would do. */
#include "rules/fixed.h"
#include "rules/expand.h"

struct fixing {
	struct matching matching;
	struct draft draft;
	const char **files; /* by selection of the draft */
	int *lines;
	size_t file_capacity, line_capacity;
	size_t need_event;
};

static bool is_fixed(const struct template *template)
{
	for (uint32_t i = 0; i < template->part_count; i++)
		if (template->parts[i].source != TEMPLATE_LITERAL)
			return false;
	return true;
}

/* A rule with this one selector is expanded, so that serve and verify cannot disagree. */
static void selector_fix(struct fixing *fixing, const struct rule *rule,
	const struct rule_refresh *refresh, const struct rule_selector *selector)
{
	struct rule_refresh one = *refresh;
	struct rule only = *rule;
	one.selectors = selector;
	one.selector_count = 1;
	only.refreshes = &one;
	only.refresh_count = 1;
	mem_grow(&fixing->files, &fixing->file_capacity, fixing->draft.selection_count);
	mem_grow(&fixing->lines, &fixing->line_capacity, fixing->draft.selection_count);
	fixing->files[fixing->draft.selection_count] = rule->file;
	fixing->lines[fixing->draft.selection_count] = selector->line;
	rule_expand(&fixing->matching, &only, NULL, &fixing->draft);
}

static void rule_fix(struct fixing *fixing, const struct rule *rule)
{
	for (uint32_t i = 0; i < rule->refresh_count; i++) {
		const struct rule_refresh *refresh = &rule->refreshes[i];
		bool is_narrowing_fixed = is_fixed(&refresh->site) && is_fixed(&refresh->project) &&
					  is_fixed(&refresh->project_luid) &&
					  is_fixed(&refresh->tag) && is_fixed(&refresh->owner);
		for (uint32_t j = 0; j < refresh->selector_count; j++) {
			const struct rule_selector *selector = &refresh->selectors[j];
			if (is_narrowing_fixed && is_fixed(&selector->text))
				selector_fix(fixing, rule, refresh, selector);
			else
				fixing->need_event++;
		}
	}
}

static const struct fixed_selection *fixed_take(const struct fixing *fixing, struct arena *arena)
{
	const struct draft *draft = &fixing->draft;
	struct fixed_selection *items =
		arena_array(arena, struct fixed_selection, draft->selection_count + 1);
	for (size_t i = 0; i < draft->selection_count; i++)
		items[i] = (struct fixed_selection){ draft->selections[i],
			draft->selections[i].rules[0], fixing->files[i], fixing->lines[i] };
	return items;
}

struct fixed_selections ruleset_fixed(const struct ruleset *ruleset, const char *const *only,
	size_t only_count, struct arena *arena)
{
	static const struct event none;
	OWNED(decide_scratch) scratch = decide_scratch_new();
	struct fixing fixing = { .need_event = 0 };
	struct fixed_selections fixed = { .disabled = 0 };
	matching_begin(&fixing.matching, ruleset, &none, scratch, arena);
	for (size_t i = 0; i < ruleset->rule_count; i++) {
		if (only_count && !text_is_among(ruleset->rules[i].name, only, only_count))
			continue;
		if (ruleset->rules[i].enabled)
			rule_fix(&fixing, &ruleset->rules[i]);
		else
			fixed.disabled++;
	}
	fixed.items = fixed_take(&fixing, arena);
	fixed.count = fixing.draft.selection_count;
	fixed.need_event = fixing.need_event;
	free(fixing.draft.selections);
	free(fixing.draft.warnings);
	free(fixing.files);
	free(fixing.lines);
	return fixed;
}
