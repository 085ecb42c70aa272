/* tests/unit/yaml_test.c - YAML as a tree with places. */
#include "base/yaml/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "base/yaml/yaml_write.h"
#include "tests/unit/test.h"

struct fixture {
	struct arena *arena;
	struct problems *problems;
};

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);
	f->arena = arena_new();
	f->problems = problems_new();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	arena_free(f->arena);
	problems_free(f->problems);
	free(f);
	return 0;
}

static const struct yaml_node *parse_bytes(struct fixture *f, struct str bytes)
{
	const struct yaml_file *file = yaml_parse("t.yaml", bytes, f->arena, f->problems);
	return file ? file->root : NULL;
}

static const struct yaml_node *parse(struct fixture *f, const char *text)
{
	return parse_bytes(f, str_of(text));
}

static void assert_text(const struct yaml_node *node, const char *expected)
{
	assert_non_null(node);
	assert_int_equal(node->type, YAML_SCALAR);
	assert_true(str_is(node->text, expected));
}

static void assert_problem(const struct fixture *f, enum problem_code code, int line, int column)
{
	assert_int_equal(problems_count(f->problems), 1);
	const struct problem *problem = problems_at(f->problems, 0);
	if (problem->code != code || problem->place.line != line || problem->place.column != column)
		print_error("%d:%d: %s\n", problem->place.line, problem->place.column,
			problem->message);
	assert_int_equal(problem->code, code);
	assert_int_equal(problem->place.line, line);
	assert_int_equal(problem->place.column, column);
}

static void scalars_stay_text_and_know_their_place(void **state)
{
	struct fixture *f = *state;
	const struct yaml_node *root =
		parse(f, "\xef\xbb\xbf"
			 "\xc3\xa9: on\nb:\n  - 1001\n  - \"1001\"\n  - 'it''s'\n  - \"\\u00e9\"\n"
			 "  - two\n    lines\nn: ~\ns: |\n  block\n");
	assert_non_null(root);
	assert_text(yaml_get(root, "\xc3\xa9"), "on");
	assert_int_equal(yaml_get(root, "\xc3\xa9")->place.column, 4);
	const struct yaml_node *list = yaml_get(root, "b");
	assert_int_equal(list->count, 5);
	assert_text(list->items[0], "1001");
	assert_text(list->items[1], "1001");
	assert_true(list->items[0]->is_plain);
	assert_false(list->items[1]->is_plain);
	assert_text(list->items[2], "it's");
	assert_text(list->items[3], "\xc3\xa9");
	assert_text(list->items[4], "two lines");
	assert_int_equal(list->items[1]->place.line, 4);
	assert_int_equal(list->items[1]->place.column, 5);
	assert_true(yaml_is_null(yaml_get(root, "n")));
	assert_text(yaml_get(root, "s"), "block\n");
	assert_null(yaml_get(root, "none"));
	assert_int_equal(problems_count(f->problems), 0);
}

static void every_node_knows_where_its_mark_ends(void **state)
{
	struct fixture *f = *state;
	const struct yaml_node *root = parse(f, "key: {a: b,\n  c: d}\n"
						"\"\xc3\xa9 #\": [x] # y\n"
						"z: plain text # n\n"
						"list:\n"
						"- one\n"
						"- k: v\n"
						"folded: a\n  b\n");
	const struct yaml_node *list = yaml_get(root, "list");
	const struct {
		const struct yaml_node *node;
		int end_line, end_column;
	} cases[] = {
		{ root, 1, 4 }, /* a map of lines: its first key */
		{ yaml_get(root, "key"), 2, 8 },
		{ root->items[2], 3, 6 },
		{ yaml_get(root, "\xc3\xa9 #"), 3, 11 },
		{ yaml_get(root, "z"), 4, 14 },
		{ list, 6, 2 }, /* a list of lines: its dash */
		{ list->items[1], 7, 4 },
		{ yaml_get(root, "folded"), 9, 4 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(cases[i].node->place.end_line, cases[i].end_line);
		assert_int_equal(cases[i].node->place.end_column, cases[i].end_column);
	}
}

static void an_empty_file_is_an_empty_map(void **state)
{
	struct fixture *f = *state;
	static const char *const texts[] = { "", "# only\n", "---\n", "\n\n" };
	for (size_t i = 0; i < 4; i++) {
		const struct yaml_node *root = parse(f, texts[i]);
		assert_non_null(root);
		assert_int_equal(root->type, YAML_MAP);
		assert_int_equal(root->count, 0);
		assert_int_equal(root->place.line, 1);
		assert_int_equal(root->place.column, 1);
	}
	assert_int_equal(problems_count(f->problems), 0);
}

static void aliases_share_and_merges_copy(void **state)
{
	struct fixture *f = *state;
	const struct yaml_node *root = parse(f,
		"a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: *a\n"
		"d: {<<: *a, x: 9}\ne: {<<: [*b, *a], w: 0}\nf: {\"<<\": 1}\ng: {<<: {q: 1}}\n");
	assert_non_null(root);
	assert_ptr_equal(yaml_get(root, "c"), yaml_get(root, "a"));
	const struct yaml_node *d = yaml_get(root, "d"), *e = yaml_get(root, "e");
	assert_int_equal(d->count, 2);
	assert_text(yaml_get(d, "x"), "9");
	assert_text(yaml_get(d, "y"), "2");
	assert_int_equal(e->count, 4);
	assert_text(yaml_get(e, "y"), "3");
	assert_text(yaml_get(e, "x"), "1");
	assert_text(yaml_get(yaml_get(root, "f"), "<<"), "1");
	assert_text(yaml_get(yaml_get(root, "g"), "q"), "1");
	assert_int_equal(problems_count(f->problems), 0);
}

static void a_merge_brings_many_keys_and_a_written_one_wins(void **state)
{
	struct fixture *f = *state;
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_add(&text, "a: &a\n");
	for (int i = 0; i < 50; i++)
		text_printf(&text, "  k%d: old\n", i);
	text_add(&text, "b:\n  k49: new\n  <<: *a\n  k7: new\n");
	const struct yaml_node *b = yaml_get(parse(f, text.at), "b");
	assert_int_equal(b->count, 50);
	assert_text(b->items[0], "k49");
	assert_text(b->items[2], "k7");
	assert_text(yaml_get(b, "k7"), "new");
	assert_text(yaml_get(b, "k48"), "old");
	assert_int_equal(problems_count(f->problems), 0);
}

static void what_cannot_be_used_is_a_problem_with_its_place(void **state)
{
	static const struct {
		const char *text;
		enum problem_code code;
		int line, column;
	} cases[] = {
		{ "a: 1\nb: 2\na: 3\n", PROBLEM_DUPLICATE_KEY, 3, 1 },
		{ "a: 1\n[b]: 2\n", PROBLEM_WRONG_TYPE, 2, 1 },
		{ "<<: 5\n", PROBLEM_WRONG_TYPE, 1, 5 },
		{ "a: 1\n---\nb: 2\n", PROBLEM_SYNTAX, 2, 1 },
		{ "a: 1\n  b: 2\n", PROBLEM_SYNTAX, 2, 4 },
		{ "a:\n\tb: 2\n", PROBLEM_SYNTAX, 2, 1 },
		{ "a: *none\n", PROBLEM_SYNTAX, 1, 4 },
		{ "a: &a [1, *a]\n", PROBLEM_TOO_DEEP, 1, 11 },
		{ "a: !env X\n", PROBLEM_WRONG_TYPE, 1, 4 },
		{ "a: \"x\\0y\"\n", PROBLEM_ENCODING, 1, 4 },
		{ "a: 1\n\xc3\xa9\xc3\xa9\xff: 2\n", PROBLEM_ENCODING, 2, 3 },
		{ "a: \xed\xa0\x80\n", PROBLEM_ENCODING, 1, 4 },
		{ "\xff\xfe"
		  "a",
			PROBLEM_ENCODING, 1, 1 },
		{ "a: 1\nb: \x01\n", PROBLEM_ENCODING, 2, 4 },
		{ "a: [1, 2\n", PROBLEM_SYNTAX, 2, 1 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		void *fresh = NULL;
		setup(&fresh);
		parse(fresh, cases[i].text);
		if (problems_count(((struct fixture *)fresh)->problems) != 1)
			print_error("case %zu\n", i);
		assert_problem(fresh, cases[i].code, cases[i].line, cases[i].column);
		teardown(&fresh);
	}
	void *fresh = NULL;
	setup(&fresh);
	assert_null(parse_bytes(fresh, (struct str){ "a: 1\nb: \0\n", 10 }));
	assert_problem(fresh, PROBLEM_ENCODING, 2, 4);
	teardown(&fresh);
}

static void a_duplicate_key_does_not_hide_other_problems(void **state)
{
	struct fixture *f = *state;
	const struct yaml_node *root = parse(f, "a: 1\na: 2\na: 3\nb: {c: 1, c: 1}\n");
	assert_text(yaml_get(root, "a"), "1");
	assert_int_equal(problems_error_count(f->problems), 3);
}

static void an_alias_bomb_does_not_go_off(void **state)
{
	struct fixture *f = *state;
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_add(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 30; i++) {
		text_printf(&text, "a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			text_printf(&text, "%s*a%d", j ? ", " : "", i - 1);
		text_add(&text, "]\n");
	}
	assert_null(parse(f, text.at));
	assert_int_equal(problems_at(f->problems, 0)->code, PROBLEM_TOO_LARGE);
}

/* Each alias is small compared with the file, but all of them together are not. */
static void what_aliases_repeat_has_an_absolute_bound(void **state)
{
	struct fixture *f = *state;
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_add(&text, "a: &a [");
	for (int i = 0; i < 3000; i++)
		text_add(&text, "x,");
	text_add(&text, "x]\nb:\n");
	for (int i = 0; i < 2600; i++)
		text_add(&text, "- *a\n");
	const struct yaml_file *file = yaml_parse("t.yaml", text_str(&text), f->arena, f->problems);
	assert_non_null(file);
	assert_int_equal(file->node_count, 1 + 2 + 3002 + 1 + 2600 * 3002);
	for (int i = 0; i < 100; i++)
		text_add(&text, "- *a\n");
	assert_null(parse(f, text.at));
	assert_int_equal(problems_at(f->problems, 0)->code, PROBLEM_TOO_LARGE);
	assert_non_null(strstr(problems_at(f->problems, 0)->message, "eight million"));
}

/* libyaml compares each %TAG with all before it. */
static void directives_are_few(void **state)
{
	static const char *const breaks[] = { "\n", "\r", "\r\n", "\xc2\x85", "\xe2\x80\xa8",
		"\xe2\x80\xa9" };
	(void)state;
	for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++)
		for (int count = 8; count <= 9; count++) {
			void *fresh = NULL;
			setup(&fresh);
			struct fixture *f = fresh;
			OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
			for (int j = 0; j < count; j++)
				text_printf(&text, "%%TAG !a%d! tag:x%s", j, breaks[i]);
			text_printf(&text, "---%sa: 100%%%% \xc3\xa8%%\n", breaks[i]);
			parse(f, text.at);
			size_t refused = count > 8;
			assert_int_equal(problems_count(f->problems), refused);
			if (refused)
				assert_int_equal(
					problems_at(f->problems, 0)->code, PROBLEM_TOO_LARGE);
			teardown(&fresh);
		}
}

static void aliases_do_not_pass_the_depth(void **state)
{
	struct fixture *f = *state;
	OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
	text_add(&text, "a0: &a0 [x]\n");
	for (int i = 1; i < 200; i++)
		text_printf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	assert_null(parse(f, text.at));
	assert_int_equal(problems_at(f->problems, 0)->code, PROBLEM_TOO_DEEP);
}

static void a_hundred_thousand_brackets_do_not_crash(void **state)
{
	static const char *const openings[] = { "[", "{a: ", "- " };
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		void *fresh = NULL;
		setup(&fresh);
		struct fixture *f = fresh;
		OWNED_TEXT struct text text = TEXT(TEXT_UNBOUNDED);
		for (int j = 0; j < 100000; j++)
			text_add(&text, openings[i]);
		assert_null(parse(f, text.at));
		assert_int_equal(problems_at(f->problems, 0)->code, PROBLEM_TOO_DEEP);
		teardown(&fresh);
	}
}

static void a_file_that_is_not_there_is_a_problem(void **state)
{
	struct fixture *f = *state;
	assert_null(yaml_load("/nowhere/x.yaml", f->arena, f->problems));
	assert_int_equal(problems_at(f->problems, 0)->code, PROBLEM_UNREADABLE);
}

static void a_loaded_file_outlives_its_buffer(void **state)
{
	struct fixture *f = *state;
	char path[] = "/tmp/yaml_test.XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a: [b, \"c\"]\n", 12), 12);
	close(fd);
	const struct yaml_file *file = yaml_load(path, f->arena, f->problems);
	unlink(path);
	assert_non_null(file);
	assert_string_equal(file->path, path);
	assert_text(yaml_get(file->root, "a")->items[1], "c");
}

/* ---- writing ---- */

static const char *const written[] = { "Revenue", "P&L, by month", "it's", "say \"hi\"", "a\\b",
	"#1", "Sales #2", "a: b", "b:", ": c", "- d", "{e}", "[f", "*g", "&h", "!i", "%j", "@k",
	"`l`", "|", ">", "?", "null", "True", "no", "~", "", " ", " blank ", "1001", "0123", "1e3",
	"a\nb", "a\tb", "\x1b[31m", "Zw\u00f6lf", "no\u00a0break", "zero\u200bwidth", "\ufeffbom",
	"\U0001f600", "line\u2028sep", "nel\xc2\x85", "<<", "---", "...",
	"https://t.example.com:8443/x", "${x}", "'", "''", "\"", "\\", "\x7f", "a #", "C:\\x" };

static void what_is_written_is_read_as_the_same_text(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
		OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
		text_add(&out, "block: ");
		yaml_write_text(&out, str_of(written[i]));
		text_add(&out, "   # comment\nflow: {k: ");
		yaml_write_text(&out, str_of(written[i]));
		text_add(&out, ", l: [");
		yaml_write_text(&out, str_of(written[i]));
		text_add(&out, "]}\n");
		const struct yaml_node *root = parse(f, out.at);
		if (!root || problems_count(f->problems))
			print_error("%s", out.at);
		assert_int_equal(problems_count(f->problems), 0);
		assert_text(yaml_get(root, "block"), written[i]);
		assert_text(yaml_get(yaml_get(root, "flow"), "k"), written[i]);
		assert_text(yaml_get(yaml_get(root, "flow"), "l")->items[0], written[i]);
	}
}

static void what_others_take_for_a_number_or_nothing_is_quoted(void **state)
{
	static const char *const values[] = { "1001", "null", "Yes", "~", "", "0x1f", "-1",
		".inf" };
	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
		yaml_write_text(&out, str_of(values[i]));
		assert_int_equal(out.at[0], '\'');
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(scalars_stay_text_and_know_their_place),
		TEST(every_node_knows_where_its_mark_ends),
		TEST(an_empty_file_is_an_empty_map),
		TEST(aliases_share_and_merges_copy),
		TEST(a_merge_brings_many_keys_and_a_written_one_wins),
		TEST(what_cannot_be_used_is_a_problem_with_its_place),
		TEST(a_duplicate_key_does_not_hide_other_problems),
		TEST(an_alias_bomb_does_not_go_off),
		TEST(what_aliases_repeat_has_an_absolute_bound),
		TEST(directives_are_few),
		TEST(aliases_do_not_pass_the_depth),
		TEST(a_hundred_thousand_brackets_do_not_crash),
		TEST(a_file_that_is_not_there_is_a_problem),
		TEST(a_loaded_file_outlives_its_buffer),
		TEST(what_is_written_is_read_as_the_same_text),
		TEST(what_others_take_for_a_number_or_nothing_is_quoted),
	};
	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
