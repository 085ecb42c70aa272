/* base/record/field_schema.c - the JSON Schema and the manual's table, printed from the tables that
 * the loader walks. */
#include "base/record/field_schema.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/units.h"

/* ---- schema --------------------------------------------------------------------------------- */

/* The loader ignores YAML types, so a schema may see a number or a boolean where a text is
 * meant. */
static void add_types(
	cJSON *schema, const char *first, const char *second, const char *third, const char *fourth)
{
	const char *const names[] = { first, second, third, fourth };
	cJSON *types = cJSON_AddArrayToObject(schema, "type");
	for (size_t i = 0; i < sizeof names / sizeof *names && names[i]; i++)
		cJSON_AddItemToArray(types, cJSON_CreateString(names[i]));
}

static void add_number(cJSON *schema, const struct field *field)
{
	add_types(schema, "integer", "string", NULL, NULL);
	/* A bound binds numbers, a pattern texts (draft-07, 6.2 and 6.3); a duration without a unit
	 * can only be 0. */
	bool is_duration = field->type == FIELD_IS_DURATION;
	json_add_count(schema, "minimum", is_duration ? 0 : field->min);
	if (is_duration || field->max)
		json_add_count(schema, "maximum", is_duration ? 0 : field->max);
	if (is_duration)
		json_add_text(schema, "pattern", "^([0-9]+(us|ms|s|m|h|d)|0)$");
	else
		json_add_text(schema, "pattern",
			field->type == FIELD_IS_SIZE ? "^[0-9]+(B|KiB|MiB|GiB)?$" : "^[0-9]+$");
}

static void add_texts(cJSON *schema, const struct field *field)
{
	bool is_path = field->type == FIELD_IS_PATHS;
	add_types(schema, "string", "number", "boolean", "array");
	cJSON *items = cJSON_AddObjectToObject(schema, "items");
	add_types(items, "string", "number", "boolean", NULL);
	if (is_path || field->required) {
		json_add_count(schema, "minLength", 1);
		json_add_count(items, "minLength", 1);
	}
}

static void add_choices(cJSON *schema, const struct field *field)
{
	cJSON *values = cJSON_AddArrayToObject(schema, "enum");
	for (size_t i = 0; field->choices[i]; i++)
		cJSON_AddItemToArray(values, cJSON_CreateString(field->choices[i]));
}

/* One word, or a list of words. */
static void add_choice_list(cJSON *schema, const struct field *field)
{
	cJSON *any = cJSON_AddArrayToObject(schema, "anyOf");
	cJSON *one = cJSON_CreateObject(), *list = cJSON_CreateObject();
	add_choices(one, field);
	json_add_text(list, "type", "array");
	add_choices(cJSON_AddObjectToObject(list, "items"), field);
	cJSON_AddItemToArray(any, one);
	cJSON_AddItemToArray(any, list);
}

static void add_secret(cJSON *schema, const char *other)
{
	static const struct {
		const char *name, *pattern, *help, *example;
	} kinds[] = { { "env", "^[A-Za-z_][A-Za-z0-9_]*$", "Environment variable with the secret",
			      "DBT_PROD_SECRET" },
		{ "file", NULL, "File with the secret; one line end at its end is left out",
			"/run/secrets/finance_pat" },
		{ "credential", "^[^/]+$", "Name of a systemd credential (LoadCredential=)",
			"finance_pat" } };
	add_types(schema, "object", other, NULL, NULL);
	cJSON *properties = cJSON_AddObjectToObject(schema, "properties");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		cJSON *kind = cJSON_AddObjectToObject(properties, kinds[i].name);
		fields_add_description(kind, kinds[i].help, kinds[i].example);
		add_types(kind, "string", "number", "boolean", NULL);
		json_add_count(kind, "minLength", 1);
		json_add_text(kind, "pattern", kinds[i].pattern);
	}
	json_add_count(schema, "minProperties", 1);
	json_add_count(schema, "maxProperties", 1);
	cJSON_AddFalseToObject(schema, "additionalProperties");
}

static void add_reference(cJSON *schema, const struct field *field)
{
	if (!field->schema)
		return;
	/* Beside a "$ref" everything else is ignored (draft-07, core 8.3), also the description:
	 * hence allOf. */
	cJSON *reference = cJSON_CreateObject();
	json_add_text(reference, "$ref", field->schema);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(schema, "allOf"), reference);
}

static void add_fields(cJSON *schema, const struct field *fields, const char *other);

static void add_type(cJSON *schema, const struct field *field)
{
	switch (field->type) {
	case FIELD_IS_TEXT:
	case FIELD_IS_PATH:
		add_types(schema, "string", "number", "boolean", NULL);
		if (field->required || field->type == FIELD_IS_PATH)
			json_add_count(schema, "minLength", 1);
		break;
	case FIELD_IS_COUNT:
	case FIELD_IS_DURATION:
	case FIELD_IS_SIZE:
		add_number(schema, field);
		break;
	case FIELD_IS_BOOL:
		add_types(schema, "boolean", "string", NULL, NULL);
		json_add_text(schema, "pattern",
			"^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|["
			"Oo][Ff][Ff])$");
		break;
	case FIELD_IS_CHOICE:
		add_choices(schema, field);
		break;
	case FIELD_IS_TEXTS:
	case FIELD_IS_PATHS:
		add_texts(schema, field);
		break;
	case FIELD_IS_SECRET:
		add_secret(schema, NULL);
		break;
	case FIELD_IS_SECRETS:
		add_secret(schema, "array");
		json_add_count(schema, "minItems", 1);
		add_secret(cJSON_AddObjectToObject(schema, "items"), NULL);
		break;
	case FIELD_IS_ADDRESS:
		add_secret(schema, "string");
		break;
	case FIELD_IS_CHOICES:
		add_choice_list(schema, field);
		break;
	case FIELD_IS_MAP:
		add_fields(schema, field->fields, field->alone ? "string" : NULL);
		break;
	case FIELD_IS_LIST:
		json_add_text(schema, "type", "array");
		add_fields(cJSON_AddObjectToObject(schema, "items"), field->fields, NULL);
		break;
	case FIELD_IS_SPECIAL:
		add_reference(schema, field);
		break;
	}
}

static bool is_json_number(struct str text)
{
	int64_t value;
	return str_to_count(text, &value) && (text.length == 1 || text.at[0] != '0');
}

/* YAML from a table as JSON; `field` is NULL inside a list or map. */
static cJSON *json_of(const struct yaml_node *node, const struct field *field)
{
	if (node->type == YAML_SCALAR) {
		OWNED_MEMORY char *text = mem_copy_bytes(node->text.at, node->text.length);
		bool is_bool = field ? field->type == FIELD_IS_BOOL : node->is_plain;
		bool is_number = field ? field->type == FIELD_IS_COUNT : node->is_plain;
		if (is_bool && (text_is(text, "true") || text_is(text, "false")))
			return cJSON_CreateBool(text_is(text, "true"));
		if (is_number && is_json_number(node->text))
			return cJSON_CreateRaw(text);
		return cJSON_CreateString(text);
	}
	bool is_map = node->type == YAML_MAP;
	cJSON *json = is_map ? cJSON_CreateObject() : cJSON_CreateArray();
	for (size_t i = 0; i < node->count; i++) {
		cJSON *value = json_of(node->items[is_map ? 2 * i + 1 : i], NULL);
		if (!is_map) {
			cJSON_AddItemToArray(json, value);
			continue;
		}
		struct str key = node->items[2 * i]->text;
		OWNED_MEMORY char *name = mem_copy_bytes(key.at, key.length);
		cJSON_AddItemToObject(json, name, value);
	}
	return json;
}

void fields_add_description(cJSON *schema, const char *help, const char *example)
{
	OWNED_TEXT struct text description = TEXT(TEXT_UNBOUNDED);
	text_add(&description, help);
	if (example)
		text_printf(&description, ". Example: %s", example);
	json_add_text(schema, "description", description.at);
}

/* May an editor offer the field's example as a value? */
static bool is_offered(const struct field *field)
{
	switch (field->type) {
	case FIELD_IS_COUNT:
	case FIELD_IS_DURATION:
	case FIELD_IS_SIZE:
	case FIELD_IS_BOOL:
	case FIELD_IS_CHOICE:
		return true;
	case FIELD_IS_TEXT:
		return field->fallback && *field->fallback; /* else it is somebody's name */
	case FIELD_IS_CHOICES:
	case FIELD_IS_ADDRESS:
	case FIELD_IS_TEXTS:
	case FIELD_IS_PATH:
	case FIELD_IS_PATHS:
	case FIELD_IS_SECRET:
	case FIELD_IS_SECRETS:
	case FIELD_IS_MAP:
	case FIELD_IS_LIST:
	case FIELD_IS_SPECIAL:
		break;
	}
	return false;
}

static void add_field(cJSON *properties, const struct field *field)
{
	cJSON *schema = cJSON_AddObjectToObject(properties, field->name);
	fields_add_description(schema, field->help, is_offered(field) ? NULL : field->example);
	add_type(schema, field);
	OWNED(arena) arena = arena_new();
	if (field->fallback)
		cJSON_AddItemToObject(schema, "default",
			json_of(field_schema_example(field->fallback, arena), field));
	if (field->example && is_offered(field)) {
		cJSON *examples = cJSON_AddArrayToObject(schema, "examples");
		cJSON_AddItemToArray(
			examples, json_of(field_schema_example(field->example, arena), field));
	}
}

/* An object, or what else it may be. */
static void add_fields(cJSON *schema, const struct field *fields, const char *other)
{
	cJSON *required = cJSON_CreateArray();
	if (other)
		add_types(schema, "object", other, NULL, NULL);
	else
		json_add_text(schema, "type", "object");
	cJSON *properties = cJSON_AddObjectToObject(schema, "properties");
	for (const struct field *field = fields; field->name; field++) {
		add_field(properties, field);
		if (field->required)
			cJSON_AddItemToArray(required, cJSON_CreateString(field->name));
	}
	if (cJSON_GetArraySize(required) > 0)
		cJSON_AddItemToObject(schema, "required", required);
	else
		cJSON_Delete(required);
	cJSON_AddFalseToObject(schema, "additionalProperties");
}

cJSON *fields_schema(const struct field *fields)
{
	cJSON *schema = cJSON_CreateObject();
	add_fields(schema, fields, NULL);
	return schema;
}

/* ---- manuals --------------------------------------------------------------------------------- */

static const char *type_name(enum field_type type)
{
	static const char *const names[] = {
		[FIELD_IS_TEXT] = "text",
		[FIELD_IS_COUNT] = "number",
		[FIELD_IS_DURATION] = "duration",
		[FIELD_IS_SIZE] = "size",
		[FIELD_IS_BOOL] = "true/false",
		[FIELD_IS_CHOICE] = "choice",
		[FIELD_IS_CHOICES] = "choices",
		[FIELD_IS_ADDRESS] = "URL or secret",
		[FIELD_IS_TEXTS] = "texts",
		[FIELD_IS_PATH] = "path",
		[FIELD_IS_PATHS] = "paths",
		[FIELD_IS_SECRET] = "secret",
		[FIELD_IS_SECRETS] = "secrets",
		[FIELD_IS_MAP] = "map",
		[FIELD_IS_LIST] = "list",
		[FIELD_IS_SPECIAL] = "",
	};
	return names[type];
}

/* "default 8, from 1 to 64", "required", "one of a, b". */
static void add_limits(const struct field *field, struct text *out)
{
	if (field->required)
		text_add(out, "required");
	else if (field->fallback)
		text_printf(out, "default %s", *field->fallback ? field->fallback : "empty");
	OWNED_TEXT struct text bounds = TEXT(TEXT_UNBOUNDED);
	field_schema_bounds(field, &bounds);
	for (size_t i = 0; field->choices && field->choices[i]; i++)
		text_printf(&bounds, "%s%s",
			i                                 ? ", "
			: field->type == FIELD_IS_CHOICES ? "any of "
							  : "one of ",
			field->choices[i]);
	if (bounds.length)
		text_printf(out, "%s%s", out->length ? ", " : "", bounds.at);
}

void fields_describe(
	const struct field *fields, const char *prefix, field_visit *visit, void *context)
{
	for (const struct field *field = fields; field->name; field++) {
		OWNED_TEXT struct text name = TEXT(TEXT_UNBOUNDED);
		OWNED_TEXT struct text limits = TEXT(TEXT_UNBOUNDED);
		bool is_list = field->type == FIELD_IS_LIST;
		text_printf(&name, "%s%s%s%s", prefix, *prefix ? "." : "", field->name,
			is_list ? "[]" : "");
		add_limits(field, &limits);
		const char *type = field->alone ? "text or map" : type_name(field->type);
		const struct field_note note = { name.at, type, limits.at,
			field->help ? field->help : "" };
		visit(&note, context);
		if (is_list || field->type == FIELD_IS_MAP)
			fields_describe(field->fields, name.at, visit, context);
	}
}

static void print_row(const struct field_note *note, void *context)
{
	text_printf(context, "%-36s %-10s %-32s %s\n", note->name, note->type, note->limits,
		note->help);
}

void fields_print(const struct field *fields, struct text *out)
{
	fields_describe(fields, "", print_row, out);
}
