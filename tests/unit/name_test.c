/* tests/unit/name_test.c - spellings of one name, and names that only look the same. */
#include "base/name.h"

#include "base/code_point.h"
#include "base/suggest.h"
#include "tests/unit/test.h"

#define COMPOSED "caf\u00e9"
#define DECOMPOSED "cafe\u0301"

static void spellings_of_one_name_are_one_name(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool is_one;
	} cases[] = {
		{ "Sales", "Sales", true },
		{ "Sales", "sales", false },
		{ COMPOSED, DECOMPOSED, true },
		{ "\u212b", "\u00c5", true },               /* Angstrom sign, A with ring */
		{ "\u212a", "K", true },                    /* Kelvin sign */
		{ "\ud55c", "\u1112\u1161\u11ab", true },   /* Hangul */
		{ "q\u0323\u0307", "q\u0307\u0323", true }, /* order of marks */
		{ "\ufb01n", "fin", false },                /* a ligature is another text */
		{ "Sales\u00a0EMEA", "Sales EMEA", false },
		{ "caf\xe9", COMPOSED, false }, /* not UTF-8 */
		{ "\xff", "\xff", true },
		{ "", "", true },
		{ "", "\u0301", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (name_equal(cases[i].a, cases[i].b) != cases[i].is_one ||
			name_equal(cases[i].b, cases[i].a) != cases[i].is_one)
			fail_msg("'%s' and '%s'", cases[i].a, cases[i].b);
}

static void the_normal_form_is_a_copy_only_where_it_differs(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	struct str ascii = STR("Sales"), composed = STR(COMPOSED), bad = STR("\xff\xfe");
	assert_ptr_equal(name_normal(ascii, arena).at, ascii.at);
	assert_ptr_equal(name_normal(composed, arena).at, composed.at);
	assert_ptr_equal(name_normal(bad, arena).at, bad.at);
	assert_true(str_is(name_normal(STR(DECOMPOSED), arena), COMPOSED));
	assert_true(name_has_spellings(COMPOSED) && name_has_spellings(DECOMPOSED));
	assert_false(name_has_spellings("Sales") || name_has_spellings("\u58f2\u4e0a"));
}

static void the_message_shows_where_two_names_differ(void **state)
{
	(void)state;
	static const struct {
		const char *written, *known, *says; /* NULL: nothing is reported */
	} cases[] = {
		{ "Sales EMEA", "Sales\u00a0EMEA",
			"they differ at character 6: U+00A0 (no-break space) there, U+0020 (space) "
			"here" },
		{ "Sales  EMEA", "Sales EMEA",
			"they differ at character 7: 'E' there, U+0020 (space) here" },
		{ "Sales - EMEA", "Sales \u2013 EMEA",
			"they differ at character 7: U+2013 (en dash) there, '-' here" },
		{ "Rev\u0435nue", "Revenue",
			"they differ at character 4: 'e' there, U+0435 (Cyrillic, not the Latin "
			"'e') here" },
		{ "revenue", "Revenue", "they differ at character 1: 'R' there, 'r' here" },
		{ "Revenue", "Revenue ",
			"they differ at character 8: U+0020 (space) there, the end here" },
		{ "Reve\u200bnue", "Revenue",
			"they differ at character 5: 'n' there, U+200B (zero-width space) here" },
		{ "\ufeffRevenue", "Revenue",
			"they differ at character 1: 'R' there, U+FEFF (byte order mark) here" },
		{ "\u201cRevenue\u201d", "\"Revenue\"",
			"they differ at character 1: '\"' there, U+201C (left double quotation "
			"mark) here" },
		{ "\uff32evenue", "Revenue",
			"they differ at character 1: 'R' there, U+FF32 (full-width, not the Latin "
			"'R') here" },
		{ "CAF\u00c9", DECOMPOSED, "they differ at character 1: 'c' there, 'C' here" },
		{ COMPOSED, DECOMPOSED, NULL },
		{ "Revenue", "Reverse", NULL },
		{ "", "Revenue", NULL },
		{ "\u200b", "\u200c", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
		name_difference(cases[i].written, cases[i].known, &out);
		if (strcmp(out.at, cases[i].says ? cases[i].says : ""))
			fail_msg("'%s' and '%s': %s", cases[i].written, cases[i].known, out.at);
	}
}

static void a_name_that_looks_the_same_is_the_one_that_was_meant(void **state)
{
	(void)state;
	static const char *const names[] = { "Revenue 2", "Revenue\u00a01", "Revenue 11" };
	OWNED(arena) arena = arena_new();
	assert_string_equal(suggest("Revenue 1", names, 3), names[1]);
	assert_string_equal(suggest_hint("Revenue 1", names, 3, arena),
		"; did you mean 'Revenue\u00a01'? (they differ at character 8: U+00A0 (no-break "
		"space) there, U+0020 (space) here)");
	assert_string_equal(
		suggest_hint("Revnue 2", names, 3, arena), "; did you mean 'Revenue 2'?");
	assert_string_equal(suggest_hint("Costs", names, 3, arena), "");
}

static void every_character_has_a_description(void **state)
{
	(void)state;
	static const int32_t points[] = { 0, 8, 'a', ' ', 0x7f, 0xa0, 0xe9, 0x301, 0x1f600, 0xe0001,
		0xffff, 0x10ffff };
	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
		code_point_describe(points[i], &out);
		assert_true(out.length >= 3 && str_is_utf8(text_str(&out)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spellings_of_one_name_are_one_name),
		cmocka_unit_test(the_normal_form_is_a_copy_only_where_it_differs),
		cmocka_unit_test(the_message_shows_where_two_names_differ),
		cmocka_unit_test(a_name_that_looks_the_same_is_the_one_that_was_meant),
		cmocka_unit_test(every_character_has_a_description),
	};
	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
