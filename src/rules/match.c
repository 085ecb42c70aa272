/* rules/match.c - tests the conditions of a rule, each pattern at most once for an event. */
#include "rules/match.h"

#include "rules/index.h"

struct decide_scratch *decide_scratch_new(void)
{
	struct decide_scratch *scratch = mem_new(struct decide_scratch);
	scratch->patterns = pattern_scratch_new();
	scratch->expansion = TEXT(TEXT_UNBOUNDED);
	return scratch;
}

void decide_scratch_free(struct decide_scratch *scratch)
{
	if (!scratch)
		return;
	pattern_scratch_free(scratch->patterns);
	text_clear(&scratch->expansion);
	free(scratch->seen);
	free(scratch->keys_seen);
	free(scratch->memos);
	free(scratch->candidates);
	free(scratch);
}

/* Grows the array to `count` items; new ones are zero, which no epoch is. */
static void *grown(void *array, size_t item_size, size_t *capacity, size_t count)
{
	if (count <= *capacity)
		return array;
	array = mem_resize(array, count * item_size);
	memset((char *)array + *capacity * item_size, 0, (count - *capacity) * item_size);
	*capacity = count;
	return array;
}

void matching_begin(struct matching *matching, const struct ruleset *ruleset,
	const struct event *event, struct decide_scratch *scratch, struct arena *arena)
{
	*matching = (struct matching){ .ruleset = ruleset,
		.event = event,
		.scratch = scratch,
		.arena = arena,
		.limit_probe = PROBE_NONE };
	scratch->seen = grown(
		scratch->seen, sizeof *scratch->seen, &scratch->seen_capacity, ruleset->rule_count);
	scratch->keys_seen = grown(scratch->keys_seen, sizeof *scratch->keys_seen,
		&scratch->key_capacity, rule_index_key_count(ruleset->index));
	scratch->memos = grown(scratch->memos, sizeof *scratch->memos, &scratch->memo_capacity,
		ruleset->probe_count);
	pattern_allowance_renew(scratch->patterns);
	matching_repeat(matching);
}

void matching_repeat(struct matching *matching)
{
	struct decide_scratch *scratch = matching->scratch;
	if (++scratch->epoch == 0) { /* after 4 billion events the epochs begin again */
		if (scratch->seen)
			memset(scratch->seen, 0, scratch->seen_capacity * sizeof *scratch->seen);
		if (scratch->keys_seen)
			memset(scratch->keys_seen, 0,
				scratch->key_capacity * sizeof *scratch->keys_seen);
		if (scratch->memos)
			memset(scratch->memos, 0, scratch->memo_capacity * sizeof *scratch->memos);
		scratch->epoch = 1;
	}
	scratch->candidate_count = 0;
}

static const struct str *captures_copy(struct matching *matching, const struct pattern *pattern)
{
	size_t count = pattern_capture_count(pattern);
	if (!count)
		return NULL;
	struct str *captures = arena_array(matching->arena, struct str, count);
	for (size_t i = 0; i < count; i++) {
		if (!pattern_capture(pattern, matching->scratch->patterns, i, &captures[i]))
			captures[i] = (struct str){ 0 };
		else if (!captures[i].at)
			captures[i] = STR(""); /* the group took part and is empty */
	}
	return captures;
}

/* Searches a probe once for an event. */
static const struct memo *probe_search(struct matching *matching, uint32_t probe)
{
	struct memo *memo = &matching->scratch->memos[probe];
	if (memo->epoch == matching->scratch->epoch)
		return memo;
	const struct rule_probe *what = &matching->ruleset->probes[probe];
	const struct rule_pattern *pattern = &matching->ruleset->patterns[what->pattern];
	struct str subject = matching->event->fields[what->field];
	*memo = (struct memo){ .epoch = matching->scratch->epoch, .found = SEARCH_NO };
	if (pattern->literal.length &&
		(!subject.length || !memmem(subject.at, subject.length, pattern->literal.at,
					    pattern->literal.length)))
		return memo; /* the literal is absent: no match, without PCRE2 */
	memo->found = pattern_search(pattern->compiled, subject, matching->scratch->patterns);
	if (memo->found == SEARCH_YES)
		memo->captures = captures_copy(matching, pattern->compiled);
	return memo;
}

enum search value_match(
	struct matching *matching, enum event_field field, const struct rule_value *value)
{
	if (value->probe == PROBE_NONE)
		return str_equal(value->text, matching->event->fields[field]) ? SEARCH_YES
									      : SEARCH_NO;
	enum search found = probe_search(matching, value->probe)->found;
	if (found == SEARCH_LIMIT)
		matching->limit_probe = value->probe;
	return found;
}

/* Exact values first: they cost least. */
enum search condition_match(struct matching *matching, const struct rule_condition *condition)
{
	for (uint32_t i = 0; i < condition->value_count; i++) {
		const struct rule_value *value = &condition->values[i];
		if (value->probe == PROBE_NONE &&
			value_match(matching, condition->field, value) == SEARCH_YES)
			return SEARCH_YES;
	}
	for (uint32_t i = 0; condition->has_pattern && i < condition->value_count; i++) {
		const struct rule_value *value = &condition->values[i];
		if (value->probe == PROBE_NONE)
			continue;
		enum search found = value_match(matching, condition->field, value);
		if (found != SEARCH_NO)
			return found;
	}
	return SEARCH_NO;
}

/* Do all conditions hold? Those without patterns are tested first. */
enum search map_match(struct matching *matching, const struct rule_map *map)
{
	for (int has_pattern = 0; has_pattern < 2; has_pattern++)
		for (uint32_t i = 0; i < map->count; i++) {
			if (map->conditions[i].has_pattern != has_pattern)
				continue;
			enum search holds = condition_match(matching, &map->conditions[i]);
			if (holds != SEARCH_YES)
				return holds;
		}
	return SEARCH_YES;
}

enum search branch_match(struct matching *matching, const struct rule_branch *branch)
{
	enum search holds = SEARCH_YES;
	if (branch->key != KEY_NONE)
		holds = condition_match(matching, &branch->when.conditions[branch->key]);
	if (holds == SEARCH_YES)
		holds = map_match(matching, &branch->when);
	for (uint32_t i = 0; holds == SEARCH_YES && i < branch->not_count; i++) {
		enum search is_excluded = map_match(matching, &branch->nots[i]);
		if (is_excluded != SEARCH_NO)
			holds = is_excluded == SEARCH_YES ? SEARCH_NO : SEARCH_LIMIT;
	}
	return holds;
}

struct branch_misses branch_misses_of(struct matching *matching, const struct rule_branch *branch)
{
	struct branch_misses misses = { 0 };
	for (uint32_t i = 0; i < branch->when.count; i++)
		if (condition_match(matching, &branch->when.conditions[i]) == SEARCH_YES)
			misses.held += rule_condition_is_written(&branch->when.conditions[i]);
		else
			misses.missed++;
	for (uint32_t i = 0; i < branch->not_count; i++)
		misses.refused += map_match(matching, &branch->nots[i]) != SEARCH_NO;
	return misses;
}

enum search rule_match(
	struct matching *matching, const struct rule *rule, const struct rule_branch **branch)
{
	for (uint32_t i = 0; i < rule->branch_count; i++) {
		enum search holds = branch_match(matching, &rule->branches[i]);
		if (holds == SEARCH_NO)
			continue;
		*branch = &rule->branches[i];
		return holds;
	}
	return SEARCH_NO;
}

static void probe_capture(struct matching *matching, const struct rule *rule, uint32_t probe,
	const struct memo *memo, struct str *values)
{
	const struct ruleset *ruleset = matching->ruleset;
	const struct pattern *pattern = ruleset->patterns[ruleset->probes[probe].pattern].compiled;
	for (size_t i = 0; memo->captures && i < pattern_capture_count(pattern); i++)
		for (size_t j = 0; j < rule->capture_count; j++)
			if (text_is(rule->captures[j], pattern_capture_name(pattern, i)))
				values[j] = memo->captures[i];
}

void matching_capture(struct matching *matching, const struct rule *rule,
	const struct rule_branch *branch, struct str *values)
{
	for (uint32_t i = 0; i < branch->when.count; i++) {
		const struct rule_condition *condition = &branch->when.conditions[i];
		bool is_done = !condition->has_capture;
		/* The first pattern of a field that matches gives the captures. */
		for (uint32_t j = 0; !is_done && j < condition->value_count; j++) {
			uint32_t probe = condition->values[j].probe;
			if (probe == PROBE_NONE)
				continue;
			const struct memo *memo = probe_search(matching, probe);
			is_done = memo->found == SEARCH_YES;
			if (is_done)
				probe_capture(matching, rule, probe, memo, values);
		}
	}
}
