/* rules/expand.c - from matched rules to selections: `${name}` expanded, and equal selections of
 * several rules merged. */
#include "rules/expand.h"
#include "content/wish.h"
#include "rules/luid.h"
#include "rules/template.h"

struct expanding {
	struct matching *matching;
	const struct rule *rule;
	const struct rule_refresh *refresh;
	uint32_t number; /* the selection's place in its rule, from 1 */
	struct template_values values;
	struct draft *draft;
};

void draft_warn(struct draft *draft, const char *rule, const char *text, bool is_pattern_limit)
{
	mem_grow(&draft->warnings, &draft->warning_capacity, draft->warning_count);
	draft->warnings[draft->warning_count++] = (struct warning){
		.rule = rule, .text = text, .is_pattern_limit = is_pattern_limit
	};
}

/* Adds the warning that a selection is void; always false. */
static bool void_because(struct expanding *expanding, const char *field,
	const struct template *template, const char *why)
{
	struct arena *arena = expanding->matching->arena;
	draft_warn(expanding->draft, expanding->rule->name,
		arena_printf(arena, "selection %u: %s '%s' %s; nothing is refreshed for it",
			expanding->number, field, template->text.at, why),
		false);
	return false;
}

/* Expands into the arena; NULL where the template is absent. */
static bool expand(struct expanding *expanding, const char *field, const struct template *template,
	enum template_use use, const char **out)
{
	struct arena *arena = expanding->matching->arena;
	struct text *text = &expanding->matching->scratch->expansion;
	const char *name;
	*out = NULL;
	if (!template->text.at)
		return true;
	if (template_is_literal(template)) {
		*out = arena_str(arena, template->text);
		return true;
	}
	text_reset(text);
	enum expansion expansion = template_expand(template, use, &expanding->values, text, &name);
	if (expansion == EXPANSION_ABSENT)
		return void_because(expanding, field, template,
			arena_printf(arena,
				"needs the capture '%s', which took no part in the match", name));
	if (expansion == EXPANSION_EMPTY)
		return void_because(expanding, field, template,
			name ? arena_printf(
				       arena, "expanded to nothing: the event has no '%s'", name)
			     : "expanded to nothing");
	if (memchr(text->at, '\0', text->length))
		return void_because(
			expanding, field, template, "expanded to a text with a NUL byte");
	*out = arena_str(arena, text_str(text));
	return true;
}

static bool luid_expand(struct expanding *expanding, const char *field,
	const struct template *template, const char **out)
{
	struct arena *arena = expanding->matching->arena;
	char luid[LUID_TEXT_SIZE];
	if (!expand(expanding, field, template, TEMPLATE_PLAIN, out))
		return false;
	if (!*out)
		return true;
	if (!luid_normalise(str_of(*out), luid))
		return void_because(expanding, field, template,
			arena_printf(arena, "became '%s', which is no LUID", *out));
	*out = arena_text(arena, luid);
	return true;
}

static void selector_expand(struct expanding *expanding, const struct rule_selector *selector,
	struct selection selection)
{
	const char *field = kind_plural(expanding->refresh->kind);
	struct draft *draft = expanding->draft;
	enum template_use use = selector->by == SELECT_PATTERN ? TEMPLATE_PATTERN : TEMPLATE_PLAIN;
	selection.by = selector->by;
	if (selector->by == SELECT_LUID
			? !luid_expand(expanding, field, &selector->text, &selection.selector)
			: !expand(expanding, field, &selector->text, use, &selection.selector))
		return;
	mem_grow(&draft->selections, &draft->selection_capacity, draft->selection_count);
	draft->selections[draft->selection_count++] = selection;
}

static void refresh_expand(struct expanding *expanding)
{
	const struct rule *rule = expanding->rule;
	const struct rule_refresh *refresh = expanding->refresh;
	const char **rules = arena_new_of(expanding->matching->arena, const char *);
	*rules = rule->name;
	struct selection selection = {
		.kind = refresh->kind,
		.incremental = refresh->incremental,
		.allow_many = refresh->allow_many,
		.allow_none = refresh->allow_none,
		.shadow = rule->shadow,
		.priority = rule->priority,
		.delay = rule->delay,
		.quiet = rule->quiet,
		.rule_count = 1,
		.rules = rules,
	};
	if (!expand(expanding, "site", &refresh->site, TEMPLATE_PLAIN, &selection.site) ||
		!expand(expanding, "project", &refresh->project, TEMPLATE_PROJECT,
			&selection.project) ||
		!luid_expand(
			expanding, "project", &refresh->project_luid, &selection.project_luid) ||
		!expand(expanding, "tag", &refresh->tag, TEMPLATE_PLAIN, &selection.tag) ||
		!expand(expanding, "owner", &refresh->owner, TEMPLATE_PLAIN, &selection.owner))
		return;
	for (uint32_t i = 0; i < refresh->selector_count; i++)
		selector_expand(expanding, &refresh->selectors[i], selection);
}

void rule_expand(struct matching *matching, const struct rule *rule, const struct str *captures,
	struct draft *draft)
{
	struct expanding expanding = { .matching = matching,
		.rule = rule,
		.draft = draft,
		.values = { .event = matching->event, .captures = captures } };
	for (uint32_t i = 0; i < rule->refresh_count; i++) {
		expanding.refresh = &rule->refreshes[i];
		expanding.number = i + 1;
		refresh_expand(&expanding);
	}
}

static int by_content(const struct selection *a, const struct selection *b)
{
	int order = selection_compare(a, b);
	/* `quiet` counts the events of one rule, so a selection with it is not merged with another
	 * rule's. */
	return order || !a->quiet ? order : strcmp(a->rules[0], b->rules[0]);
}

static int by_content_and_rule(const void *a, const void *b)
{
	const struct selection *x = a, *y = b;
	int order = by_content(x, y);
	return order ? order : strcmp(x->rules[0], y->rules[0]);
}

static struct wish wish_of(const struct selection *selection)
{
	return (struct wish){ selection->priority, selection->incremental, selection->allow_many,
		selection->allow_none };
}

/*
 * What several rules want alike. A shadow rule has no say beside a rule that sends, else trying a
 * rule out would change what the others do.
 */
static void settings_join(struct selection *into, const struct selection *from)
{
	struct wish wish = wish_merge(wish_of(into), wish_of(from));
	if (into->shadow != from->shadow)
		wish = wish_of(into->shadow ? from : into);
	into->priority = wish.priority;
	into->allow_many = wish.allow_many;
	into->allow_none = wish.allow_none;
	into->shadow = into->shadow && from->shadow;
}

/* One selection from `count` equal ones. */
static struct selection joined(const struct selection *equal, size_t count, struct arena *arena)
{
	struct selection selection = equal[0];
	const char **rules = arena_array(arena, const char *, count);
	selection.rules = rules;
	selection.rule_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (i)
			settings_join(&selection, &equal[i]);
		if (!selection.rule_count ||
			!text_is(rules[selection.rule_count - 1], equal[i].rules[0]))
			rules[selection.rule_count++] = equal[i].rules[0];
	}
	return selection;
}

void draft_sort(struct draft *draft)
{
	if (draft->selection_count > 1)
		qsort(draft->selections, draft->selection_count, sizeof *draft->selections,
			by_content_and_rule);
}

void draft_merge(struct draft *draft, struct arena *arena)
{
	struct selection *all = draft->selections;
	size_t count = draft->selection_count, kept = 0;
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && !by_content(&all[i], &all[end]);)
			end++;
		all[kept++] = end - i > 1 ? joined(&all[i], end - i, arena) : all[i];
	}
	draft->selection_count = kept;
}
