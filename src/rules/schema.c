/* rules/schema.c - the JSON Schema of rule files, from the tables of fields. */
#include "rules/load.h"

/*
 * The parts that no table of fields declares: values that may be one or a list. Patterns follow
 * ECMA 262, which editors use; the loader checks more. A form is one schema of several types and
 * not an anyOf, of whose parts an editor would show the empty descriptions instead of the field's.
 */
static const char definitions[] =
	"{"
	"\"value\": {\"type\": [\"string\", \"number\", \"boolean\"]},"
	"\"values\": {\"type\": [\"string\", \"number\", \"boolean\", \"array\"], \"minItems\": 1,"
	" \"items\": {\"$ref\": \"#/definitions/value\"}},"
	"\"when\": {\"type\": [\"object\", \"array\", \"null\"], \"if\": {\"type\": \"object\"},"
	" \"then\": {\"$ref\": \"#/definitions/branch\"},"
	" \"minItems\": 1, \"items\": {\"$ref\": \"#/definitions/branch\"}},"
	"\"not\": {\"type\": [\"object\", \"array\"], \"if\": {\"type\": \"object\"},"
	" \"then\": {\"$ref\": \"#/definitions/conditions\"},"
	" \"minItems\": 1, \"items\": {\"$ref\": \"#/definitions/conditions\"}},"
	"\"refresh\": {\"type\": \"array\", \"minItems\": 1, \"items\": {\"$ref\": "
	"\"#/definitions/selection\"}},"
	"\"rules\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/definitions/rule\"}},"
	"\"luid\": {\"type\": \"string\","
	" \"pattern\": \"\\\\$\\\\{|^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$\"},"
	"\"id\": {\"description\": \"Tableau's LUID; ${name} is expanded\","
	" \"allOf\": [{\"$ref\": \"#/definitions/luid\"}]},"
	"\"project\": {\"type\": [\"string\", \"number\", \"boolean\", \"object\"],"
	" \"minLength\": 1, \"properties\": {\"id\": {\"$ref\": \"#/definitions/id\"}},"
	" \"required\": [\"id\"], \"additionalProperties\": false},"
	"\"task\": {\"if\": {\"type\": \"string\"}, \"then\": {\"$ref\": \"#/definitions/luid\"},"
	" \"type\": [\"string\", \"object\"],"
	" \"properties\": {\"id\": {\"$ref\": \"#/definitions/id\"}},"
	" \"required\": [\"id\"], \"additionalProperties\": false},"
	"\"tasks\": {\"if\": {\"type\": \"array\"}, \"then\": {\"minItems\": 1,"
	" \"items\": {\"$ref\": \"#/definitions/task\"}},"
	" \"else\": {\"$ref\": \"#/definitions/task\"}},"
	"\"allow\": {\"type\": [\"string\", \"array\"], \"pattern\": \"^(many|none)$\","
	" \"examples\": [\"many\", \"none\"], \"items\": {\"enum\": [\"many\", \"none\"]}}"
	"}";

/* Beside a "$ref" everything else is ignored (draft-07, core 8.3): hence allOf. */
static void add_reference(cJSON *schema, const char *definition)
{
	cJSON *reference = cJSON_CreateObject();
	json_add_text(reference, "$ref", definition);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(schema, "allOf"), reference);
}

cJSON *load_event_property(cJSON *properties, enum event_field field, const char *how)
{
	const struct event_field_info *info = event_field_describe(field);
	const char *const *words = event_field_words(field);
	cJSON *property = cJSON_AddObjectToObject(properties, info->name);
	OWNED_TEXT struct text help = TEXT(TEXT_UNBOUNDED);
	text_printf(&help, "%s%s", info->help, how);
	fields_add_description(property, help.at, words ? NULL : info->example);
	cJSON *examples = words ? cJSON_AddArrayToObject(property, "examples") : NULL;
	for (; words && *words; words++)
		cJSON_AddItemToArray(examples, cJSON_CreateString(*words));
	return property;
}

/* One map of conditions: every event field, and `not` where it may stand. */
static cJSON *conditions_schema(bool may_not)
{
	cJSON *schema = cJSON_CreateObject();
	json_add_text(schema, "type", "object");
	cJSON *properties = cJSON_AddObjectToObject(schema, "properties");
	for (int i = 0; i < EVENT_FIELD_COUNT; i++) {
		enum event_field field = (enum event_field)i;
		cJSON *property = load_event_property(properties, field,
			"; an exact value, a /pattern/ (PCRE2, flags i x s m), or a list of which "
			"any must match");
		if (may_not && event_field_describe(field)->fallback)
			json_add_text(property, "default", event_field_describe(field)->fallback);
		add_reference(property, "#/definitions/values");
	}
	if (may_not) {
		cJSON *not = cJSON_AddObjectToObject(properties, "not");
		fields_add_description(not,
			"A map of conditions, or a list of maps, none of which may hold. A status "
			"here does not lift the default status: success",
			"{run_reason: /^Kicked off from the UI/}");
		add_reference(not, "#/definitions/not");
	} else {
		json_add_count(schema, "minProperties", 1);
	}
	cJSON_AddFalseToObject(schema, "additionalProperties");
	return schema;
}

cJSON *load_file_schema(const char *id, const char *title, const struct field *fields)
{
	cJSON *schema = cJSON_CreateObject();
	json_add_text(schema, "$schema", "http://json-schema.org/draft-07/schema#");
	json_add_text(schema, "$id", id);
	json_add_text(schema, "title", title);
	cJSON *file = fields_schema(fields);
	for (cJSON *child = file->child, *next; child; child = next) {
		next = child->next;
		cJSON_AddItemToObject(
			schema, child->string, cJSON_DetachItemViaPointer(file, child));
	}
	cJSON_Delete(file);
	cJSON *version = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(schema, "properties"), "version");
	cJSON *versions = cJSON_AddArrayToObject(version, "enum");
	cJSON_AddItemToArray(versions, cJSON_CreateNumber(1));
	cJSON_AddItemToArray(versions, cJSON_CreateString("1"));
	cJSON *patterns = cJSON_AddObjectToObject(schema, "patternProperties");
	json_add_text(cJSON_AddObjectToObject(patterns, "^x-"), "description",
		"Not read: a place for anchors, as in x-nightly: &nightly {environment_name: "
		"Production}");
	return schema;
}

/* A name, or a map of one key, {id: LUID}; with `is_list` also {} and a list of these. */
cJSON *load_selector_schema(bool is_list, int least_keys)
{
	static const char *const types[] = { "string", "number", "boolean", "object", "array" };
	cJSON *schema = cJSON_CreateObject();
	cJSON *type = cJSON_AddArrayToObject(schema, "type");
	for (size_t i = 0; i < (is_list ? 5 : 4); i++)
		cJSON_AddItemToArray(type, cJSON_CreateString(types[i]));
	json_add_count(schema, "minLength", 1);
	json_add_count(schema, "minProperties", least_keys);
	json_add_count(schema, "maxProperties", 1);
	cJSON *properties = cJSON_AddObjectToObject(schema, "properties");
	const char *key;
	for (size_t nth = 0; (key = selection_by_key(nth)); nth++) {
		cJSON *value = cJSON_AddObjectToObject(properties, key);
		if (text_is(key, "id")) {
			json_add_text(value, "$ref", "#/definitions/id");
			continue;
		}
		json_add_text(value, "type", "string");
		json_add_count(value, "minLength", 1);
	}
	cJSON_AddFalseToObject(schema, "additionalProperties");
	if (!is_list)
		return schema;
	json_add_count(schema, "minItems", 1);
	json_add_text(cJSON_AddObjectToObject(schema, "items"), "$ref", "#/definitions/selector");
	return schema;
}

cJSON *ruleset_schema(void)
{
	cJSON *schema = load_file_schema("rules.schema.json",
		"Rules of refresh-router: what to refresh on Tableau when a dbt job has run",
		file_fields);
	cJSON *all = cJSON_Parse(definitions);
	cJSON_AddItemToObject(all, "selector", load_selector_schema(false, 1));
	cJSON_AddItemToObject(all, "selectors", load_selector_schema(true, 0));
	cJSON_AddItemToObject(all, "branch", conditions_schema(true));
	cJSON_AddItemToObject(all, "conditions", conditions_schema(false));
	cJSON_AddItemToObject(all, "selection", fields_schema(refresh_fields));
	cJSON_AddItemToObject(all, "rule", fields_schema(rule_fields));
	cJSON_AddItemToObject(schema, "definitions", all);
	return schema;
}

void ruleset_describe(field_visit *visit, void *context)
{
	fields_describe(rule_fields, "", visit, context);
}

void ruleset_describe_selection(field_visit *visit, void *context)
{
	fields_describe(refresh_fields, "", visit, context);
}
