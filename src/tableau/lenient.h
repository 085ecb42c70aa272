/*
 * tableau/lenient.h - JSON in which the texts of strangers are broken: a job's notes hold whatever
 * a database driver said, a name whatever its author pasted. The structure must be right all the
 * same. Pure. Private to tableau/.
 */
#pragma once
#include "base/json.h"

/*
 * As json_parse(), which takes what RFC 8259 allows, and what it does not allow inside of a string
 * is cleaned: a raw control character becomes a blank, each byte that is not UTF-8 U+FFFD; a
 * backslash that escapes nothing stands for itself. NULL: no JSON even so. The caller owns the
 * tree.
 */
cJSON *lenient_parse(struct str bytes) MUST_USE;
