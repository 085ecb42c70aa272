/* base/yaml/yaml_type.c - the implicit types of YAML 1.1 and 1.2, as far as they change a text. */
#include "base/yaml/yaml_type.h"

#include <ctype.h>
#include <strings.h>

/* yaml.org/type/bool: a word in lower case, with a capital, or in capitals. Without y and n, which
 * most readers take for texts, and without true and false, which stay as they are. */
static bool is_boolean(struct str text)
{
	static const char *const words[] = { "yes", "no", "on", "off", "true", "false" };
	bool is_lower = true, is_upper = true;
	for (size_t i = 1; i < text.length; i++) {
		is_lower &= islower((unsigned char)text.at[i]) != 0;
		is_upper &= isupper((unsigned char)text.at[i]) != 0;
	}
	is_upper &= text.length && isupper((unsigned char)*text.at);
	if (str_is(text, "true") || str_is(text, "false"))
		return false;
	for (size_t i = 0; (is_lower || is_upper) && i < sizeof words / sizeof *words; i++)
		if (text.length == strlen(words[i]) && !strncasecmp(text.at, words[i], text.length))
			return true;
	return false;
}

/* How many of the characters from `at` on are among these. */
static size_t span(struct str text, size_t at, const char *characters)
{
	size_t length = 0;
	while (at + length < text.length && text.at[at + length] &&
		strchr(characters, text.at[at + length]))
		length++;
	return length;
}

#define DIGITS "0123456789"

/* 2026-11-27, and with a time behind it (yaml.org/type/timestamp). */
static bool is_date(struct str text)
{
	static const char form[] = "dddd-dd-dd";
	const size_t length = sizeof form - 1;
	for (size_t i = 0; i < length; i++)
		if (i >= text.length || (form[i] == 'd' ? !isdigit((unsigned char)text.at[i])
							: text.at[i] != form[i]))
			return false;
	if (text.length == length)
		return true;
	size_t zone = length + 1;
	bool is_time = strchr("Tt ", text.at[length]) && text.at[length];
	return is_time && span(text, zone, DIGITS ":.Zz+- ") == text.length - zone &&
	       zone < text.length && memchr(text.at, ':', text.length);
}

/* 1:30, 190:20:30 (yaml.org/type/int, base 60) */
static bool is_sexagesimal(struct str text)
{
	size_t at = span(text, 0, DIGITS "_"), parts = 0;
	if (!at || *text.at == '0' || *text.at == '_')
		return false;
	for (; at < text.length && text.at[at] == ':'; parts++) {
		size_t digits = span(text, at + 1, DIGITS);
		if (!digits || digits > 2 || (digits == 2 && text.at[at + 1] > '5'))
			return false;
		at += 1 + digits;
	}
	if (at < text.length && text.at[at] == '.')
		at += 1 + span(text, at + 1, DIGITS "_");
	return parts && at == text.length;
}

/* 0123, 0x1F, 0b1, 0o17, 1_000: integers that are written in another way than they are read. */
static bool is_odd_integer(struct str text)
{
	if (text.length < 2)
		return false;
	struct str rest = { text.at + 2, text.length - 2 };
	const char *digits = str_starts(text, "0x")   ? DIGITS "abcdefABCDEF_"
			     : str_starts(text, "0b") ? "01_"
			     : str_starts(text, "0o") ? "01234567"
						      : NULL;
	if (digits)
		return rest.length && span(rest, 0, digits) == rest.length;
	if (span(text, 0, DIGITS "_") != text.length || *text.at == '_')
		return false;
	return *text.at == '0' || memchr(text.at, '_', text.length);
}

/* 1.10, 1., .5, 1e3: not 1.5, which every reader writes as it was. */
static bool is_odd_float(struct str text)
{
	size_t whole = span(text, 0, DIGITS "_"), at = whole, places = 0;
	bool has_point = at < text.length && text.at[at] == '.';
	if (has_point) {
		places = span(text, at + 1, DIGITS "_");
		at += 1 + places;
	}
	if ((!whole && !places) || *text.at == '_')
		return false;
	bool has_exponent = at < text.length && (text.at[at] == 'e' || text.at[at] == 'E');
	if (has_exponent) {
		at++;
		at += at < text.length && (text.at[at] == '+' || text.at[at] == '-');
		size_t digits = span(text, at, DIGITS);
		if (!digits)
			return false;
		at += digits;
	}
	if (at != text.length || !(has_point || has_exponent))
		return false;
	bool is_padded = whole > 1 && *text.at == '0';
	return has_exponent || is_padded || !whole || !places || text.at[at - 1] == '0' ||
	       memchr(text.at, '_', text.length);
}

static bool is_no_number(struct str text)
{
	static const char *const words[] = { ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_is(text, words[i]))
			return true;
	return false;
}

const char *yaml_type_elsewhere(struct str plain)
{
	bool has_sign = plain.length > 1 && (*plain.at == '+' || *plain.at == '-');
	struct str number = { plain.at + has_sign, plain.length - has_sign };
	if (!plain.length)
		return NULL;
	if (is_boolean(plain))
		return "a boolean";
	if (is_date(plain))
		return "a date";
	if (is_sexagesimal(number))
		return "a number to the base 60";
	if (is_odd_integer(number) || is_odd_float(number) || is_no_number(number))
		return "a number";
	/* +5 is written as 5 */
	return *plain.at == '+' && has_sign && span(number, 0, DIGITS) == number.length ? "a number"
											: NULL;
}
