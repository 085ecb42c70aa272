/*
 * base/json.c - the text is checked against the grammar (RFC 8259) and copied with every number in
 * quotes, and every escape that is no character as U+FFFD; cJSON then builds the tree from the
 * copy. cJSON alone would read numbers as doubles, end a text at \u0000, refuse half a surrogate
 * pair, and let several non-JSON texts pass.
 */
#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/units.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* a parser may ignore it, RFC 8259, section 8.1 */
#define REPLACEMENT "\xef\xbf\xbd"     /* U+FFFD */

struct reader {
	struct str bytes;
	size_t offset;
	int depth;
	struct text quoted; /* the copy */
	struct error *err;
};

/* ---- the grammar ---------------------------------------------------------------------------- */

static int peek(const struct reader *r)
{
	return r->offset < r->bytes.length ? (unsigned char)r->bytes.at[r->offset] : -1;
}

static bool refuse(struct reader *r, const char *what)
{
	return error_fail(r->err, ERROR_INPUT, "not JSON: %s at byte %zu", what, r->offset);
}

/* Copies what was read since `start`. */
static void add_piece(struct reader *r, size_t start)
{
	text_add_str(&r->quoted, (struct str){ r->bytes.at + start, r->offset - start });
}

static void skip_blanks(struct reader *r)
{
	for (int c = peek(r); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(r))
		r->offset++;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool skip_digits(struct reader *r)
{
	if (!is_digit(peek(r)))
		return refuse(r, "a digit is missing");
	while (is_digit(peek(r)))
		r->offset++;
	return true;
}

static bool read_number(struct reader *r)
{
	size_t start = r->offset;
	if (peek(r) == '-')
		r->offset++;
	if (peek(r) == '0')
		r->offset++;
	else if (!skip_digits(r))
		return false;
	if (is_digit(peek(r)))
		return refuse(r, "a number with a leading zero");
	if (peek(r) == '.') {
		r->offset++;
		if (!skip_digits(r))
			return false;
	}
	if (peek(r) == 'e' || peek(r) == 'E') {
		r->offset++;
		if (peek(r) == '+' || peek(r) == '-')
			r->offset++;
		if (!skip_digits(r))
			return false;
	}
	text_add_char(&r->quoted, '"');
	add_piece(r, start);
	text_add_char(&r->quoted, '"');
	return true;
}

/* Four hexadecimal digits at the reader; -1 when they are not. */
static int read_hex(struct reader *r)
{
	int value = 0;
	for (int i = 0; i < 4; i++, r->offset++) {
		int c = peek(r), lower = c | 0x20;
		if (is_digit(c))
			value = value * 16 + (c - '0');
		else if (c > 0 && lower >= 'a' && lower <= 'f')
			value = value * 16 + (lower - 'a' + 10);
		else
			return -1;
	}
	return value;
}

static bool is_low_surrogate(int unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* The second half of a surrogate pair, if it stands at the reader. */
static bool skip_low_surrogate(struct reader *r)
{
	struct reader ahead = *r;
	struct str left = { r->bytes.at + r->offset, r->bytes.length - r->offset };
	ahead.offset += 2;
	if (!str_starts(left, "\\u") || !is_low_surrogate(read_hex(&ahead)))
		return false;
	r->offset = ahead.offset;
	return true;
}

/* Behind "\u". RFC 8259, section 8.2: the grammar allows what is no character; it becomes one. */
static bool read_unicode_escape(struct reader *r, bool *is_character)
{
	int unit = read_hex(r);
	if (unit < 0)
		return refuse(r, "\\u wants four hexadecimal digits");
	if (unit >= 0xd800 && unit <= 0xdbff)
		*is_character = skip_low_surrogate(r);
	else
		*is_character = unit && !is_low_surrogate(unit);
	return true;
}

/* Behind the backslash; the escape, or U+FFFD in its place, is added to the copy. */
static bool read_escape(struct reader *r)
{
	size_t start = r->offset - 1;
	bool is_character = true;
	int c = peek(r);
	if (c <= 0 || !strchr("\"\\/bfnrtu", c))
		return refuse(r, "an unknown escape in a string");
	r->offset++;
	if (c == 'u' && !read_unicode_escape(r, &is_character))
		return false;
	if (is_character)
		add_piece(r, start);
	else
		text_add(&r->quoted, REPLACEMENT);
	return true;
}

/* Moves on to the next quote or backslash. */
static bool read_characters(struct reader *r)
{
	size_t start = r->offset;
	for (int c; (c = peek(r)) != '"' && c != '\\';) {
		struct str rest = { r->bytes.at + r->offset, r->bytes.length - r->offset };
		if (c < 0)
			return refuse(r, "a string without an end");
		if (c < 0x20)
			return refuse(r, "a control character in a string");
		size_t length = c < 0x80 ? 1 : str_character(rest);
		if (!length)
			return refuse(r, "a byte that is not UTF-8");
		r->offset += length;
	}
	add_piece(r, start);
	return true;
}

static bool read_string(struct reader *r)
{
	text_add_char(&r->quoted, '"');
	r->offset++;
	while (read_characters(r)) {
		bool is_end = peek(r) == '"';
		r->offset++;
		if (is_end) {
			text_add_char(&r->quoted, '"');
			return true;
		}
		if (!read_escape(r))
			break;
	}
	return false;
}

static bool read_value(struct reader *r);

/* The members of an object or the items of an array, from the opening bracket to the closing one.
 */
static bool read_container(struct reader *r, bool is_object)
{
	char closing = is_object ? '}' : ']';
	if (++r->depth > JSON_DEPTH)
		return refuse(r, "nested too deeply");
	text_add_char(&r->quoted, r->bytes.at[r->offset++]);
	skip_blanks(r);
	for (bool is_first = true; peek(r) != closing || !is_first; is_first = false) {
		if (is_object) {
			if (peek(r) != '"')
				return refuse(r, "a member's name is missing");
			if (!read_string(r))
				return false;
			skip_blanks(r);
			if (peek(r) != ':')
				return refuse(r, "':' is missing");
			text_add_char(&r->quoted, ':');
			r->offset++;
		}
		if (!read_value(r))
			return false;
		skip_blanks(r);
		if (peek(r) == closing)
			break;
		if (peek(r) != ',')
			return refuse(
				r, is_object ? "',' or '}' is missing" : "',' or ']' is missing");
		text_add_char(&r->quoted, ',');
		r->offset++;
		skip_blanks(r);
	}
	text_add_char(&r->quoted, closing);
	r->offset++;
	r->depth--;
	return true;
}

static bool read_word(struct reader *r, struct str word)
{
	struct str left = { r->bytes.at + r->offset, r->bytes.length - r->offset };
	if (left.length < word.length || memcmp(left.at, word.at, word.length) != 0)
		return refuse(r, "an unknown word");
	text_add_str(&r->quoted, word);
	r->offset += word.length;
	return true;
}

static bool read_value(struct reader *r)
{
	skip_blanks(r);
	int c = peek(r);
	switch (c) {
	case '{':
	case '[':
		return read_container(r, c == '{');
	case '"':
		return read_string(r);
	case 't':
		return read_word(r, STR("true"));
	case 'f':
		return read_word(r, STR("false"));
	case 'n':
		return read_word(r, STR("null"));
	case -1:
		return refuse(r, "a value is missing");
	default:
		if (c == '-' || is_digit(c))
			return read_number(r);
		return refuse(r, "an unexpected character");
	}
}

cJSON *json_parse(struct str bytes, struct error *err)
{
	struct reader reader = { .bytes = bytes, .err = err };
	text_init(&reader.quoted,
		TEXT_UNBOUNDED); /* at most three times what the caller has already bounded */
	cJSON *json = NULL;
	if (str_starts(bytes, BYTE_ORDER_MARK))
		reader.offset = strlen(BYTE_ORDER_MARK);
	if (read_value(&reader)) {
		skip_blanks(&reader);
		if (reader.offset != bytes.length)
			IGNORE(refuse(&reader, "something follows the value")); /* false */
		else if (!(json = cJSON_ParseWithLength(reader.quoted.at, reader.quoted.length)))
			IGNORE(error_fail(
				err, ERROR_INPUT, "not JSON that can be read")); /* false */
	}
	text_clear(&reader.quoted);
	return json;
}

/* ---- looking up ----------------------------------------------------------------------------- */

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

const char *json_duplicate_key(const cJSON *object)
{
	size_t count = (size_t)cJSON_GetArraySize(object);
	if (!cJSON_IsObject(object) || count < 2)
		return NULL;
	OWNED_MEMORY const char **names = mem_alloc(count * sizeof *names);
	size_t filled = 0;
	const cJSON *member;
	cJSON_ArrayForEach(member, object) names[filled++] = member->string ? member->string : "";
	qsort(names, filled, sizeof *names, compare_names);
	for (size_t i = 1; i < filled; i++)
		if (text_is(names[i - 1], names[i]))
			return names[i];
	return NULL;
}

const cJSON *json_get(const cJSON *object, const char *key)
{
	if (!cJSON_IsObject(object))
		return NULL;
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);
	return cJSON_IsNull(member) ? NULL : member;
}

const char *json_text(const cJSON *object, const char *key)
{
	const cJSON *member = json_get(object, key);
	if (cJSON_IsString(member) || cJSON_IsRaw(member))
		return member->valuestring;
	if (cJSON_IsBool(member))
		return cJSON_IsTrue(member) ? "true" : "false";
	return "";
}

bool json_count(const cJSON *object, const char *key, int64_t *count)
{
	return str_to_count(str_of(json_text(object, key)), count);
}

bool json_flag(const cJSON *object, const char *key, bool fallback)
{
	const char *text = json_text(object, key);
	if (text_is_nocase(text, "true") || text_is(text, "1"))
		return true;
	if (text_is_nocase(text, "false") || text_is(text, "0"))
		return false;
	return fallback;
}

struct wall json_time(const cJSON *object, const char *key)
{
	struct wall time = { 0 };
	if (!wall_parse(str_of(json_text(object, key)), &time))
		return (struct wall){ 0 };
	return time;
}

/* ---- building ------------------------------------------------------------------------------- */

static _Thread_local struct arena *used; /* json_use() */

static void *json_alloc(size_t size)
{
	return used ? arena_alloc(used, size) : mem_alloc(size);
}

static void json_drop(void *block)
{
	if (!used)
		free(block);
}

void json_use(struct arena *arena)
{
	used = arena;
}

void json_setup(void)
{
	cJSON_Hooks hooks = { .malloc_fn = json_alloc, .free_fn = json_drop };
	cJSON_InitHooks(&hooks);
}

/* RFC 8259, section 7: quote, backslash and what is below a blank are escaped; the rest stands. */
void json_quote(const char *value, struct text *out)
{
	text_add_char(out, '"');
	while (*value) {
		size_t plain = 0;
		while ((unsigned char)value[plain] >= 0x20 && value[plain] != '"' &&
			value[plain] != '\\')
			plain++;
		text_add_str(out, (struct str){ value, plain });
		value += plain;
		if (*value == '"' || *value == '\\')
			text_printf(out, "\\%c", *value++);
		else if (*value)
			text_printf(out, "\\u%04x", (unsigned char)*value++);
	}
	text_add_char(out, '"');
}

char *json_print(const cJSON *json)
{
	char *text = cJSON_PrintUnformatted(json);
	assert(text);
	return text;
}

void json_add_time(cJSON *object, const char *key, struct wall time)
{
	char text[WALL_TEXT_SIZE];
	if (wall_is_set(time))
		cJSON_AddStringToObject(object, key, wall_format(time, text));
}

void json_add_duration(cJSON *object, const char *key, int64_t us)
{
	char text[UNIT_TEXT_SIZE];
	if (us)
		cJSON_AddStringToObject(object, key, duration_format(us, text));
}

/* A message that was cut in the middle of a character must not make the whole answer invalid:
 * U+FFFD takes such a byte's place. */
static void add_repaired(struct text *out, struct str left)
{
	while (left.length) {
		size_t length = 1;
		while (length < 4 && length < left.length &&
			((unsigned char)left.at[length] & 0xc0) == 0x80)
			length++;
		bool is_good = str_is_utf8((struct str){ left.at, length });
		if (!is_good)
			length = 1;
		if (is_good)
			text_add_bytes(out, left.at, length);
		else
			text_add(out, REPLACEMENT);
		left.at += length;
		left.length -= length;
	}
}

void json_add_text(cJSON *object, const char *key, const char *text)
{
	if (!text)
		return;
	if (str_is_utf8(str_of(text))) {
		cJSON_AddStringToObject(object, key, text);
		return;
	}
	OWNED_TEXT struct text repaired;
	text_init(&repaired, TEXT_UNBOUNDED);
	add_repaired(&repaired, str_of(text));
	cJSON_AddStringToObject(object, key, repaired.at);
}

void json_add_count(cJSON *object, const char *key, int64_t count)
{
	char digits[24];                                                /* a sign, 19 digits, NUL */
	IGNORE(snprintf(digits, sizeof digits, "%" PRId64, count) < 0); /* it fits */
	cJSON_AddRawToObject(object, key, digits); /* not as a double, which has 53 bits */
}
