/*
 * rules/explain/remedy.c - changes a copy of the event, one field after another, until the rule
 * matches it.
 *
 * Each condition that does not hold, and then each map of `not` that refuses, is a *gap*
 * (remedy_gap.c). For each, values are tried that may close it (remedy_value.c). Where that leads
 * nowhere, because two fields must change together, combinations are tried (remedy_combine.c). What
 * is found is tried as a whole, so a remedy that says so is true.
 */
#include "rules/explain/remedy_inside.h"

#define BRANCHES_MOST 16   /* maps of a list `when`, after the nearest */
#define WORK_MOST 10000000 /* values compared for all rules of an explanation: half a second */

struct remedy_search *remedy_search_new(const struct matching *matching)
{
	struct remedy_search *search = mem_new(struct remedy_search);
	search->asked = matching;
	search->scratch = decide_scratch_new();
	search->arena = arena_new();
	search->sampling = pattern_scratch_new();
	search->event = *matching->event;
	matching_begin(
		&search->trial, matching->ruleset, &search->event, search->scratch, search->arena);
	return search;
}

void remedy_search_free(struct remedy_search *search)
{
	if (!search)
		return;
	decide_scratch_free(search->scratch);
	pattern_scratch_free(search->sampling);
	arena_free(search->arena);
	free(search->samples);
	free(search);
}

/* ---- what the parts share ---- */

struct branch_misses remedy_misses(struct remedy_search *search)
{
	search->work += search->size;
	matching_repeat(&search->trial);
	return branch_misses_of(&search->trial, search->branch);
}

bool remedy_is_over(const struct remedy_search *search)
{
	return search->work > WORK_MOST;
}

static int64_t size_of(const struct rule_map *map)
{
	int64_t size = 1;
	for (uint32_t i = 0; i < map->count; i++)
		size += map->conditions[i].value_count;
	return size;
}

const struct rule_condition *remedy_same_field(const struct rule_map *map, enum event_field field)
{
	for (uint32_t i = 0; i < map->count; i++)
		if (map->conditions[i].field == field)
			return &map->conditions[i];
	return NULL;
}

const char *remedy_words(struct remedy_search *search, enum event_field field, struct str value)
{
	struct arena *arena = search->asked->arena;
	const char *name = event_field_describe(field)->name;
	if (!value.length)
		return arena_printf(arena, "%s were empty", name);
	return arena_printf(arena, "%s were '%s'", name, explain_cut(value, arena));
}

void remedy_words_renew(struct remedy_search *search)
{
	memset(search->is_open, 0, sizeof search->is_open);
	for (int field = 0; field < EVENT_FIELD_COUNT; field++) {
		struct str value = search->event.fields[field];
		bool is_changed = !str_equal(value, search->asked->event->fields[field]);
		search->words[field] =
			is_changed ? remedy_words(search, (enum event_field)field, value) : NULL;
	}
}

/* ---- the whole ---- */

static void add_step(struct remedy_step *steps, struct remedy *remedy, const char *field,
	const char *value, const char *words)
{
	steps[remedy->step_count++] = (struct remedy_step){ field, value, words };
}

static void steps_make(struct remedy_search *search, struct remedy *remedy)
{
	struct arena *arena = search->asked->arena;
	struct remedy_step *steps = arena_array(arena, struct remedy_step, EVENT_FIELD_COUNT + 2);
	remedy->steps = steps;
	if (search->asked->event->standing != EVENT_REAL)
		add_step(steps, remedy, "", NULL, "the event were one that is routed");
	if (!search->rule->enabled)
		add_step(steps, remedy, "enabled", "true", "the rule's `enabled` were true");
	for (int field = 0; field < EVENT_FIELD_COUNT; field++)
		if (search->words[field])
			add_step(steps, remedy, event_field_describe((enum event_field)field)->name,
				search->is_open[field]
					? NULL
					: arena_str(arena, search->event.fields[field]),
				search->words[field]);
}

static const char *sentence(const struct remedy *remedy, struct arena *arena)
{
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	if (!remedy->step_count)
		return "no change of the event was found with which it matches";
	text_add(&out, remedy->is_tried ? "would match " : "could match ");
	if (remedy->step_count > 1)
		text_printf(&out, "with %zu changes: ", remedy->step_count);
	text_add(&out, "if ");
	for (size_t i = 0; i < remedy->step_count; i++)
		text_printf(&out, "%s%s",
			!i                            ? ""
			: i + 1 == remedy->step_count ? ", and "
						      : ", ",
			remedy->steps[i].words);
	return arena_str(arena, text_str(&out));
}

static bool is_any_open(const struct remedy_search *search)
{
	bool is_open = false;
	for (int field = 0; field < EVENT_FIELD_COUNT; field++)
		is_open |= search->is_open[field];
	return is_open;
}

/* Closes all gaps of the branch. Does the rule match then? */
static bool branch_close(struct remedy_search *search, const struct rule_branch *branch)
{
	const struct rule_branch *holds;
	search->branch = branch;
	search->size = size_of(&branch->when);
	for (uint32_t i = 0; i < branch->not_count; i++)
		search->size += size_of(&branch->nots[i]);
	search->event = *search->asked->event;
	search->is_hopeless = false;
	memset(search->words, 0, sizeof search->words);
	memset(search->is_open, 0, sizeof search->is_open);
	for (uint32_t i = 0; i < branch->when.count && !remedy_is_over(search); i++)
		remedy_gap_close_condition(search, &branch->when.conditions[i]);
	for (uint32_t i = 0; i < branch->not_count && !remedy_is_over(search); i++)
		remedy_gap_close_refusal(search, &branch->nots[i]);
	if (remedy_is_over(search))
		return false;
	if (search->is_hopeless)
		remedy_combine(search);
	matching_repeat(&search->trial);
	if (rule_match(&search->trial, search->rule, &holds) != SEARCH_YES)
		return false;
	if (is_any_open(search)) /* then it is another branch that holds */
		remedy_words_renew(search);
	return true;
}

const struct remedy *remedy_find(
	struct remedy_search *search, const struct rule *rule, uint32_t nearest)
{
	struct arena *arena = search->asked->arena;
	struct remedy *remedy = arena_new_of(arena, struct remedy);
	search->rule = rule;
	remedy->is_tried = branch_close(search, &rule->branches[nearest]);
	bool is_good = remedy->is_tried || (!search->is_hopeless && is_any_open(search));
	for (uint32_t i = 0; !is_good && i < rule->branch_count && i < BRANCHES_MOST; i++)
		is_good = remedy->is_tried = branch_close(search, &rule->branches[i]);
	if (is_good && (remedy->is_tried || !remedy_is_over(search)))
		steps_make(search, remedy);
	remedy->words = remedy->step_count || !remedy_is_over(search)
				? sentence(remedy, arena)
				: "the change that it needs was not looked for any longer: these "
				  "rules have too many values";
	return remedy;
}
