/* tests/unit/lint_truth_test.c - what `check` claims about rules is true for every event of a small
 * world, whatever the rules. */
#include "tests/unit/rules_fixture.h"

#define RULES 4
#define RULESETS 400

static const struct ruleset_known checking = { .is_check = true };

/* ---- rules by chance ---- */

static uint32_t chance = 1;

static uint32_t draw(uint32_t below)
{
	chance = chance * 1664525 + 1013904223;
	return (chance >> 8) % below;
}

static const char *one_of(const char *const *texts, uint32_t count)
{
	return texts[draw(count)];
}

static void condition_add(
	const char *field, const char *const *values, uint32_t count, struct text *out)
{
	text_printf(out, "%s%s: ", str_ends(text_str(out), "{") ? "" : ", ", field);
	if (draw(2))
		text_printf(out, "[%s, %s]", one_of(values, count), one_of(values, count));
	else
		text_add(out, one_of(values, count));
}

static void conditions_add(struct text *out)
{
	static const char *const ids[] = { "1", "2", "'/^[12]$/'" },
				 *const names[] = { "a", "b", "ab", "/^a/", "/b$/", "/a./" },
				 *const environments[] = { "P", "S", "/^P|S$/", "''" },
				 *const statuses[] = { "success", "error", "/./" };
	if (draw(2))
		condition_add("job_id", ids, 3, out);
	if (draw(2))
		condition_add("job_name", names, 6, out);
	if (draw(3) == 0)
		condition_add("environment_name", environments, 4, out);
	if (draw(3) == 0)
		condition_add("status", statuses, 3, out);
	if (str_ends(text_str(out), "{"))
		condition_add("job_id", ids, 3, out);
}

static void branch_add(struct text *out)
{
	text_add(out, "{");
	conditions_add(out);
	for (uint32_t i = draw(3), first = 1; i; i--, first = 0) {
		text_add(out, first ? ", not: [{" : ", {");
		conditions_add(out);
		text_add(out, i == 1 ? "}]" : "}");
	}
	text_add(out, "}");
}

static void rules_draw(struct text *out)
{
	text_add(out, "version: 1\nrules:\n");
	for (int i = 0; i < RULES; i++) {
		text_printf(out, "- name: r%d\n  priority: %d\n  when: ", i, draw(4) ? 50 : 80);
		if (draw(4) == 0) {
			text_add(out, "[");
			branch_add(out);
			text_add(out, ", ");
			branch_add(out);
			text_add(out, "]\n");
		} else {
			branch_add(out);
			text_add(out, "\n");
		}
		text_printf(
			out, "  refresh: [{site: s, workbooks: %s}]\n", draw(2) ? "A" : "[B, A]");
	}
}

/* ---- every event of the world ---- */

#define EVENTS (4 * 5 * 4 * 2)

static const struct event *event_number(int number, struct arena *arena)
{
	static const char *const ids[] = { "", "1", "2", "3" },
				 *const names[] = { "", "a", "b", "ab", "xa" },
				 *const environments[] = { "", "P", "S", "PS" },
				 *const statuses[] = { "success", "error" };
	return fixture_event(arena_printf(arena,
				     "{\"job_id\": \"%s\", \"job_name\": \"%s\", "
				     "\"environment_name\": \"%s\", \"status\": \"%s\"}",
				     ids[number % 4], names[number / 4 % 5],
				     environments[number / 20 % 4], statuses[number / 80]),
		arena);
}

struct world {
	bool is_matched[EVENTS][RULES];
};

static void world_decide(const struct ruleset *rules, struct world *world)
{
	OWNED(arena) arena = arena_new();
	OWNED(decide_scratch) scratch = decide_scratch_new();
	*world = (struct world){ 0 };
	for (int i = 0; i < EVENTS; i++) {
		const struct decision *decision =
			ruleset_decide(rules, event_number(i, arena), scratch, arena);
		for (size_t j = 0; j < decision->match_count; j++)
			world->is_matched[i][decision->matches[j].rule[1] - '0'] = true;
	}
}

/* The number in "... rule 'r3' ..." after the nth "'r". */
static int named(const char *message, int nth)
{
	const char *at = message;
	while (nth-- && at)
		at = strstr(at + 1, "'r");
	assert_non_null(at);
	return at[2] - '0';
}

static void problem_check(const struct problem *problem, const struct world *world,
	const char *rules, int *redundant, int *never)
{
	int rule = 0;
	if (problem->code == PROBLEM_REDUNDANT_RULE) {
		++*redundant;
		for (int i = 0; i < EVENTS; i++)
			if (world->is_matched[i][named(problem->message, 1)] &&
				!world->is_matched[i][named(problem->message, 2)])
				fail_msg("%s%s", rules, problem->message);
	}
	/* Each rule has four lines, after two; of a list of maps the other may match. */
	rule = (problem->place.line - 3) / 4;
	if (problem->code != PROBLEM_NEVER_MATCHES || strstr(rules, "when: ["))
		return;
	++*never;
	for (int i = 0; i < EVENTS; i++)
		if (world->is_matched[i][rule])
			fail_msg("%s%d: %s", rules, problem->place.line, problem->message);
}

static void what_is_claimed_holds_for_every_event(void **state)
{
	(void)state;
	int redundant = 0, never = 0, different = 0;
	for (int i = 0; i < RULESETS; i++) {
		OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
		rules_draw(&text);
		OWNED(problems) lenient = problems_new();
		OWNED(problems) problems = problems_new();
		OWNED(ruleset) rules = fixture_load(text.at, NULL, lenient);
		if (!rules) /* it never matches, as `serve` knows too */
			continue;
		OWNED(ruleset) checked = fixture_load(text.at, &checking, problems);
		struct world world;
		assert_int_equal(checked != NULL, problems_error_count(problems) == 0);
		world_decide(rules, &world);
		for (size_t j = 0; j < problems_count(problems); j++) {
			const struct problem *problem = problems_at(problems, j);
			problem_check(problem, &world, text.at, &redundant, &never);
			different += problem->code == PROBLEM_DIFFERENT_WISHES;
		}
	}
	assert_true(redundant > 20 && never > 20 && different > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_claimed_holds_for_every_event),
	};
	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
