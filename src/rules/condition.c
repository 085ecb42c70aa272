/* rules/condition.c - loads `when` and `not`: each condition as values and probes, with the
 * defaults for `event` and `status`. */
#include "base/suggest.h"
#include "base/yaml/yaml_look.h"
#include "event/status.h"
#include "rules/lint/exact.h"
#include "rules/lint/exclude.h"
#include "rules/lint/growth.h"
#include "rules/lint/lint_rule.h"
#include "rules/lint/possible.h"
#include "rules/load.h"
#include "rules/pattern_set.h"

struct map_reading { /* one map of conditions */
	struct loading *loading;
	const char *where;         /* "'when'" or "'not'" */
	struct captures *captures; /* NULL inside `not` */
	uint32_t branch;
};

/* "; known are success, error, ..." */
static const char *known_list(struct loading *loading, const char *const *names)
{
	OWNED_TEXT struct text list = TEXT(TEXT_UNBOUNDED);
	for (size_t i = 0; names[i]; i++)
		text_printf(&list, "%s%s", i ? ", " : "; known are ", names[i]);
	return arena_printf(loading->scratch, "%s", list.at);
}

static void status_check(
	struct loading *loading, const struct yaml_node *node, struct rule_value *value)
{
	const char *status = status_of_rule(value->text);
	size_t count = 0;
	while (status_names[count])
		count++;
	if (!status) {
		const char *near = loading_suggest(loading, value->text, status_names, count);
		loading_problem(loading, PROBLEM_UNKNOWN_STATUS, node->place,
			"dbt never sends the status '%s'%s", loading_quote(loading, value->text),
			*near ? near : known_list(loading, status_names));
		loading_fix(loading, node, status_names, count);
		return;
	}
	if (loading->known && loading->known->is_check && !str_is(value->text, status)) {
		loading_problem(loading, PROBLEM_STATUS_SPELLING, node->place,
			"'%s' is read as '%s', which is what events have",
			loading_quote(loading, value->text), status);
		problem_set_fix(loading->problems, node->place, node->text, status);
	}
	value->text = loading_intern_str(loading, str_of(status));
}

static void exact_check(struct map_reading *reading, const struct yaml_node *node,
	enum event_field field, struct rule_value *value)
{
	struct loading *loading = reading->loading;
	exact_look_of_field(loading, node, field);
	if (field == EVENT_STATUS && value->text.length)
		status_check(loading, node, value);
	if (field == EVENT_EVENT) {
		bool is_known = false;
		for (size_t count = 0; event_types[count]; count++)
			is_known |= str_is(value->text, event_types[count]);
		if (!is_known)
			loading_problem(loading, PROBLEM_UNKNOWN_EVENT, node->place,
				"dbt is not known to send the event type '%s'%s",
				loading_quote(loading, value->text),
				known_list(loading, event_types));
	}
	const struct ruleset_known *known = loading->known;
	if (field == EVENT_SOURCE && known && known->sources.items &&
		lookup_find(loading->names, SOURCE_TAG, value->text) == LOOKUP_NONE)
		loading_problem(loading, PROBLEM_UNKNOWN_SOURCE, node->place,
			"the configuration has no source '%s'%s",
			loading_quote(loading, value->text),
			loading_suggest(
				loading, value->text, known->sources.items, known->sources.count));
}

static void capture_add(struct map_reading *reading, const struct yaml_node *node,
	enum event_field field, const char *name)
{
	struct loading *loading = reading->loading;
	struct captures *captures = reading->captures;
	if (event_field_of(str_of(name)) != EVENT_FIELD_COUNT) {
		loading_problem(loading, PROBLEM_CAPTURE_CLASH, node->place,
			"the capture '%s' hides the event field of that name; call it something "
			"else",
			name);
		return;
	}
	/* Only captures of this branch can clash, and they were added last. */
	for (size_t i = captures->count; i-- && captures->items[i].branch == reading->branch;)
		if (text_is(captures->items[i].name, name)) {
			if (captures->items[i].field != field)
				loading_problem(loading, PROBLEM_CAPTURE_CLASH, node->place,
					"'%s' captures '%s', and so does '%s'; give them different "
					"names",
					event_field_describe(field)->name, name,
					event_field_describe(captures->items[i].field)->name);
			return;
		}
	mem_grow(&captures->items, &captures->capacity, captures->count);
	captures->items[captures->count++] =
		(struct capture){ .name = loading_intern(loading, str_of(name)),
			.node = node,
			.field = field,
			.branch = reading->branch };
}

static void pattern_value(struct map_reading *reading, const struct yaml_node *node,
	enum event_field field, struct rule_condition *condition, struct rule_value *value)
{
	struct loading *loading = reading->loading;
	struct place place = node->place;
	struct error err = { 0 };
	size_t offset = 0;
	yaml_look(node, YAML_PATTERN, loading->file->source, loading->problems);
	if (!pattern_is_written(node->text)) {
		loading_problem(loading, PROBLEM_BAD_PATTERN, place,
			"'%s' begins with '/' but does not end with '/' and flags (i x s m); for "
			"that exact text, write /^\\/...$/",
			loading_quote(loading, node->text));
		return;
	}
	size_t probes = loading->ruleset->probe_count;
	if (!pattern_set_intern_probe(loading, value->text, field, &value->probe, &offset, &err)) {
		if (node->is_plain)
			place.column += (int)offset;
		loading_problem(loading, PROBLEM_BAD_PATTERN, place, "the pattern %s: %s",
			loading_quote(loading, node->text), err.message);
		return;
	}
	condition->has_pattern = true;
	const struct ruleset *ruleset = loading->ruleset;
	const struct pattern *pattern =
		ruleset->patterns[ruleset->probes[value->probe].pattern].compiled;
	if (event_field_describe(field)->is_id && !pattern_set_is_anchored(node->text))
		loading_problem(loading, PROBLEM_UNANCHORED_ID, place,
			"%s also finds longer ids in '%s'; anchor it with ^ and $, or write an "
			"exact value",
			loading_quote(loading, node->text), event_field_describe(field)->name);
	if (ruleset->probe_count > probes) { /* a repeated pattern is reported once */
		growth_look_of_field(loading, node, pattern, field);
		if (reading->captures) /* under 'not' longer names are meant too */
			lint_rule_pattern(loading, node, pattern, field);
	}
	if (!reading->captures)
		return;
	for (size_t i = 0; i < pattern_capture_count(pattern); i++) {
		condition->has_capture = true;
		capture_add(reading, node, field, pattern_capture_name(pattern, i));
	}
}

static void value_load(struct map_reading *reading, const struct yaml_node *node,
	enum event_field field, struct rule_condition *condition, struct rule_value *value)
{
	struct loading *loading = reading->loading;
	const char *name = event_field_describe(field)->name;
	value->probe = PROBE_NONE;
	value->line = node->place.line;
	if (node->type != YAML_SCALAR) {
		loading_problem(loading, PROBLEM_WRONG_TYPE, node->place,
			"'%s' wants a text, a /pattern/ or a list of them, not %s", name,
			yaml_type_name(node));
		return;
	}
	if (yaml_is_null(node)) {
		loading_problem(loading, PROBLEM_WRONG_TYPE, node->place,
			"'%s' has no value; write \"\" for the empty text, or leave it out%s", name,
			yaml_null_hint(node));
		return;
	}
	value->text = loading_name(loading, node);
	if (str_starts(node->text, "/"))
		pattern_value(reading, node, field, condition, value);
	else
		exact_check(reading, node, field, value);
}

static void condition_load(struct map_reading *reading, const struct yaml_node *node,
	enum event_field field, struct rule_condition *condition)
{
	bool is_list = node->type == YAML_LIST;
	size_t count = is_list ? node->count : 1;
	if (!count)
		loading_problem(reading->loading, PROBLEM_BAD_VALUE, node->place,
			"the list of '%s' is empty, so nothing would ever match",
			event_field_describe(field)->name);
	struct rule_value *values =
		arena_array(reading->loading->ruleset->arena, struct rule_value, count);
	condition->field = field;
	condition->values = values;
	condition->value_count = (uint32_t)count;
	condition->column = count ? (is_list ? node->items[0] : node)->place.column : 0;
	for (size_t i = 0; i < count; i++)
		value_load(reading, is_list ? node->items[i] : node, field, condition, &values[i]);
}

static void field_unknown(struct map_reading *reading, const struct yaml_node *key)
{
	const char *names[EVENT_FIELD_COUNT + 1];
	for (int i = 0; i < EVENT_FIELD_COUNT; i++)
		names[i] = event_field_describe((enum event_field)i)->name;
	names[EVENT_FIELD_COUNT] = "not";
	size_t count = EVENT_FIELD_COUNT + (reading->captures ? 1 : 0);
	struct loading *loading = reading->loading;
	const char *hint = "";
	if (problems_are_read(loading->problems))
		hint = suggest_key_hint(
			arena_str(loading->scratch, key->text), names, count, loading->scratch);
	loading_problem(loading, PROBLEM_UNKNOWN_FIELD, key->place, "unknown field '%s' in %s%s",
		loading_quote(loading, key->text), reading->where, hint);
	loading_fix(loading, key, names, count);
}

/* Conditions in order of fields, so that decisions and explanations have one order. */
static void map_finish(
	struct map_reading *reading, const struct rule_condition *by_field, struct rule_map *map)
{
	uint32_t count = 0;
	for (int i = 0; i < EVENT_FIELD_COUNT; i++)
		count += by_field[i].values != NULL;
	struct rule_condition *conditions =
		arena_array(reading->loading->ruleset->arena, struct rule_condition, count);
	map->conditions = conditions;
	map->count = count;
	for (int i = 0; i < EVENT_FIELD_COUNT; i++)
		if (by_field[i].values)
			*conditions++ = by_field[i];
}

/* Leaves the node under `not` to the caller, in `*not_node`. */
static void map_load(struct map_reading *reading, const struct yaml_node *node,
	struct rule_condition *by_field, const struct yaml_node **not_node)
{
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *key = node->items[2 * i], *value = node->items[2 * i + 1];
		if (key->type == YAML_SCALAR && not_node && str_is(key->text, "not")) {
			*not_node = value;
			continue;
		}
		enum event_field field =
			key->type == YAML_SCALAR ? event_field_of(key->text) : EVENT_FIELD_COUNT;
		if (field == EVENT_FIELD_COUNT)
			field_unknown(reading, key);
		else
			condition_load(reading, value, field, &by_field[field]);
	}
}

static void not_load(
	struct loading *loading, const struct yaml_node *node, struct rule_branch *branch)
{
	bool is_list = node->type == YAML_LIST;
	size_t count = is_list ? node->count : 1;
	struct rule_map *maps = arena_array(loading->ruleset->arena, struct rule_map, count);
	struct map_reading reading = { .loading = loading, .where = "'not'" };
	if (!count)
		loading_problem(loading, PROBLEM_BAD_VALUE, node->place,
			"the list of 'not' is empty; leave it out");
	branch->nots = maps;
	branch->not_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = is_list ? node->items[i] : node;
		struct rule_condition by_field[EVENT_FIELD_COUNT] = { 0 };
		if (item->type != YAML_MAP)
			loading_problem(loading, PROBLEM_WRONG_TYPE, item->place,
				"'not' wants a map of conditions or a list of such maps, not %s",
				yaml_type_name(item));
		else if (!item->count)
			loading_problem(loading, PROBLEM_BAD_VALUE, item->place,
				"an empty map under 'not' holds for every event, so the rule would "
				"never match");
		else
			map_load(&reading, item, by_field, NULL);
		map_finish(&reading, by_field, &maps[i]);
		maps[i].line = item->place.line;
	}
}

static void branch_load(
	struct map_reading *reading, const struct yaml_node *node, struct rule_branch *branch)
{
	struct loading *loading = reading->loading;
	struct rule_condition by_field[EVENT_FIELD_COUNT] = { 0 };
	const struct yaml_node *not_node = NULL;
	size_t errors = problems_error_count(loading->problems);
	branch->key = KEY_NONE;
	if (node && node->type != YAML_MAP)
		loading_problem(loading, PROBLEM_WRONG_TYPE, node->place,
			"'when' wants a map of conditions or a list of such maps, not %s",
			yaml_type_name(node));
	else if (node)
		map_load(reading, node, by_field, &not_node);
	/* The safe defaults: a run that has ended with success. */
	if (!by_field[EVENT_EVENT].values)
		by_field[EVENT_EVENT] = (struct rule_condition){
			.values = loading->default_event, .value_count = 1, .field = EVENT_EVENT
		};
	if (!by_field[EVENT_STATUS].values)
		by_field[EVENT_STATUS] = (struct rule_condition){
			.values = loading->default_status, .value_count = 1, .field = EVENT_STATUS
		};
	possible_check(loading, node, &by_field[EVENT_EVENT], &by_field[EVENT_STATUS]);
	map_finish(reading, by_field, &branch->when);
	branch->when.line = node ? node->place.line : 0;
	if (not_node)
		not_load(loading, not_node, branch);
	/* what could not be read excludes nothing */
	if (problems_error_count(loading->problems) == errors)
		exclude_check(loading, node, not_node, branch);
}

void when_load(struct loading *loading, const struct yaml_node *node, struct rule *rule,
	struct captures *captures)
{
	bool is_list = node && node->type == YAML_LIST;
	size_t count = is_list ? node->count : 1;
	if (node && yaml_is_null(node))
		node = NULL;
	if (!count)
		loading_problem(loading, PROBLEM_BAD_VALUE, node->place,
			"the list of 'when' is empty, so the rule would never match; leave it out "
			"for every event");
	rule->branches = arena_array(loading->ruleset->arena, struct rule_branch, count);
	rule->branch_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		struct map_reading reading = { .loading = loading,
			.where = "'when'",
			.captures = captures,
			.branch = (uint32_t)i };
		branch_load(&reading, is_list ? node->items[i] : node, &rule->branches[i]);
	}
}
