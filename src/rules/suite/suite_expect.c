/* rules/suite/suite_expect.c - reads what a test of rules expects to be refreshed. */
#include "base/pattern/pattern.h"
#include "base/yaml/yaml_look.h"
#include "rules/luid.h"
#include "rules/suite/suite_inside.h"
#include "rules/written.h"

enum suite_mode { MODE_SEND, MODE_SHADOW };
static const char *const modes[] = { "send", "shadow", NULL };

struct expect_table { /* one item of `expect`, as it is written */
	const char *site, *tag, *owner, *not_before;
	const struct yaml_node *workbook, *datasource, *flow, *task, *project;
	int64_t after;
	int mode;
	bool incremental;
};

/* clang-format off */
const struct field suite_expect_fields[] = {
	FIELD_TEXT(expect_table, site, .is_name = true, .required = true, .example = "finance", .help = "Name of the site"),
	FIELD_SPECIAL(expect_table, workbook, .schema = "#/definitions/selector", .example = "Revenue",
		.help = "A workbook: exact name, /pattern/ as it is after expansion, {id: LUID}, or {} for all that the narrowing leaves"),
	FIELD_SPECIAL(expect_table, datasource, .schema = "#/definitions/selector", .example = "sales_emea",
		.help = "A published data source, written as a workbook is"),
	FIELD_SPECIAL(expect_table, flow, .schema = "#/definitions/selector", .example = "Prepare sales",
		.help = "A Prep flow, written as a workbook is"),
	FIELD_SPECIAL(expect_table, task, .schema = "#/definitions/luid", .example = "9b0e5f4c-3f4a-4d5e-8a6b-0f1d2c3b4a59",
		.help = "LUID of an extract refresh task"),
	FIELD_SPECIAL(expect_table, project, .schema = "#/definitions/project", .example = "Finance/Daily",
		.help = "The project of the selection, as its rule says: a path, or {id: LUID}"),
	FIELD_TEXT(expect_table, tag, .is_name = true, .example = "nightly", .help = "The tag of the selection"),
	FIELD_TEXT(expect_table, owner, .is_name = true, .example = "ana@example.com", .help = "The owner of the selection"),
	FIELD_BOOL(expect_table, incremental, .fallback = "false", .example = "true", .help = "An incremental refresh"),
	FIELD_CHOICE(expect_table, mode, .choices = modes, .fallback = "send", .example = "shadow",
		.help = "shadow: decided and recorded, never sent, because only rules in shadow mode want it"),
	FIELD_TEXT(expect_table, not_before, .example = "06:10", .help = "Held until then by `delay` or `quiet`; left out: at any time"),
	FIELD_DURATION(expect_table, after, .fallback = "0", .min = 0, .example = "10m",
		.help = "The same as a duration: held for that long after the last event that wants it"),
	{ 0 },
};
/* clang-format on */

static const char *luid_read(struct suite_reading *reading, const struct yaml_node *node)
{
	char luid[LUID_TEXT_SIZE];
	if (node->type == YAML_SCALAR && luid_normalise(node->text, luid))
		return arena_text(reading->suite->arena, luid);
	reading_problem(reading, PROBLEM_BAD_VALUE, node->place,
		"this is no LUID; one looks like 9b0e5f4c-3f4a-4d5e-8a6b-0f1d2c3b4a59");
	return NULL;
}

/* The value of `{id: LUID}`, or of another key that a selector has. */
static bool keyed_read(struct suite_reading *reading, const char *field,
	const struct yaml_node *map, enum select_by *by, const char **selector)
{
	struct written written = { reading->file, reading->problems, reading->scratch };
	const struct yaml_node *value;
	if (!written_value(&written, field, map, &value, by))
		return false;
	if (!value)
		return reading_problem(reading, PROBLEM_WRONG_TYPE, map->place,
			"the map in '%s' needs an 'id'", field);
	if (*by == SELECT_LUID)
		*selector = luid_read(reading, value);
	else if (value->type != YAML_SCALAR || !value->text.length)
		return reading_problem(reading, PROBLEM_WRONG_TYPE, value->place,
			"what selects a %s is a text that is not empty", field);
	else
		*selector = suite_name(reading, value->text);
	return *selector;
}

static bool selector_read(
	struct suite_reading *reading, const struct yaml_node *node, struct selection *selection)
{
	if (node->type == YAML_LIST)
		return reading_problem(reading, PROBLEM_WRONG_TYPE, node->place,
			"an expectation names one; write one expectation for each");
	if (node->type == YAML_MAP && !node->count && selection->kind != CONTENT_TASK) {
		selection->by = SELECT_ALL;
		return true;
	}
	if (node->type == YAML_MAP)
		return keyed_read(reading, kind_name(selection->kind), node, &selection->by,
			&selection->selector);
	if (selection->kind == CONTENT_TASK) {
		selection->by = SELECT_LUID;
		selection->selector = luid_read(reading, node);
		return selection->selector;
	}
	if (!node->text.length)
		return reading_problem(reading, PROBLEM_BAD_VALUE, node->place,
			"the name of a %s is empty", kind_name(selection->kind));
	selection->by = pattern_is_written(node->text) ? SELECT_PATTERN : SELECT_NAME;
	selection->selector = suite_name(reading, node->text);
	yaml_look(node, selection->by == SELECT_PATTERN ? YAML_PATTERN : YAML_NAME,
		reading->file->source, reading->problems);
	return true;
}

static bool kind_read(struct suite_reading *reading, const struct yaml_node *node,
	const struct expect_table *table, struct selection *selection)
{
	const struct yaml_node *nodes[CONTENT_KIND_COUNT] = { [CONTENT_WORKBOOK] = table->workbook,
		[CONTENT_DATASOURCE] = table->datasource,
		[CONTENT_FLOW] = table->flow,
		[CONTENT_TASK] = table->task };
	enum content_kind kinds[CONTENT_KIND_COUNT];
	size_t count = written_kinds(nodes, kinds);
	if (count > 1)
		return reading_problem(reading, PROBLEM_SELECTION_KIND, nodes[kinds[1]]->place,
			"'%s' and '%s' in one expectation; make two of it", kind_name(kinds[0]),
			kind_name(kinds[1]));
	if (!count)
		return reading_problem(reading, PROBLEM_SELECTION_KIND, node->place,
			"an expectation names one of workbook, datasource, flow and task");
	selection->kind = kinds[0];
	return selector_read(reading, nodes[kinds[0]], selection);
}

static bool project_read(
	struct suite_reading *reading, const struct yaml_node *node, struct selection *selection)
{
	if (!node)
		return true;
	if (node->type == YAML_SCALAR && node->text.length) {
		yaml_look(node, YAML_NAME, reading->file->source, reading->problems);
		selection->project = suite_name(reading, node->text);
		return true;
	}
	if (node->type != YAML_MAP)
		return reading_problem(reading, PROBLEM_WRONG_TYPE, node->place,
			"'project' is one path of projects, or {id: LUID}");
	enum select_by by = SELECT_COUNT;
	if (!keyed_read(reading, "project", node, &by, &selection->project_luid))
		return false;
	return by == SELECT_LUID || reading_problem(reading, PROBLEM_WRONG_TYPE, node->place,
					    "the map in 'project' needs an 'id'");
}

static bool expected_time_read(struct suite_reading *reading, const struct yaml_node *node,
	const struct expect_table *table, struct test *test, struct expectation *expectation)
{
	const struct yaml_node *after = yaml_get(node, "after");
	if (after && table->not_before)
		return reading_problem(reading, PROBLEM_BAD_VALUE, after->place,
			"'after' and 'not_before' say the same; write one of them");
	expectation->time = after ? TIME_AFTER : table->not_before ? TIME_AT : TIME_ANY;
	expectation->us = table->after;
	if (!table->not_before)
		return true;
	return suite_time_read(
		reading, yaml_get(node, "not_before"), test->events[0].at, test, &expectation->us);
}

static bool expectation_read(struct suite_reading *reading, const struct yaml_node *node,
	struct test *test, struct expectation *expectation)
{
	struct expect_table table = { 0 };
	struct selection *selection = &expectation->selection;
	if (node->type != YAML_MAP)
		return reading_problem(reading, PROBLEM_WRONG_TYPE, node->place,
			"an expectation is a map (site, and what is refreshed on it), not %s",
			yaml_type_name(node));
	if (!fields_load(suite_expect_fields, node, "an expectation", reading->file, &table,
		    reading->scratch, reading->problems))
		return false;
	selection->site = suite_name(reading, str_of(table.site));
	if (table.tag)
		selection->tag = suite_name(reading, str_of(table.tag));
	if (table.owner)
		selection->owner = suite_name(reading, str_of(table.owner));
	selection->incremental = table.incremental;
	selection->shadow = table.mode == MODE_SHADOW;
	bool is_good = kind_read(reading, node, &table, selection);
	is_good &= project_read(reading, table.project, selection);
	return expected_time_read(reading, node, &table, test, expectation) && is_good;
}

bool suite_expectations_read(struct suite_reading *reading, const struct yaml_node *node,
	const struct test_table *table, struct test *test)
{
	const struct yaml_node *list = table->expect ? table->expect : table->expect_contains;
	bool is_good = true;
	if (table->expect && table->expect_contains)
		return reading_problem(reading, PROBLEM_BAD_VALUE, table->expect_contains->place,
			"'expect' says all, so 'expect_contains' adds nothing; write one of them");
	if (!list && (test->rules.is_written || test->not_rules.is_written))
		return true;
	if (!list)
		return reading_problem(reading, PROBLEM_EXPECTS_NOTHING, node->place,
			"the test '%s' expects nothing, so it would always pass; write 'expect: "
			"[]' if nothing is to be refreshed",
			written_quote(str_of(test->name), reading->scratch));
	if (list->type != YAML_LIST)
		return reading_problem(reading, PROBLEM_WRONG_TYPE, list->place,
			"'%s' is a list of expectations, not %s",
			table->expect ? "expect" : "expect_contains", yaml_type_name(list));
	if (!table->expect && !list->count)
		return reading_problem(reading, PROBLEM_EXPECTS_NOTHING, list->place,
			"'expect_contains: []' expects nothing, so it would always pass; write "
			"'expect: []' if nothing is to be refreshed");
	struct expectation *expectations =
		arena_array(reading->suite->arena, struct expectation, list->count + 1);
	for (size_t i = 0; i < list->count; i++)
		is_good &= expectation_read(reading, list->items[i], test, &expectations[i]);
	test->is_complete = table->expect;
	test->expectations = expectations;
	test->expectation_count = list->count;
	return is_good;
}
