/*
 * base/yaml/yaml_scalar.h - ways of writing a scalar that may deceive its reader. For
 * base/yaml/yaml.c only.
 */
#pragma once
#include "base/str.h"

/*
 * Does a comment that looks like a part of the text follow the plain scalar that ends at `end`:
 * after one blank, not aligned with a comment in the line above or below, and no suppression?
 */
bool yaml_scalar_comment_is_close(struct str source, size_t end);
/* Does a double-quoted scalar, quotes and all, have an escape other than \\ \" and \/ ? */
bool yaml_scalar_has_escape(struct str quoted);
