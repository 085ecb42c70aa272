/* tests/unit/pattern_cost_test.c - which patterns grow too costly, and the texts that show it. */
#include "base/pattern/pattern_cost.h"

#include <stdio.h>

#include "tests/unit/test.h"

#define NAME 256    /* bytes that a name may have */
#define REASON 4096 /* bytes that a free text may have */

static const struct {
	const char *written;
	bool as_name, as_reason; /* can a text of this length hit the limit? */
} cases[] = {
	/* exponential */
	{ "/^(a+)+$/", true, true },
	{ "/(a|b|ab)*[cd]/", true, true },
	{ "/^(\\w+\\s?)*$/", true, true },
	{ "/^(?:[a-z0-9]+_?)+$/", true, true },
	{ "/^nightly_(\\d+)*x$/", true, true },
	{ "/^(.+)+$/", true, true },
	{ "/(?:(?:\\d+)*,?)*;/", true, true },
	{ "/^(([a-z])+.)+[A-Z]([a-z])+$/", true, true },
	{ "/(x+x+)+y/", true, true },
	{ "/^(\u00e9+)+$/", true, true },
	{ "/^ ( a + ) + $/x", true, true },
	/* polynomial */
	{ "/[^x]*[^x]*[xy]/", true, true },
	{ "/\\w*\\w*\\w*\\d-/", true, true },
	{ "/(.+)\\1[xy]/", true, true },
	{ "/from .* to [A-Z]/", false, true },
	{ "/a.*b/", false, true },
	{ "/emea.*daily/", false, true },
	{ "/\\s+$/", false, true },
	{ "/^.*emea.*daily.*prod$/", false, true },
	{ "/<[^>]*[0-9]+>/", false, true },
	/* linear, as most rules are */
	{ "/nightly/", false, false },
	{ "/^extracts_(?<region>emea|apac|amer)_v\\d+$/", false, false },
	{ "/^extracts_\\d+/", false, false },
	{ "/^Kicked off from (?:the )?UI/", false, false },
	{ "/^Kicked off.*prod$/", false, false },
	{ "/.*daily$/", false, false },
	{ "/^[^:]+: [^:]+$/", false, false },
	{ "/(?i)prod|staging/", false, false },
	{ "/^(success|error)$/", false, false },
	{ "/\\d{4}-\\d{2}-\\d{2}/", false, false },
	{ "/v\\d+\\.\\d+/", false, false },
	{ "/^[a-z]+(_[a-z]+)*$/", false, false },
	{ "/^([a-z]+)-(\\d+)$/", false, false },
	{ "/./", false, false },
	{ "/^$/", false, false },
	{ "/[/", false, false },
};

static bool grows(const char *written, size_t most)
{
	OWNED(arena) arena = arena_new();
	struct error err = { 0 };
	size_t offset;
	int64_t steps = 0;
	struct pattern_growth growth;
	OWNED(pattern) pattern = pattern_compile(str_of(written), &offset, &err);
	if (!pattern || !pattern_growth_find(pattern, most, arena, &growth, &steps))
		return false;
	/* The report is true: this text hits the limit, with one piece less it does not. */
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	for (size_t less = 0; less < 2; less++) {
		OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
		text_add_str(&text, growth.before);
		for (size_t i = less; i < growth.times; i++)
			text_add_str(&text, growth.piece);
		text_add_str(&text, growth.after);
		pattern_allowance_renew(scratch);
		bool is_limit = pattern_search(pattern, text_str(&text), scratch) == SEARCH_LIMIT;
		assert_true(is_limit == !less);
		assert_true(less || (text.length == growth.bytes && growth.bytes <= most));
	}
	return true;
}

static void patterns_that_explode_are_found_and_others_are_not(void **state)
{
	(void)state;
	int wrong = 0;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool as_name = grows(cases[i].written, NAME);
		bool as_reason = grows(cases[i].written, REASON);
		if (as_name == cases[i].as_name && as_reason == cases[i].as_reason)
			continue;
		print_error("%s: %d %d\n", cases[i].written, as_name, as_reason);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* So a large ruleset is measured within seconds. */
static void what_cannot_grow_costs_nothing_and_the_rest_little(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED(arena) arena = arena_new();
		struct error err = { 0 };
		size_t offset;
		int64_t steps = 0;
		struct pattern_growth growth;
		OWNED(pattern) pattern = pattern_compile(str_of(cases[i].written), &offset, &err);
		if (!pattern)
			continue;
		IGNORE(pattern_growth_find(pattern, REASON, arena, &growth, &steps));
		if (steps > 20 * PATTERN_STEPS_OF_SEARCH)
			fail_msg("%s took %lld steps", cases[i].written, (long long)steps);
	}
	OWNED(arena) arena = arena_new();
	struct error err = { 0 };
	size_t offset;
	int64_t steps = 0;
	struct pattern_growth growth;
	OWNED(pattern) pattern = pattern_compile(STR("/^extracts_\\d+$/"), &offset, &err);
	assert_false(pattern_growth_find(pattern, REASON, arena, &growth, &steps));
	assert_int_equal(steps, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_that_explode_are_found_and_others_are_not),
		cmocka_unit_test(what_cannot_grow_costs_nothing_and_the_rest_little),
	};
	return cmocka_run_group_tests_name("pattern_cost", tests, NULL, NULL);
}
