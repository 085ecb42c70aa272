/* rules/decide.c - the decision: asks the index for candidates, matches them, and turns the
 * matched rules into selections. */
#include "rules/decide.h"
#include "base/name.h"
#include "base/suggest.h"
#include "rules/expand.h"
#include "rules/explain/explain.h"
#include "rules/index.h"

static void candidate_add(void *context, uint32_t rule)
{
	struct decide_scratch *scratch = context;
	if (scratch->seen[rule] == scratch->epoch)
		return;
	scratch->seen[rule] = scratch->epoch;
	mem_grow(&scratch->candidates, &scratch->candidate_capacity, scratch->candidate_count);
	scratch->candidates[scratch->candidate_count++] = rule;
}

static void candidates_find(struct matching *matching)
{
	const struct ruleset *ruleset = matching->ruleset;
	if (!matching->scratch->is_linear) {
		const struct rule_search search = { .seen = matching->scratch->keys_seen,
			.epoch = matching->scratch->epoch,
			.found = candidate_add,
			.context = matching->scratch };
		rule_index_search(ruleset->index, matching->event, &search);
		return;
	}
	for (size_t i = 0; i < ruleset->rule_count; i++)
		if (ruleset->rules[i].enabled)
			candidate_add(matching->scratch, (uint32_t)i);
}

static int by_rank(const void *a, const void *b, void *context)
{
	const struct rule *rules = context;
	uint32_t x = rules[*(const uint32_t *)a].rank, y = rules[*(const uint32_t *)b].rank;
	return (x > y) - (x < y);
}

static struct match match_of(
	struct matching *matching, const struct rule *rule, const struct str *captures)
{
	struct match match = { .rule = rule->name, .file = rule->file, .line = rule->line };
	if (!rule->capture_count)
		return match;
	const char **names = arena_array(matching->arena, const char *, rule->capture_count);
	const char **values = arena_array(matching->arena, const char *, rule->capture_count);
	for (size_t i = 0; i < rule->capture_count; i++)
		if (captures[i].at) {
			names[match.capture_count] = rule->captures[i];
			values[match.capture_count++] = arena_str(matching->arena, captures[i]);
		}
	match.capture_names = names;
	match.capture_values = values;
	return match;
}

static void limit_warn(struct matching *matching, const struct rule *rule, struct draft *draft)
{
	const struct ruleset *ruleset = matching->ruleset;
	const struct rule_probe *probe = &ruleset->probes[matching->limit_probe];
	size_t length = matching->event->fields[probe->field].length;
	draft_warn(draft, rule->name,
		arena_printf(matching->arena, "the pattern %s on '%s' (%zu bytes in this event) %s",
			pattern_written(ruleset->patterns[probe->pattern].compiled),
			event_field_describe(probe->field)->name, length,
			length > PATTERN_SUBJECT_BYTES
				? "was not searched for, so the rule does not match: the text is "
				  "too long"
				: "hit its limit of steps, so the rule does not match; "
				  "`refresh-router check` shows patterns that grow too costly"),
		true);
}

/* Adds a match if the rule matches; else returns false. */
static bool rule_decide(struct matching *matching, const struct rule *rule, struct match *match,
	struct draft *draft)
{
	const struct rule_branch *branch = NULL;
	switch (rule_match(matching, rule, &branch)) {
	case SEARCH_NO:
		return false;
	case SEARCH_LIMIT:
		limit_warn(matching, rule, draft);
		return false;
	case SEARCH_YES:
		break;
	}
	struct str *captures =
		arena_array(matching->arena, struct str, (size_t)rule->capture_count + 1);
	matching_capture(matching, rule, branch, captures);
	*match = match_of(matching, rule, captures);
	rule_expand(matching, rule, captures, draft);
	return true;
}

/* Moves the arrays into the arena, where the decision lives. */
static void outcome_keep(struct draft *draft, struct arena *arena, struct decision *decision)
{
	if (draft->selection_count) {
		struct selection *selections =
			arena_array(arena, struct selection, draft->selection_count);
		memcpy(selections, draft->selections, draft->selection_count * sizeof *selections);
		decision->selections = selections;
		decision->selection_count = draft->selection_count;
	}
	if (draft->warning_count) {
		struct warning *warnings = arena_array(arena, struct warning, draft->warning_count);
		memcpy(warnings, draft->warnings, draft->warning_count * sizeof *warnings);
		decision->warnings = warnings;
		decision->warning_count = draft->warning_count;
	}
	free(draft->selections);
	free(draft->warnings);
}

/* For an explanation, `is_match` (by rule) is set for each rule that matched, and what rules want
 * together is found; or NULL. */
static struct decision *decide(struct matching *matching, bool *is_match)
{
	const struct ruleset *ruleset = matching->ruleset;
	struct decide_scratch *scratch = matching->scratch;
	struct decision *decision = arena_new_of(matching->arena, struct decision);
	struct draft draft = { 0 };
	decision->event = matching->event;
	decision->revision = ruleset->revision;
	/* A delivery of dbt's test button, or of another account, names a run for which nothing may
	 * be refreshed. */
	if (matching->event->standing == EVENT_REAL)
		candidates_find(matching);
	size_t count = scratch->candidate_count;
	if (count > 1)
		qsort_r(scratch->candidates, count, sizeof *scratch->candidates, by_rank,
			ruleset->rules);
	size_t capacity = 0;
	OWNED_MEMORY struct match *matches = NULL;
	for (size_t i = 0; i < count; i++) {
		uint32_t rule = scratch->candidates[i];
		mem_grow(&matches, &capacity, decision->match_count);
		if (!rule_decide(matching, &ruleset->rules[rule], &matches[decision->match_count],
			    &draft))
			continue;
		decision->match_count++;
		if (is_match)
			is_match[rule] = true;
	}
	if (decision->match_count) {
		struct match *kept =
			arena_array(matching->arena, struct match, decision->match_count);
		memcpy(kept, matches, decision->match_count * sizeof *kept);
		decision->matches = kept;
	}
	draft_sort(&draft);
	if (is_match)
		decision->mergings = mergings_find(draft.selections, draft.selection_count,
			matching->arena, &decision->merging_count);
	draft_merge(&draft, matching->arena);
	outcome_keep(&draft, matching->arena, decision);
	return decision;
}

const struct decision *ruleset_decide(const struct ruleset *rules, const struct event *event,
	struct decide_scratch *scratch, struct arena *arena)
{
	struct matching matching;
	matching_begin(&matching, rules, event, scratch, arena);
	return decide(&matching, NULL);
}

const struct decision *ruleset_explain(const struct ruleset *rules, const struct event *event,
	const struct explain_scope *scope, struct decide_scratch *scratch, struct arena *arena)
{
	static const struct explain_scope in_short = { 0 };
	struct matching matching;
	OWNED_MEMORY bool *is_match = mem_alloc(rules->rule_count + 1);
	matching_begin(&matching, rules, event, scratch, arena);
	struct decision *decision = decide(&matching, is_match);
	/* an explanation gets an allowance of its own, beside the decision's */
	pattern_allowance_renew(scratch->patterns);
	decision_explain(&matching, is_match, scope ? scope : &in_short, decision);
	return decision;
}

/* ---- which rules are explained ---- */

static bool no_rule_named(
	const struct ruleset *rules, const char *written, struct arena *arena, struct error *err)
{
	OWNED_MEMORY const char **names = mem_alloc((rules->rule_count + 1) * sizeof *names);
	for (size_t i = 0; i < rules->rule_count; i++)
		names[i] = rules->rules[i].name;
	return error_fail(err, ERROR_INPUT, "there is no rule '%s'%s", written,
		suggest_hint(written, names, rules->rule_count, arena));
}

bool explain_scope_choose(struct explain_scope *scope, const struct ruleset *rules,
	const char *written, struct arena *arena, struct error *err)
{
	struct error why;
	size_t offset, count = 0;
	bool *chosen = arena_array(arena, bool, rules->rule_count + 1);
	bool is_pattern = pattern_is_written(str_of(written));
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	OWNED(pattern)
	pattern = is_pattern ? pattern_compile(str_of(written), &offset, &why) : NULL;
	if (is_pattern && !pattern)
		return error_fail(err, ERROR_INPUT, "the pattern %s: %s", written, why.message);
	for (size_t i = 0; i < rules->rule_count; i++) {
		const char *name = rules->rules[i].name;
		chosen[i] = pattern ? pattern_search(pattern, str_of(name), scratch) == SEARCH_YES
				    : name_equal(name, written);
		count += chosen[i];
	}
	scope->chosen = chosen;
	if (!count && pattern)
		return error_fail(err, ERROR_INPUT, "no rule has a name that %s finds", written);
	return count || no_rule_named(rules, written, arena, err);
}
