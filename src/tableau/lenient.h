/*
 * tableau/lenient.h - JSON with broken texts of strangers: a job's notes may hold anything from a
 * database driver, a name anything that its author pasted. The structure must still be valid. Pure.
 * Private to tableau/.
 */
#pragma once
#include "base/json.h"

/*
 * As json_parse(), but cleans strings of what RFC 8259 does not allow: a raw control character
 * becomes a blank, a byte that is not UTF-8 becomes U+FFFD, and a backslash that escapes nothing
 * stands for itself. NULL: not JSON even so. The caller owns the tree.
 */
cJSON *lenient_parse(struct str bytes) MUST_USE;
