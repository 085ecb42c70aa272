/* Strangers' names reach the terminal as plain text, and columns stay aligned. */
#include "base/visible.h"
#include "cli/print.h"
#include "tests/unit/test.h"
#include <pty.h>
#include <stdlib.h>
#include <unistd.h>

/* Asserts the output of `table_print` or `print_json`. */
static void assert_printed(const struct table *table, const cJSON *json, const char *expected)
{
	char *bytes = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&bytes, &length);
	assert_non_null(out);
	if (table)
		table_print(table, out);
	else
		print_json(json, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(bytes, expected);
	free(bytes);
}

static void columns_are_as_wide_as_their_widest_cell(void **state)
{
	(void)state;
	static const char *const headings[] = { "ID", "NAME", "STATE", NULL };
	OWNED(table) table = table_new(headings);
	static const char *const cells[] = { "1000", "\u00dcbersicht", "queued", "2", "B\nC",
		NULL };
	for (size_t i = 0; i < 6; i++)
		table_cell(table, cells[i]);
	assert_printed(table, NULL,
		"ID    NAME       STATE\n"
		"1000  \xc3\x9c"
		"bersicht  queued\n"
		"2     B\\x0aC\n");
}

static void an_empty_cell_at_the_end_leaves_no_blanks(void **state)
{
	static const char *const headings[] = { "ID", "NAME", "WHY", NULL };
	(void)state;
	OWNED(table) table = table_new(headings);
	for (size_t i = 0; i < 6; i++)
		table_cell(table, i == 0 ? "1" : i == 5 ? "late" : "");
	assert_printed(table, NULL, "ID  NAME  WHY\n1\n          late\n");
}

static void a_table_without_rows_is_its_headings(void **state)
{
	(void)state;
	static const char *const headings[] = { "ID", "NAME", NULL };
	OWNED(table) table = table_new(headings);
	assert_printed(table, NULL, "ID  NAME\n");
	table_free(NULL);
}

/* What the table is on a terminal of so many columns, which free() ends. */
static char *on_a_terminal(const struct table *table, unsigned short columns)
{
	const struct winsize size = { .ws_row = 24, .ws_col = columns };
	struct termios raw = { .c_cflag = CS8 };
	static char bytes[4000]; /* a terminal holds 4,095 for its reader */
	int master, slave;
	assert_int_equal(openpty(&master, &slave, NULL, &raw, &size), 0);
	FILE *out = fdopen(slave, "w");
	assert_non_null(out);
	table_print(table, out);
	assert_int_equal(fflush(out), 0);
	assert_int_equal(fclose(out), 0);
	/* It comes in pieces, as the kernel gets to it; after the last one there is EIO. */
	size_t length = 0;
	ssize_t piece;
	while ((piece = read(master, bytes + length, sizeof bytes - length)) > 0)
		length += (size_t)piece;
	assert_true(length > 0);
	close(master);
	return mem_copy_bytes(bytes, length);
}

static void a_table_is_whole_where_there_is_no_terminal(void **state)
{
	(void)state;
	static const char *const headings[] = { "ID", "REASON", NULL };
	OWNED(table) table = table_new(headings);
	OWNED_TEXT struct text reason = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text expected = TEXT(TEXT_UNBOUNDED);
	for (int i = 0; i < 1000; i++)
		text_add(&reason, "why");
	table_cell(table, "7");
	table_cell(table, reason.at);
	text_printf(&expected, "ID  REASON\n7   %s\n", reason.at);
	assert_printed(table, NULL, expected.at);
}

static void a_table_stays_within_its_terminal(void **state)
{
	(void)state;
	static const char *const headings[] = { "ID", "NAME", "REASON", NULL };
	OWNED(table) table = table_new(headings);
	OWNED_TEXT struct text long_text = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text wide_text = TEXT(TEXT_UNBOUNDED);
	OWNED_TEXT struct text expected = TEXT(TEXT_UNBOUNDED);
	for (int i = 0; i < 300; i++) {
		text_add(&long_text, "r");
		text_add(&wide_text, "\xe6\x97\xa5"); /* two columns each */
	}
	table_cell(table, "7");
	table_cell(table, wide_text.at);
	table_cell(table, long_text.at);
	/* 2 + 2 + 57 + 2 + 57: of the wide name 28 characters, an ellipsis, and one blank less. */
	text_printf(&expected, "ID  NAME%*sREASON\n7   ", 55, "");
	for (int i = 0; i < 28; i++)
		text_add(&expected, "\xe6\x97\xa5");
	text_printf(&expected, "\u2026  %.56s\u2026\n", long_text.at);
	OWNED_MEMORY char *printed = on_a_terminal(table, 120);
	assert_string_equal(printed, expected.at);
}

static void many_columns_share_what_room_there_is(void **state)
{
	(void)state;
	static const char *const headings[] = { "A", "B", "C", "D", "E", "F", "G", "H", "I", "J",
		"K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", NULL };
	OWNED(table) table = table_new(headings);
	for (int i = 0; i < 20; i++)
		table_cell(table, "0123456789");
	char *rest;
	OWNED_MEMORY char *printed = on_a_terminal(table, 120);
	char *line = strtok_r(printed, "\n", &rest);
	for (; line; line = strtok_r(NULL, "\n", &rest))
		assert_true(visible_columns(str_of(line)) <= 120);
}

static void a_line_for_people_is_one_line(void **state)
{
	(void)state;
	char *bytes = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&bytes, &length);
	print_line(out, "site %s: %d", "a\nb\x1b[0m\xe2\x80\xae", 7);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(bytes, "site a\\x0ab\\x1b[0m\\u202e: 7\n");
	free(bytes);
}

static void json_for_people_has_its_controls_escaped(void **state)
{
	(void)state;
	static const struct {
		const char *value, *printed;
	} cases[] = {
		{ "a\x1b[31m", "a\\u001b[31m" },
		{ "\x7f\xc2\x9b", "\\u007f\\u009b" },
		{ "\xe2\x80\xae\xe2\x80\x8b", "\\u202e\\u200b" },
		{ "\xf3\xa0\x81\x81", "\\udb40\\udc41" },
		{ "\xc3\xa9\xf0\x9f\x98\x80", "\xc3\xa9\xf0\x9f\x98\x80" },
		{ "\xff", "\\ufffd" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text expected = TEXT(TEXT_UNBOUNDED);
		OWNED_JSON json = cJSON_CreateObject();
		cJSON_AddStringToObject(json, "name", cases[i].value);
		text_printf(&expected, "{\n\t\"name\":\t\"%s\"\n}\n", cases[i].printed);
		assert_printed(NULL, json, expected.at);
	}
}

static void a_url_is_shown_without_its_password(void **state)
{
	(void)state;
	static const struct {
		const char *url, *shown;
	} cases[] = {
		{ "http://127.0.0.1:8081/x", "http://127.0.0.1:8081/x" },
		{ "https://ann:pass@word@host:1/a@b?c=@", "https://host:1/a@b?c=@" },
		{ "ann:word@host", "host" },
		{ "http://host?x=a@b", "http://host?x=a@b" },
		{ "http://ann@", "http://" },
		{ "", "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text shown = TEXT(TEXT_UNBOUNDED);
		print_url(cases[i].url, &shown);
		assert_string_equal(shown.at, cases[i].shown);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_is_shown_without_its_password),
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(an_empty_cell_at_the_end_leaves_no_blanks),
		cmocka_unit_test(a_table_without_rows_is_its_headings),
		cmocka_unit_test(a_table_is_whole_where_there_is_no_terminal),
		cmocka_unit_test(a_table_stays_within_its_terminal),
		cmocka_unit_test(many_columns_share_what_room_there_is),
		cmocka_unit_test(a_line_for_people_is_one_line),
		cmocka_unit_test(json_for_people_has_its_controls_escaped),
	};
	return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
