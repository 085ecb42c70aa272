/* Broken texts inside a valid structure are cleaned and accepted; a broken structure is refused. */
#include "tableau/lenient.h"
#include "tests/unit/tableau_sample.h"

#define NO "\xef\xbf\xbd"

static void broken_texts_are_taken_cleaned(void **state)
{
	static const struct {
		struct str from; /* the member "a" of an object */
		const char *to;
	} cases[] = {
		{ STR("plain"), "plain" },
		{ STR("a\\u0000b"), "a" NO "b" },
		{ STR("cut \\ud83d"), "cut " NO },
		{ STR("\\ude00 first"), NO " first" },
		{ STR("\\ud83d\\ud83d\\ude00"), NO "\xf0\x9f\x98\x80" },
		{ STR("\\uD83D\\uDE00"), "\xf0\x9f\x98\x80" },
		{ STR("\\ud83dx\\ude00"), NO "x" NO },
		{ STR("line\nbreak\ttab\x01"), "line break tab " },
		{ STR("nul\0raw"), "nul raw" },
		{ STR("Ums\xe4tze"), "Ums" NO "tze" },
		{ STR("\xc3"), NO },
		{ STR("\xed\xa0\xbd"), NO NO NO },
		{ STR("f\xc3\xbcr \xff"), "f\xc3\xbcr " NO },
		{ STR("C:\\temp\\x"), "C:\temp\\x" },
		{ STR("\\u12"), "\\u12" },
		{ STR("\\uD8"), "\\uD8" },
		{ STR("a\\\"b"), "a\"b" },
		{ STR("\\\\"), "\\" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text body = TEXT(1000);
		text_add(&body, "{\"a\":\"");
		text_add_str(&body, cases[i].from);
		text_add(&body, "\",\"b\":1}");
		OWNED_JSON tree = lenient_parse(text_str(&body));
		if (!tree)
			fail_msg("case %zu: not read", i);
		assert_string_equal(json_text(tree, "a"), cases[i].to);
		assert_string_equal(json_text(tree, "b"), "1");
	}
}

static void a_broken_structure_is_not(void **state)
{
	static const struct str cases[] = {
		STR(""),
		STR("{"),
		STR("{\"a\":\"b}"),
		STR("{\"a\":\"\\\"}"),
		STR("{\"a\":\x01 1}"),
		STR("{\"a\" \xff:1}"),
		STR("{\"a\":1}\0"),
		STR("<html>\xff"),
		STR("\\"),
		STR("\"\\"),
		STR("\"\\u"),
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (lenient_parse(cases[i]))
			fail_msg("case %zu is read", i);
}

int main(void)
{
	json_setup();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_texts_are_taken_cleaned),
		cmocka_unit_test(a_broken_structure_is_not),
	};
	return cmocka_run_group_tests_name("tableau lenient", tests, NULL, NULL);
}
