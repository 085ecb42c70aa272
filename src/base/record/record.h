/*
 * base/record/record.h - one table declares the members of a record; its columns in a store, its
 * JSON, the JSON Schema and deep copies derive from it.
 *
 *     const struct member cause_members[] = {
 *         MEMBER_COUNT(cause_row, event, .column = "event", .key = "event", .required = true,
 *             .help = "Id of the event"),
 *         MEMBER_TEXT(cause_row, rule, .column = "rule", ...),
 *         {0},
 *     };
 *
 * MEMBER_TEXT takes the member's offset and refuses a member of another C type, as field tables do
 * (base/record/field.h); a member of a struct inside is `content.luid`. A record is plain data. A
 * member without a row would be copied as a dangling pointer and be lost in a store:
 * tests/unit/record_test.c compares each struct with its table.
 */
#pragma once
#include "base/arena.h"
#include "base/json.h"
#include <stddef.h>

enum member_type {
	MEMBER_IS_NONE,     /* ends a table */
	MEMBER_IS_TEXT,     /* const char *; NULL is stored as "" */
	MEMBER_IS_OPTIONAL, /* const char *, or NULL */
	MEMBER_IS_JSON,     /* const char *, or NULL: JSON as we printed it */
	MEMBER_IS_TEXTS,    /* const char *const *, and a size_t with their number; not stored */
	MEMBER_IS_BYTES,    /* struct str; never in JSON */
	MEMBER_IS_COUNT,    /* int64_t */
	MEMBER_IS_INT,      /* int */
	MEMBER_IS_UNSIGNED, /* unsigned */
	MEMBER_IS_FLAG,     /* bool */
	MEMBER_IS_WORD,     /* an enum: a number in a store, a word in JSON */
	MEMBER_IS_TIME,     /* struct wall; {0}: none */
	MEMBER_IS_DURATION, /* int64_t, microseconds; "10m" in JSON */
	/* an enum and a text, which JSON has under the key of .members[enum]; true for no text */
	MEMBER_IS_CHOICE,
	/* an object in JSON, from a nested struct or from members of this one */
	MEMBER_IS_OBJECT,
	MEMBER_IS_ELSEWHERE, /* in JSON only, added by another function */
};

/* The form of a member in JSON; by default it follows from its type. */
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
	size_t count_offset; /* MEMBER_IS_TEXTS; of the text, MEMBER_IS_CHOICE */
	const char *column;  /* in a store; NULL: not stored */
	const char *key;     /* in JSON; NULL: not in JSON */
	/* JSON leaves out empty members: an empty text, no time, 0, false. Exceptions: */
	bool required;   /* it is always there, and programs may rely on it (schemas/) */
	bool always;     /* it is always there, but the schema does not promise it */
	bool outlives;   /* its text lives longer than any copy: it is not copied */
	bool decides;    /* if it is empty, the whole object is left out */
	bool may_differ; /* record_compare() ignores it */
	enum member_shape shape;
	const char *help;    /* a sentence without a full stop: the schema's description */
	const char *heading; /* of its column in a table for people; NULL: none */
	int heading_rank;    /* columns stand in order of rank, then in the order of the table */
	/* Larger stored values are damage, because we never write them. 0: for a count, any value
	 * is accepted; for a duration, values beyond the calendar read as none, as for a time. */
	int64_t most, also;             /* `also`: one value more that is taken */
	const char *(*word)(int value); /* MEMBER_IS_WORD; .most is its highest value */
	int (*value)(const char *word); /* beyond .most for what is no such word */
	const char *says;               /* of a flag: the text that JSON has for true */
	const struct member *members;   /* MEMBER_IS_OBJECT, SHAPE_LIST; {0} ends them */
	const char *select; /* the SQL that reads it from a store, if it is not the column itself */
	/* for a text, what is stored for NULL; NULL: "", or no value if the member may be NULL */
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
/* A nested struct with a table of its own. */
#define MEMBER_STRUCT(owner, path, inner, ...)                                                     \
	MEMBER_(owner, path, MEMBER_IS_OBJECT, struct inner, __VA_ARGS__)
/* Members of the same struct, as an object; without a key they are members of the object around. */
#define MEMBER_GROUP(...)                                                                          \
	{                                                                                          \
		.type = MEMBER_IS_OBJECT, __VA_ARGS__                                              \
	}
/* MEMBER_ELSEWHERE("captures", MAP, .help = "...") */
#define MEMBER_ELSEWHERE(name, form, ...)                                                          \
	{                                                                                          \
		.type = MEMBER_IS_ELSEWHERE, .key = (name), .shape = SHAPE_##form, __VA_ARGS__     \
	}

/* the most that a double, and so any JSON, holds exactly */
#define RECORD_MOST_COUNT (INT64_C(1) << 53)
#define RECORD_MOST_TIME (INT64_C(253402300800) * US_PER_SECOND) /* the end of the year 9999 */

#define MEMBER_CHOICE(owner, path, enumeration, text, ...)                                         \
	MEMBER_(owner, path, MEMBER_IS_CHOICE, enum enumeration,                                   \
		.count_offset = MEMBER_OFFSET_(owner, text, const char *), __VA_ARGS__)

/* ---- one member of the record at `record` ---- */

/* Is it a text, an optional text, or JSON? */
static inline bool member_is_text(const struct member *member)
{
	return member->type == MEMBER_IS_TEXT || member->type == MEMBER_IS_OPTIONAL ||
	       member->type == MEMBER_IS_JSON;
}

/* A number, flag, word, time or duration as a number. */
int64_t member_number(const struct member *member, const void *record);
void member_set_number(const struct member *member, void *record, int64_t number);
/* The text of a member for which member_is_text(); may be NULL. */
const char *member_text_of(const struct member *member, const void *record);
void member_set_text(const struct member *member, void *record, const char *text);
/* Of MEMBER_IS_CHOICE, whose enum is its number. */
const char *member_choice_text(const struct member *member, const void *record);
void member_set_choice(const struct member *member, void *record, int value, const char *text);
/* Of MEMBER_IS_TEXTS. */
const char *const *member_texts(const struct member *member, const void *record);
size_t member_texts_count(const struct member *member, const void *record);
void member_set_texts(
	const struct member *member, void *record, const char *const *texts, size_t count);
struct str member_bytes(const struct member *member, const void *record);
void member_set_bytes(const struct member *member, void *record, struct str bytes);
/* Is there nothing that JSON would have to show? */
bool member_is_empty(const struct member *member, const void *record);
/* May a store hold this number? A number that is not a time counts as none, and is allowed. */
bool member_may_be(const struct member *member, int64_t number);
/* The number as stored: none for a time, or an unbounded duration, beyond the calendar. */
int64_t member_kept_number(const struct member *member, int64_t number);
/* The text as stored: `otherwise` or "" for NULL, if the member is never NULL. */
const char *member_kept_text(const struct member *member, const char *text);

/* ---- the whole record ---- */

/* Is a member empty that .decides? */
bool record_is_left_out(const struct member *members, const void *record);
/* Makes `to` a copy of `from` (`size` bytes) with its texts in `arena`. */
void record_copy(
	const struct member *members, const void *from, void *to, size_t size, struct arena *arena);
/* Orders two records by their members in the table's order, except those that may differ; 0: they
 * are equal. A text that is NULL comes first. */
int record_compare(const struct member *members, const void *a, const void *b);
/* Changes the record to what a store would return for it. */
void record_keep(const struct member *members, void *record);
/* Adds the members that have a key to the object `json`, in the table's order. */
void record_to_json(const struct member *members, const void *record, cJSON *json);
/*
 * Fills `record`, which holds the defaults, from what record_to_json() wrote; `what` names it in
 * errors ("a selection"). Refuses what would give it another meaning: a key that the table does
 * not have, a missing text or word, an optional text that is empty or no text, no choice or two. A
 * number, duration or list that cannot be read leaves the default.
 */
bool record_from_json(const struct member *members, const cJSON *json, const char *what,
	void *record, struct arena *arena, struct error *err) MUST_USE;
/*
 * Fills `record` with what can be read of what record_to_json() wrote, perhaps in another release:
 * for what is shown and decides nothing. A text that is not there is "", or NULL if it is optional.
 */
void record_read(
	const struct member *members, const cJSON *json, void *record, struct arena *arena);
/* Reads only the members that are lists of texts. */
void record_texts_from_json(
	const struct member *members, const cJSON *json, void *record, struct arena *arena);
/*
 * JSON Schema (draft-07) of the members that record_to_json() and other functions write. New
 * members may be added later, and programs ignore members that they do not know: so the schema
 * allows additional ones. The caller owns it.
 */
cJSON *record_schema(const char *id, const char *title, const struct member *members);
