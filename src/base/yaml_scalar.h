/*
 * base/yaml_scalar.h - how a scalar is written in its file, where that may deceive its reader. For
 * base/yaml.c only.
 */
#pragma once
#include "base/str.h"

/*
 * Does a comment follow the plain scalar that ends at `end` as if it were a part of it: after one
 * blank, and not below or above another comment that shows what it is?
 */
bool yaml_comment_is_close(struct str source, size_t end);
/* Does a double-quoted scalar, quotes and all, have an escape other than \\ \" and \/ ? */
bool yaml_has_escape(struct str quoted);
