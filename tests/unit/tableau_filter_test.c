/* Names in filters: characters that Tableau's grammar cannot express become a wildcard, others are
 * percent-encoded. */
#include "tableau/filter.h"
#include "tests/unit/test.h"

static void names_in_filters(void **state)
{
	static const struct {
		const char *name, *filter;
		bool is_changed;
	} cases[] = {
		{ "Revenue", "Revenue", false },
		{ "Board pack", "Board%20pack", false },
		{ "a+b", "a%2Bb", false },
		{ "Q1: plan", "Q1:%20plan", false },
		{ "P&L, by month", "P*L*%20by%20month", true },
		{ "50%", "50%25", false },
		{ "a*b[c]\\d", "a*b*c**d", true },
		{ "\xc3\x9c"
		  "bersicht",
			"%C3%9Cbersicht", false },
		{ "#?/=\"'", "%23%3F%2F%3D%22%27", false },
		{ "-._~", "-._~", false },
		{ "", "", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
		bool is_changed = filter_name(cases[i].name, &out);
		assert_string_equal(out.at, cases[i].filter);
		assert_int_equal(is_changed, cases[i].is_changed);
	}
}

static void every_byte_that_is_not_unreserved_is_encoded(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
		char byte = (char)c;
		filter_encode((struct str){ &byte, 1 }, &out);
		bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
				(c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' ||
				c == '~';
		assert_int_equal(out.length, is_plain ? 1 : 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_in_filters),
		cmocka_unit_test(every_byte_that_is_not_unreserved_is_encoded),
	};
	return cmocka_run_group_tests_name("tableau filter", tests, NULL, NULL);
}
