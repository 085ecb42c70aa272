/*
 * rules/suite/suite_load.c - reads *.test.yaml files.
 *
 * A test that could pass without looking at anything is an error: one that expects nothing, one
 * that names a rule that does not exist, a file without tests.
 */
#include "base/mem.h"
#include "base/name.h"
#include "base/suggest.h"
#include "rules/load.h"
#include "rules/rule_files.h"
#include "rules/suite/suite_inside.h"
#include "rules/written.h"

struct suite_file_table {
	int64_t version;
	const struct yaml_node *tests;
};

/* clang-format off */
static const struct field suite_fields[] = {
	FIELD_COUNT(suite_file_table, version, .required = true, .example = "1", .help = "Version of this format: 1"),
	FIELD_SPECIAL(suite_file_table, tests, .required = true, .schema = "#/definitions/tests",
		.example = "[{name: nightly, event: {job_id: 1001}, expect: [{site: finance, workbook: Revenue}]}]",
		.help = "The tests; each by itself"),
	{ 0 },
};

static const struct field test_fields[] = {
	FIELD_TEXT(test_table, name, .required = true, .example = "a failed nightly refreshes nothing",
		.help = "What the test shows; unique in its file"),
	FIELD_TEXT(test_table, description, .example = "See the incident of May", .help = "For people"),
	FIELD_SPECIAL(test_table, event, .schema = "#/definitions/event", .example = "{job_id: 1001, status: success}",
		.help = "The event, by its fields. Left out: event is job.run.completed and status success"),
	FIELD_PATH(test_table, event_file, .example = "samples/success.json",
		.help = "A file with the event instead: a body of dbt's, or a JSON object of fields; relative to this file"),
	FIELD_TEXT(test_table, at, .example = "06:00", .help = "When the event comes: a time of day, or RFC 3339 with a date"),
	FIELD_SPECIAL(test_table, events, .schema = "#/definitions/events",
		.example = "[{at: 06:00, job_id: 1001}, {at: 06:10, job_id: 1001}]",
		.help = "Several events instead, in the order of their times: fields or an event_file, and `at`"),
	FIELD_SPECIAL(test_table, expect, .schema = "#/definitions/expectations", .example = "[{site: finance, workbook: Revenue}]",
		.help = "All that is refreshed, in any order; [] for nothing"),
	FIELD_SPECIAL(test_table, expect_contains, .schema = "#/definitions/some_expectations",
		.example = "[{site: finance, workbook: Revenue}]",
		.help = "What is refreshed, and maybe more"),
	FIELD_TEXTS(test_table, rules, .example = "[revenue-after-nightly]", .help = "Exactly these rules match"),
	FIELD_TEXTS(test_table, not_rules, .example = "[revenue-after-nightly]", .help = "None of these rules matches"),
	{ 0 },
};
/* clang-format on */

const char *suite_name(struct suite_reading *reading, struct str text)
{
	return arena_str(reading->suite->arena, name_normal(text, reading->scratch));
}

/* ---- names of rules ---- */

static bool rules_read(struct suite_reading *reading, const struct texts *written, bool is_written,
	struct rule_names *names)
{
	bool is_good = true;
	const char **items = arena_array(reading->suite->arena, const char *, written->count + 1);
	size_t count = ruleset_rule_count(reading->ruleset);
	for (size_t i = 0; i < written->count; i++) {
		items[i] = suite_name(reading, str_of(written->items[i]));
		size_t j = 0;
		while (j < count && !text_is(reading->rule_names[j], items[i]))
			j++;
		if (j == count)
			is_good = reading_problem(reading, PROBLEM_UNKNOWN_RULE, written->places[i],
				"there is no rule '%s'%s",
				written_quote(str_of(items[i]), reading->scratch),
				suggest_hint(
					items[i], reading->rule_names, count, reading->scratch));
	}
	*names = (struct rule_names){ is_written, written->count, items };
	return is_good;
}

/* ---- tests ---- */

static bool test_name_check(
	struct suite_reading *reading, const struct yaml_node *node, const char *name)
{
	for (size_t i = reading->first_test; i < reading->suite->count; i++)
		if (text_is(reading->suite->tests[i].name, name))
			return reading_problem(reading, PROBLEM_DUPLICATE_TEST,
				yaml_get(node, "name")->place,
				"a test named '%s' is already on line %d",
				written_quote(str_of(name), reading->scratch),
				reading->suite->tests[i].place.line);
	return true;
}

static void test_read(struct suite_reading *reading, const struct yaml_node *node)
{
	struct suite *suite = reading->suite;
	struct test_table table = { 0 };
	if (node->type != YAML_MAP) {
		reading_problem(reading, PROBLEM_WRONG_TYPE, node->place,
			"a test is a map with name, event and expect, not %s",
			yaml_type_name(node));
		return;
	}
	if (!fields_load(test_fields, node, "a test", reading->file, &table, reading->scratch,
		    reading->problems))
		return;
	struct test test = {
		.name = arena_text(suite->arena, table.name),
		.place = node->place,
	};
	test.place.file = arena_text(suite->arena, node->place.file);
	bool is_good = test_name_check(reading, node, test.name);
	is_good &= rules_read(reading, &table.rules, yaml_get(node, "rules"), &test.rules);
	is_good &=
		rules_read(reading, &table.not_rules, yaml_get(node, "not_rules"), &test.not_rules);
	is_good = suite_events_read(reading, node, &table, &test) &&
		  suite_expectations_read(reading, node, &table, &test) && is_good;
	mem_grow(&suite->tests, &suite->capacity, suite->count);
	suite->tests[suite->count++] = test;
}

static void tests_read(struct suite_reading *reading, const struct yaml_node *list)
{
	if (list->type != YAML_LIST || !list->count) {
		reading_problem(reading, PROBLEM_NO_TESTS, list->place,
			list->type == YAML_LIST ? "there is no test in this file"
						: "'tests' is a list of tests");
		return;
	}
	reading->first_test = reading->suite->count;
	for (size_t i = 0; i < list->count; i++) {
		OWNED(arena) arena = arena_new();
		reading->scratch = arena;
		test_read(reading, list->items[i]);
	}
}

/* `file` NULL: it could not be read. */
static void file_load(
	struct suite_reading *reading, const struct yaml_file *file, struct arena *arena)
{
	struct suite_file_table table = { 0 };
	reading->file = file;
	if (!file)
		return;
	const struct yaml_node *root = reading->file->root, *version = yaml_get(root, "version");
	if (!yaml_get(root, "tests")) { /* it may be anything, a secret too: nothing is quoted */
		problem_add(reading->problems, PROBLEM_NOT_TESTS, root->place, (struct str){ 0 },
			"a test file is a map with 'version' and 'tests', and this is another");
		return;
	}
	root = load_without_extensions(root, arena);
	IGNORE(fields_load(suite_fields, root, "a test file", reading->file, &table, arena,
		reading->problems));
	if (version && version->type == YAML_SCALAR && table.version != 1)
		reading_problem(reading, PROBLEM_VERSION, version->place,
			"this version is not known; this is version 1");
	if (table.tests)
		tests_read(reading, table.tests);
}

void suite_free(struct suite *suite)
{
	if (!suite)
		return;
	arena_free(suite->arena);
	free(suite->tests);
	free(suite);
}

/* Of the files among `paths`, or when `path` is not NULL of the one whose bytes are given. */
static struct suite *load(const char *const *paths, size_t path_count, const char *path,
	struct str bytes, const struct ruleset *ruleset, struct problems *problems)
{
	size_t errors = problems_error_count(problems), count = ruleset_rule_count(ruleset);
	OWNED(suite) suite = mem_new(struct suite);
	OWNED_MEMORY const char **names = mem_alloc((count + 1) * sizeof *names);
	struct suite_reading reading = {
		.suite = suite, .ruleset = ruleset, .rule_names = names, .problems = problems
	};
	struct rule_files files = { 0 };
	suite->arena = arena_new();
	for (size_t i = 0; i < count; i++)
		names[i] = ruleset_rule(ruleset, i).name;
	if (!path)
		rule_files_find(&files, RULE_FILES_OF_TESTS, paths, path_count, problems);
	for (size_t i = 0; i < (path ? 1 : files.count); i++) {
		OWNED(arena) arena = arena_new();
		file_load(&reading,
			path ? yaml_parse(path, bytes, arena, problems)
			     : yaml_load(files.items[i].path, arena, problems),
			arena);
	}
	rule_files_clear(&files);
	return problems_error_count(problems) > errors ? NULL : TAKE(suite);
}

struct suite *suite_load(const char *const *paths, size_t path_count, const struct ruleset *ruleset,
	struct problems *problems)
{
	return load(paths, path_count, NULL, STR(""), ruleset, problems);
}

struct suite *suite_load_bytes(const char *path, struct str bytes, const struct ruleset *ruleset,
	struct problems *problems)
{
	return load(NULL, 0, path, bytes, ruleset, problems);
}

/* ---- schema ---- */

/* What no table of fields says. */
static const char definitions[] =
	"{"
	"\"luid\": {\"type\": \"string\","
	" \"pattern\": \"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$\"},"
	"\"id\": {\"description\": \"Tableau's LUID\", \"allOf\": [{\"$ref\": "
	"\"#/definitions/luid\"}]},"
	"\"project\": {\"type\": [\"string\", \"number\", \"boolean\", \"object\"], "
	"\"minLength\": 1,"
	" \"properties\": {\"id\": {\"$ref\": \"#/definitions/id\"}}, \"required\": [\"id\"], "
	"\"additionalProperties\": false},"
	"\"events\": {\"type\": \"array\", \"minItems\": 1, \"items\": {\"$ref\": "
	"\"#/definitions/timed_event\"}},"
	"\"expectations\": {\"type\": \"array\", \"items\": {\"$ref\": "
	"\"#/definitions/expectation\"}},"
	"\"some_expectations\": {\"type\": \"array\", \"minItems\": 1, \"items\": {\"$ref\": "
	"\"#/definitions/expectation\"}},"
	"\"tests\": {\"type\": \"array\", \"minItems\": 1, \"items\": {\"$ref\": "
	"\"#/definitions/test\"}}"
	"}";

static cJSON *event_fields_schema(bool with_time)
{
	cJSON *schema = cJSON_CreateObject();
	json_add_text(schema, "type", "object");
	cJSON *properties = cJSON_AddObjectToObject(schema, "properties");
	for (int i = 0; i < EVENT_FIELD_COUNT; i++) {
		enum event_field field = (enum event_field)i;
		cJSON *property = load_event_property(properties, field, "");
		if (event_field_describe(field)->fallback)
			json_add_text(property, "default", event_field_describe(field)->fallback);
		cJSON *types = cJSON_AddArrayToObject(property, "type");
		cJSON_AddItemToArray(types, cJSON_CreateString("string"));
		cJSON_AddItemToArray(types, cJSON_CreateString("number"));
		cJSON_AddItemToArray(types, cJSON_CreateString("boolean"));
		cJSON_AddItemToArray(types, cJSON_CreateString("null"));
	}
	for (const struct field *field = test_fields; with_time && field->name; field++) {
		if (!text_is(field->name, "at") && !text_is(field->name, "event_file"))
			continue;
		cJSON *property = cJSON_AddObjectToObject(properties, field->name);
		fields_add_description(property, field->help, field->example);
		json_add_text(property, "type", "string");
	}
	if (with_time)
		cJSON_AddItemToArray(
			cJSON_AddArrayToObject(schema, "required"), cJSON_CreateString("at"));
	cJSON_AddFalseToObject(schema, "additionalProperties");
	return schema;
}

cJSON *suite_schema(void)
{
	cJSON *schema = load_file_schema(
		"tests.schema.json", "Tests of refresh-router's rules", suite_fields);
	cJSON *all = cJSON_Parse(definitions);
	cJSON_AddItemToObject(all, "selector", load_selector_schema(false, 0));
	cJSON_AddItemToObject(all, "event", event_fields_schema(false));
	cJSON_AddItemToObject(all, "timed_event", event_fields_schema(true));
	cJSON_AddItemToObject(all, "expectation", fields_schema(suite_expect_fields));
	cJSON_AddItemToObject(all, "test", fields_schema(test_fields));
	cJSON_AddItemToObject(schema, "definitions", all);
	return schema;
}

void suite_describe_test(field_visit *visit, void *context)
{
	fields_describe(test_fields, "", visit, context);
}

void suite_describe_expectation(field_visit *visit, void *context)
{
	fields_describe(suite_expect_fields, "", visit, context);
}
