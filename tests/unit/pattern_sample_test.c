/* tests/unit/pattern_sample_test.c - texts that a pattern matches. */
#include "base/pattern/pattern_sample.h"

#include "tests/unit/test.h"

static const struct {
	const char *pattern;
	unsigned turn;
	const char *sample; /* NULL: none */
} cases[] = {
	{ "/nightly/", 0, "nightly" },
	{ "/^extracts_(?<region>emea|apac|amer)_v\\d+$/", 0, "extracts_emea_v0" },
	{ "/^extracts_(?<region>emea|apac|amer)_v\\d+$/", 1, "extracts_apac_v0" },
	{ "/^(one|two|)$/", 2, "" },
	{ "/^a?b*c$/", 0, "c" },
	{ "/^a?b*c$/", 1, "abc" },
	{ "/^[^a]{3}x{2,}$/", 0, "000xx" },
	{ "/^(?:ab){2}+(?>c)(?'n'd)(?P<m>e)\\.\\/$/", 0, "ababcde./" },
	{ "/^(?=a)a(?!b)c(?<=c)$/", 0, "ac" },
	{ "/^\\Qa.b|\\E\\s$/", 0, "a.b| " },
	{ "/^\\p{Lu}?R\u00e9v{nu$/", 0, "R\u00e9v{nu" },
	{ "/^\\\u00e9{2}\\/\\-$/", 0, "\u00e9\u00e9/-" },
	{ "/^ a b $/x", 0, "ab" },
	{ "/^[[:digit:]]-./", 0, "0-a" },
	{ "/.*/", 0, "" },
	/* What the reader does not understand, or what nothing matches, has no sample. */
	{ "/^(a)\\1$/", 0, NULL },
	{ "/(?i)a/", 0, NULL },
	{ "/a # b/x", 0, NULL },
	{ "/^(?=b)a/", 0, NULL },
	{ "/a{201}/", 0, NULL },
	{ "/(a{100}){100}/", 0, NULL },
	{ "/(*UCP)a/", 0, NULL },
};

static void a_sample_is_matched_by_its_pattern(void **state)
{
	(void)state;
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = { 0 };
		size_t offset;
		OWNED(pattern) pattern = pattern_compile(str_of(cases[i].pattern), &offset, &err);
		if (!pattern)
			fail_msg("%s: %s", cases[i].pattern, err.message);
		bool is_found = pattern_sample(pattern, cases[i].turn, scratch, &out);
		if (is_found != (cases[i].sample != NULL) ||
			(is_found && strcmp(out.at, cases[i].sample) != 0))
			fail_msg("%s: '%s'", cases[i].pattern, is_found ? out.at : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_is_matched_by_its_pattern),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
