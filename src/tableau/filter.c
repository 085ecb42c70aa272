/* tableau/filter.c - encodes names for filters and queries. */
#include "tableau/filter.h"

static bool is_unreserved(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("-._~", c));
}

void filter_encode(struct str value, struct text *out)
{
	for (size_t i = 0; i < value.length; i++) {
		if (is_unreserved(value.at[i]))
			text_add_char(out, value.at[i]);
		else
			text_printf(out, "%%%02X", (unsigned char)value.at[i]);
	}
}

bool filter_name(const char *name, struct text *out)
{
	bool is_changed = false;
	for (const char *c = name; *c; c++) {
		bool is_forbidden = strchr(",&*[]\\", *c);
		is_changed |= is_forbidden;
		if (is_forbidden)
			text_add_char(out, '*');
		else if (*c == ':') /* not encoded (README.md, Versions) */
			text_add_char(out, ':');
		else
			filter_encode((struct str){ c, 1 }, out);
	}
	return is_changed;
}
