/*
 * tableau/lenient.c - texts are cleaned, then the strict reader reads. What it takes as it is, is
 * never copied.
 */
#include "tableau/lenient.h"
#include "base/secret.h"

#define NO_CHARACTER "\xef\xbf\xbd" /* U+FFFD */
#define ESCAPE_LENGTH 6             /* \uXXXX */

static bool is_high(int unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(int unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* The UTF-16 unit of a \uXXXX that begins here, or -1. */
static int unit_at(struct str bytes)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	int unit = 0;
	if (bytes.length < ESCAPE_LENGTH || bytes.at[0] != '\\' || bytes.at[1] != 'u')
		return -1;
	for (size_t i = 2; i < ESCAPE_LENGTH; i++) {
		const char *digit = bytes.at[i] ? strchr(digits, bytes.at[i]) : NULL;
		if (!digit)
			return -1;
		unit = unit * 16 + (int)((digit - digits) % 16);
	}
	return unit;
}

/* Copies the escape that begins here; how long it is. */
static size_t clean_escape(struct str bytes, struct text *out)
{
	struct str next = { bytes.at + ESCAPE_LENGTH,
		bytes.length > ESCAPE_LENGTH ? bytes.length - ESCAPE_LENGTH : 0 };
	int unit = unit_at(bytes);
	if (unit >= 0) {
		bool is_pair = is_high(unit) && is_low(unit_at(next));
		size_t length = is_pair ? 2 * ESCAPE_LENGTH : ESCAPE_LENGTH;
		if (!unit || (!is_pair && (is_high(unit) || is_low(unit))))
			text_add(out, NO_CHARACTER);
		else
			text_add_bytes(out, bytes.at, length);
		return length;
	}
	if (bytes.length > 1 && bytes.at[1] && strchr("\"\\/bfnrt", bytes.at[1])) {
		text_add_bytes(out, bytes.at, 2);
		return 2;
	}
	text_add(out, "\\\\");
	return 1;
}

/* Copies the character of a string that begins here; how many bytes it took. */
static size_t clean_character(struct str bytes, struct text *out)
{
	size_t length = str_character(bytes);
	if (*bytes.at == '\\')
		return clean_escape(bytes, out);
	if ((unsigned char)*bytes.at < 0x20) {
		text_add_char(out, ' ');
		return 1;
	}
	if (!length) {
		text_add(out, NO_CHARACTER);
		return 1;
	}
	text_add_bytes(out, bytes.at, length);
	return length;
}

static void clean(struct str bytes, struct text *out)
{
	bool is_inside = false;
	while (bytes.length) {
		size_t length = 1;
		if (*bytes.at == '"')
			is_inside = !is_inside;
		if (is_inside && *bytes.at != '"')
			length = clean_character(bytes, out);
		else
			text_add_char(out, *bytes.at);
		bytes = (struct str){ bytes.at + length, bytes.length - length };
	}
}

cJSON *lenient_parse(struct str bytes)
{
	struct error why; /* nobody is told: the answer as a whole is unreadable then */
	cJSON *tree = json_parse(bytes, &why);
	if (tree)
		return tree;
	OWNED_TEXT struct text cleaned;
	text_init(&cleaned, TEXT_UNBOUNDED); /* at most three times what came, which is bounded */
	clean(bytes, &cleaned);
	tree = json_parse(text_str(&cleaned), &why);
	secret_wipe(cleaned.at, cleaned.length); /* a token may be in it */
	return tree;
}
