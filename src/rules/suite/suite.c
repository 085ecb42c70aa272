/*
 * rules/suite/suite.c - runs tests of rules: plays a test's events and compares what would be
 * refreshed with what is expected.
 */
#include "base/name.h"
#include "base/units.h"
#include "rules/rule.h"
#include "rules/suite/suite_load.h"
#include "rules/template.h"

#define DAY_US (86400 * US_PER_SECOND)

size_t suite_test_count(const struct suite *suite)
{
	return suite->count;
}

struct suite_test suite_test_at(const struct suite *suite, size_t index)
{
	return (struct suite_test){ suite->tests[index].name, suite->tests[index].place };
}

struct running {
	const struct test *test;
	const struct ruleset *ruleset;
	struct decide_scratch *scratch;
	struct arena *arena;
	const struct play *play;
	const struct decision **explained; /* by event; each NULL until it is needed */
};

/* ---- comparing ---- */

static bool text_is_name(const char *a, const char *b)
{
	return a && b ? name_equal(a, b) : a == b;
}

static bool is_same_content(const struct selection *a, const struct selection *b)
{
	return name_equal(a->site, b->site) && a->kind == b->kind && a->by == b->by &&
	       text_is_name(a->selector, b->selector) && text_is_name(a->project, b->project) &&
	       text_is(a->project_luid, b->project_luid) && text_is_name(a->tag, b->tag) &&
	       text_is_name(a->owner, b->owner) && a->incremental == b->incremental &&
	       a->shadow == b->shadow;
}

static bool is_expected(const struct expectation *expectation, const struct planned *planned)
{
	if (!is_same_content(&expectation->selection, &planned->selection))
		return false;
	switch (expectation->time) {
	case TIME_ANY:
		return true;
	case TIME_AT:
		return planned->not_before == expectation->us;
	case TIME_AFTER:
		return planned->not_before - planned->wanted_at == expectation->us;
	}
	return false;
}

/* ---- times, for people ---- */

static const char *time_text(const struct running *running, int64_t us)
{
	char text[WALL_TEXT_SIZE];
	int64_t day = us / DAY_US, seconds = us % DAY_US / US_PER_SECOND;
	if (running->test->has_dates)
		return arena_text(running->arena, wall_format((struct wall){ us }, text));
	const char *clock =
		seconds % 60 ? arena_printf(running->arena, "%02d:%02d:%02d", (int)(seconds / 3600),
				       (int)(seconds / 60 % 60), (int)(seconds % 60))
			     : arena_printf(running->arena, "%02d:%02d", (int)(seconds / 3600),
				       (int)(seconds / 60 % 60));
	return day ? arena_printf(running->arena, "%s on day %d", clock, (int)day + 1) : clock;
}

static const char *expected_when(
	const struct running *running, const struct expectation *expectation)
{
	char text[UNIT_TEXT_SIZE];
	switch (expectation->time) {
	case TIME_ANY:
		return "";
	case TIME_AT:
		return arena_printf(
			running->arena, "not before %s", time_text(running, expectation->us));
	case TIME_AFTER:
		return arena_printf(
			running->arena, "after %s", units_format_duration(expectation->us, text));
	}
	return "";
}

/* In the words of the expectation, if there is one for this content. */
static const char *planned_when(const struct running *running, const struct planned *planned)
{
	const struct test *test = running->test;
	char text[UNIT_TEXT_SIZE];
	for (size_t i = 0; i < test->expectation_count; i++) {
		const struct expectation *expectation = &test->expectations[i];
		if (expectation->time == TIME_AFTER &&
			is_same_content(&expectation->selection, &planned->selection))
			return arena_printf(running->arena, "after %s",
				units_format_duration(
					planned->not_before - planned->wanted_at, text));
	}
	return planned->not_before == planned->wanted_at
		       ? ""
		       : arena_printf(running->arena, "not before %s",
				 time_text(running, planned->not_before));
}

/* ---- why something is missing ---- */

static bool template_may_be(const struct template *template, const char *text)
{
	return !template_is_literal(template) || text_is(template->text.at, text);
}

/* May this rule, for some event, ask for content of that site and name? */
static bool rule_may_want(const struct rule *rule, const struct selection *selection)
{
	for (uint32_t i = 0; i < rule->refresh_count; i++) {
		const struct rule_refresh *refresh = &rule->refreshes[i];
		if (refresh->kind != selection->kind ||
			!template_may_be(&refresh->site, selection->site))
			continue;
		for (uint32_t j = 0; j < refresh->selector_count; j++)
			if (refresh->selectors[j].by == selection->by &&
				template_may_be(&refresh->selectors[j].text, selection->selector))
				return true;
	}
	return false;
}

static const char *matched_rule_that_asks(
	const struct running *running, const struct selection *selection)
{
	const struct play *play = running->play;
	for (size_t i = 0; i < play->match_count; i++)
		if (rule_may_want(rule_named(running->ruleset, play->matches[i]), selection))
			return play->matches[i];
	return NULL;
}

/* In short: which rule is explained in full depends on what is missing. */
static const struct decision *explained(struct running *running, size_t event)
{
	if (!running->explained[event])
		running->explained[event] = ruleset_explain(running->ruleset,
			running->test->events[event].event, NULL, running->scratch, running->arena);
	return running->explained[event];
}

static bool is_nearer(const struct unmatched *a, const struct unmatched *b)
{
	return !b || (a->missed != b->missed ? a->missed < b->missed : a->held > b->held);
}

/* The same miss, explained in full. */
static const struct unmatched *in_full(
	struct running *running, size_t event, const struct unmatched *miss)
{
	const struct ruleset *ruleset = running->ruleset;
	bool *chosen = arena_array(running->arena, bool, ruleset->rule_count);
	const struct explain_scope scope = { .chosen = chosen, .most = 1 };
	chosen[rule_named(ruleset, miss->rule) - ruleset->rules] = true;
	return ruleset_explain(ruleset, running->test->events[event].event, &scope,
		running->scratch, running->arena)
		->unmatched;
}

/* Over all events: the nearest miss of the rule `name`, or, when that is NULL, of the rules that
 * may want `selection`. */
static const struct unmatched *nearest_miss(
	struct running *running, const char *name, const struct selection *selection)
{
	const struct unmatched *nearest = NULL;
	size_t event = 0;
	for (size_t i = 0; i < running->test->event_count; i++) {
		const struct decision *decision = explained(running, i);
		for (size_t j = 0; j < decision->unmatched_count; j++) {
			const struct unmatched *miss = &decision->unmatched[j];
			bool is_meant =
				name ? text_is(miss->rule, name)
				     : rule_may_want(
					       rule_named(running->ruleset, miss->rule), selection);
			if (!is_meant)
				continue;
			if (is_nearer(miss, nearest)) {
				nearest = miss;
				event = i;
			}
			break; /* the others of this event are less near */
		}
	}
	return nearest ? in_full(running, event, nearest) : NULL;
}

/* ---- rows ---- */

static int by_selection(const void *a, const void *b)
{
	const struct suite_row *x = a, *y = b;
	int order = selection_compare(x->selection, y->selection);
	return order ? order : (int)x->fate - (int)y->fate;
}

static struct suite_row missing_row(struct running *running, const struct expectation *expectation)
{
	const struct selection *selection = &expectation->selection;
	const char *asked_by = matched_rule_that_asks(running, selection);
	return (struct suite_row){
		.fate = ROW_MISSING,
		.selection = selection,
		.when = expected_when(running, expectation),
		.asked_by = asked_by,
		.nearest = asked_by ? NULL : nearest_miss(running, NULL, selection),
	};
}

static bool rows_make(struct running *running, struct suite_result *result)
{
	const struct test *test = running->test;
	const struct play *play = running->play;
	struct suite_row *rows = arena_array(running->arena, struct suite_row,
		test->expectation_count + play->planned_count + 1);
	OWNED_MEMORY bool *is_met = mem_alloc(test->expectation_count + 1);
	bool ok = true, is_compared = test->is_complete || test->expectation_count;
	for (size_t i = 0; is_compared && i < play->planned_count; i++) {
		const struct planned *planned = &play->planned[i];
		bool is_wanted = false;
		for (size_t j = 0; j < test->expectation_count; j++)
			if (is_expected(&test->expectations[j], planned))
				is_wanted = is_met[j] = true;
		if (!is_wanted && !test->is_complete)
			continue;
		ok &= is_wanted;
		rows[result->row_count++] = (struct suite_row){
			.fate = is_wanted ? ROW_BOTH : ROW_UNEXPECTED,
			.selection = &planned->selection,
			.when = planned_when(running, planned),
		};
	}
	for (size_t i = 0; i < test->expectation_count; i++) {
		if (is_met[i])
			continue;
		ok = false;
		rows[result->row_count++] = missing_row(running, &test->expectations[i]);
	}
	qsort(rows, result->row_count, sizeof *rows, by_selection);
	result->rows = rows;
	return ok;
}

/* ---- rules ---- */

static bool rules_compare(struct running *running, struct suite_result *result)
{
	const struct rule_names *wanted = &running->test->rules,
				*unwanted = &running->test->not_rules;
	const struct play *play = running->play;
	struct suite_rule *rules = arena_array(
		running->arena, struct suite_rule, wanted->count + play->match_count + 1);
	for (size_t i = 0; i < wanted->count; i++)
		if (!text_is_among(wanted->items[i], play->matches, play->match_count))
			rules[result->rule_count++] = (struct suite_rule){ wanted->items[i], true,
				nearest_miss(running, wanted->items[i], NULL) };
	for (size_t i = 0; i < play->match_count; i++) {
		const char *rule = play->matches[i];
		if (text_is_among(rule, unwanted->items, unwanted->count) ||
			(wanted->is_written && !text_is_among(rule, wanted->items, wanted->count)))
			rules[result->rule_count++] =
				(struct suite_rule){ .rule = rule, .was_expected = false };
	}
	result->rules = rules;
	return !result->rule_count;
}

const struct suite_result *suite_run(const struct suite *suite, size_t index,
	const struct ruleset *ruleset, struct decide_scratch *scratch, struct coverage *coverage,
	struct arena *arena)
{
	const struct test *test = &suite->tests[index];
	struct suite_result *result = arena_new_of(arena, struct suite_result);
	struct running running = { .test = test,
		.ruleset = ruleset,
		.scratch = scratch,
		.arena = arena,
		.explained = arena_array(arena, const struct decision *, test->event_count) };
	running.play = play_events(ruleset, test->events, test->event_count, scratch, arena);
	bool rows_agree = rows_make(&running, result);
	result->ok = rules_compare(&running, result) && rows_agree;
	result->warnings = running.play->warnings;
	result->warning_count = running.play->warning_count;
	for (size_t i = 0; coverage && i < test->event_count; i++)
		coverage_add(coverage, test->events[i].event, scratch, arena);
	return result;
}
