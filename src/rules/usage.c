/* rules/usage.c - which of the configuration's sites and sources the rules use. */
#include "rules/implied.h"

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
