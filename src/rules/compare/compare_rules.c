/*
 * rules/compare/compare_rules.c - which rules differ between two rulesets, by the parts that
 * decide.
 */
#include "base/mem.h"
#include "rules/compare/compare.h"
#include "rules/rule.h"

/* ---- a part of a rule as a text: equal parts have equal texts ---- */

static void add_text(struct text *out, struct str text)
{
	text_printf(out, "%zu:", text.length);
	text_add_str(out, text);
}

static void add_map(struct text *out, const struct rule_map *map)
{
	text_printf(out, "{%u", map->count);
	for (uint32_t i = 0; i < map->count; i++) {
		const struct rule_condition *condition = &map->conditions[i];
		text_printf(out, " %d[", (int)condition->field);
		for (uint32_t j = 0; j < condition->value_count; j++) {
			text_add_char(out, condition->values[j].probe == PROBE_NONE ? '=' : '~');
			add_text(out, condition->values[j].text);
		}
		text_add_char(out, ']');
	}
	text_add_char(out, '}');
}

static void add_when(struct text *out, const struct rule *rule)
{
	for (uint32_t i = 0; i < rule->branch_count; i++) {
		const struct rule_branch *branch = &rule->branches[i];
		add_map(out, &branch->when);
		for (uint32_t j = 0; j < branch->not_count; j++) {
			text_add_char(out, '!');
			add_map(out, &branch->nots[j]);
		}
	}
}

/* A template's own text is gone when it has parts; they say as much. */
static void add_template(struct text *out, const struct template *template)
{
	if (!template->part_count)
		add_text(out, template->text);
	for (uint32_t i = 0; i < template->part_count; i++) {
		text_add_char(out, template->parts[i].source == TEMPLATE_LITERAL ? '"' : '$');
		add_text(out, template->parts[i].literal);
	}
	text_add_char(out, ';');
}

static void add_refresh(struct text *out, const struct rule *rule)
{
	for (uint32_t i = 0; i < rule->refresh_count; i++) {
		const struct rule_refresh *refresh = &rule->refreshes[i];
		text_printf(out, "(%d %d %d %d ", (int)refresh->kind, refresh->incremental,
			refresh->allow_many, refresh->allow_none);
		add_template(out, &refresh->site);
		add_template(out, &refresh->project);
		add_template(out, &refresh->project_luid);
		add_template(out, &refresh->tag);
		add_template(out, &refresh->owner);
		for (uint32_t j = 0; j < refresh->selector_count; j++) {
			text_printf(out, "%d", (int)refresh->selectors[j].by);
			add_template(out, &refresh->selectors[j].text);
		}
		text_add_char(out, ')');
	}
}

static void add_priority(struct text *out, const struct rule *rule)
{
	text_printf(out, "%d", (int)rule->priority);
}

static void add_delay(struct text *out, const struct rule *rule)
{
	text_printf(out, "%lld", (long long)rule->delay);
}

static void add_quiet(struct text *out, const struct rule *rule)
{
	text_printf(out, "%lld", (long long)rule->quiet);
}

static void add_mode(struct text *out, const struct rule *rule)
{
	text_add(out, rule->shadow ? "shadow" : "send");
}

static void add_enabled(struct text *out, const struct rule *rule)
{
	text_add(out, rule->enabled ? "true" : "false");
}

static const struct {
	const char *name; /* as the rule file has it */
	void (*add)(struct text *out, const struct rule *rule);
} parts[] = {
	{ "when", add_when },
	{ "refresh", add_refresh },
	{ "priority", add_priority },
	{ "delay", add_delay },
	{ "quiet", add_quiet },
	{ "mode", add_mode },
	{ "enabled", add_enabled },
};

/* "when, delay"; empty: nothing differs. */
static const char *what_differs(
	const struct rule *before, const struct rule *after, struct arena *arena)
{
	OWNED_TEXT struct text what = TEXT(TEXT_UNBOUNDED);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		OWNED_TEXT struct text old = TEXT(TEXT_UNBOUNDED);
		OWNED_TEXT struct text new = TEXT(TEXT_UNBOUNDED);
		parts[i].add(&old, before);
		parts[i].add(&new, after);
		if (!str_equal(text_str(&old), text_str(&new)))
			text_printf(&what, "%s%s", what.length ? ", " : "", parts[i].name);
	}
	return arena_text(arena, what.at);
}

/* ---- rules by name ---- */

static const struct rule **by_rank(const struct ruleset *ruleset, struct arena *arena)
{
	const struct rule **rules =
		arena_array(arena, const struct rule *, ruleset->rule_count + 1);
	for (size_t i = 0; i < ruleset->rule_count; i++)
		rules[ruleset->rules[i].rank] = &ruleset->rules[i];
	return rules;
}

static struct changed_rule changed(enum change change, const struct rule *rule, const char *what)
{
	return (struct changed_rule){ change, rule->name, rule->file, rule->line, what };
}

const struct changed_rule *rules_compare(const struct ruleset *before, const struct ruleset *after,
	struct arena *arena, size_t *count)
{
	const struct rule **old = by_rank(before, arena), **new = by_rank(after, arena);
	size_t i = 0, j = 0;
	struct changed_rule *list =
		arena_array(arena, struct changed_rule, before->rule_count + after->rule_count + 1);
	*count = 0;
	while (i < before->rule_count || j < after->rule_count) {
		int order = i == before->rule_count  ? 1
			    : j == after->rule_count ? -1
						     : strcmp(old[i]->name, new[j]->name);
		if (order < 0)
			list[(*count)++] = changed(CHANGE_LOST, old[i], "");
		else if (order > 0)
			list[(*count)++] = changed(CHANGE_GAINED, new[j], "");
		const char *what = order ? "" : what_differs(old[i], new[j], arena);
		if (*what)
			list[(*count)++] = changed(CHANGE_ALTERED, new[j], what);
		i += order <= 0;
		j += order >= 0;
	}
	return list;
}
