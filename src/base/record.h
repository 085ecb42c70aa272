/*
 * base/record.h - one table declares the members of a record; its columns in a store, its JSON, the
 * JSON Schema and deep copies derive from it.
 *
 *     const struct member cause_members[] = {
 *         MEMBER_COUNT(cause_row, event, .column = "event", .key = "event", .required = true,
 *             .help = "Id of the event"),
 *         MEMBER_TEXT(cause_row, rule, .column = "rule", ...),
 *         {0},
 *     };
 *
 * MEMBER_TEXT takes the member's offset and refuses a member of another C type, as field tables do
 * (base/field.h); a member of a struct inside is `content.luid`. A record is plain data. A struct
 * whose member has no row would be copied with a pointer that ends, and would lose that member in a
 * store: tests/unit/record_test.c compares each struct with its table.
 */
#pragma once
#include "base/arena.h"
#include "base/json.h"
#include <stddef.h>

enum member_type {
	MEMBER_IS_NONE,      /* ends a table */
	MEMBER_IS_TEXT,      /* const char *; NULL is stored as "" */
	MEMBER_IS_OPTIONAL,  /* const char *, or NULL */
	MEMBER_IS_JSON,      /* const char *, or NULL: JSON as we printed it */
	MEMBER_IS_TEXTS,     /* const char *const *, and a size_t with their number; not stored */
	MEMBER_IS_BYTES,     /* struct str; never in JSON */
	MEMBER_IS_COUNT,     /* int64_t */
	MEMBER_IS_INT,       /* int */
	MEMBER_IS_UNSIGNED,  /* unsigned */
	MEMBER_IS_FLAG,      /* bool */
	MEMBER_IS_WORD,      /* an enum: a number in a store, a word in JSON */
	MEMBER_IS_TIME,      /* struct wall; {0}: none */
	MEMBER_IS_DURATION,  /* int64_t, microseconds; "10m" in JSON */
	MEMBER_IS_OBJECT,    /* an object in JSON; of a struct inside, or of members of this one */
	MEMBER_IS_ELSEWHERE, /* in JSON only, and another function puts it there */
};

/* What a member is in JSON; by default what its type says. */
enum member_shape {
	SHAPE_OF_TYPE,
	SHAPE_TEXTS,  /* a list of texts */
	SHAPE_COUNTS, /* a list of numbers */
	SHAPE_MAP,    /* an object of any names, whose values are texts */
	SHAPE_LIST,   /* a list of objects: .members */
	SHAPE_TEXT,
	SHAPE_COUNT,
	SHAPE_FLAG,
	SHAPE_TIME,
	SHAPE_OBJECT, /* .members */
	SHAPE_ANY,
};

struct member {
	enum member_type type;
	size_t offset;
	size_t count_offset; /* MEMBER_IS_TEXTS */
	const char *column;  /* in a store; NULL: not stored */
	const char *key;     /* in JSON; NULL: it is not there */
	/* JSON leaves out what is empty: a text without a character, no time, a 0, a flag that is
	 * false. But: */
	bool required; /* is always there, and programs may rely on it (schemas/) */
	bool always;   /* is always there, and the schema does not promise it */
	bool decides;  /* when it is empty, the whole object around it is left out */
	enum member_shape shape;
	const char *help; /* a sentence without a full stop: the schema's description */
	/* Stored values beyond are damage: nobody writes them. Of a count, 0: any is taken; of a
	 * duration, 0: what is beyond the calendar is none, as of a time. */
	int64_t most, or ;              /* `or`: one value more that is taken */
	const char *(*word)(int value); /* MEMBER_IS_WORD; .most is its highest value */
	const struct member *members;   /* MEMBER_IS_OBJECT, SHAPE_LIST; {0} ends them */
	const char *select; /* what is read from a store, where it is not the column itself */
	/* of a text: what is stored for NULL; NULL: "", or no value where the member may be NULL */
	const char *otherwise;
};

#define MEMBER_OFFSET_(owner, path, ctype)                                                         \
	(offsetof(struct owner, path) * (size_t) _Generic(&((struct owner *)0)->path, ctype * : 1))
#define MEMBER_(owner, path, kind, ctype, ...)                                                     \
	{                                                                                          \
		.type = (kind), .offset = MEMBER_OFFSET_(owner, path, ctype), __VA_ARGS__          \
	}
#define MEMBER_TEXT(owner, path, ...)                                                              \
	MEMBER_(owner, path, MEMBER_IS_TEXT, const char *, __VA_ARGS__)
#define MEMBER_OPTIONAL(owner, path, ...)                                                          \
	MEMBER_(owner, path, MEMBER_IS_OPTIONAL, const char *, __VA_ARGS__)
#define MEMBER_JSON(owner, path, ...)                                                              \
	MEMBER_(owner, path, MEMBER_IS_JSON, const char *, __VA_ARGS__)
#define MEMBER_TEXTS(owner, path, counter, ...)                                                    \
	MEMBER_(owner, path, MEMBER_IS_TEXTS, const char *const *,                                 \
		.count_offset = MEMBER_OFFSET_(owner, counter, size_t), __VA_ARGS__)
#define MEMBER_BYTES(owner, path, ...)                                                             \
	MEMBER_(owner, path, MEMBER_IS_BYTES, struct str, __VA_ARGS__)
#define MEMBER_COUNT(owner, path, ...) MEMBER_(owner, path, MEMBER_IS_COUNT, int64_t, __VA_ARGS__)
#define MEMBER_INT(owner, path, ...) MEMBER_(owner, path, MEMBER_IS_INT, int, __VA_ARGS__)
#define MEMBER_UNSIGNED(owner, path, ...)                                                          \
	MEMBER_(owner, path, MEMBER_IS_UNSIGNED, unsigned, __VA_ARGS__)
#define MEMBER_FLAG(owner, path, ...) MEMBER_(owner, path, MEMBER_IS_FLAG, bool, __VA_ARGS__)
#define MEMBER_WORD(owner, path, enumeration, ...)                                                 \
	MEMBER_(owner, path, MEMBER_IS_WORD, enum enumeration, __VA_ARGS__)
#define MEMBER_TIME(owner, path, ...) MEMBER_(owner, path, MEMBER_IS_TIME, struct wall, __VA_ARGS__)
#define MEMBER_DURATION(owner, path, ...)                                                          \
	MEMBER_(owner, path, MEMBER_IS_DURATION, int64_t, __VA_ARGS__)
/* Of a struct inside, with a table of its own. */
#define MEMBER_STRUCT(owner, path, inner, ...)                                                     \
	MEMBER_(owner, path, MEMBER_IS_OBJECT, struct inner, __VA_ARGS__)
/* Of members of the same struct; without a key they are members of the same object. */
#define MEMBER_GROUP(...)                                                                          \
	{                                                                                          \
		.type = MEMBER_IS_OBJECT, __VA_ARGS__                                              \
	}
/* MEMBER_ELSEWHERE("captures", MAP, .help = "...") */
#define MEMBER_ELSEWHERE(name, form, ...)                                                          \
	{                                                                                          \
		.type = MEMBER_IS_ELSEWHERE, .key = (name), .shape = SHAPE_##form, __VA_ARGS__     \
	}

#define RECORD_MOST_COUNT (INT64_C(1) << 53) /* what a double, and so any JSON, keeps exactly */
#define RECORD_MOST_TIME (INT64_C(253402300800) * US_PER_SECOND) /* the end of the year 9999 */

/* ---- one member of the record at `record` ---- */

/* One text, also an optional one or JSON. */
static inline bool member_is_text(const struct member *member)
{
	return member->type == MEMBER_IS_TEXT || member->type == MEMBER_IS_OPTIONAL ||
	       member->type == MEMBER_IS_JSON;
}

/* Number, flag, word, time or duration as a number. */
int64_t member_number(const struct member *member, const void *record);
void member_set_number(const struct member *member, void *record, int64_t number);
/* Of member_is_text(); may be NULL. */
const char *member_text_of(const struct member *member, const void *record);
void member_set_text(const struct member *member, void *record, const char *text);
struct str member_bytes(const struct member *member, const void *record);
void member_set_bytes(const struct member *member, void *record, struct str bytes);
/* May a store hold that number? What is no time counts as none, and may be there. */
bool member_may_be(const struct member *member, int64_t number);
/* The number as a store keeps it: none, for a time or an open duration beyond the calendar. */
int64_t member_kept_number(const struct member *member, int64_t number);
/* The text as a store keeps it: `otherwise` or "" for NULL, where the member is never NULL. */
const char *member_kept_text(const struct member *member, const char *text);

/* ---- the whole record ---- */

/* `to` is a copy of `from`, `size` bytes, whose texts live in `arena`. */
void record_copy(
	const struct member *members, const void *from, void *to, size_t size, struct arena *arena);
/* The record as a store keeps it, and gives it back. */
void record_keep(const struct member *members, void *record);
/* Adds the members that have a key to the object `json`, in the table's order. */
void record_to_json(const struct member *members, const void *record, cJSON *json);
/*
 * JSON Schema (draft-07) of what record_to_json() writes and what is written elsewhere. New members
 * may be added later, and programs ignore members that they do not know: so the schema allows
 * additional ones. The caller owns it.
 */
cJSON *record_schema(const char *id, const char *title, const struct member *members);
