/*
 * rules/suite/suite_load.c - reads *.test.yaml files.
 *
 * A test that could pass without looking at anything is an error: one that expects nothing, one
 * that names a rule that does not exist, a file without tests.
 */
#include "rules/suite/suite_load.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/name.h"
#include "base/record/field.h"
#include "base/suggest.h"
#include "base/yaml/yaml_look.h"
#include "rules/load.h"
#include "rules/luid.h"
#include "rules/rule_files.h"

#define EVENT_FILE_BYTES ((size_t)16 << 20)
#define DAY_US (86400 * US_PER_SECOND)
#define SHOWN_BYTES 80 /* of a value, in a message */

struct suite_file_table {
	int64_t version;
	const struct yaml_node *tests;
};

struct test_table { /* one item of `tests`, as it is written */
	const char *name, *description, *event_file, *at;
	const struct yaml_node *event, *events, *expect, *expect_contains;
	struct texts rules, not_rules;
};

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

static const struct field expect_fields[] = {
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

struct suite_reading {
	struct suite *suite;
	const struct ruleset *ruleset;
	const char **rule_names; /* of the ruleset, for suggestions */
	const struct yaml_file *file;
	struct problems *problems;
	struct arena *scratch;
	size_t first_test; /* of this file */
};

/* Always false. */
#define reading_problem(reading, code, place, ...)                                                 \
	problem_add((reading)->problems, (code), (place), (reading)->file->source, __VA_ARGS__)

static const char *quote(struct suite_reading *reading, struct str text)
{
	return text.length <= SHOWN_BYTES
		       ? arena_str(reading->scratch, text)
		       : arena_printf(reading->scratch, "%s...",
				 arena_str(reading->scratch, str_cut(text, SHOWN_BYTES)));
}

/* ---- times ---- */

static bool two_digits(const char *at, int most, int64_t *value)
{
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return false;
	*value = (at[0] - '0') * 10 + (at[1] - '0');
	return *value <= most;
}

/* "06:00" or "06:00:30", microseconds since midnight. */
static bool time_of_day(struct str text, int64_t *us)
{
	int64_t hours, minutes, seconds = 0;
	if ((text.length != 5 && text.length != 8) || !two_digits(text.at, 23, &hours) ||
		text.at[2] != ':' || !two_digits(text.at + 3, 59, &minutes))
		return false;
	if (text.length == 8 && (text.at[5] != ':' || !two_digits(text.at + 6, 59, &seconds)))
		return false;
	*us = (hours * 3600 + minutes * 60 + seconds) * US_PER_SECOND;
	return true;
}

static int64_t day_of(int64_t us)
{
	int64_t into_day = us % DAY_US;
	return us - into_day - (into_day < 0 ? DAY_US : 0);
}

/* A time as it is written; a time of day is the first one that is not before `earliest`. */
static bool time_read(struct suite_reading *reading, const struct yaml_node *node, int64_t earliest,
	struct test *test, int64_t *us)
{
	struct wall wall;
	if (time_of_day(node->text, us)) {
		*us += day_of(earliest);
		*us += *us < earliest ? DAY_US : 0;
		return true;
	}
	if (!wall_parse(node->text, &wall))
		return reading_problem(reading, PROBLEM_BAD_VALUE, node->place,
			"'%s' is no time: write 06:00, or 2026-11-26T06:00:00Z",
			quote(reading, node->text));
	test->has_dates = true;
	*us = wall.us;
	return true;
}

/* ---- events ---- */

static bool event_field_read(struct suite_reading *reading, const struct yaml_node *key,
	const struct yaml_node *value, cJSON *flat)
{
	const char *names[EVENT_FIELD_COUNT];
	for (int i = 0; i < EVENT_FIELD_COUNT; i++)
		names[i] = event_field_describe((enum event_field)i)->name;
	if (key->type != YAML_SCALAR || event_field_of(key->text) == EVENT_FIELD_COUNT) {
		const char *name = quote(reading, key->text);
		reading_problem(reading, PROBLEM_UNKNOWN_FIELD, key->place,
			"an event has no field '%s'%s", name,
			suggest_key_hint(name, names, EVENT_FIELD_COUNT, reading->scratch));
		problem_set_fix(reading->problems, key->place, key->text,
			suggest_only(name, names, EVENT_FIELD_COUNT));
		return false;
	}
	if (value->type != YAML_SCALAR)
		return reading_problem(reading, PROBLEM_WRONG_TYPE, value->place,
			"the field '%s' of an event is a text, not %s", quote(reading, key->text),
			yaml_type_name(value));
	if (!yaml_is_null(value))
		json_add_text(flat, arena_str(reading->scratch, key->text),
			arena_str(reading->scratch, value->text));
	return true;
}

/* `with_time`: an item of `events`, which has `at` too. */
static const struct event *event_of_map(
	struct suite_reading *reading, const struct yaml_node *map, bool with_time)
{
	struct error err;
	OWNED_JSON flat = cJSON_CreateObject();
	bool is_good = true;
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->items[2 * i];
		if (with_time && key->type == YAML_SCALAR && str_is(key->text, "at"))
			continue;
		is_good &= event_field_read(reading, key, map->items[2 * i + 1], flat);
	}
	if (!is_good)
		return NULL;
	const struct event *event = event_from_flat(flat, reading->suite->arena, &err);
	if (!event)
		reading_problem(reading, PROBLEM_BAD_VALUE, map->place, "%s", err.message);
	return event;
}

static const struct event *event_of_file(
	struct suite_reading *reading, const char *path, struct place place)
{
	struct error err;
	OWNED_TEXT struct text bytes = TEXT(EVENT_FILE_BYTES);
	if (!file_read(path, &bytes, &err)) {
		reading_problem(reading, PROBLEM_UNREADABLE, place, "%s", err.message);
		return NULL;
	}
	const struct event *event = event_read(text_str(&bytes), reading->suite->arena, &err);
	if (!event)
		reading_problem(reading, PROBLEM_BAD_VALUE, place, "the event in '%s': %s", path,
			err.message);
	return event;
}

/* One item of `events`. */
static bool item_read(struct suite_reading *reading, const struct yaml_node *node,
	struct test *test, struct play_event *event, int64_t earliest)
{
	if (node->type != YAML_MAP)
		return reading_problem(reading, PROBLEM_WRONG_TYPE, node->place,
			"an event is a map of fields, not %s", yaml_type_name(node));
	const struct yaml_node *at = yaml_get(node, "at"), *path = yaml_get(node, "event_file");
	if (!at || at->type != YAML_SCALAR)
		return reading_problem(reading, PROBLEM_MISSING_FIELD, node->place,
			"each of several events needs the time 'at' which it comes");
	if (!time_read(reading, at, earliest, test, &event->at))
		return false;
	if (event->at < earliest)
		return reading_problem(reading, PROBLEM_BAD_VALUE, at->place,
			"this event comes before the one above; write events in order of time");
	if (!path)
		event->event = event_of_map(reading, node, true);
	else if (path->type != YAML_SCALAR || node->count > 2)
		return reading_problem(reading, PROBLEM_BAD_VALUE, path->place,
			"beside 'event_file' an event has 'at' and nothing else");
	else
		event->event = event_of_file(reading,
			file_beside(reading->file->path, arena_str(reading->scratch, path->text),
				reading->scratch),
			path->place);
	return event->event;
}

static bool list_read(
	struct suite_reading *reading, const struct yaml_node *node, struct test *test)
{
	int64_t earliest = 0;
	bool is_good = true;
	if (node->type != YAML_LIST || !node->count)
		return reading_problem(reading, PROBLEM_WRONG_TYPE, node->place,
			"'events' is a list of events that is not empty");
	struct play_event *events =
		arena_array(reading->suite->arena, struct play_event, node->count);
	for (size_t i = 0; i < node->count; i++) {
		is_good &= item_read(reading, node->items[i], test, &events[i],
			i                 ? earliest
			: test->has_dates ? INT64_MIN
					  : 0);
		earliest = events[i].at;
	}
	test->events = events;
	test->event_count = node->count;
	return is_good;
}

static bool events_read(struct suite_reading *reading, const struct yaml_node *node,
	const struct test_table *table, struct test *test)
{
	int ways = (table->event != NULL) + (table->event_file != NULL) + (table->events != NULL);
	if (ways != 1)
		return reading_problem(reading, PROBLEM_MISSING_FIELD, node->place,
			ways ? "a test has one of event, event_file and events"
			     : "a test needs one of event, event_file and events");
	if (table->events && table->at)
		return reading_problem(reading, PROBLEM_BAD_VALUE, yaml_get(node, "at")->place,
			"each item of 'events' has an 'at' of its own");
	if (table->events)
		return list_read(reading, table->events, test);
	struct play_event *event = arena_new_of(reading->suite->arena, struct play_event);
	test->events = event;
	test->event_count = 1;
	if (table->at && !time_read(reading, yaml_get(node, "at"), 0, test, &event->at))
		return false;
	if (table->event_file)
		event->event = event_of_file(
			reading, table->event_file, yaml_get(node, "event_file")->place);
	else if (table->event->type == YAML_MAP)
		event->event = event_of_map(reading, table->event, false);
	else
		return reading_problem(reading, PROBLEM_WRONG_TYPE, table->event->place,
			"'event' is a map of fields ({} for a successful run), not %s",
			yaml_type_name(table->event));
	return event->event;
}

/* ---- expectations ---- */

static const char *name_read(struct suite_reading *reading, struct str text)
{
	return arena_str(reading->suite->arena, name_normal(text, reading->scratch));
}

static const char *luid_read(struct suite_reading *reading, const struct yaml_node *node)
{
	char luid[LUID_TEXT_SIZE];
	if (node->type == YAML_SCALAR && luid_normalise(node->text, luid))
		return arena_text(reading->suite->arena, luid);
	reading_problem(reading, PROBLEM_BAD_VALUE, node->place,
		"this is no LUID; one looks like 9b0e5f4c-3f4a-4d5e-8a6b-0f1d2c3b4a59");
	return NULL;
}

/* The value of `{id: LUID}`; NULL, after a problem, when the map has something else. */
static const char *id_read(struct suite_reading *reading, const struct yaml_node *map)
{
	const struct yaml_node *id = yaml_get(map, "id");
	if (id && map->count == 1)
		return luid_read(reading, id);
	reading_problem(reading, PROBLEM_WRONG_TYPE, map->place, "a map here is {id: LUID}");
	return NULL;
}

/* The value of `{id: LUID}`, or of another key that a selector has. */
static bool keyed_read(
	struct suite_reading *reading, const struct yaml_node *map, struct selection *selection)
{
	const struct yaml_node *key = map->count == 1 ? map->items[0] : NULL;
	selection->by =
		key && key->type == YAML_SCALAR ? selection_by_of_key(key->text) : SELECT_COUNT;
	if (selection->by == SELECT_COUNT)
		return reading_problem(
			reading, PROBLEM_WRONG_TYPE, map->place, "a map here is {id: LUID}");
	const struct yaml_node *value = map->items[1];
	if (selection->by == SELECT_LUID)
		selection->selector = luid_read(reading, value);
	else if (value->type != YAML_SCALAR || !value->text.length)
		return reading_problem(reading, PROBLEM_WRONG_TYPE, value->place,
			"what selects a %s is a text that is not empty",
			kind_name(selection->kind));
	else
		selection->selector = name_read(reading, value->text);
	return selection->selector;
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
		return keyed_read(reading, node, selection);
	if (selection->kind == CONTENT_TASK) {
		selection->by = SELECT_LUID;
		selection->selector = luid_read(reading, node);
		return selection->selector;
	}
	if (!node->text.length)
		return reading_problem(reading, PROBLEM_BAD_VALUE, node->place,
			"the name of a %s is empty", kind_name(selection->kind));
	selection->by = pattern_is_written(node->text) ? SELECT_PATTERN : SELECT_NAME;
	selection->selector = name_read(reading, node->text);
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
	const struct yaml_node *chosen = NULL;
	for (int kind = 0; kind < CONTENT_KIND_COUNT; kind++) {
		if (!nodes[kind])
			continue;
		if (chosen)
			return reading_problem(reading, PROBLEM_SELECTION_KIND, nodes[kind]->place,
				"'%s' and '%s' in one expectation; make two of it",
				kind_name(selection->kind), kind_name((enum content_kind)kind));
		chosen = nodes[kind];
		selection->kind = (enum content_kind)kind;
	}
	if (!chosen)
		return reading_problem(reading, PROBLEM_SELECTION_KIND, node->place,
			"an expectation names one of workbook, datasource, flow and task");
	return selector_read(reading, chosen, selection);
}

static bool project_read(
	struct suite_reading *reading, const struct yaml_node *node, struct selection *selection)
{
	if (!node)
		return true;
	if (node->type == YAML_SCALAR && node->text.length) {
		yaml_look(node, YAML_NAME, reading->file->source, reading->problems);
		selection->project = name_read(reading, node->text);
		return true;
	}
	if (node->type != YAML_MAP)
		return reading_problem(reading, PROBLEM_WRONG_TYPE, node->place,
			"'project' is one path of projects, or {id: LUID}");
	selection->project_luid = id_read(reading, node);
	return selection->project_luid;
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
	return time_read(
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
	if (!fields_load(expect_fields, node, "an expectation", reading->file, &table,
		    reading->scratch, reading->problems))
		return false;
	selection->site = name_read(reading, str_of(table.site));
	if (table.tag)
		selection->tag = name_read(reading, str_of(table.tag));
	if (table.owner)
		selection->owner = name_read(reading, str_of(table.owner));
	selection->incremental = table.incremental;
	selection->shadow = table.mode == MODE_SHADOW;
	bool is_good = kind_read(reading, node, &table, selection);
	is_good &= project_read(reading, table.project, selection);
	return expected_time_read(reading, node, &table, test, expectation) && is_good;
}

static bool expectations_read(struct suite_reading *reading, const struct yaml_node *node,
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
			quote(reading, str_of(test->name)));
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

/* ---- names of rules ---- */

static bool rules_read(struct suite_reading *reading, const struct texts *written, bool is_written,
	struct rule_names *names)
{
	bool is_good = true;
	const char **items = arena_array(reading->suite->arena, const char *, written->count + 1);
	size_t count = ruleset_rule_count(reading->ruleset);
	for (size_t i = 0; i < written->count; i++) {
		items[i] = name_read(reading, str_of(written->items[i]));
		size_t j = 0;
		while (j < count && !text_is(reading->rule_names[j], items[i]))
			j++;
		if (j == count)
			is_good = reading_problem(reading, PROBLEM_UNKNOWN_RULE, written->places[i],
				"there is no rule '%s'%s", quote(reading, str_of(items[i])),
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
				quote(reading, str_of(name)), reading->suite->tests[i].place.line);
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
	/* Times of expectations count from the first event. */
	is_good = events_read(reading, node, &table, &test) &&
		  expectations_read(reading, node, &table, &test) && is_good;
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
	cJSON_AddItemToObject(all, "expectation", fields_schema(expect_fields));
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
	fields_describe(expect_fields, "", visit, context);
}
