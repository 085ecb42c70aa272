/*
 * base/record.c - copies a record, and reads and writes it, by its table.
 */
#include "base/record.h"
#include <string.h>

static const char *at(const struct member *member, const void *record)
{
	return (const char *)record + member->offset;
}

int64_t member_number(const struct member *member, const void *record)
{
	const void *from = at(member, record);

	switch (member->type) {
	case MEMBER_IS_COUNT:
	case MEMBER_IS_DURATION:
		return *(const int64_t *)from;
	case MEMBER_IS_TIME:
		return ((const struct wall *)from)->us;
	case MEMBER_IS_INT:
	case MEMBER_IS_WORD:
		return *(const int *)from;
	case MEMBER_IS_UNSIGNED:
		return *(const unsigned *)from;
	case MEMBER_IS_FLAG:
		return *(const bool *)from;
	case MEMBER_IS_TEXT:
	case MEMBER_IS_OPTIONAL:
	case MEMBER_IS_JSON:
	case MEMBER_IS_TEXTS:
	case MEMBER_IS_BYTES:
	case MEMBER_IS_OBJECT:
	case MEMBER_IS_ELSEWHERE:
	case MEMBER_IS_NONE:
		break;
	}
	return 0;
}

void member_set_number(const struct member *member, void *record, int64_t number)
{
	void *to = (char *)record + member->offset;

	switch (member->type) {
	case MEMBER_IS_COUNT:
	case MEMBER_IS_DURATION:
		*(int64_t *)to = number;
		break;
	case MEMBER_IS_TIME:
		((struct wall *)to)->us = number;
		break;
	case MEMBER_IS_INT:
	case MEMBER_IS_WORD:
		*(int *)to = (int)number;
		break;
	case MEMBER_IS_UNSIGNED:
		*(unsigned *)to = (unsigned)number;
		break;
	case MEMBER_IS_FLAG:
		*(bool *)to = number != 0;
		break;
	case MEMBER_IS_TEXT:
	case MEMBER_IS_OPTIONAL:
	case MEMBER_IS_JSON:
	case MEMBER_IS_TEXTS:
	case MEMBER_IS_BYTES:
	case MEMBER_IS_OBJECT:
	case MEMBER_IS_ELSEWHERE:
	case MEMBER_IS_NONE:
		break;
	}
}

const char *member_text_of(const struct member *member, const void *record)
{
	return *(const char *const *)(const void *)at(member, record);
}

void member_set_text(const struct member *member, void *record, const char *text)
{
	*(const char **)(void *)((char *)record + member->offset) = text;
}

struct str member_bytes(const struct member *member, const void *record)
{
	return *(const struct str *)(const void *)at(member, record);
}

void member_set_bytes(const struct member *member, void *record, struct str bytes)
{
	*(struct str *)(void *)((char *)record + member->offset) = bytes;
}

bool member_may_be(const struct member *member, int64_t number)
{
	bool is_any = !member->most && member->type != MEMBER_IS_WORD;

	return is_any || (number >= 0 && number <= member->most) ||
	       (member->or &&number == member->or);
}

int64_t member_kept_number(const struct member *member, int64_t number)
{
	bool is_time = member->type == MEMBER_IS_TIME || member->type == MEMBER_IS_DURATION;
	bool is_beyond = is_time && (number < 0 || number > RECORD_MOST_TIME);

	return is_beyond ? 0 : number;
}

const char *member_kept_text(const struct member *member, const char *text)
{
	if (text || member->otherwise)
		return text ? text : member->otherwise;
	return member->type == MEMBER_IS_TEXT ? "" : NULL;
}

void record_keep(const struct member *members, void *record)
{
	for (const struct member *member = members; member->type; member++) {
		if (member->type == MEMBER_IS_OBJECT)
			record_keep(member->members, (char *)record + member->offset);
		else if (member_is_text(member))
			member_set_text(member, record,
				member_kept_text(member, member_text_of(member, record)));
		else
			member_set_number(member, record,
				member_kept_number(member, member_number(member, record)));
	}
}

static const char *const *texts_of(const struct member *member, const void *record)
{
	return *(const char *const *const *)(const void *)at(member, record);
}

static size_t texts_count(const struct member *member, const void *record)
{
	return *(const size_t *)(const void *)((const char *)record + member->count_offset);
}

static struct str copied_bytes(struct str bytes, struct arena *arena)
{
	return (struct str){ arena_str(arena, bytes), bytes.length };
}

static void copy_texts(const struct member *member, const void *from, void *to, struct arena *arena)
{
	size_t count = texts_count(member, from);
	const char *const *texts = texts_of(member, from);
	const char **copies = arena_array(arena, const char *, count + 1);

	for (size_t i = 0; i < count; i++)
		copies[i] = arena_text(arena, texts[i]);
	*(const char *const **)(void *)((char *)to + member->offset) = copies;
}

/* Most texts of many records are empty. */
static const char *copied_text(const char *text, struct arena *arena)
{
	return text && !*text ? "" : arena_text(arena, text);
}

/* Copies to `arena` the texts that `to`, a copy of the bytes of `from`, borrows. */
static void copy_what_is_borrowed(
	const struct member *members, const void *from, void *to, struct arena *arena)
{
	for (const struct member *member = members; member->type; member++) {
		if (member->type == MEMBER_IS_OBJECT)
			copy_what_is_borrowed(member->members, at(member, from),
				(char *)to + member->offset, arena);
		else if (member->type == MEMBER_IS_TEXTS)
			copy_texts(member, from, to, arena);
		else if (member->type == MEMBER_IS_BYTES)
			member_set_bytes(
				member, to, copied_bytes(member_bytes(member, from), arena));
		else if (member_is_text(member) && !member->outlives)
			member_set_text(
				member, to, copied_text(member_text_of(member, from), arena));
	}
}

void record_copy(
	const struct member *members, const void *from, void *to, size_t size, struct arena *arena)
{
	memcpy(to, from, size);
	copy_what_is_borrowed(members, from, to, arena);
}

/* ---- JSON ---- */

static bool is_empty(const struct member *member, const void *record)
{
	if (member->type == MEMBER_IS_TEXTS)
		return !texts_count(member, record);
	if (!member_is_text(member))
		return !member_number(member, record);
	const char *text = member_text_of(member, record);
	return !text || !*text;
}

static bool is_there(const struct member *member, const void *record)
{
	return member->key && (member->required || member->always || !is_empty(member, record));
}

static bool is_left_out(const struct member *members, const void *record)
{
	for (const struct member *member = members; member->type; member++)
		if (member->decides && is_empty(member, record))
			return true;
	return false;
}

/* Adds JSON that we stored. */
static void add_stored(cJSON *json, const char *key, const char *text)
{
	if (text && *text)
		cJSON_AddItemToObject(json, key, cJSON_CreateRaw(text));
}

static void add_texts(cJSON *json, const struct member *member, const void *record)
{
	const char *const *texts = texts_of(member, record);
	cJSON *list = cJSON_AddArrayToObject(json, member->key);

	for (size_t i = 0; i < texts_count(member, record); i++)
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
		cJSON_AddBoolToObject(json, member->key, number != 0);
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
	case MEMBER_IS_BYTES:
	case MEMBER_IS_OBJECT:
	case MEMBER_IS_ELSEWHERE:
	case MEMBER_IS_NONE:
		break;
	}
}

static void add_object(const struct member *member, const void *record, cJSON *json)
{
	const void *inside = at(member, record);

	if (!member->key)
		record_to_json(member->members, inside, json);
	else if (!is_left_out(member->members, inside))
		record_to_json(member->members, inside, cJSON_AddObjectToObject(json, member->key));
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

/* ---- metrics ---- */

/* A second that has begun counts: 0 is no wait at all. */
static int64_t waited(const struct member *member, const void *record, struct wall now)
{
	const void *inside = at(member, record);

	if (is_left_out(member->members, inside))
		return 0;
	for (const struct member *first = member->members; first->type; first++) {
		if (first->type != MEMBER_IS_TIME)
			continue;
		int64_t us = now.us - member_number(first, inside);
		return us > 0 ? (us + US_PER_SECOND - 1) / US_PER_SECOND : 0;
	}
	return 0;
}

int64_t member_figure(const struct member *member, const void *record, struct wall now)
{
	switch (member->metric.form) {
	case FIGURE_NUMBER:
		break;
	case FIGURE_IS_SET:
		return !is_empty(member, record);
	case FIGURE_SECONDS:
		return member_number(member, record) / US_PER_SECOND;
	case FIGURE_WAITED:
		return waited(member, record, now);
	}
	return member_number(member, record);
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
		return SHAPE_FLAG;
	case MEMBER_IS_OBJECT:
		return SHAPE_OBJECT;
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
		if (!member->key && member->type == MEMBER_IS_OBJECT)
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
