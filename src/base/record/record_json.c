/*
 * base/record/record_json.c - records as JSON, from JSON, and the schema of it.
 */
#include "base/record/record.h"
#include "base/units.h"
#include <assert.h>

/* ---- to JSON ---- */

/* JSON that we wrote ourselves goes in as it is. */
static void add_stored(cJSON *json, const char *key, const char *text)
{
	if (text && *text)
		cJSON_AddItemToObject(json, key, cJSON_CreateRaw(text));
}

static void add_flag(cJSON *json, const struct member *member, bool is_set)
{
	if (member->says)
		json_add_text(json, member->key, is_set ? member->says : NULL);
	else
		cJSON_AddBoolToObject(json, member->key, is_set);
}

static void add_choice(cJSON *json, const struct member *member, const void *record)
{
	const char *key = member->members[member_number(member, record)].key;
	const char *text = member_choice_text(member, record);

	if (text)
		json_add_text(json, key, text);
	else
		cJSON_AddTrueToObject(json, key);
}

static void add_texts(cJSON *json, const struct member *member, const void *record)
{
	const char *const *texts = member_texts(member, record);
	cJSON *list = cJSON_AddArrayToObject(json, member->key);

	for (size_t i = 0; i < member_texts_count(member, record); i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(texts[i]));
}

static void add_one(const struct member *member, const void *record, cJSON *json)
{
	int64_t number = member_number(member, record);

	switch (member->type) {
	case MEMBER_IS_TEXT:
	case MEMBER_IS_OPTIONAL:
		json_add_text(json, member->key, member_text_of(member, record));
		break;
	case MEMBER_IS_JSON:
		add_stored(json, member->key, member_text_of(member, record));
		break;
	case MEMBER_IS_COUNT:
	case MEMBER_IS_INT:
	case MEMBER_IS_UNSIGNED:
		json_add_count(json, member->key, number);
		break;
	case MEMBER_IS_FLAG:
		add_flag(json, member, number != 0);
		break;
	case MEMBER_IS_WORD:
		json_add_text(json, member->key, member->word((int)number));
		break;
	case MEMBER_IS_TIME:
		json_add_time(json, member->key, (struct wall){ number });
		break;
	case MEMBER_IS_DURATION:
		json_add_duration(json, member->key, number);
		break;
	case MEMBER_IS_TEXTS:
		add_texts(json, member, record);
		break;
	case MEMBER_IS_CHOICE:
		add_choice(json, member, record);
		break;
	case MEMBER_IS_BYTES:
	case MEMBER_IS_OBJECT:
	case MEMBER_IS_ELSEWHERE:
	case MEMBER_IS_NONE:
		break;
	}
}

/* What the flags of a group say that are true. */
static void add_sayings(const struct member *group, const void *record, cJSON *json)
{
	cJSON *list = NULL;

	for (const struct member *flag = group->members; flag->type; flag++) {
		if (!member_number(flag, record))
			continue;
		if (!list)
			list = cJSON_AddArrayToObject(json, group->key);
		cJSON_AddItemToArray(list, cJSON_CreateString(flag->says));
	}
}

static void add_object(const struct member *member, const void *record, cJSON *json)
{
	const void *inside = (const char *)record + member->offset;

	if (member->shape == SHAPE_TEXTS)
		add_sayings(member, inside, json);
	else if (!member->key)
		record_to_json(member->members, inside, json);
	else if (!record_is_left_out(member->members, inside))
		record_to_json(member->members, inside, cJSON_AddObjectToObject(json, member->key));
}

static bool is_there(const struct member *member, const void *record)
{
	if (member->type == MEMBER_IS_CHOICE)
		return true;
	return member->key &&
	       (member->required || member->always || !member_is_empty(member, record));
}

void record_to_json(const struct member *members, const void *record, cJSON *json)
{
	for (const struct member *member = members; member->type; member++) {
		if (member->type == MEMBER_IS_OBJECT)
			add_object(member, record, json);
		else if (is_there(member, record))
			add_one(member, record, json);
	}
}

/* ---- from JSON ---- */

struct parse {
	const cJSON *json;
	const char *what;
	void *record;
	struct arena *arena;
	struct error *err;
};

/* What is no text, or an empty one, was not written by us, and would mean something else. */
static bool parse_text(struct parse *parse, const char *key, bool is_required, const char **text)
{
	*text = NULL;
	if (!is_required && !cJSON_GetObjectItemCaseSensitive(parse->json, key))
		return true;
	if (!*json_text(parse->json, key))
		return error_fail(parse->err, ERROR_INPUT,
			"the '%s' of %s is a text that is not empty", key, parse->what);
	*text = arena_text(parse->arena, json_text(parse->json, key));
	return true;
}

static bool parse_word(struct parse *parse, const struct member *member)
{
	int value = member->value(json_text(parse->json, member->key));

	if (value < 0 || value > member->most)
		return error_fail(parse->err, ERROR_INPUT, "the '%s' of %s is %s", member->key,
			parse->what, member->help);
	member_set_number(member, parse->record, value);
	return true;
}

/* One of its keys is there. */
static bool parse_choice(struct parse *parse, const struct member *member)
{
	int found = 0;

	for (int value = 0; member->members[value].type; value++) {
		const struct member *choice = &member->members[value];
		const char *text = NULL;

		if (!cJSON_GetObjectItemCaseSensitive(parse->json, choice->key))
			continue;
		if (choice->shape == SHAPE_FLAG && !json_flag(parse->json, choice->key, false))
			return error_fail(parse->err, ERROR_INPUT, "the '%s' of %s is true",
				choice->key, parse->what);
		if (choice->shape != SHAPE_FLAG && !parse_text(parse, choice->key, true, &text))
			return false;
		member_set_choice(member, parse->record, value, text);
		found++;
	}
	return found == 1 || error_fail(parse->err, ERROR_INPUT, "%s has one %s, not %s",
				     parse->what, member->help, found ? "two" : "none");
}

/* What cannot be read leaves the default. */
static void parse_number(struct parse *parse, const struct member *member)
{
	int64_t number = 0;
	const char *text = json_text(parse->json, member->key);
	bool is_read = member->type == MEMBER_IS_DURATION
			       ? units_parse_duration(str_of(text), &number)
			       : json_count(parse->json, member->key, &number);

	if (is_read && member_may_be(member, number))
		member_set_number(member, parse->record, number);
}

static void parse_texts(struct parse *parse, const struct member *member)
{
	const cJSON *list = json_get(parse->json, member->key), *item;
	const char **texts =
		arena_array(parse->arena, const char *, (size_t)cJSON_GetArraySize(list) + 1);
	size_t count = 0;

	cJSON_ArrayForEach(item, list)
	{
		if (cJSON_IsString(item))
			texts[count++] = arena_text(parse->arena, item->valuestring);
	}
	member_set_texts(member, parse->record, texts, count);
}

static void parse_sayings(struct parse *parse, const struct member *group)
{
	const cJSON *item;

	assert(group->shape == SHAPE_TEXTS); /* no record that is read has an object */
	for (const struct member *flag = group->members; flag->type; flag++) {
		cJSON_ArrayForEach(item, json_get(parse->json, group->key))
		{
			if (cJSON_IsString(item) && text_is(item->valuestring, flag->says))
				member_set_number(flag, parse->record, true);
		}
	}
}

static void parse_flag(struct parse *parse, const struct member *member)
{
	bool is_set = member->says ? text_is(json_text(parse->json, member->key), member->says)
				   : json_flag(parse->json, member->key, false);

	member_set_number(member, parse->record, is_set);
}

static bool parse_one(struct parse *parse, const struct member *member)
{
	const char *text;

	switch (member->type) {
	case MEMBER_IS_TEXT:
	case MEMBER_IS_OPTIONAL:
		if (!parse_text(parse, member->key, member->type == MEMBER_IS_TEXT, &text))
			return false;
		member_set_text(member, parse->record, text);
		return true;
	case MEMBER_IS_WORD:
		return parse_word(parse, member);
	case MEMBER_IS_CHOICE:
		return parse_choice(parse, member);
	case MEMBER_IS_COUNT:
	case MEMBER_IS_INT:
	case MEMBER_IS_DURATION:
		parse_number(parse, member);
		return true;
	case MEMBER_IS_FLAG:
		parse_flag(parse, member);
		return true;
	case MEMBER_IS_TEXTS:
		parse_texts(parse, member);
		return true;
	case MEMBER_IS_OBJECT:
		parse_sayings(parse, member);
		return true;
	case MEMBER_IS_UNSIGNED:
	case MEMBER_IS_TIME:
	case MEMBER_IS_JSON:
	case MEMBER_IS_BYTES:
	case MEMBER_IS_ELSEWHERE:
	case MEMBER_IS_NONE:
		break;
	}
	return error_fail(parse->err, ERROR_SYSTEM, "the '%s' of %s is not read from JSON",
		member->key, parse->what);
}

static void read_text(struct parse *parse, const struct member *member)
{
	const char *text = json_text(parse->json, member->key);

	if (*text || member->type == MEMBER_IS_TEXT)
		member_set_text(member, parse->record, arena_text(parse->arena, text));
}

static void read_word(struct parse *parse, const struct member *member)
{
	int value = member->value ? member->value(json_text(parse->json, member->key)) : -1;

	if (value >= 0 && value <= member->most)
		member_set_number(member, parse->record, value);
}

static void read_object(struct parse *parse, const struct member *member)
{
	void *inside = (char *)parse->record + member->offset;

	if (member->shape == SHAPE_TEXTS)
		parse_sayings(parse, member);
	else if (!member->key)
		record_read(member->members, parse->json, inside, parse->arena);
	else if (json_get(parse->json, member->key))
		record_read(
			member->members, json_get(parse->json, member->key), inside, parse->arena);
}

static void read_one(struct parse *parse, const struct member *member)
{
	switch (member->type) {
	case MEMBER_IS_TEXT:
	case MEMBER_IS_OPTIONAL:
		read_text(parse, member);
		break;
	case MEMBER_IS_COUNT:
	case MEMBER_IS_INT:
	case MEMBER_IS_UNSIGNED:
	case MEMBER_IS_DURATION:
		parse_number(parse, member);
		break;
	case MEMBER_IS_TIME:
		member_set_number(member, parse->record, json_time(parse->json, member->key).us);
		break;
	case MEMBER_IS_FLAG:
		parse_flag(parse, member);
		break;
	case MEMBER_IS_WORD:
		read_word(parse, member);
		break;
	case MEMBER_IS_TEXTS:
		parse_texts(parse, member);
		break;
	case MEMBER_IS_OBJECT:
	case MEMBER_IS_CHOICE: /* no record that is only shown has one */
	case MEMBER_IS_JSON:
	case MEMBER_IS_BYTES:
	case MEMBER_IS_ELSEWHERE:
	case MEMBER_IS_NONE:
		break;
	}
}

void record_read(const struct member *members, const cJSON *json, void *record, struct arena *arena)
{
	struct parse parse = { json, "", record, arena, NULL };

	for (const struct member *member = members; member->type; member++) {
		if (member->type == MEMBER_IS_OBJECT)
			read_object(&parse, member);
		else if (member->key)
			read_one(&parse, member);
	}
}

static bool is_known(const struct member *members, const char *key)
{
	for (const struct member *member = members; member->type; member++) {
		bool is_here = member->key && text_is(member->key, key);
		bool has_keys = !member->key && member->members;

		if (is_here || (has_keys && is_known(member->members, key)))
			return true;
	}
	return false;
}

/* A member that we do not know may be what limits the others. */
static bool knows_all(const struct parse *parse, const struct member *members)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, parse->json)
	{
		if (!is_known(members, item->string))
			return error_fail(parse->err, ERROR_INPUT,
				"%s has the member '%s', which this version does not know",
				parse->what, item->string);
	}
	return true;
}

bool record_from_json(const struct member *members, const cJSON *json, const char *what,
	void *record, struct arena *arena, struct error *err)
{
	struct parse parse = { json, what, record, arena, err };

	if (!cJSON_IsObject(json))
		return error_fail(err, ERROR_INPUT, "%s is an object", what);
	if (!knows_all(&parse, members))
		return false;
	for (const struct member *member = members; member->type; member++) {
		bool is_shown = member->key || member->type == MEMBER_IS_CHOICE;

		if (is_shown && !parse_one(&parse, member))
			return false;
	}
	return true;
}

void record_texts_from_json(
	const struct member *members, const cJSON *json, void *record, struct arena *arena)
{
	struct parse parse = { .json = json, .record = record, .arena = arena };

	for (const struct member *member = members; member->type; member++)
		if (member->type == MEMBER_IS_TEXTS)
			parse_texts(&parse, member);
}

/* ---- JSON Schema ---- */

static enum member_shape shape_of(const struct member *member)
{
	if (member->shape)
		return member->shape;
	switch (member->type) {
	case MEMBER_IS_COUNT:
	case MEMBER_IS_INT:
	case MEMBER_IS_UNSIGNED:
		return SHAPE_COUNT;
	case MEMBER_IS_TIME:
		return SHAPE_TIME;
	case MEMBER_IS_TEXT:
	case MEMBER_IS_OPTIONAL:
	case MEMBER_IS_BYTES:
	case MEMBER_IS_WORD:
	case MEMBER_IS_DURATION:
		return SHAPE_TEXT;
	case MEMBER_IS_TEXTS:
		return SHAPE_TEXTS;
	case MEMBER_IS_FLAG:
		return member->says ? SHAPE_TEXT : SHAPE_FLAG;
	case MEMBER_IS_OBJECT:
		return SHAPE_OBJECT;
	case MEMBER_IS_CHOICE:
	case MEMBER_IS_JSON:
	case MEMBER_IS_ELSEWHERE:
	case MEMBER_IS_NONE:
		break;
	}
	return SHAPE_ANY;
}

static void describe(cJSON *schema, const struct member *members);

static void add_items(cJSON *schema, const char *type)
{
	json_add_text(schema, "type", "array");
	json_add_text(cJSON_AddObjectToObject(schema, "items"), "type", type);
}

static void add_shape(cJSON *schema, const struct member *member)
{
	switch (shape_of(member)) {
	case SHAPE_TEXT:
		json_add_text(schema, "type", "string");
		break;
	case SHAPE_TIME:
		json_add_text(schema, "type", "string");
		json_add_text(schema, "format", "date-time");
		break;
	case SHAPE_COUNT:
		json_add_text(schema, "type", "integer");
		break;
	case SHAPE_TEXTS:
		add_items(schema, "string");
		break;
	case SHAPE_COUNTS:
		add_items(schema, "integer");
		break;
	case SHAPE_MAP:
		json_add_text(schema, "type", "object");
		json_add_text(
			cJSON_AddObjectToObject(schema, "additionalProperties"), "type", "string");
		break;
	case SHAPE_LIST:
		json_add_text(schema, "type", "array");
		describe(cJSON_AddObjectToObject(schema, "items"), member->members);
		break;
	case SHAPE_FLAG:
		json_add_text(schema, "type", "boolean");
		break;
	case SHAPE_OBJECT:
		describe(schema, member->members);
		break;
	case SHAPE_ANY:
	case SHAPE_OF_TYPE:
		break;
	}
}

static void describe_members(cJSON *properties, cJSON *required, const struct member *members)
{
	for (const struct member *member = members; member->type; member++) {
		if (!member->key && member->members)
			describe_members(properties, required, member->members);
		if (!member->key)
			continue;
		cJSON *property = cJSON_AddObjectToObject(properties, member->key);
		json_add_text(property, "description", member->help);
		add_shape(property, member);
		if (member->required)
			cJSON_AddItemToArray(required, cJSON_CreateString(member->key));
	}
}

static void describe(cJSON *schema, const struct member *members)
{
	json_add_text(schema, "type", "object");
	cJSON *properties = cJSON_AddObjectToObject(schema, "properties"),
	      *required = cJSON_AddArrayToObject(schema, "required");
	describe_members(properties, required, members);
}

cJSON *record_schema(const char *id, const char *title, const struct member *members)
{
	cJSON *schema = cJSON_CreateObject();
	json_add_text(schema, "$schema", "http://json-schema.org/draft-07/schema#");
	json_add_text(schema, "$id", id);
	json_add_text(schema, "title", title);
	describe(schema, members);
	return schema;
}
