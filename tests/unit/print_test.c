/* What strangers named reaches the terminal as text, and columns stay straight. */
#include "cli/print.h"
#include "tests/unit/test.h"
#include <stdlib.h>

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
		{ "\xc2\x9b"
		  "31m",
			"\\x9b31m" }, /* the one-character form of ESC [ */
		{ "\xc2\xa0\xc3\xa9 \xe2\x82\xac", "\xc2\xa0\xc3\xa9 \xe2\x82\xac" },
		{ "caf\xe9", "caf\\xe9" }, /* Latin-1 */
		{ "\x9b"
		  "31m",
			"\\x9b31m" },
		{ "\xff", "\\xff" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_TEXT struct text out;
		text_init(&out, TEXT_UNBOUNDED);
		print_clean(cases[i].text, &out);
		assert_string_equal(out.at, cases[i].shown);
	}
}

static void no_byte_of_broken_text_disappears(void **state)
{
	(void)state;
	OWNED_TEXT struct text out;
	text_init(&out, TEXT_UNBOUNDED);
	print_clean("\xc2"
		    "A\xc2\n\xc2",
		&out);
	assert_string_equal(out.at, "\\xc2A\\xc2\\x0a\\xc2");
}

/* What `table_print` or `print_json` writes. */
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
	static const char *const cells[] = { "1000",
		"\xc3\x9c"
		"bersicht",
		"queued", "2", "B\nC", NULL };
	for (size_t i = 0; i < 6; i++)
		table_cell(table, cells[i]);
	assert_printed(table, NULL,
		"ID    NAME       STATE\n"
		"1000  \xc3\x9c"
		"bersicht  queued\n"
		"2     B\\x0aC     \n");
}

static void a_table_without_rows_is_its_headings(void **state)
{
	(void)state;
	static const char *const headings[] = { "ID", "NAME", NULL };
	OWNED(table) table = table_new(headings);
	assert_printed(table, NULL, "ID  NAME\n");
	table_free(NULL);
}

static void json_for_people_has_its_controls_escaped(void **state)
{
	(void)state;
	OWNED_JSON json = cJSON_CreateObject();
	json_add_text(json, "name", "a\x1b[31m");
	assert_printed(NULL, json, "{\n\t\"name\":\t\"a\\u001b[31m\"\n}\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_cannot_play_with_the_terminal),
		cmocka_unit_test(no_byte_of_broken_text_disappears),
		cmocka_unit_test(columns_are_as_wide_as_their_widest_cell),
		cmocka_unit_test(a_table_without_rows_is_its_headings),
		cmocka_unit_test(json_for_people_has_its_controls_escaped),
	};
	return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
