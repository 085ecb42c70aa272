/* base/clock.c - reads the clocks; dates to microseconds and back. The only file that may read a
 * clock. */
#include "base/clock.h"
#include <stdio.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

struct wall clock_wall(void)
{
	return (struct wall){ read_clock(CLOCK_REALTIME) };
}

struct mono clock_mono(void)
{
	return (struct mono){ read_clock(CLOCK_BOOTTIME) };
}

struct timespec clock_deadline(int64_t us)
{
	int64_t at = read_clock(CLOCK_MONOTONIC) + us;
	return (struct timespec){ .tv_sec = at / US_PER_SECOND,
		.tv_nsec = at % US_PER_SECOND * 1000 };
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar (Howard Hinnant,
 * "chrono-compatible low-level date algorithms"). */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

/* Reads exactly `digits` digits and moves past them. */
static bool take_number(struct str *text, size_t digits, int64_t *number)
{
	if (text->length < digits || !str_to_count((struct str){ text->at, digits }, number))
		return false;
	*text = (struct str){ text->at + digits, text->length - digits };
	return true;
}

static bool take_char(struct str *text, const char *allowed)
{
	if (!text->length || !memchr(allowed, text->at[0], strlen(allowed)))
		return false;
	*text = (struct str){ text->at + 1, text->length - 1 };
	return true;
}

static bool take_fraction(struct str *text, int64_t *us)
{
	*us = 0;
	if (!take_char(text, "."))
		return true;
	int64_t unit = US_PER_SECOND / 10;
	size_t digits = 0;
	for (; text->length && text->at[0] >= '0' && text->at[0] <= '9'; digits++, unit /= 10) {
		*us += (text->at[0] - '0') * unit;
		*text = (struct str){ text->at + 1, text->length - 1 };
	}
	return digits >= 1 && digits <= 9;
}

static bool take_offset(struct str *text, int64_t *seconds)
{
	int64_t hours, minutes;
	*seconds = 0;
	if (take_char(text, "Zz"))
		return true;
	bool is_west = text->length && text->at[0] == '-';
	if (!take_char(text, "+-") || !take_number(text, 2, &hours))
		return false;
	take_char(text, ":");
	if (!take_number(text, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*seconds = (hours * 60 + minutes) * (is_west ? -60 : 60);
	return true;
}

static bool is_date(int64_t year, int64_t month, int64_t day)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1] + (month == 2 && is_leap);
}

bool wall_parse(struct str text, struct wall *time)
{
	int64_t year, month, day, hour, minute, second, fraction, offset;
	if (!take_number(&text, 4, &year) || !take_char(&text, "-") ||
		!take_number(&text, 2, &month) || !take_char(&text, "-") ||
		!take_number(&text, 2, &day) || !take_char(&text, "Tt ") ||
		!take_number(&text, 2, &hour) || !take_char(&text, ":") ||
		!take_number(&text, 2, &minute) || !take_char(&text, ":") ||
		!take_number(&text, 2, &second) || !take_fraction(&text, &fraction) ||
		!take_offset(&text, &offset) || text.length)
		return false;
	if (!is_date(year, month, day) || hour > 23 || minute > 59 || second > 60)
		return false;
	int64_t seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 +
			  second - offset;
	time->us = seconds * US_PER_SECOND + fraction;
	return true;
}

const char *wall_format(struct wall time, char out[WALL_TEXT_SIZE])
{
	int64_t seconds = time.us / US_PER_SECOND, fraction = time.us % US_PER_SECOND;
	if (fraction < 0) {
		fraction += US_PER_SECOND;
		seconds--;
	}
	struct tm parts;
	time_t at = (time_t)seconds;
	if (!gmtime_r(&at, &parts)) {
		snprintf(out, WALL_TEXT_SIZE, "%s", "(no time)");
		return out;
	}
	size_t length = strftime(out, WALL_TEXT_SIZE, "%04Y-%m-%dT%H:%M:%S", &parts);
	snprintf(out + length, WALL_TEXT_SIZE - length, fraction ? ".%06dZ" : "Z", (int)fraction);
	return out;
}
