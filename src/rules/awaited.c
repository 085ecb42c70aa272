/* rules/awaited.c - collects the exact values of conditions on event, job_id and source. */
#include "rules/awaited.h"
#include "rules/rule.h"

static struct awaited_values values_of(
	const struct rule_map *map, enum event_field field, struct arena *arena)
{
	for (uint32_t i = 0; i < map->count; i++) {
		const struct rule_condition *condition = &map->conditions[i];
		if (condition->field != field)
			continue;
		const char **items = arena_array(arena, const char *, condition->value_count + 1);
		size_t count = 0;
		for (uint32_t j = 0; j < condition->value_count; j++)
			if (condition->values[j].probe == PROBE_NONE)
				items[count++] = arena_str(arena, condition->values[j].text);
		/* A pattern beside exact values may mean others too, but these are meant. */
		return (struct awaited_values){ items, count };
	}
	return (struct awaited_values){ NULL, 0 };
}

/* A pattern may mean any source, also beside exact values. */
static bool has_pattern(const struct rule_map *map, enum event_field field)
{
	for (uint32_t i = 0; i < map->count; i++)
		if (map->conditions[i].field == field)
			return map->conditions[i].has_pattern;
	return false;
}

static struct awaited awaited_of(
	const struct rule *rule, const struct rule_map *when, struct arena *arena)
{
	struct awaited awaited = { .rule = rule->name,
		.file = rule->file,
		.line = rule->line,
		.jobs = values_of(when, EVENT_JOB_ID, arena) };
	if (!has_pattern(when, EVENT_EVENT))
		awaited.events = values_of(when, EVENT_EVENT, arena);
	if (!has_pattern(when, EVENT_SOURCE))
		awaited.sources = values_of(when, EVENT_SOURCE, arena);
	return awaited;
}

struct awaited_list ruleset_awaited(const struct ruleset *ruleset, const char *const *only,
	size_t only_count, struct arena *arena)
{
	size_t count = 0;
	for (size_t i = 0; i < ruleset->rule_count; i++)
		count += ruleset->rules[i].branch_count;
	struct awaited *items = arena_array(arena, struct awaited, count + 1);
	struct awaited_list list = { items, 0 };
	for (size_t i = 0; i < ruleset->rule_count; i++) {
		const struct rule *rule = &ruleset->rules[i];
		if (!rule->enabled || (only_count && !text_is_among(rule->name, only, only_count)))
			continue;
		for (uint32_t j = 0; j < rule->branch_count; j++)
			items[list.count++] = awaited_of(rule, &rule->branches[j].when, arena);
	}
	return list;
}

bool awaited_is_from(const struct awaited *awaited, const char *source)
{
	const struct awaited_values *sources = &awaited->sources;
	return !sources->count || text_is_among(source, sources->items, sources->count);
}
