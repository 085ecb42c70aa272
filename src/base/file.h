/*
 * base/file.h - whole files, read within a bound.
 *
 * Only regular files are opened, so that nothing that lies in somebody's folder can make a reader
 * wait (a FIFO), never end (/dev/zero), or do something (a device).
 */
#pragma once
#include "base/arena.h"
#include "base/text.h"
#include <sys/stat.h>

/* Appends the file's bytes to `text`; ERROR_INPUT names the path and the cause; a file over text's
 * ceiling is an error (text->is_full), before it is read when its size tells. "-" is stdin. */
bool file_read(const char *path, struct text *text, struct error *err) MUST_USE;
/* The same for what a person names on a command line, where `<(command)` is a pipe: waits for it.
 */
bool file_read_argument(const char *path, struct text *text, struct error *err) MUST_USE;

/* "a pipe", "a folder" ... of what is no regular file; else NULL. */
const char *file_kind(const struct stat *status);

/* `path` relative to the folder of `base_file` (absolute paths stay); a copy in `arena`. base_file
 * NULL: the working folder. */
const char *path_beside(const char *base_file, const char *path, struct arena *arena);
