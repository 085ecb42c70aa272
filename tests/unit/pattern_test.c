/* tests/unit/pattern_test.c - patterns within bounds, and the literal that every match contains. */
#include "base/pattern/pattern.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "tests/unit/test.h"

static struct pattern *compile(const char *written)
{
	struct error err = { 0 };
	size_t offset = 0;
	struct pattern *pattern = pattern_compile(str_of(written), &offset, &err);
	if (!pattern)
		fail_msg("%s: %s", written, err.message);
	return pattern;
}

static enum search search(const char *written, struct str subject)
{
	OWNED(pattern) pattern = compile(written);
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	return pattern_search(pattern, subject, scratch);
}

/* ---- how a pattern is written --------------------------------------------------------------- */

static void what_stands_between_slashes_is_a_pattern(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool is_pattern;
	} cases[] = {
		{ "/a/", true },
		{ "/a/i", true },
		{ "/a/ixsm", true },
		{ "/a/b/", true },
		{ "/./", true },
		{ "/a/q", true },
		{ "", false },
		{ "/", false },
		{ "//", false },
		{ "//i", false },
		{ "/a", false },
		{ "a/", false },
		{ "a", false },
		{ "/a/I", false },
		{ "/a/ ", false },
		{ "Finance/Daily", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (pattern_is_written(str_of(cases[i].text)) != cases[i].is_pattern)
			fail_msg("'%s' is %sa pattern", cases[i].text,
				cases[i].is_pattern ? "" : "not ");
}

static void a_wrong_pattern_says_where_and_why(void **state)
{
	(void)state;
	static const struct {
		const char *written, *why;
		size_t offset;
	} cases[] = {
		{ "/(a/", "missing closing parenthesis", 3 },
		{ "/a/q", "unknown flag 'q'", 3 },
		{ "/a/iq", "unknown flag 'q'", 4 },
		{ "/*/", "quantifier does not follow", 1 },
		{ "/[b-a]/", "range out of order", 4 },
		{ "/a\\C/", "disabled", 4 },
		{ "/\xff/", "UTF-8 error", 1 },
		{ "a", "written /.../", 0 },
		{ "/(*LIMIT_MATCH=4000000000)a/", "(*LIMIT_MATCH=4000000000) changes how", 1 },
		{ "/(*UTF)(*LIMIT_DEPTH=1)a/", "(*LIMIT_DEPTH=1) changes how", 7 },
		{ "/(*LIMIT_HEAP=1)a/", "leave it out", 1 },
		{ "/(*LIMIT_RECURSION=1)a/", "leave it out", 1 },
		{ "/(*NO_START_OPT)a/", "leave it out", 1 },
		{ "/(*NO_AUTO_POSSESS)a/i", "leave it out", 1 },
		{ "/(*NO_DOTSTAR_ANCHOR)a/", "leave it out", 1 },
		{ "/(*NO_JIT)a/", "leave it out", 1 },
		{ "/(*LIMIT_MATCH=4/", "leave it out", 1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = { 0 };
		size_t offset = 99;
		assert_null(pattern_compile(str_of(cases[i].written), &offset, &err));
		if (!strstr(err.message, cases[i].why) || offset != cases[i].offset)
			fail_msg("%s: %zu: %s", cases[i].written, offset, err.message);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
}

static void a_pattern_of_more_than_8_KiB_is_refused(void **state)
{
	(void)state;
	OWNED_TEXT struct text written = TEXT(TEXT_UNBOUNDED);
	text_add_char(&written, '/');
	for (int i = 0; i < 9000; i++)
		text_add_char(&written, 'a');
	text_add_char(&written, '/');
	struct error err = { 0 };
	size_t offset;
	assert_null(pattern_compile(text_str(&written), &offset, &err));
	assert_non_null(strstr(err.message, "8 KiB"));
}

/* ---- searching ------------------------------------------------------------------------------ */

static void a_pattern_is_searched_for_and_flags_change_how(void **state)
{
	(void)state;
	static const struct {
		const char *written, *subject;
		enum search want;
	} cases[] = {
		{ "/100/", "21003", SEARCH_YES },
		{ "/^100$/", "21003", SEARCH_NO },
		{ "/abc/", "xABCx", SEARCH_NO },
		{ "/abc/i", "xABCx", SEARCH_YES },
		{ "/\xc3\xa9/i", "CAF\xc3\x89", SEARCH_YES },
		{ "/a b/x", "ab", SEARCH_YES },
		{ "/a.b/", "a\nb", SEARCH_NO },
		{ "/a.b/s", "a\nb", SEARCH_YES },
		{ "/^b/", "a\nb", SEARCH_NO },
		{ "/^b/m", "a\nb", SEARCH_YES },
		{ "/^$/", "", SEARCH_YES },
		{ "/./", "", SEARCH_NO },
		{ "/^.$/", "\xe2\x82\xac", SEARCH_YES },
		{ "/a\\/b/", "a/b", SEARCH_YES },
		{ "/a/b/", "a/b", SEARCH_YES },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (search(cases[i].written, str_of(cases[i].subject)) != cases[i].want)
			fail_msg("%s on '%s'", cases[i].written, cases[i].subject);
	assert_int_equal(search("/^$/", (struct str){ 0 }), SEARCH_YES);
}

static void bytes_that_are_not_UTF_8_never_match(void **state)
{
	(void)state;
	assert_int_equal(search("/a/", STR("a\xff")), SEARCH_NO);
	assert_int_equal(search("/./", STR("\xed\xa0\x80")), SEARCH_NO);
}

static void a_pattern_that_explodes_stops_at_a_limit(void **state)
{
	(void)state;
	char subject[2048];
	memset(subject, 'a', sizeof subject);
	subject[sizeof subject - 1] = '!';
	struct str view = { subject, sizeof subject };
	assert_int_equal(search("/^(a+)+$/", view), SEARCH_LIMIT);
	assert_int_equal(search("/^(a|a|b)*[cd]/", view), SEARCH_LIMIT);
}

/* `times` times `piece`. */
static void repeat(struct text *out, const char *piece, int times)
{
	*out = TEXT(TEXT_UNBOUNDED);
	while (times--)
		text_add(out, piece);
}

/* Each takes seconds to minutes if the bound does not cover all places where a match may start. */
static const struct {
	const char *written, *piece;
	int times;
} slow[] = {
	{ "/from .* to [A-Z]/", "from b ", 15000 },
	{ "/(.+)\\1[xy]/", "a", 4096 },
	{ "/(.+)\\1[xy]/", "ab", 32768 },
	{ "/[^x]*[^x]*[xy]/", "a", 60000 },
	{ "/\\w+@\\w/", "a", 100000 },
	{ "/(?=(a+))\\1b/", "a", 100000 },
	{ "/a[^x]{5000}y/", "a", 60000 },
	{ "/(?<=[^x]{5000})y?b/", "a", 60000 },
	{ "/(?:(?>[^x]*)y|a)+b/", "a", 60000 },
	{ "/(a?){40}a{40}b/", "a", 40 },
	{ "/\\X+b/", "e\u0301", 30000 },
	{ "/(?i)(?:\u00e4|a|A)+$/", "\u00c4", 50000 },
	{ "/(.)(?1)*+b/", "a", 60000 },
	{ "/(?:\\s*\\S*\\s*)*$x/m", "a \n", 20000 },
	{ "/\\b.*?\\d/", "ab ", 30000 },
};

static void no_pattern_takes_long_on_any_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
		OWNED_TEXT struct text subject;
		OWNED(pattern) pattern = compile(slow[i].written);
		OWNED(pattern_scratch) scratch = pattern_scratch_new();
		repeat(&subject, slow[i].piece, slow[i].times);
		struct mono start = clock_mono();
		enum search found = pattern_search(pattern, text_str(&subject), scratch);
		int64_t us = clock_mono().us - start.us;
		/* A few milliseconds; the bound allows for sanitizers, valgrind and a busy
		 * machine. */
		if (found == SEARCH_YES || us > 2 * US_PER_SECOND)
			fail_msg("%s: found %d, %" PRId64 " steps, %" PRId64 " us", slow[i].written,
				(int)found, pattern_steps(scratch), us);
		assert_true(pattern_steps(scratch) <= 2 * PATTERN_STEPS_OF_SEARCH);
	}
}

static void a_subject_beyond_the_bound_is_not_searched(void **state)
{
	(void)state;
	OWNED_TEXT struct text subject;
	repeat(&subject, "a", (int)PATTERN_SUBJECT_BYTES + 1);
	assert_int_equal(search("/^a/", text_str(&subject)), SEARCH_LIMIT);
	subject.length--;
	assert_int_equal(search("/^a/", text_str(&subject)), SEARCH_YES);
}

static void what_is_quick_is_found_in_long_texts(void **state)
{
	(void)state;
	static const char *const written[] = { "/^Kicked off from/", "/^Kicked.*prod$/", "/prod$/",
		"/(?i)PROD$/", "/ (emea|apac|prod)\\z/" };
	OWNED_TEXT struct text subject;
	repeat(&subject, "and so on, ", 5000);
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_printf(&text, "Kicked off from %s prod", subject.at);
	for (size_t i = 0; i < sizeof written / sizeof *written; i++)
		if (search(written[i], text_str(&text)) != SEARCH_YES)
			fail_msg("%s", written[i]);
}

static void searches_share_an_allowance_but_what_costs_little_is_never_refused(void **state)
{
	(void)state;
	OWNED(pattern) costly = compile("/^(a+)+$/");
	OWNED(pattern) modest = compile("/a*b?c/");
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	struct str bomb = STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!");
	int64_t spent = 0;
	for (int i = 0; i < 2 * PATTERN_ALLOWANCE / PATTERN_STEPS_OF_SEARCH; i++) {
		assert_int_equal(pattern_search(costly, bomb, scratch), SEARCH_LIMIT);
		spent += pattern_steps(scratch);
		assert_int_equal(pattern_search(modest, STR("aaaac"), scratch), SEARCH_YES);
	}
	assert_true(spent < 2 * PATTERN_ALLOWANCE);
	assert_true(pattern_steps(scratch) < PATTERN_STEPS_FREE);
	pattern_allowance_renew(scratch);
	assert_int_equal(pattern_search(costly, bomb, scratch), SEARCH_LIMIT);
	assert_true(pattern_steps(scratch) > PATTERN_STEPS_OF_SEARCH / 2);
}

static void steps_are_the_same_in_every_run(void **state)
{
	(void)state;
	OWNED(pattern) pattern = compile("/(\\w+\\s?)*[-=]/");
	int64_t first = 0;
	for (int i = 0; i < 3; i++) {
		OWNED(pattern_scratch) scratch = pattern_scratch_new();
		assert_int_equal(pattern_search(pattern, STR("a daily build"), scratch), SEARCH_NO);
		assert_true(pattern_steps(scratch) > 100);
		first = first ? first : pattern_steps(scratch);
		assert_int_equal(pattern_steps(scratch), first);
	}
}

static void deep_nesting_and_recursion_neither_crash_nor_stall(void **state)
{
	(void)state;
	OWNED_TEXT struct text subject = TEXT(TEXT_UNBOUNDED);
	for (int i = 0; i < 1 << 20; i++)
		text_add_char(&subject, '(');
	static const char *const written[] = { "/^(\\((?1)*\\))+$/", "/^((?:\\()*)+\\)$/",
		"/(?:(?:\\()+)*x/" };
	for (size_t i = 0; i < sizeof written / sizeof *written; i++)
		assert_int_not_equal(search(written[i], text_str(&subject)), SEARCH_YES);
}

static void named_groups_are_read_and_one_that_took_no_part_says_so(void **state)
{
	(void)state;
	OWNED(pattern)
	pattern = compile("/^extracts_(?<region>emea|apac)(?:_(?<suffix>x))?_v(\\d+)$/");
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	assert_int_equal(pattern_capture_count(pattern), 2);
	assert_int_equal(pattern_search(pattern, STR("extracts_apac_v12"), scratch), SEARCH_YES);
	for (size_t i = 0; i < 2; i++) {
		struct str value = STR("untouched");
		bool is_region = text_is(pattern_capture_name(pattern, i), "region");
		assert_true(pattern_capture(pattern, scratch, i, &value) == is_region);
		assert_true(str_is(value, is_region ? "apac" : "untouched"));
	}
	assert_string_equal(pattern_written(pattern),
		"/^extracts_(?<region>emea|apac)(?:_(?<suffix>x))?_v(\\d+)$/");
}

static void a_pattern_with_a_hundred_groups_finds_room_for_them(void **state)
{
	(void)state;
	OWNED_TEXT struct text written = TEXT(TEXT_UNBOUNDED);
	text_add_char(&written, '/');
	for (int i = 0; i < 100; i++)
		text_add(&written, "(a)");
	text_add(&written, "(?<last>b)/");
	OWNED(pattern) pattern = compile(written.at);
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	char subject[102];
	memset(subject, 'a', sizeof subject - 1);
	subject[100] = 'b';
	struct str value;
	assert_int_equal(
		pattern_search(pattern, (struct str){ subject, 101 }, scratch), SEARCH_YES);
	assert_true(pattern_capture(pattern, scratch, 0, &value));
	assert_true(str_is(value, "b"));
}

static void quoted_text_stands_for_itself_in_every_mode(void **state)
{
	(void)state;
	static const char *const texts[] = { "a.b", "P&L, by month",
		"#1 [x] (y) {2} $ ^ | * + ? \\ /", "\\Q..\\E", "a\tb\nc", "caf\xc3\xa9",
		"x\xe2\x80\xa8y\xc2\x85z", "1_2", "\x01z", "{", "-" };
	static const char *const flags[] = { "", "x", "i", "xism" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (size_t j = 0; j < sizeof flags / sizeof *flags; j++) {
			OWNED_TEXT struct text written = TEXT(TEXT_UNBOUNDED);
			text_add(&written, "/\\A");
			pattern_quote(str_of(texts[i]), &written);
			text_printf(&written, "\\z/%s", flags[j]);
			if (search(written.at, str_of(texts[i])) != SEARCH_YES)
				fail_msg("%s does not find '%s'", written.at, texts[i]);
		}
}

/* ---- the literal ---------------------------------------------------------------------------- */

static const struct {
	const char *written, *literal; /* NULL: none */
} literals[] = {
	{ "/^extracts_(?<region>emea|apac)_v\\d+$/", "extracts_" },
	{ "/nightly/", "nightly" },
	{ "/nightly/i", NULL },
	{ "/night ly/x", NULL },
	{ "/nightly/sm", "nightly" },
	{ "/ab/", NULL },
	{ "/abc|def/", NULL },
	{ "/(abc|def)ghi/", "ghi" },
	{ "/abcd?/", "abc" },
	{ "/abcd*efgh/", "efgh" },
	{ "/abcd+efg/", "abcd" },
	{ "/abcd{0,2}/", "abc" },
	{ "/abcd{2}/", "abc" },
	{ "/(?i)abcdef/", NULL },
	{ "/(?i:x)abcdef/", NULL },
	{ "/a\\.b\\.c/", "a.b.c" },
	{ "/\\/usr\\/lib/", "/usr/lib" },
	{ "/\\d+abc\\d+/", "abc" },
	{ "/[a-z]+_daily/", "_daily" },
	{ "/([a-z]+)_daily/", "_daily" },
	{ "/([)]x)abc/", "abc" },
	{ "/[]abc]xyz/", "xyz" },
	{ "/[^]abc]xyz/", "xyz" },
	{ "/[[:alpha:]]abc/", NULL },
	{ "/\\Qabc.\\Edef/", NULL },
	{ "/(?=abc)def/", NULL },
	{ "/(?<=abc)defg/", "defg" },
	{ "/(a)\\1bcd/", NULL },
	{ "/(*UTF)abcd/", NULL },
	{ "/(?#abc)defg/", NULL },
	{ "/caf\xc3\xa9s/", "caf\xc3\xa9s" },
	{ "/caf\xc3\xa9?s/", "caf" },
	{ "/abc\\x{41}def/", NULL },
	/*
	 * A reader that skips escapes and braces carelessly finds a literal here that a match need
	 * not contain.
	 */
	{ "/(\\c)xyz(\\c())?abc/", NULL },
	{ "/[\\c]]abc/", NULL },
	{ "/a{b[}]xyz]/", NULL },
	{ "/a{b|c}xyz/", NULL },
};

static void the_literal_is_what_every_match_contains(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
		pattern_free(compile(literals[i].written)); /* it compiles */
		struct str found = pattern_required_literal(str_of(literals[i].written), arena);
		if (literals[i].literal ? !str_is(found, literals[i].literal) : found.length != 0)
			fail_msg("%s: '%.*s'", literals[i].written, (int)found.length,
				found.length ? found.at : "");
	}
}

/* xorshift64: the same patterns in every run. */
static uint64_t seed = 88172645463325252u;

static size_t below(size_t bound)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed % bound);
}

static void add_random(struct text *out, const char *const *pieces, size_t piece_count, size_t most)
{
	for (size_t left = below(most) + 1; left; left--)
		text_add(out, pieces[below(piece_count)]);
}

static const char *const pattern_pieces[] = { "abc", "abc", "xyz", "ab", "a", "b", "c", "(", "(",
	")", ")", "(?:", "(?<n>", "(?<=", "(?=", "(?i)", "(?#", "(?|", "[", "]", "[^", "[]", "{",
	"}", "{2}", "{0,1}", "{,2}", "{1,}", "?", "?", "*", "+", "\\", "\\c", "\\)", "\\(", "\\]",
	"\\[", "|", "^", "$", ".", "\\d", "\\b", "\\Q", "\\E", "\\1", "\\x{61}", "\\K", "\xc3\xa9",
	"-", ",", "2", "/", "\\/" };
static const char *const subject_pieces[] = { "abc", "abc", "xyz", "a", "b", "c", "x", "z", "(",
	")", "[", "]", "{", "}", "2", ",", "i", "h", "\x1d", "\x1b", "\xc3\xa9", "-", "ABC", "/" };

/* Subjects that may match: random pieces, or the pattern's own letters. */
static void make_subject(const struct text *written, struct text *out)
{
	text_reset(out);
	if (below(2)) {
		add_random(out, subject_pieces, sizeof subject_pieces / sizeof *subject_pieces, 8);
		return;
	}
	for (size_t i = 1; i + 1 < written->length; i++)
		if (!strchr("\\?*+^$|", written->at[i]) && below(5))
			text_add_char(out, written->at[i]);
}

static void no_random_pattern_matches_a_text_without_its_literal(void **state)
{
	(void)state;
	OWNED(pattern_scratch) scratch = pattern_scratch_new();
	size_t matches = 0;
	const char *rounds = getenv("PATTERN_TEST_ROUNDS");
	int64_t count = 20000;
	if (rounds)
		assert_true(str_to_count(str_of(rounds), &count));
	for (int64_t i = 0; i < count; i++) {
		OWNED_TEXT struct text written = TEXT(TEXT_UNBOUNDED);
		OWNED_TEXT struct text subject = TEXT(TEXT_UNBOUNDED);
		OWNED(arena) arena = arena_new();
		text_add_char(&written, '/');
		add_random(&written, pattern_pieces, sizeof pattern_pieces / sizeof *pattern_pieces,
			12);
		text_add_char(&written, '/');
		struct error err;
		size_t offset;
		struct str literal = pattern_required_literal(text_str(&written), arena);
		OWNED(pattern)
		pattern =
			literal.length ? pattern_compile(text_str(&written), &offset, &err) : NULL;
		for (int j = 0; pattern && j < 20; j++) {
			make_subject(&written, &subject);
			if (pattern_search(pattern, text_str(&subject), scratch) != SEARCH_YES)
				continue;
			matches++;
			if (!memmem(subject.at, subject.length, literal.at, literal.length))
				fail_msg("%s matches '%s', which lacks '%s'", written.at,
					subject.at, literal.at);
		}
	}
	assert_true(matches > (size_t)count / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stands_between_slashes_is_a_pattern),
		cmocka_unit_test(a_wrong_pattern_says_where_and_why),
		cmocka_unit_test(a_pattern_of_more_than_8_KiB_is_refused),
		cmocka_unit_test(a_pattern_is_searched_for_and_flags_change_how),
		cmocka_unit_test(bytes_that_are_not_UTF_8_never_match),
		cmocka_unit_test(a_pattern_that_explodes_stops_at_a_limit),
		cmocka_unit_test(no_pattern_takes_long_on_any_text),
		cmocka_unit_test(a_subject_beyond_the_bound_is_not_searched),
		cmocka_unit_test(what_is_quick_is_found_in_long_texts),
		cmocka_unit_test(
			searches_share_an_allowance_but_what_costs_little_is_never_refused),
		cmocka_unit_test(steps_are_the_same_in_every_run),
		cmocka_unit_test(deep_nesting_and_recursion_neither_crash_nor_stall),
		cmocka_unit_test(named_groups_are_read_and_one_that_took_no_part_says_so),
		cmocka_unit_test(a_pattern_with_a_hundred_groups_finds_room_for_them),
		cmocka_unit_test(quoted_text_stands_for_itself_in_every_mode),
		cmocka_unit_test(the_literal_is_what_every_match_contains),
		cmocka_unit_test(no_random_pattern_matches_a_text_without_its_literal),
	};
	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
