/* rules/ruleset.c - a ruleset's life, and what others may ask of it. */
#include "rules/index.h"
#include "rules/rule.h"
#include <assert.h>

const char *ruleset_revision(const struct ruleset *ruleset)
{
	return ruleset->revision;
}

size_t ruleset_rule_count(const struct ruleset *ruleset)
{
	return ruleset->rule_count;
}

/* Does not count the memory of compiled patterns, which PCRE2 allocates. */
size_t ruleset_bytes(const struct ruleset *ruleset)
{
	return sizeof *ruleset + arena_bytes(ruleset->arena) +
	       ruleset->rule_capacity * sizeof *ruleset->rules +
	       ruleset->pattern_capacity * sizeof *ruleset->patterns +
	       ruleset->probe_capacity * sizeof *ruleset->probes + rule_index_bytes(ruleset->index);
}

struct rule_info ruleset_rule(const struct ruleset *ruleset, size_t index)
{
	const struct rule *rule = &ruleset->rules[index];
	return (struct rule_info){
		.name = rule->name,
		.description = rule->description,
		.owner = rule->owner,
		.file = rule->file,
		.line = rule->line,
		.enabled = rule->enabled,
		.shadow = rule->shadow,
		.priority = rule->priority,
		.delay = rule->delay,
		.quiet = rule->quiet,
	};
}

const struct rule *rule_named(const struct ruleset *ruleset, const char *name)
{
	size_t i = 0;
	while (i < ruleset->rule_count && !text_is(ruleset->rules[i].name, name))
		i++;
	assert(i < ruleset->rule_count);
	return &ruleset->rules[i];
}
