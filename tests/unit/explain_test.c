/* tests/unit/explain_test.c - what an explanation says of a rule is true. */
#include "tests/unit/rules_fixture.h"

#define RULES "version: 1\nrules:\n"
#define WANTS "refresh: [{site: s, workbooks: W}]}\n"
#define ALL SIZE_MAX

struct explaining {
	struct ruleset *rules;
	struct decide_scratch *scratch;
	struct arena *arena;
};

static void explaining_begin(struct explaining *explaining, const char *rules)
{
	explaining->rules = fixture_rules(rules);
	explaining->scratch = decide_scratch_new();
	explaining->arena = arena_new();
}

static void explaining_end(struct explaining *explaining)
{
	ruleset_free(explaining->rules);
	decide_scratch_free(explaining->scratch);
	arena_free(explaining->arena);
}
#define EXPLAINING(name, rules)                                                                    \
	__attribute__((cleanup(explaining_end))) struct explaining name;                           \
	explaining_begin(&(name), rules)

static const struct decision *explain(struct explaining *explaining, const char *event)
{
	const struct explain_scope scope = { .most = ALL };
	return ruleset_explain(explaining->rules, fixture_event(event, explaining->arena), &scope,
		explaining->scratch, explaining->arena);
}

/* ---- the change ---- */

static const struct {
	const char *says, *rule, *event, *words;
	bool is_tried;
} changes[] = {
	{ "one exact value", "when: {job_id: 1}", "{\"job_id\": 1, \"status\": \"error\"}",
		"would match if status were 'success'", true },
	{ "two conditions", "when: {job_id: 1, project_name: P}", "{\"status\": \"error\"}",
		"would match with 3 changes: if project_name were 'P', job_id were '1', and status "
		"were 'success'",
		true },
	{ "a refusal", "when: {not: {run_reason: /^Kicked off/}}",
		"{\"run_reason\": \"Kicked off from the UI\"}",
		"would match if run_reason did not match /^Kicked off/", true },
	{ "a refusal by one value", "when: {not: {job_id: 5}}", "{\"job_id\": 5}",
		"would match if job_id were not '5'", true },
	{ "a refusal by a list", "when: {not: {job_id: [5, 6]}}", "{\"job_id\": 5}",
		"would match if job_id were not any of 5, 6", true },
	{ "a refusal of a value that is wanted among others",
		"when: {job_id: [5, 6], not: {job_id: 5}}", "{\"job_id\": 5}",
		"would match if job_id were '6'", true },
	{ "a value that would be refused is not proposed",
		"when: {job_id: [5, 6], not: {job_id: 5}}", "{\"job_id\": 7}",
		"would match if job_id were '6'", true },
	{ "a wanted value that something else refuses",
		"when: {job_id: 5, not: {job_id: 5, run_reason: x}}",
		"{\"job_id\": 7, \"run_reason\": \"x\"}",
		"would match with 2 changes: if job_id were '5', and run_reason were not 'x'",
		true },
	{ "the alternative that is nearest", "when: [{job_id: 5, project_name: P}, {job_id: 6}]",
		"{\"job_id\": 7}", "would match if job_id were '6'", true },
	{ "a pattern whose literal matches", "when: {job_name: /^extracts_/}",
		"{\"job_name\": \"x\"}",
		"would match if job_name matched /^extracts_/, as 'extracts_' does", true },
	{ "a pattern with a sample", "when: {job_name: '/^[qz]{2}[0-9]{3}$/'}",
		"{\"job_name\": \"x\"}",
		"would match if job_name matched /^[qz]{2}[0-9]{3}$/, as 'qq000' does", true },
	{ "a pattern of which no text is known", "when: {job_name: '/^([a-z]+)-\\1$/'}",
		"{\"job_name\": \"x\"}", "could match if job_name matched /^([a-z]+)-\\1$/",
		false },
	{ "a pattern of which no text is known, and a condition",
		"when: {job_id: 5, job_name: '/^([a-z]+)-\\1$/'}", "{\"job_name\": \"x\"}",
		"could match with 2 changes: if job_id were '5', and job_name matched "
		"/^([a-z]+)-\\1$/",
		false },
	{ "the empty text", "when: {job_name: ''}", "{\"job_name\": \"x\"}",
		"would match if job_name were empty", true },
	{ "the value that was meant", "when: {environment_name: [Staging, Production]}",
		"{\"environment_name\": \"production\"}",
		"would match if environment_name were 'Production'", true },
	{ "a disabled rule", "enabled: false, when: {job_id: 1}", "{\"job_id\": 1}",
		"would match if the rule's `enabled` were true", true },
	{ "a disabled rule of another job", "enabled: false, when: {job_id: 1}", "{\"job_id\": 2}",
		"would match with 2 changes: if the rule's `enabled` were true, and job_id were "
		"'1'",
		true },
	{ "a rule that nothing matches", "when: {job_id: [1, 3], not: [{job_id: 1}, {job_id: 3}]}",
		"{\"job_id\": 2}", "no change of the event was found with which it matches",
		false },
};

static void the_change_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		OWNED_TEXT struct text rules = TEXT(TEXT_UNBOUNDED);
		text_printf(&rules, RULES "- {name: a, %s, " WANTS, changes[i].rule);
		EXPLAINING(explaining, rules.at);
		const struct decision *decision = explain(&explaining, changes[i].event);
		assert_int_equal(decision->unmatched_count, 1);
		const struct remedy *remedy = decision->unmatched[0].explanation->remedy;
		if (strcmp(remedy->words, changes[i].words) ||
			remedy->is_tried != changes[i].is_tried)
			fail_msg("%s: %s%s", changes[i].says, remedy->words,
				remedy->is_tried ? "" : " (not tried)");
	}
}

/* ---- what is nearly met ---- */

static const struct {
	const char *says, *when, *event, *hint;
} hints[] = {
	{ "case", "{environment_name: Production}", "{\"environment_name\": \"production\"}",
		"looks like 'Production', but they differ at character 1: 'P' there, 'p' here" },
	{ "a blank at the end", "{job_name: Nightly}", "{\"job_name\": \"Nightly \"}",
		"looks like 'Nightly', but they differ at character 8: the end there, U+0020 "
		"(space) here" },
	{ "another alphabet", "{job_name: [Sales, Revenue]}", "{\"job_name\": \"R\u0435venue\"}",
		"looks like 'Revenue', but they differ at character 2: 'e' there, U+0435 "
		"(Cyrillic, not the Latin 'e') here" },
	{ "a slip", "{job_name: [Daily, Nightly build]}", "{\"job_name\": \"Nigthly build\"}",
		"nearly 'Nightly build': a slip in one of the two?" },
	{ "another name", "{job_name: Nightly build}", "{\"job_name\": \"Weekly\"}", NULL },
	{ "ids are never slips", "{job_id: 701331}", "{\"job_id\": 701332}", NULL },
	{ "but may look alike", "{job_id: 701331}", "{\"job_id\": \"701331\u00a0\"}",
		"looks like '701331', but they differ at character 7: the end there, U+00A0 "
		"(no-break space) here" },
	{ "the case of a pattern", "{job_name: [x, /^nightly/]}", "{\"job_name\": \"Nightly\"}",
		"only upper and lower case differ: /^nightly/i would find it" },
	{ "a pattern without case", "{job_name: /^nightly/i}", "{\"job_name\": \"Weekly\"}", NULL },
	{ "another pattern", "{job_name: /^nightly/}", "{\"job_name\": \"Weekly\"}", NULL },
};

static void what_is_nearly_met_is_pointed_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
		OWNED_TEXT struct text rules = TEXT(TEXT_UNBOUNDED);
		text_printf(&rules, RULES "- {name: a, when: %s, " WANTS, hints[i].when);
		EXPLAINING(explaining, rules.at);
		const struct decision *decision = explain(&explaining, hints[i].event);
		const struct explained_map *when =
			&decision->unmatched[0].explanation->branches[0].when;
		const char *hint = NULL;
		for (size_t j = 0; j < when->condition_count; j++)
			hint = when->conditions[j].hint ? when->conditions[j].hint : hint;
		if (!text_is(hint, hints[i].hint))
			fail_msg("%s: %s", hints[i].says, hint ? hint : "none");
	}
}

static void the_rule_that_was_meant_comes_first(void **state)
{
	(void)state;
	EXPLAINING(explaining, RULES
		"- {name: off, enabled: false, when: {job_id: 5}, " WANTS
		"- {name: other-job, when: {job_id: 6}, " WANTS
		"- {name: slip, when: {job_name: Nightly}, " WANTS
		"- {name: refused, when: {job_id: 5, not: {job_name: nightly}}, " WANTS
		"- {name: more-holds, when: {job_id: 5, project_id: 3, source: x}, " WANTS
		"- {name: half, when: {job_id: 5, project_id: 3, source: x, run_id: 3}, " WANTS);
	const struct decision *decision =
		explain(&explaining, "{\"job_id\": 5, \"job_name\": \"nightly\"}");
	OWNED_TEXT struct text order = TEXT(TEXT_UNBOUNDED);
	for (size_t i = 0; i < decision->unmatched_count; i++)
		text_printf(&order, "%s ", decision->unmatched[i].rule);
	assert_string_equal(order.at, "slip refused other-job off more-holds half ");
}

/* ---- what rules want together ---- */

static const struct {
	const char *says, *rules, *notes;
} mergings[] = {
	{ "the same", "- {name: a, %}\n- {name: b, %}\n", "" },
	{ "one rule", "- {name: a, priority: 70, %}\n", "" },
	{ "the highest priority", "- {name: a, %}\n- {name: b, priority: 70, %}\n",
		"priority 70, the highest: b (a has 50)|" },
	{ "of many",
		"- {name: a, %}\n- {name: b, priority: 70, %}\n- {name: c, %}\n"
		"- {name: d, %}\n- {name: e, priority: 70, %}\n- {name: f, %}\n",
		"priority 70, the highest: b (a has 50, c has 50, d has 50, and 1 more)|" },
	{ "full wins", "- {name: a, %, incremental: true}]}\n- {name: b, %}\n",
		"full: b does not want it incremental|" },
	{ "liberties of all",
		"- {name: a, %, allow: [many, none]}]}\n- {name: b, %, allow: none}]}\n",
		"several of the name are an error: b does not allow many|" },
	{ "none", "- {name: a, %}\n- {name: b, %, allow: none}]}\n",
		"none of the name is an error: a does not allow none|" },
	{ "a shadow has no say", "- {name: a, %}\n- {name: b, mode: shadow, priority: 9, %}\n",
		"mode: b is in shadow and has no say|" },
	{ "shadows among themselves",
		"- {name: a, mode: shadow, %}\n- {name: b, mode: shadow, priority: 9, %}\n",
		"priority 50, the highest: a (b has 9)|" },
	{ "times of their own",
		"- {name: a, %}\n- {name: b, delay: 10m, priority: 9, %}\n- {name: c, quiet: 5m, "
		"%}\n",
		"not at one time: a at once, c after 5m without an event of the rule, b after "
		"10m|" },
	{ "and what is shared within one",
		"- {name: a, delay: 10m, %}\n- {name: b, delay: 10m, priority: 9, %}\n- {name: c, "
		"%}\n",
		"not at one time: c at once, a after 10m|priority 50, the highest: a (b has 9)|" },
};

/* '%' stands for a refresh; what follows it within its entry closes that itself. */
static void add_refreshes(struct text *out, const char *rules)
{
	text_add(out, RULES);
	for (; *rules; rules++) {
		if (*rules != '%') {
			text_add_char(out, *rules);
			continue;
		}
		text_add(out, "refresh: [{site: s, workbooks: W");
		if (rules[1] == '}')
			text_add(out, "}]");
	}
}

static void what_rules_want_together_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof mergings / sizeof *mergings; i++) {
		OWNED_TEXT struct text rules = TEXT(TEXT_UNBOUNDED);
		OWNED_TEXT struct text notes = TEXT(TEXT_UNBOUNDED);
		add_refreshes(&rules, mergings[i].rules);
		EXPLAINING(explaining, rules.at);
		const struct decision *decision = explain(&explaining, "{}");
		for (size_t j = 0; j < decision->merging_count; j++)
			for (size_t k = 0; k < decision->mergings[j].note_count; k++)
				text_printf(&notes, "%s|", decision->mergings[j].notes[k]);
		if (strcmp(notes.at, mergings[i].notes))
			fail_msg("%s: %s", mergings[i].says, notes.at);
	}
}

/* ---- bounds ---- */

static void a_long_list_is_cut_and_counted(void **state)
{
	(void)state;
	OWNED_TEXT struct text rules = TEXT(TEXT_UNBOUNDED);
	text_add(&rules, RULES "- {name: a, when: [{job_id: [");
	for (int i = 0; i < 68; i++)
		text_printf(&rules, "%s%d", i ? ", " : "", i);
	text_add(&rules, "], not: [");
	for (int i = 0; i < 250; i++)
		text_printf(&rules, "%s{run_id: %d}", i ? ", " : "", i);
	text_add(&rules, "]}");
	for (int i = 0; i < 300; i++)
		text_printf(&rules, ", {job_id: %d, run_id: 1, project_id: 1}", i + 1000);
	text_add(&rules, "], " WANTS);
	EXPLAINING(explaining, rules.at);
	const struct explanation *explanation =
		explain(&explaining, "{\"job_id\": 99, \"run_id\": 249}")->unmatched[0].explanation;
	const struct explained_branch *first = &explanation->branches[0];
	assert_int_equal(first->number, 1);
	assert_string_equal(first->when.conditions[1].expected,
		"any of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, \u2026 (58 more)");
	assert_int_equal(explanation->branch_count + explanation->branch_left, 301);
	assert_int_equal(explanation->branch_count, EXPLAINED_MAPS);
	assert_int_equal(first->not_count + first->not_left, 250);
	assert_true(first->nots[0].holds); /* the one that refuses comes first */
	assert_false(first->nots[1].holds);
}

static void a_pattern_at_its_limit_is_undecided(void **state)
{
	(void)state;
	OWNED_TEXT struct text event = TEXT(TEXT_UNBOUNDED);
	text_add(&event, "{\"job_name\": \"");
	for (int i = 0; i < 4000; i++)
		text_add_char(&event, 'a');
	text_add(&event, "!\"}");
	EXPLAINING(explaining,
		RULES "- {name: in, when: [{job_name: /^(a+)+$/}, {status: success}], " WANTS
		      "- {name: not, when: {not: {job_name: /^(a+)+$/}}, " WANTS);
	const struct decision *decision = explain(&explaining, event.at);
	assert_int_equal(decision->unmatched_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct unmatched *miss = &decision->unmatched[i];
		const struct explained_branch *branch = &miss->explanation->branches[0];
		bool is_in = text_is(miss->rule, "in");
		const struct explained_condition *condition =
			is_in ? &branch->when.conditions[1] : &branch->nots[0].conditions[0];
		assert_true(condition->is_undecided && !condition->holds);
		assert_true(is_in || branch->nots[0].is_undecided);
		assert_string_equal(miss->field, is_in ? "job_name" : "not.job_name");
		assert_int_equal(strlen(condition->actual), EXPLAINED_BYTES + strlen("\u2026"));
		assert_true(miss->explanation->remedy->is_tried);
	}
}

/* ---- the change makes it match, whatever the rule ---- */

static const char *const fields[] = { "job_id", "job_name", "run_reason", "status",
	"environment_name" };
#define DRAWN_FIELDS (sizeof fields / sizeof *fields)
static const char *const values[DRAWN_FIELDS][4] = { { "1", "2", "3", "40" },
	{ "extracts_emea", "extracts_apac", "daily", "" },
	{ "Kicked off from the UI", "Scheduled", "api", "" },
	{ "success", "error", "cancelled", "running" },
	{ "Production", "Staging", "production", "" } };
static const char *const patterns[] = { "/^extracts_/", "/a/", "/^$/", "/[0-9]/", "/e[mp]/",
	"/^Kicked off/", "/./", "/ed$/" };

static uint64_t drawn, seed_of_round; /* EXPLAIN_SEED=N begins with that round */
static unsigned draw(unsigned below)
{
	drawn = drawn * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(drawn >> 33) % below;
}

static const char *draw_value(size_t field)
{
	return values[field][draw(4)];
}

static void add_condition(struct text *out, size_t field, bool may_pattern)
{
	text_printf(out, "%s: [", fields[field]);
	for (unsigned i = draw(3) + 1; i--;) {
		bool is_pattern = may_pattern && !draw(3) && strcmp(fields[field], "status");
		text_printf(out, "'%s'%s",
			is_pattern ? patterns[draw(sizeof patterns / sizeof *patterns)]
				   : draw_value(field),
			i ? ", " : "");
	}
	text_add(out, "]");
}

/* A map of conditions on some fields, at least one. */
static void add_conditions(struct text *out, bool may_pattern)
{
	size_t first = draw(DRAWN_FIELDS), count = draw(3) + 1;
	for (size_t i = 0; i < count; i++) {
		text_add(out, i ? ", " : "");
		add_condition(out, (first + i) % DRAWN_FIELDS, may_pattern);
	}
}

static void add_branch(struct text *out, bool may_pattern)
{
	text_add(out, "{");
	add_conditions(out, may_pattern);
	unsigned nots = draw(3);
	text_add(out, nots ? ", not: [" : "");
	for (unsigned i = 0; i < nots; i++) {
		text_add(out, i ? ", {" : "{");
		add_conditions(out, may_pattern);
		text_add(out, "}");
	}
	text_add(out, nots ? "]}" : "}");
}

static void add_rule(struct text *out, int number, bool may_pattern, bool is_enabled)
{
	text_printf(
		out, "- {name: r%d, enabled: %s, when: [", number, is_enabled ? "true" : "false");
	add_branch(out, may_pattern);
	if (draw(2)) {
		text_add(out, ", ");
		add_branch(out, may_pattern);
	}
	text_add(out, "], " WANTS);
}

static struct event event_drawn(void)
{
	struct event event = { 0 };
	for (int field = 0; field < EVENT_FIELD_COUNT; field++)
		event.fields[field] = STR("");
	event.fields[EVENT_EVENT] = STR("job.run.completed");
	for (size_t i = 0; i < DRAWN_FIELDS; i++)
		event.fields[event_field_of(str_of(fields[i]))] = str_of(draw_value(i));
	return event;
}

/* Does the rule match once the steps are taken? `enabled` has all rules enabled. */
static bool is_cured(struct explaining *enabled, const struct event *event, const char *rule,
	const struct remedy *remedy)
{
	struct event changed = *event;
	for (size_t i = 0; i < remedy->step_count; i++) {
		const struct remedy_step *step = &remedy->steps[i];
		if (strcmp(step->field, "enabled"))
			changed.fields[event_field_of(str_of(step->field))] = str_of(step->value);
	}
	const struct decision *decision =
		ruleset_decide(enabled->rules, &changed, enabled->scratch, enabled->arena);
	for (size_t i = 0; i < decision->match_count; i++)
		if (text_is(decision->matches[i].rule, rule))
			return true;
	return false;
}

/* Is there an event of the values above that the rule matches? */
static bool may_match(struct explaining *enabled, const struct event *event, const char *rule)
{
	for (unsigned which = 0; which < 1024; which++) {
		struct event other = *event;
		OWNED(arena) arena = arena_new();
		for (size_t i = 0; i < DRAWN_FIELDS; i++)
			other.fields[event_field_of(str_of(fields[i]))] =
				str_of(values[i][which >> (2 * i) & 3]);
		const struct decision *decision =
			ruleset_decide(enabled->rules, &other, enabled->scratch, arena);
		for (size_t i = 0; i < decision->match_count; i++)
			if (text_is(decision->matches[i].rule, rule))
				return true;
	}
	return false;
}

struct tally {
	int misses, tried;
};

/* The rule as it is written, and the event. */
static const char *shown(
	const char *rules, const char *rule, const struct event *event, struct text *out)
{
	OWNED_TEXT struct text key = TEXT(TEXT_UNBOUNDED);
	text_printf(&key, "- {name: %s,", rule);
	const char *line = strstr(rules, key.at);
	text_printf(out, "seed %llu: %.*s\n", (unsigned long long)seed_of_round,
		(int)strcspn(line, "\n"), line);
	event_print(event, out);
	return out->at;
}

static void check_misses(struct explaining *explaining, struct explaining *enabled,
	const char *rules, bool may_pattern, struct tally *tally)
{
	const struct explain_scope scope = { .most = ALL };
	struct event event = event_drawn();
	const struct decision *decision = ruleset_explain(
		explaining->rules, &event, &scope, explaining->scratch, explaining->arena);
	for (size_t i = 0; i < decision->unmatched_count; i++) {
		const struct unmatched *miss = &decision->unmatched[i];
		const struct remedy *remedy = miss->explanation->remedy;
		OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
		tally->misses++;
		tally->tried += remedy->is_tried;
		if (remedy->is_tried && !is_cured(enabled, &event, miss->rule, remedy))
			fail_msg("%s: %s\n%s", miss->rule, remedy->words,
				shown(rules, miss->rule, &event, &out));
		if (!may_pattern && !remedy->step_count && may_match(enabled, &event, miss->rule))
			fail_msg("%s: a change was not found\n%s", miss->rule,
				shown(rules, miss->rule, &event, &out));
		if (!may_pattern && remedy->step_count && !remedy->is_tried)
			fail_msg("%s: %s, but not tried\n%s", miss->rule, remedy->words,
				shown(rules, miss->rule, &event, &out));
	}
}

static void rules_draw(bool may_pattern, struct text *drawn_rules, struct text *enabled)
{
	text_add(drawn_rules, RULES);
	text_add(enabled, RULES);
	for (int i = 0; i < 6; i++) {
		uint64_t state = drawn;
		add_rule(drawn_rules, i, may_pattern, i != 5);
		drawn = state;
		add_rule(enabled, i, may_pattern, true);
	}
}

/* Rules that can never match are errors, and are drawn again. */
static bool is_loadable(const char *rules)
{
	OWNED(problems) problems = problems_new();
	struct ruleset *loaded = fixture_load(rules, NULL, problems);
	ruleset_free(loaded);
	return loaded;
}

static void the_change_makes_the_rule_match(void **state)
{
	(void)state;
	const char *seed = getenv("EXPLAIN_SEED");
	struct tally tally = { 0 };
	drawn = seed ? strtoull(seed, NULL, 10) : 1;
	for (int round = 0; round < 400; round++) {
		seed_of_round = drawn;
		bool may_pattern = draw(2);
		OWNED_TEXT struct text rules = TEXT(TEXT_UNBOUNDED);
		OWNED_TEXT struct text enabled_rules = TEXT(TEXT_UNBOUNDED);
		rules_draw(may_pattern, &rules, &enabled_rules);
		if (!is_loadable(enabled_rules.at))
			continue;
		EXPLAINING(explaining, rules.at);
		EXPLAINING(enabled, enabled_rules.at);
		for (int i = 0; i < 10; i++)
			check_misses(&explaining, &enabled, rules.at, may_pattern, &tally);
	}
	print_message("%d misses, %d with a change that was tried\n", tally.misses, tally.tried);
	assert_true(tally.misses > 2000 && tally.tried > tally.misses / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_change_is_named),
		cmocka_unit_test(what_is_nearly_met_is_pointed_out),
		cmocka_unit_test(the_rule_that_was_meant_comes_first),
		cmocka_unit_test(what_rules_want_together_is_said),
		cmocka_unit_test(a_long_list_is_cut_and_counted),
		cmocka_unit_test(a_pattern_at_its_limit_is_undecided),
		cmocka_unit_test(the_change_makes_the_rule_match),
	};
	return cmocka_run_group_tests_name("explain", tests, fixture_open, fixture_close);
}
