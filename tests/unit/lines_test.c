/* tests/unit/lines_test.c - files line by line. */
#include "base/lines.h"
#include "base/text.h"
#include "tests/unit/rules_fixture.h"

/* "1:first|2:|" and how it ended. */
static void assert_lines(const char *path, size_t longest, const char *expected)
{
	struct error err = { 0 };
	struct str line;
	enum lines_read read = LINES_ERROR;
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	OWNED(lines) lines = lines_open(path, longest, &err);
	while (lines && (read = lines_next(lines, &line, &err)) == LINES_ONE)
		text_printf(&out, "%d:%.*s|", (int)lines_number(lines), (int)line.length, line.at);
	if (read == LINES_ERROR)
		text_add(&out, strrchr(err.message, '/'));
	assert_string_equal(out.at, expected);
}

static void lines_end_in_a_line_feed_or_with_the_file(void **state)
{
	(void)state;
	assert_lines(fixture_write("l", "first\n\nlast"), 100, "1:first|2:|3:last|");
	assert_lines(fixture_write("l", "first\n"), 100, "1:first|");
	assert_lines(fixture_write("l", ""), 100, "");
}

static void lines_may_be_longer_than_the_first_buffer(void **state)
{
	(void)state;
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text expected = TEXT(TEXT_UNBOUNDED);
	for (int line = 1; line <= 5; line++) {
		text_printf(&expected, "%d:", line);
		for (int i = 0; i < line * 40000; i++) {
			text_add_char(&text, (char)('a' + i % 26));
			text_add_char(&expected, (char)('a' + i % 26));
		}
		text_add_char(&text, '\n');
		text_add_char(&expected, '|');
	}
	assert_lines(fixture_write("l", text.at), 200000, expected.at);
}

static void a_line_has_a_bound(void **state)
{
	(void)state;
	const char *path = fixture_write("l", "short\n");
	assert_int_equal(truncate(path, (off_t)1 << 40), 0); /* sparse, and without an end */
	assert_lines(path, 100000, "1:short|/l:2: a line of more than 100000B");
}

static void what_is_no_file_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(fixture_path("folder"), 0700), 0);
	assert_lines(fixture_path("folder"), 100, "/folder: this is a folder, not a regular file");
	assert_lines(fixture_path("none"), 100, "/none: No such file or directory");
	assert_lines("/dev/zero", 100, "/zero: this is a device, not a regular file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_in_a_line_feed_or_with_the_file),
		cmocka_unit_test(lines_may_be_longer_than_the_first_buffer),
		cmocka_unit_test(a_line_has_a_bound),
		cmocka_unit_test(what_is_no_file_is_refused),
	};
	return cmocka_run_group_tests_name("lines", tests, fixture_open, fixture_close);
}
