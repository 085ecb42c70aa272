/*
 * base/file.h - whole files, read within a bound.
 *
 * Only regular files are opened: a FIFO would make the reader wait, /dev/zero never end, and
 * opening a device may have effects.
 */
#pragma once
#include "base/arena.h"
#include "base/text.h"
#include <sys/stat.h>

/* Appends the file's bytes to `text`; ERROR_INPUT names the path and the cause; a file over
 * text's ceiling is an error (text->is_full), found before reading when its size is known. "-"
 * is stdin. */
bool file_read(const char *path, struct text *text, struct error *err) MUST_USE;
/* The same for an argument of a command line: takes a pipe, such as `<(command)`, and waits for
 * what is written to it. One that nobody opens for writing within seconds is an error. */
bool file_read_argument(const char *path, struct text *text, struct error *err) MUST_USE;

/* Opens what file_read_argument() would read, whatever its size; close(). -1 when it cannot be
 * read. */
int file_open_argument(const char *path, struct error *err);

/* "a pipe", "a folder" ...; NULL for a regular file. */
const char *file_kind(const struct stat *status);

/* `path` relative to the folder of `base_file` (absolute paths stay); a copy in `arena`. base_file
 * NULL: the working folder. */
const char *file_beside(const char *base_file, const char *path, struct arena *arena);
