/*
 * cli/events/redact.c - each value is kept because it has a form that no name has, or it is
 * replaced; members that are not named here are left out.
 */
#include "cli/events/redact.h"
#include "cli/member.h"
#include "event/signature.h"
#include "store/store.h"
#include <sys/random.h>

#define KEY_BYTES 32
#define LEAST_KEY 16 /* bytes: 128 bits, if they are random */
#define DIGITS 16
#define LONGEST_ID 64 /* dbt's have at most 31 (src/event/README.md, Fields) */

struct redaction {
	struct signing_key *key;
	bool keeps[EVENT_FIELD_COUNT];
};

/* NULL when it cannot be read, or could be guessed. */
static struct secret *read_key(const char *path, struct error *err)
{
	const struct secret_ref ref = { .from = SECRET_FROM_FILE, .name = path };
	OWNED(secret) key = secret_load(&ref, err);
	if (!key || secret_bytes(key).length >= LEAST_KEY)
		return TAKE(key);
	IGNORE(error_fail(err, ERROR_INPUT, /* false; NULL is returned */
		"%s: the key has less than %d bytes, so that it can be guessed; `openssl rand -hex "
		"32` makes one",
		path, LEAST_KEY));
	return NULL;
}

static struct secret *random_key(struct error *err)
{
	char bytes[KEY_BYTES];
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
		IGNORE(error_fail(err, ERROR_SYSTEM, "no random key can be made"));
		return NULL;
	}
	struct secret *key = secret_copy((struct str){ bytes, sizeof bytes });
	secret_wipe(bytes, sizeof bytes);
	return key;
}

struct redaction *redaction_new(const char *key_path, struct error *err)
{
	OWNED(secret) key = key_path ? read_key(key_path, err) : random_key(err);
	if (!key)
		return NULL;
	struct redaction *redaction = mem_new(struct redaction);
	redaction->key = signing_key_new(key);
	return redaction;
}

void redaction_free(struct redaction *redaction)
{
	if (!redaction)
		return;
	signing_key_free(redaction->key);
	free(redaction);
}

void redaction_keep(struct redaction *redaction, enum event_field field)
{
	redaction->keeps[field] = true;
}

/* ---- what is kept ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Digits, or "wev_" or "wsu_" and 27 letters and digits (src/event/README.md, Fields). */
static bool is_id(const char *text)
{
	size_t length = strlen(text);
	bool is_long = !strncmp(text, "wev_", 4) || !strncmp(text, "wsu_", 4);
	const char *at = is_long ? text + 4 : text;
	if (length > LONGEST_ID || (is_long && length != 31))
		return false;
	while (is_digit(*at) || (is_long && is_letter(*at)))
		at++;
	return !*at;
}

static bool is_word(const char *const *words, const char *text)
{
	while (*words && strcmp(*words, text) != 0)
		words++;
	return *words;
}

static bool is_time(const char *text)
{
	struct wall ignored;
	return wall_parse(str_of(text), &ignored);
}

/* "1.9.0", "2026.10.1+abc", "versionless" */
static bool is_version(const char *text)
{
	const char *at = text;
	if (!strcmp(text, "versionless") || !strcmp(text, "latest"))
		return true;
	while (is_digit(*at) || *at == '.')
		at++;
	return at != text && (!*at || *at == '-' || *at == '+') &&
	       strspn(at, "0123456789abcdef.-+rc") == strlen(at) && strlen(text) <= LONGEST_ID;
}

/* Has the value a form that no name has? */
static bool is_harmless(enum event_field field, const char *text)
{
	if (event_field_describe(field)->is_id)
		return is_id(text);
	if (event_field_words(field))
		return is_word(event_field_words(field), text);
	switch ((int)field) {
	case EVENT_DBT_VERSION:
		return is_version(text);
	case EVENT_RUN_STARTED_AT:
	case EVENT_RUN_FINISHED_AT:
	case EVENT_TIMESTAMP:
		return is_time(text);
	default:
		return false;
	}
}

/* ---- what is replaced ---- */

#define REPLACED_SIZE (sizeof "name-" + DIGITS)

static const char *replace(
	const struct redaction *redaction, const char *text, char out[REPLACED_SIZE])
{
	char digits[SIGNATURE_TEXT_SIZE];
	signature_make(str_of(text), redaction->key, digits);
	snprintf(out, REPLACED_SIZE, "name-%.*s", DIGITS, digits);
	return out;
}

/* Adds the field's value to `fields`, or another one and the field's name to `replaced`. */
static void add_field(const struct redaction *redaction, enum event_field field, const char *text,
	cJSON *fields, cJSON *replaced)
{
	char other[REPLACED_SIZE];
	const char *name = event_field_describe(field)->name;
	if (redaction->keeps[field] || is_harmless(field, text)) {
		json_add_text(fields, name, text);
		return;
	}
	json_add_text(fields, name, replace(redaction, text, other));
	cJSON_AddItemToArray(replaced, cJSON_CreateString(name));
}

static void add_fields(const struct redaction *redaction, const cJSON *event, cJSON *out)
{
	const cJSON *given = json_get(event, "fields");
	cJSON *fields = cJSON_AddObjectToObject(out, "fields");
	cJSON *replaced = cJSON_AddArrayToObject(out, "redacted");
	for (enum event_field field = 0; field < EVENT_FIELD_COUNT; field++) {
		const char *text = json_text(given, event_field_describe(field)->name);
		if (*text)
			add_field(redaction, field, text, fields, replaced);
	}
}

static void add_time(const cJSON *event, const char *key, cJSON *out)
{
	if (is_time(json_text(event, key)))
		json_add_text(out, key, json_text(event, key));
}

static void add_outcome(const cJSON *event, cJSON *out)
{
	if (is_word(event_outcomes, json_text(event, "outcome")))
		json_add_text(out, "outcome", json_text(event, "outcome"));
}

static void add_matched(const struct redaction *redaction, const cJSON *event, cJSON *out)
{
	char other[REPLACED_SIZE];
	const cJSON *rule;
	cJSON *matched = cJSON_AddArrayToObject(out, "matched");
	cJSON_ArrayForEach(rule, json_get(event, "matched"))
	{
		if (cJSON_IsString(rule))
			cJSON_AddItemToArray(matched,
				cJSON_CreateString(replace(redaction, rule->valuestring, other)));
	}
}

static void add_refreshes(const cJSON *event, cJSON *out)
{
	const cJSON *refresh;
	cJSON *refreshes = cJSON_AddArrayToObject(out, "refreshes");
	cJSON_ArrayForEach(refresh, json_get(event, "refreshes"))
	{
		if (cJSON_IsNumber(refresh))
			cJSON_AddItemToArray(refreshes, cJSON_CreateNumber(refresh->valuedouble));
	}
}

cJSON *redaction_apply(const struct redaction *redaction, const cJSON *event)
{
	char other[REPLACED_SIZE];
	cJSON *out = cJSON_CreateObject();
	const char *source = json_text(event, "source"), *id = json_text(event, "event_id");
	json_add_count(out, "id", cli_member_count(event, "id"));
	json_add_text(out, "source",
		redaction->keeps[EVENT_SOURCE] ? source : replace(redaction, source, other));
	json_add_text(out, "event_id",
		redaction->keeps[EVENT_EVENT_ID] || is_id(id) ? id : replace(redaction, id, other));
	add_time(event, "received_at", out);
	add_time(event, "finished_at", out);
	add_outcome(event, out);
	add_fields(redaction, event, out);
	add_matched(redaction, event, out);
	add_refreshes(event, out);
	return out;
}
