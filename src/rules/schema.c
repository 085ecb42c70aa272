/* rules/schema.c - the JSON Schema of rule files, from the tables of fields. */
#include "rules/load.h"

/* The parts that no table of fields declares: values that may be one or a list. Patterns follow
 * ECMA 262, which editors use; the loader checks more. */
static const char definitions[] =
	"{"
	"\"value\": {\"description\": \"An exact value, or /pattern/flags: a PCRE2 search (flags i "
	"x s m). YAML types do not matter:"
	" 1001 and '1001' are equal\", \"type\": [\"string\", \"number\", \"boolean\"]},"
	"\"values\": {\"description\": \"One value, or a list of which any must match\","
	" \"anyOf\": [{\"$ref\": \"#/definitions/value\"},"
	" {\"type\": \"array\", \"minItems\": 1, \"items\": {\"$ref\": \"#/definitions/value\"}}]},"
	"\"when\": {\"anyOf\": [{\"$ref\": \"#/definitions/branch\"}, {\"type\": \"null\"},"
	" {\"type\": \"array\", \"minItems\": 1, \"items\": {\"$ref\": "
	"\"#/definitions/branch\"}}]},"
	"\"not\": {\"anyOf\": [{\"$ref\": \"#/definitions/conditions\"},"
	" {\"type\": \"array\", \"minItems\": 1, \"items\": {\"$ref\": "
	"\"#/definitions/conditions\"}}]},"
	"\"refresh\": {\"type\": \"array\", \"minItems\": 1, \"items\": {\"$ref\": "
	"\"#/definitions/selection\"}},"
	"\"rules\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/definitions/rule\"}},"
	"\"luid\": {\"description\": \"Tableau's id; ${name} is expanded\", \"type\": \"string\","
	" \"pattern\": \"\\\\$\\\\{|^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$\"},"
	"\"by_id\": {\"type\": \"object\", \"required\": [\"id\"], \"additionalProperties\": false,"
	" \"properties\": {\"id\": {\"$ref\": \"#/definitions/luid\"}}},"
	"\"selector\": {\"description\": \"An exact name, /pattern/flags, or {id: LUID}. ${name} "
	"is a named capture or an event field;"
	" inside a pattern its value is taken literally; $${ is a literal ${\","
	" \"anyOf\": [{\"type\": [\"string\", \"number\", \"boolean\"], \"minLength\": 1}, "
	"{\"$ref\": \"#/definitions/by_id\"}]},"
	"\"selectors\": {\"anyOf\": [{\"$ref\": \"#/definitions/selector\"}, {\"type\": "
	"\"object\", \"maxProperties\": 0},"
	" {\"type\": \"array\", \"minItems\": 1, \"items\": {\"$ref\": "
	"\"#/definitions/selector\"}}]},"
	"\"project\": {\"anyOf\": [{\"type\": [\"string\", \"number\", \"boolean\"], "
	"\"minLength\": 1}, {\"$ref\": \"#/definitions/by_id\"}]},"
	"\"task\": {\"anyOf\": [{\"$ref\": \"#/definitions/luid\"}, {\"$ref\": "
	"\"#/definitions/by_id\"}]},"
	"\"tasks\": {\"anyOf\": [{\"$ref\": \"#/definitions/task\"},"
	" {\"type\": \"array\", \"minItems\": 1, \"items\": {\"$ref\": \"#/definitions/task\"}}]},"
	"\"allow\": {\"anyOf\": [{\"enum\": [\"many\", \"none\"]},"
	" {\"type\": \"array\", \"items\": {\"enum\": [\"many\", \"none\"]}}]}"
	"}";

/* One map of conditions: every event field, and `not` where it may stand. */
static cJSON *conditions_schema(bool may_not)
{
	cJSON *schema = cJSON_CreateObject();
	json_add_text(schema, "description",
		may_not ? "All must hold. Where they are not mentioned here, event: "
			  "job.run.completed and status: success hold too"
			: "None of these maps may hold. A status mentioned here does not lift the "
			  "default status: success");
	json_add_text(schema, "type", "object");
	cJSON *properties = cJSON_AddObjectToObject(schema, "properties");
	for (int i = 0; i < EVENT_FIELD_COUNT; i++) {
		const struct event_field_info *info = event_field_describe((enum event_field)i);
		cJSON *property = cJSON_AddObjectToObject(properties, info->name);
		json_add_text(property, "description", info->help);
		cJSON *reference = cJSON_CreateObject();
		json_add_text(reference, "$ref", "#/definitions/values");
		cJSON_AddItemToArray(cJSON_AddArrayToObject(property, "allOf"), reference);
	}
	if (may_not)
		json_add_text(
			cJSON_AddObjectToObject(properties, "not"), "$ref", "#/definitions/not");
	else
		json_add_count(schema, "minProperties", 1);
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

/* Selectors that are maps of a key of their own: {id: LUID} has a definition, the others are texts.
 */
static void add_keyed_selectors(cJSON *all)
{
	cJSON *forms = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(all, "selector"), "anyOf");
	const char *key;
	for (size_t nth = 0; (key = selection_by_key(nth)); nth++) {
		if (text_is(key, "id"))
			continue;
		cJSON *form = cJSON_CreateObject();
		json_add_text(form, "type", "object");
		cJSON_AddItemToArray(
			cJSON_AddArrayToObject(form, "required"), cJSON_CreateString(key));
		cJSON_AddFalseToObject(form, "additionalProperties");
		cJSON *value =
			cJSON_AddObjectToObject(cJSON_AddObjectToObject(form, "properties"), key);
		json_add_text(value, "type", "string");
		json_add_count(value, "minLength", 1);
		cJSON_AddItemToArray(forms, form);
	}
}

cJSON *ruleset_schema(void)
{
	cJSON *schema = load_file_schema("rules.schema.json",
		"Rules of refresh-router: what to refresh on Tableau when a dbt job has run",
		file_fields);
	cJSON *all = cJSON_Parse(definitions);
	add_keyed_selectors(all);
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
