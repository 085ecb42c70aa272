/*
 * base/json.c - one pass over the text checks it against the grammar (RFC 8259) and builds cJSON's
 * tree. cJSON's own parser would read numbers as doubles, end a text at \u0000, refuse half a
 * surrogate pair, and let several non-JSON texts pass.
 */
#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "base/text.h"
#include "base/units.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* a parser may ignore it, RFC 8259, section 8.1 */
#define REPLACEMENT "\xef\xbf\xbd"     /* U+FFFD */
#define REPLACEMENT_POINT 0xfffd
#define FEW_MEMBERS 32

struct json_reader {
	struct str bytes;
	size_t offset;
	int depth;
	struct text unescaped; /* of the string that is being read */
	struct error *err;
};

/* ---- memory --------------------------------------------------------------------------------- */

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

static char *copy_of(struct str text)
{
	char *copy = json_alloc(text.length + 1);
	if (text.length)
		memcpy(copy, text.at, text.length);
	copy[text.length] = '\0';
	return copy;
}

/* A new value at the end of `parent`, or the whole (NULL), under `name` (or NULL), which it takes.
 */
static cJSON *add_value(cJSON *parent, char *name, int type)
{
	cJSON *value = json_alloc(sizeof *value);
	*value = (cJSON){ .type = type, .string = name };
	if (parent) /* it never fails: the value is no part of anything yet */
		IGNORE(cJSON_AddItemToArray(parent, value));
	return value;
}

/* ---- the grammar ---------------------------------------------------------------------------- */

static int peek(const struct json_reader *r)
{
	return r->offset < r->bytes.length ? (unsigned char)r->bytes.at[r->offset] : -1;
}

/* Ends in the byte, which programs read; of several lines a person sees which one it is. */
static bool refuse(struct json_reader *r, const char *what)
{
	size_t lines = 1, begin = 0;
	for (size_t i = 0; i < r->offset && i < r->bytes.length; i++)
		if (r->bytes.at[i] == '\n') {
			lines++;
			begin = i + 1;
		}
	if (lines == 1)
		return error_fail(r->err, ERROR_INPUT, "not JSON: %s at byte %zu", what, r->offset);
	return error_fail(r->err, ERROR_INPUT, "not JSON: %s in line %zu, column %zu, at byte %zu",
		what, lines, r->offset - begin + 1, r->offset);
}

static struct str since(const struct json_reader *r, size_t start)
{
	return (struct str){ r->bytes.at + start, r->offset - start };
}

static struct str rest(const struct json_reader *r)
{
	return (struct str){ r->bytes.at + r->offset, r->bytes.length - r->offset };
}

static void skip_blanks(struct json_reader *r)
{
	for (int c = peek(r); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(r))
		r->offset++;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool skip_digits(struct json_reader *r)
{
	if (!is_digit(peek(r)))
		return refuse(r, "a digit is missing");
	while (is_digit(peek(r)))
		r->offset++;
	return true;
}

/* As it is written: a number of ours is its text. */
static bool read_number(struct json_reader *r, char **digits)
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
	*digits = copy_of(since(r, start));
	return true;
}

/* Four hexadecimal digits at the reader; -1 when they are not. */
static int read_hex(struct json_reader *r)
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

/* The second half of a surrogate pair, if it stands at the reader; else 0. */
static int read_low_surrogate(struct json_reader *r)
{
	struct json_reader ahead = *r;
	ahead.offset += 2;
	int unit = str_starts(rest(r), "\\u") ? read_hex(&ahead) : -1;
	if (!is_low_surrogate(unit))
		return 0;
	r->offset = ahead.offset;
	return unit;
}

/* Reads on after "\u". RFC 8259, section 8.2: the grammar allows escapes that are no character. */
static bool read_unicode_escape(struct json_reader *r)
{
	utf8proc_uint8_t bytes[4];
	int unit = read_hex(r), point = unit;
	if (unit < 0)
		return refuse(r, "\\u wants four hexadecimal digits");
	if (unit >= 0xd800 && unit <= 0xdbff) {
		int low = read_low_surrogate(r);
		point = low ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : 0;
	}
	if (!point || is_low_surrogate(point))
		point = REPLACEMENT_POINT;
	utf8proc_ssize_t length = utf8proc_encode_char(point, bytes);
	IGNORE(!text_add_bytes(&r->unescaped, bytes, (size_t)length));
	return true;
}

/* Behind the backslash. */
static bool read_escape(struct json_reader *r)
{
	static const char written[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	int c = peek(r);
	const char *found = c > 0 ? strchr(written, c) : NULL;
	if (!found && c != 'u')
		return refuse(r, "an unknown escape in a string");
	r->offset++;
	if (!found)
		return read_unicode_escape(r);
	text_add_char(&r->unescaped, meant[found - written]);
	return true;
}

/* ASCII that stands for itself in a string: no quote, backslash or control character. */
static const bool is_plain[256] = {
	[0x20 ... '"' - 1] = true,
	['"' + 1 ... '\\' - 1] = true,
	['\\' + 1 ... 0x7f] = true,
};

/* Moves on to the next quote or backslash. */
static bool skip_characters(struct json_reader *r)
{
	for (;;) {
		const char *at = r->bytes.at + r->offset, *end = r->bytes.at + r->bytes.length;
		while (at < end && is_plain[(unsigned char)*at])
			at++;
		r->offset = (size_t)(at - r->bytes.at);
		int c = peek(r);
		if (c == '"' || c == '\\')
			return true;
		if (c < 0)
			return refuse(r, "a string without an end");
		if (c < 0x20)
			return refuse(r, "a control character in a string");
		size_t length = str_character(rest(r));
		if (!length)
			return refuse(r, "a byte that is not UTF-8");
		r->offset += length;
	}
}

/* The text of the string at the reader. Few have an escape; those are put together apart. */
static bool read_string(struct json_reader *r, char **value)
{
	size_t start = ++r->offset;
	bool has_escape = false;
	for (;;) {
		if (!skip_characters(r))
			return false;
		struct str piece = since(r, start);
		bool is_end = peek(r) == '"';
		r->offset++;
		if (is_end && !has_escape) {
			*value = copy_of(piece);
			return true;
		}
		if (!has_escape)
			text_reset(&r->unescaped);
		has_escape = true;
		text_add_str(&r->unescaped, piece);
		if (is_end) {
			*value = copy_of(text_str(&r->unescaped));
			return true;
		}
		if (!read_escape(r))
			return false;
		start = r->offset;
	}
}

static bool read_value(struct json_reader *r, cJSON *parent, char *name, cJSON **whole);

/* The name of a member, and its colon. */
static bool read_name(struct json_reader *r, char **name)
{
	if (peek(r) != '"')
		return refuse(r, "a member's name is missing");
	if (!read_string(r, name))
		return false;
	skip_blanks(r);
	if (peek(r) != ':') {
		json_drop(*name);
		return refuse(r, "':' is missing");
	}
	r->offset++;
	return true;
}

/* The members of an object or the items of an array, from the opening bracket to the closing one.
 */
static bool read_container(struct json_reader *r, cJSON *container)
{
	bool is_object = cJSON_IsObject(container);
	char closing = is_object ? '}' : ']', *name = NULL;
	if (++r->depth > JSON_DEPTH)
		return refuse(r, "nested too deeply");
	r->offset++;
	skip_blanks(r);
	for (bool is_first = true; peek(r) != closing || !is_first; is_first = false) {
		if (is_object && !read_name(r, &name))
			return false;
		if (!read_value(r, container, name, NULL))
			return false;
		skip_blanks(r);
		if (peek(r) == closing)
			break;
		if (peek(r) != ',')
			return refuse(
				r, is_object ? "',' or '}' is missing" : "',' or ']' is missing");
		r->offset++;
		skip_blanks(r);
	}
	r->offset++;
	r->depth--;
	return true;
}

static bool read_word(struct json_reader *r, struct str word)
{
	struct str left = rest(r);
	if (left.length < word.length || memcmp(left.at, word.at, word.length) != 0)
		return refuse(r, "an unknown word");
	r->offset += word.length;
	return true;
}

/* What begins so is a value of this type; 0: nothing does. */
static int type_of(int c)
{
	switch (c) {
	case '{':
		return cJSON_Object;
	case '[':
		return cJSON_Array;
	case 't':
		return cJSON_True;
	case 'f':
		return cJSON_False;
	case 'n':
		return cJSON_NULL;
	default: /* numbers too are texts in the tree */
		return c == '"' || c == '-' || is_digit(c) ? cJSON_String : 0;
	}
}

/* Takes `name`. What was read belongs to `parent`, or is *whole, also when it fails halfway. */
static bool read_value(struct json_reader *r, cJSON *parent, char *name, cJSON **whole)
{
	skip_blanks(r);
	int c = peek(r), type = type_of(c);
	if (!type) {
		json_drop(name);
		return refuse(r, c < 0 ? "a value is missing" : "an unexpected character");
	}
	cJSON *value = add_value(parent, name, type);
	if (whole)
		*whole = value;
	switch (type) {
	case cJSON_Object:
	case cJSON_Array:
		return read_container(r, value);
	case cJSON_True:
		return read_word(r, STR("true"));
	case cJSON_False:
		return read_word(r, STR("false"));
	case cJSON_NULL:
		return read_word(r, STR("null"));
	default:
		return c == '"' ? read_string(r, &value->valuestring)
				: read_number(r, &value->valuestring);
	}
}

cJSON *json_parse(struct str bytes, struct error *err)
{
	struct json_reader reader = { .bytes = bytes, .err = err };
	cJSON *json = NULL;
	reader.unescaped = TEXT(TEXT_UNBOUNDED); /* at most what the caller has bounded */
	if (str_starts(bytes, BYTE_ORDER_MARK))
		reader.offset = strlen(BYTE_ORDER_MARK);
	bool is_good = read_value(&reader, NULL, NULL, &json);
	skip_blanks(&reader);
	if (is_good && reader.offset != bytes.length)
		is_good = refuse(&reader, "something follows the value");
	text_clear(&reader.unescaped);
	if (is_good)
		return json;
	if (!used) /* else it is the arena's, also where nobody called json_setup() */
		cJSON_Delete(json);
	return NULL;
}

const cJSON *json_parse_in(struct str bytes, struct arena *arena, struct error *err)
{
	json_use(arena);
	const cJSON *json = json_parse(bytes, err);
	json_use(NULL);
	return json;
}

/* ---- looking up ----------------------------------------------------------------------------- */

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* One of 64, by which most names differ. */
static uint64_t mark_of(const char *name)
{
	uint32_t hash = 0;
	for (; *name; name++)
		hash = hash * 31 + (unsigned char)*name;
	return UINT64_C(1) << (hash % 64);
}

/* Of few members, as a delivery has them: quicker than to sort. */
static const char *duplicate_of_few(const cJSON *object)
{
	uint64_t seen = 0;
	for (const cJSON *member = object->child; member; member = member->next) {
		uint64_t mark = mark_of(member->string);
		const cJSON *other = seen & mark ? object->child : member;
		while (other != member && !text_is(other->string, member->string))
			other = other->next;
		if (other != member)
			return member->string;
		seen |= mark;
	}
	return NULL;
}

const char *json_duplicate_key(const cJSON *object)
{
	size_t count = (size_t)cJSON_GetArraySize(object);
	if (!cJSON_IsObject(object) || count < 2)
		return NULL;
	if (count <= FEW_MEMBERS)
		return duplicate_of_few(object);
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

const char *json_value_text(const cJSON *value)
{
	if (cJSON_IsString(value) || cJSON_IsRaw(value))
		return value->valuestring;
	if (cJSON_IsBool(value))
		return cJSON_IsTrue(value) ? "true" : "false";
	return "";
}

const char *json_text(const cJSON *object, const char *key)
{
	return json_value_text(json_get(object, key));
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

/* RFC 8259, section 7: escapes quote, backslash and all below U+0020. */
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
		cJSON_AddStringToObject(object, key, units_format_duration(us, text));
}

/* A message that was cut within a character must not make the whole answer invalid: U+FFFD replaces
 * each such byte. */
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
	OWNED_TEXT struct text repaired = TEXT(TEXT_UNBOUNDED);
	add_repaired(&repaired, str_of(text));
	cJSON_AddStringToObject(object, key, repaired.at);
}

void json_add_count(cJSON *object, const char *key, int64_t count)
{
	char digits[24];                                                /* a sign, 19 digits, NUL */
	IGNORE(snprintf(digits, sizeof digits, "%" PRId64, count) < 0); /* it fits */
	cJSON_AddRawToObject(object, key, digits); /* not as a double, which has 53 bits */
}
