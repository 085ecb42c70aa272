/*
 * base/file.h - whole files, read within a bound.
 */
#pragma once
#include "base/arena.h"
#include "base/text.h"

/* Appends the file's bytes to `text`; ERROR_INPUT names the path and the cause; a file over text's
 * ceiling is an error. "-" is stdin. */
bool file_read(const char *path, struct text *text, struct error *err) MUST_USE;

/* `path` relative to the folder of `base_file` (absolute paths stay); a copy in `arena`. base_file
 * NULL: the working folder. */
const char *path_beside(const char *base_file, const char *path, struct arena *arena);
