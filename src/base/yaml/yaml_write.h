/*
 * base/yaml/yaml_write.h - writes a text so that every reader of YAML takes it for that text.
 */
#pragma once
#include "base/text.h"

/*
 * Appends `value` (UTF-8) as a scalar for a block or a flow: plain where that is safe, else in
 * single quotes, or in double quotes with escapes if it has control or invisible characters. What
 * other readers take for a number, a truth value or null gets quotes too.
 */
void yaml_write_text(struct text *out, struct str value);
