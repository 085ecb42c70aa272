/* The ground floor: views, growing texts, durations and sizes, arenas, errors. */
#include "base/arena.h"
#include "base/text.h"
#include "base/units.h"
#include "tests/unit/test.h"
#include <stdalign.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void a_count_is_the_whole_text_or_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t count; /* -1: refused */
	} cases[] = {
		{ "0", 0 },
		{ "007", 7 },
		{ "42", 42 },
		{ "9223372036854775807", INT64_MAX },
		{ "9223372036854775808", -1 },
		{ "99999999999999999999999999", -1 },
		{ "", -1 },
		{ "-1", -1 },
		{ "+1", -1 },
		{ " 1", -1 },
		{ "1 ", -1 },
		{ "1e3", -1 },
		{ "0x10", -1 },
		{ "1.0", -1 },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t count = -1;
		bool is_read = str_to_count(str_of(cases[i].text), &count);
		if (is_read != (cases[i].count >= 0) || count != cases[i].count)
			fail_msg("'%s' became %lld", cases[i].text, (long long)count);
	}
}

static void a_view_compares_its_bytes_and_no_more(void **state)
{
	(void)state;
	struct str view = { "finance-eu", 7 }, none = str_of(NULL);
	assert_true(str_is(view, "finance"));
	assert_false(str_is(view, "finance-eu"));
	assert_true(str_starts(view, "fin"));
	assert_false(str_starts(view, "finance-"));
	assert_true(str_ends(view, "ance"));
	assert_false(str_ends(view, "-eu"));
	assert_true(str_equal(none, STR("")));
	assert_true(str_starts(none, ""));
	assert_true(str_ends(none, ""));
	assert_false(str_equal(view, none));
	assert_true(text_is(NULL, NULL));
	assert_false(text_is(NULL, ""));
	assert_true(text_is_nocase("Content-TYPE", "content-type"));
	assert_false(text_is_nocase("content", NULL));
}

static void white_space_goes_from_both_ends_only(void **state)
{
	(void)state;
	assert_true(str_is(str_trim(STR(" \t a b\r\n")), "a b"));
	assert_true(str_is(str_trim(STR(" \n ")), ""));
	assert_true(str_is(str_trim(str_of(NULL)), ""));
	assert_true(str_is(str_trim(STR("\xc2\xa0x")), "\xc2\xa0x"));
}

static void text_that_is_not_utf8_is_recognised(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool is_utf8;
	} cases[] = {
		{ "", true },
		{ "plain", true },
		{ "Ums\xc3\xa4tze \xe2\x82\xac \xf0\x9f\x93\x88", true },
		{ "\xed\x9f\xbf \xee\x80\x80 \xf4\x8f\xbf\xbf", true },
		{ "\xc3", false },
		{ "\x80", false },
		{ "\xc0\xaf", false },
		{ "\xe0\x80\xaf", false },
		{ "\xf0\x8f\xbf\xbf", false },
		{ "\xed\xa0\x80", false },
		{ "\xf4\x90\x80\x80", false },
		{ "\xf5\x80\x80\x80", false },
		{ "\xff", false },
		{ "\xe2\x82", false },
		{ "\xe2\x28\xa1", false },
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		if (str_is_utf8(str_of(cases[i].text)) != cases[i].is_utf8)
			fail_msg("case %zu: '%s'", i, cases[i].text);
	assert_false(str_is_utf8(STR("a\0b")));
}

static void a_text_keeps_what_fits_and_says_when_something_did_not(void **state)
{
	(void)state;
	OWNED_TEXT struct text text = TEXT(100);
	for (int i = 0; i < 10; i++)
		assert_true(text_add_bytes(&text, "0123456789", 10));
	assert_false(text.is_full);
	assert_int_equal(text.length, 100);
	assert_false(text_add_bytes(&text, "x", 1));
	assert_true(text.is_full);
	assert_int_equal(text.length, 100);
	assert_int_equal(strlen(text.at), 100);
	text_reset(&text);
	assert_false(text.is_full);
	text_printf(&text, "%s", "");
	assert_string_equal(text.at, "");
	text_printf(&text, "%0150d", 7);
	assert_true(text.is_full);
	assert_int_equal(text.length, 100);
	text_printf(&text, "%d", 7);
	assert_int_equal(strlen(text.at), 100);
	text_reset(&text);
	text_printf(&text, "%099d", 7); /* grows */
	text_printf(&text, "%s", "x");
	assert_false(text.is_full);
	assert_int_equal(strlen(text.at), 100);
	assert_string_equal(text.at + 98, "7x");
	text_printf(&text, "%s", "y");
	assert_true(text.is_full);
	assert_int_equal(strlen(text.at), 100);
}

static void a_text_is_cut_between_characters(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t most;
		const char *kept;
	} cases[] = {
		{ "abc", 3, "abc" }, { "abc", 2, "ab" }, { "abc", 0, "" }, { "a\xc3\xa9", 2, "a" },
		{ "a\xc3\xa9", 3, "a\xc3\xa9" }, { "a\xe2\x82\xac", 3, "a" },
		{ "\xf0\x9f\x98\x80z", 3, "" }, { "\xf0\x9f\x98\x80x", 4, "\xf0\x9f\x98\x80" },
		{ "\x80\x80\x80\x80\x80\x80", 5, "\x80\x80\x80\x80\x80" }, /* no UTF-8 at all */
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[16];
		OWNED_TEXT struct text text = TEXT(cases[i].most);
		struct str kept = str_cut(str_of(cases[i].text), cases[i].most);
		if (!str_is(kept, cases[i].kept))
			fail_msg("case %zu: %zu bytes are kept", i, kept.length);
		text_add(&text, cases[i].text);
		text_add(&text, "z"); /* after a cut nothing is added, even if it would fit */
		assert_true(text.is_full);
		assert_string_equal(text.at, cases[i].kept);
		str_print(out, cases[i].most + 1, "%s", cases[i].text);
		assert_string_equal(out, i < 8 ? cases[i].kept : "\x80\x80\x80\x80\x80");
	}
}

static void a_long_text_loses_its_middle(void **state)
{
	static const struct {
		const char *text, *kept; /* in 23 bytes */
	} cases[] = {
		{ "", "" },
		{ "twenty-three bytes here", "twenty-three bytes here" },
		{ "twenty-four bytes, these", "twenty-four … , these" },
		{ "what failed: somebody said much: mend it", "what failed … mend it" },
		{ "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82"
		  "\xac\xe2\x82\xac",
			"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac … "
			"\xe2\x82\xac\xe2\x82\xac" },
		{ "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
		  "\x80"
		  "\x80\x80\x80\x80\x80",
			"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80 … "
			"\x80\x80\x80\x80" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[24];
		str_shorten(out, sizeof out, str_of(cases[i].text));
		assert_string_equal(out, cases[i].kept);
	}
}

/* All of them share one "", so nothing may be written to it. */
static void an_empty_text_allocates_nothing_and_reads_as_text(void **state)
{
	(void)state;
	OWNED_TEXT struct text text = TEXT(10);
	assert_string_equal(text.at, "");
	text_add(&text, "");
	text_reset(&text);
	assert_int_equal(text.capacity, 0);
	OWNED_MEMORY char *taken = text_take(&text);
	assert_string_equal(taken, "");
	taken[0] = 'x';
	assert_string_equal(text.at, "");
	text_add(&text, "0123456789ab");
	assert_string_equal(text.at, "0123456789");
	text_clear(&text);
	text_add(&text, "as new");
	assert_string_equal(text.at, "as new");
}

static void a_text_given_away_is_the_takers(void **state)
{
	(void)state;
	struct text text = TEXT(TEXT_UNBOUNDED);
	text_add(&text, "mine");
	text_add_char(&text, '!');
	text_add_str(&text, (struct str){ NULL, 0 });
	OWNED_MEMORY char *taken = text_take(&text);
	assert_string_equal(taken, "mine!");
	assert_string_equal(text.at, "");
	text_clear(&text);
}

static void one_thing_has_no_plural(void **state)
{
	(void)state;
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_add_count(&text, 1, "site");
	text_add(&text, ", ");
	text_add_count(&text, 0, "rule");
	text_add(&text, ", ");
	text_add_count(&text, 21, "job");
	assert_string_equal(text.at, "1 site, 0 rules, 21 jobs");
}

static void markup_in_a_name_is_shown_and_not_obeyed(void **state)
{
	(void)state;
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_add_markup(&text, "<a href=\"x\">R&D</a>");
	assert_string_equal(text.at, "&lt;a href=&quot;x&quot;&gt;R&amp;D&lt;/a&gt;");
}

static void a_duration_is_one_number_and_one_unit(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t us;          /* -1: refused */
		const char *written; /* how it is written back */
	} cases[] = {
		{ "0", 0, "0" },
		{ "0s", 0, "0" },
		{ "200ms", 200000, "200ms" },
		{ "90s", 90000000, "90s" },
		{ "60s", 60000000, "1m" },
		{ "5m", 300000000, "5m" },
		{ "2h", 7200000000, "2h" },
		{ "30d", 2592000000000, "30d" },
		{ "7us", 7, "7us" },
		{ "106751991d", 9223372022400000000, "106751991d" },
		{ "106751992d", -1, NULL },
		{ "9223372036854775807s", -1, NULL },
		{ "99999999999999999999s", -1, NULL },
		{ "", -1, NULL },
		{ "5", -1, NULL },
		{ "s", -1, NULL },
		{ "-5s", -1, NULL },
		{ "1.5h", -1, NULL },
		{ "5 s", -1, NULL },
		{ "5S", -1, NULL },
		{ "1h30m", -1, NULL },
		{ "1w", -1, NULL },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t us = -1;
		char written[UNIT_TEXT_SIZE];
		bool is_read = units_parse_duration(str_of(cases[i].text), &us);
		if (is_read != (cases[i].us >= 0) || (is_read && us != cases[i].us))
			fail_msg("'%s' became %lld", cases[i].text, (long long)us);
		if (is_read)
			assert_string_equal(units_format_duration(us, written), cases[i].written);
	}
}

static void a_size_is_bytes_or_a_binary_unit(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t bytes; /* -1: refused */
		const char *written;
	} cases[] = {
		{ "0", 0, "0" },
		{ "100", 100, "100B" },
		{ "100B", 100, "100B" },
		{ "64KiB", 65536, "64KiB" },
		{ "1024KiB", 1048576, "1MiB" },
		{ "1MiB", 1048576, "1MiB" },
		{ "2GiB", 2147483648, "2GiB" },
		{ "1025", 1025, "1025B" },
		{ "8589934592GiB", -1, NULL },
		{ "1MB", -1, NULL },
		{ "1mib", -1, NULL },
		{ "-1", -1, NULL },
		{ "1 MiB", -1, NULL },
		{ "KiB", -1, NULL },
		{ "", -1, NULL },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t bytes = -1;
		char written[UNIT_TEXT_SIZE];
		bool is_read = units_parse_size(str_of(cases[i].text), &bytes);
		if (is_read != (cases[i].bytes >= 0) || (is_read && bytes != cases[i].bytes))
			fail_msg("'%s' became %lld", cases[i].text, (long long)bytes);
		if (is_read)
			assert_string_equal(units_format_size(bytes, written), cases[i].written);
	}
}

static void nothing_is_read_from_no_text_at_all(void **state)
{
	(void)state;
	int64_t value;
	struct str none = str_of(NULL);
	assert_false(units_parse_duration(none, &value));
	assert_false(units_parse_size(none, &value));
	assert_false(str_to_count(none, &value));
	assert_true(str_is_utf8(none));
}

static void pieces_of_an_arena_are_zeroed_aligned_and_apart(void **state)
{
	OWNED(arena) arena = *state ? arena_new_for(*(const size_t *)*state) : arena_new();
	unsigned char *pieces[400];
	for (size_t i = 0; i < COUNT(pieces); i++) {
		pieces[i] = arena_alloc(arena, i * 7);
		assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
		for (size_t k = 0; k < i * 7; k++)
			assert_int_equal(pieces[i][k], 0);
		memset(pieces[i], (int)(i & 0xff), i * 7);
	}
	for (size_t i = 0; i < COUNT(pieces); i++)
		for (size_t k = 0; k < i * 7; k++)
			assert_int_equal(pieces[i][k], i & 0xff);
	assert_true(arena_bytes(arena) >= 400 * 399 / 2 * 7);
}

static void an_arena_may_begin_with_any_room(void **state)
{
	static const size_t rooms[] = { 0, 1, 100, 6 << 10, 1 << 20 };
	(void)state;
	for (size_t i = 0; i < COUNT(rooms); i++) {
		void *room = (void *)(uintptr_t)&rooms[i];
		pieces_of_an_arena_are_zeroed_aligned_and_apart(&room);
	}
}

static void an_arena_holds_a_piece_larger_than_its_largest_block(void **state)
{
	(void)state;
	OWNED(arena) arena = arena_new();
	size_t size = (size_t)3 << 20;
	char *small = arena_text(arena, "before");
	char *large = arena_alloc(arena, size);
	memset(large, 'x', size);
	char *after = arena_printf(arena, "%s %d", "after", 1);
	assert_string_equal(small, "before");
	assert_string_equal(after, "after 1");
	assert_null(arena_text(arena, NULL));
	assert_string_equal(arena_str(arena, (struct str){ "finance", 3 }), "fin");
	assert_string_equal(arena_str(arena, str_of(NULL)), "");
}

static void an_error_reads_from_the_outside_in_with_its_cause_last(void **state)
{
	(void)state;
	struct error err = { 0 };
	assert_false(error_fail(&err, ERROR_REFUSED, "HTTP %d", 401));
	assert_false(error_context(&err, "sign in"));
	assert_false(error_context(&err, "site '%s'", "finance"));
	assert_string_equal(err.message, "site 'finance': sign in: HTTP 401");
	assert_int_equal(err.kind, ERROR_REFUSED);
}

static void a_long_context_never_pushes_the_cause_out(void **state)
{
	(void)state;
	struct error err = { 0 };
	char name[2000];
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	error_fail(&err, ERROR_INPUT, "token expired");
	error_context(&err, "%s", name);
	assert_true(strlen(err.message) < sizeof err.message);
	assert_true(str_ends(str_of(err.message), ": token expired"));
	for (int i = 0; i < 20; i++)
		error_context(&err, "%s", name);
	assert_true(str_ends(str_of(err.message), ": token expired"));
	error_fail(&err, ERROR_INPUT, "%s; write another one", name);
	assert_true(str_ends(str_of(err.message), "nnn; write another one"));
	assert_int_equal(strlen(err.message), sizeof err.message - 1);
}

static void a_long_error_is_cut_between_characters(void **state)
{
	(void)state;
	for (size_t before = 0; before < 4; before++) {
		struct error err = { 0 };
		char name[2000] = "xxx";
		for (size_t i = before; i + 3 < sizeof name; i += 3)
			memcpy(name + i, "\xe2\x82\xac", 4);
		error_fail(&err, ERROR_INPUT, "%s", name);
		assert_true(str_is_utf8(str_of(err.message)));
		error_context(&err, "%s", name);
		assert_true(str_is_utf8(str_of(err.message)));
		assert_true(strlen(err.message) > 470);
	}
}

static void an_error_may_be_told_again_in_other_words(void **state)
{
	(void)state;
	struct error err = { 0 };
	error_fail(&err, ERROR_TRANSIENT, "no route");
	error_fail(&err, ERROR_UNKNOWN, "the reply was lost (%s)", err.message);
	assert_string_equal(err.message, "the reply was lost (no route)");
	assert_int_equal(err.kind, ERROR_UNKNOWN);
	error_context(&err, "%s", err.message);
	assert_string_equal(
		err.message, "the reply was lost (no route): the reply was lost (no route)");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_count_is_the_whole_text_or_nothing),
		cmocka_unit_test(a_view_compares_its_bytes_and_no_more),
		cmocka_unit_test(white_space_goes_from_both_ends_only),
		cmocka_unit_test(text_that_is_not_utf8_is_recognised),
		cmocka_unit_test(a_text_keeps_what_fits_and_says_when_something_did_not),
		cmocka_unit_test(a_text_is_cut_between_characters),
		cmocka_unit_test(a_long_text_loses_its_middle),
		cmocka_unit_test(an_empty_text_allocates_nothing_and_reads_as_text),
		cmocka_unit_test(a_text_given_away_is_the_takers),
		cmocka_unit_test(one_thing_has_no_plural),
		cmocka_unit_test(markup_in_a_name_is_shown_and_not_obeyed),
		cmocka_unit_test(a_duration_is_one_number_and_one_unit),
		cmocka_unit_test(a_size_is_bytes_or_a_binary_unit),
		cmocka_unit_test(nothing_is_read_from_no_text_at_all),
		cmocka_unit_test(pieces_of_an_arena_are_zeroed_aligned_and_apart),
		cmocka_unit_test(an_arena_may_begin_with_any_room),
		cmocka_unit_test(an_arena_holds_a_piece_larger_than_its_largest_block),
		cmocka_unit_test(an_error_reads_from_the_outside_in_with_its_cause_last),
		cmocka_unit_test(a_long_context_never_pushes_the_cause_out),
		cmocka_unit_test(a_long_error_is_cut_between_characters),
		cmocka_unit_test(an_error_may_be_told_again_in_other_words),
	};
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
