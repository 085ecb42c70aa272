/* base/units.c - durations and sizes: one table of units for parsing and printing. */
#include "base/units.h"
#include "base/clock.h"
#include <stdio.h>

struct unit {
	const char *name;
	int64_t factor;
}; /* from the largest to the smallest */

static const struct unit durations[] = {
	{ "d", 86400 * US_PER_SECOND },
	{ "h", 3600 * US_PER_SECOND },
	{ "m", 60 * US_PER_SECOND },
	{ "s", US_PER_SECOND },
	{ "ms", US_PER_MS },
	{ "us", 1 },
	{ NULL, 0 },
};
static const struct unit sizes[] = {
	{ "GiB", (int64_t)1 << 30 },
	{ "MiB", (int64_t)1 << 20 },
	{ "KiB", (int64_t)1 << 10 },
	{ "B", 1 },
	{ NULL, 0 },
};

static bool parse(struct str text, const struct unit *units, int64_t *value)
{
	size_t digits = 0;
	int64_t number;
	while (digits < text.length && text.at[digits] >= '0' && text.at[digits] <= '9')
		digits++;
	if (!str_to_count((struct str){ text.at, digits }, &number))
		return false;
	struct str unit = { text.at + digits, text.length - digits };
	for (; units->name; units++)
		if (str_is(unit, units->name))
			return !__builtin_mul_overflow(number, units->factor, value);
	return false;
}

bool units_parse_duration(struct str text, int64_t *us)
{
	if (str_is(text, "0")) {
		*us = 0;
		return true;
	}
	return parse(text, durations, us);
}

bool units_parse_size(struct str text, int64_t *bytes)
{
	return str_to_count(text, bytes) || parse(text, sizes, bytes);
}

static const char *format(int64_t value, const struct unit *units, char out[UNIT_TEXT_SIZE])
{
	while (units[1].name && (!value || value % units->factor))
		units++;
	if (value)
		snprintf(out, UNIT_TEXT_SIZE, "%lld%s", (long long)(value / units->factor),
			units->name);
	else
		snprintf(out, UNIT_TEXT_SIZE, "0");
	return out;
}

const char *units_format_duration(int64_t us, char out[UNIT_TEXT_SIZE])
{
	return format(us, durations, out);
}

const char *units_format_size(int64_t bytes, char out[UNIT_TEXT_SIZE])
{
	return format(bytes, sizes, out);
}
