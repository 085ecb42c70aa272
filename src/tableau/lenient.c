/*
 * tableau/lenient.c - cleans the texts and then calls the strict reader. Valid JSON is not copied.
 */
#include "tableau/lenient.h"
#include "base/secret.h"

#define NO_CHARACTER "\xef\xbf\xbd" /* U+FFFD */

/* Does a \uXXXX begin here? The strict reader decides its meaning. */
static bool is_unicode_escape(struct str bytes)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	if (bytes.length < 6 || bytes.at[1] != 'u')
		return false;
	for (size_t i = 2; i < 6; i++)
		if (!bytes.at[i] || !strchr(digits, bytes.at[i]))
			return false;
	return true;
}

/* Copies the escape that begins here, and returns its length. */
static size_t clean_escape(struct str bytes, struct text *out)
{
	char escaped = bytes.length > 1 ? bytes.at[1] : '\0';
	if (is_unicode_escape(bytes) || (escaped && strchr("\"\\/bfnrt", escaped))) {
		text_add_bytes(out, bytes.at, 2);
		return 2;
	}
	text_add(out, "\\\\");
	return 1;
}

/* Copies the character of a string that begins here, and returns its length. */
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
	struct error why; /* not reported: the answer as a whole is unreadable then */
	cJSON *tree = json_parse(bytes, &why);
	if (tree)
		return tree;
	OWNED_TEXT struct text cleaned =
		TEXT(TEXT_UNBOUNDED); /* at most three times the reply, which is bounded */
	clean(bytes, &cleaned);
	tree = json_parse(text_str(&cleaned), &why);
	secret_wipe(cleaned.at, cleaned.length); /* it may hold a token */
	return tree;
}
