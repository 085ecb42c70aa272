/* Strangers' texts show every character, and take as many columns as counted. */
#include "base/visible.h"
#include "tests/unit/test.h"

static void a_name_cannot_play_with_the_terminal(void **state)
{
	(void)state;
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{ "Revenue", "Revenue" },
		{ "", "" },
		{ "\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m" },
		{ "a\nb\rc\td", "a\\x0ab\\x0dc\\x09d" },
		{ "\x7f\x01", "\\x7f\\x01" },
		{ "\x1b]0;title\x07", "\\x1b]0;title\\x07" },
		/* The one-character form of ESC [ */
		{ "\xc2\x9b"
		  "31m",
			"\\u009b31m" },
		{ "abc\xe2\x80\xae"
		  "fdp.exe",
			"abc\\u202efdp.exe" }, /* right-to-left override */
		{ "\xe2\x81\xa6x\xe2\x81\xa9\xd8\x9c", "\\u2066x\\u2069\\u061c" },
		{ "a\xe2\x80\x8b"
		  "b\xe2\x80\x8d\xe2\x81\xa0\xef\xbb\xbf\xc2\xad",
			"a\\u200bb\\u200d\\u2060\\ufeff\\u00ad" },
		{ "\xe2\x80\xa8\xe2\x80\xa9\xc2\x85", "\\u2028\\u2029\\u0085" },
		{ "\xf3\xa0\x81\x81", "\\U000e0041" }, /* a tag */
		{ "e\xcc\x81\xe6\x97\xa5\xd7\x90\xf0\x9f\x98\x80",
			"e\xcc\x81\xe6\x97\xa5\xd7\x90\xf0\x9f\x98\x80" }, /* names of people */
		{ "\xc2\xa0\xc3\xa9 \xe2\x82\xac", "\xc2\xa0\xc3\xa9 \xe2\x82\xac" },
		{ "caf\xe9", "caf\\xe9" }, /* Latin-1 */
		{ "\x9b"
		  "31m",
			"\\x9b31m" },
		{ "\xff", "\\xff" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
		visible_add(&out, str_of(cases[i].text));
		assert_string_equal(out.at, cases[i].shown);
	}
}

static void no_byte_of_broken_text_disappears(void **state)
{
	(void)state;
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	visible_add(&out, STR("\xc2"
			      "A\xc2\n\xc2\0"));
	assert_string_equal(out.at, "\\xc2A\\xc2\\x0a\\xc2\\x00");
}

static void columns_are_those_of_a_terminal(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int columns, most;
		const char *kept;
	} cases[] = {
		{ "", 0, 3, "" },
		{ "abc", 3, 2, "ab" },
		{ "\xc3\xa9t\xc3\xa9", 3, 1, "\xc3\xa9" },
		{ "e\xcc\x81x", 2, 1, "e\xcc\x81" },                  /* combining: none */
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4, 3, "\xe6\x97\xa5" }, /* wide: two */
		{ "\xf0\x9f\x98\x80!", 3, 1, "" },
		{ "\xff", 1, 0, "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str text = str_of(cases[i].text);
		assert_int_equal(visible_columns(text), cases[i].columns);
		if (!str_is(visible_cut(text, cases[i].most), cases[i].kept))
			fail_msg("case %zu", i);
	}
}

static void every_character_that_hides_is_known(void **state)
{
	(void)state;
	static const int32_t hidden[] = { 0, 0x1f, 0x7f, 0x80, 0x9f, 0xad, 0x61c, 0x200b, 0x200f,
		0x2028, 0x202e, 0x2060, 0x2069, 0xfe0f, 0xfeff, 0xfffb, 0xe0001, 0xe01ef };
	static const int32_t shown[] = { ' ', '~', 0xa0, 0xe9, 0x301, 0x200a, 0x2010, 0x202f,
		0x2070, 0xfffc, 0xfffd, 0x1f600, 0x10ffff };
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		if (!visible_is_hidden(hidden[i]))
			fail_msg("U+%04X is shown", (unsigned)hidden[i]);
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
		if (visible_is_hidden(shown[i]))
			fail_msg("U+%04X is escaped", (unsigned)shown[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_cannot_play_with_the_terminal),
		cmocka_unit_test(no_byte_of_broken_text_disappears),
		cmocka_unit_test(columns_are_those_of_a_terminal),
		cmocka_unit_test(every_character_that_hides_is_known),
	};
	return cmocka_run_group_tests_name("visible", tests, NULL, NULL);
}
