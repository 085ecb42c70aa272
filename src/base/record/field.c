/* base/record/field.c - walks a map by its table and fills a struct. */
#include "base/record/field.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/file.h"
#include "base/record/field_schema.h"
#include "base/suggest.h"
#include "base/units.h"
#include "base/yaml/yaml_look.h"

#define QUOTED_MOST 60 /* bytes of a value that a message repeats */
#define WHERE_BYTES 128
#define FIELDS_MOST 64 /* names that a suggestion looks through */

struct loader {
	const struct yaml_file *file; /* NULL for defaults alone */
	struct str source;            /* empty where a source line could show a secret */
	struct arena *arena;
	struct problems *problems; /* NULL for defaults: a wrong fallback is a bug of its table */
};

/* A value in a message: `%.*s` of QUOTED(text). */
#define QUOTED(text) (int)str_cut((text), QUOTED_MOST).length, (text).length ? (text).at : ""

static void *member_of(const struct field *field, void *owner)
{
	return (char *)owner + field->offset;
}

static bool wrong_type(const struct loader *l, const struct field *field,
	const struct yaml_node *node, const char *wanted)
{
	if (yaml_is_null(node))
		return problem_add(l->problems, PROBLEM_WRONG_TYPE, node->place, l->source,
			"'%s' has no value; %s is wanted%s", field->name, wanted,
			yaml_null_hint(node));
	return problem_add(l->problems, PROBLEM_WRONG_TYPE, node->place, l->source,
		"'%s' is %s, not %s", field->name, wanted, yaml_type_name(node));
}

/* ---- one value ------------------------------------------------------------------------------ */

static bool want_scalar(
	const struct loader *l, const struct field *field, const struct yaml_node *node)
{
	if (node->type == YAML_SCALAR && !yaml_is_null(node))
		return true;
	return wrong_type(l, field, node, "a text");
}

static const char *beside_file(const struct loader *l, struct str path)
{
	return file_beside(l->file ? l->file->path : NULL, arena_str(l->arena, path), l->arena);
}

/* A text or path, alone or in a list. */
static const char *read_text(
	const struct loader *l, const struct field *field, const struct yaml_node *node)
{
	if (!want_scalar(l, field, node))
		return NULL;
	bool is_path = field->type == FIELD_IS_PATH || field->type == FIELD_IS_PATHS;
	if (!node->text.length && (is_path || field->required)) {
		IGNORE(problem_add(l->problems, PROBLEM_BAD_VALUE, node->place, l->source,
			"'%s' must not be empty", field->name)); /* false */
		return NULL;
	}
	if (field->is_name && l->problems)
		yaml_look(node, YAML_NAME, l->source, l->problems);
	return is_path ? beside_file(l, node->text) : arena_str(l->arena, node->text);
}

static bool set_text(const struct loader *l, const struct field *field,
	const struct yaml_node *node, void *member)
{
	const char *text = read_text(l, field, node);
	if (text)
		*(const char **)member = text;
	return text != NULL;
}

static bool set_texts(const struct loader *l, const struct field *field,
	const struct yaml_node *node, void *member)
{
	if (node->type == YAML_MAP || yaml_is_null(node))
		return wrong_type(l, field, node, "a text or a list of texts");
	const struct yaml_node *const one[] = { node };
	bool is_list = node->type == YAML_LIST, is_good = true;
	size_t count = is_list ? node->count : 1;
	const struct yaml_node *const *nodes = is_list ? node->items : one;
	const char **items = arena_array(l->arena, const char *, count + 1);
	struct place *places = arena_array(l->arena, struct place, count + 1);
	size_t filled = 0;
	for (size_t i = 0; i < count; i++) {
		const char *text = read_text(l, field, nodes[i]);
		is_good = is_good && text;
		if (!text)
			continue;
		items[filled] = text;
		places[filled++] = nodes[i]->place;
	}
	*(struct texts *)member = (struct texts){ filled, items, places };
	return is_good;
}

/* In the unit of the field. */
static const char *format_number(const struct field *field, int64_t value, char out[UNIT_TEXT_SIZE])
{
	if (field->type == FIELD_IS_DURATION)
		return units_format_duration(value, out);
	if (field->type == FIELD_IS_SIZE)
		return units_format_size(value, out);
	IGNORE(snprintf(out, UNIT_TEXT_SIZE, "%" PRId64, value) < 0); /* 20 characters fit */
	return out;
}

void field_schema_bounds(const struct field *field, struct text *out)
{
	char low[UNIT_TEXT_SIZE], high[UNIT_TEXT_SIZE];
	if (field->max)
		text_printf(out, "from %s to %s", format_number(field, field->min, low),
			format_number(field, field->max, high));
	else if (field->min)
		text_printf(out, "at least %s", format_number(field, field->min, low));
}

static bool bad_number(
	const struct loader *l, const struct field *field, const struct yaml_node *node)
{
	OWNED_TEXT struct text bounds = TEXT(TEXT_UNBOUNDED);
	field_schema_bounds(field, &bounds);
	const char *wanted = field->type == FIELD_IS_DURATION ? "a duration such as 90s, 5m or 2h"
			     : field->type == FIELD_IS_SIZE   ? "a size such as 64KiB or 1MiB"
							      : "a whole number";
	return problem_add(l->problems, PROBLEM_BAD_VALUE, node->place, l->source,
		"'%s' is %s%s%s, not '%.*s'", field->name, wanted, bounds.length ? ", " : "",
		bounds.at, QUOTED(node->text));
}

static bool set_number(const struct loader *l, const struct field *field,
	const struct yaml_node *node, void *member)
{
	if (!want_scalar(l, field, node))
		return false;
	int64_t value = 0;
	bool is_good = field->type == FIELD_IS_DURATION ? units_parse_duration(node->text, &value)
		       : field->type == FIELD_IS_SIZE   ? units_parse_size(node->text, &value)
							: str_to_count(node->text, &value);
	if (!is_good || value < field->min || (field->max && value > field->max))
		return bad_number(l, field, node);
	*(int64_t *)member = value;
	return true;
}

static bool set_bool(const struct loader *l, const struct field *field,
	const struct yaml_node *node, void *member)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = { { "true", true }, { "false", false }, { "yes", true }, { "no", false },
		{ "on", true }, { "off", false } };
	if (!want_scalar(l, field, node))
		return false;
	char text[8] = ""; /* longer than each word */
	if (node->text.length < sizeof text)
		memcpy(text, node->text.at, node->text.length);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!text_is_nocase(text, words[i].word))
			continue;
		*(bool *)member = words[i].value;
		return true;
	}
	return problem_add(l->problems, PROBLEM_BAD_VALUE, node->place, l->source,
		"'%s' is true or false, not '%.*s'", field->name, QUOTED(node->text));
}

static const char *hint_of(
	const struct loader *l, struct str word, const char *const *names, size_t count)
{
	if (!problems_errors_are_read(l->problems))
		return "";
	return suggest_hint(arena_str(l->arena, word), names, count, l->arena);
}

static bool bad_choice(
	const struct loader *l, const struct field *field, const struct yaml_node *node)
{
	OWNED_TEXT struct text list = TEXT(TEXT_UNBOUNDED);
	size_t count = 0;
	for (; field->choices[count]; count++) {
		bool is_last = count && !field->choices[count + 1];
		text_printf(&list, "%s%s",
			is_last ? " or "
			: count ? ", "
				: "",
			field->choices[count]);
	}
	IGNORE(problem_add(l->problems, PROBLEM_BAD_VALUE, node->place, l->source,
		"'%s' is %s, not '%.*s'%s", field->name, list.at, QUOTED(node->text),
		hint_of(l, node->text, field->choices, count))); /* false */
	if (problems_errors_are_read(l->problems))
		problem_set_fix(l->problems, node->place, node->text,
			suggest_only(arena_str(l->arena, str_cut(node->text, QUOTED_MOST)),
				field->choices, count));
	return false;
}

static bool set_choice(const struct loader *l, const struct field *field,
	const struct yaml_node *node, void *member)
{
	if (!want_scalar(l, field, node))
		return false;
	for (int i = 0; field->choices[i]; i++) {
		if (!str_is(node->text, field->choices[i]))
			continue;
		*(int *)member = i;
		return true;
	}
	return bad_choice(l, field, node);
}

static bool set_choices(const struct loader *l, const struct field *field,
	const struct yaml_node *node, void *member)
{
	if (node->type == YAML_MAP || yaml_is_null(node))
		return wrong_type(l, field, node, "a word or a list of words");
	const struct yaml_node *const one[] = { node };
	bool is_list = node->type == YAML_LIST, is_good = true;
	unsigned chosen = 0;
	for (size_t i = 0; i < (is_list ? node->count : 1); i++) {
		int choice = 0;
		if (set_choice(l, field, is_list ? node->items[i] : one[i], &choice))
			chosen |= 1u << choice;
		else
			is_good = false;
	}
	*(unsigned *)member = chosen;
	return is_good;
}

/* ---- secrets -------------------------------------------------------------------------------- */

/* A value in the place of a secret may be the secret: neither it nor its source line is ever
 * shown. */
static bool bad_secret(const struct loader *l, enum problem_code code, struct place place,
	const struct field *field, const char *what)
{
	return problem_add(
		l->problems, code, place, (struct str){ NULL, 0 }, "'%s' %s", field->name, what);
}

/* POSIX, Base Definitions 8.1: letters, digits and underscores, no digit first. */
static bool is_variable_name(struct str name)
{
	for (size_t i = 0; i < name.length; i++) {
		char c = name.at[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (!is_letter && !(i && c >= '0' && c <= '9'))
			return false;
	}
	return name.length > 0;
}

static bool set_secret(const struct loader *l, const struct field *field,
	const struct yaml_node *node, void *member)
{
	static const char *const kinds[] = {
		[SECRET_FROM_ENV] = "env",
		[SECRET_FROM_FILE] = "file",
		[SECRET_FROM_CREDENTIAL] = "credential",
	};
	if (node->type == YAML_SCALAR)
		return bad_secret(l, PROBLEM_INLINE_SECRET, node->place, field,
			"is a reference, never the secret itself; write {env: NAME}, {file: PATH} "
			"or {credential: NAME}");
	if (node->type == YAML_LIST)
		return bad_secret(l, PROBLEM_WRONG_TYPE, node->place, field,
			"is one of {env: NAME}, {file: PATH} and {credential: NAME}, not a list");
	for (int i = 0; i < 3 && node->count == 1; i++) {
		const struct yaml_node *value = yaml_get(node, kinds[i]);
		if (!value)
			continue;
		if (value->type != YAML_SCALAR || !value->text.length || yaml_is_null(value))
			return bad_secret(l, PROBLEM_BAD_VALUE, value->place, field,
				"refers to nothing; a name or path is wanted");
		if (i == SECRET_FROM_ENV && !is_variable_name(value->text))
			return bad_secret(l, PROBLEM_BAD_VALUE, value->place, field,
				"wants the name of an environment variable after 'env', and this "
				"cannot be one");
		if (i == SECRET_FROM_CREDENTIAL && memchr(value->text.at, '/', value->text.length))
			return bad_secret(l, PROBLEM_BAD_VALUE, value->place, field,
				"wants the name of a credential after 'credential', without '/'");
		*(struct secret_ref *)member = (struct secret_ref){
			.from = (enum secret_from)i,
			.name = i == SECRET_FROM_FILE ? beside_file(l, value->text)
						      : arena_str(l->arena, value->text),
			.line = node->place.line,
			.column = node->place.column,
		};
		return true;
	}
	return bad_secret(l, PROBLEM_BAD_VALUE, node->place, field,
		"takes exactly one of 'env', 'file' and 'credential'");
}

static bool set_secrets(const struct loader *l, const struct field *field,
	const struct yaml_node *node, void *member)
{
	size_t count = node->type == YAML_LIST ? node->count : 1;
	struct secret_ref *refs = arena_array(l->arena, struct secret_ref, count + 1);
	bool is_fine = true;
	if (!count)
		return bad_secret(l, PROBLEM_BAD_VALUE, node->place, field,
			"is empty; at least one secret is wanted");
	for (size_t i = 0; i < count; i++)
		is_fine &= set_secret(
			l, field, node->type == YAML_LIST ? node->items[i] : node, &refs[i]);
	*(struct list *)member = (struct list){ count, refs };
	return is_fine;
}

static bool set_address(const struct loader *l, const struct field *field,
	const struct yaml_node *node, void *member)
{
	struct field_address *address = member;
	if (node->type != YAML_SCALAR)
		return set_secret(l, field, node, &address->secret);
	if (!node->text.length || yaml_is_null(node))
		return bad_secret(l, PROBLEM_BAD_VALUE, node->place, field,
			"is a URL, or {env: NAME}, {file: PATH} or {credential: NAME} of one");
	address->url = arena_str(l->arena, node->text);
	return true;
}

/* ---- maps ----------------------------------------------------------------------------------- */

static const struct field *field_named(const struct field *fields, struct str name)
{
	for (const struct field *field = fields; field->name; field++)
		if (str_is(name, field->name))
			return field;
	return NULL;
}

static void set_default(const struct loader *l, const struct field *field, void *into);

static void load_map(const struct loader *l, const struct field *fields,
	const struct yaml_node *map, const char *where, void *into);

static void set_place(const struct field *field, void *item, struct place place)
{
	if (field->place_offset)
		*(struct place *)(void *)((char *)item + field->place_offset - 1) = place;
}

static bool set_value(const struct loader *l, const struct field *field,
	const struct yaml_node *node, void *member);

/* A text in the place of a map; messages name the map. */
static bool set_alone(const struct loader *l, const struct field *field,
	const struct yaml_node *node, void *member)
{
	const struct field *named = field_named(field->fields, str_of(field->alone));
	assert(named); /* a table is ours */
	struct field alone = *named;
	alone.name = field->name;
	set_place(field, member, node->place);
	for (const struct field *inner = field->fields; inner->name; inner++)
		set_default(l, inner, member);
	return set_value(l, &alone, node, member_of(&alone, member));
}

static bool set_map(const struct loader *l, const struct field *field, const struct yaml_node *node,
	void *member)
{
	if (field->alone && node->type == YAML_SCALAR && !yaml_is_null(node))
		return set_alone(l, field, node, member);
	if (node->type != YAML_MAP)
		return wrong_type(l, field, node, field->alone ? "a text or a map" : "a map");
	char where[WHERE_BYTES];
	/* for messages only, so a cut is fine */
	IGNORE(snprintf(where, sizeof where, "'%s'", field->name) < 0);
	set_place(field, member, node->place);
	load_map(l, field->fields, node, where, member);
	return true;
}

static bool set_list(const struct loader *l, const struct field *field,
	const struct yaml_node *node, void *member)
{
	if (node->type != YAML_LIST)
		return wrong_type(l, field, node, "a list of maps");
	char *items = arena_alloc(l->arena, field->size * (node->count + 1));
	size_t filled = 0;
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *entry = node->items[i];
		if (entry->type != YAML_MAP) {
			IGNORE(wrong_type(l, field, entry, "a list of maps")); /* false */
			continue;
		}
		void *item = items + field->size * filled++;
		char where[WHERE_BYTES];
		IGNORE(snprintf(where, sizeof where, "entry %zu of '%s'", i + 1, field->name) <
			0); /* for messages only; cut is fine */
		set_place(field, item, entry->place);
		load_map(l, field->fields, entry, where, item);
	}
	*(struct list *)member = (struct list){ filled, items };
	return true;
}

static bool set_value(const struct loader *l, const struct field *field,
	const struct yaml_node *node, void *member)
{
	switch (field->type) {
	case FIELD_IS_TEXT:
	case FIELD_IS_PATH:
		return set_text(l, field, node, member);
	case FIELD_IS_COUNT:
	case FIELD_IS_DURATION:
	case FIELD_IS_SIZE:
		return set_number(l, field, node, member);
	case FIELD_IS_BOOL:
		return set_bool(l, field, node, member);
	case FIELD_IS_CHOICE:
		return set_choice(l, field, node, member);
	case FIELD_IS_TEXTS:
	case FIELD_IS_PATHS:
		return set_texts(l, field, node, member);
	case FIELD_IS_SECRET:
		return set_secret(l, field, node, member);
	case FIELD_IS_SECRETS:
		return set_secrets(l, field, node, member);
	case FIELD_IS_CHOICES:
		return set_choices(l, field, node, member);
	case FIELD_IS_ADDRESS:
		return set_address(l, field, node, member);
	case FIELD_IS_MAP:
		return set_map(l, field, node, member);
	case FIELD_IS_LIST:
		return set_list(l, field, node, member);
	case FIELD_IS_SPECIAL:
		*(const struct yaml_node **)member = node;
		return true;
	}
	return false;
}

/* ---- defaults ------------------------------------------------------------------------------- */

const struct yaml_node *field_schema_example(const char *written, struct arena *arena)
{
	if (*written != '[' && *written != '{') {
		struct yaml_node *node = arena_new_of(arena, struct yaml_node);
		node->type = YAML_SCALAR;
		node->text = str_of(written);
		return node;
	}
	struct problems *problems = problems_new();
	const struct yaml_file *file = yaml_parse("", str_of(written), arena, problems);
	assert(file && !problems_error_count(problems)); /* a table is ours */
	problems_free(problems);
	return file->root;
}

static void set_default(const struct loader *l, const struct field *field, void *into)
{
	void *member = member_of(field, into);
	if (field->type == FIELD_IS_MAP) {
		for (const struct field *inner = field->fields; inner->name; inner++)
			set_default(l, inner, member);
		return;
	}
	if (!field->fallback)
		return;
	bool is_good = set_value(l, field, field_schema_example(field->fallback, l->arena), member);
	assert(is_good);
}

void fields_default(const struct field *fields, void *into, struct arena *arena)
{
	const struct loader loader = { .arena = arena };
	for (const struct field *field = fields; field->name; field++)
		set_default(&loader, field, into);
}

/* ---- the table ------------------------------------------------------------------------------ */

/* The field that had this name in an earlier release, or NULL. */
static const char *now_called(const struct field *fields, struct str key)
{
	for (const struct field *field = fields; field->name; field++)
		if (field->formerly && str_is(key, field->formerly))
			return field->name;
	return NULL;
}

static const char *key_hint(
	const struct loader *l, struct str key, const char *const *names, size_t count)
{
	if (!problems_are_read(l->problems))
		return "";
	return suggest_key_hint(arena_str(l->arena, key), names, count, l->arena);
}

/*
 * An unknown key in a message. One that resembles no known key may itself be a secret, where the
 * map may hold one (`source` is empty then); and what follows a colon is a value that lacks a blank
 * before it: `secret:hunter2` is one text to YAML.
 */
static const char *shown_key(const struct loader *l, struct str key, bool resembles)
{
	const char *colon = key.length ? memchr(key.at, ':', key.length) : NULL;
	if (!l->source.length && !resembles)
		return "(not shown, for it may be a secret)";
	if (!colon)
		return arena_printf(l->arena, "'%.*s'", QUOTED(key));
	struct str before = { key.at, (size_t)(colon - key.at) };
	return arena_printf(l->arena, "'%.*s:...'", QUOTED(before));
}

static void report_unknown(const struct loader *l, const struct field *fields,
	const struct yaml_node *map, const struct yaml_node *key, const char *where)
{
	const char *names[FIELDS_MOST], *now = now_called(fields, key->text);
	size_t count = 0;
	OWNED_TEXT struct text list = TEXT(TEXT_UNBOUNDED);
	for (const struct field *field = fields; field->name && count < FIELDS_MOST; field++) {
		text_printf(&list, "%s%s", count ? ", " : "; known are ", field->name);
		names[count++] = field->name;
	}
	const char *hint = now ? arena_printf(l->arena, "; it is called '%s' now", now)
			       : key_hint(l, key->text, names, count);
	IGNORE(problem_add(l->problems, PROBLEM_UNKNOWN_FIELD, key->place, l->source,
		"unknown field %s in %s%s", shown_key(l, key->text, now || *hint), where,
		*hint ? hint : list.at)); /* false */
	if (!now && problems_errors_are_read(l->problems))
		now = suggest_only(
			arena_str(l->arena, str_cut(key->text, QUOTED_MOST)), names, count);
	if (now && !yaml_get(map, now)) /* a second one would not load */
		problem_set_fix(l->problems, key->place, key->text, now);
}

/*
 * May a source line of this map show a secret, under its own field or one with a misspelt name? The
 * map may stand on one line, so none of its problems is then printed with a source line.
 */
static bool may_show_secret(const struct field *fields, const struct yaml_node *map)
{
	bool has_secrets = false;
	for (const struct field *field = fields; field->name; field++)
		has_secrets = has_secrets || field->type == FIELD_IS_SECRET ||
			      field->type == FIELD_IS_SECRETS || field->type == FIELD_IS_ADDRESS;
	for (size_t i = 0; has_secrets && i < map->count; i++) {
		const struct field *field = field_named(fields, map->items[2 * i]->text);
		if (!field || field->type == FIELD_IS_SECRETS ||
			((field->type == FIELD_IS_SECRET || field->type == FIELD_IS_ADDRESS) &&
				map->items[2 * i + 1]->type != YAML_MAP))
			return true;
	}
	return false;
}

static void load_map(const struct loader *l, const struct field *fields,
	const struct yaml_node *map, const char *where, void *into)
{
	struct loader inner = *l;
	if (may_show_secret(fields, map))
		inner.source = (struct str){ NULL, 0 };
	for (size_t i = 0; i < map->count; i++)
		if (!field_named(fields, map->items[2 * i]->text))
			report_unknown(&inner, fields, map, map->items[2 * i], where);
	for (const struct field *field = fields; field->name; field++) {
		const struct yaml_node *node = yaml_get(map, field->name);
		/* A wrong value leaves the fallback in place. A nested map that is present fills
		 * its own defaults. */
		if (!node || field->type != FIELD_IS_MAP)
			if (!node || field->fallback)
				set_default(&inner, field, into);
		if (node)
			IGNORE(set_value(&inner, field, node,
				member_of(field, into))); /* the problem is added */
		else if (field->required)
			IGNORE(problem_add(l->problems, PROBLEM_MISSING_FIELD, map->place,
				inner.source, "'%s' is missing in %s", field->name,
				where)); /* false */
	}
}

bool fields_load(const struct field *fields, const struct yaml_node *map, const char *where,
	const struct yaml_file *file, void *into, struct arena *arena, struct problems *problems)
{
	const struct loader loader = {
		.file = file, .source = file->source, .arena = arena, .problems = problems
	};
	size_t errors_before = problems_error_count(problems);
	if (map->type == YAML_MAP)
		load_map(&loader, fields, map, where, into);
	else
		IGNORE(problem_add(problems, PROBLEM_WRONG_TYPE, map->place, file->source,
			"%s is a map, not %s", where,
			yaml_is_null(map) ? "empty" : yaml_type_name(map))); /* false */
	return problems_error_count(problems) == errors_before;
}
