/* tests/unit/json_test.c - a stranger's JSON. */
#include "base/json.h"

#include <stdlib.h>

#include "tests/unit/test.h"

static int setup(void **state)
{
	(void)state;
	json_setup();
	return 0;
}

static cJSON *parse(const char *text)
{
	struct error err = { 0 };
	cJSON *json = json_parse(str_of(text), &err);
	if (!json)
		print_message("%s: %s\n", text, err.message);
	return json;
}

static void what_is_not_json_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",
		" ",
		"{",
		"[",
		"[1,]",
		"{\"a\":1,}",
		"{,}",
		"[,1]",
		"{1:2}",
		"{\"a\" 1}",
		"{\"a\"}",
		"[1 2]",
		"[1]x",
		"{}{}",
		"01",
		"1.",
		".5",
		"-",
		"+1",
		"1e",
		"1e+",
		"0x1",
		"NaN",
		"nul",
		"True",
		"'a'",
		"\"a",
		"\"\\x\"",
		"\"\\u12\"",
		"\"a\tb\"",
		"\"\xff\"",
		"//a\n1",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct error err = { 0 };
		OWNED_JSON json = json_parse(str_of(texts[i]), &err);
		if (json)
			print_error("accepted: %s\n", texts[i]);
		assert_null(json);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_true(err.message[0]);
	}
	struct error err = { 0 };
	assert_null(json_parse((struct str){ "[1]\0", 4 }, &err));
}

static void an_error_names_its_byte(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		const char *says;
	} cases[] = {
		{ STR("{\"a\": 12345, }"), "a member's name is missing at byte 13" },
		{ STR("{\n  \"a\": 1,\n}"),
			"a member's name is missing in line 3, column 1, at byte 12" },
		{ STR("{\"a\":\"b\xc3(\"}"), "a byte that is not UTF-8 at byte 7" },
		{ STR("[\"\xed\xa0\xbd\"]"), "a byte that is not UTF-8 at byte 2" },
		{ STR("[\"a\0b\"]"), "a control character in a string at byte 3" },
		{ STR("[1]\0"), "something follows the value at byte 3" },
		{ STR("[\xff]"), "an unexpected character at byte 1" },
		{ STR("[\"\\u00g0\"]"), "\\u wants four hexadecimal digits at byte 6" },
		{ STR("\xef\xbb\xbf"), "a value is missing at byte 3" },
		{ STR("{}\xef\xbb\xbf"), "something follows the value at byte 2" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = { 0 };
		assert_null(json_parse(cases[i].text, &err));
		assert_true(str_starts(str_of(err.message), "not JSON: "));
		assert_string_equal(err.message + strlen("not JSON: "), cases[i].says);
	}
}

static void what_is_no_character_becomes_one(void **state)
{
	(void)state;
	static const struct {
		const char *text, *value;
	} cases[] = {
		{ "{\"a\":\"x\\u0000y\"}", "x\xef\xbf\xbdy" },
		{ "{\"a\":\"cut \\ud83d\"}", "cut \xef\xbf\xbd" },
		{ "{\"a\":\"\\ude00 first\"}", "\xef\xbf\xbd first" },
		{ "{\"a\":\"\\ud83d\\ud83d\\ude00\"}", "\xef\xbf\xbd\xf0\x9f\x98\x80" },
		{ "{\"a\":\"\\uD800\\u0041\"}", "\xef\xbf\xbd"
						"A" },
		{ "{\"a\":\"\\ud800\\n\"}", "\xef\xbf\xbd\n" },
		{ "{\"a\":\"\\ud800\\\\u0041\"}", "\xef\xbf\xbd\\u0041" },
		{ "{\"a\":\"\\uffff\\ufdd0\"}", "\xef\xbf\xbf\xef\xb7\x90" },
		{ "{\"a\\u0000b\":1,\"a\":\"whole\"}", "whole" },
		{ "\xef\xbb\xbf{\"a\":\"marked\"}", "marked" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		OWNED_JSON json = parse(cases[i].text);
		assert_non_null(json);
		assert_string_equal(json_text(json, "a"), cases[i].value);
	}
}

static void depth_is_bounded(void **state)
{
	(void)state;
	static char text[200001];
	memset(text, '[', 100000);
	memset(text + 100000, ']', 100000);
	struct error err = { 0 };
	assert_null(json_parse((struct str){ text, 200000 }, &err));
	OWNED_JSON json =
		json_parse((struct str){ text + 100000 - JSON_DEPTH, 2 * JSON_DEPTH }, &err);
	assert_non_null(json);
	assert_null(json_parse(
		(struct str){ text + 100000 - JSON_DEPTH - 1, 2 * JSON_DEPTH + 2 }, &err));
}

static void numbers_keep_their_digits(void **state)
{
	(void)state;
	OWNED_JSON json =
		parse(" { \"id\" : 9007199254740993123, \"n\":-1.50e+3, \"s\": "
		      "\"9007199254740993\", \"b\": true, "
		      "\"x\": null, \"l\": [ 1, {\"k\":0} ], \"u\": \"\\ud83d\\ude00\" } ");
	assert_non_null(json);
	assert_string_equal(json_text(json, "id"), "9007199254740993123");
	assert_string_equal(json_text(json, "n"), "-1.50e+3");
	assert_string_equal(json_text(json, "b"), "true");
	assert_string_equal(json_text(json, "x"), "");
	assert_string_equal(json_text(json, "l"), "");
	assert_string_equal(json_text(json, "ID"), "");
	assert_string_equal(json_text(json, "u"), "\xf0\x9f\x98\x80");
	assert_null(json_get(json, "x"));
	int64_t count = 5;
	assert_true(json_count(json, "s", &count));
	assert_true(count == INT64_C(9007199254740993));
	assert_false(json_count(json, "n", &count));
	assert_false(json_count(json, "none", &count));
	assert_true(json_count(json_get(json, "l")->child->next, "k", &count));
	assert_int_equal(count, 0);
}

static void flags_and_times_come_in_many_forms(void **state)
{
	(void)state;
	OWNED_JSON json =
		parse("{\"a\":true,\"b\":\"True\",\"c\":1,\"d\":false,\"e\":\"false\",\"f\":\"0\","
		      "\"g\":\"maybe\","
		      "\"t\":\"2026-08-19T02:41:44Z\",\"z\":\"1970-01-01T00:00:00Z\",\"w\":\"\"}");
	assert_true(json_flag(json, "a", false));
	assert_true(json_flag(json, "b", false));
	assert_true(json_flag(json, "c", false));
	assert_false(json_flag(json, "d", true));
	assert_false(json_flag(json, "e", true));
	assert_false(json_flag(json, "f", true));
	assert_true(json_flag(json, "g", true));
	assert_false(json_flag(json, "none", false));
	assert_true(json_time(json, "t").us == INT64_C(1787107304) * 1000000);
	assert_false(wall_is_set(json_time(json, "z")));
	assert_false(wall_is_set(json_time(json, "w")));
	assert_false(wall_is_set(json_time(json, "none")));
}

static void a_key_that_stands_twice_is_found(void **state)
{
	(void)state;
	OWNED_JSON once = parse("{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}");
	assert_null(json_duplicate_key(once));
	OWNED_JSON twice = parse("{\"x\":1,\"y\":{\"z\":0},\"x\":3}");
	assert_string_equal(json_duplicate_key(twice), "x");
	OWNED_JSON deeper = parse("{\"a\":{\"x\":1,\"x\":2}}");
	assert_null(json_duplicate_key(deeper));
	OWNED_JSON list = parse("[1,1]");
	assert_null(json_duplicate_key(list));
	assert_null(json_duplicate_key(NULL));
}

static void what_we_build_is_whole(void **state)
{
	(void)state;
	OWNED_JSON json = cJSON_CreateObject();
	json_add_count(json, "id", INT64_MAX);
	json_add_count(json, "min", INT64_MIN);
	json_add_text(json, "none", NULL);
	json_add_text(json, "cut", "ab\xe2\x82");
	json_add_text(json, "odd", "\xff\xc3\xa9");
	json_add_time(json, "absent", (struct wall){ 0 });
	json_add_time(json, "at", (struct wall){ INT64_C(1787107304) * 1000000 });
	OWNED_MEMORY char *text = json_print(json);
	assert_string_equal(text,
		"{\"id\":9223372036854775807,\"min\":-9223372036854775808,\"cut\":"
		"\"ab\xef\xbf\xbd\xef\xbf\xbd\","
		"\"odd\":\"\xef\xbf\xbd\xc3\xa9\",\"at\":\"2026-08-19T02:41:44Z\"}");
	assert_string_equal(json_text(json, "id"), "9223372036854775807");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_json_is_refused),
		cmocka_unit_test(an_error_names_its_byte),
		cmocka_unit_test(what_is_no_character_becomes_one),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(numbers_keep_their_digits),
		cmocka_unit_test(flags_and_times_come_in_many_forms),
		cmocka_unit_test(a_key_that_stands_twice_is_found),
		cmocka_unit_test(what_we_build_is_whole),
	};
	return cmocka_run_group_tests_name("json", tests, setup, NULL);
}
