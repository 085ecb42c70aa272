/* tests/unit/field_test.c - a table fills a struct, explains what is wrong, and describes itself.
 */
#include "base/record/field.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/unit/test.h"

struct inner {
	struct place place;
	const char *title;
	int64_t weight;
};

struct outer {
	const char *name, *folder;
	int64_t max_requests, timeout, limit;
	bool dry;
	int level;
	struct texts tags, rules;
	struct secret_ref pat_secret;
	struct inner nested;
	struct list sites;
	const struct yaml_node *when;
};

static const char *const levels[] = { "debug", "info", "error", NULL };

static const struct field inner_fields[] = {
	FIELD_TEXT(inner, title, .required = true, .help = "What it is called"),
	FIELD_COUNT(inner, weight, .fallback = "3", .help = "How much it counts"),
	{ 0 },
};

static const struct field outer_fields[] = {
	FIELD_TEXT(
		outer, name, .required = true, .help = "What this is called", .example = "finance"),
	FIELD_PATH(outer, folder, .fallback = "data", .help = "Where things are"),
	FIELD_COUNT(outer, max_requests, .formerly = "parallel", .fallback = "8", .min = 1,
		.max = 64, .help = "Requests at once"),
	FIELD_DURATION(
		outer, timeout, .fallback = "5m", .min = 1000000, .help = "How long to wait"),
	FIELD_SIZE(outer, limit, .fallback = "1MiB", .max = 1 << 30, .help = "Largest body"),
	FIELD_BOOL(outer, dry, .fallback = "true", .help = "Only say"),
	FIELD_CHOICE(
		outer, level, .choices = levels, .fallback = "info", .help = "How much to say"),
	FIELD_TEXTS(outer, tags, .help = "Any of these"),
	FIELD_PATHS(outer, rules, .fallback = "[rules/, more]", .help = "Files or folders"),
	FIELD_SECRET(outer, pat_secret, .help = "The PAT's secret", .example = "{env: PAT}"),
	FIELD_MAP(outer, nested, inner, .fields = inner_fields, FIELD_PLACE(inner, place),
		.help = "One"),
	FIELD_LIST(outer, sites, inner, .fields = inner_fields, FIELD_PLACE(inner, place),
		.help = "Many"),
	FIELD_SPECIAL(outer, when, .schema = "#/definitions/when", .help = "Read elsewhere"),
	{ 0 },
};

struct fixture {
	struct arena *arena;
	struct problems *problems;
	struct outer into;
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

static bool load(struct fixture *f, const char *text)
{
	const struct yaml_file *file =
		yaml_parse("conf/t.yaml", str_of(text), f->arena, f->problems);
	assert_non_null(file);
	return fields_load(outer_fields, file->root, "the configuration", file, &f->into, f->arena,
		f->problems);
}

static void a_user_s_values_land_in_the_struct(void **state)
{
	struct fixture *f = *state;
	assert_true(load(f,
		"name: 1001\nfolder: x\nmax_requests: \"64\"\ntimeout: 90s\nlimit: 64KiB\ndry: "
		"Off\nlevel: error\n"
		"tags: one\nrules: [/a, b]\npat_secret: {file: secrets/pat}\nnested: {title: t}\n"
		"sites:\n  - title: a\n    weight: 7\n  - {title: b}\nwhen: [1]\n"));
	const struct outer *o = &f->into;
	assert_string_equal(o->name, "1001");
	assert_string_equal(o->folder, "conf/x");
	assert_int_equal(o->max_requests, 64);
	assert_int_equal(o->timeout, 90000000);
	assert_int_equal(o->limit, 65536);
	assert_false(o->dry);
	assert_int_equal(o->level, 2);
	assert_int_equal(o->tags.count, 1);
	assert_string_equal(o->tags.items[0], "one");
	assert_string_equal(o->rules.items[0], "/a");
	assert_string_equal(o->rules.items[1], "conf/b");
	assert_int_equal(o->rules.places[1].column, 13);
	assert_int_equal(o->pat_secret.from, SECRET_FROM_FILE);
	assert_string_equal(o->pat_secret.name, "conf/secrets/pat");
	assert_int_equal(o->pat_secret.line, 10);
	assert_string_equal(o->nested.title, "t");
	assert_int_equal(o->nested.weight, 3);
	assert_int_equal(o->nested.place.line, 11);
	const struct inner *sites = o->sites.items;
	assert_int_equal(o->sites.count, 2);
	assert_int_equal(sites[0].weight, 7);
	assert_int_equal(sites[1].weight, 3);
	assert_int_equal(sites[1].place.line, 15);
	assert_int_equal(o->when->type, YAML_LIST);
	assert_int_equal(problems_count(f->problems), 0);
}

static void what_is_left_out_has_its_default(void **state)
{
	struct fixture *f = *state;
	assert_true(load(f, "name: n\n"));
	struct outer defaults = { 0 };
	fields_default(outer_fields, &defaults, f->arena);
	assert_string_equal(f->into.folder, "conf/data");
	assert_string_equal(defaults.folder, "data");
	assert_int_equal(f->into.max_requests, 8);
	assert_int_equal(f->into.timeout, defaults.timeout);
	assert_true(f->into.dry);
	assert_int_equal(f->into.level, 1);
	assert_int_equal(f->into.rules.count, 2);
	assert_string_equal(f->into.rules.items[0], "conf/rules/");
	assert_int_equal(f->into.nested.weight, 3);
	assert_null(f->into.when);
}

static void each_mistake_is_explained(void **state)
{
	static const struct {
		const char *text;
		enum problem_code code;
		int line, column;
		const char *message;
	} cases[] = {
		{ "", PROBLEM_MISSING_FIELD, 1, 1, "'name' is missing in the configuration" },
		{ "name: n\nmax-requests: 3", PROBLEM_UNKNOWN_FIELD, 2, 1,
			"unknown field 'max-requests' in the configuration; did you mean "
			"'max_requests'?" },
		{ "name: n\nparallel: 3", PROBLEM_UNKNOWN_FIELD, 2, 1,
			"unknown field 'parallel' in the configuration; it is called "
			"'max_requests' now" },
		{ "name: n\nnested: {title: t, colour: 1}", PROBLEM_UNKNOWN_FIELD, 2, 20,
			"unknown field 'colour' in 'nested'; known are title, weight" },
		{ "name: n\nhunter2: 3", PROBLEM_UNKNOWN_FIELD, 2, 1,
			"unknown field (not shown, for it may be a secret) in the configuration; "
			"known are name, folder, max_requests, timeout, limit, dry, level, tags, "
			"rules, pat_secret, nested, sites, when" },
		{ "{name: n, pat_secret:hunter2}", PROBLEM_UNKNOWN_FIELD, 1, 11,
			"unknown field 'pat_secret:...' in the configuration; YAML wants a blank "
			"after the colon of 'pat_secret:'" },
		{ "name: n\nnested: {title: t, pat_secret:hunter2}", PROBLEM_UNKNOWN_FIELD, 2, 20,
			"unknown field 'pat_secret:...' in 'nested'; known are title, weight" },
		{ "name: n\nsites: [{weight: 1}]", PROBLEM_MISSING_FIELD, 2, 9,
			"'title' is missing in entry 1 of 'sites'" },
		{ "name: n\nsites: [x]", PROBLEM_WRONG_TYPE, 2, 9,
			"'sites' is a list of maps, not a text" },
		{ "name: n\nsites: {a: b}", PROBLEM_WRONG_TYPE, 2, 8,
			"'sites' is a list of maps, not a map" },
		{ "name: [n]", PROBLEM_WRONG_TYPE, 1, 7, "'name' is a text, not a list" },
		{ "name: ", PROBLEM_WRONG_TYPE, 1, 6, "'name' has no value; a text is wanted" },
		{ "name: ''", PROBLEM_BAD_VALUE, 1, 7, "'name' must not be empty" },
		{ "name: n\nmax_requests: 65", PROBLEM_BAD_VALUE, 2, 15,
			"'max_requests' is a whole number, from 1 to 64, not '65'" },
		{ "name: n\nmax_requests: -1", PROBLEM_BAD_VALUE, 2, 15,
			"'max_requests' is a whole number, from 1 to 64, not '-1'" },
		{ "name: n\ntimeout: 5", PROBLEM_BAD_VALUE, 2, 10,
			"'timeout' is a duration such as 90s, 5m or 2h, at least 1s, not '5'" },
		{ "name: n\nlimit: 2GiB", PROBLEM_BAD_VALUE, 2, 8,
			"'limit' is a size such as 64KiB or 1MiB, from 0 to 1GiB, not '2GiB'" },
		{ "name: n\ndry: maybe", PROBLEM_BAD_VALUE, 2, 6,
			"'dry' is true or false, not 'maybe'" },
		{ "name: n\nlevel: inof", PROBLEM_BAD_VALUE, 2, 8,
			"'level' is debug, info or error, not 'inof'; did you mean 'info'?" },
		{ "name: n\ntags: [a, [b]]", PROBLEM_WRONG_TYPE, 2, 11,
			"'tags' is a text, not a list" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		void *fresh = NULL;
		setup(&fresh);
		struct fixture *f = fresh;
		assert_false(load(f, cases[i].text));
		assert_int_equal(problems_count(f->problems), 1);
		const struct problem *problem = problems_at(f->problems, 0);
		assert_string_equal(problem->message, cases[i].message);
		assert_int_equal(problem->code, cases[i].code);
		assert_int_equal(problem->place.line, cases[i].line);
		assert_int_equal(problem->place.column, cases[i].column);
		teardown(&fresh);
	}
}

static void what_can_only_be_meant_in_one_way_has_a_fix(void **state)
{
	static const struct {
		const char *text, *before, *after; /* NULL: it has none */
	} cases[] = {
		{ "name: n\nmax-requests: 3", "max-requests", "max_requests" },
		{ "name: n\nparallel: 3", "parallel", "max_requests" },
		{ "name: n\nlevel: inf", "inf", "info" }, { "name: n\ncolour: 3", NULL, NULL },
		{ "name: n\nmax-requests: 3\nmax_requests: 4", NULL, NULL }, /* there are two */
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		problems_free(f->problems);
		f->problems = problems_new();
		assert_false(load(f, cases[i].text));
		const struct problem_fix *fix = problems_at(f->problems, 0)->fix;
		assert_int_equal(fix != NULL, cases[i].before != NULL);
		if (!fix)
			continue;
		assert_string_equal(fix->before, cases[i].before);
		assert_string_equal(fix->after, cases[i].after);
	}
}

static void a_secret_in_the_file_is_never_shown(void **state)
{
	static const struct {
		const char *text;
		enum problem_code code;
	} cases[] = {
		{ "name: n\npat_secret: hunter2", PROBLEM_INLINE_SECRET },
		{ "name: n\npat_secret: [hunter2]", PROBLEM_WRONG_TYPE },
		{ "name: n\npat_secret: {hunter2}", PROBLEM_BAD_VALUE },
		{ "name: n\npat_secret: {env: A, file: hunter2}", PROBLEM_BAD_VALUE },
		{ "name: n\npat_secret: {value: hunter2}", PROBLEM_BAD_VALUE },
		{ "name: n\npat_secret: {env: hunter2/+==}", PROBLEM_BAD_VALUE },
		{ "name: n\npat_secret: {credential: hunter2/+==}", PROBLEM_BAD_VALUE },
		{ "name: n\npat_secert: hunter2", PROBLEM_UNKNOWN_FIELD },
		{ "{name: n, max_requests: 0, pat_secret: hunter2}", PROBLEM_BAD_VALUE },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		void *fresh = NULL;
		setup(&fresh);
		struct fixture *f = fresh;
		assert_false(load(f, cases[i].text));
		assert_int_equal(problems_at(f->problems, 0)->code, cases[i].code);
		char *printed = NULL;
		size_t length;
		FILE *out = open_memstream(&printed, &length);
		problems_print(f->problems, out, true);
		fclose(out);
		assert_null(strstr(printed, "hunter2"));
		free(printed);
		teardown(&fresh);
	}
}

static const cJSON *property(const cJSON *schema, const char *name)
{
	return json_get(json_get(schema, "properties"), name);
}

static void the_schema_comes_from_the_table(void **state)
{
	(void)state;
	OWNED_JSON schema = fields_schema(outer_fields);
	assert_string_equal(json_text(schema, "type"), "object");
	assert_false(json_flag(schema, "additionalProperties", true));
	assert_int_equal(cJSON_GetArraySize(json_get(schema, "required")), 1);
	assert_string_equal(json_text(property(schema, "max_requests"), "default"), "8");
	assert_string_equal(json_text(property(schema, "max_requests"), "maximum"), "64");
	assert_string_equal(json_text(property(schema, "timeout"), "default"), "5m");
	assert_true(cJSON_IsTrue(json_get(property(schema, "dry"), "default")));
	assert_int_equal(cJSON_GetArraySize(json_get(property(schema, "rules"), "default")), 2);
	assert_int_equal(cJSON_GetArraySize(json_get(property(schema, "level"), "enum")), 3);
	assert_non_null(property(json_get(property(schema, "sites"), "items"), "title"));
	assert_non_null(json_get(property(schema, "when"), "allOf"));
}

static void the_manual_lists_every_field(void **state)
{
	(void)state;
	OWNED_TEXT struct text out = TEXT(TEXT_UNBOUNDED);
	fields_print(outer_fields, &out);
	assert_non_null(strstr(out.at, "default 8, from 1 to 64"));
	assert_non_null(strstr(out.at, "default info, one of debug, info, error"));
	assert_non_null(strstr(out.at, "\nsites[].title "));
	assert_non_null(strstr(out.at, "\nnested.weight "));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	json_setup();
	const struct CMUnitTest tests[] = {
		TEST(a_user_s_values_land_in_the_struct),
		TEST(what_is_left_out_has_its_default),
		TEST(each_mistake_is_explained),
		TEST(what_can_only_be_meant_in_one_way_has_a_fix),
		TEST(a_secret_in_the_file_is_never_shown),
		TEST(the_schema_comes_from_the_table),
		TEST(the_manual_lists_every_field),
	};
	return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
