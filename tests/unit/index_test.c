/* tests/unit/index_test.c - the index never changes a decision: against a search of every literal,
 * and of every rule. */
#include "rules/literal.h"
#include "rules/match.h"
#include "tests/unit/rules_fixture.h"

#define ROUNDS 60
#define EVENTS_A_ROUND 40

/* A small generator of its own, so that a seed means the same everywhere. */
static uint32_t chance(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % below;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct str *)a)->at, ((const struct str *)b)->at);
}

struct counted {
	unsigned counts[64];
};

static bool count_found(void *context, uint32_t literal)
{
	((struct counted *)context)->counts[literal]++;
	return true;
}

static unsigned occurrences(const char *text, const char *literal)
{
	unsigned count = 0;
	for (const char *at = text; (at = strstr(at, literal)); at++)
		count++;
	return count;
}

static void every_occurrence_of_every_literal_is_found(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		uint64_t random = seed;
		char texts[40][8], subject[41];
		struct str literals[40];
		size_t count = 0;
		for (int i = 0; i < 40; i++) {
			uint32_t length = 1 + chance(&random, 6);
			for (uint32_t j = 0; j < length; j++)
				texts[count][j] =
					(char)('a' + chance(&random, 2 + (uint32_t)(seed % 3)));
			texts[count][length] = '\0';
			bool is_new = true;
			for (size_t j = 0; j < count; j++)
				is_new &= strcmp(texts[j], texts[count]) != 0;
			if (is_new) {
				literals[count] = str_of(texts[count]);
				count++;
			}
		}
		qsort(literals, count, sizeof *literals, by_text);
		OWNED(literals) automaton = literals_new(literals, count);
		for (int i = 0; i < 40; i++)
			subject[i] = (char)('a' + chance(&random, 3));
		subject[40] = '\0';
		struct counted counted = { 0 };
		literals_search(automaton, str_of(subject), count_found, &counted);
		for (size_t i = 0; i < count; i++)
			if (counted.counts[i] != occurrences(subject, literals[i].at))
				fail_msg("seed %d: '%s' in '%s'", (int)seed, literals[i].at,
					subject);
	}
}

static bool count_first(void *context, uint32_t literal)
{
	return ((struct counted *)context)->counts[literal]++ == 0;
}

/* a, aa, aaa, ... in a long text of a's: each is found, but not reported at every place. */
static void a_text_full_of_literals_costs_its_length(void **state)
{
	(void)state;
	enum { LENGTH = 60000 };
	static char letters[LENGTH];
	memset(letters, 'a', LENGTH);
	struct str literals[60];
	unsigned calls = 0;
	for (size_t i = 0; i < sizeof literals / sizeof *literals; i++)
		literals[i] = (struct str){ letters, i + 1 };
	OWNED(literals) automaton = literals_new(literals, sizeof literals / sizeof *literals);
	struct counted counted = { 0 };
	literals_search(automaton, (struct str){ letters, LENGTH }, count_first, &counted);
	for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
		assert_true(counted.counts[i] > 0);
		calls += counted.counts[i];
	}
	assert_true(calls < 2 * LENGTH);
}

static void no_literals_find_nothing(void **state)
{
	(void)state;
	struct counted counted = { 0 };
	OWNED(literals) automaton = literals_new(NULL, 0);
	literals_search(automaton, STR("abc"), count_found, &counted);
	assert_int_equal(counted.counts[0], 0);
}

static const char *const fields[] = { "job_id", "job_name", "environment_name", "run_reason",
	"project_id" };
static const char *const words[] = { "extract", "nightly", "emea", "a", "prod", "17", "1017", "x-y",
	"été", "" };
#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

static void random_words(uint64_t *seed, struct text *out)
{
	for (uint32_t i = 0, count = 1 + chance(seed, 3); i < count; i++)
		text_add(out, words[chance(seed, COUNT(words))]);
}

/* Captures are named after their field, because one name on two fields would clash. */
static void random_value(uint64_t *seed, uint32_t field, struct text *out)
{
	static const char *const shapes[] = { "^%s", "%s$", "^%s_?(?<c@>.)?", "(%s|emea)", "%s+",
		"%s?", "(?:%s){1,2}", "[%s]+x?", "%s.*%s", "(?i)%s", "%s|nightly", "(?=%s)",
		"(?!%s)", "\\Q%s\\E", "(?#%s)a", "x*%s*", "(%s)?nightly" };
	OWNED_TEXT struct text word = TEXT(TEXT_UNBOUNDED);
	random_words(seed, &word);
	if (chance(seed, 2) || !word.length) {
		text_printf(out, "'%s'", word.at);
		return;
	}
	const char *shape = shapes[chance(seed, COUNT(shapes))];
	text_add(out, "'/");
	for (; *shape; shape++)
		if (shape[0] == '%') {
			text_add(out, word.at);
			shape++;
		} else if (*shape == '@') {
			text_printf(out, "%u", field);
		} else {
			text_add_char(out, *shape);
		}
	static const char *const flags[] = { "/'", "/'", "/i'", "/x'", "/s'" };
	text_add(out, flags[chance(seed, COUNT(flags))]);
}

static void random_conditions(uint64_t *seed, const char *otherwise, struct text *out)
{
	uint32_t first = chance(seed, COUNT(fields)), count = chance(seed, 3);
	for (uint32_t i = 0; i < count; i++) {
		text_printf(out, "%s%s: [", i ? ", " : "", fields[(first + i) % COUNT(fields)]);
		for (uint32_t j = 0, values = 1 + chance(seed, 3); j < values; j++) {
			text_add(out, j ? ", " : "");
			random_value(seed, (first + i) % COUNT(fields), out);
		}
		text_add(out, "]");
	}
	if (!count)
		text_add(out, otherwise);
}

static void random_rules(uint64_t *seed, struct text *out)
{
	text_add(out, "version: 1\nrules:\n");
	for (uint32_t i = 0, count = 1 + chance(seed, 30); i < count; i++) {
		text_printf(out, "- name: r%u\n  enabled: %s\n  when:\n", i,
			chance(seed, 9) ? "true" : "false");
		for (uint32_t j = 0, branches = 1 + chance(seed, 3); j < branches; j++) {
			text_add(out, "  - {");
			random_conditions(seed, "status: [success, error]", out);
			if (!chance(seed, 4)) {
				text_add(out, ", not: {");
				random_conditions(seed, "status: error", out);
				text_add(out, "}");
			}
			text_add(out, "}\n");
		}
		text_printf(
			out, "  refresh: [{site: s, workbooks: ['W%u', 'X${job_id}']}]\n", i % 7);
	}
}

static const struct event *random_event(uint64_t *seed, struct arena *arena)
{
	OWNED_TEXT struct text json = TEXT(TEXT_UNBOUNDED);
	text_printf(&json, "{\"status\": \"%s\"", chance(seed, 4) ? "success" : "error");
	for (size_t i = 0; i < COUNT(fields); i++) {
		text_printf(&json, ", \"%s\": \"", fields[i]);
		random_words(seed, &json);
		text_add(&json, "\"");
	}
	text_add(&json, "}");
	return fixture_event(json.at, arena);
}

/* NULL when the rules do not load: random patterns may clash or not compile. */
static struct ruleset *random_ruleset(uint64_t *seed)
{
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	random_rules(seed, &text);
	OWNED(problems) problems = problems_new();
	return fixture_load(text.at, NULL, problems);
}

static void an_indexed_decision_is_the_linear_one(void **state)
{
	(void)state;
	OWNED(decide_scratch) indexed = decide_scratch_new();
	OWNED(decide_scratch) linear = decide_scratch_new();
	int loaded = 0, matched = 0, few = 0;
	linear->is_linear = true;
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		uint64_t seed = round * 7919;
		OWNED(ruleset) rules = random_ruleset(&seed);
		for (int i = 0; rules && i < EVENTS_A_ROUND; i++) {
			OWNED(arena) arena = arena_new();
			const struct event *event = random_event(&seed, arena);
			OWNED_JSON one =
				decision_json(ruleset_decide(rules, event, indexed, arena));
			OWNED_JSON other =
				decision_json(ruleset_decide(rules, event, linear, arena));
			OWNED_MEMORY char *a = json_print(one), *b = json_print(other);
			if (strcmp(a, b))
				fail_msg("round %d, event %d:\n%s\n%s", (int)round, i, a, b);
			matched += cJSON_GetArraySize(
					   cJSON_GetObjectItemCaseSensitive(one, "matched")) > 0;
			few += indexed->candidate_count < linear->candidate_count;
		}
		loaded += rules != NULL;
	}
	/* The rounds prove something only if rules load, match, and are skipped. */
	assert_true(loaded > ROUNDS / 3);
	assert_true(matched > 100);
	assert_true(few > 100);
}

static void a_shared_value_does_not_bring_up_every_rule(void **state)
{
	(void)state;
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_add(&text, "version: 1\nrules:\n");
	for (int i = 0; i < 500; i++)
		text_printf(&text,
			"- {name: r%d, when: {environment_name: Production, job_name: "
			"'/^load_%05d_/'},"
			" refresh: [{site: s, workbooks: W}]}\n",
			i, i);
	OWNED(ruleset) rules = fixture_rules(text.at);
	OWNED(decide_scratch) scratch = decide_scratch_new();
	OWNED(arena) arena = arena_new();
	const struct event *event = fixture_event(
		"{\"environment_name\":\"Production\",\"job_name\":\"load_00321_x\"}", arena);
	const struct decision *decision = ruleset_decide(rules, event, scratch, arena);
	assert_int_equal(decision->match_count, 1);
	assert_string_equal(decision->matches[0].rule, "r321");
	assert_int_equal(scratch->candidate_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_occurrence_of_every_literal_is_found),
		cmocka_unit_test(a_text_full_of_literals_costs_its_length),
		cmocka_unit_test(no_literals_find_nothing),
		cmocka_unit_test(an_indexed_decision_is_the_linear_one),
		cmocka_unit_test(a_shared_value_does_not_bring_up_every_rule),
	};
	return cmocka_run_group_tests_name("index", tests, fixture_open, fixture_close);
}
