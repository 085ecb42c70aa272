/* rules/lint/usage.c - which of the configuration's sites and sources, and of an event's fields,
 * the rules use. */
#include "rules/lint/implied.h"

/* May the template become this text? What `${...}` stands for may be anything but empty. */
static bool may_become(const struct template *template, struct str text)
{
	bool is_open = false; /* a name stands before `text`, and takes at least one byte */
	if (!template->part_count)
		return str_equal(template->text, text);
	for (uint32_t i = 0; i < template->part_count; i++) {
		struct str literal = template->parts[i].literal;
		bool is_last = i + 1 == template->part_count;
		if (template->parts[i].source != TEMPLATE_LITERAL) {
			is_open = true;
			continue;
		}
		size_t skipped = is_open;
		if (text.length < literal.length + skipped)
			return false;
		const char *found =
			is_open && is_last ? text.at + text.length - literal.length
			: is_open ? memmem(text.at + 1, text.length - 1, literal.at, literal.length)
				  : text.at;
		if (!found || memcmp(found, literal.at, literal.length) != 0)
			return false;
		text.length -= (size_t)(found - text.at) + literal.length;
		text.at = found + literal.length;
		is_open = false;
	}
	return is_open ? text.length > 0 : !text.length;
}

bool ruleset_uses_site(const struct ruleset *ruleset, const char *name)
{
	for (size_t i = 0; i < ruleset->rule_count; i++)
		for (uint32_t j = 0; j < ruleset->rules[i].refresh_count; j++)
			if (may_become(&ruleset->rules[i].refreshes[j].site, str_of(name)))
				return true;
	return false;
}

/* Does the branch let events of this source through, as far as its source is concerned? */
static bool is_open_to(
	const struct implying *implying, const struct rule_branch *branch, struct str source)
{
	const struct rule_condition *condition = implied_on(&branch->when, EVENT_SOURCE);
	if (condition && !implied_by_text(implying, source, condition))
		return false;
	for (uint32_t i = 0; i < branch->not_count; i++)
		if (branch->nots[i].count == 1 &&
			branch->nots[i].conditions[0].field == EVENT_SOURCE &&
			implied_by_text(implying, source, &branch->nots[i].conditions[0]))
			return false;
	return true;
}

bool ruleset_uses_source(const struct ruleset *ruleset, const char *name)
{
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	const struct implying implying = { ruleset, scratch };
	for (size_t i = 0; i < ruleset->rule_count; i++)
		for (uint32_t j = 0;
			ruleset->rules[i].enabled && j < ruleset->rules[i].branch_count; j++)
			if (is_open_to(&implying, &ruleset->rules[i].branches[j], str_of(name)))
				return true;
	return false;
}

static bool map_reads(const struct rule_map *map, enum event_field field)
{
	for (uint32_t i = 0; i < map->count; i++)
		if (map->conditions[i].field == field)
			return true;
	return false;
}

static bool branch_reads(const struct rule_branch *branch, enum event_field field)
{
	for (uint32_t i = 0; i < branch->not_count; i++)
		if (map_reads(&branch->nots[i], field))
			return true;
	return map_reads(&branch->when, field);
}

static bool template_reads(const struct template *template, enum event_field field)
{
	for (uint32_t i = 0; i < template->part_count; i++)
		if (template->parts[i].source == (int)field)
			return true;
	return false;
}

static bool refresh_reads(const struct rule_refresh *refresh, enum event_field field)
{
	const struct template *const templates[] = { &refresh->site, &refresh->project,
		&refresh->project_luid, &refresh->tag, &refresh->owner };
	for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
		if (template_reads(templates[i], field))
			return true;
	for (uint32_t i = 0; i < refresh->selector_count; i++)
		if (template_reads(&refresh->selectors[i].text, field))
			return true;
	return false;
}

bool ruleset_reads(const struct ruleset *ruleset, enum event_field field)
{
	for (size_t i = 0; i < ruleset->rule_count; i++) {
		const struct rule *rule = &ruleset->rules[i];
		for (uint32_t j = 0; j < rule->branch_count; j++)
			if (branch_reads(&rule->branches[j], field))
				return true;
		for (uint32_t j = 0; j < rule->refresh_count; j++)
			if (refresh_reads(&rule->refreshes[j], field))
				return true;
	}
	return false;
}
