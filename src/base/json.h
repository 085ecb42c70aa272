/*
 * base/json.h - a stranger's JSON, read liberally and within bounds; built on cJSON.
 *
 * Numbers keep their digits: they arrive as text members, so that a 64-bit id survives and "a
 * number or a string of digits" is one case (src/tableau/README.md, JSON; src/event/README.md,
 * Fields). All that RFC 8259 allows is read, to a bounded depth: \u0000 and half of a surrogate
 * pair, which are no text, become U+FFFD, and a byte order mark in front is skipped. All else is an
 * error with its place, also a byte that is not UTF-8. Members are looked up case-sensitively.
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

/* The first key that stands twice in the object itself; NULL: none, or no object. */
const char *json_duplicate_key(const cJSON *object);

const cJSON *json_get(
	const cJSON *object, const char *key); /* NULL when absent, null, or not an object */
/* Text, number or boolean as text; "" when absent or null or not a scalar. Lives as long as the
 * tree. */
const char *json_text(const cJSON *object, const char *key);
const char *json_value_text(const cJSON *value); /* likewise, of the value itself */
bool json_count(const cJSON *object, const char *key,
	int64_t *count) MUST_USE; /* false when absent or not a whole number */
bool json_flag(const cJSON *object, const char *key,
	bool fallback); /* true, "true", "1" and their opposites */
struct wall json_time(const cJSON *object, const char *key); /* {0} when absent or no time */

/* Makes cJSON allocate with mem_alloc(): building never fails. Called once, first thing in main().
 */
void json_setup(void);
/*
 * Trees and texts that this thread makes from now on live in `arena` and are freed with it, not one
 * by one: for a hot path that makes and drops many. cJSON_Delete() then frees nothing, so nothing
 * made before may be deleted meanwhile. NULL: as usual again.
 */
void json_use(struct arena *arena);
/* Compact text of what we built; the caller frees with free(). */
char *json_print(const cJSON *json);
/* Appends `value` as a JSON string, quotes and escapes included: for what is printed often. */
void json_quote(const char *value, struct text *out);
void json_add_time(cJSON *object, const char *key, struct wall time); /* nothing when absent */
/* As people write it, "10m"; nothing when 0. */
void json_add_duration(cJSON *object, const char *key, int64_t us);
void json_add_text(cJSON *object, const char *key, const char *text); /* nothing when NULL */
void json_add_count(cJSON *object, const char *key, int64_t count);
