/*
 * base/record/field.h - one table declares the fields of a map; loader, defaults, bounds, messages,
 * JSON Schema, help and manual derive from it.
 *
 *     static const struct field site_fields[] = {
 *         FIELD_TEXT(site, name, .required = true, .help = "What rules and logs call this site"),
 *         FIELD_COUNT(site, max_requests, .fallback = "8", .min = 1, .max = 64, .help = "..."),
 *         {0},
 *     };
 *
 * FIELD_COUNT takes the member's offset and refuses a member of another C type. A fallback is
 * written and parsed as a user's value is. The struct that is filled is plain data; texts and lists
 * live in the arena.
 */
#pragma once
#include "base/arena.h"
#include "base/json.h"
#include "base/problem/problem.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/yaml/yaml.h"
#include <stddef.h>

enum field_type {
	FIELD_IS_TEXT,     /* const char *                                     */
	FIELD_IS_COUNT,    /* int64_t                                          */
	FIELD_IS_DURATION, /* int64_t, microseconds; bounds in microseconds    */
	FIELD_IS_SIZE,     /* int64_t, bytes                                   */
	FIELD_IS_BOOL,     /* bool                                             */
	FIELD_IS_CHOICE,   /* int: index into .choices                         */
	FIELD_IS_CHOICES,  /* unsigned: a bit for each, one word or a list     */
	FIELD_IS_TEXTS,    /* struct texts: one text or a list                 */
	FIELD_IS_PATH,     /* const char *, resolved beside the file           */
	FIELD_IS_PATHS,    /* struct texts, each resolved beside the file      */
	FIELD_IS_SECRET,   /* struct secret_ref                                */
	FIELD_IS_SECRETS,  /* struct list of struct secret_ref: one or a list  */
	FIELD_IS_ADDRESS,  /* struct field_address: a URL, or a reference to one     */
	FIELD_IS_MAP,      /* a struct filled by .fields                       */
	FIELD_IS_LIST,     /* struct list of structs filled by .fields         */
	FIELD_IS_SPECIAL,  /* const struct yaml_node *: read by the module; .schema describes it */
};

struct texts {
	size_t count;
	const char *const *items;
	const struct place *places;
};
struct list {
	size_t count;
	void *items;
}; /* items: an array of structs of the table's size */

/* A URL, which may be a secret as a whole. */
struct field_address {
	const char *url;          /* NULL: it is in `secret`, or there is none */
	struct secret_ref secret; /* .name NULL: none */
};

struct field {
	const char *name;     /* as written in the file */
	const char *formerly; /* what it was called in an earlier release; NULL: always this */
	enum field_type type;
	size_t offset;
	const char *help;     /* a sentence without a full stop; becomes the schema's description */
	const char *example;  /* as written in a file; YAML flow syntax */
	const char *fallback; /* NULL: zero, empty or absent */
	bool required;
	/* FIELD_IS_TEXT: base/yaml/yaml_look.h checks it for deceptive characters */
	bool is_name;
	int64_t min, max;           /* counts, durations, sizes; max 0 is "no bound" */
	const char *const *choices; /* FIELD_IS_CHOICE, FIELD_IS_CHOICES; NULL ends it */
	const struct field *fields; /* FIELD_IS_MAP, FIELD_IS_LIST */
	const char *alone; /* FIELD_IS_MAP: a text in its place is this field of it; NULL: none */
	size_t size;       /* FIELD_IS_LIST: of one item */
	/* FIELD_IS_LIST, FIELD_IS_MAP: offset plus 1 of an item's struct place; 0: it has none */
	size_t place_offset;
	const char *schema; /* FIELD_IS_SPECIAL: "#/definitions/NAME" */
};

#define FIELD_OFFSET_(owner, member, ctype)                                                        \
	(offsetof(struct owner, member) *                                                          \
		(size_t) _Generic(&((struct owner *)0)->member, ctype * : 1))
#define FIELD_(owner, member, kind, ctype, ...)                                                    \
	{                                                                                          \
		.name = #member, .type = (kind), .offset = FIELD_OFFSET_(owner, member, ctype),    \
		__VA_ARGS__                                                                        \
	}
#define FIELD_TEXT(owner, member, ...)                                                             \
	FIELD_(owner, member, FIELD_IS_TEXT, const char *, __VA_ARGS__)
#define FIELD_COUNT(owner, member, ...) FIELD_(owner, member, FIELD_IS_COUNT, int64_t, __VA_ARGS__)
#define FIELD_DURATION(owner, member, ...)                                                         \
	FIELD_(owner, member, FIELD_IS_DURATION, int64_t, __VA_ARGS__)
#define FIELD_SIZE(owner, member, ...) FIELD_(owner, member, FIELD_IS_SIZE, int64_t, __VA_ARGS__)
#define FIELD_BOOL(owner, member, ...) FIELD_(owner, member, FIELD_IS_BOOL, bool, __VA_ARGS__)
#define FIELD_CHOICE(owner, member, ...) FIELD_(owner, member, FIELD_IS_CHOICE, int, __VA_ARGS__)
#define FIELD_CHOICES(owner, member, ...)                                                          \
	FIELD_(owner, member, FIELD_IS_CHOICES, unsigned, __VA_ARGS__)
#define FIELD_ADDRESS(owner, member, ...)                                                          \
	FIELD_(owner, member, FIELD_IS_ADDRESS, struct field_address, __VA_ARGS__)
#define FIELD_TEXTS(owner, member, ...)                                                            \
	FIELD_(owner, member, FIELD_IS_TEXTS, struct texts, __VA_ARGS__)
#define FIELD_PATH(owner, member, ...)                                                             \
	FIELD_(owner, member, FIELD_IS_PATH, const char *, __VA_ARGS__)
#define FIELD_PATHS(owner, member, ...)                                                            \
	FIELD_(owner, member, FIELD_IS_PATHS, struct texts, __VA_ARGS__)
#define FIELD_SECRET(owner, member, ...)                                                           \
	FIELD_(owner, member, FIELD_IS_SECRET, struct secret_ref, __VA_ARGS__)
#define FIELD_SECRETS(owner, member, ...)                                                          \
	FIELD_(owner, member, FIELD_IS_SECRETS, struct list, __VA_ARGS__)
#define FIELD_MAP(owner, member, type_, ...)                                                       \
	FIELD_(owner, member, FIELD_IS_MAP, struct type_, .size = sizeof(struct type_), __VA_ARGS__)
#define FIELD_LIST(owner, member, type_, ...)                                                      \
	FIELD_(owner, member, FIELD_IS_LIST, struct list, .size = sizeof(struct type_), __VA_ARGS__)
#define FIELD_SPECIAL(owner, member, ...)                                                          \
	FIELD_(owner, member, FIELD_IS_SPECIAL, const struct yaml_node *, __VA_ARGS__)
#define FIELD_PLACE(owner, member) .place_offset = FIELD_OFFSET_(owner, member, struct place) + 1

/*
 * Fills `into` from `map` by `fields`, defaults first, and reports every problem (unknown keys with
 * the nearest name). `where` names the map in messages ("site 'finance'", "'when'"). `file` gives
 * positions, source lines and the folder of relative paths. False when it added an error; `into`
 * then holds what could be read.
 */
bool fields_load(const struct field *fields, const struct yaml_node *map, const char *where,
	const struct yaml_file *file, void *into, struct arena *arena, struct problems *problems);
/* Fills in the defaults only. */
void fields_default(const struct field *fields, void *into, struct arena *arena);

/*
 * JSON Schema (draft-07) of the map: {"type": "object", "properties": ..., "required": ...,
 * "additionalProperties": false}, each with description, default and example. The caller owns it.
 */
cJSON *fields_schema(const struct field *fields);
/*
 * Adds {"description": "HELP. Example: EXAMPLE"}; `example` may be NULL. Editors offer what stands
 * in "examples" as values, so only values that somebody may take as they stand belong there: a
 * number, a duration, a known word. A name of somebody's site or workbook would be an invention.
 */
void fields_add_description(cJSON *schema, const char *help, const char *example);
struct field_note {         /* what a manual says about a field; the texts live for the call */
	const char *name;   /* nested ones with dots: "sites[].pat.name" */
	const char *type;   /* "duration"; "" where the module reads the value itself */
	const char *limits; /* "required", "default 8, from 1 to 64"; or "" */
	const char *help;
};
typedef void field_visit(const struct field_note *note, void *context);
/* Visits every field, and those below it, in the order of the tables. */
void fields_describe(
	const struct field *fields, const char *prefix, field_visit *visit, void *context);
/* The same as a table: name, type, limits and help, a line a field. */
void fields_print(const struct field *fields, struct text *out);
