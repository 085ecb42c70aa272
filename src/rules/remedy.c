/*
 * rules/remedy.c - changes a copy of the event, one field after another, until the rule matches it.
 *
 * Each condition that does not hold, and then each map of `not` that refuses, is a *gap*. For each
 * gap the values are tried that may close it: exact ones of the rule, the literal of a pattern, and
 * a few texts that most patterns do not find. The best of them stays. Where that leads nowhere,
 * because two fields must change together, combinations are tried. What is found is tried as a
 * whole, so a remedy that says so is true.
 */
#include "rules/remedy.h"
#include "event/status.h"
#include "rules/explain.h"
#include "rules/hint.h"

#define VALUES_MOST 64   /* values of a condition that are tried */
#define BRANCHES_MOST 16 /* maps of a list `when`, after the nearest */
#define CHOICES_MOST 12  /* values of a field that are combined with those of others */
#define TRIALS_MOST 2000 /* combinations */

struct remedy_search {
	const struct matching *asked; /* about the event as it is */
	struct matching trial;        /* about `event` */
	struct event event;           /* as it has been changed so far */
	struct decide_scratch *scratch;
	struct arena *arena; /* what the trials need */
	const struct rule *rule;
	const struct rule_branch *branch;
	const char *words[EVENT_FIELD_COUNT]; /* of the fields that were changed; else NULL */
	bool is_open[EVENT_FIELD_COUNT];      /* no text is known that would close the gap */
	bool is_hopeless;                     /* none of the values that there are closes it */
};

struct remedy_search *remedy_search_new(const struct matching *matching)
{
	struct remedy_search *search = mem_new(struct remedy_search);
	search->asked = matching;
	search->scratch = decide_scratch_new();
	search->arena = arena_new();
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
	arena_free(search->arena);
	free(search);
}

/* ---- trying one value ---- */

struct gap { /* a condition that has to hold, or, of a map of `not`, one that must not */
	const struct rule_condition *condition;
	bool is_refusal;
	struct branch_misses before, best;
	struct str value;    /* the best */
	const char *written; /* where it comes from: the value of the rule; NULL: nowhere */
	bool is_exact;
};

static struct branch_misses misses_now(struct remedy_search *search)
{
	matching_repeat(&search->trial);
	return branch_misses_of(&search->trial, search->branch);
}

static bool is_better(struct branch_misses a, struct branch_misses b)
{
	return a.missed != b.missed ? a.missed < b.missed : a.refused < b.refused;
}

/* Is it the best that closing this one gap can bring? */
static bool is_closed(const struct gap *gap)
{
	return gap->is_refusal ? !gap->best.refused
			       : gap->best.missed < gap->before.missed && !gap->best.refused;
}

static void try_value(struct remedy_search *search, struct gap *gap, struct str value,
	const char *written, bool is_exact)
{
	enum event_field field = gap->condition->field;
	struct str kept = search->event.fields[field];
	if (is_closed(gap) || str_equal(value, kept))
		return;
	search->event.fields[field] = value;
	struct branch_misses misses = misses_now(search);
	search->event.fields[field] = kept;
	if (!is_better(misses, gap->best))
		return;
	gap->best = misses;
	gap->value = value;
	gap->written = written;
	gap->is_exact = is_exact;
}

static void try_condition(
	struct remedy_search *search, struct gap *gap, const struct rule_condition *condition)
{
	struct arena *arena = search->arena;
	const char *near = hint_value(condition, search->event.fields[condition->field], arena);
	if (near)
		try_value(search, gap, str_of(near), near, true);
	for (uint32_t i = 0; i < condition->value_count && i < VALUES_MOST; i++) {
		const struct rule_value *value = &condition->values[i];
		const struct ruleset *ruleset = search->asked->ruleset;
		if (value->probe == PROBE_NONE) {
			try_value(search, gap, value->text, value->text.at, true);
			continue;
		}
		struct str literal =
			ruleset->patterns[ruleset->probes[value->probe].pattern].literal;
		if (literal.length)
			try_value(search, gap,
				(struct str){ arena_str(arena, literal), literal.length },
				value->text.at, false);
	}
}

/* Texts of no meaning, of which most patterns find some and miss others. */
static void try_others(struct remedy_search *search, struct gap *gap)
{
	static const char *const texts[] = { "", "x", "0", "1001" };
	struct arena *arena = search->arena;
	struct str actual = str_cut(search->event.fields[gap->condition->field], EXPLAINED_BYTES);
	if (gap->condition->field == EVENT_STATUS)
		for (size_t i = 0; status_names[i]; i++)
			try_value(search, gap, str_of(status_names[i]), NULL, false);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		try_value(search, gap, str_of(texts[i]), NULL, false);
	const char *longer = arena_printf(arena, "%.*sx", (int)actual.length, actual.at);
	try_value(search, gap, str_of(longer), NULL, false);
	try_value(search, gap, str_of(arena_printf(arena, "x%.*s", (int)actual.length, actual.at)),
		NULL, false);
}

static const struct rule_condition *same_field(const struct rule_map *map, enum event_field field)
{
	for (uint32_t i = 0; i < map->count; i++)
		if (map->conditions[i].field == field)
			return &map->conditions[i];
	return NULL;
}

static bool is_exact(const struct rule_condition *condition)
{
	return condition && !condition->has_pattern;
}

/* ---- closing one gap ---- */

static const char *words_of(struct remedy_search *search, const struct gap *gap)
{
	struct arena *arena = search->asked->arena;
	const struct rule_condition *condition = gap->condition;
	const char *name = event_field_describe(condition->field)->name;
	bool is_one = condition->value_count == 1;
	if (gap->is_exact && !gap->value.length)
		return arena_printf(arena, "%s were empty", name);
	if (gap->is_exact)
		return arena_printf(arena, "%s were '%s'", name, explain_cut(gap->value, arena));
	const char *values = explain_values(condition, arena);
	if (!gap->is_refusal && gap->written && gap->value.at) /* a pattern, and a text it finds */
		return arena_printf(arena, "%s matched %s, as '%s' does", name, gap->written,
			explain_cut(gap->value, arena));
	if (!gap->is_refusal)
		return arena_printf(arena, is_one ? "%s matched %s" : "%s were %s", name, values);
	if (is_one && condition->values[0].probe != PROBE_NONE)
		return arena_printf(arena, "%s did not match %s", name, values);
	if (is_one && !condition->values[0].text.length)
		return arena_printf(arena, "%s were not empty", name);
	return arena_printf(arena, is_one ? "%s were not '%s'" : "%s were not %s", name, values);
}

static void add_words(struct remedy_search *search, const struct gap *gap)
{
	const char **words = &search->words[gap->condition->field];
	const char *more = words_of(search, gap);
	*words = *words && !gap->is_exact
			 ? arena_printf(search->asked->arena, "%s and %s", *words, more)
			 : more;
}

/* Keeps the best value; false when none is better than what there was. */
static bool gap_close(struct remedy_search *search, const struct gap *gap)
{
	if (!is_better(gap->best, gap->before))
		return false;
	search->event.fields[gap->condition->field] = gap->value;
	add_words(search, gap);
	return true;
}

/* Nothing is known that closes it: for a pattern the words say what would, else nothing does. */
static void gap_leave(struct remedy_search *search, struct gap *gap, bool has_pattern)
{
	gap->value = (struct str){ 0 };
	gap->written = NULL;
	gap->is_exact = false;
	if (has_pattern) {
		search->is_open[gap->condition->field] = true;
		add_words(search, gap);
	} else {
		search->is_hopeless = true;
	}
}

static void close_condition(struct remedy_search *search, const struct rule_condition *condition)
{
	struct gap gap = { .condition = condition, .before = misses_now(search) };
	if (condition_match(&search->trial, condition) == SEARCH_YES)
		return;
	gap.best = gap.before;
	try_condition(search, &gap, condition);
	if (condition->has_pattern && !is_closed(&gap))
		try_others(search, &gap);
	if (!gap_close(search, &gap))
		gap_leave(search, &gap, condition->has_pattern);
}

/* A map of `not` refuses no more when one of its conditions does not hold. A field on which `when`
 * has no condition is changed rather than one on which it has. */
static void close_refusal(struct remedy_search *search, const struct rule_map *map)
{
	struct gap chosen = { 0 };
	bool has_pattern = false;
	if (misses_now(search), map_match(&search->trial, map) == SEARCH_NO)
		return;
	for (int is_bound = 0; is_bound < 2; is_bound++)
		for (uint32_t i = 0; i < map->count; i++) {
			const struct rule_condition *condition = &map->conditions[i];
			const struct rule_condition *same =
				same_field(&search->branch->when, condition->field);
			struct gap gap = { .condition = condition,
				.is_refusal = true,
				.before = misses_now(search) };
			if ((same != NULL) != is_bound)
				continue;
			gap.best = gap.before;
			if (same)
				try_condition(search, &gap, same);
			if (!is_exact(same))
				try_others(search, &gap);
			if (gap_close(search, &gap))
				return;
			if (!chosen.condition || (!has_pattern && !is_exact(same)))
				chosen = gap;
			has_pattern |= !is_exact(same);
		}
	if (chosen.condition)
		gap_leave(search, &chosen, has_pattern);
	else
		search->is_hopeless = true;
}

/* ---- several fields together ---- */

/* The fields that the branch has conditions on; returns how many. */
static size_t fields_of(const struct rule_branch *branch, enum event_field *fields)
{
	size_t count = 0;
	for (int field = 0; field < EVENT_FIELD_COUNT; field++) {
		bool is_there = same_field(&branch->when, (enum event_field)field);
		for (uint32_t i = 0; i < branch->not_count && !is_there; i++)
			is_there = same_field(&branch->nots[i], (enum event_field)field);
		if (is_there)
			fields[count++] = (enum event_field)field;
	}
	return count;
}

/* What the field may be: as it is, what the rule wants, or something that it does not speak of. */
static size_t choices_of(const struct remedy_search *search, enum event_field field,
	const struct rule_condition *wanted, struct str *choices)
{
	size_t count = 0;
	choices[count++] = search->asked->event->fields[field];
	for (uint32_t i = 0; wanted && i < wanted->value_count && count + 2 < CHOICES_MOST; i++)
		if (wanted->values[i].probe == PROBE_NONE)
			choices[count++] = wanted->values[i].text;
	if (!is_exact(wanted)) {
		choices[count++] = STR("");
		choices[count++] = STR("x");
	}
	return count;
}

static bool choose(
	struct remedy_search *search, const enum event_field *fields, size_t count, int *trials)
{
	struct str choices[CHOICES_MOST];
	if (!count) {
		struct branch_misses misses = misses_now(search);
		return !misses.missed && !misses.refused;
	}
	const struct rule_condition *wanted = same_field(&search->branch->when, *fields);
	size_t choice_count = choices_of(search, *fields, wanted, choices);
	for (size_t i = 0; i < choice_count && ++*trials < TRIALS_MOST; i++) {
		search->event.fields[*fields] = choices[i];
		matching_repeat(&search->trial);
		if (wanted && condition_match(&search->trial, wanted) != SEARCH_YES)
			continue;
		if (choose(search, fields + 1, count - 1, trials))
			return true;
	}
	return false;
}

/* Says of the fields that have changed what they are now, and nothing of the others. */
static void words_renew(struct remedy_search *search)
{
	memset(search->is_open, 0, sizeof search->is_open);
	for (int field = 0; field < EVENT_FIELD_COUNT; field++) {
		struct str value = search->event.fields[field];
		const struct rule_condition condition = { .field = (enum event_field)field };
		const struct gap gap = {
			.condition = &condition, .value = value, .is_exact = true
		};
		bool is_changed = !str_equal(value, search->asked->event->fields[field]);
		search->words[field] = is_changed ? words_of(search, &gap) : NULL;
	}
}

static void branch_combine(struct remedy_search *search)
{
	enum event_field fields[EVENT_FIELD_COUNT];
	int trials = 0;
	if (choose(search, fields, fields_of(search->branch, fields), &trials))
		words_renew(search);
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
	text_add(&out, "would match ");
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
	search->event = *search->asked->event;
	search->is_hopeless = false;
	memset(search->words, 0, sizeof search->words);
	memset(search->is_open, 0, sizeof search->is_open);
	for (uint32_t i = 0; i < branch->when.count; i++)
		close_condition(search, &branch->when.conditions[i]);
	for (uint32_t i = 0; i < branch->not_count; i++)
		close_refusal(search, &branch->nots[i]);
	if (search->is_hopeless)
		branch_combine(search);
	matching_repeat(&search->trial);
	if (rule_match(&search->trial, search->rule, &holds) != SEARCH_YES)
		return false;
	if (is_any_open(search)) /* then it is another branch that holds */
		words_renew(search);
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
	if (is_good)
		steps_make(search, remedy);
	remedy->words = sentence(remedy, arena);
	return remedy;
}
