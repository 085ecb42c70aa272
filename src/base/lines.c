/*
 * base/lines.c - reads through one buffer, which grows to the longest line and no further.
 */
#include "base/lines.h"
#include "base/file.h"
#include "base/units.h"
#include <errno.h>
#include <unistd.h>

struct lines {
	char *path;
	int fd;
	bool is_at_end;
	int64_t number;
	size_t longest;
	size_t begun, filled; /* what is read and not yet given: buffer[begun] to buffer[filled] */
	size_t size;
	char *buffer;
};

#define FIRST_SIZE ((size_t)64 << 10)

struct lines *lines_open(const char *path, size_t longest, struct error *err)
{
	int fd = file_open_argument(path, err);
	if (fd < 0)
		return NULL;
	struct lines *lines = mem_new(struct lines);
	*lines = (struct lines){ .path = mem_copy_text(path),
		.fd = fd,
		.longest = longest,
		.size = FIRST_SIZE,
		.buffer = mem_alloc(FIRST_SIZE) };
	return lines;
}

void lines_free(struct lines *lines)
{
	if (!lines)
		return;
	close(lines->fd);
	free(lines->path);
	free(lines->buffer);
	free(lines);
}

int64_t lines_number(const struct lines *lines)
{
	return lines->number;
}

/* Reads more behind what is there, in a buffer that grows when that fills it. */
static bool read_more(struct lines *lines, struct error *err)
{
	if (lines->begun) {
		lines->filled -= lines->begun;
		memmove(lines->buffer, lines->buffer + lines->begun, lines->filled);
		lines->begun = 0;
	}
	char size[UNIT_TEXT_SIZE];
	if (lines->filled > lines->longest)
		return error_fail(err, ERROR_INPUT, "%s:%lld: a line of more than %s", lines->path,
			(long long)lines->number + 1,
			units_format_size((int64_t)lines->longest, size));
	if (lines->filled == lines->size) {
		lines->size *= 2;
		lines->buffer = mem_resize(lines->buffer, lines->size);
	}
	ssize_t got;
	do
		got = read(lines->fd, lines->buffer + lines->filled, lines->size - lines->filled);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_fail(err, ERROR_INPUT, "%s: %s", lines->path, strerror(errno));
	lines->filled += (size_t)got;
	lines->is_at_end = !got;
	return true;
}

static void give(struct lines *lines, size_t length, size_t end, struct str *line)
{
	*line = (struct str){ lines->buffer + lines->begun, length };
	lines->begun += length + end;
	lines->number++;
}

enum lines_read lines_next(struct lines *lines, struct str *line, struct error *err)
{
	size_t looked_at = 0;
	for (;;) {
		size_t left = lines->filled - lines->begun;
		const char *from = lines->buffer + lines->begun,
			   *end = memchr(from + looked_at, '\n', left - looked_at);
		if (end) {
			give(lines, (size_t)(end - from), 1, line);
			return LINES_ONE;
		}
		if (lines->is_at_end && !left)
			return LINES_END;
		if (lines->is_at_end) {
			give(lines, left, 0, line);
			return LINES_ONE;
		}
		looked_at = left;
		if (!read_more(lines, err))
			return LINES_ERROR;
	}
}
