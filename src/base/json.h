/*
 * base/json.h - a stranger's JSON, read liberally and within bounds; built on cJSON.
 *
 * Numbers keep their digits: they arrive as text members, so that a 64-bit id survives and "a
 * number or a string of digits" is one case (src/tableau/README.md, JSON; src/event/README.md,
 * Fields). Reads all that RFC 8259 allows, to a bounded depth: \u0000 and half of a surrogate pair,
 * which are not text, become U+FFFD, and a byte order mark in front is skipped. Anything else, such
 * as a byte that is not UTF-8, is an error with its place. Member names are case-sensitive.
 */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/text.h"
#include <cjson/cJSON.h>

#define JSON_DEPTH 512 /* deeper nesting is refused; ours and dbt's is at most 5 deep */

typedef struct cJSON cJSON;
static inline void json_free_owned(cJSON **json)
{
	cJSON_Delete(*json);
}
#define OWNED_JSON __attribute__((cleanup(json_free_owned))) cJSON *

/* The caller owns the tree (cJSON_Delete). ERROR_INPUT names the offset and what is wrong. */
cJSON *json_parse(struct str bytes, struct error *err) MUST_USE;
/* The same; the tree lives in `arena`. */
const cJSON *json_parse_in(struct str bytes, struct arena *arena, struct error *err) MUST_USE;

/* The first key that the object itself (not a nested one) has twice; NULL: none, or not an
 * object. */
const char *json_duplicate_key(const cJSON *object);

/* NULL when absent, null, or not an object */
const cJSON *json_get(const cJSON *object, const char *key);
/* Text, number or boolean as text; "" when absent or null or not a scalar. Lives as long as the
 * tree. */
const char *json_text(const cJSON *object, const char *key);
const char *json_value_text(const cJSON *value); /* the same for the value itself */
bool json_count(const cJSON *object, const char *key,
	int64_t *count) MUST_USE; /* false when absent or not a whole number */
bool json_flag(const cJSON *object, const char *key,
	bool fallback); /* true, "true", "1" and their opposites */
struct wall json_time(const cJSON *object, const char *key); /* {0} when absent or no time */

/* Makes cJSON allocate with mem_alloc(), so that building never fails. Called once, at the start of
 * main(). */
void json_setup(void);
/*
 * From now on this thread's trees and texts live in `arena` and are freed with it: for a hot path
 * that makes many. cJSON_Delete() then frees nothing, so do not delete older trees meanwhile. NULL
 * ends this mode.
 */
void json_use(struct arena *arena);
/* Prints `json` without blanks; the caller frees with free(). */
char *json_print(const cJSON *json);
/* Appends `value` as a JSON string with quotes and escapes; faster than building a tree. */
void json_quote(const char *value, struct text *out);
void json_add_time(cJSON *object, const char *key, struct wall time); /* nothing when absent */
/* Adds "10m", as people write it; nothing when 0. */
void json_add_duration(cJSON *object, const char *key, int64_t us);
void json_add_text(cJSON *object, const char *key, const char *text); /* nothing when NULL */
void json_add_count(cJSON *object, const char *key, int64_t count);
