/* base/yaml/yaml_write.c - chooses how a scalar is quoted. */
#include "base/yaml/yaml_write.h"
#include "base/code_point.h"
#include "base/visible.h"
#include <ctype.h>
#include <strings.h>

/* YAML 1.1 has more truth values than 1.2 (yaml.org/type/bool.html); some readers know them. */
static bool is_reserved(struct str value)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no", "on", "off", "y",
		"n" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == value.length &&
			!strncasecmp(words[i], value.at, value.length))
			return true;
	return false;
}

/* Begins with a letter, so it is no number and no indicator; within, only what is one nowhere. */
static bool is_plain(struct str value)
{
	if (!value.length || !isalpha((unsigned char)value.at[0]) ||
		value.at[value.length - 1] == ':')
		return false;
	for (size_t i = 0; i < value.length; i++)
		if (!isalnum((unsigned char)value.at[i]) && !strchr("_-./:@", value.at[i]))
			return false;
	return !is_reserved(value);
}

/* Would a person who reads the file not see that it stands there? */
static bool is_unseen(int32_t point)
{
	enum code_point_kind kind = code_point_kind_of(point);
	return visible_is_hidden(point) || kind == CODE_POINT_BLANK ||
	       kind == CODE_POINT_INVISIBLE || kind == CODE_POINT_CONTROL;
}

static bool has_unseen(struct str value)
{
	while (value.length) {
		size_t length;
		if (is_unseen(code_point_at(value, &length)))
			return true;
		value = (struct str){ value.at + length, value.length - length };
	}
	return false;
}

static void write_single(struct text *out, struct str value)
{
	text_add_char(out, '\'');
	for (size_t i = 0; i < value.length; i++) {
		if (value.at[i] == '\'')
			text_add_char(out, '\'');
		text_add_char(out, value.at[i]);
	}
	text_add_char(out, '\'');
}

static void write_double(struct text *out, struct str value)
{
	text_add_char(out, '"');
	while (value.length) {
		size_t length;
		int32_t point = code_point_at(value, &length);
		if (is_unseen(point)) {
			text_printf(out, "\\U%08x", (unsigned)point);
		} else {
			if (*value.at == '"' || *value.at == '\\')
				text_add_char(out, '\\');
			text_add_str(out, (struct str){ value.at, length });
		}
		value = (struct str){ value.at + length, value.length - length };
	}
	text_add_char(out, '"');
}

void yaml_write_text(struct text *out, struct str value)
{
	if (is_plain(value))
		text_add_str(out, value);
	else if (has_unseen(value))
		write_double(out, value);
	else
		write_single(out, value);
}
