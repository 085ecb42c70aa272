/*
 * Rules, a line "%%%", and a flat event: if the rules load, they decide the same with the index,
 * without it, and when explained. What `check` finds beyond that leads nowhere wrong.
 */
#include "rules/match.h"
#include "tests/fuzz/scratch.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static char *decision_text(const struct decision *decision)
{
	OWNED_JSON json = decision_json(decision);
	return json_print(json);
}

static bool is_matched(const struct decision *decision, const char *rule)
{
	for (size_t i = 0; i < decision->match_count; i++)
		if (!strcmp(decision->matches[i].rule, rule))
			return true;
	return false;
}

/* Sets the fields that the remedy names; false when it asks for more than that. */
static bool take_steps(const struct remedy *remedy, struct event *event)
{
	event->standing = EVENT_REAL;
	for (size_t i = 0; i < remedy->step_count; i++) {
		const struct remedy_step *step = &remedy->steps[i];
		enum event_field field = event_field_of(str_of(step->field));
		if (field == EVENT_FIELD_COUNT && *step->field)
			return false;
		if (*step->field)
			event->fields[field] = str_of(step->value);
	}
	return true;
}

/* A change that was tried makes the rule match, unless all rules together take too many steps. */
static void check_remedy(const struct ruleset *rules, const struct unmatched *miss,
	const struct event *event, struct decide_scratch *scratch, struct arena *arena)
{
	struct event changed = *event;
	if (!miss->explanation || !miss->explanation->remedy->is_tried ||
		!take_steps(miss->explanation->remedy, &changed))
		return;
	const struct decision *decision = ruleset_decide(rules, &changed, scratch, arena);
	for (size_t i = 0; i < decision->warning_count; i++)
		if (decision->warnings[i].is_pattern_limit)
			return;
	assert(is_matched(decision, miss->rule));
}

/* An explained decision lists every rule, as matched or not. */
static void check_explained(const struct ruleset *rules, const struct event *event,
	struct decide_scratch *scratch, const struct decision *decision, struct arena *arena)
{
	size_t matched = decision->match_count;
	const struct explain_scope in_full = { .most = 20 };
	const struct decision *explained = ruleset_explain(rules, event, &in_full, scratch, arena);
	assert(explained->match_count == matched);
	assert(explained->match_count + explained->unmatched_count == ruleset_rule_count(rules));
	OWNED_MEMORY char *text = decision_text(explained);
	assert(text);
	for (size_t i = 0; i < explained->unmatched_count; i++)
		check_remedy(rules, &explained->unmatched[i], event, scratch, arena);
}

static void decide(const struct ruleset *rules, const struct event *event, struct arena *arena)
{
	OWNED(decide_scratch) indexed = decide_scratch_new();
	OWNED(decide_scratch) linear = decide_scratch_new();
	linear->is_linear = true;
	const struct decision *decision = ruleset_decide(rules, event, indexed, arena);
	OWNED_MEMORY char *one = decision_text(decision);
	OWNED_MEMORY char *other = decision_text(ruleset_decide(rules, event, linear, arena));
	assert(!strcmp(one, other));
	check_explained(rules, event, indexed, decision, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const char line[] = "\n%%%\n";
	const char *text = (const char *)bytes;
	const char *cut = length ? memmem(text, length, line, strlen(line)) : NULL;
	struct str written = { text, cut ? (size_t)(cut - text) : length };
	struct str rest =
		cut ? (struct str){ cut + strlen(line), length - written.length - strlen(line) }
		    : STR("{\"job_id\":1,\"status\":\"success\"}");
	struct error err = { 0 };
	json_setup();
	OWNED(arena) arena = arena_new();
	OWNED(problems) problems = problems_new();
	const char *path = scratch_write("rules.yaml", written);
	OWNED(ruleset) rules = ruleset_load(&path, 1, NULL, problems);
	assert(rules || problems_error_count(problems));
	const struct event *event = event_read(rest, arena, &err);
	static const struct ruleset_known checking = { .is_check = true };
	OWNED(problems) found = problems_new();
	OWNED(ruleset) checked = ruleset_load(&path, 1, &checking, found);
	assert(rules || !checked);
	if (rules && event)
		decide(rules, event, arena);
	return 0;
}
