/*
 * base/units.h - durations and sizes as people write them in a configuration file.
 */
#pragma once
#include "base/error.h"
#include "base/str.h"
#include <stdint.h>

/* "200ms 90s 5m 2h 30d": a whole number and one unit, in microseconds. "0" needs no unit. */
bool units_parse_duration(struct str text, int64_t *us) MUST_USE;
/* "64KiB 1MiB 2GiB 100B" or a plain number of bytes. */
bool units_parse_size(struct str text, int64_t *bytes) MUST_USE;

#define UNIT_TEXT_SIZE 24 /* 20 digits, 3 letters, NUL */
/* in the largest unit that divides it */
const char *units_format_duration(int64_t us, char out[UNIT_TEXT_SIZE]);
const char *units_format_size(int64_t bytes, char out[UNIT_TEXT_SIZE]);
